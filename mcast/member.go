package mcast

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"syscall"

	"github.com/groupcast/groupcast/mcast/host"
)

// Join asks the kernel for the group's datagrams that one interface receives
// (MCAST_JOIN_GROUP, the by-index form of IP_ADD_MEMBERSHIP), and makes the host
// report the membership there (IGMP, RFC 3376; MLD, RFC 3810). For a group with a
// source it asks for that source's datagrams only (MCAST_JOIN_SOURCE_GROUP, RFC
// 4607); several sources are joined one by one.
//
// With the zero Interface the kernel looks the group up in the routing table
// and joins where that leads, as a program does that names no interface, which
// takes a millisecond to find out; an
// IPv6 group with a zone is joined there. A join never chooses where sends
// leave.
//
// One socket of the kernel holds 20 groups (net.ipv4.igmp_max_memberships).
// Join makes more sockets when it has to, so there is no such limit here.
//
// The error is an OpError:
//   - ErrJoined: joined there already
//   - ErrMixedModes: joined there for all sources, and now asked for one, which
//     would silence the others without a word; or the other way round
//   - ErrTooManySources: net.ipv4.igmp_max_msf (10) or net.ipv6.mld_max_msf (64)
//   - ErrNoRoute: the kernel was to choose, and has no route
//   - ErrZone: the group's zone is another interface
//   - ErrNotMulticast, ErrFamily: not a group, or it or its source is not of the
//     socket's IP version
func (c *Conn) Join(g Group, on host.Interface) error {
	g, on, err := c.resolve(g, on)
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		err = c.join(g, on)
	}
	return opError("join", g, on, err)
}

// Leave ends a membership that Join made on that interface; the zero Interface
// is for one where the kernel chose. For a group with a source it takes that
// source away, and the last one ends the membership. The error is an OpError,
// ErrNotJoined when there is none. An interface that was deleted in the
// meantime took the membership with it; leaving is then no error.
func (c *Conn) Leave(g Group, on host.Interface) error {
	g, on, err := c.resolve(g, on)
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		err = c.leave(g, on)
	}
	return opError("leave", g, on, err)
}

// Memberships lists what was joined and not left, in the order of joining; a
// group that is joined for several sources is there once for each.
func (c *Conn) Memberships() []Membership {
	c.mu.RLock()
	defer c.mu.RUnlock()
	list := make([]Membership, 0, len(c.members))
	for _, m := range c.sorted() {
		list = append(list, m.list()...)
	}
	return list
}

// JoinedOn lists the interfaces on which Join joined a group, or a source of it, in
// the order of joining.
func (c *Conn) JoinedOn(g Group) []host.Interface {
	c.mu.RLock()
	defer c.mu.RUnlock()
	g.Source = g.Source.Unmap().WithZone("")
	var members []*member
	for key, m := range c.members {
		if key.group == g.Addr.WithZone("") && (!g.Source.IsValid() && len(m.sources) == 0 || slices.Contains(m.sources, g.Source)) {
			members = append(members, m)
		}
	}
	slices.SortFunc(members, func(a, b *member) int { return cmp.Compare(a.order, b.order) })
	on := make([]host.Interface, len(members))
	for n, m := range members {
		on[n] = m.on
	}
	return on
}

// member is one membership of the kernel's: a group on an interface, for all
// sources but some (EXCLUDE mode, RFC 3376 section 2), or for some only
// (INCLUDE mode).
type member struct {
	group    Group // without a source
	on       host.Interface
	byKernel bool // joined without an interface
	order    uint64
	at       *socket
	sources  []netip.Addr // INCLUDE mode: those joined; none: EXCLUDE mode
	blocked  []netip.Addr // EXCLUDE mode
}

// memberKey is what a datagram is matched by.
type memberKey struct {
	group   netip.Addr // without a zone
	ifIndex int        // 0: where the kernel chose, on a system that does not tell
}

func keyOf(g Group, on host.Interface) memberKey { return memberKey{g.Addr.WithZone(""), on.Index} }

func (m *member) list() []Membership {
	one := Membership{Group: m.group, Interface: m.on}
	if len(m.sources) == 0 {
		return []Membership{one}
	}
	var list []Membership
	for _, one.Source = range m.sources {
		list = append(list, one)
	}
	return list
}

// filters reports whether the membership keeps some sources out.
func (m *member) filters() bool { return len(m.sources) > 0 || len(m.blocked) > 0 }

// joinOn makes the membership with a socket, as a whole or not at all: where
// there is room for a group but not for its source, the kernel keeps the group
// and lets nothing of it through.
func (m *member) joinOn(s *socket) error {
	var err error
	for _, one := range m.list() {
		if err == nil {
			err = s.join(membership{one.Group, m.on})
		}
	}
	for _, source := range m.blocked {
		if err == nil {
			err = s.block(membership{Group{Addr: m.group.Addr, Source: source}, m.on})
		}
	}
	if noRoom(err) && m.filters() {
		s.leave(membership{m.group, m.on})
	}
	return err
}

// hears reports whether the membership asks for a source's datagrams.
func (m *member) hears(source netip.Addr) bool {
	if len(m.sources) > 0 {
		return slices.Contains(m.sources, source)
	}
	return !slices.Contains(m.blocked, source)
}

// resolve checks a group, and takes its zone for the interface if none is named.
// A source's zone says nothing that the interface does not.
func (c *Conn) resolve(g Group, on host.Interface) (Group, host.Interface, error) {
	g.Addr, g.Source = g.Addr.Unmap(), g.Source.Unmap().WithZone("")
	switch {
	case !g.Addr.IsMulticast():
		return g, on, ErrNotMulticast
	case g.Addr.Is4() != c.cfg.Addr.Is4():
		return g, on, ErrFamily
	case g.Source.IsValid() && g.Source.Is4() != g.Addr.Is4():
		return g, on, fmt.Errorf("source %s: %w", g.Source, ErrFamily)
	}
	zone := g.Addr.Zone()
	switch {
	case zone == "" || zone == on.Name && on.Index != 0:
	case on.Index != 0:
		index, err := c.sock.zoneIndex(zone)
		if err == nil && index != on.Index {
			err = fmt.Errorf("zone %s: %w", zone, ErrZone)
		}
		return g, on, err
	default:
		list, err := host.Interfaces()
		if err == nil {
			on, err = host.Find(list, zone)
		}
		return g, on, err
	}
	return g, on, nil
}

// find is the member for a group on an interface, or nil. The caller holds
// c.mu.
func (c *Conn) find(g Group, on host.Interface) *member {
	if m := c.members[keyOf(g, on)]; m != nil || on.Index != 0 {
		return m
	}
	for _, m := range c.members {
		if m.byKernel && m.group.Addr == g.Addr.WithZone("") {
			return m
		}
	}
	return nil
}

// hasGroup reports whether the group is joined on any interface. The caller
// holds c.mu.
func (c *Conn) hasGroup(g Group) bool {
	for key := range c.members {
		if key.group == g.Addr.WithZone("") {
			return true
		}
	}
	return false
}

// findLost is the member for a group on an interface that was deleted since
// (see Follow), or nil. The caller holds c.mu.
func (c *Conn) findLost(g Group, on host.Interface) *member {
	for _, m := range c.lost {
		if m.group.Addr == g.Addr.WithZone("") && (m.on.Index == on.Index || m.byKernel && on.Index == 0) {
			return m
		}
	}
	return nil
}

func (c *Conn) sorted() []*member {
	list := make([]*member, 0, len(c.members))
	for _, m := range c.members {
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b *member) int { return cmp.Compare(a.order, b.order) })
	return list
}

// join needs c.mu.
func (c *Conn) join(g Group, on host.Interface) error {
	m := c.find(g, on)
	if m == nil && on.Index == 0 && c.hasGroup(g) {
		// Where the group is joined by name already, the kernel would choose
		// that membership, and narrow it to the source without a word.
		if r, err := host.RouteTo(g.AddrPort(), host.RouteOptions{Join: true}); err == nil {
			m = c.members[memberKey{g.Addr.WithZone(""), r.IfIndex}]
		}
	}
	switch {
	case m == nil:
		return c.joinNew(g, on)
	case g.Source.IsValid() != (len(m.sources) > 0):
		return ErrMixedModes
	case !g.Source.IsValid() || slices.Contains(m.sources, g.Source):
		return ErrJoined
	}
	err := c.addSource(m, func() error { return m.at.join(membership{g, m.on}) })
	if err == nil {
		m.sources = append(m.sources, g.Source)
	}
	return err
}

// joinNew makes a membership of the kernel's. The caller holds c.mu.
func (c *Conn) joinNew(g Group, on host.Interface) error {
	m := &member{group: Group{Addr: g.Addr.WithZone(""), Port: g.Port}, on: on, byKernel: on.Index == 0}
	if g.Source.IsValid() {
		m.sources = []netip.Addr{g.Source}
	}
	sockets, err := c.socketsFor(m)
	if err != nil {
		return err
	}
	join := func() (err error) {
		m.at, err = c.withRoom(sockets, m.joinOn)
		return err
	}
	if m.byKernel {
		m.on, err = whereJoined(g, join)
	} else {
		err = join()
	}
	switch {
	case m.at != nil && portTaken(err): // EADDRINUSE: there, but not by our books
		return fmt.Errorf("%w: %w", ErrJoined, host.Cause(err))
	case m.byKernel && (errors.Is(err, syscall.ENODEV) || errors.Is(err, syscall.EADDRNOTAVAIL)):
		if _, why := host.RouteTo(g.AddrPort(), host.RouteOptions{Join: true}); why != nil {
			err = why // ENODEV says less
		}
		return fmt.Errorf("%w: %w", ErrNoRoute, host.Cause(err))
	case err != nil:
		return err
	}
	c.joins++
	m.order = c.joins
	c.members[keyOf(m.group, m.on)] = m
	return nil
}

// leave needs c.mu.
func (c *Conn) leave(g Group, on host.Interface) error {
	m := c.find(g, on)
	lost := m == nil
	if lost {
		m = c.findLost(g, on)
	}
	switch {
	case m == nil:
		return ErrNotJoined
	case g.Source.IsValid() != (len(m.sources) > 0):
		return ErrMixedModes
	case g.Source.IsValid() && !slices.Contains(m.sources, g.Source):
		return ErrNotJoined
	}
	if !lost {
		err := m.at.leave(membership{g, m.on})
		switch {
		case err == nil:
		case !alreadyGone(host.Cause(err)):
			return err
		case len(m.sources) <= 1:
			m.clear()
		}
	}
	m.sources = slices.DeleteFunc(m.sources, func(a netip.Addr) bool { return a == g.Source })
	switch {
	case len(m.sources) > 0:
	case lost:
		c.lost = slices.DeleteFunc(c.lost, func(other *member) bool { return other == m })
	default:
		c.remove(m)
	}
	return nil
}

// clear takes the membership of a deleted interface from the socket's list,
// where the kernel keeps it, and its place is missed. A single source cannot
// be left there; the group can.
func (m *member) clear() { m.at.leave(membership{m.group, m.on}) }

// remove strikes a membership off the books, and releases its socket. The
// caller holds c.mu.
func (c *Conn) remove(m *member) {
	m.at.full = false
	delete(c.members, keyOf(m.group, m.on))
	c.release(m.at)
}
