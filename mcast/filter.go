package mcast

import (
	"net/netip"
	"slices"

	"github.com/groupcast/groupcast/mcast/host"
)

// Block stops one source's datagrams of a group that is joined for all sources
// (MCAST_BLOCK_SOURCE): g.Source is whom not to hear. The error is an OpError:
// ErrNotJoined, ErrBlocked, ErrTooManySources, or ErrMixedModes for a group
// that is joined for single sources.
func (c *Conn) Block(g Group, on host.Interface) error {
	return c.filter("block", g, on, true)
}

// Unblock lets a blocked source through again; the error is an OpError,
// ErrNotBlocked when it is not blocked.
func (c *Conn) Unblock(g Group, on host.Interface) error {
	return c.filter("unblock", g, on, false)
}

// Blocked lists the sources that are blocked of a group on an interface.
func (c *Conn) Blocked(g Group, on host.Interface) []netip.Addr {
	g, on, err := c.resolve(g, on)
	if err != nil {
		return nil
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	if m := c.find(g, on); m != nil {
		return slices.Clone(m.blocked)
	}
	return nil
}

func (c *Conn) filter(op string, g Group, on host.Interface, block bool) error {
	g, on, err := c.resolve(g, on)
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		err = c.setBlocked(g, on, block)
	}
	return opError(op, g, on, err)
}

// setBlocked needs c.mu.
func (c *Conn) setBlocked(g Group, on host.Interface, block bool) error {
	m := c.find(g, on)
	switch {
	case !g.Source.IsValid():
		return errNoSource
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
	if len(c.elsewhere(m)) > 0 {
		if err := c.moveOut(m); err != nil {
			return err
		}
	}
	err := c.addSource(m, func() error { return m.at.block(membership{g, m.on}) })
	if err == nil {
		m.blocked = append(m.blocked, g.Source)
	}
	return err
}
