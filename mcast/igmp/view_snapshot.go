package igmp

import (
	"cmp"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Snapshot is what a View knows, in the order of interfaces and families.
type Snapshot struct {
	At    time.Time
	Links []Link
}

// Link is one interface in one family.
type Link struct {
	Interface int // index
	Family    Family
	Since     time.Time // when looking began
	Queriers  []Querier // the elected one first, then the lowest address first
	Groups    []Group   // in the order of their addresses
	Sight     Sight
	Why       string // the evidence for Sight, in words
	Counters  Counters
}

// Querier is a host that sends queries.
type Querier struct {
	Addr        netip.Addr       // 0.0.0.0 or :: is a switch that asks without being a router
	Link        net.HardwareAddr // nil: not known
	Version     int
	Interval    time.Duration // as it says, or as it was measured; 0: not known yet
	MaxResponse time.Duration
	Robustness  int       // 2 where it says none (RFC 3376, section 8.1)
	Since, Last time.Time // its first and its latest general query
	Expires     time.Time // when it counts as gone
	Queries     uint64
	Elected     bool
	Self        bool
}

// Group is a group with the members that were seen to report it.
type Group struct {
	Addr    netip.Addr
	Members []Member // in the order of their addresses
	AtLeast bool     // members silence each other here (IGMPv1, IGMPv2, MLDv1): there may be more
}

// Member is one host in one group.
type Member struct {
	Host    netip.Addr       // invalid: it reports from 0.0.0.0 or ::
	Link    net.HardwareAddr // nil: not known
	Version int              // of the latest report
	Mode    Mode
	Sources []netip.Addr
	Since   time.Time
	Last    time.Time // the latest report
	Expires time.Time
	Self    bool // this host: its report was seen leaving
}

// Counters are messages on one link. What was bad changed nothing else.
type Counters struct {
	Messages        uint64            // all, good and bad
	Bad             map[string]uint64 // by reason; nil: none
	Queries         uint64
	Reports         uint64
	Leaves          uint64
	Evicted         uint64 // members forgotten because there were too many
	SourcesDropped  uint64 // sources beyond what is kept of one member
	OwnReports      uint64 // of these Reports, sent by this host
	ReportsOfOthers uint64
}

// Snapshot returns what is known, with sources that are shared and not to be
// changed. Entries that are due are still there: call Expire first.
func (v *View) Snapshot(now time.Time) Snapshot {
	s := Snapshot{At: now}
	for _, l := range v.sorted() {
		s.Links = append(s.Links, l.snapshot(now))
	}
	return s
}

// Look returns one interface in one family, with no groups but these, so that it
// costs little where there are many others. It is false for what has not been
// started.
func (v *View) Look(ifIndex int, f Family, now time.Time, groups ...netip.Addr) (Link, bool) {
	l := v.links[linkKey{ifIndex, f}]
	if l == nil {
		return Link{}, false
	}
	s := l.summary(now)
	for _, addr := range groups {
		if g := l.groups[addr]; g != nil {
			s.Groups = append(s.Groups, g.snapshot(now))
		}
	}
	return s, true
}

func (l *link) snapshot(now time.Time) Link {
	s := l.summary(now)
	s.Groups = make([]Group, 0, len(l.groups))
	for _, g := range l.groups {
		s.Groups = append(s.Groups, g.snapshot(now))
	}
	slices.SortFunc(s.Groups, func(a, b Group) int { return a.Addr.Compare(b.Addr) })
	return s
}

// summary is a link without its groups.
func (l *link) summary(now time.Time) Link {
	s := Link{Interface: l.ifIndex, Family: l.family, Since: l.since, Sight: l.sight.is, Why: l.sight.why(l, now), Counters: l.counters}
	s.Counters.Bad = maps.Clone(s.Counters.Bad)
	for _, q := range l.queriers {
		if q.gone {
			continue
		}
		s.Queriers = append(s.Queriers, Querier{
			Addr: q.addr, Link: hardware(q.mac), Version: q.version, Interval: q.interval(), MaxResponse: q.maxResponse,
			Robustness: q.robustness, Since: q.since, Last: q.last, Expires: q.expires, Queries: q.queries,
			Elected: q == l.elected, Self: q.self,
		})
	}
	slices.SortFunc(s.Queriers, func(a, b Querier) int {
		switch {
		case a.Elected:
			return -1
		case b.Elected:
			return 1
		}
		return a.Addr.Compare(b.Addr)
	})
	return s
}

func (g *group) snapshot(now time.Time) Group {
	s := Group{Addr: g.addr, Members: make([]Member, 0, len(g.members)), AtLeast: now.Before(g.old)}
	for _, m := range slices.SortedFunc(slices.Values(g.members), compareHosts) {
		s.AtLeast = s.AtLeast || oldVersion(g.link.family, m.version)
		s.Members = append(s.Members, Member{
			Host: m.host, Link: hardware(m.mac), Version: m.version, Mode: m.mode(), Sources: m.sources,
			Since: m.since, Last: m.last, Expires: m.due, Self: m.self,
		})
	}
	return s
}

// compareHosts is the order of a group's members: by address, and by hardware
// address of those without one.
func compareHosts(a, b *member) int {
	return cmp.Or(a.host.Compare(b.host), strings.Compare(a.memberKey.mac, b.memberKey.mac), cmp.Compare(selfFirst(a), selfFirst(b)))
}

func selfFirst(m *member) int {
	if m.self {
		return 0
	}
	return 1
}
