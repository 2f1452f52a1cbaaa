package igmp

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// What holds where nobody says otherwise (RFC 3376 and 3810, sections 8 and 9).
const (
	usualRobustness = 2
	usualInterval   = 125 * time.Second
	usualResponse   = 10 * time.Second
	usualLastQuery  = time.Second // a group-specific query's response time
)

// The most that the codes of both protocols can say.
const (
	maxRobustness = 7
	maxInterval   = 31_744 * time.Second
	maxResponse   = 8_387_584 * time.Millisecond
)

// measured is how many gaps between queries are looked at: with a robustness of 3
// the two after the first query are a quarter of the interval (RFC 3376, section
// 8.6).
const measured = 3

// querier is who asks about all groups.
type querier struct {
	addr        netip.Addr
	mac         string
	version     int
	stated      time.Duration   // the interval that it says; 0: none
	gaps        []time.Duration // between its latest queries, the last one last
	maxResponse time.Duration
	robustness  int
	since, last time.Time
	expires     time.Time
	queries     uint64
	self        bool
	gone        bool // silent for too long

	lost    time.Time // when it had lost the election; zero: it is elected
	against time.Time // its latest query that counts as one against the elected
	times   int       // how many such queries
	told    bool      // as a second querier
}

// zero reports whether it is a switch that asks and is no router (RFC 4541, section
// 2.1.1): it is never elected.
func (q *querier) zero() bool { return q.addr.IsUnspecified() }

// interval is what it says, or what was measured; 0: not known yet.
func (q *querier) interval() time.Duration {
	if q.stated > 0 || len(q.gaps) < measured {
		return q.stated
	}
	gaps := slices.Sorted(slices.Values(q.gaps))
	return gaps[len(gaps)/2]
}

// patience is the interval to count with: where none is said, rather too long.
func (q *querier) patience() time.Duration {
	switch {
	case q.stated > 0:
		return q.stated
	case len(q.gaps) == 0:
		return usualInterval
	case len(q.gaps) < measured:
		return max(usualInterval, slices.Max(q.gaps))
	}
	return slices.Max(q.gaps)
}

// present is how long it may be silent (RFC 3376, section 8.5).
func (q *querier) present() time.Duration {
	return time.Duration(q.robustness)*q.patience() + q.maxResponse/2
}

// hear takes a query of its.
func (q *querier) hear(m Message, s Seen) {
	if q.version != m.Version {
		q.gaps = nil
	} else if gap := s.At.Sub(q.last); gap >= 50*time.Millisecond && gap <= maxInterval { // less is one query that came twice
		if len(q.gaps) == measured {
			q.gaps = q.gaps[1:]
		}
		q.gaps = append(slices.Clip(q.gaps), gap.Round(50*time.Millisecond))
	}
	q.mac, q.self, q.version = mac(s.Link), s.Out, m.Version
	q.stated = min(max(m.Interval, 0), maxInterval)
	q.maxResponse = min(max(m.MaxResponse, 0), maxResponse)
	if q.robustness = min(m.Robustness, maxRobustness); q.robustness < 1 {
		q.robustness = usualRobustness
	}
	if q.gone || q.queries == 0 {
		q.since, q.gone = s.At, false
		q.lost, q.against, q.times, q.told = time.Time{}, time.Time{}, 0, false
	}
	q.last = s.At
	q.expires = s.At.Add(q.present())
	q.queries++
}

// generalQuery is a query about all groups.
func (v *View) generalQuery(l *link, m Message, s Seen) {
	q := v.querierAt(l, m.From)
	first, version, interval := q.queries == 0 || q.gone, q.version, q.interval()
	q.hear(m, s)
	tell := func(kind EventKind, why string) { v.tellOfQuerier(l, q, kind, s.At, why) }
	switch now := q.interval(); {
	case q.zero():
		if first {
			tell(ZeroQuery, fmt.Sprintf("a v%d query from %s: a switch sends it, not a router", q.version, q.addr))
		}
	case l.elected == nil:
		l.elected = q
		tell(QuerierAppeared, fmt.Sprintf("a v%d query from %s", q.version, q.addr))
	case l.elected == q:
		switch {
		case version != q.version:
			tell(QuerierChanged, fmt.Sprintf("its queries are v%d, before v%d", q.version, version))
		case interval > 0 && now > 0 && notable(interval, now):
			tell(QuerierChanged, fmt.Sprintf("it sends a query every %s, before every %s", seconds(now), seconds(interval)))
		}
	case q.addr.Less(l.elected.addr): // RFC 3376, section 6.6.2; RFC 3810, section 7.6.2
		before := l.elected
		before.lost, before.against, before.times = s.At, s.At, 0
		v.elect(l, q)
		tell(QuerierChanged, fmt.Sprintf("a query from %s, lower than %s", q.addr, before.addr))
	default:
		v.loserAsks(l, q, s.At)
	}
	l.sight.ask(l, m, s)
	l.wake(s.At)
}

// notable reports whether an interval became another one, and not the same one a
// little late.
func notable(before, now time.Duration) bool {
	diff := now - before
	return max(diff, -diff) > before/8
}

// loserAsks looks whether one that lost the election goes on. It may ask until it
// has heard the elected one; afterwards each query that follows one of the elected
// counts, and the second such one is told.
func (v *View) loserAsks(l *link, q *querier, at time.Time) {
	if q.lost.IsZero() {
		q.lost, q.against = at, at
		return
	}
	if at.Sub(q.lost) <= l.elected.patience() || !l.elected.last.After(q.against) {
		return
	}
	q.against = at
	q.times++
	if q.times >= 2 && !q.told {
		q.told = true
		v.tellOfQuerier(l, q, SecondQuerier, at, fmt.Sprintf("it sends queries, and so does %s, which is lower", l.elected.addr))
	}
}

func (v *View) elect(l *link, q *querier) {
	l.elected = q
	q.lost, q.against, q.times, q.told = time.Time{}, time.Time{}, 0, false
}

func (v *View) tellOfQuerier(l *link, q *querier, kind EventKind, at time.Time, why string) {
	v.tell(l, Event{Kind: kind, At: at, Host: q.addr, Link: hardware(q.mac), Version: q.version, Self: q.self, Why: why})
}

// querierAt returns the querier of an address. A new one may take the place of one
// that is gone, else of the one heard longest ago.
func (v *View) querierAt(l *link, addr netip.Addr) *querier {
	for _, q := range l.queriers {
		if q.addr == addr {
			return q
		}
	}
	q := &querier{addr: addr}
	if len(l.queriers) < v.limits.queriers {
		l.queriers = append(l.queriers, q)
		return q
	}
	worst := -1
	for i, old := range l.queriers {
		switch {
		case old == l.elected || old.self:
		case worst < 0, old.gone && !l.queriers[worst].gone,
			old.gone == l.queriers[worst].gone && old.last.Before(l.queriers[worst].last):
			worst = i
		}
	}
	if worst < 0 { // all of them are this host's
		worst = slices.IndexFunc(l.queriers, func(old *querier) bool { return old != l.elected })
	}
	l.queriers[worst] = q
	return q
}

// expireQueriers takes the queriers that were silent for too long, the earliest
// first.
func (v *View) expireQueriers(l *link, now time.Time) {
	for {
		var q *querier
		for _, o := range l.queriers {
			if !o.gone && !now.Before(o.expires) && (q == nil || o.expires.Before(q.expires)) {
				q = o
			}
		}
		if q == nil {
			return
		}
		q.gone = true
		if q != l.elected {
			continue
		}
		at, silent := q.expires, span(q.expires.Sub(q.last))
		l.elected = nil
		if next := l.lowest(); next != nil {
			v.elect(l, next)
			v.tellOfQuerier(l, next, QuerierChanged, at, fmt.Sprintf("%s was silent for %s", q.addr, silent))
			continue
		}
		v.tellOfQuerier(l, q, QuerierGone, at, "silent for "+silent)
	}
}

// lowest is the querier that wins among those that ask.
func (l *link) lowest() (q *querier) {
	for _, o := range l.queriers {
		if !o.gone && !o.zero() && (q == nil || o.addr.Less(q.addr)) {
			q = o
		}
	}
	return q
}

// asker is the querier whose pace counts: the elected one, or a switch where there
// is none; nil: nobody.
func (l *link) asker() *querier {
	if l.elected != nil {
		return l.elected
	}
	for _, q := range l.queriers {
		if !q.gone {
			return q
		}
	}
	return nil
}

// membership is how long a report holds (RFC 3376, section 8.4).
func (l *link) membership() time.Duration {
	if q := l.asker(); q != nil {
		return time.Duration(q.robustness)*q.patience() + q.maxResponse
	}
	return usualRobustness*usualInterval + usualResponse
}

// asked reports whether anybody asked after a time.
func (l *link) asked(since time.Time) bool {
	return slices.ContainsFunc(l.queriers, func(q *querier) bool { return q.last.After(since) })
}

// maxMAC is the longest hardware address that is kept: InfiniBand's.
const maxMAC = 20

func mac(a net.HardwareAddr) string { return string(a[:min(len(a), maxMAC)]) }

func hardware(mac string) net.HardwareAddr {
	if mac == "" {
		return nil
	}
	return net.HardwareAddr(mac)
}

// span is a duration as a person says it: 4m15s, 4m, 0.5s.
func span(d time.Duration) string {
	if d = max(d, 0); d >= 10*time.Second {
		d = d.Round(time.Second)
	} else {
		d = d.Round(100 * time.Millisecond)
	}
	said := d.String()
	if strings.HasSuffix(said, "m0s") {
		said = strings.TrimSuffix(said, "0s")
	}
	if strings.HasSuffix(said, "h0m") {
		said = strings.TrimSuffix(said, "0m")
	}
	return said
}
