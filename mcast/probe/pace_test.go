package probe

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Many who send at the same time share one rate, and idle time is not saved
// up.
func TestPacer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(100)
		for range 2 {
			start := time.Now()
			var all sync.WaitGroup
			for range 51 {
				all.Go(func() {
					if err := sleep(t.Context(), p.next()); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if took := time.Since(start); took != 500*time.Millisecond {
				t.Errorf("51 datagrams at 100/s took %s, want 500ms", took)
			}
			time.Sleep(time.Minute)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := sleep(ctx, time.Now().Add(time.Hour)); err != context.DeadlineExceeded {
			t.Errorf("the end of the context ends the wait with %v, want its error", err)
		}
	})
}
