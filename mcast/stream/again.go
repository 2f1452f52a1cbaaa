package stream

import "time"

const (
	// anewAfter is how many old numbers in a row, none of them new, are a sender that
	// began anew within the window. A path may repeat a burst of some dozens.
	anewAfter = 96
	// anewSlow are as many if they took gapTime.
	anewSlow = 16
)

// again is a run of old numbers that count on by 1 to 16, since the highest one came.
type again struct {
	begun       bool
	beside      bool // newer numbers came in between: it is another path, or repeats of each
	first, last uint64
	seen        [windowSize / 64]uint64
	at          time.Duration // when the first came
	drops       uint32        // of the socket then

	// What was counted of it, which is taken back where a sender began anew.
	duplicates, early uint64
	late, open        uint64 // that filled holes; of them those that were not given up
	kernel            uint64 // by so much LostKernel fell
}

// note takes a number that was counted as n says, and is not above the highest one.
func (a *again) note(w *window, number uint64, now time.Duration, before *Numbers, open uint64) {
	step := int64(number - a.last)
	if !a.begun || step > maxStep || step <= -maxStep {
		*a = again{begun: true, first: number, last: number, at: now, drops: w.drops}
	}
	word, bit := &a.seen[number/64%uint64(len(a.seen))], uint64(1)<<(number%64)
	if *word&bit != 0 {
		return // it stays a duplicate, of the new run
	}
	*word |= bit
	if step > 0 {
		a.last = number
	}
	if int64(number-a.first) < 0 {
		a.first = number
	}
	a.duplicates += w.Duplicates - before.Duplicates
	a.early += w.Early - before.Early
	a.late += w.Reordered - before.Reordered
	a.open += open - w.open
	a.kernel += before.LostKernel - w.LostKernel
}

// anew reports whether the run is that of a sender that began anew. Numbers that only
// fill holes are late.
func (a *again) anew(now time.Duration) bool {
	n := a.duplicates + a.early
	return a.begun && !a.beside && n > a.late && (n >= anewAfter || n >= anewSlow && now-a.at >= gapTime)
}

// beginsAnew makes the run of old numbers that s ended the next run of the stream.
func (w *window) beginsAnew(s *Seen) {
	a, now, jitter := w.again, s.At.Sub(w.base), w.jitter
	w.Duplicates -= a.duplicates
	w.Early -= a.early
	w.Reordered -= a.late
	w.Distinct -= a.late
	w.Lost += a.late
	w.Gone += a.open
	w.LostKernel += a.kernel

	next := &window{Numbers: &Numbers{}}
	one := Seen{Sight: Sight{Format: s.Format, ID: s.ID, Bits: s.Bits, Promise: s.Promise}, Drops: a.drops}
	var turns uint64
	if w.width < 64 {
		turns = a.first &^ (1<<w.width - 1)
	}
	each := float64(now-a.at) / float64(max(a.last-a.first, 1))
	for n := a.first; n != a.last+1; n++ {
		if a.seen[n/64%uint64(len(a.seen))]&(1<<(n%64)) == 0 {
			continue
		}
		one.Number, one.At = n-turns, w.base.Add(a.at+time.Duration(each*float64(n-a.first)))
		next.add(&one, int64(n-turns-next.High), exactly)
	}
	// When the socket dropped in that time is not known.
	if s.Drops != 0 {
		next.LostKernel = min(next.Lost, uint64(s.Drops-a.drops))
		next.drops = s.Drops
	}
	w.takeOver(next)
	w.jitter = jitter
}
