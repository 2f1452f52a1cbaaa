package ping

import (
	"math"
	"math/bits"
	"time"
)

// recentRTTs is how many of the last round trips are kept.
const recentRTTs = 64

// histogramSize is how many bars a histogram has.
const histogramSize = 32

// HistogramBounds are the round trips that bar i of a histogram counts: from
// low on, below high. The first is below 1 µs and each next one ends at twice
// the time; the last, from 17.9 minutes on, has no end.
func HistogramBounds(i int) (low, high time.Duration) {
	if i > 0 {
		low = time.Microsecond << (i - 1)
	}
	high = time.Microsecond << i
	if i == histogramSize-1 {
		high = math.MaxInt64
	}
	return low, high
}

// Quantiles come from counts of round trips that are alike: 2^precision counts
// for each doubling of the time, so that the middle of one is within 1/64 of
// what it stands for.
const (
	precision = 5
	slots     = 1 << precision
)

// stats sums up round trips in memory that does not grow with their number.
// The zero stats is ready to use.
type stats struct {
	count    uint64
	min, max time.Duration
	mean, m2 float64 // Welford's: the mean, and the sum of the squares of the distances from it

	alike     [64 - precision]*[slots]uint64 // by doublings; nil: none that long
	histogram [histogramSize]uint64
	recent    [recentRTTs]time.Duration // a ring
}

// add counts a round trip; a negative one, as after the clock was set, is 0.
func (s *stats) add(rtt time.Duration) {
	rtt = max(rtt, 0)
	if s.count == 0 || rtt < s.min {
		s.min = rtt
	}
	s.max = max(s.max, rtt)
	s.recent[s.count%recentRTTs] = rtt
	s.count++
	distance := float64(rtt) - s.mean
	s.mean += distance / float64(s.count)
	s.m2 += distance * (float64(rtt) - s.mean)

	doubling, slot := place(rtt)
	if s.alike[doubling] == nil {
		s.alike[doubling] = new([slots]uint64)
	}
	s.alike[doubling][slot]++
	bar := bits.Len64(uint64(rtt / time.Microsecond))
	s.histogram[min(bar, histogramSize-1)]++
}

// place is where a round trip is counted. Up to 2^precision ns each has a count
// of its own.
func place(rtt time.Duration) (doubling, slot int) {
	shift := max(0, bits.Len64(uint64(rtt))-precision-1)
	n := int(uint64(rtt) >> shift)
	if n < slots {
		return 0, n
	}
	return shift + 1, n - slots
}

// middle is the middle of the round trips that are counted at a place.
func middle(doubling, slot int) time.Duration {
	if doubling == 0 {
		return time.Duration(slot)
	}
	shift := doubling - 1
	return time.Duration((slots+slot)<<shift) + time.Duration(1)<<shift/2
}

// quantile is the round trip that the share q of all, above 0 and up to 1, do
// not exceed; 0 if there are none.
func (s *stats) quantile(q float64) time.Duration {
	rank := uint64(math.Ceil(q * float64(s.count)))
	seen := uint64(0)
	for doubling, counts := range s.alike {
		if counts == nil {
			continue
		}
		for slot, n := range counts {
			if seen += n; n > 0 && seen >= rank {
				return min(max(middle(doubling, slot), s.min), s.max)
			}
		}
	}
	return s.max
}

// stddev is that of the round trips as a whole, not the estimate from a sample.
func (s *stats) stddev() time.Duration {
	if s.count == 0 {
		return 0
	}
	return time.Duration(math.Round(math.Sqrt(s.m2 / float64(s.count))))
}

// describe writes what r has of round trips.
func (s *stats) describe(r *Responder) {
	r.Min, r.Avg, r.Max, r.StdDev = s.min, time.Duration(math.Round(s.mean)), s.max, s.stddev()
	r.P50, r.P99 = s.quantile(0.50), s.quantile(0.99)
	r.Histogram = s.histogram
	n := min(s.count, recentRTTs)
	r.RTTs = make([]time.Duration, 0, n)
	for i := s.count - n; i < s.count; i++ {
		r.RTTs = append(r.RTTs, s.recent[i%recentRTTs])
	}
}
