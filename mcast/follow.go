package mcast

import (
	"cmp"
	"errors"
	"slices"
	"syscall"

	"github.com/groupcast/groupcast/mcast/host"
)

// Follow brings the memberships in line with a change of an interface. Call it
// with every change that [host.Watch] reports, from the first on. The
// memberships of an interface that is gone are lost with it. They are joined
// again, with their sources, when an interface of that name appears. Follow
// returns what was lost and what was joined again. The error joins those of the
// joins that failed (errors.Join); they are tried again at the next change of
// that interface. [Conn.Lost] tells what still waits.
//
// It asks the system for nothing: it knows the interfaces from the changes.
func (c *Conn) Follow(ch host.Change) (lost, rejoined []Membership, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.affected(ch) {
		if ch.Kind == host.Renamed && m.on.Index == ch.Interface.Index {
			m.on = ch.Interface
			continue
		}
		lost = append(lost, m.list()...)
		c.drop(m)
		c.lost = append(c.lost, m)
	}
	if ch.Kind == host.Gone {
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
		if errors.Is(failed, syscall.ENODEV) {
			failed = nil // it is gone again, which a later change says
			c.lost = append(c.lost, m)
		}
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

// affected lists the memberships that a change ends or renames, in the order of
// joining. The first change of a Watch also ends those on interfaces that were
// deleted before the watching began, which nothing reports as gone. The caller
// holds c.mu.
func (c *Conn) affected(ch host.Change) (list []*member) {
	if ch.Kind != host.Gone && ch.Kind != host.Renamed && ch.All == nil {
		return nil
	}
	there := map[int]bool{0: true} // where the kernel chose, and does not tell
	for _, i := range ch.All {
		there[i.Index] = true
	}
	for key, m := range c.members {
		same := key.ifIndex == ch.Interface.Index && (ch.Kind == host.Gone || ch.Kind == host.Renamed)
		if same || ch.All != nil && !there[key.ifIndex] {
			list = append(list, m)
		}
	}
	slices.SortFunc(list, func(a, b *member) int { return cmp.Compare(a.order, b.order) })
	return list
}
