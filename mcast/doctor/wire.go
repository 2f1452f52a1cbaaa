package doctor

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/igmp"
)

// Wire is what was seen of IGMP or MLD on one interface while somebody looked at
// copies of its packets: what came in, also what a firewall dropped afterwards, and
// what was given to the driver.
type Wire struct {
	IfIndex      int
	Since, Until time.Time
	Joined       time.Time // just before the group was joined here; zero: it was not
	First        bool      // nobody had joined it before, so that the kernel had to report it
	Reported     time.Time // the latest report of the group that left this host; zero: none
	Version      int       // of IGMP or MLD that it was of
	Lost         bool      // some packets were not seen
	Queriers     []igmp.Querier
	Asked        []Asked       // general queries of others, the latest maxAsked
	Members      []igmp.Member // of the group, other hosts
	AtLeast      bool          // members silence each other
	Sight        igmp.Sight
	Why          string // the evidence for Sight
}

// Asked is a general query.
type Asked struct {
	At       time.Time
	From     netip.Addr
	Version  int
	Within   time.Duration // members answer
	Answered time.Time     // when the first report of this host about the group left after it; zero: none
	Silenced bool          // another host's report came first, which of an old version silences this one
}

// graceTime is how much later than it must an answer may leave.
const graceTime = time.Second

// due reports whether the query had to be answered by a time.
func (a Asked) due(until time.Time) bool { return until.Sub(a.At) > a.Within+graceTime }

// by says who asked, and how.
func (a Asked) by() string { return fmt.Sprintf("%s by %s", a.From, versioned(a.From, a.Version)) }

// versioned is IGMPv3 or MLDv2, for the family of an address.
func versioned(a netip.Addr, version int) string {
	if a.Is6() {
		return fmt.Sprintf("MLDv%d", version)
	}
	return fmt.Sprintf("IGMPv%d", version)
}

const maxAsked = 8

// onWire collects what is seen.
type onWire struct {
	group  netip.Addr
	joined map[int]time.Time
	first  []int
	wires  map[int]*Wire
	asked  map[askedBy]time.Time // the latest query that is noted
}

type askedBy struct {
	ifIndex int
	from    netip.Addr
}

func newOnWire(group netip.Addr) *onWire {
	return &onWire{group: group.WithZone(""), joined: map[int]time.Time{}, wires: map[int]*Wire{}, asked: map[askedBy]time.Time{}}
}

// look takes what is known at a time. Of two queries of one querier between two
// looks only the later one is noted.
func (o *onWire) look(s igmp.Snapshot, lost bool) {
	family := igmp.IGMP
	if o.group.Is6() {
		family = igmp.MLD
	}
	for _, l := range s.Links {
		if l.Family != family {
			continue
		}
		w := o.wires[l.Interface]
		if w == nil {
			w = &Wire{IfIndex: l.Interface}
			o.wires[l.Interface] = w
		}
		w.Since, w.Until, w.Joined, w.First = l.Since, s.At, o.joined[l.Interface], slices.Contains(o.first, l.Interface)
		w.Queriers, w.Sight, w.Why, w.Lost = l.Queriers, l.Sight, l.Why, w.Lost || lost
		o.lookAtGroup(w, l)
		for _, q := range l.Queriers {
			by := askedBy{l.Interface, q.Addr}
			if q.Self || !q.Last.After(o.asked[by]) {
				continue
			}
			o.asked[by] = q.Last
			w.Asked = append(w.Asked, Asked{At: q.Last, From: q.Addr, Version: q.Version, Within: q.MaxResponse})
		}
		slices.SortStableFunc(w.Asked, func(a, b Asked) int { return a.At.Compare(b.At) })
		w.Asked = w.Asked[max(len(w.Asked)-maxAsked, 0):]
		w.answers()
	}
}

// lookAtGroup notes who reported the group.
func (o *onWire) lookAtGroup(w *Wire, l igmp.Link) {
	n := slices.IndexFunc(l.Groups, func(g igmp.Group) bool { return g.Addr == o.group })
	if n < 0 {
		return
	}
	w.Members, w.AtLeast = nil, l.Groups[n].AtLeast
	for _, m := range l.Groups[n].Members {
		if !m.Self {
			w.Members = append(w.Members, m)
		} else if m.Last.After(w.Reported) {
			w.Reported, w.Version = m.Last, m.Version
		}
	}
}

func (w *Wire) answers() {
	for n := range w.Asked {
		a := &w.Asked[n]
		if a.Answered.IsZero() && w.Reported.After(a.At) {
			a.Answered = w.Reported
		}
		a.Silenced = a.Silenced || w.AtLeast && slices.ContainsFunc(w.Members, func(m igmp.Member) bool { return m.Last.After(a.At) })
	}
}

// list is what was seen, in the order of the interfaces.
func (o *onWire) list() []Wire {
	out := []Wire{}
	for _, w := range o.wires {
		out = append(out, *w)
	}
	slices.SortFunc(out, func(a, b Wire) int { return cmp.Compare(a.IfIndex, b.IfIndex) })
	return out
}

// wire is what was seen on an interface; ok is false if nobody looked.
func (f Facts) wire(ifIndex int) (w Wire, ok bool) {
	n := slices.IndexFunc(f.Observed.Wire, func(w Wire) bool { return w.IfIndex == ifIndex })
	if n < 0 {
		return Wire{}, false
	}
	return f.Observed.Wire[n], true
}

// lasted is how long somebody looked.
func (w Wire) lasted() time.Duration { return w.Until.Sub(w.Since) }

// unanswered are the queries that had to be answered, and were not, though this
// host had joined.
func (w Wire) unanswered() (list []Asked) {
	for _, a := range w.Asked {
		member := !w.Joined.IsZero() && w.Joined.Before(a.At)
		if member && a.due(w.Until) && a.Answered.IsZero() && !a.Silenced {
			list = append(list, a)
		}
	}
	return list
}

// answered is a query that was answered; ok is false if none was.
func (w Wire) answered() (a Asked, ok bool) {
	for _, a := range slices.Backward(w.Asked) {
		if !a.Answered.IsZero() {
			return a, true
		}
	}
	return Asked{}, false
}
