package main

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math/big"
	"net/netip"
	"slices"

	"github.com/groupcast/groupcast/mcast/host"
)

// addressMask replaces addresses by others that say no more than the original has to:
// its kind, the network that it is in, and how the networks contain each other. The same
// address always becomes the same one. Hosts get numbers in the order in which they are
// asked for, networks in that of known.
//
// Loopback, unspecified and broadcast addresses stay, as do groups unless groups is set.
// What a group has of the address of a host or of a network never stays.
type addressMask struct {
	groups   bool
	nets     []*maskedNet // the smallest first; the last ones are the kinds
	hosts    map[netip.Addr]netip.Addr
	joined   map[uint64]uint64 // the low bits of groups, which hardware addresses are made from
	nodes    map[uint32]uint32 // the low 24 bits of hosts' addresses, which solicited-node groups have
	prefixes map[[9]byte]int   // in groups
}

// maskedNet is a network, and what it becomes.
type maskedNet struct {
	from, to netip.Prefix
	used     int64        // numbers of hosts
	inner    []*maskedNet // the largest first
}

// The kinds of addresses, and what those of a kind become. Private ones stay in their
// block. Public ones are in blocks for tests and documents (RFC 2544, RFC 3849).
var addressKinds = []struct{ from, to netip.Prefix }{
	{netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("169.254.0.0/16")},
	{netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("192.168.0.0/16")},
	{netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("172.16.0.0/12")},
	{netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("100.64.0.0/10")},
	{netip.MustParsePrefix("fe80::/10"), netip.MustParsePrefix("fe80::/64")},
	{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")},
	{netip.MustParsePrefix("fc00::/7"), netip.MustParsePrefix("fd00::/8")},
	{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("198.18.0.0/15")},
	{netip.MustParsePrefix("::/0"), netip.MustParsePrefix("2001:db8::/32")},
}

const (
	keptBits   = 8     // of a prefix that is so short that it says nothing: 0.0.0.0/1
	mostMasked = 1_024 // networks that are told apart
)

// newAddressMask returns a mask for addresses in these networks.
func newAddressMask(known []netip.Prefix, groups bool) *addressMask {
	m := &addressMask{groups: groups, hosts: map[netip.Addr]netip.Addr{}, joined: map[uint64]uint64{}, nodes: map[uint32]uint32{}, prefixes: map[[9]byte]int{}}
	for _, k := range addressKinds {
		m.nets = append(m.nets, &maskedNet{from: k.from, to: k.to})
	}
	var own []netip.Prefix
	for _, p := range known {
		p = p.Masked()
		if len(own) < mostMasked && p.IsValid() && !m.stays(p.Addr()) && !p.IsSingleIP() && p.Bits() >= keptBits && !p.Addr().IsMulticast() && !slices.Contains(own, p) {
			own = append(own, p)
		}
	}
	slices.SortStableFunc(own, func(a, b netip.Prefix) int { return cmp.Compare(a.Bits(), b.Bits()) })
	parents := slices.Clone(m.nets)
	for _, p := range own { // the largest first
		parent := m.net(p.Addr())
		if p.Bits() > parent.to.Bits() { // else it is as large as its kind, or larger
			n := &maskedNet{from: p}
			parent.inner = append(parent.inner, n)
			parents = append(parents, n)
			m.nets = append([]*maskedNet{n}, m.nets...)
		}
	}
	for _, n := range parents {
		n.place()
	}
	return m
}

// place places the networks within one: behind the first numbers of hosts, without gaps.
// Where there is no room for that, they keep the places that they had.
func (n *maskedNet) place() {
	if len(n.inner) == 0 {
		return
	}
	size := func(p netip.Prefix) *big.Int {
		return new(big.Int).Lsh(big.NewInt(1), uint(p.Addr().BitLen()-p.Bits()))
	}
	at := size(n.inner[0].from)
	for _, in := range n.inner {
		in.to = netip.PrefixFrom(added(n.to.Addr(), at), in.from.Bits())
		at.Add(at, size(in.from))
	}
	if at.Cmp(size(n.to)) <= 0 {
		return
	}
	for _, in := range n.inner {
		own := new(big.Int).Sub(addrNumber(in.from.Addr()), addrNumber(n.from.Addr()))
		in.to = netip.PrefixFrom(added(n.to.Addr(), own.Mod(own, size(n.to))), in.from.Bits()).Masked()
	}
}

// net is the smallest network that has an address.
func (m *addressMask) net(a netip.Addr) *maskedNet {
	i := slices.IndexFunc(m.nets, func(n *maskedNet) bool { return n.from.Contains(a) })
	return m.nets[i] // the kinds have all
}

// stays reports whether an address says nothing of a host.
func (m *addressMask) stays(a netip.Addr) bool {
	return !a.IsValid() || a.IsUnspecified() || a.IsLoopback() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// addr replaces an address; its zone is left out.
func (m *addressMask) addr(a netip.Addr) netip.Addr {
	if a.Is4In6() {
		return netip.AddrFrom16(m.addr(a.Unmap()).As16())
	}
	a = a.WithZone("")
	switch {
	case m.stays(a):
		return a
	case a.IsMulticast():
		return m.group(a)
	}
	if to, known := m.hosts[a]; known {
		return to
	}
	n := m.net(a)
	last, broad := host.BroadcastOf(n.from)
	var to netip.Addr
	switch {
	case a == n.from.Addr() && n.from.Bits() < a.BitLen()-1:
		to = n.to.Addr()
	case broad && a == last:
		to, _ = host.BroadcastOf(n.to)
	default:
		to = n.next()
	}
	m.hosts[a] = to
	return to
}

// next is the address of the next host.
func (n *maskedNet) next() netip.Addr {
	for {
		to := added(n.to.Addr(), big.NewInt(n.used))
		if n.used == 0 && n.to.Bits() < to.BitLen()-1 {
			to = to.Next()
			n.used = 1
		}
		n.used++
		if last, ok := host.BroadcastOf(n.to); ok && to == last {
			return to // there is no other left
		}
		i := slices.IndexFunc(n.inner, func(in *maskedNet) bool { return in.to.Contains(to) })
		if i < 0 {
			return to
		}
		inner := n.inner[i].to
		after := new(big.Int).Lsh(big.NewInt(1), uint(to.BitLen()-inner.Bits()))
		at := after.Add(after, new(big.Int).Sub(addrNumber(inner.Addr()), addrNumber(n.to.Addr())))
		if !at.IsInt64() {
			return to
		}
		n.used = at.Int64()
	}
}

// prefix replaces a network, or an address with the length of its network's prefix.
func (m *addressMask) prefix(p netip.Prefix) netip.Prefix {
	a := p.Addr()
	switch {
	case !p.IsValid() || m.stays(a) || p.Bits() < keptBits && p == p.Masked():
		return p
	case a.IsMulticast() && !p.IsSingleIP():
		if p.Bits() > keptBits+1 {
			return netip.PrefixFrom(m.group(a), p.Bits()).Masked()
		}
		return p
	case p.IsSingleIP() || p != p.Masked():
		return netip.PrefixFrom(m.addr(a), p.Bits())
	}
	i := slices.IndexFunc(m.nets, func(n *maskedNet) bool { return n.from == p })
	if i >= 0 {
		return m.nets[i].to
	}
	n := m.net(a)
	if n.from.Bits() == 0 || p.Bits() <= n.to.Bits() { // nobody knew it
		return netip.PrefixFrom(n.to.Addr(), max(p.Bits(), n.to.Bits()))
	}
	return netip.PrefixFrom(m.addr(a), p.Bits()).Masked()
}

// group replaces a group, or what it has of the address of a host or a network: the
// prefix of RFC 3306, RFC 3956 and RFC 6034, and the end of a solicited-node group. Its
// scope stays, and so does which groups have one hardware address (RFC 1112, RFC 2464).
// Those of 224.0.0.0/24 and ff02::1 to ff02::ff stay.
func (m *addressMask) group(a netip.Addr) netip.Addr {
	if a.Is4() {
		b := a.As4()
		if !m.groups && b[0] != prefixBased4 {
			return a
		}
		all := binary.BigEndian.Uint32(b[:])
		binary.BigEndian.PutUint32(b[:], all&^0x7fffff|uint32(m.low(uint64(all&0x7fffff))))
		return netip.AddrFrom4(b)
	}
	b := a.As16()
	const hasPrefix, hasRouter = 0x20, 0x40 // the flags P and R
	switch {
	case b[1]&hasPrefix != 0 && b[3] != 0:
		key := [9]byte(append([]byte{b[2]}, b[4:12]...))
		n, known := m.prefixes[key]
		if !known {
			n = len(m.prefixes) + 1
			m.prefixes[key] = n
		}
		if b[1]&hasRouter != 0 {
			b[2] = 1
		}
		copy(b[4:12], []byte{0x20, 0x01, 0x0d, 0xb8, 0xff, 0xff, byte(n >> 8), byte(n)})
	case m.groups && b[12] != solicited:
		clear(b[2:12])
	case m.groups:
		clear(b[2:11])
	}
	binary.BigEndian.PutUint32(b[12:], m.low6(binary.BigEndian.Uint32(b[12:])))
	return netip.AddrFrom16(b)
}

const (
	prefixBased4 = 234  // of 234.0.0.0/8
	solicited    = 0xff // of ff02::1:ff00:0/104
)

// low6 replaces the bits of an IPv6 group that its hardware address has.
func (m *addressMask) low6(bits uint32) uint32 {
	switch {
	case bits>>24 == solicited:
		to, known := m.nodes[bits]
		if !known {
			to = solicited<<24 | uint32(len(m.nodes)+1)
			m.nodes[bits] = to
		}
		return to
	case m.groups:
		return uint32(m.low(1<<32 | uint64(bits)))
	}
	return bits
}

// low replaces the bits of a group that its hardware address has.
func (m *addressMask) low(bits uint64) uint64 {
	const assigned = 256
	if uint64(uint32(bits)) < assigned {
		return bits
	}
	to, known := m.joined[bits]
	if !known {
		to = assigned + uint64(len(m.joined)) + 1
		m.joined[bits] = to
	}
	return to
}

// mac replaces a hardware address: that of a group as the group, any other by a number.
func (m *addressMask) mac(b [6]byte, known map[[6]byte]int) string {
	switch {
	case b == [6]byte{} || b == [6]byte{255, 255, 255, 255, 255, 255}:
	case b[0] == 1 && b[1] == 0 && b[2] == 0x5e && b[3] < 0x80:
		if m.groups {
			low := m.low(uint64(b[3])<<16 | uint64(b[4])<<8 | uint64(b[5]))
			b[3], b[4], b[5] = byte(low>>16), byte(low>>8), byte(low)
		}
	case b[0] == 0x33 && b[1] == 0x33:
		binary.BigEndian.PutUint32(b[2:], m.low6(binary.BigEndian.Uint32(b[2:])))
	default:
		n, seen := known[b]
		if !seen {
			n = len(known) + 1
			known[b] = n
		}
		b = [6]byte{2, 0, 0, 0, byte(n >> 8), byte(n)}
	}
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5])
}

func addrNumber(a netip.Addr) *big.Int { return new(big.Int).SetBytes(a.AsSlice()) }

// added is an address with a number added, modulo all of its IP version.
func added(a netip.Addr, n *big.Int) netip.Addr {
	b := a.AsSlice()
	sum := new(big.Int).Add(addrNumber(a), n)
	sum.And(sum, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))), big.NewInt(1)))
	out, _ := netip.AddrFromSlice(sum.FillBytes(b))
	return out
}
