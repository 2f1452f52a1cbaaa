package watch

import (
	"fmt"
	"time"

	"github.com/groupcast/groupcast/mcast/stream"
)

// Event is something that happened to a stream, or to the watch itself.
type Event struct {
	stream.Event
	Told      time.Time      // when it was known
	Interface string         // by which the stream is heard, "" if the name is not known
	Group     int            // in Snapshot.Groups; -1: of none of them
	Pair      int            // 1 and on: 1 + its place in Snapshot.Pairs; 0: it is about none
	Each      []stream.Event // Silent, Back: those of the streams, where what an interface heard fell silent at once, or came back; the event itself is about no single one then, and Key has the interface alone
	Of        int            // with Each: the streams of the interface that are to be heard, those in Each among them
	Text      string         // Changed, Bulk: what happened, in one sentence; Silent: why, if that is known; Loss: that the interface carried nothing lately, so that it may be of that time
	Err       error          // Failed
	Min       Rate           // Slow: what was asked for
	Bits      float64        // Slow, Enough: bits of payload a second
}

// Kinds of events beside those of package stream.
const (
	Slow    stream.EventKind = "rate"      // a stream brought less than Config.MinRate for 10 s
	Enough  stream.EventKind = "rate back" // and enough again
	Changed stream.EventKind = "interface" // something happened to an interface, or to a membership
	Failed  stream.EventKind = "failed"    // a join, or following the interfaces, did not work
	Drops   stream.EventKind = "drops"     // the socket bound to Key.Group had no room for Lost datagrams since the last such event, or they were damaged; told every 10 s at most
	Bulk    stream.EventKind = "bulk"      // a socket is read without TTL and time stamps from now on, or with them again
)

// EachText says what an event with Each is about: "all 3 streams on eth0", or "2 of 3
// streams on eth0".
func EachText(e Event) string {
	n, of := len(e.Each), max(e.Of, len(e.Each))
	what := "streams"
	if of == 1 {
		what = "stream"
	}
	if n == of {
		return fmt.Sprintf("all %d %s on %s", n, what, e.Interface)
	}
	return fmt.Sprintf("%d of %d %s on %s", n, of, what, e.Interface)
}

// bulkText says how a socket is read from now on.
func bulkText(e *ear, on bool) string {
	at := e.conn.LocalAddr().String()
	if on {
		return at + " is read in bulk, because so many datagrams arrive: without TTL, and with the times of reading"
	}
	return at + " is read with TTL and times of arrival again"
}

// queue holds the events that wait to be fetched.
type queue struct {
	waiting []Event
	lost    uint64
	news    chan struct{}
}

func newQueue() queue { return queue{news: make(chan struct{}, 1)} }

func (q *queue) put(e Event) {
	if len(q.waiting) >= MaxEvents {
		q.lost++
		return
	}
	q.waiting = append(q.waiting, e)
	select {
	case q.news <- struct{}{}:
	default:
	}
}

func (q *queue) take() []Event {
	list := q.waiting
	q.waiting = nil
	return list
}
