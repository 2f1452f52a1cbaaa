package stream

import (
	"math/bits"
	"time"
)

const (
	// leastBar is the shortest silence that is told.
	leastBar = 2 * time.Second
	// barGaps is how many of its usual gaps a sender is missed after.
	barGaps = 4

	steadyDatagrams, steadyTime = 20, 5 * time.Second
	// A short look has to do with less, and wants the gaps more regular.
	shortDatagrams, shortTime, shortGap = 10, 2 * time.Second, time.Second
)

// gaps counts the times between datagrams by their length: two counts to each
// doubling of a microsecond, up to an hour.
type gaps struct {
	counts []uint32 // of the slots from first on: most senders need few
	total  uint32
	first  uint8
}

func (g *gaps) add(d time.Duration) { g.count(slot(d), 1) }

func (g *gaps) count(slot int, k uint32) {
	at := slot - int(g.first)
	if uint(at) >= uint(len(g.counts)) {
		g.grow(slot)
		at = slot - int(g.first)
	}
	g.counts[at] += k
	g.total += k
}

// grow makes room for a slot, and one beside it.
func (g *gaps) grow(slot int) {
	from, to := max(slot-1, 0), slot+2
	if len(g.counts) > 0 {
		from, to = min(from, int(g.first)), max(to, int(g.first)+len(g.counts))
	}
	counts := make([]uint32, to-from)
	if len(g.counts) > 0 {
		copy(counts[int(g.first)-from:], g.counts)
	}
	g.counts, g.first = counts, uint8(from)
}

func slot(d time.Duration) int {
	us := uint64(min(d.Microseconds(), 1<<32-1))
	n := bits.Len64(us)
	if n < 2 {
		return 2 * n
	}
	return 2*n + int(us>>(n-2)&1)
}

// top is the longest gap that a slot counts.
func top(slot int) time.Duration {
	n, half := slot/2, slot%2
	if n < 2 {
		return time.Duration(n) * time.Microsecond
	}
	return time.Duration((3+uint64(half))<<(n-2)-1) * time.Microsecond
}

// quantile is a gap that so many of a thousand are not longer than, up to half of
// itself too long.
func (g *gaps) quantile(perMille uint32) time.Duration {
	need := (uint64(g.total)*uint64(perMille) + 999) / 1000
	var sum uint64
	for at, n := range g.counts {
		if sum += uint64(n); sum >= need && sum > 0 {
			return top(int(g.first) + at)
		}
	}
	return 0
}

// steady reports whether a sender sends so regularly that its silence means
// something: 20 datagrams in 5 s or more with 95 % of the gaps under 2 s; or 10 in
// 2 s or more, with all gaps under a second.
func (g *gaps) steady(datagrams int, over time.Duration) bool {
	return datagrams >= steadyDatagrams && over >= steadyTime && g.quantile(950) < leastBar ||
		datagrams >= shortDatagrams && over >= shortTime && g.quantile(1000) < shortGap
}

// bar is the silence after which a steady sender is missed.
func (g *gaps) bar() time.Duration { return max(leastBar, barGaps*g.quantile(990)) }

// bars lists the times between datagrams, shortest first.
func (g *gaps) bars() (list []Bar) {
	for at, n := range g.counts {
		if n > 0 {
			list = append(list, Bar{To: top(int(g.first) + at), Count: uint64(n)})
		}
	}
	return list
}
