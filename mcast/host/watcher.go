package host

import (
	"context"
	"slices"
	"time"
)

// pollInterval leaves half of the second in which a lost membership is to be
// joined again.
const pollInterval = 500 * time.Millisecond

// watcher knows the interfaces as the last report left them.
type watcher struct {
	list   func() ([]Interface, error)
	report func(Change)
	known  []Interface
}

// reread brings the watcher up to date with the system.
func (w *watcher) reread(ctx context.Context) error {
	list, err := w.list()
	if err != nil {
		list, err = w.list() // an interface may have vanished in the middle of it
	}
	if err != nil {
		return err
	}
	w.update(ctx, list)
	return nil
}

// update reports the changes from the interfaces as they are known to after,
// until ctx ends.
func (w *watcher) update(ctx context.Context, after []Interface) {
	list := changes(w.known, after)
	if w.known == nil && len(list) > 0 {
		list[0].All = slices.Clone(after)
	}
	w.known = after
	w.tell(ctx, list)
}

// tell reports changes until ctx ends.
func (w *watcher) tell(ctx context.Context, list []Change) {
	now := time.Now()
	for _, c := range list {
		if ctx.Err() != nil {
			return
		}
		c.At = now
		w.report(c)
	}
}

// poll compares the interfaces again and again.
func (w *watcher) poll(ctx context.Context) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		if err := w.reread(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
