package members

import (
	"math"
	"time"
)

// at is a time, as it has passed since an hour before the conversation began: no time
// is 0, which stands for never.
type at = time.Duration

// forever is later than all that is due.
const forever at = math.MaxInt64

// bucket is a budget: each thing costs one.
type bucket struct {
	tokens float64
	last   at // 0: it is full
}

// fill brings it up to date.
func (b *bucket) fill(now at, rate, burst float64) {
	if b.last == 0 {
		b.tokens = burst
	} else {
		b.tokens = min(burst, b.tokens+rate*(now-b.last).Seconds())
	}
	b.last = now
}

func (b *bucket) take(now at, rate, burst float64) bool {
	if b.fill(now, rate, burst); b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// full is when it has one again.
func (b *bucket) full(now at, rate, burst float64) at {
	if b.fill(now, rate, burst); b.tokens >= 1 {
		return now
	}
	return now + time.Duration((1-b.tokens)/rate*float64(time.Second)) + time.Microsecond
}
