package tui

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/session"
)

// load is what arrives in a busy group: datagrams of a few hundred senders,
// through a Room into the screen, as a session hands them over.
type load struct {
	*screen
	room *chat.Room
	time time.Time
	n    uint64
}

func newLoad(t testing.TB) *load {
	l := &load{screen: newScreen(t, 100, 30, before()), room: chat.NewRoom(), time: clock}
	l.screen.model.now = func() time.Time { return l.time }
	l.room.SetInterfaces([]host.Interface{before().Interfaces[1].Interface})
	return l
}

const (
	batchesPerSecond = framesPerSecond
	batchSize        = 20_000 / batchesPerSecond
)

// second is one second with 20,000 datagrams, drawn after each batch.
func (l *load) second() {
	for range batchesPerSecond {
		var b session.Batch
		for range batchSize {
			l.n++
			data := fmt.Appendf(nil, "datagram number %d of the flood, with some text", l.n)
			from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 168, 8, byte(l.n)}), uint16(l.n%3))
			d := mcast.Datagram{At: l.time, From: from, To: group.Addr, IfIndex: 2, Hops: 1, Data: data}
			line, came := l.room.Receive(d)
			b.Lines = append(b.Lines, line)
			b.Datagrams = append(b.Datagrams, session.Datagram{
				At: d.At, From: from, To: netip.AddrPortFrom(d.To, group.Port), Interface: line.Interface, IfIndex: 2, Hops: 1, Data: data, Arrival: came,
			})
			if l.n%10 == 0 {
				b.Calls = append(b.Calls, mcast.Call{At: d.At, Name: "recvmmsg", Args: d, Result: "600 bytes"})
			}
		}
		l.time = l.time.Add(time.Second / batchesPerSecond)
		snap := before()
		snap.Room = l.room.Snapshot(l.time)
		l.session.snap = snap
		l.Update(batchMsg(b))
		l.View()
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// What is kept of a flood has a bound, whether the screen follows, is frozen,
// or is scrolled back and filtered.
func TestMemoryHasABound(t *testing.T) {
	const most = 24 << 20 // of the 64 MiB that the program may have
	for _, state := range []struct {
		name string
		keys []string
	}{
		{"following", nil},
		{"frozen", []string{"f8"}},
		{"scrolled back in the datagrams, with a filter", []string{"f2", "4", "2", "up", "up"}},
	} {
		t.Run(state.name, func(t *testing.T) {
			start := heap()
			l := newLoad(t)
			l.second()
			l.press(state.keys...)
			for range 4 {
				l.second()
			}
			if used := int64(heap()) - int64(start); used > most {
				t.Errorf("after %d datagrams %d bytes are in use, want at most %d", l.n, used, most)
			}
			if l.err != nil {
				t.Error(l.err)
			}
		})
	}
}

// BenchmarkSecond is a second with 20,000 datagrams a time; an hour of them is
// -benchtime 3600x. The time of one is the part of a core that they cost.
func BenchmarkSecond(b *testing.B) {
	l := newLoad(b)
	var peak uint64
	for n := 0; b.Loop(); n++ {
		l.second()
		if n%60 == 0 {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.Sys-m.HeapReleased)
		}
	}
	b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
}

// BenchmarkLineAmong30 is a line of one of 30 members: what a seat of a class does for it,
// but for showing the frame.
func BenchmarkLineAmong30(b *testing.B) {
	s := newScreen(b, 100, 30, roomOf30())
	for n := 0; b.Loop(); n++ {
		s.time = s.time.Add(snapshotPause)
		s.Update(batchMsg(session.Batch{Lines: []chat.Line{numbered(n)}}))
		s.View()
	}
}
