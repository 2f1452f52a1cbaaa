package igmp

import (
	"encoding/binary"
	"net/netip"
)

// The protocols of IPv4 and the next headers of IPv6.
const (
	protoHopByHop    = 0
	protoIGMP        = 2
	protoFragment    = 44
	protoICMPv6      = 58
	protoDestination = 60
)

// sum is the Internet checksum (RFC 1071) of b, on from the sum so far: what
// belongs into a checksum field of zero, and zero where the field is right.
func sum(so uint32, b []byte) uint16 {
	for ; len(b) >= 2; b = b[2:] {
		so += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		so += uint32(b[0]) << 8
	}
	for so > 0xffff {
		so = so>>16 + so&0xffff
	}
	return ^uint16(so)
}

// pseudo is the sum so far of ICMPv6's pseudo header (RFC 8200, section 8.1), of
// both addresses and the length of the message.
func pseudo(addrs []byte, length int) uint32 {
	return uint32(^sum(0, addrs)) + uint32(length) + protoICMPv6
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

func addr4(b []byte) netip.Addr { return netip.AddrFrom4([4]byte(b)) }
func addr6(b []byte) netip.Addr { return netip.AddrFrom16([16]byte(b)) }

// isLinkLocal6 is no method of netip.Addr because those take ::ffff:169.254.1.1
// for the IPv4 address in it; isGroup is none for the same reason.
func isLinkLocal6(b []byte) bool { return b[0] == 0xfe && b[1]&0xc0 == 0x80 }

// width is the length of an address, in octets.
func (f Family) width() int {
	if f == MLD {
		return 16
	}
	return 4
}

func (f Family) addr(b []byte) netip.Addr {
	if f == MLD {
		return addr6(b)
	}
	return addr4(b)
}

func (f Family) isGroup(b []byte) bool {
	if f == MLD {
		return b[0] == 0xff
	}
	return b[0]>>4 == 0xe
}

func (f Family) isZero(b []byte) bool {
	for _, o := range b[:f.width()] {
		if o != 0 {
			return false
		}
	}
	return true
}

// addrs reads addresses into the free room behind all, if there is enough, and
// into their own room otherwise. It gives them, which nothing can be appended to
// in place, and the room behind.
func (f Family) addrs(room []netip.Addr, b []byte) (these, behind []netip.Addr) {
	n := len(b) / f.width()
	if n == 0 {
		return nil, room
	}
	if cap(room)-len(room) < n {
		room = make([]netip.Addr, 0, n)
	}
	start := len(room)
	for ; len(b) > 0; b = b[f.width():] {
		room = append(room, f.addr(b))
	}
	return room[start:len(room):len(room)], room
}
