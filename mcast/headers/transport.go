package headers

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// udp reads the header of UDP (RFC 768).
func (d *decoder) udp(p part, of packet) {
	const length = 8
	h := d.header("UDP", p, length)
	h.number("Source Port", 0, 16)
	h.number("Destination Port", 16, 16)
	size := int(h.bits(32, 16))
	h.number("Length", 32, 16, "bytes, with this header")
	if len(p.b) < length {
		if len(p.b) >= 4 {
			h.ends(fmt.Sprintf("%d > %d", h.bits(0, 16), h.bits(16, 16)))
		} else {
			h.ends()
		}
		return
	}
	words := []string{fmt.Sprintf("%d > %d", h.bits(0, 16), h.bits(16, 16))}
	whole := size
	if size == 0 && of.uncut {
		whole = of.length
	}
	bad := whole < length || whole > of.length && !of.fragment
	var note, word string
	switch field := binary.BigEndian.Uint16(p.b[6:]); {
	case field == 0 && of.from.Is4():
		note = "not given: 0 says that the sender did not compute it"
	case field == 0:
		note, word = "wrong: IPv6 needs one (RFC 8200, section 8.1)", "bad checksum"
	case bad:
		note = "not known: the length is wrong"
	default:
		note, word = d.checksum(p, of, protoUDP, whole, field)
	}
	h.hex("Checksum", 48, 16, note)
	if d.quoted { // of a packet that may have been changed on the way
		word = ""
	}
	if bad {
		h.ends(append(words, "bad length")...)
		return
	}
	carried := p.to(whole).from(length)
	h.octets("data octets", carried.b, whole-length)
	h.ends(append(words, data(carried.b, whole-length), word)...)
}

// tcp reads the header of TCP (RFC 9293, section 3.1) without its options.
func (d *decoder) tcp(p part, of packet) {
	const least = 20
	length := least
	if len(p.b) > 12 {
		length = max(least, int(p.b[12]>>4)*4)
	}
	h := d.header("TCP", p, length)
	h.number("Source Port", 0, 16)
	h.number("Destination Port", 16, 16)
	h.number("Sequence Number", 32, 32)
	h.number("Acknowledgment Number", 64, 32)
	h.number("Data Offset", 96, 4, fmt.Sprintf("units of 4 bytes: %d bytes", 4*h.bits(96, 4)))
	h.number("Reserved", 100, 4)
	var set []string
	for i, name := range [...]string{"CWR", "ECE", "URG", "ACK", "PSH", "RST", "SYN", "FIN"} {
		h.number(name, 104+i, 1)
		if h.bits(104+i, 1) == 1 {
			set = append(set, name)
		}
	}
	h.number("Window", 112, 16)
	words := []string{}
	if len(p.b) >= 4 {
		words = append(words, fmt.Sprintf("%d > %d", h.bits(0, 16), h.bits(16, 16)))
	}
	if len(p.b) >= 14 {
		words = append(words, strings.Join(set, ","))
	}
	if len(p.b) < least {
		h.ends(words...)
		return
	}
	note, word := d.checksum(p, of, protoTCP, of.length, binary.BigEndian.Uint16(p.b[16:]))
	h.hex("Checksum", 128, 16, note)
	if d.quoted {
		word = ""
	}
	h.number("Urgent Pointer", 144, 16)
	if length > least {
		h.field("Options", 8*least, 8*(length-least), func() string { return fmt.Sprintf("0x%x", h.p.b[least:length]) })
	}
	if carried := of.length - length; carried > 0 && !d.quoted {
		b := p.to(of.length).from(length).b
		h.octets("data", b, carried)
		words = append(words, data(b, carried))
	}
	h.ends(append(words, word)...)
}
