package mcast

import (
	"cmp"
	"errors"

	"github.com/groupcast/groupcast/mcast/host"
)

// SetMulticastAll lets in the groups that other programs of this host have
// joined, or keeps them out (IP_MULTICAST_ALL; IPv6: option 29,
// IPV6_MULTICAST_ALL). What comes that way is marked Stray. A Conn with more
// groups than one socket holds needs the option for itself: it is left on then,
// and strays come in either way. Linux only; elsewhere it is
// errors.ErrUnsupported.
func (c *Conn) SetMulticastAll(on bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var err error
	switch {
	case !canRefuseOthers:
		err = errors.ErrUnsupported
	case on:
		err = c.takeAll()
	case len(c.extra) == 0:
		err = c.takeOwn()
	}
	if err != nil {
		return &OpError{Op: "set multicast all", Target: c.local.String(), Err: host.Cause(err)}
	}
	c.all = on
	return nil
}

// MulticastAll reports whether the groups that other programs have joined are
// let in on purpose.
func (c *Conn) MulticastAll() bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.all
}

// takeAll lets the datagrams of all groups through, and marks those that were
// not joined. The error is net.ErrClosed after Close, when nobody would close
// another socket any more. The caller holds c.mu.
func (c *Conn) takeAll() error {
	rc, err := c.sock.udp.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	err = rc.Control(func(fd uintptr) {
		if !c.others {
			c.filtering.Store(true) // before the first of them comes
			set = takeOthers(fd, c.cfg.Addr.Is4(), true, c.cfg.Trace)
			c.others = set == nil
		}
	})
	return cmp.Or(err, set)
}

// takeOwn is the opposite, for when no other socket holds anything and others'
// groups are not wanted. Of what came before some may wait to be read, so it is
// still looked at. The caller holds c.mu.
func (c *Conn) takeOwn() error {
	rc, err := c.sock.udp.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	err = rc.Control(func(fd uintptr) {
		if set = takeOthers(fd, c.cfg.Addr.Is4(), false, c.cfg.Trace); set == nil {
			c.others = false
		}
	})
	return cmp.Or(err, set)
}

// markStrays marks the datagrams that came by somebody else's membership. Of
// IPv6 datagrams Linux lets those through that came by an interface where only
// another program has joined the group, whatever IPV6_MULTICAST_ALL says.
func (c *Conn) markStrays(batch []Datagram) {
	if c.cfg.Addr.Is4() && !c.filtering.Load() {
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
