package probe

import (
	"context"
	"time"

	"golang.org/x/time/rate"
)

// pacer gives each datagram its time, one after the other at a rate.
type pacer struct{ *rate.Limiter }

// newPacer returns a pacer for so many datagrams a second. Its burst is 1: time
// in which nothing is sent is not saved up.
func newPacer(perSecond float64) pacer {
	return pacer{rate.NewLimiter(rate.Limit(perSecond), 1)}
}

// next is when a datagram may be sent: now, or later if others are waiting. The
// caller may read meanwhile, which Limiter.Wait would not let it do.
func (p pacer) next() time.Time {
	now := time.Now()
	return now.Add(p.ReserveN(now, 1).DelayFrom(now))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// sleep waits until that time; the error is that of ctx.
func sleep(ctx context.Context, until time.Time) error {
	t := time.NewTimer(time.Until(until))
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}
