package natslink

import "github.com/groupcast/groupcast/mcast/bridge"

// What a Link holds for whoever takes its arrivals.
const (
	maxQueue      = 4096    // arrivals
	maxQueueBytes = 4 << 20 // of payloads
)

// queue is a ring of arrivals, bounded in number and in bytes.
type queue struct {
	ring  [maxQueue]bridge.Arrival
	head  int
	n     int
	bytes int
}

func size(a bridge.Arrival) int {
	switch {
	case a.Message != nil:
		return len(a.Message.Data)
	case a.Parcel != nil:
		return len(a.Parcel.Data)
	}
	return 0
}

func (q *queue) empty() bool { return q.n == 0 }

// half says that half of it is free.
func (q *queue) half() bool { return q.n <= maxQueue/2 && q.bytes <= maxQueueBytes/2 }

func (q *queue) first() bridge.Arrival { return q.ring[q.head] }

func (q *queue) push(a bridge.Arrival) bool {
	if q.n == maxQueue || q.bytes+size(a) > maxQueueBytes {
		return false
	}
	q.ring[(q.head+q.n)%maxQueue] = a
	q.n++
	q.bytes += size(a)
	return true
}

func (q *queue) pop() {
	q.bytes -= size(q.ring[q.head])
	q.ring[q.head] = bridge.Arrival{}
	q.head = (q.head + 1) % maxQueue
	q.n--
}

// window has the last frames that came.
type window struct {
	ring [16384]frameID
	n    int
	has  map[frameID]bool
}

// add takes a frame. It is true if that came before.
func (w *window) add(id frameID) bool {
	if w.has[id] {
		return true
	}
	if w.has == nil {
		w.has = map[frameID]bool{}
	}
	delete(w.has, w.ring[w.n])
	w.ring[w.n], w.has[id] = id, true
	w.n = (w.n + 1) % len(w.ring)
	return false
}
