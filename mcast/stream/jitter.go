package stream

import (
	"math"
	"time"
)

// measure adds to the jitter: RFC 3550, section 6.4.1.
func (w *window) measure(s *Seen, now time.Duration, d int64) {
	if s.Sent == 0 {
		w.arrive(now, d)
		return
	}
	transit := now - s.Sent
	if change := max(transit-w.transit, w.transit-transit); w.timed && change < maxTransit {
		w.jitter += (float64(change) - w.jitter) / 16
	}
	w.transit, w.timed, w.Numbers.Sent = transit, true, true
}

// arrive adds to the jitter where no sender's clock is known: how far arrivals are
// from the usual distance.
func (w *window) arrive(now time.Duration, d int64) {
	gap := now - w.last
	if d <= 0 || gap <= 0 && w.each == 0 || gap < 0 || gap >= gapTime {
		return
	}
	one := float64(gap) / float64(d)
	if w.each == 0 {
		w.each = one
		return
	}
	w.jitter += (math.Abs(float64(gap)-w.each*float64(d)) - w.jitter) / 16
	w.each += (one - w.each) / 16
}
