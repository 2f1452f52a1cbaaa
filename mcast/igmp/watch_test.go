package igmp

import (
	"context"
	"testing"
	"time"
)

// Events that nobody fetches have a bound, and the oldest go first, counted.
func TestWatcherKeepsTheLatestEvents(t *testing.T) {
	w := &Watcher{view: NewView(), woken: make(chan struct{}, 1), timer: time.NewTimer(time.Hour)}
	w.ended, w.end = context.WithCancel(t.Context())
	defer w.end()
	for n := range maxEvents + 10 {
		w.mu.Lock()
		w.tell([]Event{{Interface: n}})
		w.mu.Unlock()
	}
	events, err := w.Next(t.Context())
	if err != nil || len(events) > maxEvents || events[len(events)-1].Interface != maxEvents+9 {
		t.Fatalf("%d events, the last of %d, %v; want at most %d with the latest", len(events), events[len(events)-1].Interface, err, maxEvents)
	}
	if l := w.Losses(); l.Events == 0 || l.Events != uint64(events[0].Interface) {
		t.Errorf("lost %+v, want those before the first that is kept, %d", l, events[0].Interface)
	}
}
