-- Wireshark and tshark show with this what groupcast sends: the frames of members
-- (docs/protocol.md), numbered datagrams (docs/streams.md) and pings with their
-- echoes. It verifies no signature and opens no sealed room.
--
--   tshark -X lua_script:docs/groupcast.lua -r talk.pcapng
--
-- or copy it to the folder of personal Lua plugins (Help, About, Folders). Datagrams are
-- recognised by their first bytes, on any port.

local groupcast = Proto("groupcast", "groupcast")

local kinds = {
	[1] = "HELLO", [2] = "TEXT", [3] = "NEED", [4] = "RELAY", [5] = "STATS",
	[6] = "REPORT", [7] = "PROBE", [8] = "ASK", [9] = "FACTS", [10] = "SITES",
}

local all = {} -- the fields, for groupcast.fields
local function field(make, name, title, ...)
	local f = make("groupcast." .. name, title, ...)
	all[#all + 1] = f
	return f
end

local string, bytes, uint8, uint16, uint32, uint64 =
	ProtoField.string, ProtoField.bytes, ProtoField.uint8, ProtoField.uint16, ProtoField.uint32, ProtoField.uint64
local when = function(name, title) return ProtoField.absolute_time(name, title, base.UTC) end

-- The header of a frame, and what is around its body.
local f = {
	type      = field(string, "type", "Type"),
	summary   = field(string, "summary", "Summary"),
	magic     = field(bytes, "magic", "Magic"),
	version   = field(uint8, "version", "Version"),
	kind      = field(uint8, "kind", "Kind", base.DEC, kinds),
	flags     = field(uint8, "flags", "Flags", base.HEX),
	room      = field(uint16, "room", "Room", base.HEX),
	sealed    = field(ProtoField.bool, "sealed", "Sealed"),
	stream    = field(bytes, "stream", "Stream"),
	number    = field(uint64, "number", "Number", base.DEC),
	space     = field(string, "space", "Space"),
	count     = field(uint64, "count", "Number in its space", base.DEC),
	key       = field(bytes, "key", "Public key"),
	body      = field(bytes, "body", "Body"),
	signature = field(bytes, "signature", "Signature"),
	encrypted = field(bytes, "encrypted", "Encrypted: public key, body, signature"),
	tag       = field(bytes, "tag", "Tag"),
}

-- The arrays in bodies: what their elements are. The first is a ref.
local function array(name, ...)
	local elements = {}
	for i, e in ipairs({...}) do
		elements[i] = field(i == 1 and bytes or uint64, name .. "." .. e[1], e[2])
	end
	return elements
end

local entry = array("digest", {"ref", "Ref"}, {"all_up_to", "All up to"}, {"ahead", "Ahead"}, {"passing", "Passing"},
	{"ago", "Ago (ms)"}, {"interface", "Interface"}, {"lost", "Lost (per mille)"})
local range = array("need", {"ref", "Ref"}, {"from", "From"}, {"to", "To"})
local row = array("row", {"ref", "Ref"}, {"first", "First"}, {"highest", "Highest"}, {"distinct", "Distinct"},
	{"duplicates", "Duplicates"}, {"reordered", "Reordered"}, {"ago", "Ago (ms)"}, {"silence", "Longest silence (ms)"},
	{"age", "Age (ms)"}, {"spread", "Delay spread (us)"}, {"interface", "Interface"}, {"hops", "Hops"})

-- The keys of bodies: how each is read, its field, and the title of arrays.
local interfaces = {"texts", field(string, "interface", "Interface"), "Interfaces"}
local time       = {"time", field(when, "time", "Time")}
local part       = {"uint", field(uint64, "part", "Part")}
local parts      = {"uint", field(uint64, "parts", "Of")}
local heard      = {"uint", field(uint64, "heard", "Streams heard")}
local row_sum    = {"bytes", field(bytes, "row_sum", "Row sum")}
local text       = {"text", field(string, "text", "Text")}
local rows       = {"arrays", row, "Rows"}
local lossless   = {"uint", field(uint64, "lossless", "Streams without loss")}
local sent       = {"uint", field(uint64, "sent", "Last number sent")}
local nonce      = {"bytes", field(bytes, "nonce", "Nonce")}
local echo       = {"bytes", field(bytes, "echo", "Answers the nonce")}
local to         = {"bytes", field(bytes, "to", "To")}

local bits = {"bits", field(uint64, "bits", "Bits", base.HEX)}
local bit_names = {"measures", "answers ASK", "bridge", "keeps a history"}

local site_states = {[0] = "is heard", [1] = "is away", [2] = "is joined already"}

local keys = {
	[1] = {
		[1] = {"text", field(string, "nick", "Nickname")}, [2] = interfaces, [3] = time, [4] = {"arrays", entry, "Digest"},
		[5] = {"uint", field(uint64, "leaving", "Leaving")}, [6] = {"uint", field(uint64, "plain_port", "Plain text from port")},
		[7] = bits, [13] = heard, [14] = row_sum, [19] = {"uint", field(uint64, "elsewhere", "Left elsewhere", base.HEX)},
	},
	[2] = {[1] = text, [3] = time, [8] = part, [9] = parts},
	[3] = {[10] = {"arrays", range, "Needed"}},
	[4] = {
		[1] = text, [3] = time, [8] = part, [9] = parts, [11] = {"text", field(string, "source", "Source")},
		[12] = {"text", field(string, "relay.interface", "Heard by")}, [18] = {"bytes", field(bytes, "data", "Data")},
	},
	[5] = {[2] = interfaces, [13] = heard, [14] = row_sum, [15] = rows, [16] = lossless, [17] = sent},
	[6] = {[2] = interfaces, [3] = time, [8] = part, [9] = parts, [13] = heard, [14] = row_sum, [15] = rows, [16] = lossless, [17] = sent},
	[7] = {[20] = nonce, [21] = echo, [22] = {"uint", field(uint64, "held", "Held (us)")}, [23] = to},
	[8] = {
		[3] = time, [8] = part, [20] = nonce, [23] = to, [25] = {"bytes", field(bytes, "x25519", "X25519 key")},
		[26] = {"uints", field(uint64, "facts", "Fact"), "Facts"}, [27] = {"bytes", field(bytes, "filling", "Filling")},
	},
	[9] = {[8] = part, [9] = parts, [21] = echo, [23] = to, [28] = {"bytes", field(bytes, "facts.sealed", "Encrypted facts")}},
	[10] = {
		[30] = {"text", field(string, "site", "Site")}, [31] = {"uint", field(uint64, "site.away", "The hub is not reached")},
		[32] = {"sites", {name = field(string, "site.other", "Other site"), state = field(uint64, "site.state", "State", base.DEC, site_states),
			here = field(bytes, "site.here", "Stream there")}, "Other sites"},
	},
}

-- Numbered datagrams and pings.
local n = {
	version  = field(uint8, "numbered.version", "Version"),
	flags    = field(uint8, "numbered.flags", "Flags", base.HEX),
	last     = field(ProtoField.bool, "numbered.end", "The stream ends"),
	stream   = field(bytes, "numbered.stream", "Stream"),
	number   = field(uint64, "numbered.number", "Number", base.DEC),
	sent     = field(when, "numbered.sent", "Sent"),
	promise  = field(uint32, "numbered.promise", "Promise (us)"),
	checksum = field(uint32, "numbered.checksum", "Checksum", base.HEX),
	status   = field(string, "numbered.checksum.status", "Checksum status"),
	filling  = field(bytes, "numbered.filling", "Filling"),
}
local p = {
	id       = field(bytes, "ping.id", "Id"),
	sequence = field(uint64, "ping.sequence", "Sequence", base.DEC),
	filling  = field(string, "ping.filling", "Filling"),
	answers  = field(ProtoField.framenum, "ping.answers", "Answers the request in", base.NONE, frametype.RESPONSE),
}

groupcast.fields = all

local malformed = ProtoExpert.new("groupcast.malformed", "Malformed", expert.group.MALFORMED, expert.severity.ERROR)
local unusual = ProtoExpert.new("groupcast.unusual", "Unusual", expert.group.PROTOCOL, expert.severity.WARN)
groupcast.experts = {malformed, unusual}

-- What comes from strangers shows no control characters, and turns no text around.
local function shown(s)
	s = s:gsub("%c", ".")
	s = s:gsub("\194[\128-\159]", ".")
	s = s:gsub("\226\128[\142\143\168-\174]", ".")
	return (s:gsub("\226\129[\166-\169]", "."))
end

local function hex(range) return tostring(range:bytes()):lower() end

-- CBOR (RFC 8949), within the bounds of docs/protocol.md. All reads are between at and
-- stop, which are within what was captured.

local argument_bytes = {[24] = 1, [25] = 2, [26] = 4, [27] = 8}

-- read returns an item, and behind it; or nil and why there is none.
local function read(tvb, at, stop, depth)
	if at >= stop then return nil, "the body ends early" end
	local first = tvb(at, 1):uint()
	local item = {at = at, major = math.floor(first / 32), items = {}}
	local info = first % 32
	local behind = at + 1
	item.number = info
	item.wide = UInt64.new(info)
	local size = argument_bytes[info]
	if size then
		if size > stop - behind then return nil, "the body ends early" end
		item.wide = tvb(behind, size):uint64()
		item.number = item.wide:tonumber()
		behind = behind + size
	elseif info > 27 then
		return nil, "an indefinite length, or a reserved one"
	end
	if item.major == 2 or item.major == 3 then
		if item.number > stop - behind then return nil, "the body ends early" end
		item.content, item.size = behind, item.number
		behind = behind + item.number
	elseif item.major == 4 or item.major == 5 then
		local count = item.number
		if depth == 4 then return nil, "more than four levels" end
		if item.major == 4 and count > 64 then return nil, "an array of more than 64" end
		if item.major == 5 and count > 32 then return nil, "a map of more than 32" end
		if item.major == 5 then count = 2 * count end
		for i = 1, count do
			local inner, after = read(tvb, behind, stop, depth + 1)
			if not inner then return nil, after end
			item.items[i], behind = inner, after
		end
	elseif item.major == 6 then
		return nil, "a tag"
	end
	item.range = tvb(at, behind - at)
	return item, behind
end

local function wrong(tree, item, what)
	tree:add(item.range, what):add_proto_expert_info(malformed, what)
end

local function add_bytes(tree, f, tvb, item)
	if item.major ~= 2 then return wrong(tree, item, "no byte string") end
	if item.size == 0 then return tree:add(item.range, "no bytes") end
	return tree:add(f, tvb(item.content, item.size))
end

local function add_text(tree, f, tvb, item)
	if item.major ~= 3 then return wrong(tree, item, "no text") end
	local s = item.size > 0 and tvb(item.content, item.size):string(ENC_UTF_8) or ""
	tree:add(f, item.range, shown(s))
	return shown(s)
end

local function add_uint(tree, f, item)
	if item.major ~= 0 then return wrong(tree, item, "no unsigned integer") end
	return tree:add(f, item.range, item.wide)
end

local last_time = 253402300799999 -- of the year 9999

local function add_time(tree, f, item)
	if item.major ~= 0 then return wrong(tree, item, "no unsigned integer") end
	if item.number > last_time then return wrong(tree, item, "after the year 9999") end
	local seconds = math.floor(item.number / 1000)
	tree:add(f, item.range, NSTime.new(seconds, (item.number - seconds * 1000) * 1000000))
end

local function add_array(tree, elements, tvb, item, title)
	if item.major ~= 4 or #item.items ~= #elements then
		return wrong(tree, item, "no array of " .. #elements)
	end
	local sub = tree:add(item.range, title)
	for i, f in ipairs(elements) do
		if i == 1 then
			add_bytes(sub, f, tvb, item.items[i])
		else
			add_uint(sub, f, item.items[i])
		end
	end
end

local function add_site(tree, f, tvb, item, title)
	if item.major ~= 4 or #item.items ~= 3 or item.items[3].major ~= 4 then
		return wrong(tree, item, "no array of a name, a state and an array")
	end
	local sub = tree:add(item.range, title)
	add_text(sub, f.name, tvb, item.items[1])
	add_uint(sub, f.state, item.items[2])
	for _, ref in ipairs(item.items[3].items) do add_bytes(sub, f.here, tvb, ref) end
end

-- add shows the value of a key, and returns a text of it for the line of the packet.
local function add(tree, tvb, known, item)
	local how, f, title = known[1], known[2], known[3]
	if item.major == 7 and item.number == 22 then
		tree:add(item.range, "null: absent")
	elseif how == "text" then
		return add_text(tree, f, tvb, item)
	elseif how == "bytes" then
		add_bytes(tree, f, tvb, item)
	elseif how == "time" then
		add_time(tree, f, item)
	elseif how == "uint" then
		add_uint(tree, f, item)
		return item.major == 0 and tostring(item.wide) or nil
	elseif how == "bits" then
		local sub = add_uint(tree, f, item)
		for i, name in ipairs(bit_names) do
			if sub and math.floor(item.wide:lower() / 2 ^ (i - 1)) % 2 == 1 then sub:append_text(", " .. name) end
		end
	elseif item.major ~= 4 then
		wrong(tree, item, "no array")
	else
		local sub = tree:add(item.range, title .. ": " .. #item.items)
		for i, inner in ipairs(item.items) do
			if how == "texts" then
				add_text(sub, f, tvb, inner)
			elseif how == "uints" then
				add_uint(sub, f, inner)
			elseif how == "sites" then
				add_site(sub, f, tvb, inner, title .. " " .. i)
			else
				add_array(sub, f, tvb, inner, title .. " " .. i)
			end
		end
	end
end

-- body shows the body of an open frame, and returns a text for the line of the packet.
local function body(tree, tvb, at, stop, kind)
	local sub = tree:add(f.body, tvb(at, stop - at))
	local map, behind = read(tvb, at, stop, 0)
	if not map then
		sub:add_proto_expert_info(malformed, behind)
		return "malformed"
	end
	if map.major ~= 5 then
		sub:add_proto_expert_info(malformed, "no map")
		return "malformed"
	end
	if behind < stop then sub:add_proto_expert_info(malformed, "bytes after the map") end
	local said, seen = {}, {}
	for i = 1, #map.items, 2 do
		local key, value = map.items[i], map.items[i + 1]
		local known = key.major == 0 and keys[kind] and keys[kind][key.number]
		if key.major == 0 then
			local name = tostring(key.wide)
			if seen[name] then sub:add_proto_expert_info(malformed, "key " .. name .. " is there twice") end
			seen[name] = true
		end
		if known then
			local text = add(sub, tvb, known, value)
			if text then said[key.number] = text end
		else
			sub:add(value.range, key.major == 0 and "Key " .. tostring(key.wide) .. ", not known" or "A key that is no integer")
		end
	end
	local s = said[1] or ""
	if kind == 1 and said[5] == "1" then s = s .. " leaves" end
	if said[8] and said[9] then s = s .. " (" .. said[8] .. " of " .. said[9] .. ")" end
	return s
end

local function frame(tvb, pinfo, tree)
	local length = tvb:len()
	local whole = length == tvb:reported_len()
	tree:add(f.type, "frame"):set_generated()
	tree:add(f.magic, tvb(0, 3))
	tree:add(f.version, tvb(3, 1))
	local version = tvb(3, 1):uint()
	if version ~= 1 then
		tree:add_proto_expert_info(unusual, "another version")
		return "frame of version " .. version
	end
	if length < 32 then
		tree:add_proto_expert_info(malformed, "too short for a header")
		return "malformed frame"
	end
	local kind = tvb(4, 1):uint()
	local sealed = tvb(7, 1):uint() % 2 == 1
	tree:add(f.kind, tvb(4, 1))
	tree:add(f.flags, tvb(5, 1))
	if tvb(5, 1):uint() ~= 0 then tree:add_proto_expert_info(malformed, "flags that are not known") end
	tree:add(f.room, tvb(6, 2))
	tree:add(f.sealed, tvb(7, 1), sealed)
	tree:add(f.stream, tvb(8, 16))
	tree:add(f.number, tvb(24, 8))
	local high, low = tvb(24, 4):uint(), tvb(28, 4):uint()
	local space = "kept"
	if high >= 0xc0000000 then
		space, high = "direct", high - 0xc0000000
	elseif high >= 0x80000000 then
		space, high = "passing", high - 0x80000000
	end
	local count = UInt64.new(low, high)
	if high == 0 and low == 0 then
		space = "none"
		tree:add_proto_expert_info(malformed, "a number of no space")
	end
	tree:add(f.space, tvb(24, 8), space):set_generated()
	tree:add(f.count, tvb(24, 8), count):set_generated()
	local name = (kinds[kind] or "kind " .. kind) .. " " .. space .. " " .. tostring(count) .. " of " .. hex(tvb(8, 4))
	if length > 1200 or whole and length < (sealed and 145 or 129) then
		tree:add_proto_expert_info(malformed, "too short or too long")
		return name .. ", malformed"
	end
	if not whole then
		return name .. ", cut when it was captured"
	end
	if sealed then
		tree:add(f.encrypted, tvb(32, length - 48))
		tree:add(f.tag, tvb(length - 16, 16))
		return name .. ", sealed"
	end
	tree:add(f.key, tvb(32, 32))
	local said = body(tree, tvb, 64, length - 64, kind)
	tree:add(f.signature, tvb(length - 64, 64)):append_text(" (not verified)")
	return said == "" and name or name .. ": " .. said
end

-- CRC-32C of a numbered datagram. Without a library of bits it is not told.
local has_bits, bit_library = pcall(function() return bit or bit32 or require("bit") end)
local castagnoli
local function crc32c(tvb)
	local bxor, band, rshift = bit_library.bxor, bit_library.band, bit_library.rshift
	if not castagnoli then
		castagnoli = {}
		for i = 0, 255 do
			local c = i
			for _ = 1, 8 do
				c = band(c, 1) == 1 and bxor(rshift(c, 1), 0x82f63b78) or rshift(c, 1)
			end
			castagnoli[i] = c
		end
	end
	local all, c = tvb():bytes(), 0xffffffff
	for i = 0, all:len() - 1 do
		local b = (i >= 36 and i < 40) and 0 or all:get_index(i)
		c = bxor(rshift(c, 8), castagnoli[band(bxor(c, b), 0xff)])
	end
	return bxor(c, 0xffffffff) % 2 ^ 32
end

local function numbered(tvb, pinfo, tree)
	local length = tvb:len()
	tree:add(f.type, "numbered"):set_generated()
	tree:add(f.magic, tvb(0, 3))
	tree:add(n.version, tvb(3, 1))
	if tvb(3, 1):uint() > 1 then
		tree:add_proto_expert_info(unusual, "a newer version")
		return "numbered datagram of a newer version"
	end
	if length < 40 then
		if length == tvb:reported_len() then tree:add_proto_expert_info(malformed, "too short") end
		return "numbered datagram, cut"
	end
	local flags = tvb(4, 1):uint()
	local last = flags % 2 == 1
	tree:add(n.flags, tvb(4, 1))
	tree:add(n.last, tvb(4, 1), last)
	tree:add(n.stream, tvb(8, 8))
	tree:add(n.number, tvb(16, 8))
	local sent = tvb(24, 8):uint64()
	local second = UInt64.new(1000000000)
	tree:add(n.sent, tvb(24, 8), NSTime.new((sent / second):tonumber(), (sent % second):tonumber()))
	tree:add(n.promise, tvb(32, 4))
	tree:add(n.checksum, tvb(36, 4))
	local status = "not known"
	if has_bits and bit_library and length == tvb:reported_len() then
		status = crc32c(tvb) == tvb(36, 4):uint() and "good" or "wrong"
	end
	tree:add(n.status, tvb(36, 4), status):set_generated()
	if status == "wrong" then tree:add_proto_expert_info(malformed, "damaged: another checksum") end
	if length > 40 then tree:add(n.filling, tvb(40, length - 40)) end
	return (last and "end of " or "number " .. tostring(tvb(16, 8):uint64()) .. " of ") .. hex(tvb(8, 8)) .. (status == "wrong" and ", damaged" or "")
end

-- An echo is the request, byte for byte: the first of its id and sequence is taken for
-- the request.
local requests = {}
function groupcast.init() requests = {} end

local function ping(tvb, pinfo, tree)
	local length = tvb:len()
	tree:add(f.type, "ping"):set_generated()
	tree:add(f.magic, tvb(0, 4))
	tree:add(p.id, tvb(4, 8))
	tree:add(p.sequence, tvb(12, 8))
	if length > 20 then tree:add(p.filling, tvb(20, length - 20), shown(tvb(20, length - 20):string(ENC_UTF_8))) end
	local name = hex(tvb(4, 16))
	local first = requests[name]
	if not first then
		first = {number = pinfo.number, from = tostring(pinfo.src) .. " " .. pinfo.src_port}
		requests[name] = first
	end
	local what = "ping"
	if first.number < pinfo.number then
		if first.from ~= tostring(pinfo.src) .. " " .. pinfo.src_port then
			tree:add(p.answers, first.number):set_generated()
			what = "echo of a ping"
		else
			what = "ping again"
		end
	end
	return what .. ", sequence " .. tostring(tvb(12, 8):uint64()) .. " of " .. hex(tvb(4, 8))
end

-- which is the function for a datagram, by its first bytes.
local function which(tvb)
	if tvb:len() < 4 then return nil end
	local first = tvb(0, 4):uint()
	local three = math.floor(first / 256)
	if three == 0xfe4d43 then return frame end
	if three == 0xfe4753 then return numbered end
	if first == 0x67637001 and tvb:len() >= 20 then return ping end
	return nil
end

function groupcast.dissector(tvb, pinfo, tree)
	local show = which(tvb)
	if not show then return 0 end
	pinfo.cols.protocol = "groupcast"
	local sub = tree:add(groupcast, tvb())
	local line = show(tvb, pinfo, sub)
	sub:append_text(", " .. line)
	sub:add(f.summary, line):set_generated()
	pinfo.cols.info = line
	return tvb:len()
end

groupcast:register_heuristic("udp", function(tvb, pinfo, tree)
	if not which(tvb) then return false end
	groupcast.dissector(tvb, pinfo, tree)
	return true
end)
DissectorTable.get("udp.port"):add_for_decode_as(groupcast)
