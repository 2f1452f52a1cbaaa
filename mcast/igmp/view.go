package igmp

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/internal/lru"
)

// A View keeps what messages said: the queriers, and the members of each group,
// on any number of interfaces. Its zero value is ready. It has no clock: the time
// comes with each Seen, and as the argument of Expire. It has no lock.
//
// Its memory of other hosts has a bound: 4,096 groups and 16,384 members of 64
// sources each, 131,072 sources in all, and the least recently reported goes
// first. Memberships of this host are beyond that, at most 1,024, and nobody
// else's report puts one out.
type View struct {
	limits limits
	links  map[linkKey]*link

	strange *lru.Map[*group, struct{}]   // groups without a member of this host
	others  *lru.Map[memberKey, *member] // of other hosts
	own     *lru.Map[memberKey, *member] // of this host
	sources int                          // of others
	timers  memberTimers                 // of all members
	scratch []netip.Addr                 // the sources of one record, while it is read
	events  []Event
}

type linkKey struct {
	ifIndex int
	family  Family
}

// link is one interface in one family.
type link struct {
	linkKey
	since    time.Time
	networks []netip.Prefix          // of the interface; none: not known
	mine     map[netip.Addr]struct{} // addresses of this host
	groups   map[netip.Addr]*group
	counters Counters
	next     time.Time // nothing of queriers and sight is due before; zero: never

	queriers []*querier // also gone ones, whose pace is remembered
	elected  *querier
	sight    evidence
}

// maxMine is how many addresses of this host are learnt on one link.
const maxMine = 64

// NewView returns an empty View.
func NewView() *View { return &View{} }

func (v *View) prepare() {
	if v.links != nil {
		return
	}
	if v.limits == (limits{}) {
		v.limits = usual
	}
	v.links = map[linkKey]*link{}
	v.strange = lru.New[*group, struct{}](v.limits.groups)
	v.others = lru.New[memberKey, *member](v.limits.members)
	v.own = lru.New[memberKey, *member](v.limits.own)
}

func (v *View) link(k linkKey, at time.Time) *link {
	v.prepare()
	l := v.links[k]
	if l == nil {
		l = &link{linkKey: k, since: at, mine: map[netip.Addr]struct{}{}, groups: map[netip.Addr]*group{}}
		v.links[k] = l
	}
	return l
}

// Start says that looking at an interface began, so that it is in the Snapshot
// before there is a message. Networks are the addresses of this host on it, with
// the lengths of their prefixes; those of the other family are ignored, and without
// any nothing is taken for off the link. A second Start of an interface sets its
// networks anew and changes nothing else. Links without Start begin with their
// first message.
func (v *View) Start(ifIndex int, f Family, at time.Time, networks ...netip.Prefix) {
	if f != IGMP && f != MLD {
		return
	}
	l := v.link(linkKey{ifIndex, f}, at)
	l.networks = nil
	clear(l.mine)
	for _, p := range networks {
		if p.IsValid() && familyOf(p.Addr()) == f {
			l.networks = append(l.networks, p)
			l.learn(p.Addr())
		}
	}
}

// Stop forgets an interface in one family, without events.
func (v *View) Stop(ifIndex int, f Family) {
	l := v.links[linkKey{ifIndex, f}]
	if l == nil {
		return
	}
	for _, g := range l.groups {
		for len(g.members) > 0 {
			v.drop(g.members[0])
		}
	}
	delete(v.links, l.linkKey)
}

// Add takes a message, and returns what it changed, after what had changed by
// then because of the time alone (see Expire). Events come in the order of what
// they tell. A bad message is counted, and changes nothing else. Add keeps
// nothing of the message's slices.
func (v *View) Add(m Message, s Seen) []Event {
	if m.Family != IGMP && m.Family != MLD {
		return nil
	}
	l := v.link(linkKey{s.Interface, m.Family}, s.At)
	m.From = m.From.WithZone("")
	l.counters.Messages++
	if reason := l.bad(m, s); reason != "" {
		l.refuse(string(reason))
		return nil
	}
	v.expire(s.At)
	if s.Out && !m.From.IsUnspecified() {
		l.learn(m.From)
	}
	switch m.Kind {
	case Query:
		l.counters.Queries++
		if m.General() {
			v.generalQuery(l, m, s)
		} else {
			v.groupQuery(l, m, s)
		}
	case Report:
		l.counters.Reports++
		if s.Out {
			l.counters.OwnReports++
		} else {
			l.counters.ReportsOfOthers++
		}
		v.report(l, m, s)
	case Leave:
		l.counters.Leaves++
		v.leave(l, m, s)
	}
	return v.told()
}

// Expire does what is due at a time and before: members and queriers that were
// silent for too long go. An event's At is when it was due, not when Expire was
// called; a link's change of sight is at that time or later.
func (v *View) Expire(now time.Time) []Event {
	v.expire(now)
	return v.told()
}

func (v *View) expire(now time.Time) {
	if next := v.Next(); next.IsZero() || now.Before(next) {
		return
	}
	v.expireMembers(now)
	for _, l := range v.sorted() {
		if l.isDue(now) {
			v.expireQueriers(l, now)
			v.seeAgain(l, now)
			l.wake(now)
		}
	}
	slices.SortStableFunc(v.events, func(a, b Event) int { return a.At.Compare(b.At) })
}

func (l *link) isDue(now time.Time) bool { return !l.next.IsZero() && !now.Before(l.next) }

// Next is when Expire may have something to do, and not after it has; zero: never.
// Expire at that time moves it on, also if it does nothing else.
func (v *View) Next() time.Time {
	var next time.Time
	if len(v.timers) > 0 {
		next = v.timers[0].due
	}
	for _, l := range v.links {
		next = sooner(next, l.next)
	}
	return next
}

// sooner is the first of two times, of which zero is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// wake sets when the queriers and the sight of a link are to be looked at again.
func (l *link) wake(now time.Time) {
	l.next = l.sight.next(now, l)
	for _, q := range l.queriers {
		if !q.gone {
			l.next = sooner(l.next, q.expires)
		}
	}
}

func (v *View) sorted() []*link {
	links := make([]*link, 0, len(v.links))
	for _, l := range v.links {
		links = append(links, l)
	}
	slices.SortFunc(links, func(a, b *link) int {
		return cmp.Or(cmp.Compare(a.ifIndex, b.ifIndex), cmp.Compare(a.family, b.family))
	})
	return links
}

func (v *View) tell(l *link, e Event) {
	e.Interface, e.Family = l.ifIndex, l.family
	if v.events == nil {
		v.events = make([]Event, 0, 3) // of most joins
	}
	v.events = append(v.events, e)
}

// told returns the events since the last call. Each says what its link's sight has
// become.
func (v *View) told() []Event {
	events := v.events
	v.events = nil
	for i := range events {
		if l := v.links[linkKey{events[i].Interface, events[i].Family}]; l != nil {
			events[i].Sight = l.sight.is
		}
	}
	return events
}
