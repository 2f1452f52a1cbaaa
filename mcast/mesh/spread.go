package mesh

import (
	"math/bits"
	"time"
)

const (
	spreadWindow = 10 * time.Second // in which the fastest one is looked for, or twice that: clocks drift
	maxTransit   = 10 * time.Second // a change that is a clock's step
)

// spread is how much later datagrams came than the fastest one at their time. Clocks
// of two hosts are compared by changes alone.
type spread struct {
	begun     bool
	base      at // transit of the first one
	low, last at // the least in this window and in the one before it
	until     at // this window ends
	n         uint32
	hist      [96]uint32 // by the time in us: four for each doubling
}

// add takes in one that arrived at a time and was sent at one of the sender's clock.
func (s *spread) add(t at, sent time.Duration) {
	transit := t - sent
	if d := transit - s.base; !s.begun || d > maxTransit || d < -maxTransit || t < s.until-2*spreadWindow {
		s.begun, s.base = true, transit
		s.low, s.last, s.until = 0, 0, t+spreadWindow
	}
	d := transit - s.base
	if t >= s.until {
		s.last, s.low = s.low, d
		if t >= s.until+spreadWindow {
			s.last = d
		}
		s.until = t + spreadWindow
	}
	s.low = min(s.low, d)
	if s.n == 1<<31 {
		s.n = 0
		for i := range s.hist {
			s.hist[i] /= 2
			s.n += s.hist[i]
		}
	}
	s.n++
	s.hist[slot(uint64((d-min(s.low, s.last))/time.Microsecond))]++
}

// slot is where a time in us is counted: four for each doubling.
func slot(us uint64) int {
	if us < 4 {
		return int(us)
	}
	exp := bits.Len64(us) - 1 // from 2
	return min(4*(exp-1)+int(us>>(exp-2)&3), len(spread{}.hist)-1)
}

// top is the longest time of a slot, in us.
func top(slot int) uint64 {
	if slot < 4 {
		return uint64(slot)
	}
	exp := slot/4 + 1
	return (uint64(slot%4)+5)<<(exp-2) - 1
}

// most is the time that 95 of 100 took at most, in us.
func (s *spread) most() uint64 {
	left := uint64(s.n) * 95 / 100
	for i, n := range s.hist {
		if uint64(n) >= left && n > 0 {
			return top(i)
		}
		left -= min(uint64(n), left)
	}
	return 0
}
