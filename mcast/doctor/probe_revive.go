package doctor

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
)

const (
	reviveEvery = 5 * time.Second // leave and join at the most
	reviveTime  = 2 * time.Second // in which the sender must be heard again
	leastSilent = 2 * time.Second
	silentGaps  = 4 // a silence is that many of the sender's usual gaps
	oneBeat     = 20 * time.Millisecond
	leastBeats  = 3
)

// rhythm is how regularly a sender is heard.
type rhythm struct {
	last time.Time
	gaps []time.Duration // the latest, eight at most
}

// hear counts what comes within oneBeat as one: a burst.
func (r *rhythm) hear(at time.Time) {
	if r.last.IsZero() {
		r.last = at
		return
	}
	gap := at.Sub(r.last)
	if gap < oneBeat {
		return
	}
	r.last = at
	r.gaps = append(r.gaps, gap)
	if len(r.gaps) > 8 {
		r.gaps = r.gaps[1:]
	}
}

// silence is how long it must not be heard to be missed. steady is false for
// one that speaks when it likes.
func (r *rhythm) silence() (d time.Duration, steady bool) {
	if len(r.gaps) < leastBeats-1 {
		return 0, false
	}
	usual := slices.Max(r.gaps)
	return max(silentGaps*usual, leastSilent), usual <= 2*slices.Min(r.gaps)+100*time.Millisecond
}

// revivals says when to leave the group and join it again, and notes where that
// ended a silence: a switch had forgotten that there is a member.
type revivals struct {
	rhythms  map[voice]*rhythm
	group    map[int]time.Time // when the group was last heard, by interface
	control  map[int]time.Time // and a group that switches do not prune
	tried    time.Time         // when it was last left and joined
	attempts map[int]attempt
	found    map[int]*Revived
}

// voice is a sender as it is heard by an interface.
type voice struct {
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
		rhythms: map[voice]*rhythm{}, group: map[int]time.Time{}, control: map[int]time.Time{},
		attempts: map[int]attempt{}, found: map[int]*Revived{},
	}
}

// hear notes a datagram of another host in the group.
func (r *revivals) hear(d received) {
	if a, ok := r.attempts[d.ifIndex]; ok && d.at.After(a.at) {
		switch {
		case d.at.Sub(a.at) > reviveTime:
			delete(r.attempts, d.ifIndex)
		case slices.Contains(a.missed, d.from):
			delete(r.attempts, d.ifIndex)
			r.revive(d.ifIndex, a)
		}
	}
	r.group[d.ifIndex] = d.at
	v := voice{d.from, d.ifIndex}
	if r.rhythms[v] == nil {
		if len(r.rhythms) >= mostSenders {
			return
		}
		r.rhythms[v] = &rhythm{}
	}
	r.rhythms[v].hear(d.at)
}

// hearControl notes a datagram in a group that switches do not prune.
func (r *revivals) hearControl(d received) { r.control[d.ifIndex] = d.at }

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
// before the next datagram is noted. A silence is that of the whole group: as
// long as anyone is heard in it, the switch has not forgotten us. Where it was
// in vain, the sender has to be heard again before it is missed again.
func (r *revivals) due(now time.Time) (ifIndex int, ok bool) {
	if now.Sub(r.tried) < reviveEvery {
		return 0, false
	}
	for v, rhythm := range r.rhythms {
		d, steady := rhythm.silence()
		if steady && now.Sub(r.group[v.ifIndex]) >= d && (!ok || v.ifIndex < ifIndex) {
			ifIndex, ok = v.ifIndex, true
		}
	}
	if !ok {
		return 0, false
	}
	r.tried = now
	silent := now.Sub(r.group[ifIndex])
	a := attempt{at: now, silent: silent}
	// Heard late in the silence: what ended with it shows nothing.
	a.control = now.Sub(r.control[ifIndex]) < silent/2
	for v, rhythm := range r.rhythms {
		if v.ifIndex != ifIndex {
			continue
		}
		if _, steady := rhythm.silence(); steady {
			a.missed = append(a.missed, v.from)
		}
		delete(r.rhythms, v)
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
