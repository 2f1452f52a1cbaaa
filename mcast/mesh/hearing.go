package mesh

import (
	"time"

	"github.com/groupcast/groupcast/mcast/stream"
)

const (
	window    = 1024    // numbers back of which late is told from twice
	maxNumber = 1 << 62 // of a datagram
	leastMute = 2 * time.Second
)

// hearing is what was received of one member.
type hearing struct {
	begun    bool
	first    uint64
	high     uint64
	distinct uint64
	twice    uint64
	late     uint64
	seen     [window / 64]uint64

	firstAt   at
	lastAt    at
	passed    at   // when high was
	silence   at   // the longest, that is over
	silenceAt at   // when it began
	ifIndex   int  // of the latest
	ttl       int  // of the latest
	promise   at   // two are apart at most; 0: not known
	endedAt   at   // 0: it goes on
	held      held // a number that is too high
	said      said
	spread    spread
	line      *line

	told struct { // in the last row of it
		lost  uint64
		quiet bool
	}
}

// held is a number that is not believed yet.
type held struct {
	number uint64
	end    bool
	there  bool
}

// said is what the author says that it has sent, at a time.
type said struct {
	number uint64
	at     at
	there  bool
}

// take counts a datagram.
func (h *hearing) take(t at, d *stream.Header, ifIndex, ttl int, stop span) Outcome {
	if d.Number > maxNumber {
		return Damaged
	}
	t = max(t, h.lastAt)
	if d.End {
		return h.end(t, d.Number)
	}
	n := d.Number
	switch {
	case !h.begun:
		h.begun, h.first, h.high = true, n, n
		h.firstAt, h.passed = t, t
		h.distinct = 1
		h.line.add(t, t, 1, 1)
		h.mark(n)
	case n > h.high:
		if !h.plausible(t, n, false) {
			return Held
		}
		h.advance(t, n)
		h.distinct++
		h.line.add(t, t, 0, 1)
		h.mark(n)
		h.endedAt = 0
	case n < h.first || h.high-n >= window:
		return Again
	case h.has(n):
		h.twice++
		return Again
	default:
		h.mark(n)
		h.late++
		h.distinct++
		h.line.add(t, t, 0, 1)
	}
	h.gap(t, stop)
	h.ifIndex, h.ttl, h.promise = ifIndex, min(max(ttl, 0), 255), d.Promise
	h.spread.add(t, d.Sent)
	return Counted
}

// gap takes in that one came: the time since the last one may be the longest silence.
// When this program did not read, it does not know.
func (h *hearing) gap(t at, stop span) {
	if h.lastAt != 0 {
		gap := t - h.lastAt - max(0, min(t, stop.to)-max(h.lastAt, stop.from))
		if gap > h.silence {
			h.silence, h.silenceAt = gap, h.lastAt
		}
	}
	h.lastAt = t
}

// end takes in how many were sent in all.
func (h *hearing) end(t at, n uint64) Outcome {
	if h.endedAt != 0 {
		return Again
	}
	if !h.begun {
		return Counted // nothing is known of when it began
	}
	if n > 0 && n-1 > h.high {
		if !h.plausible(t, n-1, true) {
			return Held
		}
		h.advance(t, n-1)
	}
	h.endedAt = t
	return Counted
}

// plausible reports whether a sender may have reached a number, which is higher than the
// highest one, by now. A higher one is believed when the next one says the same.
func (h *hearing) plausible(t at, n uint64, end bool) bool {
	was := h.held
	h.held = held{}
	if d := n - h.high; d <= window || float64(d) <= window+MaxRate*(t-h.passed).Seconds() {
		return true
	}
	if was.there && (was.end && end && n == was.number || !was.end && n > was.number && n-was.number <= 16) {
		return true
	}
	h.held = held{number: n, end: end, there: true}
	return false
}

// advance moves the window up to a number, which has not come by that.
func (h *hearing) advance(t at, n uint64) {
	h.line.add(h.passed, t, n-h.high, 0)
	if n-h.high >= window {
		clear(h.seen[:])
	} else {
		for i := h.high + 1; i <= n; i++ {
			h.seen[i/64%uint64(len(h.seen))] &^= 1 << (i % 64)
		}
	}
	h.high, h.passed = n, t
}

func (h *hearing) has(n uint64) bool { return h.seen[n/64%uint64(len(h.seen))]&(1<<(n%64)) != 0 }
func (h *hearing) mark(n uint64)     { h.seen[n/64%uint64(len(h.seen))] |= 1 << (n % 64) }

// says takes in the author's word that its last number was n. What it sent before that
// has come after a second, or is lost; it has when that is its last word.
func (h *hearing) says(t at, n uint64, last bool) {
	if last {
		ended := min(max(h.reached(n), h.lastAt), t)
		h.said = said{number: n, at: t - settleTime, there: true}
		if h.settle(t); h.begun && h.endedAt == 0 {
			h.endedAt = ended
		}
		return
	}
	h.settle(t)
	if n != 0 && n <= maxNumber && !h.said.there {
		h.said = said{number: n, at: t, there: true}
	}
}

// settle takes in what the author said a second ago.
func (h *hearing) settle(t at) {
	if !h.said.there || t-h.said.at < settleTime {
		return
	}
	n := h.said.number
	h.said = said{}
	if h.begun && n > h.high && float64(n-h.high) <= window+MaxRate*(t-h.passed).Seconds() {
		h.advance(min(t, h.reached(n)), n)
	}
}

// reached is when the author reached a number, by the pace that it promised: twice as
// long as that between two.
func (h *hearing) reached(n uint64) at {
	return h.passed + at(min(n-min(n, h.high), 1<<20))*(h.promise/2)
}

func (h *hearing) sent() uint64 { return h.high - h.first + 1 }

func (h *hearing) lost() uint64 {
	if !h.begun {
		return 0
	}
	return h.sent() - h.distinct
}

// mute is after which time without a datagram the author is silent.
func (h *hearing) mute() at { return mute(h.promise) }

func mute(promise at) at { return max(leastMute, 4*promise) }

// quiet reports whether the author is silent, though it has not ended.
func (h *hearing) quiet(t at) bool { return h.endedAt == 0 && t-h.lastAt > h.mute() }

// longest is the longest silence, and when it began; the present one counts, until the
// author ended.
func (h *hearing) longest(t at) (d, from at) {
	if h.endedAt != 0 {
		t = min(t, h.endedAt)
	}
	if now := t - h.lastAt; h.begun && now > h.silence && now > h.mute() {
		return now, h.lastAt
	}
	return h.silence, h.silenceAt
}
