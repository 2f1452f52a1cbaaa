package bridge

import (
	"encoding/binary"
	"net/netip"
	"runtime"
	"testing"
	"time"
)

// Made-up frames of as many streams and sources as somebody likes do not make a bridge grow.
func TestFrameMemory(t *testing.T) {
	f := newFrameTry(t, nil)
	data := f.frame(trySealed, tryAda, 1, text("real"))
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	var after [2]uint64
	before, carried := heap(), 0
	const each = 100_000
	for round := range after {
		for i := range each {
			n := uint64(round*each + i)
			binary.BigEndian.PutUint64(data[8:], n)
			binary.BigEndian.PutUint64(data[24:], n%1000+1)
			from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}), 5000)
			f.now = f.now.Add(time.Millisecond)
			carried += len(f.heardFrom(from, data, true).Keep)
			if i%2 == 0 {
				f.c.Due(f.now, true)
			}
			data[len(data)-1]++
			f.arrived("room-2", data, func(p *Parcel) { p.Data = append([]byte(nil), data...) })
		}
		after[round] = heap()
	}
	t.Logf("%d MiB, then %d MiB, %d MiB; %d of %d were carried", before>>20, after[0]>>20, after[1]>>20, carried, 2*each)
	if after[1] > before+24<<20 || after[1] > after[0]+4<<20 || carried > 2*each/1000*201+400 {
		t.Errorf("it grew from %d to %d and %d; %d were carried", before, after[0], after[1], carried)
	}
	runtime.KeepAlive(f)
}

// Somebody floods a LAN with made-up sealed frames from made-up addresses, many with the
// stream of one who is known: of that one's own all are carried.
func TestFrameFloodSpares(t *testing.T) {
	f := newFrameTry(t, nil)
	data := f.frame(trySealed, tryBob, 1, text("made up"))
	number, said, carried, flood := uint64(0), 0, 0, 0
	say := func() {
		number++
		said++
		carried += len(f.heard(f.frame(trySealed, tryAda, number, text("real")), true).Keep)
	}
	say()
	f.now = f.now.Add(newFor)
	for i := range 40_000 { // 2,000 a second
		binary.BigEndian.PutUint64(data[24:], uint64(i%100+1))
		if copy(data[8:24], tryAda.Stream[:]); i%2 == 0 {
			binary.BigEndian.PutUint64(data[8:], uint64(i))
		}
		data[len(data)-1]++
		from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 9, byte(i >> 8), byte(i)}), 5000)
		flood += len(f.heardFrom(from, data, true).Keep)
		if f.now = f.now.Add(500 * time.Microsecond); i%100 == 0 {
			say()
		}
	}
	if carried != said || flood > 20*200+400 {
		t.Errorf("%d of %d were carried, and %d of the flood", carried, said, flood)
	}
	t.Logf("%d of %d were carried, and %d of the flood of 40,000", carried, said, flood)
}

// One source makes up streams as fast as it can: who is new beside it is carried from the first
// line on.
func TestFrameFloodOfOneSource(t *testing.T) {
	f := newFrameTry(t, nil)
	data, real := f.frame(trySealed, tryBob, 1, text("made up")), f.frame(trySealed, tryAda, 1, text("real"))
	said, carried := 0, 0
	for i := range 20_000 { // 2,000 a second
		binary.BigEndian.PutUint64(data[8:], uint64(i))
		f.heardFrom(netip.MustParseAddrPort("10.9.0.1:5000"), data, true)
		if f.now = f.now.Add(500 * time.Microsecond); i%997 == 996 {
			binary.BigEndian.PutUint64(real[8:], uint64(1<<32+i))
			said++
			carried += len(f.heardFrom(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 8, 0, byte(i / 997)}), 5000), real, true).Keep)
		}
	}
	if carried != said {
		t.Errorf("of %d who are new, %d were carried", said, carried)
	}
}
