package mcast

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"syscall"
)

// Join asks the kernel for the group's datagrams that arrive by one interface
// (MCAST_JOIN_GROUP, the by-index form of IP_ADD_MEMBERSHIP), and makes the
// host report the membership there (IGMP, RFC 3376). With the zero Interface
// the kernel looks the group up in the routing table and joins where that
// leads, as a program that names no interface does. A join never chooses where
// sends leave.
//
// The error is an OpError: ErrJoined for a group joined there already,
// ErrNoRoute when the kernel was to choose and has no route,
// errors.ErrUnsupported for IPv6 and for a group with a source.
func (c *Conn) Join(g Group, on Interface) error {
	fail := func(err error) error {
		return &OpError{Op: "join", Target: g.String(), Interface: on.Name, Err: err}
	}
	if err := c.supported(g); err != nil {
		return fail(err)
	}
	if on.Index == 0 {
		// The kernel does not say where it joined; it is asked the same
		// question, just before.
		r, err := RouteTo(g, RouteOptions{Join: true})
		if err != nil && !errors.Is(err, errors.ErrUnsupported) {
			return fail(fmt.Errorf("%w: %w", ErrNoRoute, cause(err)))
		}
		on.Index, on.Name = r.IfIndex, r.Interface
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.find(g, on.Index) >= 0 {
		return fail(ErrJoined)
	}
	if err := c.pc.JoinGroup(on.byIndex(), &net.UDPAddr{IP: g.Addr.AsSlice()}); err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			err = ErrJoined
		}
		return fail(cause(err))
	}
	c.joined = append(c.joined, Membership{Group: g, Interface: on})
	return nil
}

// Leave ends a membership that Join made on that interface. The error is an
// OpError, ErrNotJoined when there is none. An interface that was deleted in
// the meantime took the membership with it; leaving is then no error.
func (c *Conn) Leave(g Group, on Interface) error {
	fail := func(err error) error {
		return &OpError{Op: "leave", Target: g.String(), Interface: on.Name, Err: err}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.find(g, on.Index)
	if n < 0 {
		return fail(ErrNotJoined)
	}
	c.joined = slices.Delete(c.joined, n, n+1)
	err := c.pc.LeaveGroup(on.byIndex(), &net.UDPAddr{IP: g.Addr.AsSlice()})
	if err != nil && !errors.Is(err, syscall.EADDRNOTAVAIL) && !errors.Is(err, syscall.ENODEV) {
		return fail(cause(err))
	}
	return nil
}

// Memberships lists what was joined and not left, in the order of joining.
func (c *Conn) Memberships() []Membership {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.joined)
}

// find needs c.mu. The port is no part of a membership: a socket has one.
func (c *Conn) find(g Group, index int) int {
	return slices.IndexFunc(c.joined, func(m Membership) bool {
		return m.Addr == g.Addr && m.Source == g.Source && m.Interface.Index == index
	})
}

func (c *Conn) supported(g Group) error {
	switch {
	case !g.Addr.IsMulticast():
		return ErrNotMulticast
	case !g.Addr.Is4():
		return fmt.Errorf("IPv6 groups: %w", errors.ErrUnsupported)
	case g.Source.IsValid():
		return fmt.Errorf("source-specific groups: %w", errors.ErrUnsupported)
	}
	return nil
}

// byIndex is the interface as x/net takes it; nil leaves it to the kernel.
func (i Interface) byIndex() *net.Interface {
	if i.Index == 0 {
		return nil
	}
	return &net.Interface{Index: i.Index, Name: i.Name, MTU: i.MTU, Flags: i.Flags}
}
