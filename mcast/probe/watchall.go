package probe

import (
	"context"
	"sync"
	"time"
)

// WatchAll watches several targets as Watch does, each by itself, at cfg.Rate
// for all of them together, until ctx ends. report is never called twice at the
// same time. A target that cannot be asked at all ends only its own watch, if
// it says so itself (Target.Err), and else all of them, with its error.
func WatchAll(ctx context.Context, cfg Config, targets []Target, interval time.Duration, report func(Result)) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	cfg.Rate = max(cfg.Rate/float64(len(targets)), leastRate)
	var turn sync.Mutex // of those who report
	var watching sync.WaitGroup
	for _, t := range targets {
		watching.Go(func() {
			err := Watch(ctx, cfg, t, interval, func(r Result) {
				turn.Lock()
				defer turn.Unlock()
				report(r)
			})
			if t.Err == nil && ctx.Err() == nil {
				stop(err)
			}
		})
	}
	watching.Wait()
	return context.Cause(ctx)
}

// leastRate is the lowest rate of a watch, in datagrams a second.
const leastRate = 0.01
