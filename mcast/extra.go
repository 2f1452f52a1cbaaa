package mcast

import (
	"context"
	"fmt"
	"slices"
	"syscall"

	"github.com/groupcast/groupcast/mcast/host"
)

// A socket of the kernel holds 20 groups (net.ipv4.igmp_max_memberships), and
// at most as many as fit in net.core.optmem_max. What does not fit is joined
// on further sockets, which read nothing: a membership is the host's as well
// as the socket's, and the socket that reads lets in the datagrams of all
// groups that the host is in. The strays among them are marked.
//
// With IPv6 there is one more reason for them. Of a group that a socket has
// joined on several interfaces Linux looks at one filter only, the last to be
// made, wherever a datagram came by (inet6_mc_check). So the socket that reads
// has none for such a group.

// socketsFor lists the sockets that may hold a new membership, and takes from
// the one that reads what would not go together with it. The caller holds c.mu.
func (c *Conn) socketsFor(m *member) ([]*socket, error) {
	elsewhere := c.elsewhere(m)
	for _, other := range elsewhere {
		if other.filters() {
			if err := c.moveOut(other); err != nil {
				return nil, err
			}
		}
	}
	if len(elsewhere) > 0 && m.filters() {
		return c.extra, nil
	}
	return append([]*socket{c.sock}, c.extra...), nil
}

// elsewhere lists the memberships of the same IPv6 group on other interfaces;
// with IPv4, where they do not disturb each other, none. The caller holds c.mu.
func (c *Conn) elsewhere(m *member) (list []*member) {
	if m.group.Addr.Is4() || !hasMulticastAll {
		return nil
	}
	for key, other := range c.members {
		if key.group == m.group.Addr && other != m {
			list = append(list, other)
		}
	}
	return list
}

// moveOut takes a membership away from the socket that reads, if it is there.
// The caller holds c.mu.
func (c *Conn) moveOut(m *member) error {
	if m.at != c.sock {
		return nil
	}
	return c.move(m)
}

// move takes a membership to another socket than the one that it is on, or
// leaves it there with an error. It is joined on the new socket before it is
// left on the old one, so that no datagram is missed. The caller holds c.mu.
func (c *Conn) move(m *member) error {
	from := m.at
	from.full = true // so that it is not chosen
	at, err := c.withRoom(c.extra, m.joinOn)
	from.full = false
	if err != nil {
		return err
	}
	// The kernel may have forgotten the old membership, with its interface.
	if err := from.leave(membership{m.group, m.on}); err != nil && !alreadyGone(host.Cause(err)) {
		at.leave(membership{m.group, m.on})
		c.release(at)
		return err
	}
	m.at = at
	c.release(from)
	return nil
}

// leastSources is the lower of Linux's limits, net.ipv4.igmp_max_msf: where a
// membership with fewer has no room for one more, other groups took it.
const leastSources = 10

// addSource calls add, which adds a source to the membership where it is. If
// other groups have used up that socket's memory, the membership moves first.
// The error is ErrTooManySources when it has as many as it can have. The
// caller holds c.mu.
func (c *Conn) addSource(m *member, add func() error) error {
	err := add()
	if noRoom(err) && hasMulticastAll && len(m.sources)+len(m.blocked) < leastSources {
		if err := c.move(m); err != nil {
			return err
		}
		err = add()
	}
	if noRoom(err) {
		return fmt.Errorf("%w: %w", ErrTooManySources, host.Cause(err))
	}
	return err
}

// withRoom calls join with the first of the sockets that has room, and with a
// new one if none has. The caller holds c.mu.
func (c *Conn) withRoom(sockets []*socket, join func(*socket) error) (*socket, error) {
	for _, s := range sockets {
		if s.full {
			continue
		}
		err := join(s)
		if !noRoom(err) {
			return s, err
		}
		s.full = true
	}
	if !hasMulticastAll {
		return nil, fmt.Errorf("no room for another group: %w", syscall.ENOBUFS)
	}
	s, err := c.addSocket()
	if err != nil {
		return nil, err
	}
	if err = join(s); err != nil {
		c.release(s)
	}
	return s, err
}

// addSocket makes a socket for more groups. The caller holds c.mu.
func (c *Conn) addSocket() (*socket, error) {
	udp, err := open(context.Background(), Config{Addr: host.Unspecified(c.cfg.Addr), Trace: c.cfg.Trace})
	if err != nil {
		return nil, fmt.Errorf("another socket for more groups: %w", host.Cause(err))
	}
	s, err := newSocket(udp, c.cfg.Addr.Is4(), c.cfg.Trace)
	if err == nil {
		err = c.letStraysIn()
	}
	if err != nil {
		udp.Close()
		return nil, err
	}
	c.extra = append(c.extra, s)
	return s, nil
}

// release closes a further socket that holds no group. After the last of them
// strays are kept out again, unless they are wanted. The caller holds c.mu.
func (c *Conn) release(s *socket) {
	if s == c.sock {
		return
	}
	for _, m := range c.members {
		if m.at == s {
			return
		}
	}
	c.extra = slices.DeleteFunc(c.extra, func(other *socket) bool { return other == s })
	s.trace.do("close", "", nil, s.udp.Close)
	if len(c.extra) == 0 && !c.straysWanted {
		c.keepStraysOut()
	}
}
