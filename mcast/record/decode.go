package record

import (
	"encoding/binary"
	"net/netip"
)

// Reason is why a packet of a capture is not read as a datagram.
type Reason int

// The reasons.
const (
	whole     Reason = iota
	NotUDP           // another protocol
	Fragment         // of an IP datagram: fragments are not put together
	Cut              // the capture has only its beginning (snaplen)
	LinkType         // of an interface whose frames are not read, such as those of 802.11
	BadHeader        // its headers contradict each other
)

var reasons = [...]string{whole: "whole", NotUDP: "not UDP", Fragment: "fragment", Cut: "cut short", LinkType: "other link type", BadHeader: "bad header"}

func (r Reason) String() string { return reasons[r] }

// Skipped is how many packets were skipped for a reason.
type Skipped struct {
	Reason Reason
	Count  int
}

// Words are the reason for so many packets, such as "fragments".
func (s Skipped) Words() string {
	word := s.Reason.String()
	switch s.Reason {
	case Fragment, BadHeader, LinkType:
		if s.Count > 1 {
			word += "s"
		}
	}
	return word
}

// Skipped is how many packets were skipped until now, for each reason that there
// was.
func (r *Reader) Skipped() (list []Skipped) {
	for reason, n := range r.skipped {
		if n > 0 {
			list = append(list, Skipped{Reason(reason), n})
		}
	}
	return list
}

// Link types (www.tcpdump.org/linktypes.html) and types of Ethernet.
const (
	linkNull     = 0
	linkEthernet = 1
	linkRaw      = 101
	linkLoop     = 108
	linkSLL      = 113
	linkIPv4     = 228
	linkIPv6     = 229
	linkSLL2     = 276
	linkRaw12    = 12 // DLT_RAW of most systems, which some programs write
	linkRaw14    = 14 // and of OpenBSD

	etherIPv4 = 0x0800
	etherIPv6 = 0x86dd

	sllOutgoing = 4 // PACKET_OUTGOING, packet(7)
)

// decode reads a packet of a link type into p. Checksums are not looked at: a
// capture of a host that leaves them to its network card has none that is right.
func decode(link int, b []byte, p *Packet) Reason {
	kind := 0 // of Ethernet; 0: as the IP header says
	switch link {
	case linkEthernet:
		if len(b) < etherBytes {
			return BadHeader
		}
		p.Ethernet, p.EtherTo, p.EtherFrom = true, [6]byte(b), [6]byte(b[6:])
		kind, b = int(binary.BigEndian.Uint16(b[12:])), b[etherBytes:]
	case linkSLL:
		if len(b) < 16 {
			return BadHeader
		}
		p.Out = p.Out || binary.BigEndian.Uint16(b) == sllOutgoing
		kind, b = int(binary.BigEndian.Uint16(b[14:])), b[16:]
	case linkSLL2:
		if len(b) < 20 {
			return BadHeader
		}
		p.Out = p.Out || b[10] == sllOutgoing
		kind, b = int(binary.BigEndian.Uint16(b)), b[20:]
	case linkNull, linkLoop:
		if len(b) < 4 {
			return BadHeader
		}
		// The address family, in the byte order of the host that captured: the number
		// of AF_INET is 2 everywhere, that of AF_INET6 is not.
		family := binary.LittleEndian.Uint32(b)
		if family > 0xffff {
			family = binary.BigEndian.Uint32(b)
		}
		switch family {
		case 2:
			kind = etherIPv4
		case 10, 23, 24, 28, 30:
			kind = etherIPv6
		default:
			return NotUDP
		}
		b = b[4:]
	case linkRaw, linkRaw12, linkRaw14:
	case linkIPv4:
		kind = etherIPv4
	case linkIPv6:
		kind = etherIPv6
	default:
		return LinkType
	}
	for range 4 { // tags of 802.1Q and 802.1ad
		if kind != 0x8100 && kind != 0x88a8 && kind != 0x9100 {
			break
		}
		if len(b) < 4 {
			return BadHeader
		}
		kind, b = int(binary.BigEndian.Uint16(b[2:])), b[4:]
	}
	if kind == 0 && len(b) > 0 && (link == linkRaw || link == linkRaw12 || link == linkRaw14) {
		switch b[0] >> 4 {
		case 4:
			kind = etherIPv4
		case 6:
			kind = etherIPv6
		default:
			return BadHeader
		}
	}
	switch kind {
	case etherIPv4:
		return decode4(b, p)
	case etherIPv6:
		return decode6(b, p)
	}
	if len(b) == 0 && kind == 0 {
		return BadHeader
	}
	return NotUDP
}

func decode4(b []byte, p *Packet) Reason {
	if len(b) < ip4Bytes || b[0]>>4 != 4 {
		return BadHeader
	}
	header, length := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
	fragment := binary.BigEndian.Uint16(b[6:])&0x3fff != 0 // more fragments, or an offset
	switch {
	case header < ip4Bytes || length < header:
		return BadHeader
	case b[9] != protocolUDP:
		return NotUDP
	case fragment:
		return Fragment
	case length > len(b):
		return BadHeader
	}
	p.Hops = int(b[8])
	from, to := netip.AddrFrom4([4]byte(b[12:])), netip.AddrFrom4([4]byte(b[16:]))
	return decodeUDP(b[header:length], from, to, p)
}

func decode6(b []byte, p *Packet) Reason {
	if len(b) < ip6Bytes || b[0]>>4 != 6 {
		return BadHeader
	}
	from, to := netip.AddrFrom16([16]byte(b[8:])), netip.AddrFrom16([16]byte(b[24:]))
	p.Hops = int(b[7])
	next, length := b[6], ip6Bytes+int(binary.BigEndian.Uint16(b[4:]))
	short := length > len(b)
	b = b[ip6Bytes:min(length, len(b))]
	for range 8 { // extension headers (RFC 8200, section 4)
		var size int
		switch next {
		case protocolUDP:
			if short {
				return BadHeader
			}
			return decodeUDP(b, from, to, p)
		case 0, 43, 60: // hop-by-hop and destination options, routing
			if len(b) >= 2 {
				size = 8 + int(b[1])*8
			}
		case 44: // fragment; one that is all of a datagram is none (RFC 6946)
			if len(b) >= 8 && binary.BigEndian.Uint16(b[2:])&0xfff9 != 0 {
				return Fragment
			}
			size = 8
		case 51: // authentication
			if len(b) >= 2 {
				size = 8 + int(b[1])*4
			}
		default:
			return NotUDP
		}
		if size == 0 || len(b) < size {
			return BadHeader
		}
		next, b = b[0], b[size:]
	}
	return BadHeader
}

func decodeUDP(b []byte, from, to netip.Addr, p *Packet) Reason {
	if len(b) < udpBytes {
		return BadHeader
	}
	length := int(binary.BigEndian.Uint16(b[4:]))
	if length < udpBytes || length > len(b) {
		return BadHeader
	}
	p.From = netip.AddrPortFrom(from, binary.BigEndian.Uint16(b))
	p.To = netip.AddrPortFrom(to, binary.BigEndian.Uint16(b[2:]))
	p.Data = b[udpBytes:length]
	p.Size = len(p.Data)
	return whole
}
