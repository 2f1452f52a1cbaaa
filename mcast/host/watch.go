package host

import (
	"context"
	"fmt"
)

// Watch reports what happens to the interfaces until ctx ends, and returns
// nil then. It begins with what is there, as if it had just appeared, so that
// there is no moment between a list and the watching. report is called by
// the goroutine that called Watch, and never after ctx has ended.
//
// On Linux the changes are the kernel's own messages (rtnetlink(7)), in their
// order, even those that were undone in the meantime, unless report is so slow
// that some are lost: then the interfaces are compared. The carrier is an
// exception: of a network card's the kernel tells at most once a second, and
// a loss that is mended by then not at all. Where there are no such messages,
// the interfaces are compared every half second.
//
// The interfaces are those of the network namespace of the calling thread.
// The error is that of reading them, when it failed twice.
func Watch(ctx context.Context, report func(Change)) error {
	w := &watcher{list: Interfaces, report: report}
	if err := w.run(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("mcast: watch interfaces: %w", err)
	}
	return nil
}
