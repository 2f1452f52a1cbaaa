package natslink

import (
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast/bridge"
)

// Bounds of what waits for its acknowledgement.
const (
	spoolBytes  = 16 << 20 // of frames, and spoolFrame of each
	spoolFrame  = 256
	spoolFor    = time.Hour
	spoolWindow = 256 // frames that are on their way at once
)

// waiting is a kept frame that is not yet acknowledged.
type waiting struct {
	id       frameID
	group    string // token
	lan      string
	bridge   string
	data     []byte
	since    time.Time
	first    time.Time // it was sent; zero: never
	sent     time.Time // the last time
	onTheWay bool
	done     bool
}

// spool holds kept frames until they are acknowledged, in their order. Its methods can be
// called from several goroutines.
type spool struct {
	mu     sync.Mutex
	list   []*waiting // the first is not done
	number uint64     // of the first
	next   int        // in the list: all before it are done, or on their way
	way    int        // how many are on their way
	byID   map[frameID]*waiting
	bytes  int // of those that wait, and spoolFrame of each in the list
	kept   uint64
	lost   uint64
	empty  chan struct{} // see drained
}

func sizeOf(w *waiting) int { return len(w.data) + spoolFrame }

// add takes a frame. One that waits already is not taken twice.
func (s *spool) add(w *waiting) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID == nil {
		s.byID = map[frameID]*waiting{}
	}
	if s.byID[w.id] != nil {
		return
	}
	for len(s.list) > 0 && s.bytes+sizeOf(w) > spoolBytes {
		s.drop()
	}
	s.byID[w.id] = w
	s.list = append(s.list, w)
	s.bytes += sizeOf(w)
}

// drop gives the oldest up.
func (s *spool) drop() {
	s.lost++
	s.end(s.list[0])
}

// end takes a frame out.
func (s *spool) end(w *waiting) {
	if w.done {
		return
	}
	if w.onTheWay {
		s.way--
	}
	w.done, w.onTheWay = true, false
	s.bytes -= len(w.data)
	w.data = nil
	delete(s.byID, w.id)
	for len(s.list) > 0 && s.list[0].done {
		s.bytes -= spoolFrame
		s.list[0] = nil
		s.list = s.list[1:]
		s.number++
		s.next = max(s.next-1, 0)
	}
	if len(s.list) == 0 {
		s.list = nil
		if s.empty != nil {
			close(s.empty)
			s.empty = nil
		}
	}
}

// expire gives up what has waited for too long.
func (s *spool) expire(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.list) > 0 && now.Sub(s.list[0].since) > spoolFor {
		s.drop()
	}
}

// take returns the next to be sent, with its number; nil: none. Frames that were first sent
// before the time are not taken: the server may have forgotten that it has them.
func (s *spool) take(now, before time.Time) (*waiting, uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ; s.next < len(s.list) && s.way < spoolWindow; s.next++ {
		w := s.list[s.next]
		if w.done {
			continue
		}
		if !w.first.IsZero() && w.first.Before(before) {
			break
		}
		if w.first.IsZero() {
			w.first = now
		}
		w.onTheWay, w.sent = true, now
		s.way++
		s.next++
		return w, s.number + uint64(s.next-1)
	}
	return nil, 0
}

// again has all be sent once more, in their order.
func (s *spool) again() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.list {
		w.onTheWay = false
	}
	s.next, s.way = 0, 0
}

// numbered is the frame with a number, if it waits; else nil. The caller holds mu.
func (s *spool) numbered(n uint64) *waiting {
	if n < s.number || n-s.number >= uint64(len(s.list)) {
		return nil
	}
	return s.list[n-s.number]
}

// acknowledged takes out the frame with that number. has says that it is in the history.
func (s *spool) acknowledged(n uint64, has bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.numbered(n); w != nil && !w.done {
		if has {
			s.kept++
		}
		s.end(w)
	}
}

// found takes out a frame that was found in the history.
func (s *spool) found(id frameID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.byID[id]; w != nil {
		s.kept++
		s.end(w)
	}
}

// head is the number of the oldest frame, and when it was sent; zero: it is not on its way.
func (s *spool) head() (number uint64, sent time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.list) > 0 && s.list[0].onTheWay {
		sent = s.list[0].sent
	}
	return s.number, sent
}

// drained is closed when nothing waits any more.
func (s *spool) drained() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.empty == nil {
		s.empty = make(chan struct{})
	}
	c := s.empty
	if len(s.list) == 0 {
		close(c)
		s.empty = nil
	}
	return c
}

func (s *spool) keeping() bridge.Keeping {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bridge.Keeping{Waiting: len(s.byID), WaitingBytes: s.bytes - spoolFrame*len(s.list), Kept: s.kept, Dropped: s.lost}
}
