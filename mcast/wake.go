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
	stop func() bool

	mu       sync.Mutex
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
	if w.stop != nil {
		w.stop()
	}
	w.done, w.stop = ctx.Done(), nil
	turn := w.begin()
	if w.done != nil {
		w.stop = context.AfterFunc(ctx, func() { w.end(turn) })
	}
}

func (w *wake) begin() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.turn++
	if w.ended {
		w.ended = false
		w.udp.SetReadDeadline(w.deadline)
	}
	return w.turn
}

func (w *wake) end(turn int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.turn == turn {
		w.ended = true
		w.udp.SetReadDeadline(time.Unix(1, 0))
	}
}
