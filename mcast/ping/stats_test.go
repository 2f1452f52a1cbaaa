package ping

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// roundTrips are of all sizes alike: from nanoseconds to hours.
func roundTrips(t *rapid.T) []time.Duration {
	one := rapid.Custom(func(t *rapid.T) time.Duration {
		return time.Duration(rapid.Uint64Range(0, 1<<rapid.IntRange(0, 43).Draw(t, "bits")).Draw(t, "ns"))
	})
	return rapid.SliceOfN(one, 1, 300).Draw(t, "round trips")
}

func near(got, want, part float64) bool { return math.Abs(got-want) <= part*want+1 }

func TestStatsAreThoseOfTheList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := roundTrips(t)
		var s stats
		sum := 0.0
		for _, rtt := range list {
			s.add(rtt)
			sum += float64(rtt)
		}
		var r Responder
		s.describe(&r)
		sorted := slices.Sorted(slices.Values(list))
		n := float64(len(list))
		mean, squares := sum/n, 0.0
		for _, rtt := range list {
			squares += (float64(rtt) - mean) * (float64(rtt) - mean)
		}
		if r.Min != sorted[0] || r.Max != sorted[len(sorted)-1] {
			t.Errorf("min %v, max %v; want %v, %v", r.Min, r.Max, sorted[0], sorted[len(sorted)-1])
		}
		if !near(float64(r.Avg), mean, 1e-9) || !near(float64(r.StdDev), math.Sqrt(squares/n), 1e-6) {
			t.Errorf("avg %v, stddev %v; want %v, %v", r.Avg, r.StdDev, time.Duration(mean), time.Duration(math.Sqrt(squares/n)))
		}
		for q, got := range map[float64]time.Duration{0.50: r.P50, 0.99: r.P99} {
			if want := sorted[int(math.Ceil(q*n))-1]; !near(float64(got), float64(want), 0.03) {
				t.Errorf("quantile %v is %v, want %v within 3 %%", q, got, want)
			}
		}
		if want := list[max(0, len(list)-recentRTTs):]; !slices.Equal(r.RTTs, want) {
			t.Errorf("recent round trips are %v, want %v", r.RTTs, want)
		}
		counted := uint64(0)
		for i, bar := range r.Histogram {
			counted += bar
			low, high := HistogramBounds(i)
			inside := 0
			for _, rtt := range list {
				if low <= rtt && rtt < high {
					inside++
				}
			}
			if bar != uint64(inside) {
				t.Errorf("bar %d counts %d, want the %d from %v to %v", i, bar, inside, low, high)
			}
		}
		if counted != uint64(len(list)) {
			t.Errorf("the histogram counts %d, want %d", counted, len(list))
		}
	})
}

func TestNoRoundTripsAreAllZero(t *testing.T) {
	var s stats
	var r Responder
	s.describe(&r)
	if r.Min != 0 || r.Max != 0 || r.Avg != 0 || r.StdDev != 0 || r.P50 != 0 || r.P99 != 0 || len(r.RTTs) != 0 {
		t.Errorf("statistics of nothing are %+v, want zeroes", r)
	}
}

// An hour of flood takes no more memory than its first second.
func TestStatsDoNotGrow(t *testing.T) {
	var s stats
	rtt := func(i int) time.Duration { return time.Duration(20_000 + i*7919%50_000) }
	for i := range 50_000 {
		s.add(rtt(i))
	}
	i := 0
	if n := testing.AllocsPerRun(50_000, func() { s.add(rtt(i)); i++ }); n != 0 {
		t.Errorf("%v allocations for a round trip like those before, want 0", n)
	}
}
