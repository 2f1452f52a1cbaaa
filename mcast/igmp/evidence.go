package igmp

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"
)

// Neighbour says that another host existed on a link at a time, which a View cannot
// know from its messages. It is a host that must be a member of something, so that
// its silence after a query proves that reports are kept back:
//
//   - In MLD any reachable neighbour: it reports the solicited-node group of each of
//     its addresses (RFC 4862, section 5.4.2). It counts if it existed within a
//     minute before a query and within a minute after it: say so again and again.
//   - In IGMP a host that was heard sending to 224.0.0.251, and is nearly surely its
//     member. It counts if it was heard within a minute before a query.
type Neighbour struct {
	Interface int              // index
	Addr      netip.Addr       // any of its addresses; that of a neighbour over IPv6 says MLD
	Link      net.HardwareAddr // nil: not known
	At        time.Time
}

const (
	slack     = time.Second     // after the response time, until an answer is late
	clockSet  = 5 * time.Minute // a step back of that much is a clock that was set
	neighbour = time.Minute     // around a query, for a neighbour to be there when it was asked
)

// mdns is the group of multicast DNS (RFC 6762). All snoopers (RFC 4286, section 6)
// is a group that switches report to find multicast routers.
var (
	mdns          = netip.AddrFrom4([4]byte{224, 0, 0, 251})
	allSnoopers4  = netip.AddrFrom4([4]byte{224, 0, 0, 106})
	allSnoopers6  = netip.AddrFrom16([16]byte{0: 0xff, 1: 0x02, 15: 0x6a})
	snooperMemory = 8
)

// evidence is what is known of how much this port sees.
type evidence struct {
	is    Sight
	query time.Time // the latest one that hosts answer

	heard   time.Time // the latest report of another host
	until   time.Time // and how long it proves something
	by      string    // whose it was, in words
	version int

	hosts    []hostKnown // the one known longest first
	silent   hostKnown   // it was asked and did not report
	proof    time.Time   // until then that proves something; zero: it does not
	snoopers []station   // switches that say what they are
	snooped  time.Time   // the latest time that one said so
	judged   time.Time   // when it was judged last
}

// station is an address, its hardware address, or both.
type station struct {
	addr netip.Addr
	mac  string
}

func (s station) is(o station) bool {
	return s.mac != "" && s.mac == o.mac || s.addr == o.addr && s.addr.IsValid() && !s.addr.IsUnspecified()
}

// hostKnown is a host that must be a member.
type hostKnown struct {
	station
	last  time.Time // that it existed
	query time.Time // it must answer this one; zero: none
	due   time.Time // by then
	after bool      // it existed after the query, too
}

// Neighbour takes what is known of a host. Evidence from outside this link is
// ignored, and so is this host itself.
func (v *View) Neighbour(n Neighbour) []Event {
	addr := n.Addr.Unmap().WithZone("")
	f := familyOf(addr)
	if f == 0 || addr.IsMulticast() || addr.IsUnspecified() || addr.IsLoopback() {
		return nil
	}
	l := v.link(linkKey{n.Interface, f}, n.At)
	if _, mine := l.mine[addr]; mine || f == IGMP && !l.isHere(addr) {
		return nil
	}
	v.expire(n.At)
	l.sight.exists(station{addr, mac(n.Link)}, n.At, v.limits.hosts)
	v.seeAgain(l, n.At)
	l.wake(n.At)
	return v.told()
}

// exists is a host that existed at a time.
func (e *evidence) exists(s station, at time.Time, most int) {
	i := slices.IndexFunc(e.hosts, func(h hostKnown) bool { return h.is(s) })
	if i < 0 {
		if len(e.hosts) >= most {
			oldest := slices.IndexFunc(e.hosts, func(h hostKnown) bool {
				return !slices.ContainsFunc(e.hosts, func(o hostKnown) bool { return o.last.Before(h.last) })
			})
			e.hosts = slices.Delete(e.hosts, oldest, oldest+1)
		}
		e.hosts = append(e.hosts, hostKnown{station: s, last: at})
		return
	}
	h := &e.hosts[i]
	if h.mac == "" {
		h.mac = s.mac
	}
	if at.After(h.last) {
		h.last = at
	}
	switch gap := at.Sub(h.query); {
	case h.query.IsZero() || gap < 0:
	case gap <= neighbour:
		h.after = true
	case !h.after: // it may have been away when it was asked
		h.query, h.due = time.Time{}, time.Time{}
	}
}

// ask is a general query. From :: none answers (RFC 3810, section 5.1.14).
func (e *evidence) ask(l *link, m Message, s Seen) {
	if l.family == MLD && m.From.IsUnspecified() {
		return
	}
	e.query = s.At
	for i := range e.hosts {
		h := &e.hosts[i]
		if !h.query.IsZero() && s.At.Sub(h.query) <= neighbour {
			continue // it is asked already
		}
		h.query, h.due, h.after = time.Time{}, time.Time{}, false
		if before := s.At.Sub(h.last); before >= 0 && before <= neighbour {
			h.query, h.due = s.At, s.At.Add(min(max(m.MaxResponse, 0), maxResponse)+slack)
		}
	}
}

// report is a report of any host. What a snooping switch itself reports says
// nothing about the reports that it keeps back.
func (e *evidence) report(l *link, m Message, s Seen) {
	from := station{m.From, mac(s.Link)}
	if s.Out {
		if m.Group == mdns && oldVersion(l.family, m.Version) { // which silences the others
			e.excuse()
		}
		return
	}
	if snoops(m.Group) || slices.ContainsFunc(m.Records, func(r Record) bool { return snoops(r.Group) }) {
		e.snooped = s.At
		if !slices.ContainsFunc(e.snoopers, from.is) {
			if len(e.snoopers) >= snooperMemory {
				e.snoopers = slices.Delete(e.snoopers, 0, 1)
			}
			e.snoopers = append(e.snoopers, from)
		}
		return
	}
	if slices.ContainsFunc(e.snoopers, from.is) || !says(m) {
		return
	}
	e.heard, e.until = s.At, s.At.Add(l.membership())
	e.by, e.version = from.String(), m.Version
	e.proof = time.Time{}
	e.excuse()
}

// says reports whether a report is about any group.
func says(m Message) bool { return m.Group.IsValid() || len(m.Records) > 0 }

// String is who it is in words.
func (s station) String() string {
	switch {
	case s.addr.IsValid() && !s.addr.IsUnspecified():
		return s.addr.String()
	case s.mac != "":
		return hardware(s.mac).String()
	}
	return "a host without an address"
}

func snoops(group netip.Addr) bool { return group == allSnoopers4 || group == allSnoopers6 }

// excuse takes the query from all hosts that were to answer it.
func (e *evidence) excuse() {
	for i := range e.hosts {
		h := &e.hosts[i]
		h.query, h.due, h.after = time.Time{}, time.Time{}, false
	}
}

// convicts reports whether a host proves that reports are kept back, once its time
// to answer is over.
func (e *evidence) convicts(l *link, h hostKnown) bool {
	return !h.query.IsZero() && (h.after || l.family == IGMP) && !slices.ContainsFunc(e.snoopers, h.is) &&
		!slices.ContainsFunc(l.queriers, func(q *querier) bool { return h.is(station{q.addr, q.mac}) }) // a router need not hear its own query
}

// judge takes the proofs that are due, and returns what the port sees.
func (e *evidence) judge(l *link, now time.Time) Sight {
	for i := range e.hosts {
		if h := &e.hosts[i]; e.convicts(l, *h) && !now.Before(h.due) {
			e.silent, e.proof = *h, h.due.Add(l.membership())
			h.query, h.due, h.after = time.Time{}, time.Time{}, false
		}
	}
	switch {
	case now.Before(e.until):
		return SightAll
	case now.Before(e.proof):
		return SightOwn
	}
	return SightUnknown
}

// next is when the judgement may change because of the time alone; zero: never.
func (e *evidence) next(now time.Time, l *link) (next time.Time) {
	for _, t := range []time.Time{e.until, e.proof} {
		if now.Before(t) {
			next = sooner(next, t)
		}
	}
	for _, h := range e.hosts {
		if e.convicts(l, h) {
			next = sooner(next, h.due)
		}
	}
	return next
}

// seeAgain judges what a link's port sees, and tells what changed. What is known a
// little late, as of a neighbour, does not bring back what was over by then.
func (v *View) seeAgain(l *link, now time.Time) {
	e := &l.sight
	if back := e.judged.Sub(now); back > 0 && back < clockSet {
		now = e.judged
	}
	e.judged = now
	was := e.is
	if e.is = e.judge(l, now); e.is != was {
		v.tell(l, Event{Kind: SightChanged, At: now, Why: e.why(l, now)})
	}
	l.next = sooner(l.next, e.next(now, l))
}

// why is the evidence in words.
func (e *evidence) why(l *link, now time.Time) string {
	hint := ""
	switch {
	case !e.snooped.IsZero() && now.Sub(e.snooped) < 2*l.membership():
		hint = "; a switch here reports that it snoops"
	case slices.ContainsFunc(l.queriers, func(q *querier) bool { return q.zero() && !q.gone }):
		hint = "; a switch sends queries, so it snoops"
	}
	switch {
	case e.is == SightAll:
		if newest := cmp.Or(map[Family]int{MLD: 2}[l.family], 3); hint != "" && e.version == newest {
			hint += ", and may keep back reports of older versions"
		}
		return fmt.Sprintf("a v%d report of %s", e.version, e.by) + ago(now.Sub(e.heard)) + hint
	case e.is == SightOwn && l.family == MLD:
		return fmt.Sprintf("%s is a neighbour here, and no report of its came after the query", e.silent) + ago(now.Sub(e.silent.query)) + hint
	case e.is == SightOwn:
		return fmt.Sprintf("probably: %s sends to %s, and no report of its came after the query", e.silent, mdns) + ago(now.Sub(e.silent.query)) + hint
	}
	since, what := e.heard, "nothing proves that one was due"
	if since.IsZero() {
		since = l.since
	}
	if e.query.IsZero() {
		what = "no query asked for one"
	}
	return "no report of another host in " + span(now.Sub(since)) + ", and " + what + hint
}

// ago is " 4m15s ago", and nothing for now.
func ago(d time.Duration) string {
	if d < 50*time.Millisecond {
		return ""
	}
	return " " + span(d) + " ago"
}
