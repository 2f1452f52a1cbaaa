package headers

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
)

// Protocols over IP (IANA, Protocol Numbers).
const (
	protoHopByHop    = 0
	protoICMP        = 1
	protoIGMP        = 2
	protoTCP         = 6
	protoUDP         = 17
	protoRouting     = 43
	protoFragment    = 44
	protoICMPv6      = 58
	protoNone        = 59
	protoDestination = 60
)

var protocols = map[int]string{protoHopByHop: "hop-by-hop options", protoICMP: "ICMP", protoIGMP: "IGMP", 4: "IPv4", protoTCP: "TCP",
	protoUDP: "UDP", 41: "IPv6", protoRouting: "routing header", protoFragment: "fragment header", 47: "GRE", 50: "ESP", 51: "AH",
	protoICMPv6: "ICMPv6", protoNone: "no next header", protoDestination: "destination options", 89: "OSPF", 103: "PIM", 112: "VRRP", 132: "SCTP"}

func protocol(n int) string {
	if name := protocols[n]; name != "" {
		return name
	}
	return fmt.Sprintf("protocol %d", n)
}

func (h *header) address(name string, at, width int, note ...string) {
	h.field(name, 8*at, 8*width, func() string { return address(h.p.b[at : at+width]).String() }, note...)
}

func address(b []byte) netip.Addr {
	a, _ := netip.AddrFromSlice(b)
	return a
}

// about is what kind of destination an address is.
func about(a netip.Addr) string {
	switch {
	case a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return "broadcast on this network"
	case a.IsMulticast():
		return "a group (multicast)"
	}
	return ""
}

// packet is what the headers behind that of IP need of it.
type packet struct {
	from, to netip.Addr
	head     part // from the IP header on, to the end of the packet
	length   int  // bytes that the packet should have behind its headers, of this one on
	fragment bool // a piece, whose checksum is over all pieces
	uncut    bool // it does not say its length: a jumbogram, or segments that the NIC would have cut
}

func (d *decoder) ip(p part) {
	if len(p.b) == 0 {
		return
	}
	switch p.b[0] >> 4 {
	case 4:
		d.ip4(p)
	case 6:
		d.ip6(p)
	}
}

func (d *decoder) ip4(p part) {
	const least = 20
	length := max(least, int(p.b[0]&15)*4)
	h := d.header("IPv4", p, length)
	h.number("Version", 0, 4)
	h.number("IHL", 4, 4, fmt.Sprintf("units of 4 bytes: %d bytes", 4*h.bits(4, 4)))
	h.hex("Type of Service", 8, 8)
	h.number("Total Length", 16, 16, "bytes, with this header")
	h.number("Identification", 32, 16)
	h.number("Reserved", 48, 1)
	h.number("DF", 49, 1, map[uint64]string{1: "don't fragment"}[h.bits(49, 1)])
	h.number("MF", 50, 1, map[uint64]string{1: "more fragments"}[h.bits(50, 1)])
	offset, more := int(h.bits(51, 13))*8, h.bits(50, 1) == 1
	h.number("Fragment Offset", 51, 13, map[bool]string{true: fmt.Sprintf("units of 8 bytes: at byte %d", offset)}[offset > 0])
	ttl := ""
	if h.bits(64, 8) == 1 {
		ttl = "no router forwards it"
	}
	h.number("Time to Live", 64, 8, ttl)
	next := int(h.bits(72, 8))
	h.number("Protocol", 72, 8, protocols[next])
	if len(p.b) < least {
		h.ends()
		return
	}
	from, to := address(p.b[12:16]), address(p.b[16:20])
	words := []string{fmt.Sprintf("%s > %s ttl %d", from, to, p.b[8])}
	note := "not known: the header is cut"
	switch {
	case len(p.b) < length:
	case sum(0, p.b[:length]) == 0xffff:
		note = "right"
	case d.quoted: // it may have been changed on the way
		note = "wrong"
	default:
		note, words = "wrong", append(words, "bad checksum")
	}
	h.hex("Header Checksum", 80, 16, note)
	h.address("Source Address", 12, 4)
	h.address("Destination Address", 16, 4, about(to))
	words = append(words, h.options4()...)
	total := int(binary.BigEndian.Uint16(p.b[2:]))
	if p.b[0]&15 < 5 || total < length && total != 0 { // 0: segments that the NIC would have cut
		h.ends(append(words, "bad length")...)
		return
	}
	if total == 0 {
		total = max(len(p.b), length)
	}
	piece := packet{from: from, to: to, head: p.to(total), length: total - length, fragment: more || offset > 0, uncut: binary.BigEndian.Uint16(p.b[2:]) == 0}
	if piece.fragment {
		words = append(words, fragment(offset, total-length, more))
		if offset > 0 {
			words = append(words, "of "+protocol(next))
		}
	}
	rest := piece.head.from(length)
	known := next == protoICMP || next == protoIGMP || next == protoTCP || next == protoUDP
	if !known && offset == 0 {
		words = append(words, protocol(next))
	}
	h.ends(words...)
	if offset > 0 || len(p.b) < length {
		return
	}
	switch next {
	case protoICMP:
		d.icmp(rest, piece)
	case protoIGMP:
		d.igmp(rest, piece)
	case protoTCP:
		d.tcp(rest, piece)
	case protoUDP:
		d.udp(rest, piece)
	}
}

// fragment are the words for a fragment.
func fragment(offset, length int, more bool) string {
	s := fmt.Sprintf("fragment at %d, %d bytes", offset, length)
	if more {
		return s + ", more follow"
	}
	return s + ", the last"
}

// options4 reads the options of IPv4 (RFC 791, section 3.1), and gives words for the
// summary.
func (h *header) options4() (words []string) {
	names := map[byte]string{7: "Record Route", 68: "Timestamp", 130: "Security", 131: "Loose Source Route", 137: "Strict Source Route", 148: "Router Alert"}
	at := 20
	for n := 0; at < len(h.p.b) && n < mostRecords; n++ {
		kind := h.p.b[at]
		if kind <= 1 {
			name := "End of Option List"
			if kind == 1 {
				name = "No Operation"
			}
			h.number("Option: "+name, 8*at, 8)
			if at++; kind == 0 {
				return words
			}
			continue
		}
		if at+2 > len(h.p.b) {
			return words
		}
		size := int(h.p.b[at+1])
		if size < 2 || at+size > len(h.p.b) {
			return append(words, "bad option")
		}
		name := names[kind]
		if name == "" {
			name = fmt.Sprintf("type %d", kind)
		} else {
			words = append(words, strings.ToLower(name))
		}
		note := ""
		if kind == 148 {
			note = "routers examine it (RFC 2113)"
		}
		h.field("Option: "+name, 8*at, 8*size, func() string { return fmt.Sprintf("0x%x", h.p.b[at:at+size]) }, note)
		at += size
	}
	return words
}

func (d *decoder) ip6(p part) {
	const length = 40
	h := d.header("IPv6", p, length)
	h.number("Version", 0, 4)
	h.hex("Traffic Class", 4, 8)
	h.hex("Flow Label", 12, 20)
	h.number("Payload Length", 32, 16, "bytes after this header")
	next := int(h.bits(48, 8))
	h.number("Next Header", 48, 8, protocols[next])
	hops := ""
	if h.bits(56, 8) == 1 {
		hops = "no router forwards it"
	}
	h.number("Hop Limit", 56, 8, hops)
	if len(p.b) < length {
		h.ends()
		return
	}
	from, to := address(p.b[8:24]), address(p.b[24:40])
	h.address("Source Address", 8, 16)
	h.address("Destination Address", 24, 16, about(to))
	size := int(binary.BigEndian.Uint16(p.b[4:]))
	if size == 0 && next != protoNone { // segments that the NIC would have cut
		size = len(p.b) - length
	}
	words := []string{fmt.Sprintf("%s > %s hop limit %d", from, to, p.b[7])}
	if !known6(next) {
		words = append(words, protocol(next))
	}
	h.ends(words...)
	piece := packet{from: from, to: to, head: p.to(length + size), length: size, uncut: binary.BigEndian.Uint16(p.b[4:]) == 0}
	d.next6(next, piece.head.from(length), piece)
}

// known6 are the headers behind that of IPv6 that are read.
func known6(next int) bool {
	switch next {
	case protoTCP, protoUDP, protoICMPv6, protoHopByHop, protoRouting, protoFragment, protoDestination:
		return true
	}
	return false
}

// next6 reads the extension headers (RFC 8200, section 4) and what is behind them.
func (d *decoder) next6(next int, p part, of packet) {
	for range mostExtensions {
		switch next {
		case protoTCP:
			d.tcp(p, of)
			return
		case protoUDP:
			d.udp(p, of)
			return
		case protoICMPv6:
			d.icmp6(p, of)
			return
		}
		if !known6(next) || len(p.b) == 0 {
			return
		}
		size := 8
		if len(p.b) > 1 && next != protoFragment {
			size += 8 * int(p.b[1])
		}
		h := d.header(strings.TrimSuffix(protocols[next], " header"), p, size)
		after := int(p.b[0])
		h.number("Next Header", 0, 8, protocols[after])
		var words []string
		piece := 0
		switch next {
		case protoFragment:
			h.number("Reserved", 8, 8)
			piece = int(h.bits(16, 13)) * 8
			more := h.bits(31, 1) == 1
			h.number("Fragment Offset", 16, 13, map[bool]string{true: fmt.Sprintf("units of 8 bytes: at byte %d", piece)}[piece > 0])
			h.number("Res", 29, 2)
			h.number("M", 31, 1, map[bool]string{true: "more fragments follow"}[more])
			h.hex("Identification", 32, 32)
			if h.Cut == 0 {
				words = append(words, strings.TrimPrefix(fragment(piece, max(0, of.length-size), more), "fragment "))
			}
			of.fragment = of.fragment || more || piece > 0
		case protoRouting:
			h.number("Hdr Ext Len", 8, 8, fmt.Sprintf("units of 8 bytes after the first 8: %d bytes", size))
			h.number("Routing Type", 16, 8)
			h.number("Segments Left", 24, 8)
			words = append(words, fmt.Sprintf("type %d, %d segments left", h.bits(16, 8), h.bits(24, 8)))
		default:
			h.number("Hdr Ext Len", 8, 8, fmt.Sprintf("units of 8 bytes after the first 8: %d bytes", size))
			words = h.options6()
		}
		if piece > 0 {
			words = append(words, "of "+protocol(after))
		} else if !known6(after) {
			words = append(words, protocol(after))
		}
		h.ends(words...)
		if h.Cut > 0 || piece > 0 {
			return
		}
		next, p, of.length = after, p.from(size), max(0, of.length-size)
	}
}

// options6 reads the options of an extension header (RFC 8200, section 4.2).
func (h *header) options6() (words []string) {
	at := 2
	for n := 0; at < len(h.p.b) && n < mostRecords; n++ {
		kind := h.p.b[at]
		if kind == 0 {
			h.number("Option: Pad1", 8*at, 8)
			at++
			continue
		}
		if at+2 > len(h.p.b) {
			return words
		}
		size := 2 + int(h.p.b[at+1])
		if at+size > len(h.p.b) {
			return append(words, "bad option")
		}
		name, note := fmt.Sprintf("type %d", kind), ""
		switch kind {
		case 1:
			name = "PadN"
		case 5:
			name, note = "Router Alert", "routers examine it (RFC 2711)"
			words = append(words, "router alert")
			if size == 4 {
				note = joined(map[uint64]string{0: "it has MLD"}[h.bits(8*(at+2), 16)], note)
			}
		case 0xc2:
			name = "Jumbo Payload"
			words = append(words, "jumbo payload")
		}
		h.field("Option: "+name, 8*at, 8*size, func() string { return fmt.Sprintf("0x%x", h.p.b[at:at+size]) }, note)
		at += size
	}
	return words
}

// sum is the one's complement sum of 16 bits (RFC 1071).
func sum(initial uint32, b []byte) uint16 {
	total := uint64(initial)
	for ; len(b) >= 2; b = b[2:] {
		total += uint64(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		total += uint64(b[0]) << 8
	}
	for total > 0xffff {
		total = total>>16 + total&0xffff
	}
	return uint16(total)
}

// pseudo is the sum of the pseudo header (RFC 768; RFC 8200, section 8.1).
func (p packet) pseudo(protocol, length int) uint32 {
	from, to := p.from.AsSlice(), p.to.AsSlice()
	return uint32(sum(0, from)) + uint32(sum(0, to)) + uint32(protocol) + uint32(length>>16) + uint32(length&0xffff)
}

// checksum judges the checksum of a header with a pseudo header, or of one without if
// protocol is 0. p is the header and all that it carries, which should be length bytes.
// The first result is a note for the field, the second is for the summary.
func (d *decoder) checksum(p part, of packet, protocol, length int, field uint16) (note, words string) {
	initial := uint32(0)
	if protocol != 0 {
		initial = of.pseudo(protocol, length)
	}
	switch {
	case len(p.b) < length:
		return "not known: the packet is not whole", ""
	case of.fragment:
		return "not known: it is of all fragments together", ""
	case sum(initial, p.b[:length]) == 0xffff:
		return "right", ""
	case protocol != 0 && field == sum(initial, nil):
		return "partial: the NIC completes it (offload)", ""
	}
	return "wrong", "bad checksum"
}
