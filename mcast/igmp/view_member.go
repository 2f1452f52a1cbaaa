package igmp

import (
	"container/heap"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// group is a group with its members. One without members is forgotten at once.
type group struct {
	link    *link
	addr    netip.Addr
	members []*member // in no order
	own     int       // how many of them are this host
	old     time.Time // until then its members silence each other: the latest report of an old version still holds
	asked   int       // in what version it was asked for last; 0: never
	partial time.Time // until then a record of included sources may answer for some of them only
}

// memberKey is one host in one group. This host is told from all others, whatever
// address they take.
type memberKey struct {
	group *group
	host  netip.Addr // invalid: it reports from 0.0.0.0 or ::
	mac   string     // where host is invalid
	self  bool
}

type member struct {
	memberKey
	mac     string
	version int
	state
	since, last time.Time
	expires     time.Time
	due         time.Time // expires, or earlier because the group was asked for
	place       int       // in group.members
	timer       int       // in memberTimers
}

// oldVersion reports whether hosts that report in a version silence each other (RFC
// 2236, section 3; RFC 2710, section 4).
func oldVersion(f Family, version int) bool {
	return f == IGMP && version < 3 || f == MLD && version < 2
}

// report is a report of any version. One of an old version is of all sources.
func (v *View) report(l *link, m Message, s Seen) {
	if oldVersion(l.family, m.Version) {
		v.record(l, Record{Type: IsExclude, Group: m.Group}, m, s)
	} else {
		for _, r := range m.Records {
			v.record(l, r, m, s)
		}
	}
	l.sight.report(l, m, s)
	v.seeAgain(l, s.At)
}

// record is one record of a report.
func (v *View) record(l *link, r Record, msg Message, s Seen) {
	g := l.groups[r.Group]
	m := v.find(g, msg, s)
	var was state
	if m != nil {
		was = m.state
	}
	now, cut := was.after(r, m != nil, g != nil && s.At.Before(g.partial), &v.scratch, v.limits.each)
	l.counters.SourcesDropped += uint64(cut)
	if m == nil {
		if now.hears() {
			v.join(l, r.Group, now, msg, s)
		}
		return
	}
	if !now.hears() {
		why := fmt.Sprintf("v%d: to include nothing", msg.Version)
		if r.Type == Block {
			why = fmt.Sprintf("v%d: its last source blocked", msg.Version)
		}
		m.version = msg.Version
		v.left(m, s.At, why)
		return
	}
	version := m.version
	if m.version = msg.Version; m.mac != string(s.Link) {
		m.mac = mac(s.Link)
	}
	changed := !was.same(now)
	if changed {
		v.keep(m, now)
	}
	m.more = now.more
	v.refresh(m, s.At)
	switch {
	case version != m.version:
		why := fmt.Sprintf("v%d, before v%d", m.version, version)
		if oldVersion(l.family, m.version) && !(was.exclude && len(was.sources) == 0) {
			why += ": its sources are not reported any more"
		}
		v.tellOfMember(m, VersionChanged, s.At, why)
	case changed:
		v.tellOfMember(m, SourcesChanged, s.At, fmt.Sprintf("v%d: %s, before %s", m.version, now, was))
	}
	v.trim()
}

func (v *View) find(g *group, msg Message, s Seen) *member {
	if g == nil {
		return nil
	}
	table := v.others
	if s.Out {
		table = v.own
	}
	if m := table.Get(keyOf(g, msg, s)); m != nil {
		if g.own == 0 {
			v.strange.Get(g)
		}
		return *m
	}
	return nil
}

func keyOf(g *group, msg Message, s Seen) memberKey {
	k := memberKey{group: g, host: msg.From, self: s.Out}
	if msg.From.IsUnspecified() {
		k.host, k.mac = netip.Addr{}, mac(s.Link)
	}
	return k
}

// join makes a member, and a group if it is the first one.
func (v *View) join(l *link, addr netip.Addr, st state, msg Message, s Seen) {
	g := l.groups[addr]
	if g == nil {
		g = &group{link: l, addr: addr}
		l.groups[addr] = g
		if !s.Out {
			v.foreign(g)
		}
	} else if g.own == 0 {
		v.strange.Get(g)
	}
	m := &member{memberKey: keyOf(g, msg, s), mac: mac(s.Link), version: msg.Version, since: s.At, place: len(g.members)}
	g.members = append(g.members, m)
	v.keep(m, st)
	m.last, m.expires = s.At, s.At.Add(l.membership())
	m.due = m.expires
	heap.Push(&v.timers, m)
	v.silences(m, s.At)

	table := v.others
	if s.Out {
		table = v.own
		if g.own++; g.own == 1 {
			v.strange.Delete(g)
		}
	}
	if len(g.members) == 1 {
		v.tellOfMember(m, GroupFirst, s.At, "its first member")
	}
	why := "report"
	if !oldVersion(l.family, m.version) {
		why = st.String()
	}
	v.tellOfMember(m, MemberJoined, s.At, fmt.Sprintf("v%d: %s", m.version, why))
	if _, old, evicted := table.Put(m.memberKey, m); evicted {
		v.evict(old)
	}
	v.trim()
}

// keep makes a state the member's.
func (v *View) keep(m *member, st state) {
	st.sources = slices.Clip(append([]netip.Addr(nil), st.sources...))
	if !m.self {
		v.sources += len(st.sources) - len(m.sources)
	}
	m.state = st
}

// refresh is a report of a member.
func (v *View) refresh(m *member, at time.Time) {
	m.last, m.expires = at, at.Add(m.group.link.membership())
	m.due = m.expires
	heap.Fix(&v.timers, m.timer)
	v.silences(m, at)
}

// silences keeps the other members of a group whom a report of an old version
// silences: they need not answer a query of the group. A host of IGMPv3 that was
// asked in an old version answers as one of that version (RFC 3376, section 7.2.1).
func (v *View) silences(m *member, at time.Time) {
	g := m.group
	if !oldVersion(g.link.family, m.version) {
		return
	}
	g.old = at.Add(g.link.membership())
	for _, o := range g.members {
		if o != m && g.isSilenced(o, g.asked) && !o.due.Equal(o.expires) {
			o.due = o.expires
			heap.Fix(&v.timers, o.timer)
		}
	}
}

// isSilenced reports whether a report of an old version may silence a member that
// is asked in a version; 0: not known.
func (g *group) isSilenced(m *member, asked int) bool {
	return oldVersion(g.link.family, m.version) || asked > 0 && oldVersion(g.link.family, asked)
}

// leave is a leave of IGMPv2 or a done of MLDv1.
func (v *View) leave(l *link, msg Message, s Seen) {
	m := v.find(l.groups[msg.Group], msg, s)
	if m == nil {
		return
	}
	word := "leave"
	if l.family == MLD {
		word = "done"
	}
	m.version = msg.Version
	v.left(m, s.At, fmt.Sprintf("v%d: %s", msg.Version, word))
}

// groupQuery is a query of one group, after a leave: whoever is a member answers
// (RFC 3376, section 6.6.3.1).
func (v *View) groupQuery(l *link, q Message, s Seen) {
	g := l.groups[q.Group]
	if g == nil {
		return
	}
	response := min(q.MaxResponse, maxResponse)
	if response <= 0 {
		response = usualLastQuery
	}
	if len(q.Sources) > 0 {
		g.partial = s.At.Add(response + time.Second)
		return
	}
	if q.Suppress {
		return
	}
	robustness := min(q.Robustness, maxRobustness)
	if robustness < 1 {
		robustness = usualRobustness
		if a := l.asker(); a != nil {
			robustness = a.robustness
		}
	}
	g.asked = q.Version
	due := s.At.Add(time.Duration(robustness) * response)
	for _, m := range g.members {
		if due.Before(m.due) {
			m.due = due
			heap.Fix(&v.timers, m.timer)
		}
	}
}

// expireMembers takes the members whose time is over, in the order of their times.
func (v *View) expireMembers(now time.Time) {
	for len(v.timers) > 0 && !now.Before(v.timers[0].due) {
		m := v.timers[0]
		why := "no report in " + span(m.due.Sub(m.last))
		switch {
		case m.due.Before(m.expires):
			why = "no answer to a query of the group; " + why
		case !m.group.link.asked(m.last):
			why += ", and no query was sent"
		case m.group.mayBeSilent(m):
			why += "; reports of other members silence it"
		}
		v.gone(m, MemberExpired, m.due, why)
	}
}

// mayBeSilent reports whether a member may be one still, and leave the answers to
// others.
func (g *group) mayBeSilent(m *member) bool {
	asked := 0
	if q := g.link.asker(); q != nil {
		asked = q.version
	}
	return g.isSilenced(m, asked) && g.old.After(m.due) && len(g.members) > 1
}

func (v *View) left(m *member, at time.Time, why string) { v.gone(m, MemberLeft, at, why) }

// gone is a member that left or expired.
func (v *View) gone(m *member, kind EventKind, at time.Time, why string) {
	v.tellOfMember(m, kind, at, why)
	g := m.group
	v.drop(m)
	if len(g.members) == 0 {
		v.tellOfMember(m, GroupLast, at, "its last member")
	}
}

// tellOfMember is an event of a member's.
func (v *View) tellOfMember(m *member, kind EventKind, at time.Time, why string) {
	e := Event{Kind: kind, At: at, Group: m.group.addr, Why: why, Host: m.host, Link: hardware(m.mac), Version: m.version, Self: m.self}
	if kind != GroupFirst && kind != GroupLast {
		e.Mode, e.Sources = m.mode(), m.sources
	}
	v.tell(m.group.link, e)
}
