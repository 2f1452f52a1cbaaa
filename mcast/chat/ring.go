package chat

import (
	"context"
	"io"
	"slices"
	"sync"
)

// RingSize is how many lines wait for a screen unless NewRing is told
// otherwise, and ringBytes how many bytes of their text.
const (
	RingSize  = 4096
	ringBytes = 4 << 20
)

// Ring hands lines from those who make them to one who shows them. Putting
// never waits: when the ring is full, the oldest heard line is let go and
// counted.
// It is safe for concurrent use.
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

// letGo drops the oldest line that was heard. What happened to own lines, and
// what was noticed, is not said twice, so it goes only when there is nothing
// else.
func (r *Ring) letGo() {
	n := max(0, slices.IndexFunc(r.lines, func(l Line) bool { return l.Kind == Heard }))
	r.bytes -= r.lines[n].Size()
	copy(r.lines[1:], r.lines[:n])
	r.lines[0] = Line{}
	r.lines = r.lines[1:]
	r.dropped++
}

// Next waits for at least one line, or for Wake, and takes all lines there are,
// oldest first, with the number of lines let go since the last call. The error
// is the context's, or io.EOF when the ring is closed and empty.
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

// Close ends the ring: Next returns what is left, then io.EOF. Closing again
// does nothing.
func (r *Ring) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.closed = true
		close(r.done)
	}
}
