package doctor

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/internal/lru"
)

const (
	reviveEvery = 5 * time.Second // between two leaves and joins, at least
	reviveTime  = 2 * time.Second // the sender must be heard again so soon after the join
	minTimeout  = 2 * time.Second
	timeoutGaps = 4                     // a sender is missed after so many of its usual gaps
	burstTime   = 20 * time.Millisecond // what comes within it counts as one
	minBursts   = 3                     // of a steady sender
	maxGaps     = 8                     // that are remembered of a sender
)

// senderIntervals is how regularly a sender is heard.
type senderIntervals struct {
	last time.Time
	gaps []time.Duration // the latest, maxGaps at most
}

// hear counts what comes within burstTime as one: a burst.
func (r *senderIntervals) hear(at time.Time) {
	if r.last.IsZero() {
		r.last = at
		return
	}
	gap := at.Sub(r.last)
	if gap < burstTime {
		return
	}
	r.last = at
	r.gaps = append(r.gaps, gap)
	if len(r.gaps) > maxGaps {
		r.gaps = r.gaps[1:]
	}
}

// timeout is how long after its last datagram the sender is missed. steady is
// false for a sender without regular intervals, which cannot be missed. Of a
// sender that is known well, one gap may be longer: a loss, or a busy host.
func (r *senderIntervals) timeout() (d time.Duration, steady bool) {
	if len(r.gaps) < minBursts-1 {
		return 0, false
	}
	gaps := slices.Sorted(slices.Values(r.gaps))
	longest, usual := gaps[len(gaps)-1], gaps[len(gaps)-1]
	if len(gaps) == maxGaps {
		usual = gaps[len(gaps)-2]
	}
	return max(timeoutGaps*longest, minTimeout), usual <= 2*gaps[0]+100*time.Millisecond
}

// revivals says when to leave the group and join it again, and notes where a
// silence ended with that: a switch had forgotten that there is a member.
type revivals struct {
	intervals *lru.Map[senderOn, senderIntervals]
	group     map[int]time.Time // when the group was last heard, by interface
	control   map[int]time.Time // and a group that switches do not prune
	tried     time.Time         // when it was last left and joined
	attempts  map[int]attempt
	found     map[int]*Revived
}

// senderOn is a sender as it is heard by an interface.
type senderOn struct {
	from    netip.AddrPort
	ifIndex int
}

// attempt is one leave and join.
type attempt struct {
	at      time.Time
	silent  time.Duration
	control bool
	missed  []netip.AddrPort
}

func newRevivals() *revivals {
	return &revivals{
		intervals: lru.New[senderOn, senderIntervals](maxEvidence), group: map[int]time.Time{}, control: map[int]time.Time{},
		attempts: map[int]attempt{}, found: map[int]*Revived{},
	}
}

// hear notes a datagram of another host in the group.
func (r *revivals) hear(d Received) {
	if a, ok := r.attempts[d.IfIndex]; ok && d.At.After(a.at) {
		switch {
		case d.At.Sub(a.at) > reviveTime:
			delete(r.attempts, d.IfIndex)
		case slices.Contains(a.missed, d.From):
			delete(r.attempts, d.IfIndex)
			r.revive(d.IfIndex, a)
		}
	}
	r.group[d.IfIndex] = d.At
	intervals, _ := r.intervals.Ensure(senderOn{d.From, d.IfIndex})
	intervals.hear(d.At)
}

// hearControl notes a datagram in a group that switches do not prune.
func (r *revivals) hearControl(d Received) { r.control[d.IfIndex] = d.At }

func (r *revivals) revive(ifIndex int, a attempt) {
	found := r.found[ifIndex]
	if found == nil {
		found = &Revived{IfIndex: ifIndex}
		r.found[ifIndex] = found
	}
	found.Times++
	found.Silent = max(found.Silent, a.silent)
	found.Control = found.Control || a.control
}

// due returns an interface to leave and join the group on now. It must be done
// before the next datagram is noted. The whole group must be silent: as long as
// anyone is heard in it, the switch has not forgotten us. After an attempt in
// vain the sender must be heard again before it is missed again.
func (r *revivals) due(now time.Time) (ifIndex int, ok bool) {
	if now.Sub(r.tried) < reviveEvery {
		return 0, false
	}
	for s, intervals := range r.intervals.All() {
		d, steady := intervals.timeout()
		if steady && now.Sub(r.group[s.ifIndex]) >= d && (!ok || s.ifIndex < ifIndex) {
			ifIndex, ok = s.ifIndex, true
		}
	}
	if !ok {
		return 0, false
	}
	r.tried = now
	silent := now.Sub(r.group[ifIndex])
	a := attempt{at: now, silent: silent}
	// The control group must be heard late in the silence: if it fell silent with
	// the group, the attempt shows nothing.
	a.control = now.Sub(r.control[ifIndex]) < silent/2
	for s, intervals := range r.intervals.All() {
		if s.ifIndex != ifIndex {
			continue
		}
		if _, steady := intervals.timeout(); steady {
			a.missed = append(a.missed, s.from)
		}
		r.intervals.Delete(s)
	}
	r.attempts[ifIndex] = a
	return ifIndex, true
}

func (r *revivals) list() []Revived {
	out := []Revived{}
	for _, f := range r.found {
		out = append(out, *f)
	}
	slices.SortFunc(out, func(a, b Revived) int { return cmp.Compare(a.IfIndex, b.IfIndex) })
	return out
}
