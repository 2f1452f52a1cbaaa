package watch

import (
	"bytes"
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// Who is told of each tick is told nothing while the judge stands still, and again
// when it goes on.
func TestNobodyIsToldOfATickThatStands(t *testing.T) {
	for _, joinOnly := range []bool{false, true} {
		var ticks atomic.Int32
		w := &Watcher{cfg: Config{JoinOnly: joinOnly, Ticked: func(time.Time) { ticks.Add(1) }}, meters: newMeters(time.Now()), queue: newQueue()}
		w.mu.Lock() // which a tick takes
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); w.judge(ctx) }()
		if !joinOnly {
			labtest.Eventually(t, "the judge waits in a tick", func() bool {
				stacks := make([]byte, 1<<20)
				return bytes.Contains(stacks[:runtime.Stack(stacks, true)], []byte(".(*Watcher).tick("))
			})
			if n := ticks.Load(); n > 0 {
				t.Errorf("the first tick has not ended, and %d are told", n)
			}
			w.mu.Unlock()
		}
		labtest.Eventually(t, "it ticks", func() bool { return ticks.Load() > 1 })
		cancel()
		<-done
	}
}
