package session

import (
	"fmt"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/members"
)

// maxLoaded is how many frames of a history are taken in: the youngest. Each is
// verified, which takes 0.1 ms.
const maxLoaded = 4096

// keep keeps a frame in the history. The conversation calls it, and so t.mu is held.
func (t *talk) keep(f *frame.Frame) {
	s := t.s
	s.history.Lock()
	err := s.cfg.Members.History.Append(t.name, time.Now(), f.Bytes)
	first := err != nil && !s.historyTold
	s.historyTold = s.historyTold || first
	s.history.Unlock()
	if first {
		s.Problem(&mcast.Advised{Err: fmt.Errorf("history: %w", err), Advice: "the talk goes on; what is said from now on may be missing there"})
	}
}

// load takes in the frames that earlier runs kept.
func (t *talk) load() {
	h := t.s.cfg.Members.History
	if h == nil {
		return
	}
	t.s.history.Lock()
	var kept [][]byte
	bytes := 0
	err := h.Frames(t.name, func(data []byte) error {
		kept, bytes = append(kept, slices.Clone(data)), bytes+len(data)
		for len(kept) > maxLoaded || bytes > members.MaxBytes {
			bytes -= len(kept[0])
			kept = kept[1:]
		}
		return t.s.life.Err()
	})
	t.s.history.Unlock()
	for _, data := range kept {
		if t.s.life.Err() != nil {
			return
		}
		t.mu.Lock()
		if !t.left {
			t.conv.Load(time.Now(), data) // one of another key is nothing to tell
			t.dirty = true
			t.tell(nil)
		}
		t.mu.Unlock()
	}
	if err != nil && t.s.life.Err() == nil {
		t.s.Problem(fmt.Errorf("history: %w", err))
	}
}
