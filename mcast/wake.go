package mcast

import (
	"context"
	"net"
	"sync"
	"time"
)

// wake ends a read for its context's sake, by the socket's read deadline,
// which the user sets as well. A context is watched until another one comes,
// so that reading again and again with one costs nothing.
type wake struct {
	udp  *net.UDPConn
	done <-chan struct{} // of the context that is watched; only the reader uses it

	mu       sync.Mutex
	stop     func() bool // ends the watching; nil: there is none
	closed   bool
	deadline time.Time // as the user set it
	turn     int       // counts the contexts
	ended    bool      // the present one has ended, and the deadline is past
}

func (w *wake) setDeadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deadline = t
	if w.ended {
		return nil
	}
	return w.udp.SetReadDeadline(t)
}

// watch ends the reads to come when ctx ends. Only one goroutine may call it.
func (w *wake) watch(ctx context.Context) {
	if ctx.Done() == w.done {
		return
	}
	w.done = ctx.Done()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.forget()
	w.turn++
	if w.ended {
		w.ended = false
		w.udp.SetReadDeadline(w.deadline)
	}
	if turn := w.turn; w.done != nil && !w.closed {
		w.stop = context.AfterFunc(ctx, func() { w.end(turn) })
	}
}

// forget needs w.mu.
func (w *wake) forget() {
	if w.stop != nil {
		w.stop()
		w.stop = nil
	}
}

// close lets the context go, which may live long after the socket.
func (w *wake) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.forget()
}

func (w *wake) end(turn int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.turn == turn {
		w.ended = true
		w.udp.SetReadDeadline(time.Unix(1, 0))
	}
}
