package mcast

import (
	"errors"
	"net"

	"github.com/groupcast/groupcast/mcast/host"
)

// Follow brings the memberships in line with a change of an interface, as
// Watch reports it: those of one that is gone are lost with it, and are joined
// again, with their sources, when an interface of that name appears. It
// returns what was lost and what was joined again, for the user to be told.
// The error joins those of the joins that failed (errors.Join); they are tried
// again at the next change of that interface. Lost tells what still waits.
func (c *Conn) Follow(ch host.Change) (lost, rejoined []Membership, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	// What was deleted before the watching began is not reported as gone, but
	// the watching begins with interfaces that appear.
	there := existing()
	for _, m := range c.sorted() {
		if ch.Kind == host.Renamed && m.on.Index == ch.Interface.Index {
			m.on = ch.Interface
		}
		if ch.Kind == host.Gone && m.on.Index == ch.Interface.Index || ch.Kind == host.Appeared && !there(m.on.Index) {
			lost = append(lost, m.list()...)
			c.drop(m)
			c.lost = append(c.lost, m)
		}
	}
	if ch.Kind == host.Gone || !there(ch.Interface.Index) {
		return lost, nil, nil
	}
	waiting := c.lost
	c.lost = nil
	for _, m := range waiting {
		if m.on.Name != ch.Interface.Name {
			c.lost = append(c.lost, m)
			continue
		}
		again, failed := c.rejoin(m, ch.Interface)
		rejoined = append(rejoined, again...)
		if failed != nil {
			err = errors.Join(err, opError("join", m.group, ch.Interface, failed))
			c.lost = append(c.lost, m)
		}
	}
	return lost, rejoined, err
}

// Lost lists the memberships that wait for their interface to come back.
func (c *Conn) Lost() []Membership {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var list []Membership
	for _, m := range c.lost {
		list = append(list, m.list()...)
	}
	return list
}

// drop forgets a member whose interface was deleted.
func (c *Conn) drop(m *member) {
	m.clear()
	c.remove(m)
}

// rejoin joins a lost member on the interface that has its name now.
func (c *Conn) rejoin(m *member, on host.Interface) (again []Membership, err error) {
	for _, one := range m.list() {
		err := c.join(one.Group, on)
		if errors.Is(err, ErrJoined) {
			continue // the user was quicker
		}
		if err != nil {
			return again, err
		}
		again = append(again, Membership{Group: one.Group, Interface: on})
	}
	for _, source := range m.blocked {
		g := m.group
		g.Source = source
		if err := c.setBlocked(g, on, true); err != nil && !errors.Is(err, ErrBlocked) {
			return again, err
		}
	}
	if now := c.find(m.group, on); now != nil {
		now.byKernel = m.byKernel
	}
	return again, nil
}

// existing returns a function that tells whether an interface exists, and asks
// once for each.
func existing() func(index int) bool {
	known := map[int]bool{}
	return func(index int) bool {
		exists, asked := known[index]
		if !asked {
			_, err := net.InterfaceByIndex(index)
			exists = err == nil || index == 0
			known[index] = exists
		}
		return exists
	}
}
