// A second implementation of docs/protocol.md, written from that page alone with what node
// has. It reads vectors.json, and prints what differs: nothing, if all is well.
import crypto from "node:crypto";
import fs from "node:fs";

const hex = (b) => Buffer.from(b).toString("hex");
const sha256 = (...parts) => crypto.createHash("sha256").update(Buffer.concat(parts.map((p) => Buffer.from(p)))).digest();
const hkdf = (key, info) => Buffer.from(crypto.hkdfSync("sha256", key, Buffer.alloc(0), info, 32));

class Refused extends Error {}
const refuse = (word, when = true) => {
	if (when) throw new Refused(word);
};

// Rooms.
function openRoom(conversation) {
	const id = sha256("groupcast 1 open " + conversation);
	id[1] &= 0xfe;
	return { id };
}
function sealedRoom(key, conversation) {
	const id = hkdf(key, "groupcast 1 room " + conversation);
	id[1] |= 1;
	return { id, seal: hkdf(key, "groupcast 1 seal " + conversation) };
}

// XChaCha20-Poly1305 is ChaCha20-Poly1305 with a key that HChaCha20 makes of the first 16
// bytes of the nonce.
function hchacha20(key, nonce) {
	const s = new Uint32Array(16);
	s.set([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
	for (let i = 0; i < 8; i++) s[4 + i] = key.readUInt32LE(4 * i);
	for (let i = 0; i < 4; i++) s[12 + i] = nonce.readUInt32LE(4 * i);
	const turn = (x, n) => (x << n) | (x >>> (32 - n));
	const quarter = (a, b, c, d) => {
		s[a] += s[b]; s[d] = turn(s[d] ^ s[a], 16);
		s[c] += s[d]; s[b] = turn(s[b] ^ s[c], 12);
		s[a] += s[b]; s[d] = turn(s[d] ^ s[a], 8);
		s[c] += s[d]; s[b] = turn(s[b] ^ s[c], 7);
	};
	for (let i = 0; i < 10; i++) {
		quarter(0, 4, 8, 12); quarter(1, 5, 9, 13); quarter(2, 6, 10, 14); quarter(3, 7, 11, 15);
		quarter(0, 5, 10, 15); quarter(1, 6, 11, 12); quarter(2, 7, 8, 13); quarter(3, 4, 9, 14);
	}
	const out = Buffer.alloc(32);
	for (let i = 0; i < 4; i++) {
		out.writeUInt32LE(s[i], 4 * i);
		out.writeUInt32LE(s[12 + i], 16 + 4 * i);
	}
	return out;
}
const aead = (make, room, header) => {
	const nonce = header.subarray(8, 32);
	const c = make("chacha20-poly1305", hchacha20(room.seal, nonce.subarray(0, 16)), Buffer.concat([Buffer.alloc(4), nonce.subarray(16)]), { authTagLength: 16 });
	c.setAAD(header);
	return c;
};
function unseal(room, b) {
	const c = aead(crypto.createDecipheriv, room, b.subarray(0, 32));
	c.setAuthTag(b.subarray(b.length - 16));
	try {
		return Buffer.concat([c.update(b.subarray(32, b.length - 16)), c.final()]);
	} catch {
		refuse("tag");
	}
}
function seal(room, header, inside) {
	const c = aead(crypto.createCipheriv, room, header);
	return Buffer.concat([header, c.update(inside), c.final(), c.getAuthTag()]);
}

// Ed25519, whose keys node takes as DER.
const privateKey = (seed) =>
	crypto.createPrivateKey({ key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]), format: "der", type: "pkcs8" });
const publicKey = (b) => crypto.createPublicKey({ key: Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), b]), format: "der", type: "spki" });
const signed = (room, header, key, body) => Buffer.concat([Buffer.from("groupcast 1 frame\0"), room.id, header, key, body]);

function encode(room, author, kind, number, body) {
	const header = Buffer.alloc(32);
	header.set([0xfe, 0x4d, 0x43, 1, kind, 0, room.id[0], room.id[1]]);
	author.stream.copy(header, 8);
	header.writeBigUInt64BE(number, 24);
	const inside = Buffer.concat([author.public, body, crypto.sign(null, signed(room, header, author.public, body), author.private)]);
	return room.seal ? seal(room, header, inside) : Buffer.concat([header, inside]);
}

// Bodies. A text that is not UTF-8 is kept as its bytes.
const bad = (when = true) => refuse("body", when);
function cbor(b, at, depth) {
	bad(at >= b.length);
	const major = b[at] >> 5, info = b[at] & 31;
	let n = BigInt(info), behind = at + 1;
	if (info >= 24) {
		bad(info > 27);
		const size = 1 << (info - 24);
		bad(behind + size > b.length);
		n = BigInt("0x" + hex(b.subarray(behind, behind + size)));
		behind += size;
	}
	const item = { major, n };
	const raw = at;
	if (major === 2 || major === 3) {
		bad(n > BigInt(b.length - behind));
		item.content = b.subarray(behind, behind + Number(n));
		behind += Number(n);
		item.same = major + hex(item.content);
	} else if (major === 4 || major === 5) {
		bad(depth === 4 || n > (major === 4 ? 64n : 32n));
		item.items = [];
		const seen = new Set();
		for (let i = 0; i < Number(n) * (major - 3); i++) {
			const [inner, after] = cbor(b, behind, depth + 1);
			if (major === 5 && i % 2 === 0) {
				bad(seen.has(inner.same));
				seen.add(inner.same);
			}
			item.items.push(inner);
			behind = after;
		}
	} else bad(major === 6 || (major === 7 && info === 24 && n < 32n));
	item.same ??= major < 2 ? major + " " + n : hex(b.subarray(raw, behind));
	return [item, behind];
}

const range = (when) => refuse("range", when);
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const uint = (most = 2n ** 64n - 1n) => (v) => {
	bad(v.major !== 0);
	range(v.n > most);
	return v.n;
};
const text = (v) => {
	bad(v.major !== 3);
	try {
		return utf8.decode(v.content);
	} catch {
		bad();
	}
};
const bytes = (size) => (v) => {
	bad(v.major !== 2 || (size !== undefined && v.content.length !== size));
	return v.content;
};
const list = (each, most = 64) => (v) => {
	bad(v.major !== 4);
	range(v.items.length > most);
	return v.items.map(each);
};
const row = (length) => list((v) => {
	bad(v.major !== 4 || v.items.length !== length);
	return v.items.map((e, i) => (i ? uint()(e) : bytes(8)(e)));
});
const part = (v) => {
	const n = uint(64n)(v);
	range(n === 0n);
	return n;
};
const time = uint(253402300799999n), names = list(text, 8), nonce = bytes(8);
const said = { 1: text, 3: time, 8: part, 9: part };
const stats = { 2: names, 13: uint(), 14: nonce, 15: row(12), 16: uint(), 17: uint() };
const kinds = {
	1: { 1: text, 2: names, 3: time, 4: row(7), 5: uint(1n), 6: uint(65535n), 7: uint(), 13: uint(), 14: nonce, 19: uint() },
	2: said,
	3: { 10: row(3) },
	4: { ...said, 11: text, 12: text, 18: bytes() },
	5: stats,
	6: { ...stats, 3: time, 8: part, 9: part },
	7: { 20: nonce, 21: (v) => (v.content?.length === 0 ? bytes(0) : nonce)(v), 22: uint(10n ** 12n), 23: nonce },
	8: { 3: time, 8: uint(64n), 20: nonce, 23: nonce, 25: bytes(32), 26: list(uint()), 27: bytes() },
	9: { 8: part, 9: part, 21: nonce, 23: nonce, 28: bytes() },
	10: {
		30: text, 31: uint(1n), 32: list((v) => {
			bad(v.major !== 4 || v.items.length !== 3);
			return [text(v.items[0]), uint()(v.items[1]), list(bytes(8))(v.items[2])];
		}),
	},
};
function fields(kind, b) {
	const [map, behind] = cbor(b, 0, 0);
	bad(map.major !== 5 || behind !== b.length);
	const f = {};
	for (let i = 0; i < map.items.length; i += 2) {
		const key = map.items[i], value = map.items[i + 1];
		const read = key.major === 0 && kinds[kind][key.n];
		if (read && !(value.major === 7 && value.n === 22n)) f[key.n] = read(value);
	}
	return f;
}

// The ranges that go over more than one value.
const half = 2n ** 63n, passing = 2n ** 62n;
const within = (index, f, heardIt) => range((heardIt || index > 0n) && index >= BigInt(f[2]?.length ?? 0));
function check(kind, number, f, size) {
	const space = number === 0n || number === half || number === half + passing ? "none" : number < half ? "kept" : number < half + passing ? "passing" : "direct";
	const wants = { 1: "passing", 2: "kept", 3: "passing", 4: "kept", 5: "passing", 6: "kept", 7: "direct", 8: "direct", 9: "direct", 10: "passing" }[kind];
	range(space === "none" || (wants !== undefined && wants !== space));
	if (!wants) return;
	if (kind !== 8) range((f[8] === undefined) !== (f[9] === undefined) || f[8] > f[9]);
	if (kind === 1) {
		const nick = f[1] ?? "";
		range([...nick].length < 1 || [...nick].length > 32 || nick !== nick.normalize("NFKC").trim() || /[\p{C}\p{Zl}\p{Zp}]/u.test(nick));
		for (const [, upTo, ahead, last, , index, lost] of f[4] ?? []) {
			range(upTo + ahead >= half || last >= passing || lost > 1000n);
			within(index, f, last > 0n);
		}
	}
	if (kind === 2) range(Buffer.byteLength(f[1] ?? "") > 1030);
	if (kind === 3) {
		let all = 0n;
		for (const [, from, to] of f[10] ?? []) {
			range(from < 1n || to < from || to >= half);
			all += to - from + 1n;
		}
		range(all < 1n || all > 64n);
	}
	for (const [, first, highest, distinct, , , , , , , index, hops] of f[15] ?? []) {
		range(first > highest || highest >= half || distinct > highest - first + 1n || hops > 255n);
		within(index, f, true);
	}
	if (kind === 8) range(size !== 1200);
	if (kind === 10) {
		for (const site of [f[30] ?? "", ...(f[32] ?? []).map((o) => o[0])])
			range(site === "" || Buffer.byteLength(site) > 64 || /[\p{C}\p{Zl}\p{Zp}]/u.test(site));
	}
}

function decode(room, b) {
	refuse("not a frame", b.length < 3 || hex(b.subarray(0, 3)) !== "fe4d43");
	refuse("size", b.length > 1200 || b.length < 129 + (b[7] & 1 ? 16 : 0));
	refuse("version", b[3] !== 1);
	refuse("flags", b[5] !== 0);
	refuse("room", b[6] !== room.id[0] || b[7] !== room.id[1]);
	const header = b.subarray(0, 32), kind = b[4], number = b.readBigUInt64BE(24);
	const inside = room.seal ? unseal(room, b) : b.subarray(32);
	const key = inside.subarray(0, 32), body = inside.subarray(32, inside.length - 64);
	refuse("key", !sha256(key).subarray(0, 8).equals(header.subarray(8, 16)));
	refuse("signature", !crypto.verify(null, signed(room, header, key, body), publicKey(key), inside.subarray(inside.length - 64)));
	const f = kinds[kind] ? fields(kind, body) : {};
	check(kind, number, f, b.length);
	return { kind, number, key, body, fields: f };
}

// What the vectors say, and what is made here.
const v = JSON.parse(fs.readFileSync(process.argv[2]));
let checked = 0;
const same = (what, got, want) => {
	checked++;
	if (String(got) !== String(want)) console.log(`${what}: ${got}, not ${want}`);
};
const authors = {}, rooms = {};
for (const [name, a] of Object.entries(v.authors)) {
	const key = privateKey(Buffer.from(a.seed, "hex"));
	const pub = crypto.createPublicKey(key).export({ format: "der", type: "spki" }).subarray(12);
	const stream = Buffer.concat([sha256(pub).subarray(0, 8), Buffer.from(a.random, "hex")]);
	authors[name] = { private: key, public: pub, stream };
	same(name, [hex(pub), hex(stream), hex(sha256(stream).subarray(0, 8)), hex(sha256(pub).subarray(0, 8)).match(/..../g).join(" ")], [a.public, a.stream, a.ref, a.fingerprint]);
}
for (const [name, r] of Object.entries(v.rooms)) {
	rooms[name] = r.room_key ? sealedRoom(Buffer.from(r.room_key, "hex"), r.conversation) : openRoom(r.conversation);
	same(name, [hex(rooms[name].id), rooms[name].seal ? hex(rooms[name].seal) : undefined], [r.id, r.seal_key]);
}
for (const p of v.passphrases) same(p.conversation, hex(sha256("groupcast 1 " + p.conversation)), p.salt);
for (const f of v.frames) {
	same(f.what, hex(encode(rooms[f.room], authors[f.author], f.kind, BigInt(f.number), Buffer.from(f.body, "hex"))), f.frame);
	try {
		const got = decode(rooms[f.room], Buffer.from(f.frame, "hex"));
		same(f.what, [got.kind, got.number, hex(got.key), hex(got.body)], [f.kind, f.number, hex(authors[f.author].public), f.body]);
	} catch (e) {
		same(f.what, e.message, "decoded");
	}
}
for (const r of v.refused) {
	try {
		decode(rooms[r.room], Buffer.from(r.datagram, "hex"));
		same(r.what, "decoded", r.error);
	} catch (e) {
		if (!(e instanceof Refused)) throw e;
		same(r.what, e.message, r.error);
	}
}
console.log(`${checked} checked`);
