package class

import "sync"

// maxQueue bounds what waits to be read by a program, in bytes.
const maxQueue = 64 << 10

// queue is what a person has typed and a program has not read. Put never blocks.
type queue struct {
	mu      sync.Mutex
	bytes   []byte
	dropped int // in all, because it was full
	closed  bool
	more    chan struct{} // has an element when there is something to take
	over    chan struct{} // closed with the queue
}

func newQueue() *queue { return &queue{more: make(chan struct{}, 1), over: make(chan struct{})} }

// put takes all of b or, if it has no room, none of it: half of a paste would lack the
// sequence that ends it. It returns how much it dropped.
func (q *queue) put(b []byte) (dropped int) {
	if len(b) == 0 {
		return 0
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return 0
	case len(q.bytes)+len(b) > maxQueue:
		q.dropped += len(b)
		return len(b)
	}
	q.bytes = append(q.bytes, b...)
	select {
	case q.more <- struct{}{}:
	default:
	}
	return 0
}

// maxTaken is how much is taken at a time, in bytes, and so how much more than maxQueue
// waits. A pseudo terminal takes no more at once.
const maxTaken = 4 << 10

// take waits for something and takes some of it; nil: the queue is closed.
func (q *queue) take() []byte {
	for {
		q.mu.Lock()
		n, closed := min(maxTaken, len(q.bytes)), q.closed
		b := q.bytes[:n:n]
		if q.bytes = q.bytes[n:]; len(q.bytes) == 0 {
			q.bytes = nil
		}
		q.mu.Unlock()
		switch {
		case closed:
			return nil
		case len(b) > 0:
			return b
		}
		select {
		case <-q.more:
		case <-q.over:
		}
	}
}

// lost is how much was dropped in all.
func (q *queue) lost() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dropped
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.closed = true
		close(q.over)
	}
}
