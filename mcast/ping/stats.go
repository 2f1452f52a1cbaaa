package ping

import (
	"math"
	"math/bits"
	"time"

	"github.com/groupcast/groupcast/mcast/internal/quantile"
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

// stats sums up round trips in memory that does not grow with their number.
// The zero stats is ready to use.
type stats struct {
	times    quantile.Times
	mean, m2 float64 // Welford's: the mean, and the sum of the squares of the distances from it

	histogram [histogramSize]uint64
	recent    [recentRTTs]time.Duration // a ring
}

// add counts a round trip; a negative one, as after the clock was set, is 0.
func (s *stats) add(rtt time.Duration) {
	rtt = max(rtt, 0)
	s.recent[s.times.Count%recentRTTs] = rtt
	s.times.Add(rtt)
	distance := float64(rtt) - s.mean
	s.mean += distance / float64(s.times.Count)
	s.m2 += distance * (float64(rtt) - s.mean)
	bar := bits.Len64(uint64(rtt / time.Microsecond))
	s.histogram[min(bar, histogramSize-1)]++
}

// stddev is that of the round trips as a whole, not the estimate from a sample.
func (s *stats) stddev() time.Duration {
	if s.times.Count == 0 {
		return 0
	}
	return time.Duration(math.Round(math.Sqrt(s.m2 / float64(s.times.Count))))
}

// describe writes what r has of round trips.
func (s *stats) describe(r *Responder) {
	r.Min, r.Avg, r.Max, r.StdDev = s.times.Min, time.Duration(math.Round(s.mean)), s.times.Max, s.stddev()
	r.P50, r.P99 = s.times.Quantile(0.50), s.times.Quantile(0.99)
	r.Histogram = s.histogram
	n := min(s.times.Count, recentRTTs)
	r.RTTs = make([]time.Duration, 0, n)
	for i := s.times.Count - n; i < s.times.Count; i++ {
		r.RTTs = append(r.RTTs, s.recent[i%recentRTTs])
	}
}
