package host

import (
	"context"
	"fmt"
)

// Watch reports the changes of the interfaces until ctx ends, and then returns
// nil. It begins with the interfaces that are there, as if each had just
// appeared, so that no change is lost between a list and the watching. The
// goroutine that called Watch calls report, and never after ctx has ended.
//
// On Linux the changes are the kernel's own messages (rtnetlink(7)), in their
// order; a change that was undone since is reported too. If report is so slow
// that messages are lost, Watch reads the interfaces and reports the
// differences. The kernel tells of a network card's carrier at most once a
// second, and not at all of a loss that is mended within it. On other systems
// Watch compares the interfaces every half second.
//
// The interfaces are those of the network namespace of the calling thread. The
// error is that of [Interfaces], when it failed twice.
func Watch(ctx context.Context, report func(Change)) error {
	w := &watcher{list: Interfaces, report: report}
	if err := w.run(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("mcast: watch interfaces: %w", err)
	}
	return nil
}
