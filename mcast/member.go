package mcast

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
)

// Join asks the kernel for the group's datagrams that arrive by one interface
// (MCAST_JOIN_GROUP, the by-index form of IP_ADD_MEMBERSHIP), and makes the
// host report the membership there (IGMP, RFC 3376; MLD, RFC 3810). For a
// group with a source it asks for that source's datagrams only
// (MCAST_JOIN_SOURCE_GROUP, RFC 4607); several sources are joined one by one.
//
// With the zero Interface the kernel looks the group up in the routing table
// and joins where that leads, as a program does that names no interface; an
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
//   - ErrNotMulticast, ErrFamily: not a group, or not of the socket's IP version
func (c *Conn) Join(g Group, on Interface) error {
	g, on, err := c.place(g, on)
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
func (c *Conn) Leave(g Group, on Interface) error {
	g, on, err := c.place(g, on)
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		err = c.leave(g, on)
	}
	return opError("leave", g, on, err)
}

// Block stops one source's datagrams of a group that is joined for all sources
// (MCAST_BLOCK_SOURCE): g.Source is whom not to hear. The error is an OpError:
// ErrNotJoined, ErrBlocked, ErrTooManySources, or ErrMixedModes for a group
// that is joined for single sources.
func (c *Conn) Block(g Group, on Interface) error {
	return c.filter("block", g, on, true)
}

// Unblock lets a blocked source through again; the error is an OpError,
// ErrNotBlocked when it is not blocked.
func (c *Conn) Unblock(g Group, on Interface) error {
	return c.filter("unblock", g, on, false)
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

// Blocked lists the sources that are blocked of a group on an interface.
func (c *Conn) Blocked(g Group, on Interface) []netip.Addr {
	g, on, _ = c.place(g, on)
	c.mu.RLock()
	defer c.mu.RUnlock()
	if m := c.find(g, on); m != nil {
		return slices.Clone(m.blocked)
	}
	return nil
}

// member is one membership of the kernel's: a group on an interface, for all
// sources but some (EXCLUDE mode, RFC 3376 section 2), or for some only
// (INCLUDE mode).
type member struct {
	group    Group // without a source
	on       Interface
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

func keyOf(g Group, on Interface) memberKey { return memberKey{g.Addr.WithZone(""), on.Index} }

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

// hears reports whether the membership asks for a source's datagrams.
func (m *member) hears(source netip.Addr) bool {
	if len(m.sources) > 0 {
		return slices.Contains(m.sources, source)
	}
	return !slices.Contains(m.blocked, source)
}

// place checks a group, and takes its zone for the interface if none is named.
func (c *Conn) place(g Group, on Interface) (Group, Interface, error) {
	switch {
	case !g.Addr.IsMulticast():
		return g, on, ErrNotMulticast
	case g.Addr.Is4() != c.cfg.Addr.Is4():
		return g, on, ErrFamily
	}
	if zone := g.Addr.Zone(); zone != "" && on.Index == 0 {
		list, err := Interfaces()
		if err != nil {
			return g, on, err
		}
		on, err = FindInterface(list, zone)
		return g, on, err
	}
	return g, on, nil
}

// find is the member for a group on an interface, or nil. The caller holds
// c.mu.
func (c *Conn) find(g Group, on Interface) *member {
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

func (c *Conn) sorted() []*member {
	list := make([]*member, 0, len(c.members))
	for _, m := range c.members {
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b *member) int { return cmp.Compare(a.order, b.order) })
	return list
}

// join needs c.mu.
func (c *Conn) join(g Group, on Interface) error {
	m := c.find(g, on)
	switch {
	case m == nil:
		return c.joinNew(g, on)
	case g.Source.IsValid() != (len(m.sources) > 0):
		return ErrMixedModes
	case !g.Source.IsValid() || slices.Contains(m.sources, g.Source):
		return ErrJoined
	}
	err := m.at.join(membership{g, m.on})
	switch {
	case noRoom(err):
		return fmt.Errorf("%w: %w", ErrTooManySources, cause(err))
	case err == nil:
		m.sources = append(m.sources, g.Source)
	}
	return err
}

// joinNew makes a membership of the kernel's. The caller holds c.mu.
func (c *Conn) joinNew(g Group, on Interface) error {
	m := &member{group: Group{Addr: g.Addr.WithZone(""), Port: g.Port}, on: on, byKernel: on.Index == 0}
	if g.Source.IsValid() {
		m.sources = []netip.Addr{g.Source}
	}
	join := func() (err error) {
		m.at, err = c.withRoom(func(s *socket) error { return s.join(membership{g, on}) })
		return err
	}
	var err error
	if m.byKernel {
		m.on, err = whereJoined(g, join)
	} else {
		err = join()
	}
	switch {
	case portTaken(err): // EADDRINUSE: there, but not by our books
		return ErrJoined
	case m.byKernel && (errors.Is(err, syscall.ENODEV) || errors.Is(err, syscall.EADDRNOTAVAIL)):
		if _, why := RouteTo(g, RouteOptions{Join: true}); why != nil {
			err = why // ENODEV says less
		}
		return fmt.Errorf("%w: %w", ErrNoRoute, cause(err))
	case err != nil:
		return err
	}
	c.joins++
	m.order = c.joins
	c.members[keyOf(m.group, m.on)] = m
	return nil
}

// leave needs c.mu.
func (c *Conn) leave(g Group, on Interface) error {
	m := c.find(g, on)
	switch {
	case m == nil:
		return ErrNotJoined
	case g.Source.IsValid() != (len(m.sources) > 0):
		return ErrMixedModes
	case g.Source.IsValid() && !slices.Contains(m.sources, g.Source):
		return ErrNotJoined
	}
	err := m.at.leave(membership{g, m.on})
	if err != nil && !alreadyGone(cause(err)) {
		return err
	}
	m.sources = slices.DeleteFunc(m.sources, func(a netip.Addr) bool { return a == g.Source })
	if len(m.sources) == 0 {
		m.at.full = false
		delete(c.members, keyOf(m.group, m.on))
	}
	return nil
}

func (c *Conn) filter(op string, g Group, on Interface, block bool) error {
	g, on, err := c.place(g, on)
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		err = c.setBlocked(g, on, block)
	}
	return opError(op, g, on, err)
}

// setBlocked needs c.mu.
func (c *Conn) setBlocked(g Group, on Interface, block bool) error {
	m := c.find(g, on)
	switch {
	case !g.Source.IsValid():
		return ErrNoSource
	case m == nil:
		return ErrNotJoined
	case len(m.sources) > 0:
		return ErrMixedModes
	}
	n := slices.Index(m.blocked, g.Source)
	switch {
	case block && n >= 0:
		return ErrBlocked
	case !block && n < 0:
		return ErrNotBlocked
	case !block:
		if err := m.at.unblock(membership{g, m.on}); err != nil {
			return err
		}
		m.blocked = slices.Delete(m.blocked, n, n+1)
		return nil
	}
	err := m.at.block(membership{g, m.on})
	switch {
	case noRoom(err):
		return fmt.Errorf("%w: %w", ErrTooManySources, cause(err))
	case err == nil:
		m.blocked = append(m.blocked, g.Source)
	}
	return err
}

// opError is err as an OpError; nil stays nil.
func opError(op string, g Group, on Interface, err error) error {
	if err == nil {
		return nil
	}
	return &OpError{Op: op, Target: g.String(), Interface: on.Name, Err: cause(err)}
}
