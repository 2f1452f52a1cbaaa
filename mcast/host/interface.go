package host

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
)

// Interface is a network interface as it was when it was read: a value, so
// that decisions about interfaces need no operating system.
type Interface struct {
	Index int // from 1; a deleted interface that comes back has a new one
	Name  string
	Flags net.Flags
	MTU   int // bytes of the largest IP datagram that is sent in one piece
	Addrs []netip.Prefix

	Master int // index of the bridge or bond that it is a port of, which has its datagrams; 0: none, or not Linux
}

// Errors of [Find] and [Interface.Ready], to be tested with [errors.Is].
var (
	ErrNoInterface   = errors.New("no such interface")
	ErrInterfaceDown = errors.New("interface is down")
	ErrNoAddress     = errors.New("interface has no address of the group's IP version")
)

// Find picks from list by name, by index or by one of the interface's
// addresses, in that order. The error is [ErrNoInterface] when none matches.
func Find(list []Interface, key string) (Interface, error) {
	for _, i := range list {
		if i.Name == key {
			return i, nil
		}
	}
	index, errIndex := strconv.Atoi(key)
	addr, errAddr := netip.ParseAddr(key)
	for _, i := range list {
		if errIndex == nil && i.Index == index {
			return i, nil
		}
		if errAddr == nil && slices.ContainsFunc(i.Addrs, func(p netip.Prefix) bool { return p.Addr() == addr.Unmap() }) {
			return i, nil
		}
	}
	return Interface{}, fmt.Errorf("interface %q: %w", key, ErrNoInterface)
}

// ByIndex returns the interface of list with that index.
func ByIndex(list []Interface, index int) (Interface, bool) {
	n := slices.IndexFunc(list, func(i Interface) bool { return i.Index == index })
	if n < 0 {
		return Interface{}, false
	}
	return list[n], true
}

// Up reports whether the interface is switched on (IFF_UP).
func (i Interface) Up() bool { return i.Flags&net.FlagUp != 0 }

// Carrier reports whether the interface has a working link below it
// (IFF_RUNNING): a cable, an access point, a peer.
func (i Interface) Carrier() bool { return i.Flags&net.FlagRunning != 0 }

// Loopback reports whether it is the host talking to itself.
func (i Interface) Loopback() bool { return i.Flags&net.FlagLoopback != 0 }

// Addr is the interface's address of the group's IP version: the first that is
// not link-local, else the first, else the zero Addr.
func (i Interface) Addr(group netip.Addr) netip.Addr {
	var found netip.Addr
	group = group.Unmap()
	for _, p := range i.Addrs {
		switch a := p.Addr(); {
		case a.Is4() != group.Is4():
		case !a.IsLinkLocalUnicast():
			return a
		case !found.IsValid():
			found = a
		}
	}
	return found
}

// Ready returns nil when multicast to the group can be expected to work on the
// interface. Else it returns the first reason why not: [ErrInterfaceDown]
// (switched off, or no carrier) or [ErrNoAddress] (of the group's IP version).
func (i Interface) Ready(group netip.Addr) error {
	switch {
	case !i.Up():
		return fmt.Errorf("%s: %w", i.Name, ErrInterfaceDown)
	case !i.Carrier() && !i.Loopback():
		return fmt.Errorf("%s: %w: no carrier", i.Name, ErrInterfaceDown)
	case !i.Addr(group).IsValid():
		return fmt.Errorf("%s: %w", i.Name, ErrNoAddress)
	}
	return nil
}

// Usable reports whether the interface is one to join the group on when the
// user names none: it is ready, its IFF_MULTICAST is on, and it is not the
// loopback interface.
func (i Interface) Usable(group netip.Addr) bool {
	return i.Ready(group) == nil && i.Flags&net.FlagMulticast != 0 && !i.Loopback()
}

// Hears returns nil when a group can be joined on the interface and heard there:
// that needs no address, as a membership is of the interface. Else it returns
// [ErrInterfaceDown].
func (i Interface) Hears(group netip.Addr) error {
	if err := i.Ready(group); !errors.Is(err, ErrNoAddress) {
		return err
	}
	return nil
}

// BroadcastOf is the address of all hosts of an IPv4 network (RFC 919), the
// last one. A network of IPv6, and one of two addresses or one (RFC 3021), has
// none.
func BroadcastOf(network netip.Prefix) (last netip.Addr, ok bool) {
	if !network.Addr().Is4() || network.Bits() < 0 || network.Bits() > 30 {
		return netip.Addr{}, false
	}
	a := network.Addr().As4()
	for bit := network.Bits(); bit < 32; bit++ {
		a[bit/8] |= 0x80 >> (bit % 8)
	}
	return netip.AddrFrom4(a), true
}

// Indexes are the indexes of interfaces, in the same order.
func Indexes(list []Interface) []int {
	out := make([]int, len(list))
	for n, i := range list {
		out[n] = i.Index
	}
	return out
}
