package igmp

import "container/heap"

// limits are what a View keeps of what strangers send.
type limits struct {
	groups   int // without a member of this host
	members  int // of other hosts
	own      int // memberships of this host, beyond those
	each     int // sources of a member
	sources  int // of all members of other hosts
	queriers int // on a link
	hosts    int // on a link, that are known to exist
}

var usual = limits{groups: 4096, members: 16_384, own: 1024, each: 64, sources: 131_072, queriers: 16, hosts: 64}

// trim keeps the sources of all members within their bound.
func (v *View) trim() {
	for v.sources > v.limits.sources {
		_, old := v.others.Oldest()
		v.evict(*old)
	}
}

// foreign bounds a group that has no member of this host.
func (v *View) foreign(g *group) {
	if old, _, evicted := v.strange.Put(g, struct{}{}); evicted {
		for len(old.members) > 0 {
			v.evict(old.members[0])
		}
	}
}

// evict forgets a member because there are too many.
func (v *View) evict(m *member) {
	m.group.link.counters.Evicted++
	v.drop(m)
}

// drop takes a member out of everything.
func (v *View) drop(m *member) {
	g := m.group
	last := len(g.members) - 1
	g.members[m.place] = g.members[last]
	g.members[m.place].place = m.place
	g.members[last] = nil
	g.members = g.members[:last]
	heap.Remove(&v.timers, m.timer)
	if m.self {
		v.own.Delete(m.memberKey)
		g.own--
	} else {
		v.others.Delete(m.memberKey)
		v.sources -= len(m.sources)
	}
	switch {
	case len(g.members) == 0:
		v.strange.Delete(g)
		delete(g.link.groups, g.addr)
	case m.self && g.own == 0:
		v.foreign(g)
	}
}
