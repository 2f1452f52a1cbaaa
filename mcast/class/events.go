package class

import (
	"context"
	"io"
	"sync"
	"time"
)

// Event is something that happened in a class.
type Event struct {
	At   time.Time
	Kind string // joined, left, freed, reset, ended, locked, unlocked, guessed, lab-ended, network-failed, network-ended, check, hint, solved, fault or undo
	Host string // of the seat; "": it is about none
	Name string // of who sits there
	Text string // more of it, safe to show
}

// maxEvents is how many wait to be told. The oldest go first.
const maxEvents = 1024

type events struct {
	mu     sync.Mutex
	list   []Event
	closed bool
	more   chan struct{} // has an element when there is one
}

func newEvents() *events { return &events{more: make(chan struct{}, 1)} }

func (e *events) put(event Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return
	}
	if len(e.list) == maxEvents {
		e.list = e.list[1:]
	}
	e.list = append(e.list, event)
	e.wake()
}

func (e *events) wake() {
	select {
	case e.more <- struct{}{}:
	default:
	}
}

func (e *events) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	e.wake()
}

// Next waits for the next thing that happened. The error is that of ctx, or io.EOF after
// Close, with no event left. One goroutine calls it.
func (c *Class) Next(ctx context.Context) (Event, error) {
	for {
		c.events.mu.Lock()
		if len(c.events.list) > 0 {
			first := c.events.list[0]
			c.events.list = c.events.list[1:]
			c.events.mu.Unlock()
			return first, nil
		}
		closed := c.events.closed
		c.events.mu.Unlock()
		if closed {
			return Event{}, io.EOF
		}
		select {
		case <-c.events.more:
		case <-ctx.Done():
			return Event{}, ctx.Err()
		}
	}
}
