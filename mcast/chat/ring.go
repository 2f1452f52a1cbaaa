package chat

import (
	"context"
	"io"
	"slices"
	"sync"
)

// RingSize is how many lines wait for a screen unless NewRing has other
// arguments, and ringBytes how many bytes of their text.
const (
	RingSize  = 4096
	ringBytes = 4 << 20
)

// Ring passes lines from the goroutines that make them to one that shows them.
// [Ring.Put] never waits: a full ring loses its oldest heard line, and counts it.
// A Ring is safe for concurrent use.
type Ring struct {
	capacity int
	wake     chan struct{} // holds a token when there may be lines
	done     chan struct{} // closed by Close

	mu      sync.Mutex
	lines   []Line
	bytes   int
	dropped uint64
	woken   bool
	closed  bool
}

// NewRing returns a Ring for so many lines; RingSize if capacity is 0 or less.
func NewRing(capacity int) *Ring {
	if capacity <= 0 {
		capacity = RingSize
	}
	return &Ring{capacity: capacity, wake: make(chan struct{}, 1), done: make(chan struct{})}
}

// Put adds a line. After Close it does nothing.
func (r *Ring) Put(l Line) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	r.lines = append(r.lines, l)
	r.bytes += l.Size()
	for len(r.lines) > r.capacity || r.bytes > ringBytes && len(r.lines) > 1 {
		r.letGo()
	}
	r.signal()
}

// Wake makes the Next that waits, or else the one that follows, return even if
// there is no line.
func (r *Ring) Wake() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.woken = true
	r.signal()
}

func (r *Ring) signal() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// letGo drops the oldest line that was heard. Own lines and notices are not said
// twice, so they are dropped only if there is no other line.
func (r *Ring) letGo() {
	n := max(0, slices.IndexFunc(r.lines, func(l Line) bool { return l.Kind == Heard }))
	r.bytes -= r.lines[n].Size()
	copy(r.lines[1:], r.lines[:n])
	r.lines[0] = Line{}
	r.lines = r.lines[1:]
	r.dropped++
}

// Next waits for at least one line, or for [Ring.Wake], and takes all lines, the
// oldest first, with the number of lines lost since the last call. The error is
// that of ctx, or [io.EOF] when the ring is closed and empty.
func (r *Ring) Next(ctx context.Context) (lines []Line, dropped uint64, err error) {
	for {
		lines, dropped, woken, closed := r.take()
		switch {
		case len(lines) > 0:
			return lines, dropped, nil
		case closed:
			return nil, 0, io.EOF
		case woken:
			return nil, 0, nil
		}
		select {
		case <-r.wake:
		case <-r.done:
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		}
	}
}

func (r *Ring) take() (lines []Line, dropped uint64, woken, closed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	lines, dropped, woken = r.lines, r.dropped, r.woken
	r.lines, r.bytes, r.dropped, r.woken = nil, 0, 0, false
	return lines, dropped, woken, r.closed
}

// Close ends the ring: Next returns the lines that are left, then [io.EOF]. Closing again
// does nothing.
func (r *Ring) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.closed = true
		close(r.done)
	}
}
