// Package nap waits for when datagrams are due. A timer of Go can be a millisecond
// late, as the poller waits in whole ones: it wakes before, and the rest is slept.
package nap

import (
	"context"
	"time"
)

// What is nearer than fine is slept for, without looking at a context, and for Least
// at least: each wakeup costs some 10 us, and the datagrams that are due meanwhile
// leave by one call.
const (
	fine  = 3 * time.Millisecond
	Least = 500 * time.Microsecond
)

// Until waits until a time, or up to Least longer. The error is that of ctx.
func Until(ctx context.Context, due time.Time) error {
	for {
		left := time.Until(due)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case left <= 0:
			return nil
		case left <= fine:
			sleep(max(left, Least))
			continue
		}
		if err := Timer(ctx, left-fine/2); err != nil {
			return err
		}
	}
}

// Timer waits for a time by a timer alone, whose time a test can make. The error is
// that of ctx.
func Timer(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
