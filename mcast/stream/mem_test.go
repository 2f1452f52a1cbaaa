package stream

import (
	"net/netip"
	"runtime"
	"testing"
	"time"
	"unsafe"
)

// TestMemoryOfRows: 16,384 streams of RTP that are steady and lose nothing take at most 24
// MiB.
func TestMemoryOfRows(t *testing.T) {
	const rows, most = 16384, 24 << 20
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	tally := New(Config{Rows: rows, PerHost: rows / 4, Every: 100 * time.Millisecond, Numbers: true})
	payloads := make([][]byte, 27)
	for n := range payloads {
		payloads[n] = rtp(9, n)
	}
	for n, p := range payloads {
		for s := range rows {
			from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(s >> 6), byte(s)}), 5004)
			tally.Add(&Datagram{At: start.Add(time.Duration(n)*200*time.Millisecond + time.Duration(s*n%31)*time.Millisecond), Group: group, From: from, IfIndex: 2, Bytes: len(p), Payload: p})
		}
		tally.Tick(at(200*n + 100))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	took := after.HeapAlloc - before.HeapAlloc
	t.Logf("%d bytes a row, of which %d are the row", took/rows, unsafe.Sizeof(row{}))
	if list := tally.Snapshot(); len(list) != rows || list[0].Numbers.Distinct != 27 || !list[0].Steady {
		t.Errorf("%d rows, the first is %+v", len(list), list[0])
	}
	if took > most {
		t.Errorf("%d rows take %.1f MiB", rows, float64(took)/(1<<20))
	}
	runtime.KeepAlive(tally)
}

// TestLookingAtAllRowsTakesNoMemory: a watch looks at them 4 times a second.
func TestLookingAtAllRowsTakesNoMemory(t *testing.T) {
	tally := New(Config{Rows: 512, Numbers: true})
	for s := range 512 {
		p := rtp(9, s)
		tally.Add(&Datagram{At: start, Group: group, From: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(s >> 6), byte(s)}), 5004), IfIndex: 2, Bytes: len(p), Payload: p})
	}
	rows := 0
	if each := testing.AllocsPerRun(4, func() { tally.Each(func(*Row) { rows++ }) }); each > 2 || rows != 5*512 {
		t.Errorf("%.0f allocations for %d rows", each, rows/5)
	}
}
