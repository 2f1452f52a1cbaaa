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
	if a.Message == nil {
		return 0
	}
	return len(a.Message.Data)
}

func (q *queue) empty() bool { return q.n == 0 }

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
