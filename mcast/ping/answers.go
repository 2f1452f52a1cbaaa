package ping

import (
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

// receive counts an answer for its responder, and reports the event.
func (t *tracker) receive(a answer) {
	id := identity{a.from, t.wayOf(a)}
	fromTarget := samePlace(a.from, t.cfg.Target)
	if fromTarget {
		id.from = t.cfg.Target // which may have its zone by number
	}
	r := t.known[id]
	believed := t.hasID || t.cfg.Group || fromTarget
	if !a.ours || !believed {
		if r != nil && r.expected {
			t.changed(r, 0, a)
			return
		}
		t.summary.Foreign++
		return
	}
	seq := a.seq
	if t.cfg.Size < seqSize {
		seq = t.oldest(r, id.way)
	}
	if !t.remembers(seq, id.way) {
		if forgotten := 0 < seq && seq < t.newest && t.newest-seq > t.mask; forgotten && r != nil && a.same {
			r.Late++
			t.tell(KindLate, r, seq, a, 0)
			return
		}
		t.summary.Foreign++
		return
	}
	if r == nil {
		if r = t.addResponder(id); r == nil {
			t.summary.Unlisted++
			return
		}
	}
	t.count(r, seq, a)
	if seq < r.first {
		t.answersSince(r, seq, a.at)
	}
}

// count counts an answer of r to a request that is remembered.
func (t *tracker) count(r *responder, seq uint64, a answer) {
	sentAt, _ := t.sentBy(r.way, seq)
	rtt := max(a.at.Sub(sentAt), 0)
	slot := seq & t.mask
	givenUp := seq <= t.givenUp || r.failed.has(slot)
	switch {
	case !a.same:
		t.changed(r, seq, a)
	case r.answered.has(slot):
		r.Duplicates++
		t.tell(KindDuplicate, r, seq, a, rtt)
	case givenUp || rtt > t.cfg.Timeout:
		if !givenUp || seq < r.first {
			r.Lost++ // else it is counted already
		}
		r.answered.set(slot)
		r.Late++
		t.tell(KindLate, r, seq, a, rtt)
	default:
		r.answered.set(slot)
		t.heard.set(slot)
		r.Received++
		r.add(rtt)
		t.tell(KindReply, r, seq, a, rtt)
	}
}

// answersSince makes seq the first request that r is known to answer. Requests that
// were given up since then are lost to it.
func (t *tracker) answersSince(r *responder, seq uint64, now time.Time) {
	end := min(r.first-1, t.givenUp)
	r.first = seq
	for s := seq; s <= end; s++ {
		if t.waits(r, s) {
			t.lose(r, s, now)
		}
	}
}

func (t *tracker) changed(r *responder, seq uint64, a answer) {
	r.Changed++
	t.tell(KindChanged, r, seq, a, 0)
}

// tell reports an answer of r.
func (t *tracker) tell(kind Kind, r *responder, seq uint64, a answer, rtt time.Duration) {
	r.Hops = a.hops
	if t.ways[r.way] == 0 {
		r.IfIndex = a.ifIndex
	}
	t.report(Event{Kind: kind, At: a.at, Seq: seq, From: r.AddrPort(), IfIndex: r.IfIndex, Size: a.size, Hops: a.hops, RTT: rtt})
}

// wayOf is the way that the request left by: the one that the answer names, else
// the one that the answer came by, else the first.
func (t *tracker) wayOf(a answer) int {
	if a.way != unknown {
		return a.way
	}
	return max(0, slices.Index(t.ways, a.ifIndex))
}

// oldest is the oldest request that is not given up and that r has not answered.
// If there is none it is the newest, which is then answered again. r is nil for a
// new responder.
func (t *tracker) oldest(r *responder, way int) uint64 {
	for seq := t.givenUp + 1; seq <= t.newest; seq++ {
		_, sent := t.sentBy(way, seq)
		if sent && (r == nil || t.waits(r, seq)) {
			return seq
		}
	}
	return t.newest
}

// remembers reports whether it is still known when a request left by a way.
func (t *tracker) remembers(seq uint64, way int) bool {
	if seq == 0 || seq > t.newest || t.newest-seq > t.mask {
		return false
	}
	_, sent := t.sentBy(way, seq)
	return sent
}

// samePlace compares an address that may have its zone by name with one that
// has it by number.
func samePlace(a, b netip.AddrPort) bool {
	return a.Port() == b.Port() && a.Addr().WithZone("") == b.Addr().WithZone("")
}

// refused counts a send that the system refused.
func (t *tracker) refused(way int, err error, at time.Time) {
	t.countError(err)
	t.report(Event{Kind: KindError, At: at, Seq: t.newest, From: t.cfg.Target, IfIndex: t.ways[way], Size: t.cfg.Size, Err: err})
}

// peerError counts an ICMP error about a request; seq is 0 if the error does not
// say which.
func (t *tracker) peerError(way int, seq uint64, e mcast.PeerError) {
	way = max(way, 0)
	r := t.known[identity{t.cfg.Target, way}]
	if r != nil && seq == 0 {
		seq = t.oldest(r, way)
	}
	if !t.remembers(seq, way) {
		seq = 0
	}
	err := peerError{e}
	t.countError(err)
	if r != nil && r.expected && seq > t.givenUp && t.waits(r, seq) {
		r.failed.set(seq & t.mask)
		r.Lost++
	}
	t.report(Event{Kind: KindError, At: e.At, Seq: seq, From: e.To, IfIndex: t.ways[way], Size: t.cfg.Size, Err: err})
}

func (t *tracker) countError(err error) {
	text := err.Error()
	if _, ok := t.summary.Errors[text]; !ok && len(t.summary.Errors) >= maxErrors {
		text = OtherErrors
	}
	t.summary.Errors[text]++
}

// peerError is a PeerError as an error.
type peerError struct{ mcast.PeerError }

func (e peerError) Error() string { return e.String() }
func (e peerError) Unwrap() error { return e.Err }
