package session

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func newCapture() *capture { return &capture{wake: func() {}} }

func taken(c *capture) (b Batch) {
	c.into(&b)
	return b
}

func TestCaptureIsBounded(t *testing.T) {
	for _, c := range []struct {
		name               string
		datagrams, payload int
		kept               int
	}{
		{"few", 10, 100, 10},
		{"as many as fit", maxCaptured, 100, maxCaptured},
		{"too many", maxCaptured + 5, 100, maxCaptured},
		{"as many bytes as fit", maxCapturedBytes >> 16, 64 << 10, maxCapturedBytes >> 16},
		{"too many bytes", maxCapturedBytes>>16 + 6, 64 << 10, maxCapturedBytes >> 16},
		{"empty ones", maxCaptured + 1, 0, maxCaptured},
	} {
		t.Run(c.name, func(t *testing.T) {
			cap := newCapture()
			for range 2 { // what is taken leaves an empty one
				for n := range c.datagrams {
					cap.received(Datagram{Hops: n, Data: make([]byte, c.payload)})
				}
				b := taken(cap)
				if len(b.Datagrams) != c.kept || b.Unseen != uint64(c.datagrams-c.kept) {
					t.Fatalf("%d datagrams and %d unseen, want %d and %d", len(b.Datagrams), b.Unseen, c.kept, c.datagrams-c.kept)
				}
				if first := b.Datagrams[0].Hops; first != c.datagrams-c.kept {
					t.Errorf("the first is number %d, want %d: the oldest are let go", first, c.datagrams-c.kept)
				}
			}
		})
	}
}

func TestCaptureOfCallsIsBounded(t *testing.T) {
	c := newCapture()
	told := 0
	trace := c.trace(&mcast.Trace{Call: func(mcast.Call) { told++ }})
	for range maxCaptured + 7 {
		trace.Call(mcast.Call{Name: "sendmsg"})
	}
	if b := taken(c); len(b.Calls) != maxCaptured || b.Untold != 7 || told != maxCaptured+7 {
		t.Errorf("%d calls, %d untold, %d told the other trace; want %d, 7, %d", len(b.Calls), b.Untold, told, maxCaptured, maxCaptured+7)
	}
}

// A payload is read into memory that the next Read uses again.
func TestCaptureCopiesWhatWasRead(t *testing.T) {
	c := newCapture()
	data := []byte("hello")
	c.received(Datagram{Data: data})
	copy(data, "other")
	if got := string(taken(c).Datagrams[0].Data); got != "hello" {
		t.Errorf("captured %q, want hello", got)
	}
}

// A copy that was read before its send returned stands behind it.
func TestCaptureKeepsTheOrder(t *testing.T) {
	c, start := newCapture(), time.Now()
	at := func(after time.Duration, text string) Datagram {
		return Datagram{At: start.Add(after), Data: []byte(text)}
	}
	c.received(at(0, "before"))
	c.received(at(2, "copy"))
	c.received(at(3, "answer"))
	c.sent(at(1, "sent"))
	var got []string
	for _, d := range taken(c).Datagrams {
		got = append(got, string(d.Data))
	}
	if strings.Join(got, " ") != "before sent copy answer" {
		t.Errorf("in order %q, want before, sent, copy, answer", got)
	}
}

func TestNoCapture(t *testing.T) {
	var c *capture
	c.received(Datagram{})
	c.sent(Datagram{})
	if b := taken(c); b.Datagrams != nil || b.Calls != nil {
		t.Errorf("without a capture %+v", b)
	}
	if trace := c.trace(nil); trace != nil {
		t.Error("without a capture and --trace, calls are traced")
	}
}

// Next returns for datagrams and calls alone, in a while.
func TestNextWithoutLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ring := chat.NewRing(0)
		s := &Session{ring: ring, capture: &capture{wake: ring.Wake}}
		s.capture.trace(nil).Call(mcast.Call{Name: "close"})
		if b, err := s.Next(t.Context()); err != nil || len(b.Calls) != 1 || len(b.Lines) != 0 {
			t.Fatalf("batch %+v, %v; want one call", b, err)
		}
		began := time.Now()
		s.capture.received(Datagram{})
		s.capture.received(Datagram{})
		if b, err := s.Next(t.Context()); err != nil || len(b.Datagrams) != 2 {
			t.Fatalf("batch %+v, %v; want two datagrams", b, err)
		}
		if waited := time.Since(began); waited != captureDelay {
			t.Errorf("the second batch came after %v, want %v", waited, captureDelay)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if b, err := s.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("batch %+v, %v; want to wait: there is nothing more", b, err)
		}
	})
}

// Nothing that goes into a capture is lost or told twice while it is emptied.
func TestCaptureConcurrently(t *testing.T) {
	const writers, each = 4, 500
	ring := chat.NewRing(0)
	s := &Session{ring: ring, capture: &capture{wake: ring.Wake}}
	trace := s.capture.trace(nil)
	var done sync.WaitGroup
	for range writers {
		done.Go(func() {
			for range each {
				s.capture.received(Datagram{Data: []byte("x")})
				trace.Call(mcast.Call{})
			}
		})
	}
	datagrams, calls := 0, 0
	ctx, cancel := context.WithTimeout(t.Context(), labtest.Patience)
	defer cancel()
	for datagrams < writers*each || calls < writers*each {
		b, err := s.Next(ctx)
		if err != nil {
			t.Fatalf("after %d datagrams and %d calls: %v", datagrams, calls, err)
		}
		datagrams += len(b.Datagrams) + int(b.Unseen)
		calls += len(b.Calls) + int(b.Untold)
	}
	done.Wait()
	if datagrams != writers*each || calls != writers*each {
		t.Errorf("%d datagrams and %d calls, want %d of each", datagrams, calls, writers*each)
	}
}

// What comes without a line is told in a while, or when half of the room is taken, and
// not once more when a line has brought it.
func TestCaptureWakes(t *testing.T) {
	for name, c := range map[string]struct {
		add         func(*capture)
		taken       bool  // before captureDelay is over
		soon, later int64 // calls of wake at once, and after captureDelay
	}{
		"a datagram":          {func(c *capture) { c.received(Datagram{}) }, false, 0, 1},
		"a call":              {func(c *capture) { c.call(mcast.Call{}) }, false, 0, 1},
		"a line came with it": {func(c *capture) { c.received(Datagram{}) }, true, 0, 0},
		"many datagrams": {func(c *capture) {
			for range maxCaptured * 3 / 4 {
				c.received(Datagram{})
			}
		}, false, 1, 1},
		"many calls": {func(c *capture) {
			for range maxCaptured * 3 / 4 {
				c.call(mcast.Call{})
			}
		}, true, 1, 1},
		"large datagrams": {func(c *capture) {
			for range 20 {
				c.received(Datagram{Data: make([]byte, 64<<10)})
			}
		}, false, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var woken atomic.Int64
				cap := &capture{wake: func() { woken.Add(1) }}
				for range 2 { // what is taken leaves an empty one
					woken.Store(0)
					c.add(cap)
					synctest.Wait()
					if woken.Load() != c.soon {
						t.Errorf("it woke %d times at once, want %d", woken.Load(), c.soon)
					}
					if c.taken {
						taken(cap)
					}
					time.Sleep(captureDelay)
					synctest.Wait()
					if woken.Load() != c.later {
						t.Errorf("it woke %d times in all, want %d", woken.Load(), c.later)
					}
					taken(cap)
				}
			})
		})
	}
}
