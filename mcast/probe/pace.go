package probe

import (
	"context"
	"sync"
	"time"
)

// pacer gives each datagram its time, one after the other at a rate, without
// saving up for bursts.
type pacer struct {
	gap time.Duration

	mu   sync.Mutex
	last time.Time // that was given
}

func newPacer(rate float64) *pacer {
	return &pacer{gap: time.Duration(float64(time.Second) / rate)}
}

// next is when a datagram may be sent: now, or later if others are waiting.
func (p *pacer) next() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = later(time.Now(), p.last.Add(p.gap))
	return p.last
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
