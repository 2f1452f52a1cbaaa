package stream

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"
)

func rtpOf(ssrc uint32, n int, stamp uint32, payloadType byte, payload ...byte) []byte {
	b := binary.BigEndian.AppendUint16([]byte{0x80, payloadType}, uint16(n))
	b = binary.BigEndian.AppendUint32(b, stamp)
	b = binary.BigEndian.AppendUint32(b, ssrc)
	return append(b, append(payload, 1, 2, 3, 4)...)
}

func iperf(n int64, at time.Duration) []byte {
	b := make([]byte, 64)
	binary.BigEndian.PutUint32(b, uint32(n))
	binary.BigEndian.PutUint32(b[12:], uint32(n>>32))
	binary.BigEndian.PutUint32(b[4:], 1e9+uint32(at/time.Second))
	binary.BigEndian.PutUint32(b[8:], uint32(at%time.Second/time.Microsecond))
	return b
}

func sockperf(n uint64, flags uint16) []byte {
	b := make([]byte, 64)
	binary.BigEndian.PutUint64(b, n)
	binary.BigEndian.PutUint16(b[8:], flags)
	binary.BigEndian.PutUint32(b[10:], 64)
	return b
}

func ptpSync(n int) []byte {
	b := make([]byte, 44)
	b[1], b[3] = 2, 44
	binary.BigEndian.PutUint64(b[20:], 0x6e6c4bfffeddc29e)
	b[29] = 1
	binary.BigEndian.PutUint16(b[30:], uint16(n))
	return b
}

// senders makes datagram n of each format, a millisecond after the one before it.
var senders = map[Format]func(n int) []byte{
	Own:      func(n int) []byte { return ours(7, uint64(n)) },
	RTP:      func(n int) []byte { return rtpOf(9, n, uint32(48*n), 97) },
	RTPTS:    func(n int) []byte { return rtpTS(9, n) },
	TS:       func(n int) []byte { return tsDatagram(n, 7) },
	Mcjoin:   func(n int) []byte { return mcjoinText(4711, n, 1) },
	Iperf2:   func(n int) []byte { return iperf(int64(n+1), time.Duration(n)*time.Millisecond) },
	Sockperf: func(n int) []byte { return sockperf(uint64(n), 1) },
	PTP:      ptpSync,
}

func rtpTS(ssrc uint32, n int) []byte {
	b := rtpOf(ssrc, n, uint32(90*n), rtpMPEGTS)
	return append(b[:rtpHeader], tsDatagram(n, 7)...)
}

// tsPAT is the packet with the table of ffmpeg's.
func tsPAT(count byte) []byte {
	b := append([]byte{0x47, 0x40, 0, 0x10 | count&0x0F}, "\x00\x00\xb0\x0d\x00\x01\xc1\x00\x00\x00\x01\xf0\x00\x2a\xb1\x04\xb2"...)
	for len(b) < tsPacket {
		b = append(b, 0xFF)
	}
	return b
}

func tsOf(pid uint16, count byte, content uint64) []byte {
	b := make([]byte, tsPacket)
	binary.BigEndian.PutUint16(b[1:], pid)
	b[0], b[3] = tsSync, 0x10|count&0x0F
	binary.BigEndian.PutUint64(b[4:], content)
	return b
}

// tsDatagram is one with packets of one PID, and at first a PAT.
func tsDatagram(n, packets int) (b []byte) {
	if n%10 == 0 {
		b = tsPAT(byte(n / 10))
	}
	for i := range packets {
		b = append(b, tsOf(0x100, byte(packets*n+i), uint64(packets*n+i))...)
	}
	return b
}

// TestChangesInTheMiddle: a sender that goes over to another format has its numbers
// read again after 8 datagrams of it at most, and what is counted is what came.
func TestChangesInTheMiddle(t *testing.T) {
	for from, before := range senders {
		for to, after := range senders {
			if from == to || from == RTP && to == RTPTS { // MPEG-TS in RTP is RTP
				continue
			}
			h := one(append(series(30, before), series(30, func(n int) []byte { return after(n + 30) })...)...)
			if !slices.Equal(h.adopted, []Format{from, to}) || !slices.Equal(h.dropped, []Format{from}) {
				t.Errorf("%s then %s: adopted %q, dropped %q", from, to, h.adopted, h.dropped)
				continue
			}
			var count [2]int
			for _, s := range h.sights {
				if s.Format == from {
					count[0]++
				} else {
					count[1]++
				}
			}
			if count != [2]int{30, 30} || h.missing() != 0 {
				t.Errorf("%s then %s: %d datagrams are counted, %d missing", from, to, count, h.missing())
			}
		}
	}
	zeros := func(int) []byte { return make([]byte, 64) }
	for format, of := range senders {
		h := one(append(series(30, of), append(series(7, zeros), series(20, func(n int) []byte { return of(n + 30) })...)...)...)
		if len(h.adopted) != 1 || h.dropped != nil || len(h.sights) != 50 {
			t.Errorf("7 misfits in a row drop %s: %q %q", format, h.adopted, h.dropped)
		}
		h = one(append(series(30, of), append(series(8, zeros), series(20, func(n int) []byte { return of(n + 30) })...)...)...)
		if !slices.Equal(h.adopted, []Format{format, format}) || !slices.Equal(h.dropped, []Format{format}) {
			t.Errorf("8 misfits in a row do not drop %s: %q %q", format, h.adopted, h.dropped)
		}
	}
}

// TestAdoption: how many datagrams each format needs, and that a break starts over.
func TestAdoption(t *testing.T) {
	for format, of := range senders {
		need := needFits
		switch format {
		case Own:
			need = 1
		case Mcjoin:
			need = 4
		case PTP:
			need = 3
		}
		if h := one(series(30, of)...); h.at != need || h.adopted[0] != format || len(h.sights) != 30 {
			t.Errorf("%s is adopted as %q by datagram %d, want %d; %d counted", format, h.adopted, h.at, need, len(h.sights))
		}
		if format == Own {
			continue
		}
		zero := make([]byte, 64)
		if h := one(append(append(series(need-1, of), zero), series(30, func(n int) []byte { return of(n + need) })...)...); h.at != min(2*need, h.at) || h.at <= need {
			if format != TS { // its PAT is in each tenth
				t.Errorf("%s with a break is adopted by datagram %d", format, h.at)
			}
		}
		if format == TS {
			continue
		}
		if h := one(series(200, func(n int) []byte { return of(17 * n) })...); h.adopted != nil {
			t.Errorf("%s is adopted though its numbers go on by 17", format)
		}
		if h := one(series(200, func(n int) []byte { return of(16 * n) })...); h.at != need && format != Iperf2 {
			t.Errorf("%s is not adopted though its numbers go on by 16", format)
		}
		if h := one(series(200, func(n int) []byte { return of(n / 2) })...); h.adopted == nil && format != Iperf2 { // its clock would be half as fast
			t.Errorf("%s is not adopted when each datagram comes twice", format)
		}
		if h := one(series(500, func(int) []byte { return of(5) })...); h.adopted != nil {
			t.Errorf("%s is adopted though its number stands", format)
		}
	}
}

// TestInVain: after 4,096 datagrams one in 1,024 is tried; ours are always read.
func TestInVain(t *testing.T) {
	zeros := func(int) []byte { return make([]byte, 64) }
	h := one(append(series(5000, zeros), series(2000, senders[Sockperf])...)...)
	if h.at <= 5000 || h.at > 5000+vainEvery+needFits {
		t.Errorf("sockperf after 5,000 zeros is adopted by datagram %d", h.at)
	}
	h = one(append(series(5000, zeros), series(3, senders[Own])...)...)
	if h.at != 5001 || len(h.sights) != 3 {
		t.Errorf("ours after 5,000 zeros are adopted by datagram %d", h.at)
	}
}

// TestTwoStreamsOfOneSocket: numbers are told apart by their stream.
func TestTwoStreamsOfOneSocket(t *testing.T) {
	h := one(series(60, func(n int) []byte { return rtpOf(uint32(1+n%3), 500*(n%3)+n/3, uint32(n), 96) })...)
	if len(h.adopted) != 1 || h.dropped != nil || len(h.sights) != 60 || h.missing() != 0 {
		t.Errorf("three SSRCs: adopted %q, %d counted, %d missing", h.adopted, len(h.sights), h.missing())
	}
	h = one(series(60, func(n int) []byte { return rtpOf(uint32(1+n), n, uint32(n), 96) })...)
	if h.adopted != nil {
		t.Errorf("an SSRC for each datagram is taken for %q", h.adopted)
	}
}

func TestRTP(t *testing.T) {
	x := rtpOf(9, 1, 1, 96)
	x[0] |= 0x10
	binary.BigEndian.PutUint16(x[14:], 1) // the extension ends behind the end
	padded := rtpOf(9, 1, 1, 96)
	padded[0] |= 0x20
	padded[len(padded)-1] = 17
	for name, b := range map[string][]byte{
		"version 1": append([]byte{0x40}, rtpOf(9, 1, 1, 96)[1:]...), "RTCP": rtpOf(9, 1, 1, 72), "RTCP with the marker": rtpOf(9, 1, 1, 200),
		"no SSRC": rtpOf(0, 1, 1, 96), "15 sources": append([]byte{0x8F}, rtpOf(9, 1, 1, 96)[1:]...),
		"extension": x, "padding": padded, "short": rtpOf(9, 1, 1, 96)[:11],
	} {
		if s, f := rtpSight(b, len(b)); f != misfit {
			t.Errorf("%s: %+v", name, s)
		}
	}
	// The timestamps of type 33 have 90,000 ticks a second, and wrap.
	h := one(series(20, func(n int) []byte { return rtpOf(9, 65530+n, uint32(90*n-900), 33) })...)
	for n, s := range h.sights {
		if d := s.Sent - h.sights[0].Sent; d < time.Duration(n)*time.Millisecond-2 || d > time.Duration(n)*time.Millisecond+2 {
			t.Fatalf("datagram %d was sent %v after the first, want %d ms", n, d, n)
		}
	}
	if len(h.sights) != 20 || h.sights[0].ID != 9 || h.missing() != 0 {
		t.Errorf("%+v", h)
	}
}

// TestRTPTSCounts: packets that are missing inside are told, and those that were
// lost with an RTP packet are not told again.
func TestRTPTSCounts(t *testing.T) {
	inside := one(series(30, func(n int) []byte {
		if n < 20 {
			return rtpTS(9, n)
		}
		b := rtpTS(9, n+1) // the numbers go on, the counters miss seven, and a PAT
		binary.BigEndian.PutUint16(b[2:], uint16(n))
		return b
	})...)
	if got := inside.missing(); got != 8 {
		t.Errorf("%d are missing, want 7 and a PAT", got)
	}
	with := one(append(series(20, senders[RTPTS]), series(10, func(n int) []byte { return rtpTS(9, n+22) })...)...)
	if got := with.missing(); got != 2 {
		t.Errorf("%d are missing, want the two RTP packets", got)
	}
}

// TestCut: of a datagram that was kept in part only, what is kept is read.
func TestCut(t *testing.T) {
	for format, of := range senders {
		for _, keep := range []int{0, 1, 11, 12, 20, 39, 60, 100, 500} {
			var r recogniser
			sights, adopted := 0, Format("")
			for n := range 30 {
				b := of(n)
				got := r.read(b[:min(keep, len(b))], len(b), time.Unix(1e9, int64(n)*1e6), 0)
				sights += len(got.Sights)
				if got.Adopted != "" {
					adopted = got.Adopted
				}
				for _, s := range got.Sights {
					if s.Missing != 0 {
						t.Errorf("%s, %d bytes kept: %d packets are missing", format, keep, s.Missing)
					}
				}
			}
			if adopted != "" && (adopted != format && !(format == RTPTS && adopted == RTP) || sights != 30) {
				t.Errorf("%s, %d bytes kept: %d datagrams of %q", format, keep, sights, adopted)
			}
			if keep == 500 && adopted == "" {
				t.Errorf("%s is not recognised by its first 500 bytes", format)
			}
		}
	}
}

// TestLong: of datagrams that are longer than what is kept of them, 2,048 bytes, each
// number is read, and each loss counted.
func TestLong(t *testing.T) {
	long := func(size int, of func(b []byte, n int)) func(n int) []byte {
		return func(n int) []byte {
			b := make([]byte, size)
			of(b, n)
			return b
		}
	}
	for name, c := range map[string]struct {
		format Format
		of     func(n int) []byte
		lost   uint64
	}{
		"ours": {Own, long(65507, func(b []byte, n int) { Header{Stream: 7, Number: uint64(n)}.Put(b) }), 1},
		"RTP":  {RTP, long(9000, func(b []byte, n int) { copy(b, rtpOf(9, n, uint32(n), 97)) }), 1},
		"RTP, padded, and an extension": {RTP, long(9000, func(b []byte, n int) {
			copy(b, rtpOf(9, n, uint32(n), 97)[:12])
			b[0] |= 0x30
			binary.BigEndian.PutUint16(b[14:], 1500) // it ends behind what is kept
			b[len(b)-1] = 4
		}), 1},
		"RTP+TS":  {RTPTS, func(n int) []byte { return append(rtpOf(9, n, uint32(n), rtpMPEGTS)[:12], tsDatagram(10*n+1, 14)...) }, 1},
		"MPEG-TS": {TS, func(n int) []byte { return tsDatagram(n, 7) }, 7},
		"iperf2":  {Iperf2, long(9000, func(b []byte, n int) { copy(b, iperf(int64(n+1), time.Duration(n)*10*time.Millisecond)) }), 1},
		"mcjoin":  {Mcjoin, long(9000, func(b []byte, n int) { copy(b, mcjoinText(4711, n, 10)) }), 1},
		"sockperf": {Sockperf, long(65507, func(b []byte, n int) {
			copy(b, sockperf(uint64(n), 1))
			binary.BigEndian.PutUint32(b[10:], 65507)
		}), 1},
	} {
		tally := numberedTally(Seq{})
		for n := range 60 {
			if n == 35 {
				continue
			}
			b := c.of(n)
			tally.Add(&Datagram{At: at(10 * n), Group: group, From: a, IfIndex: 2, Bytes: len(b), Payload: b[:min(len(b), 2048)]})
		}
		tally.Tick(at(4000))
		r := tally.Snapshot()[0]
		if n := r.Numbers; n.Format != c.format || n.Distinct != 59 || n.Lost != c.lost || n.Restarts != 0 || tally.Damaged() != 0 {
			t.Errorf("%s: %+v", name, n)
		}
		if d, _ := tally.Detail(r.Key); c.format == Own && strings.Contains(d.Why, "right checksum") {
			t.Errorf("%s: %q, and no checksum was looked at", name, d.Why)
		}
	}
}

func TestSeq(t *testing.T) {
	for text, want := range map[string]Seq{
		"4:u32le": {4, 32, true}, "0:u8": {0, 8, false}, "2040:u64": {2040, 64, false}, "12:u16": {12, 16, false},
	} {
		got, err := ParseSeq(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "4", ":", "4:", "u32", "-1:u8", "2041:u8", "4:u24", "4:u32be", "4:U32", "x:u8", "4:u32:", " 4:u8", "4:le"} {
		if got, err := ParseSeq(text); err == nil {
			t.Errorf("%q is %+v", text, got)
		}
	}
	for _, c := range []struct {
		seq  string
		data string
		want uint64
	}{
		{"1:u8", "\x00\x07", 7}, {"1:u16", "\x00\x01\x02", 0x102}, {"1:u16le", "\x00\x01\x02", 0x201}, {"0:u32le", "\x01\x02\x03\x04", 0x4030201},
		{"0:u64", "\x00\x00\x00\x00\x00\x00\x01\x00", 256},
	} {
		seq, err := ParseSeq(c.seq)
		if err != nil {
			t.Fatal(err)
		}
		r := newBench(seq).recogniser(0)
		got := r.read([]byte(c.data), len(c.data), time.Time{}, 3)
		if got.Adopted != Told || len(got.Sights) != 1 || got.Sights[0].Number != c.want || got.Sights[0].Bits != seq.Bits || got.Sights[0].Drops != 3 {
			t.Errorf("%s of %q: %+v", c.seq, c.data, got)
		}
		if again := r.read([]byte(c.data), len(c.data), time.Time{}, 0); again.Adopted != "" || len(again.Sights) != 1 {
			t.Errorf("%s of %q a second time: %+v", c.seq, c.data, again)
		}
		if short := r.read([]byte(c.data[:1]), len(c.data), time.Time{}, 0); c.seq != "0:u8" && len(short.Sights) != 0 {
			t.Errorf("%s of one byte: %+v", c.seq, short)
		}
	}
}

// TestWhy: the evidence of each format is said, and of none nothing.
func TestWhy(t *testing.T) {
	for format, of := range senders {
		var r recogniser
		if r.why() != "" {
			t.Errorf("%q without a format", r.why())
		}
		for n := range 30 {
			b := of(n)
			r.read(b, len(b), time.Unix(1e9, int64(n)*1e6), 0)
		}
		if r.why() == "" {
			t.Errorf("%s has no evidence", format)
		}
		if want := "version 2, SSRC 00000009, type 97, 8 datagrams in a row"; format == RTP && r.why() != want {
			t.Errorf("%q, want %q", r.why(), want)
		}
	}
}

// TestMemory: a row costs 48 bytes, an adopted format no allocation, a trial neither
// once one was made.
func TestMemory(t *testing.T) {
	if size := unsafe.Sizeof(recogniser{}); size > 48 {
		t.Errorf("a recogniser has %d bytes", size)
	}
	if size := unsafe.Sizeof(trial{}); size > 1400 {
		t.Errorf("a trial has %d bytes", size)
	}
	if size := unsafe.Sizeof(pids{}); size > 1600 {
		t.Errorf("the counters have %d bytes", size)
	}
	random := make([]byte, 200)
	for name, of := range senders {
		list := series(1000, of)
		r := newBench(Seq{}).recogniser(0)
		n := 0
		allocs := testing.AllocsPerRun(5000, func() {
			r.read(list[n%1000], len(list[n%1000]), time.Unix(1e9, int64(n)*1e6), 0)
			n++
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations for a datagram", name, allocs)
		}
		// One datagram fits, the next does not: a trial begins each time.
		r = r.bench.recogniser(0)
		allocs = testing.AllocsPerRun(2000, func() {
			b := random
			if n++; n%2 == 0 {
				b = list[n%1000]
			}
			r.read(b, len(b), time.Unix(1e9, int64(n)*1e6), 0)
		})
		if allocs != 0 {
			t.Errorf("%s, tried in vain: %v allocations for a datagram", name, allocs)
		}
	}
}

// tsMux is a multiplex for the properties below.
type tsMux struct {
	counts map[uint16]byte
	n      uint64
}

// datagram makes one of up to most packets of some PIDs, some without payload, some
// null, and some with the bytes of others of the PID.
func (m *tsMux) datagram(draw func(int) int, pids, most int) (b []byte, payloads int) {
	for range 1 + draw(most) {
		pid := []uint16{0x100, 0x101, 0, tsNull, 0x100, 0x102}[draw(pids)]
		m.n++
		switch {
		case pid == tsNull:
			b = append(b, tsOf(pid, byte(m.n), m.n)...)
		case pid != 0 && draw(10) == 0:
			p := tsOf(pid, m.counts[pid]-1, m.n)
			p[3] = 0x20 | p[3]&0x0F
			p[4], p[5] = 183, 0
			b = append(b, p...)
		default:
			p := tsOf(pid, m.counts[pid], m.n)
			b = append(b, p...)
			m.counts[pid]++
			payloads++
		}
	}
	return b, payloads
}

// tsArrival is a datagram that comes.
type tsArrival struct {
	data []byte
	at   time.Time
}

// tsCase is what happens to a stream: how many in a hundred datagrams are lost, come
// late, and come twice.
type tsCase struct {
	datagrams, pids, most, lost, late, twice int
	each                                     time.Duration
}

// arrivals makes a stream of which a datagram overtakes three others at most.
func (c tsCase) arrivals(draw func(int) int) (list []tsArrival, lost int) {
	mux := tsMux{counts: map[uint16]byte{0x100: byte(draw(16)), 0x101: 3}}
	type placed struct {
		tsArrival
		key int
	}
	var all []placed
	for n := range c.datagrams {
		b, packets := mux.datagram(draw, c.pids, c.most)
		if draw(100) < c.lost {
			lost += packets
			continue
		}
		key := 4 * n
		if draw(100) < c.late {
			key += 4 * draw(4)
		}
		all = append(all, placed{tsArrival{data: b}, key})
		if draw(100) < c.twice {
			all = append(all, placed{tsArrival{data: b}, key + 1 + draw(int(min(180*time.Millisecond/c.each, 40)))})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return a.key - b.key })
	for n := range all {
		all[n].at = time.Unix(1e9, 0).Add(time.Duration(all[n].key) * c.each / 4)
		list = append(list, all[n].tsArrival)
	}
	return list, lost
}

func (c tsCase) told(list []tsArrival) (told int) {
	var table pids
	for _, a := range list {
		told += table.datagram(a.data, len(a.data), a.at)
	}
	return told + table.give()
}

// TestTSLoss: what is told of full datagrams of one PID, and of a loss alone.
func TestTSLoss(t *testing.T) {
	for name, c := range map[string]struct {
		order []int
		want  int
	}{
		"all":       {[]int{1, 2, 3, 4, 5, 6, 7, 8, 9}, 0},
		"overtaken": {[]int{1, 3, 2, 4, 5, 7, 6, 8, 9}, 0},
		"at first":  {[]int{2, 1, 3, 4, 5, 6, 7, 8, 9}, 0},
		"twice":     {[]int{1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9}, 0},
		"later":     {[]int{1, 2, 3, 4, 1, 5, 6, 2, 7, 8, 3, 9, 4}, 0},
		"lost":      {[]int{1, 2, 3, 4, 5, 7, 8, 9, 10, 11}, 7},
		"two lost":  {[]int{1, 2, 3, 4, 5, 8, 9, 10, 11, 12}, 14},
		"three":     {[]int{1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19}, 5 + 7}, // 21 look as 5
		"very late": {[]int{1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 6, 13, 14, 15, 16, 17}, 7},
	} {
		var list []tsArrival
		for n, d := range c.order {
			list = append(list, tsArrival{tsDatagram(d, 7), time.Unix(1e9, int64(n)*1e6)})
		}
		if got := (tsCase{}).told(list); got != c.want {
			t.Errorf("%s: %d are told, want %d", name, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		var list []tsArrival
		packets, lost, next := rapid.IntRange(1, 2).Draw(t, "packets"), 0, 8
		n := rapid.IntRange(20, 80).Draw(t, "datagrams")
		for i := range n {
			b := tsDatagram(i, packets)
			if i >= next && i < n-11 && rapid.IntRange(0, 3).Draw(t, "lost") == 0 {
				lost += len(b) / tsPacket
				next = i + 8
				continue
			}
			list = append(list, tsArrival{b, time.Unix(1e9, int64(i)*2e7)})
		}
		if told := (tsCase{}).told(list); told != lost {
			t.Fatalf("%d are told, %d lost alone", told, lost)
		}
	})
}

// TestTSLossBeforeAPause: what was missing before a stream paused is told then.
func TestTSLossBeforeAPause(t *testing.T) {
	tally := numberedTally(Seq{})
	ms := 0
	for n := range 40 {
		if ms += 10; n != 38 {
			hears(tally, ms, tsDatagram(n, 3))
		}
	}
	if tally.Tick(at(ms + 100)); tally.Snapshot()[0].Numbers.Lost != 0 {
		t.Errorf("while datagrams may be under way the row says %s", tally.Snapshot()[0].Numbers.Text())
	}
	events := tally.Tick(at(ms + 1500))
	if n := tally.Snapshot()[0].Numbers; n.Lost != 3 || !slices.ContainsFunc(events, func(e Event) bool { return e.Kind == Loss && e.Lost == 3 }) {
		t.Errorf("events %+v, the row says %s", events, n.Text())
	}
	for n := range 20 {
		hears(tally, ms+2000+10*n, tsDatagram(40+n, 3))
	}
	if tally.Tick(at(ms + 4000)); tally.Snapshot()[0].Numbers.Lost != 3 {
		t.Errorf("in the end the row says %s", tally.Snapshot()[0].Numbers.Text())
	}
}

// TestTSNeverTooMuch: whatever is lost, late and twice, more is never told than was
// lost.
func TestTSNeverTooMuch(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for n := range 3000 {
		c := tsCase{
			datagrams: 1 + random.IntN(120), pids: 1 + random.IntN(6), most: 1 + random.IntN(7),
			lost: []int{0, 0, 3, 10, 30, 60}[random.IntN(6)], late: []int{0, 5, 30, 100}[random.IntN(4)], twice: []int{0, 10, 100}[random.IntN(3)],
			each: []time.Duration{time.Millisecond, 10 * time.Millisecond, 30 * time.Millisecond}[random.IntN(3)],
		}
		list, lost := c.arrivals(random.IntN)
		if told := c.told(list); told > lost {
			t.Fatalf("stream %d, %+v: %d are told, %d lost", n, c, told, lost)
		}
	}
}

// TestLossProperty: whatever is lost, each number that came is told once, in order,
// from the first that was held on.
func TestLossProperty(t *testing.T) {
	for _, format := range []Format{Own, RTP, RTPTS, Mcjoin, Iperf2, Sockperf, PTP} {
		t.Run(string(format), rapid.MakeCheck(func(t *rapid.T) {
			var r recogniser
			var came, told []uint64
			n := rapid.IntRange(0, 1<<17).Draw(t, "first")
			start := n
			for range 200 {
				n += rapid.SampledFrom([]int{1, 1, 1, 1, 2, 3, 9}).Draw(t, "step")
				b := senders[format](n)
				came = append(came, uint64(n))
				at := time.Unix(1e9, 0).Add(time.Duration(n-start) * time.Millisecond)
				for _, s := range r.read(b, len(b), at, 0).Sights {
					told = append(told, s.Number)
				}
			}
			if len(told) != len(came) {
				t.Fatalf("%d came, %d are told", len(came), len(told))
			}
			for i := range told {
				want := came[i]
				if format == Iperf2 {
					want++
				}
				if bits := kinds[r.adopted].bits; bits < 64 {
					want &= 1<<bits - 1
				}
				if told[i] != want {
					t.Fatalf("datagram %d has number %d, not %d", i, want, told[i])
				}
			}
		}))
	}
}

// check reads datagrams of any bytes, and looks whether what is said can be so.
func check(t *testing.T, r *recogniser, payload []byte, size int, at time.Time) {
	t.Helper()
	before := r.adopted
	got := r.read(payload, size, at, 0)
	if len(got.Sights) > maxHeld || got.Adopted != "" && len(got.Sights) == 0 || got.Damaged && got.Newer {
		t.Fatalf("%+v", got)
	}
	if got.Adopted != "" && got.Adopted != kinds[r.adopted].format || got.Dropped != "" && got.Dropped != kinds[before].format {
		t.Fatalf("%+v, from %v to %v", got, before, r.adopted)
	}
	for _, s := range got.Sights {
		if s.Format != kinds[r.adopted].format || s.Bits != kinds[r.adopted].bits || s.Promise < 0 || s.Missing < 0 || s.Missing > 16*4*(size/tsPacket+maxHeld*maxTrial) {
			t.Fatalf("%+v", s)
		}
		if s.Bits > 0 && s.Bits < 64 && s.Number>>s.Bits != 0 {
			t.Fatalf("%+v is wider than %d bits", s, s.Bits)
		}
	}
}

func FuzzRecogniser(f *testing.F) {
	for _, file := range []string{"rtp_ts.pcap", "ts.pcap", "rtp_opus.pcap", "iperf.pcap", "sockperf.pcap", "ptp.pcap"} {
		var all []byte
		for _, p := range capture(f, file)[:10] {
			all = binary.BigEndian.AppendUint16(all, uint16(len(p.payload)))
			all = append(all, p.payload...)
		}
		f.Add(all, byte(0))
	}
	f.Add(append([]byte{0, 100}, mcjoinText(1, 2, 3)...), byte(1))
	f.Add(append([]byte{0, 64}, ours(1, 2)...), byte(1))
	f.Fuzz(func(t *testing.T, data []byte, more byte) {
		var r recogniser
		at := time.Unix(1e9, 0)
		for len(data) >= 2 {
			n := min(int(binary.BigEndian.Uint16(data)), len(data)-2)
			check(t, &r, data[2:2+n], n+int(more), at)
			data, at = data[2+n:], at.Add(time.Millisecond)
		}
	})
}

// FuzzFormats reads one datagram as each format, whole and cut.
func FuzzFormats(f *testing.F) {
	for _, of := range senders {
		f.Add(of(0), uint16(0))
		f.Add(of(1), uint16(9))
	}
	f.Fuzz(func(t *testing.T, data []byte, more uint16) {
		size := len(data) + int(more)
		var r recogniser
		for k := kindOwn; k < kindTold; k++ {
			s, fit := r.look(k, data, size)
			if fit == misfit {
				continue
			}
			if bits := kinds[k].bits; bits > 0 && bits < 64 && s.Number>>bits != 0 {
				t.Fatalf("%v: %+v", kinds[k].format, s)
			}
			var i inside
			i.follow(newBench(Seq{}), k, &s, data, size, time.Time{})
			hasPAT(data)
		}
		text := string(data)
		if seq, err := ParseSeq(text); err == nil {
			if again, err := ParseSeq(seq.String()); err != nil || again != seq {
				t.Fatalf("%q is %v, and that %v: %v", text, seq, again, err)
			}
			seq.number(data)
		}
	})
}

func BenchmarkRecogniser(b *testing.B) {
	bench := func(name string, of func(n int) []byte) {
		b.Run(name, func(b *testing.B) {
			list := series(160, of) // a multiple of 16: the counters of MPEG-TS go on at the seam
			shared := newBench(Seq{})
			r := shared.recogniser(0)
			at := time.Unix(1e9, 0)
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				r.read(list[n%160], len(list[n%160]), at, 0)
				at = at.Add(time.Millisecond)
			}
		})
	}
	for format, of := range senders {
		bench(string(format), of)
	}
	random := rand.New(rand.NewPCG(1, 2))
	bench("none", func(int) []byte {
		p := make([]byte, 64)
		for i := range p {
			p[i] = byte(random.Uint32())
		}
		return p
	})
}

// TestTSNeedsItsTable: without a table with a right checksum packets are no MPEG-TS.
func TestTSNeedsItsTable(t *testing.T) {
	h := one(series(100, func(n int) []byte {
		b := tsDatagram(n, 6)
		if n%10 == 0 {
			b[10] ^= 1 // in the table
		}
		return b
	})...)
	if h.adopted != nil {
		t.Errorf("adopted as %q", h.adopted)
	}
	// Null packets have counters that mean nothing.
	h = one(series(100, func(n int) []byte { return append(tsDatagram(n, 6), tsOf(tsNull, byte(5*n), uint64(n))...) })...)
	if len(h.sights) != 100 || h.missing() != 0 {
		t.Errorf("with null packets %d datagrams are counted, %d packets missing", len(h.sights), h.missing())
	}
}

// TestMisfitsInARow: only those in a row end a format.
func TestMisfitsInARow(t *testing.T) {
	h := one(series(200, func(n int) []byte {
		if n > 20 && n%8 != 0 {
			return []byte("something else that has no number")
		}
		return rtpOf(9, n, uint32(n), 97)
	})...)
	if len(h.adopted) != 1 || h.dropped != nil {
		t.Errorf("adopted %q, dropped %q", h.adopted, h.dropped)
	}
}
