package stream

import (
	"time"
)

// trial is what is kept while a format is tried.
type trial struct {
	kind      kind
	inside    inside
	ids       [maxTrialIDs]struct{ id, last uint64 }
	streams   int
	fits      int  // datagrams that counted on, and the first of a stream
	datagrams int  // that fitted
	moved     bool // RTP: the timestamp; MPEG-TS: a PAT was good
	stamp     uint32
	begin     time.Time // iperf2: when the first came
	sent      time.Duration
	missing   int // of those that are not held any more
	held      [maxHeld - 1]heldSight
	next      int // slot of the next one
	holds     int
}

// heldSight is a Seen without what its format says anyway.
type heldSight struct {
	at         time.Time
	number, id uint64
	sent       time.Duration
	promise    time.Duration
	drops      uint32
	missing    int32
	end, again bool
}

// try goes on with the trial, or begins another, and adopts the format if that was
// the last datagram that it needed.
func (r *recogniser) try(payload []byte, size int, at time.Time, drops uint32) Reading {
	t := r.trial
	if t != nil {
		if s, f := r.look(t.kind, payload, size); f == unnumbered {
			return Reading{}
		} else if f == numbered && t.datagrams < maxTrial && t.counts(s) {
			return r.goOn(s, payload, size, at, drops)
		}
		r.giveUp()
	}
	k, s, f := r.guess(payload, size)
	if f != numbered {
		return Reading{}
	}
	t = pop(&r.bench.trials)
	t.kind, r.trial = k, t
	t.counts(s)
	t.begin, t.sent = at, s.Sent
	return r.goOn(s, payload, size, at, drops)
}

// counts reports whether a number goes on from the one before it.
func (t *trial) counts(s Sight) bool {
	if t.kind == kindTS { // its packets have counters of their own
		t.fits++
		return true
	}
	for n := range t.ids[:t.streams] {
		id := &t.ids[n]
		if id.id != s.ID {
			continue
		}
		d := distance(s.Number, id.last, kinds[t.kind].bits)
		if s.Again || s.End && d >= 0 && d <= maxStep || d == 0 {
			return true // it may well be of the format, and proves nothing
		}
		if d < 0 || d > maxStep {
			return false
		}
		id.last = s.Number
		t.fits++
		return true
	}
	if t.streams == len(t.ids) || s.End {
		return false
	}
	t.ids[t.streams].id, t.ids[t.streams].last = s.ID, s.Number
	t.streams++
	t.fits++
	return true
}

// distance is how far a number is ahead of another, by their width.
func distance(a, b uint64, bits int) int64 {
	return int64((a-b)<<(64-bits)) >> (64 - bits)
}

// goOn holds a datagram that fits, and adopts its format if it was the last that is
// needed.
func (r *recogniser) goOn(s Sight, payload []byte, size int, at time.Time, drops uint32) Reading {
	t := r.trial
	if t.kind == kindIperf && int64(s.Sent) < t.inside.stamp {
		r.giveUp()
		return Reading{}
	}
	t.inside.follow(r.bench, t.kind, &s, payload, size, at)
	t.datagrams++
	switch t.kind {
	case kindRTP, kindRTPTS:
		stamp := rtpStamp(payload)
		t.moved = t.moved || t.datagrams > 1 && stamp != t.stamp
		t.stamp = stamp
	case kindTS:
		t.moved = t.moved || hasPAT(payload)
	case kindIperf: // its clock is looked at below
	default:
		t.moved = true
	}
	need := kinds[t.kind].need
	if r.adopted != kindNone {
		need = max(need, maxMisfits) // as many as drop what was adopted
	}
	enough := t.fits-(max(t.streams, 1)-1) >= need
	if t.kind == kindIperf && enough {
		if !clockAgrees(s.Sent-t.sent, at.Sub(t.begin)) {
			r.giveUp()
			return Reading{}
		}
		t.moved = true
	}
	if !enough || !t.moved {
		t.hold(s, at, drops)
		return Reading{}
	}
	reading := Reading{Adopted: kinds[t.kind].format, Dropped: kinds[r.adopted].format}
	n := t.release(&r.bench.sights)
	s.Format, s.Bits = kinds[t.kind].format, kinds[t.kind].bits
	if n == 0 {
		s.Missing += t.missing
	}
	r.bench.sights[n] = Seen{Sight: s, At: at, Drops: drops}
	r.adopted, r.misfits, r.vain = t.kind, 0, 0
	r.inside, t.inside = t.inside, r.inside
	r.giveUp()
	reading.Sights = r.bench.sights[:n+1]
	return reading
}

// hold keeps a datagram for when its format is adopted; the oldest one makes room.
func (t *trial) hold(s Sight, at time.Time, drops uint32) {
	h := &t.held[t.next]
	if t.holds == len(t.held) {
		t.missing += int(h.missing)
	} else {
		t.holds++
	}
	*h = heldSight{at: at, number: s.Number, id: s.ID, sent: s.Sent, promise: s.Promise, drops: drops, missing: int32(s.Missing), end: s.End, again: s.Again}
	t.next = (t.next + 1) % len(t.held)
}

// release writes what is held, oldest first, and returns how many that are.
func (t *trial) release(to *[maxHeld]Seen) int {
	at := (t.next - t.holds + len(t.held)) % len(t.held)
	for n := range t.holds {
		h := t.held[(at+n)%len(t.held)]
		to[n] = Seen{At: h.at, Drops: h.drops, Sight: Sight{
			Format: kinds[t.kind].format, Bits: kinds[t.kind].bits, Number: h.number, ID: h.id,
			Sent: h.sent, Promise: h.promise, End: h.end, Again: h.again, Missing: int(h.missing),
		}}
	}
	if t.holds > 0 {
		to[0].Missing += t.missing
	}
	return t.holds
}

// giveUp ends a trial.
func (r *recogniser) giveUp() {
	if r.trial != nil {
		push(&r.bench.tables, &r.trial.inside.pids)
		push(&r.bench.trials, &r.trial)
	}
}

// pop takes a free one, or makes one.
func pop[T any](free *[]*T) *T {
	n := len(*free)
	if n == 0 {
		return new(T)
	}
	t := (*free)[n-1]
	*free = (*free)[:n-1]
	return t
}

// push takes one back, and keeps some for the next who needs one.
func push[T any](free *[]*T, t **T) {
	if *t == nil {
		return
	}
	if len(*free) < maxFreeTrials {
		var zero T
		**t = zero
		*free = append(*free, *t)
	}
	*t = nil
}
