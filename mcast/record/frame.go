package record

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// Bytes of headers.
const (
	etherBytes = 14
	ip4Bytes   = 20
	ip6Bytes   = 40
	udpBytes   = 8
	headroom   = etherBytes + ip6Bytes + udpBytes // before a payload, for any headers
)

const protocolUDP = 17

// plain takes the zone and the mapping from both addresses of a datagram, and
// gives one whose source is unknown the unspecified address. It reports whether
// there can be such a datagram.
func (d *Datagram) plain() bool {
	to := d.To.Addr().Unmap().WithZone("")
	from := d.From.Addr().Unmap().WithZone("")
	if !from.IsValid() {
		from = netip.IPv6Unspecified()
		if to.Is4() {
			from = netip.IPv4Unspecified()
		}
	}
	d.To, d.From = netip.AddrPortFrom(to, d.To.Port()), netip.AddrPortFrom(from, d.From.Port())
	most := 0xffff - udpBytes
	if to.Is4() {
		most -= ip4Bytes
	}
	d.Size = min(max(d.Size, len(d.Data)), most)
	return to.IsValid() && to.Is4() == from.Is4() && len(d.Data) <= most
}

// frame writes the headers of a datagram into the space before its payload, and
// returns the frame. room is headroom and the payload; d is plain.
func frame(d *Datagram, room []byte) []byte {
	is4 := d.To.Addr().Is4()
	if is4 {
		room = room[ip6Bytes-ip4Bytes:]
	}
	clear(room[:len(room)-len(d.Data)])
	groupMAC(room[:6], d.To.Addr())
	ip, kind, header := room[etherBytes:], uint16(0x86dd), ip6Bytes
	if is4 {
		kind, header = 0x0800, ip4Bytes
	}
	binary.BigEndian.PutUint16(room[12:], kind)
	hops := byte(min(max(d.Hops, 0), 255))
	length := udpBytes + d.Size
	if is4 {
		ip[0], ip[8], ip[9] = 0x45, hops, protocolUDP
		binary.BigEndian.PutUint16(ip[2:], uint16(ip4Bytes+length))
		from, to := d.From.Addr().As4(), d.To.Addr().As4()
		copy(ip[12:], from[:])
		copy(ip[16:], to[:])
		binary.BigEndian.PutUint16(ip[10:], ^sum(0, ip[:ip4Bytes]))
	} else {
		ip[0], ip[6], ip[7] = 0x60, protocolUDP, hops
		binary.BigEndian.PutUint16(ip[4:], uint16(length))
		from, to := d.From.Addr().As16(), d.To.Addr().As16()
		copy(ip[8:], from[:])
		copy(ip[24:], to[:])
	}
	udp := ip[header:]
	binary.BigEndian.PutUint16(udp, d.From.Port())
	binary.BigEndian.PutUint16(udp[2:], d.To.Port())
	binary.BigEndian.PutUint16(udp[4:], uint16(length))
	// IPv4 may go without (RFC 768), IPv6 may not (RFC 8200, section 8.1); of a
	// datagram that was cut it cannot be known.
	if !is4 && d.Size == len(d.Data) {
		check := ^sum(protocolUDP+uint64(length), ip[8:])
		if check == 0 {
			check = 0xffff
		}
		binary.BigEndian.PutUint16(udp[6:], check)
	}
	return room
}

// groupMAC writes the Ethernet address of a group (RFC 1112, section 6.4, and RFC
// 2464, section 7) or of the limited broadcast. Others are unknown: zero.
func groupMAC(b []byte, to netip.Addr) {
	switch {
	case to.Is4() && to.IsMulticast():
		a := to.As4()
		copy(b, []byte{0x01, 0x00, 0x5e, a[1] & 0x7f, a[2], a[3]})
	case to.IsMulticast():
		a := to.As16()
		copy(b, []byte{0x33, 0x33, a[12], a[13], a[14], a[15]})
	case to == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		copy(b, []byte{255, 255, 255, 255, 255, 255})
	}
}

// sum is the one's complement sum of 16 bits (RFC 1071) of initial and b.
func sum(initial uint64, b []byte) uint16 {
	total, carry := initial, uint64(0)
	for ; len(b) >= 8; b = b[8:] {
		total, carry = bits.Add64(total, binary.BigEndian.Uint64(b), carry)
	}
	var last [8]byte
	copy(last[:], b)
	total, carry = bits.Add64(total, binary.BigEndian.Uint64(last[:]), carry)
	total, carry = bits.Add64(total, 0, carry)
	total += carry
	total = total>>32 + total&0xffffffff
	total = total>>16 + total&0xffff
	total = total>>16 + total&0xffff
	total = total>>16 + total&0xffff
	return uint16(total)
}
