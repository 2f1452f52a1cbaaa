package mcast

import (
	"context"
	"fmt"
	"net/netip"
	"syscall"
)

// A socket of the kernel holds 20 groups (net.ipv4.igmp_max_memberships), and
// at most as many as fit in net.core.optmem_max. What does not fit is joined
// on further sockets, which read nothing: a membership is the host's as well
// as the socket's, and the one that reads is told to take the datagrams of all
// groups that the host is in. Those that were not joined here are marked.

// withRoom calls join with a socket that has room, and makes one if none has.
// The caller holds c.mu.
func (c *Conn) withRoom(join func(*socket) error) (*socket, error) {
	for _, s := range append([]*socket{c.sock}, c.extra...) {
		if s.full {
			continue
		}
		err := join(s)
		if !noRoom(err) {
			return s, err
		}
		s.full = true
	}
	if !canRefuseOthers {
		return nil, fmt.Errorf("no room for another group: %w", syscall.ENOBUFS)
	}
	s, err := c.addSocket()
	if err != nil {
		return nil, err
	}
	return s, join(s)
}

// addSocket makes a socket for more groups. The caller holds c.mu.
func (c *Conn) addSocket() (*socket, error) {
	if err := c.takeAll(); err != nil {
		return nil, err
	}
	udp, err := open(context.Background(), Config{Addr: unspecified(c.cfg.Addr), Trace: c.cfg.Trace})
	if err != nil {
		return nil, err
	}
	s := &socket{protocol: protocolOf(udp, c.cfg.Addr.Is4()), udp: udp, trace: c.cfg.Trace}
	c.extra = append(c.extra, s)
	return s, nil
}

// unspecified is the wildcard address of a's IP version.
func unspecified(a netip.Addr) netip.Addr {
	if a.Is4() {
		return netip.IPv4Unspecified()
	}
	return netip.IPv6Unspecified()
}

// takeAll lets the datagrams of all groups through, and marks those that were
// not joined.
func (c *Conn) takeAll() error {
	if c.filtering.Swap(true) {
		return nil
	}
	rc, err := c.sock.udp.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	if err := rc.Control(func(fd uintptr) { set = takeOthers(fd, c.cfg.Addr.Is4(), true, c.cfg.Trace) }); err != nil {
		return err
	}
	return set
}

// markStrays marks the datagrams that came by somebody else's membership.
func (c *Conn) markStrays(batch []Datagram) {
	if !c.filtering.Load() {
		return
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	for i := range batch {
		d := &batch[i]
		if d.To.IsMulticast() && !c.asked(d) {
			d.Stray = true
			c.strays.Add(1)
		}
	}
}

// asked reports whether a membership asks for the datagram. The caller holds
// c.mu.
func (c *Conn) asked(d *Datagram) bool {
	key := memberKey{d.To.WithZone(""), d.IfIndex}
	m := c.members[key]
	if m == nil && d.IfIndex != 0 {
		key.ifIndex = 0 // joined where the kernel chose, and it does not tell
		m = c.members[key]
	}
	return m != nil && m.hears(d.From.Addr().WithZone(""))
}
