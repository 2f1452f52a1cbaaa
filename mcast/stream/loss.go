package stream

import (
	"math/bits"
	"time"
)

type run struct {
	at     time.Duration
	first  uint64
	length uint64
	kernel bool
}

// losses is what only a stream that lost something needs.
type losses struct {
	open    []hole // oldest first
	lengths [16]uint64
	bursts  []Burst // a ring
	oldest  int     // of them
}

// hole is a run of numbers that were passed, and may come yet.
type hole struct {
	at     time.Duration
	last   uint64
	left   uint64 // of them that have not come
	kernel uint64 // of left, at most
}

// hole notes numbers up to last that were passed.
func (w *window) hole(s *Seen, now time.Duration, last, gap uint64) {
	if w.losses == nil {
		w.losses = &losses{}
	}
	l := w.losses
	var kernel uint64
	if s.Drops != 0 {
		kernel = min(gap, uint64(s.Drops-w.drops))
	}
	w.LostKernel += kernel
	if n := len(l.open); n == maxOpen {
		h := &l.open[n-1]
		h.at, h.last = now, last
		h.left += gap
		h.kernel += kernel
		return
	}
	l.open = append(l.open, hole{at: now, last: last, left: gap, kernel: kernel})
}

// fill takes a late number out of the hole that it left.
func (w *window) fill(n uint64) {
	if w.losses == nil {
		return
	}
	for at := range w.losses.open {
		h := &w.losses.open[at]
		if int64(h.last-n) < 0 {
			continue
		}
		if h.left > 0 {
			h.left--
		}
		if h.left < h.kernel {
			h.kernel--
			w.LostKernel--
		}
		return
	}
}

// lose counts n that are missing for sure, while the socket dropped some.
func (w *window) lose(n uint64, at time.Time, drops uint32) {
	kernel := min(n, uint64(drops))
	w.Lost += n
	w.Gone += n
	w.LostKernel += kernel
	w.AtLeast = true
	if w.losses == nil {
		w.losses = &losses{}
	}
	w.losses.burst(Burst{At: at, Length: n, Kernel: kernel > 0})
}

// judge gives up the numbers up to one that have not come. High is still what it
// was before what passes them: numbers above it have no bit yet.
func (w *window) judge(upTo uint64) {
	for w.open > 0 && int64(upTo-w.judged) > 0 {
		n := w.judged + 1
		switch {
		case int64(n-w.High) > 0:
			k := min(upTo-w.judged, w.open)
			w.giveUp(n, k)
			w.judged += k
			continue
		case w.has(n):
			w.closeRun()
		default:
			w.giveUp(n, 1)
		}
		w.judged = n
	}
	if w.open == 0 {
		w.closeRun()
	}
	if int64(upTo-w.judged) > 0 {
		w.judged = upTo
	}
	if l := w.losses; l != nil {
		done := 0
		for done < len(l.open) && int64(l.open[done].last-w.judged) <= 0 {
			done++
		}
		l.open = l.open[:copy(l.open, l.open[done:])]
	}
}

func (w *window) giveUp(n, k uint64) {
	w.open -= k
	w.Gone += k
	if w.run.length > 0 && w.run.first+w.run.length == n {
		w.run.length += k
		return
	}
	w.closeRun()
	w.run = run{at: w.last, first: n, length: k}
	for _, h := range w.losses.open {
		if int64(h.last-n) >= 0 {
			w.run.at, w.run.kernel = h.at, h.kernel > 0
			break
		}
	}
}

func (w *window) closeRun() {
	if w.run.length > 0 {
		w.losses.burst(Burst{At: w.base.Add(w.run.at), First: w.run.first, Length: w.run.length, Kernel: w.run.kernel})
		w.run = run{}
	}
}

func (l *losses) burst(b Burst) {
	l.lengths[min(bits.Len64(b.Length), len(l.lengths))-1]++
	if len(l.bursts) < maxBursts {
		l.bursts = append(l.bursts, b)
		return
	}
	l.bursts[l.oldest] = b
	l.oldest = (l.oldest + 1) % maxBursts
}

// sweep gives up what is missing for so long.
func (w *window) sweep(now time.Time) { w.giveUpBefore(now.Sub(w.base) - gapTime) }

func (w *window) giveUpBefore(then time.Duration) {
	for w.open > 0 && len(w.losses.open) > 0 && w.losses.open[0].at <= then {
		w.judge(w.losses.open[0].last)
	}
	if w.open == 0 && w.run.length > 0 {
		w.closeRun()
	}
}

// kernelGone is how many of those given up the socket had no room for, at most.
func (w *window) kernelGone() uint64 {
	kernel := min(w.LostKernel, w.Lost)
	if w.losses == nil {
		return kernel
	}
	open := w.open
	for n := len(w.losses.open) - 1; n >= 0; n-- {
		// Only the oldest hole may be given up in part.
		h := &w.losses.open[n]
		still := min(h.left, open)
		open -= still
		kernel -= min(kernel, h.kernel-min(h.kernel, h.left-still))
	}
	return kernel
}

// list is the latest bursts, oldest first.
func (l *losses) list() []Burst {
	if l == nil {
		return nil
	}
	return append(append([]Burst{}, l.bursts[l.oldest:]...), l.bursts[:l.oldest]...)
}
