package watch

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/stream"
)

// ear is a socket, and what is heard by it.
type ear struct {
	conn *mcast.Conn
	port uint16
	ip6  bool
	bulk mcast.BulkSwitch // of the goroutine that sums
	fast bool             // it is read in bulk
	told uint64           // drops that were told

	mu    sync.Mutex
	tally *stream.Tally
}

func newEar(conn *mcast.Conn, cfg stream.Config) *ear {
	at := conn.LocalAddr()
	return &ear{conn: conn, port: at.Port(), ip6: at.Addr().Is6(), tally: stream.New(cfg)}
}

// read takes in what comes until ctx ends.
func (e *ear) read(ctx context.Context) error {
	for batch, err := range e.conn.Batches(ctx, make([]mcast.Datagram, mcast.BatchSize)) {
		switch {
		case err == nil:
			e.take(batch)
		case ctx.Err() != nil || errors.Is(err, net.ErrClosed):
			return nil
		default:
			return err
		}
	}
	return nil
}

func (e *ear) take(batch []mcast.Datagram) {
	e.mu.Lock()
	defer e.mu.Unlock()
	defer e.tally.Flush()
	for i := range batch {
		d := &batch[i]
		if d.Stray {
			continue // of a group that another program joined
		}
		e.tally.Add(&stream.Datagram{
			At: d.At, Group: netip.AddrPortFrom(d.To, e.port), From: d.From, IfIndex: d.IfIndex, Hops: d.Hops,
			Bytes: d.Size, Payload: d.Data, Drops: d.Drops,
		})
	}
}

func (e *ear) tick(now time.Time) []stream.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.tally.Tick(now)
}

func (e *ear) each(f func(*stream.Row)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tally.Each(f)
}

// streams is how many rows there are, or a few more.
func (e *ear) streams() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.tally.Rows()
}

func (e *ear) detail(key stream.Key) (stream.Detail, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.tally.Detail(key)
}

// addTo adds what was counted beside the rows.
func (e *ear) addTo(s *Snapshot) {
	e.mu.Lock()
	defer e.mu.Unlock()
	o := e.tally.Others()
	s.Others += o.Datagrams
	s.MadeRoom = s.MadeRoom.Plus(o)
	s.LostKernel += o.LostKernel
	s.Lost += o.Lost - min(o.Lost, o.LostKernel)
	s.Silences += o.Silences
	s.Damaged += e.tally.Damaged()
	s.Newer += e.tally.Newer()
	for _, u := range e.tally.Unreadable() {
		s.Unreadable = append(s.Unreadable, Unreadable{Unreadable: u})
	}
	s.EventsLost += e.tally.EventsLost()
	s.ComparedOneIn = max(s.ComparedOneIn, e.tally.ComparedOneIn())
}
