package session

import (
	"slices"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

// What waits for the screen between two batches, at the most.
const (
	maxCaptured      = 2048 // datagrams, and as many calls
	maxCapturedBytes = 2 << 20
)

// capture collects the datagrams and the calls on sockets for the screen. What
// comes faster than the screen takes it pushes the oldest out. A nil capture
// collects nothing: nobody would see it. It is safe for concurrent use, with
// and without other locks held.
type capture struct {
	wake func() // called when there is something after there was nothing, captureDelay later

	mu        sync.Mutex
	datagrams backlog[Datagram]
	bytes     int // of their payloads
	calls     backlog[mcast.Call]
	later     *time.Timer // of wake; nil: nothing was collected yet
	half      bool        // of the room is taken, and wake was called for that
}

// backlog is a queue of what was not taken yet.
type backlog[T any] struct {
	list []T
	lost uint64
}

func (b *backlog[T]) dropOldest() (oldest T) {
	var none T
	oldest, b.list[0] = b.list[0], none
	b.list = b.list[1:]
	b.lost++
	return oldest
}

func (b *backlog[T]) take() (list []T, lost uint64) {
	list, lost = b.list, b.lost
	*b = backlog[T]{}
	return list, lost
}

// received adds a datagram that was read from a socket. Its Data is copied.
func (c *capture) received(d Datagram) {
	d.Data = slices.Clone(d.Data)
	c.add(d)
}

// sent adds a datagram that was sent, or refused. Its copy may have been read
// before the call that sent it returned, and stands behind it all the same.
func (c *capture) sent(d Datagram) {
	d.Sent = true
	c.add(d)
}

func (c *capture) add(d Datagram) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.datagrams.list
	n := len(list)
	for d.Sent && n > 0 && list[n-1].At.After(d.At) {
		n--
	}
	c.datagrams.list = slices.Insert(list, n, d)
	c.bytes += len(d.Data)
	for len(c.datagrams.list) > maxCaptured || c.bytes > maxCapturedBytes {
		c.bytes -= len(c.datagrams.dropOldest().Data)
	}
	c.wakeLater()
}

// call adds a call on a socket.
func (c *capture) call(call mcast.Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls.list = append(c.calls.list, call)
	if len(c.calls.list) > maxCaptured {
		c.calls.dropOldest()
	}
	c.wakeLater()
}

// captureDelay is how long what was collected waits for a line: most datagrams and calls
// come with one. The signs of life of 30 members, which are 10 a second, do not.
const captureDelay = 500 * time.Millisecond

// wakeLater wakes after captureDelay, and at once when half of the room is taken. The
// caller holds c.mu, and has added something.
func (c *capture) wakeLater() {
	datagrams, calls := len(c.datagrams.list), len(c.calls.list)
	half := datagrams > maxCaptured/2 || calls > maxCaptured/2 || c.bytes > maxCapturedBytes/2
	switch first := datagrams+calls == 1; {
	case half && !c.half:
		c.later.Reset(0)
	case first && c.later == nil:
		c.later = time.AfterFunc(captureDelay, c.wake)
	case first:
		c.later.Reset(captureDelay)
	}
	c.half = half
}

// into moves all that was collected into a batch.
func (c *capture) into(b *Batch) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	b.Datagrams, b.Unseen = c.datagrams.take()
	b.Calls, b.Untold = c.calls.take()
	c.bytes, c.half = 0, false
	if c.later != nil {
		c.later.Stop()
	}
}

// trace makes a Trace that collects calls, and tells another one too, if there
// is one.
func (c *capture) trace(other *mcast.Trace) *mcast.Trace {
	if c == nil {
		return other
	}
	all := mcast.Trace{}
	if other != nil {
		all = *other
	}
	all.Call = func(call mcast.Call) {
		c.call(call)
		if other != nil && other.Call != nil {
			other.Call(call)
		}
	}
	return &all
}
