package mcast

import (
	"cmp"
	"errors"

	"github.com/groupcast/groupcast/mcast/host"
)

// SetMulticastAll lets strays in or keeps them out: datagrams of groups that
// only other programs of this host have joined (IP_MULTICAST_ALL; IPv6: option
// 29, IPV6_MULTICAST_ALL). They are marked Stray. A Conn with more groups than
// one socket holds needs the option for itself: it stays on then, and strays
// come in either way. Linux only; elsewhere it is errors.ErrUnsupported.
func (c *Conn) SetMulticastAll(on bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var err error
	switch {
	case !hasMulticastAll:
		err = errors.ErrUnsupported
	case on:
		err = c.letStraysIn()
	case len(c.extra) == 0:
		err = c.keepStraysOut()
	}
	if err != nil {
		return &OpError{Op: "set multicast all", Target: c.local.String(), Err: host.Cause(err)}
	}
	c.straysWanted = on
	return nil
}

// letStraysIn switches IP_MULTICAST_ALL on. The error is net.ErrClosed after
// Close, when nobody would close another socket any more. The caller holds
// c.mu.
func (c *Conn) letStraysIn() error {
	var set error
	err := c.sock.raw.Control(func(fd uintptr) {
		if !c.straysLetIn {
			c.straysPossible.Store(true) // before the first of them comes
			set = setMulticastAll(fd, c.cfg.Addr.Is4(), true, c.cfg.Trace)
			c.straysLetIn = set == nil
		}
	})
	return cmp.Or(err, set)
}

// keepStraysOut switches IP_MULTICAST_ALL off, for when no further socket
// holds a group and strays are not wanted. Some that came before may wait to
// be read, so they stay possible. The caller holds c.mu.
func (c *Conn) keepStraysOut() error {
	var set error
	err := c.sock.raw.Control(func(fd uintptr) {
		if set = setMulticastAll(fd, c.cfg.Addr.Is4(), false, c.cfg.Trace); set == nil {
			c.straysLetIn = false
		}
	})
	return cmp.Or(err, set)
}

// markStrays marks the datagrams that came by another program's membership. Of
// IPv6 datagrams Linux lets those in that came by an interface where only
// another program has joined the group, whatever IPV6_MULTICAST_ALL says.
func (c *Conn) markStrays(batch []Datagram) {
	if c.cfg.Addr.Is4() && !c.straysPossible.Load() {
		return
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	var before *Datagram // of a stream one after another has the same answer
	for i := range batch {
		d := &batch[i]
		switch {
		case before != nil && d.To == before.To && d.IfIndex == before.IfIndex && d.From.Addr() == before.From.Addr():
			d.Stray = before.Stray
		default:
			d.Stray = d.To.IsMulticast() && !c.asked(d)
		}
		if before = d; d.Stray {
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
