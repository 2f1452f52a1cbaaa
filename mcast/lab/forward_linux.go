package lab

import (
	"net/netip"
	"slices"
	"time"
)

// upcall answers the kernel about a flow that has no entry.
func (r *groupRouter) upcall(f flow, from uint16, now time.Time) {
	if int(from) >= len(r.vifs) {
		return
	}
	_, wait := r.waiting[f]
	out := r.ways(f, from, now)
	if !r.flood && len(out) == 0 && !wait && len(r.waiting) < maxPatience {
		r.waiting[f] = waitingFlow{from, now.Add(patience)}
		return
	}
	r.install(f, from, out)
}

// ways are the interfaces that a flow is forwarded to.
func (r *groupRouter) ways(f flow, from uint16, now time.Time) (out []uint16) {
	in := r.vifs[from]
	if !r.flood && in.role != upstream && !in.asks(now) {
		return nil
	}
	for _, v := range r.vifs {
		wanted := r.flood || v.role == upstream || v.asks(now) && v.members.wanted(f.group).wants(f.source)
		if v != in && wanted {
			out = append(out, v.number)
		}
	}
	return out
}

// install makes or changes the kernel's entry.
func (r *groupRouter) install(f flow, from uint16, out []uint16) {
	delete(r.waiting, f)
	if len(r.entries) >= maxEntries && r.entries[f] == nil && r.forget() == nil {
		clear(r.entries)
		clear(r.waiting)
	}
	if r.entry(f, from, out) == nil { // else the interface is gone, and the datagram lost
		r.entries[f] = &mfcEntry{from: from, out: out}
	}
}

// changed brings entries and joins up to date with the members of these groups, of
// all if there are none.
func (r *groupRouter) changed(groups []netip.Addr) {
	now := time.Now()
	concerned := func(f flow) bool { return groups == nil || slices.Contains(groups, f.group) }
	for f, e := range r.entries {
		if out := r.ways(f, e.from, now); concerned(f) && !slices.Equal(out, e.out) {
			r.install(f, e.from, out)
		}
	}
	for f, w := range r.waiting {
		if out := r.ways(f, w.from, now); concerned(f) && len(out) > 0 {
			r.install(f, w.from, out)
		}
	}
	if groups == nil {
		r.joinAll()
		return
	}
	for _, g := range groups {
		r.join(g, now)
	}
}

// joinAll joins upstream what is wanted below, and leaves the rest.
func (r *groupRouter) joinAll() {
	groups := map[netip.Addr]bool{}
	for g := range r.joined {
		groups[g] = true
	}
	for _, v := range r.vifs {
		for g := range v.members {
			groups[g] = true
		}
	}
	now := time.Now()
	for g := range groups {
		r.join(g, now)
	}
}

// join joins a group upstream as it is wanted below, or leaves it.
func (r *groupRouter) join(group netip.Addr, now time.Time) {
	at := slices.IndexFunc(r.vifs, func(v *vif) bool { return v.role == upstream })
	if at < 0 || group.As4()[0] == 224 && group.As4()[1] == 0 && group.As4()[2] == 0 {
		return
	}
	var want filter
	for _, v := range r.vifs {
		if v.asks(now) {
			want = want.with(v.members.wanted(group))
		}
	}
	old, there := r.joined[group]
	if there && old.equal(want) || !there && want.nothing() {
		return
	}
	delete(r.joined, group)
	if !want.nothing() {
		// The new one before the old one goes: the kernel reports what both want.
		if m, err := r.node.join(r.vifs[at].index, group, want); err == nil {
			r.joined[group] = m
		}
	}
	if there {
		old.Close()
	}
}
