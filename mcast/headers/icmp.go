package headers

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// kind is a type of ICMP, and a code of it; code -1: all others.
type kind struct{ kind, code int }

// icmpNames are RFC 792's, RFC 1122's and RFC 1812's.
var icmpNames = map[kind]string{
	{0, -1}: "echo reply", {8, -1}: "echo request", {4, -1}: "source quench", {12, -1}: "parameter problem",
	{9, -1}: "router advertisement", {10, -1}: "router solicitation", {13, -1}: "timestamp", {14, -1}: "timestamp reply",
	{3, -1}: "destination unreachable", {3, 0}: "network unreachable", {3, 1}: "host unreachable", {3, 2}: "protocol unreachable",
	{3, 3}: "port unreachable", {3, 4}: "fragmentation needed", {3, 5}: "source route failed", {3, 9}: "network prohibited",
	{3, 10}: "host prohibited", {3, 13}: "communication prohibited",
	{5, -1}: "redirect", {5, 0}: "redirect for the network", {5, 1}: "redirect for the host",
	{11, -1}: "time exceeded", {11, 0}: "time to live exceeded in transit", {11, 1}: "fragment reassembly time exceeded",
}

// icmp6Names are RFC 4443's, RFC 4861's and RFC 4286's.
var icmp6Names = map[kind]string{
	{1, -1}: "destination unreachable", {1, 0}: "no route to destination", {1, 1}: "communication prohibited",
	{1, 2}: "beyond scope of source address", {1, 3}: "address unreachable", {1, 4}: "port unreachable",
	{1, 5}: "source address failed policy", {1, 6}: "reject route to destination", {2, -1}: "packet too big",
	{3, -1}: "time exceeded", {3, 0}: "hop limit exceeded in transit", {3, 1}: "fragment reassembly time exceeded",
	{4, -1}: "parameter problem", {128, -1}: "echo request", {129, -1}: "echo reply",
	{133, -1}: "router solicitation", {134, -1}: "router advertisement", {135, -1}: "neighbor solicitation",
	{136, -1}: "neighbor advertisement", {137, -1}: "redirect",
	{151, -1}: "multicast router advertisement", {152, -1}: "multicast router solicitation", {153, -1}: "multicast router termination",
}

func (k kind) in(names map[kind]string) string {
	name, ok := names[k]
	if !ok {
		name = names[kind{k.kind, -1}]
	}
	if name == "" {
		return fmt.Sprintf("(%d, %d)", k.kind, k.code)
	}
	return fmt.Sprintf("%s (%d, %d)", name, k.kind, k.code)
}

// begins reads the first 4 bytes, which are the same in ICMP and ICMPv6.
func (h *header) begins(p part, of packet, protocol int, names map[kind]string) (k kind, words []string) {
	k = kind{int(h.bits(0, 8)), int(h.bits(8, 8))}
	h.number("Type", 0, 8, names[kind{k.kind, -1}])
	name := names[k]
	h.number("Code", 8, 8, name)
	if len(p.b) < 4 {
		return k, nil
	}
	note, word := h.d.checksum(p, of, protocol, of.length, binary.BigEndian.Uint16(p.b[2:]))
	h.hex("Checksum", 16, 16, note)
	if h.d.quoted {
		word = ""
	}
	words = append(words, k.in(names))
	if word != "" {
		words = append(words, word)
	}
	return k, words
}

// echo reads what is behind the first 4 bytes of an echo.
func (h *header) echo(p part, of packet) []string {
	h.number("Identifier", 32, 16)
	h.number("Sequence Number", 48, 16)
	b := p.from(8).b
	h.octets("Data", b[:min(len(b), max(0, of.length-8))], max(0, of.length-8))
	if len(p.b) < 8 {
		return nil
	}
	return []string{fmt.Sprintf("id %d seq %d", h.bits(32, 16), h.bits(48, 16)), counted(max(0, of.length-8))}
}

func counted(n int) string { return data(nil, n) }

// icmp reads ICMP (RFC 792). An error quotes the packet that caused it.
func (d *decoder) icmp(p part, of packet) {
	const length = 8
	h := d.header("ICMP", p, length)
	k, words := h.begins(p, of, 0, icmpNames)
	quotes := false
	switch k.kind {
	case 0, 8:
		words = append(words, h.echo(p, of)...)
	case 3, 4, 11, 12, 5:
		quotes = true
		switch {
		case k == kind{3, 4}:
			h.number("unused", 32, 16)
			h.number("Next-Hop MTU", 48, 16, "bytes; RFC 1191")
			if h.Cut == 0 {
				words = append(words, fmt.Sprintf("mtu %d", h.bits(48, 16)))
			}
		case k.kind == 5:
			h.address("Gateway Internet Address", 4, 4)
			if h.Cut == 0 {
				words = append(words, "to "+address(h.p.b[4:8]).String())
			}
		case k.kind == 12:
			h.number("Pointer", 32, 8, "the byte of the quoted packet with the error")
			h.number("unused", 40, 24)
		default:
			h.number("unused", 32, 32)
		}
	default:
		h.hex("Rest of Header", 32, 32)
	}
	h.ends(words...)
	if quotes {
		d.quote(p.from(length))
	}
}

// quote reads the packet that an error quotes, once.
func (d *decoder) quote(p part) {
	if !d.quoted {
		d.quoted = true
		d.ip(p)
		d.quoted = false
	}
}

// icmp6 reads ICMPv6 (RFC 4443), neighbour discovery (RFC 4861) and MLD.
func (d *decoder) icmp6(p part, of packet) {
	if len(p.b) > 0 {
		switch p.b[0] {
		case 130, 131, 132, 143:
			d.mld(p, of)
			return
		}
	}
	length := 8
	if len(p.b) > 0 {
		switch p.b[0] {
		case 134:
			length = 16
		case 135, 136:
			length = 24
		case 137:
			length = 40
		}
	}
	h := d.header("ICMPv6", p, length)
	k, words := h.begins(p, of, protoICMPv6, icmp6Names)
	add := func(s string) {
		if h.Cut == 0 {
			words = append(words, s)
		}
	}
	quotes := false
	switch k.kind {
	case 128, 129:
		words = append(words, h.echo(p, of)...)
	case 1, 3:
		quotes = true
		h.number("Unused", 32, 32)
	case 2:
		quotes = true
		h.number("MTU", 32, 32, "bytes that the next link takes")
		add(fmt.Sprintf("mtu %d", h.bits(32, 32)))
	case 4:
		quotes = true
		h.number("Pointer", 32, 32, "the byte of the quoted packet with the error")
	case 134:
		h.number("Cur Hop Limit", 32, 8)
		h.number("M", 40, 1, "addresses by DHCPv6")
		h.number("O", 41, 1, "other settings by DHCPv6")
		h.number("Reserved", 42, 6)
		h.number("Router Lifetime", 48, 16, "seconds; 0: no default router")
		h.number("Reachable Time", 64, 32, "ms; 0: not said")
		h.number("Retrans Timer", 96, 32, "ms; 0: not said")
		add(fmt.Sprintf("lifetime %d s", h.bits(48, 16)))
	case 135:
		h.number("Reserved", 32, 32)
		h.address("Target Address", 8, 16)
		if h.Cut == 0 {
			add("for " + address(h.p.b[8:24]).String())
		}
	case 136:
		h.number("R", 32, 1, "the sender is a router")
		h.number("S", 33, 1, "it answers a solicitation")
		h.number("O", 34, 1, "it overrides what is cached")
		h.number("Reserved", 35, 29)
		h.address("Target Address", 8, 16)
		if h.Cut == 0 {
			add("of " + address(h.p.b[8:24]).String())
		}
	case 137:
		h.number("Reserved", 32, 32)
		h.address("Target Address", 8, 16)
		h.address("Destination Address", 24, 16)
		if h.Cut == 0 {
			add(fmt.Sprintf("for %s to %s", address(h.p.b[24:40]), address(h.p.b[8:24])))
		}
	default:
		h.hex("Message Body", 32, 32)
	}
	if k.kind >= 133 && k.kind <= 137 && h.Cut == 0 {
		words = append(words, h.discovery(p.to(of.length).from(length))...)
	}
	h.ends(words...)
	if quotes {
		d.quote(p.from(length))
	}
}

// discovery reads the options of neighbour discovery (RFC 4861, section 4.6), which become
// part of the header.
func (h *header) discovery(p part) (words []string) {
	names := map[byte]string{1: "Source Link-Layer Address", 2: "Target Link-Layer Address", 3: "Prefix Information", 4: "Redirected Header", 5: "MTU"}
	for n := 0; len(p.b) >= 2 && n < mostRecords; n++ {
		size := 8 * int(p.b[1])
		if size == 0 || size > len(p.b) {
			return append(words, "bad option")
		}
		name := names[p.b[0]]
		if name == "" {
			name = fmt.Sprintf("type %d", p.b[0])
		}
		f := Field{Name: "Option: " + name, Bit: 8 * (p.at - h.Offset), Bits: 8 * size, Value: fmt.Sprintf("0x%x", p.b[:min(size, 64)])}
		if p.b[0] <= 2 && size == 8 {
			f.Value = mac(p.b[2:8])
			words = append(words, strings.ToLower(name)+" "+f.Value)
		}
		if p.b[0] == 5 && size == 8 {
			f.Value = fmt.Sprint(binary.BigEndian.Uint32(p.b[4:]))
		}
		h.Fields = append(h.Fields, f)
		h.Length += size
		p = p.from(size)
	}
	return words
}
