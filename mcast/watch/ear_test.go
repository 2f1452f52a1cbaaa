package watch

import (
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/stream"
)

// traffic is what senders put into 64 groups, each by itself.
type traffic struct {
	batch []mcast.Datagram
	heads []stream.Header
	at    time.Time
}

func newTraffic(groups, senders int) *traffic {
	tr := &traffic{at: time.Unix(1_000_000, 0), heads: make([]stream.Header, groups*senders)}
	for n := range tr.heads {
		tr.heads[n].Stream = uint64(n + 1)
		tr.batch = append(tr.batch, mcast.Datagram{
			To: netip.AddrFrom4([4]byte{239, 1, 1, byte(n % groups)}), From: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(n / groups)}), 5004),
			IfIndex: 2, Hops: 1, Data: make([]byte, 64), Size: 64,
		})
	}
	return tr
}

// next is one more datagram of each stream.
func (tr *traffic) next() []mcast.Datagram {
	tr.at = tr.at.Add(time.Millisecond)
	for n := range tr.batch {
		tr.heads[n].Sent = time.Duration(tr.at.UnixNano())
		tr.heads[n].Put(tr.batch[n].Data)
		tr.heads[n].Number++
		tr.batch[n].At = tr.at
	}
	return tr.batch
}

func newTestEar() *ear {
	return &ear{port: 5004, tally: stream.New(stream.Config{Rows: MaxStreams, Every: tickEvery, Numbers: true})}
}

// A datagram costs no memory, however many streams there are.
func TestDatagramsAllocateNothing(t *testing.T) {
	e, tr := newTestEar(), newTraffic(64, 8)
	for range 100 {
		e.take(tr.next())
	}
	e.tick(tr.at)
	if n := testing.AllocsPerRun(100, func() { e.take(tr.next()) }); n > 0 {
		t.Errorf("%v allocations for %d datagrams", n, len(tr.batch))
	}
}

// Hours of 64 groups of 8 senders each take no more memory than a minute: here it is
// three minutes of virtual time, with the ticks and sums of a watch.
func TestMemoryOfAWatchIsFlat(t *testing.T) {
	e, tr := newTestEar(), newTraffic(64, 8)
	m := newMeters(tr.at)
	minutes := func(n int) uint64 {
		for step := range n * 600 {
			tr.at = tr.at.Add(99 * time.Millisecond)
			batch := tr.next()
			if step%7 == 0 { // some are lost
				batch = batch[:len(batch)/2]
			}
			e.take(batch)
			e.tick(tr.at)
			if step%2 == 0 {
				m.begin(tr.at)
				e.each(func(r *stream.Row) { m.read(reading{Key: r.Key, sum: sum{uint64(r.Datagrams), r.Bytes}}) })
				m.end(Rate{Datagrams: 1}, func(stream.Key, bool, Rate) {})
			}
		}
		var mem runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&mem)
		return mem.HeapAlloc
	}
	first := minutes(1)
	if then := minutes(2); then > first+first/10+1<<20 {
		t.Errorf("%d bytes after a minute, %d after three", first, then)
	}
	if rows := e.tally.Snapshot(); len(rows) != 512 || rows[511].Numbers.Lost == 0 {
		t.Errorf("%d streams: %+v", len(rows), rows[511])
	}
}

// What another program joined is not counted.
func TestStraysAreNotCounted(t *testing.T) {
	e, tr := newTestEar(), newTraffic(1, 2)
	tr.batch[1].Stray = true
	e.take(tr.next())
	if rows := e.tally.Snapshot(); len(rows) != 1 {
		t.Errorf("%d streams", len(rows))
	}
}
