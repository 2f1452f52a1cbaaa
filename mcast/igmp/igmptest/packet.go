// Package igmptest makes packets of IGMP and MLD for tests.
package igmptest

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"

	"github.com/groupcast/groupcast/mcast/igmp"
)

// Packet is a message as it is on the wire, from its IP header on, with a router
// alert and all checksums: what igmp.Decode gives for it is m. An invalid To is
// where such a message belongs, Hops of 0 are 1. It fails the test for what
// cannot be said on the wire.
func Packet(t testing.TB, m igmp.Message) []byte {
	t.Helper()
	if !m.To.IsValid() {
		m.To = Destination(m)
	}
	if m.Hops == 0 {
		m.Hops = 1
	}
	if m.From.Is4() != (m.Family == igmp.IGMP) || m.To.Is4() != (m.Family == igmp.IGMP) {
		t.Fatalf("a message of %s from %s to %s", m.Family, m.From, m.To)
	}
	var b []byte
	switch {
	case m.Kind == igmp.Query:
		var err error
		if b, err = igmp.AppendQuery(nil, m); err != nil {
			t.Fatal(err)
		}
	case m.Group.IsValid():
		b = ofGroup(m)
	default:
		b = ofRecords(m)
	}
	if m.Family == igmp.MLD {
		return IPv6(m.From, m.To, m.Hops, b)
	}
	return IPv4(m.From, m.To, m.Hops, b)
}

// Destination is where a message belongs (RFC 3376, sections 4.1.12 and 4.2.14;
// RFC 2236, section 9; RFC 3810, sections 5.1.15 and 5.2.14).
func Destination(m igmp.Message) netip.Addr {
	all, routers, reports := "224.0.0.1", "224.0.0.2", "224.0.0.22"
	if m.Family == igmp.MLD {
		all, routers, reports = "ff02::1", "ff02::2", "ff02::16"
	}
	switch {
	case m.Kind == igmp.Leave:
		return netip.MustParseAddr(routers)
	case m.Group.IsValid():
		return m.Group
	case m.Kind == igmp.Report:
		return netip.MustParseAddr(reports)
	}
	return netip.MustParseAddr(all)
}

// IPv4 is an IPv4 packet with a router alert around an IGMP message, whose
// checksum it sets.
func IPv4(from, to netip.Addr, ttl int, message []byte) []byte {
	const header = 24
	b := make([]byte, 12, header+len(message))
	b[0], b[8], b[9] = 0x46, byte(ttl), 2
	binary.BigEndian.PutUint16(b[2:], uint16(header+len(message)))
	b = append(b, from.AsSlice()...)
	b = append(b, to.AsSlice()...)
	b = append(b, 148, 4, 0, 0) // RFC 2113
	binary.BigEndian.PutUint16(b[10:], Checksum(b))
	b = append(b, message...)
	if message = b[header:]; len(message) >= 4 {
		message[2], message[3] = 0, 0
		binary.BigEndian.PutUint16(message[2:], Checksum(message))
	}
	return b
}

// IPv6 is an IPv6 packet with a router alert in a hop-by-hop header around an
// ICMPv6 message, whose checksum it sets.
func IPv6(from, to netip.Addr, hops int, message []byte) []byte {
	const header = 48
	addrs := slices.Concat(from.AsSlice(), to.AsSlice())
	b := make([]byte, 8, header+len(message))
	b[0], b[7] = 0x60, byte(hops)
	binary.BigEndian.PutUint16(b[4:], uint16(8+len(message)))
	b = append(b, addrs...)
	b = append(b, 58, 0, 5, 2, 0, 0, 1, 0) // RFC 2711
	b = append(b, message...)
	if message = b[header:]; len(message) >= 4 {
		message[2], message[3] = 0, 0
		pseudo := binary.BigEndian.AppendUint32(slices.Clone(addrs), uint32(len(message)))
		pseudo = append(pseudo, 0, 0, 0, 58)
		binary.BigEndian.PutUint16(message[2:], Checksum(append(pseudo, message...)))
	}
	return b
}

// Checksum is the Internet checksum (RFC 1071), written apart from the decoder's
// so that one proves the other.
func Checksum(b []byte) uint16 {
	sum := 0
	for i, o := range b {
		sum += int(o) << (8 * (1 - i%2))
	}
	sum = sum>>16 + sum&0xffff
	sum = sum>>16 + sum&0xffff
	return ^uint16(sum)
}

func ofGroup(m igmp.Message) []byte {
	if m.Family == igmp.MLD {
		kind := byte(131)
		if m.Kind == igmp.Leave {
			kind = 132
		}
		return append([]byte{kind, 0, 0, 0, 0, 0, 0, 0}, m.Group.AsSlice()...)
	}
	kind := byte(0x16)
	switch {
	case m.Kind == igmp.Leave:
		kind = 0x17
	case m.Version == 1:
		kind = 0x12
	}
	return append([]byte{kind, 0, 0, 0}, m.Group.AsSlice()...)
}

func ofRecords(m igmp.Message) []byte {
	kind := byte(0x22)
	if m.Family == igmp.MLD {
		kind = 143
	}
	b := binary.BigEndian.AppendUint16([]byte{kind, 0, 0, 0, 0, 0}, uint16(len(m.Records)))
	for _, r := range m.Records {
		b = binary.BigEndian.AppendUint16(append(b, byte(r.Type), 0), uint16(len(r.Sources)))
		b = append(b, r.Group.AsSlice()...)
		for _, s := range r.Sources {
			b = append(b, s.AsSlice()...)
		}
	}
	return b
}
