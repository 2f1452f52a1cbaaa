package stream

import (
	"math"
	"time"
)

const (
	// windowSize is how many numbers back a late datagram is told from a duplicate.
	windowSize = 1024
	// gapTime is how long a number may be late before it is given up; and a stream
	// that was quiet so long and goes on with old numbers began anew.
	gapTime = 2 * time.Second
	// endTime is how long after its end a late datagram of a stream may come.
	endTime = 500 * time.Millisecond
	// maxRate bounds, in datagrams a second, what numbers that lie may claim.
	maxRate = 2e7
	// idLeap is a jump that a stream with an ID may make at once. It has no other
	// numbers to begin anew with.
	idLeap = 1 << 20
	// shortLeap is how much of what short numbers count they may leap at once, however
	// slowly they run: 8,192 of RTP. A sender of RTP may begin anew with its ID.
	shortLeap = 8
	// maxTransit is a change of the transit time that is a step of a clock, no jitter.
	maxTransit = 10 * time.Second
	// maxOpen bounds the gaps whose time is kept; further ones count with the last.
	maxOpen = 64
	// maxBursts is how many of the latest bursts are kept.
	maxBursts = 64
)

// window accounts for one run of numbers after the other: which came, once or
// twice, late or never. It looks 1,024 numbers back, and needs no more memory
// however long a stream is.
type window struct {
	*Numbers     // of the row
	width    int // of the numbers, in bits; 0: none has come, or they are not numbers
	begun    bool
	seen     [windowSize / 64]uint64
	judged   uint64 // a number up to it has come or is given up
	open     uint64 // numbers after judged that have not come

	base         time.Time     // the times below count from then on
	last, latest time.Duration // when High came, and any
	drops        uint32        // of the socket then
	rate         float64       // numbers a second; 0: not known
	settled      bool          // rate is of a second or more
	mark         time.Duration // the rate was taken
	markHigh     uint64
	pause        time.Duration // the longest time between two numbers that follow
	transit      time.Duration // of the latest with a time
	timed        bool          // there is one
	each         float64       // nanoseconds between two numbers, smoothed
	jitter       float64       // nanoseconds

	run    run     // of numbers given up, which may go on
	losses *losses // nil: nothing was lost
	again  *again  // nil: no old number came
}

type place uint8

const (
	fits   place = iota
	ahead        // too far to be loss
	behind       // too far to be late
)

// surely is how well it is known how far a number is from the highest one.
type surely uint8

const (
	exactly surely = iota
	about          // by rate and time
	atLeast        // the numbers may have gone round
)

// where says how far a number is from the highest one, and whether that is likely.
func (w *window) where(s *Seen) (d int64, how surely, p place) {
	return w.whereAt(s, s.At.Sub(w.base))
}

// whereAt is where, of a time since base.
func (w *window) whereAt(s *Seen, now time.Duration) (d int64, how surely, p place) {
	if !w.begun {
		return 0, exactly, fits
	}
	passed := max(now-w.last, 0)
	if w.width < 64 {
		mask := uint64(1)<<w.width - 1
		forward := (s.Number - w.High) & mask
		d = int64(forward<<(64-w.width)) >> (64 - w.width)
		// In that time the numbers may have gone round.
		if expected := w.rate * seconds(passed); w.settled && expected > float64(uint64(1)<<(w.width-1)) {
			switch {
			case forward > 0 && forward <= max(1, mask>>12):
				return int64(forward), exactly, fits // it paused, and goes on where it was
			case forward > 0 && passed <= 2*w.pause:
				return int64(forward), atLeast, fits // it pauses
			}
			turns := max(math.Round((expected-float64(forward))/float64(mask+1)), 0)
			if forward == 0 {
				turns = max(turns, 1)
			}
			return int64(forward + uint64(turns)<<w.width), about, fits
		}
	} else {
		d = int64(s.Number - w.High)
	}
	switch {
	case d > windowSize && float64(d) > min(4*w.rate, maxRate)*seconds(passed):
		return d, exactly, ahead
	case d > 0:
		return d, exactly, fits
	case s.End || s.Again:
	case d <= -windowSize, now-w.latest >= gapTime, w.Ended && now-w.latest >= endTime:
		return d, exactly, behind
	}
	return d, exactly, fits
}

// seconds is cheaper than Duration.Seconds, and almost as exact.
func seconds(d time.Duration) float64 { return float64(d) * 1e-9 }

// leaps reports whether a jump forward may be loss, since the stream has an ID. It is
// further than the rate explains.
func (w *window) leaps(s *Seen, d int64) bool {
	if w.width <= 16 && w.settled && d > 1<<w.width/shortLeap {
		return false
	}
	return s.ID != 0 && d > 0 && float64(d) <= idLeap+maxRate*max(s.At.Sub(w.base)-w.last, 0).Seconds()
}

// add counts a datagram that is d after the highest one.
func (w *window) add(s *Seen, d int64, how surely) {
	if !w.begun {
		w.base = s.At
	}
	w.addAt(s, s.At.Sub(w.base), d, how)
}

// addAt is add, of a time since base.
func (w *window) addAt(s *Seen, now time.Duration, d int64, how surely) {
	w.Promise = max(s.Promise, 0)
	switch {
	case s.Bits == 0:
		w.miss(s, now)
		return
	case s.End:
		w.end(s, now, d, how)
		return
	case !w.begun:
		w.begin(s)
	case d > 0:
		w.measure(s, now, d)
		w.advance(s, now, d, how)
		w.set(w.High)
		if w.again != nil {
			w.again.beside = true
		}
	case !w.past(s, now, d):
		return
	default:
		w.measure(s, now, d)
	}
	w.Distinct++
	w.latest = now
}

// begin starts a run of numbers. What was counted before stays.
func (w *window) begin(s *Seen) {
	w.width, w.begun, w.Format, w.ID, w.Ended = s.Bits, true, s.Format, s.ID, false
	w.First, w.High, w.judged, w.open = s.Number, s.Number, s.Number-1, 0
	w.seen = [windowSize / 64]uint64{}
	w.set(s.Number)
	w.base, w.last, w.latest, w.drops = s.At, 0, 0, s.Drops
	w.rate, w.settled, w.mark, w.markHigh, w.pause = 0, false, 0, s.Number, 0
	w.transit, w.timed, w.each = -s.Sent, s.Sent != 0, 0
	w.Numbers.Sent = s.Sent != 0
}

// restart gives up what is missing of a run, and begins another.
func (w *window) restart(s *Seen) {
	if w.begun {
		w.finish()
		w.Restarts++
	}
	w.begin(s)
	w.Distinct++
}

// finish gives up all that has not come.
func (w *window) finish() {
	w.judge(w.High)
	w.closeRun()
	if w.losses != nil {
		w.losses.open = w.losses.open[:0]
	}
}

// advance moves the window on by d, and counts what is passed as lost.
func (w *window) advance(s *Seen, now time.Duration, d int64, how surely) {
	high, gap := w.High+uint64(d), uint64(d-1)
	if gap > 0 {
		w.Lost += gap
		w.open += gap
		w.About = w.About || how == about
		w.AtLeast = w.AtLeast || how == atLeast
		w.hole(s, now, high-1, gap)
	}
	if w.open > 0 {
		w.judge(high - windowSize)
	} else if upTo := high - windowSize; int64(upTo-w.judged) > 0 {
		w.judged = upTo
	}
	if d >= windowSize {
		w.seen = [windowSize / 64]uint64{}
	} else {
		for n := w.High + 1; n != high+1; n++ {
			w.clear(n)
		}
	}
	if d <= 16 {
		w.pause = max(w.pause, now-w.last)
	}
	w.High = high
	w.last = now
	if s.Drops != 0 {
		w.drops = s.Drops
	}
	if passed := now - w.mark; passed >= time.Second || !w.settled && passed > 0 {
		w.pace(passed)
	}
	if w.open > 0 {
		w.giveUpBefore(now - gapTime)
	}
}

// pace notes how fast the numbers run. A pause says nothing about that.
func (w *window) pace(passed time.Duration) {
	now := min(float64(w.High-w.markHigh)/passed.Seconds(), maxRate)
	switch {
	case passed < time.Second:
		// The first second has no better measure than what there is of it.
		if w.High-w.First >= 8 {
			w.rate = now
		}
		return
	case !w.settled:
		w.rate, w.settled = now, true
	case passed < gapTime:
		w.rate += (now - w.rate) / 4
	}
	w.mark, w.markHigh = w.last, w.High
}

// past counts a number that is not above the highest one, and reports whether it
// came for the first time.
func (w *window) past(s *Seen, now time.Duration, d int64) (first bool) {
	n := w.High + uint64(d)
	// Whoever begins anew with our own numbers has another ID.
	if d > -windowSize && !s.Again && s.Format != Own {
		if w.again == nil {
			w.again = new(again)
		}
		before, open := *w.Numbers, w.open
		defer func() { w.again.note(w, n, now, &before, open) }()
	}
	switch {
	case int64(n-w.First) < 0:
		w.Early++
	case d <= -windowSize:
		w.Old++
	case w.has(n):
		if !s.Again {
			w.Duplicates++
		}
	default:
		w.set(n)
		w.Reordered++
		w.Lost--
		if int64(n-w.judged) > 0 {
			w.open--
		}
		w.fill(n)
		return true
	}
	w.latest = now
	return false
}

// end counts the tail: the sender says how many it sent.
func (w *window) end(s *Seen, now time.Duration, d int64, how surely) {
	w.Ended = true
	if !w.begun {
		w.Format, w.ID = s.Format, s.ID
		return
	}
	if d--; d > 0 {
		w.advance(s, now, d+1, how)
		w.High-- // High was to come before the end, and did not
		w.clear(w.High + 1)
	}
	w.latest = now
}

// miss counts what continuity counters miss.
func (w *window) miss(s *Seen, now time.Duration) {
	if !w.begun {
		w.begun, w.Format, w.ID, w.drops, w.last = true, s.Format, s.ID, s.Drops, now
	}
	w.Distinct++
	w.Ended = w.Ended || s.End
	if s.Missing > 0 {
		var drops uint32
		if s.Drops != 0 {
			drops = s.Drops - w.drops
		}
		w.lose(uint64(s.Missing), s.At, drops)
	}
	if s.Drops != 0 {
		w.drops = s.Drops
	}
	w.arrive(now, 1)
	w.last, w.latest = now, now
}

func (w *window) bit(n uint64) (word *uint64, bit uint64) {
	return &w.seen[n/64%uint64(len(w.seen))], 1 << (n % 64)
}

func (w *window) has(n uint64) bool { word, bit := w.bit(n); return *word&bit != 0 }
func (w *window) set(n uint64)      { word, bit := w.bit(n); *word |= bit }
func (w *window) clear(n uint64)    { word, bit := w.bit(n); *word &^= bit }

// numbers is what is known until now.
func (w *window) numbers() Numbers {
	n := *w.Numbers
	n.LostKernel = min(n.LostKernel, n.Lost)
	n.Jitter = time.Duration(w.jitter)
	return n
}
