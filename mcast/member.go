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
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.find(g, on) >= 0 {
		return fail(ErrJoined)
	}
	join := func() error { return c.pc.JoinGroup(on.byIndex(), &net.UDPAddr{IP: g.Addr.AsSlice()}) }
	m := Membership{Group: g, Interface: on}
	var err error
	if on.Index == 0 {
		m.Interface, err = whereJoined(g, join)
		m.byKernel = true
	} else {
		err = join()
	}
	switch {
	case err == nil:
		c.joined = append(c.joined, m)
		return nil
	case portTaken(err): // EADDRINUSE: there, but not by our books
		err = ErrJoined
	case on.Index == 0 && errors.Is(err, syscall.ENODEV):
		if _, why := RouteTo(g, RouteOptions{Join: true}); why != nil {
			err = why // ENODEV says less
		}
		err = fmt.Errorf("%w: %w", ErrNoRoute, cause(err))
	}
	return fail(cause(err))
}

// whereJoined joins without an interface and finds out where that was. The
// kernel does not say, but it counts the users of each group on each
// interface; where several counts grew, the route decides. The zero Interface
// stands for not known.
func whereJoined(g Group, join func() error) (Interface, error) {
	before, _ := IGMP()
	if err := join(); err != nil {
		return Interface{}, err
	}
	after, _ := IGMP()
	route, _ := RouteTo(g, RouteOptions{Join: true})
	where := Interface{Index: route.IfIndex, Name: route.Interface}
	var grown []IGMPState
	for _, now := range after {
		n := slices.IndexFunc(before, func(s IGMPState) bool { return s.Index == now.Index })
		if n >= 0 && now.users(g.Addr) > before[n].users(g.Addr) {
			grown = append(grown, now)
		}
	}
	if len(grown) > 0 && !slices.ContainsFunc(grown, func(s IGMPState) bool { return s.Index == where.Index }) {
		where = Interface{Index: grown[0].Index, Name: grown[0].Name}
	}
	return where, nil
}

// Leave ends a membership that Join made on that interface; the zero Interface
// is for one where the kernel chose. The error is an OpError, ErrNotJoined when there is none. An interface that was deleted in
// the meantime took the membership with it; leaving is then no error.
func (c *Conn) Leave(g Group, on Interface) error {
	fail := func(err error) error {
		return &OpError{Op: "leave", Target: g.String(), Interface: on.Name, Err: err}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.find(g, on)
	if n < 0 {
		return fail(ErrNotJoined)
	}
	left := c.joined[n]
	c.joined = slices.Delete(c.joined, n, n+1)
	err := c.pc.LeaveGroup(left.Interface.byIndex(), &net.UDPAddr{IP: g.Addr.AsSlice()})
	if err != nil && !alreadyGone(cause(err)) {
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
func (c *Conn) find(g Group, on Interface) int {
	return slices.IndexFunc(c.joined, func(m Membership) bool {
		return m.Addr == g.Addr && m.Source == g.Source &&
			(m.Interface.Index == on.Index || m.byKernel && on.Index == 0)
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
