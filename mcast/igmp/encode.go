package igmp

import (
	"encoding/binary"
	"errors"
	"math"
	"net/netip"
	"time"
)

// AppendQuery appends a query to b as the payload of an IP packet: IGMP with its
// checksum; MLD with its checksum if From and To are IPv6 addresses, and else
// with none, as raw sockets of ICMPv6 fill it in. TTL 1 and the router alert are
// the socket's work. Of the message it takes family, version, group, response
// time, robustness (above 7 it is not said: RFC 3376, section 4.1.6), interval,
// the S flag and sources; before IGMPv3 and MLDv2 there is none of the last four. Times are rounded down to what a
// code can say, and cut to the largest (IGMPv3: 3,174.4 s and 31,744 s); an
// IGMPv2 query asks for 0.1 s at least, as 0 is a query of IGMPv1. It fails if
// the message is no query, and for an address of the other family.
func AppendQuery(b []byte, m Message) ([]byte, error) {
	newest := 3
	if m.Family == MLD {
		newest = 2
	}
	switch {
	case m.Kind != Query || m.Family != IGMP && m.Family != MLD || m.Version < 1 || m.Version > newest:
		return b, errors.New("igmp: encode: no query of IGMPv1 to IGMPv3, MLDv1 or MLDv2")
	case m.Group.IsValid() && !m.Family.canAsk(m.Group):
		return b, errors.New("igmp: encode: not a group of the query's family")
	case len(m.Sources) > 0 && (m.Version < newest || !m.Group.IsValid()):
		return b, errors.New("igmp: encode: sources in a query that can have none")
	case len(m.Sources) > math.MaxUint16:
		return b, errors.New("igmp: encode: more sources than a query can count")
	}
	start := len(b)
	if m.Family == MLD {
		ms := int(m.MaxResponse / time.Millisecond)
		if m.Version == 1 {
			ms = min(max(ms, 0), math.MaxUint16)
		} else {
			ms = code(ms, mantissa16)
		}
		b = append(b, mldQuery, 0, 0, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(ms))
		b = append(b, 0, 0)
	} else {
		tenths := int(m.MaxResponse / tenth)
		switch m.Version {
		case 1:
			tenths = 0
		case 2:
			tenths = min(max(tenths, 1), math.MaxUint8)
		default:
			tenths = code(tenths, mantissa8)
		}
		b = append(b, igmpQuery, byte(tenths), 0, 0)
	}
	if m.Group.IsValid() {
		b = append(b, m.Group.AsSlice()...)
	} else {
		b = append(b, make([]byte, m.Family.width())...)
	}
	if m.Version == newest {
		flags := byte(0)
		if m.Robustness > 0 && m.Robustness <= 7 {
			flags = byte(m.Robustness)
		}
		if m.Suppress {
			flags |= 8
		}
		b = append(b, flags, byte(code(int(m.Interval/time.Second), mantissa8)))
		b = binary.BigEndian.AppendUint16(b, uint16(len(m.Sources)))
		for _, s := range m.Sources {
			if s.Is4() != (m.Family == IGMP) {
				return b[:start], errors.New("igmp: encode: a source of the other family")
			}
			b = append(b, s.AsSlice()...)
		}
	}
	message := b[start:]
	switch {
	case m.Family == IGMP:
		binary.BigEndian.PutUint16(message[2:], sum(0, message))
	case m.From.Is6() && m.To.Is6():
		addrs := append(m.From.AsSlice(), m.To.AsSlice()...)
		binary.BigEndian.PutUint16(message[2:], sum(pseudo(addrs, len(message)), message))
	}
	return b, nil
}

func (f Family) canAsk(group netip.Addr) bool {
	return group.BitLen() == f.width()*8 && f.isGroup(group.AsSlice())
}
