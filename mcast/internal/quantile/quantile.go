// Package quantile counts times in memory that does not grow with their number, and
// gives quantiles of them.
package quantile

import (
	"math"
	"math/bits"
	"time"
)

// There are 2^precision counts for each doubling of the time, so that the middle of
// one is within 1/64 of what it stands for.
const (
	precision = 5
	slots     = 1 << precision
)

// Times counts times by size: 256 bytes for each doubling that occurs. The zero value
// is ready to use.
type Times struct {
	Count    uint64
	Min, Max time.Duration
	alike    [64 - precision]*[slots]uint64 // by doublings; nil: none that long
}

// Add counts a time; a negative one, as after the clock was set, is 0.
func (t *Times) Add(d time.Duration) {
	d = max(d, 0)
	if t.Count == 0 || d < t.Min {
		t.Min = d
	}
	t.Max = max(t.Max, d)
	t.Count++
	doubling, slot := place(d)
	if t.alike[doubling] == nil {
		t.alike[doubling] = new([slots]uint64)
	}
	t.alike[doubling][slot]++
}

// place is where a time is counted. Up to 2^precision ns each has a count of its own.
func place(d time.Duration) (doubling, slot int) {
	shift := max(0, bits.Len64(uint64(d))-precision-1)
	n := int(uint64(d) >> shift)
	if n < slots {
		return 0, n
	}
	return shift + 1, n - slots
}

// middle is the middle of the times that are counted at a place.
func middle(doubling, slot int) time.Duration {
	if doubling == 0 {
		return time.Duration(slot)
	}
	shift := doubling - 1
	return time.Duration((slots+slot)<<shift) + time.Duration(1)<<shift/2
}

// Quantile is the time that the share q of all, above 0 and up to 1, do not exceed,
// within 1.6 %; 0 if there are none.
func (t *Times) Quantile(q float64) time.Duration {
	rank := uint64(math.Ceil(q * float64(t.Count)))
	seen := uint64(0)
	for doubling, counts := range t.alike {
		if counts == nil {
			continue
		}
		for slot, n := range counts {
			if seen += n; n > 0 && seen >= rank {
				return min(max(middle(doubling, slot), t.Min), t.Max)
			}
		}
	}
	return t.Max
}
