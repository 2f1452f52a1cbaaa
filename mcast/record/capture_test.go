package record

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/internal/tap"
)

// fakeRing has frames in blocks, as a kernel fills them. A frame is a datagram that says its time.
type fakeRing struct {
	blocks  [][]int64 // times of the frames
	given   int       // of the blocks, the reader's
	room    int       // for so many blocks
	filling bool
	lost    map[int64]uint64 // before the frames of these times
	after   uint64           // lost after the last one
	same    []byte           // instead of a frame of its own

	seen []int64
	at   int // of the first block, the frame to be read
}

func (r *fakeRing) Ethernet() bool                 { return true }
func (r *fakeRing) Wait(func()) error              { return io.EOF }
func (r *fakeRing) Stop()                          {}
func (r *fakeRing) Filling() bool                  { return r.filling }
func (r *fakeRing) Stats() (tap.RingStats, uint64) { return tap.RingStats{}, r.after }
func (r *fakeRing) Close() error                   { return nil }
func (r *fakeRing) Pressed() bool                  { return r.given > r.room/2 }

func (r *fakeRing) Frame() tap.Frame {
	at := r.blocks[0][r.at]
	data := r.same
	if data == nil {
		text := fmt.Sprint(at)
		d := Datagram{From: netip.MustParseAddrPort("10.0.0.1:1"), To: netip.MustParseAddrPort("239.1.2.3:5000"), Hops: 1}
		room := append(make([]byte, headroom), text...)
		d.Data = room[headroom:]
		d.plain()
		data = frame(&d, room)
	}
	return tap.Frame{At: time.Unix(0, at), Data: data, Size: len(data), To: tap.ToGroup, Lost: r.lost[at]}
}

func (r *fakeRing) Mark(now int64) {
	for len(r.seen) < r.given {
		r.seen = append(r.seen, now)
	}
}

func (r *fakeRing) Peek() (at, seen int64, ok bool) {
	if len(r.seen) == 0 {
		return 0, 0, false
	}
	return r.blocks[0][r.at], r.seen[0], true
}

func (r *fakeRing) Advance() {
	if r.at++; r.at == len(r.blocks[0]) {
		r.blocks, r.seen, r.at = r.blocks[1:], r.seen[1:], 0
		r.given--
	}
}

// times are so many, from a first one on.
func times(from, n, step int64) (list []int64) {
	for i := range n {
		list = append(list, from+i*step)
	}
	return list
}

// fake captures what is in rings, and ends.
func fake(t testing.TB, o CaptureOptions, rings ...*fakeRing) (Summary, error) {
	t.Helper()
	c := &Capture{o: o, wake: make(chan struct{}, 1), done: make(chan struct{}), taken: map[int]*source{}}
	var list []*described
	for i, r := range rings {
		r.given = len(r.blocks)
		of := &described{index: i + 1, name: fmt.Sprint("eth", i), comment: framesComment}
		list = append(list, of)
		c.arrived = append(c.arrived, &source{ring: r, on: host.Interface{Index: i + 1, Name: of.name}, of: of})
	}
	var err error
	if c.out, err = newOutput(o.Options, framesComment, list...); err != nil {
		t.Fatal(err)
	}
	_, c.cancel = context.WithCancel(t.Context())
	go c.write()
	return c.Close()
}

// said reads what the datagrams of a file say, up to its end or where it is cut.
func said(t testing.TB, file []byte) (list []Packet, texts []string, err error) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(file))
	for err == nil {
		var p Packet
		if p, err = r.Next(); err == nil {
			texts = append(texts, string(p.Data))
			list = append(list, p)
		}
	}
	return list, texts, err
}

// Frames of several interfaces stand in the order of their times, each with its
// interface and its direction, and with what was lost before it.
func TestCaptureInOrder(t *testing.T) {
	name := filepath.Join(t.TempDir(), "talk.pcapng")
	a := &fakeRing{blocks: [][]int64{times(1000, 10, 20), times(1200, 5, 1)}, lost: map[int64]uint64{1020: 7}}
	b := &fakeRing{blocks: [][]int64{times(1005, 10, 30), {1306}}, after: 3}
	s, err := fake(t, CaptureOptions{Options: Options{File: name}}, a, b, &fakeRing{})
	if err != nil || s.Recorded != 26 || s.Interfaces["eth0"] != 15 || s.Interfaces["eth1"] != 11 || s.KernelLost != 10 {
		t.Fatalf("%+v, %v", s, err)
	}
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	list, texts, err := said(t, file)
	if err != io.EOF || len(list) != 26 || !slices.IsSorted(texts) {
		t.Errorf("%q, %v", texts, err)
	}
	for i, p := range list {
		want, lost := "eth0", uint64(0)
		if at := p.At.UnixNano(); (at-1005)%30 == 0 || at == 1306 {
			want = "eth1"
		}
		if texts[i] == "1020" {
			lost = 7
		}
		if p.Interface != want || p.Out || p.Lost != lost {
			t.Errorf("%s by %s, out %t, lost %d", texts[i], p.Interface, p.Out, p.Lost)
		}
	}
}

// A frame waits for earlier ones of other interfaces, but not for long, and not when
// its ring fills.
func TestPick(t *testing.T) {
	const seen = int64(1000)
	ringOf := func(room int, blocks ...[]int64) *fakeRing {
		r := &fakeRing{blocks: blocks, given: len(blocks), room: room}
		r.Mark(seen)
		return r
	}
	for _, tt := range []struct {
		what  string
		rings []*fakeRing
		now   int64
		flush bool
		first int   // -1: none
		bound int64 // of first
		at    int64
	}{
		{what: "nothing", rings: []*fakeRing{ringOf(16)}, first: -1},
		{what: "one interface never waits", rings: []*fakeRing{ringOf(16, []int64{5})}, now: seen, first: 0, bound: math.MaxInt64},
		{what: "the earliest of two, up to the other", rings: []*fakeRing{ringOf(16, []int64{9}), ringOf(16, []int64{5})}, now: seen, first: 1, bound: 9},
		{what: "of three", rings: []*fakeRing{ringOf(16, []int64{9}), ringOf(16, []int64{5}), ringOf(16, []int64{7})}, now: seen, first: 1, bound: 7},
		{what: "another may have an earlier one", rings: []*fakeRing{ringOf(16, []int64{9}), ringOf(16)}, now: seen + hold - 1, first: -1, at: seen + hold},
		{what: "it would be there by now", rings: []*fakeRing{ringOf(16, []int64{9}), ringOf(16)}, now: seen + hold, first: 0, bound: math.MaxInt64},
		{what: "nothing more comes", rings: []*fakeRing{ringOf(16, []int64{9}), ringOf(16)}, now: seen, flush: true, first: 0, bound: math.MaxInt64},
		{what: "half of the ring is full", rings: []*fakeRing{ringOf(2, []int64{9}, []int64{10}), ringOf(16)}, now: seen, first: 0, bound: math.MaxInt64},
	} {
		var list []*source
		for _, r := range tt.rings {
			list = append(list, &source{ring: r})
		}
		first, bound, at := pick(list, tt.now, tt.flush)
		if got := slices.Index(list, first); got != tt.first || got >= 0 && bound != tt.bound || at != tt.at {
			t.Errorf("%s: source %d up to %d, at %d; want %d up to %d, at %d", tt.what, got, bound, at, tt.first, tt.bound, tt.at)
		}
	}
}

// Wherever a capture is cut, each whole frame before is read.
func TestCutCapture(t *testing.T) {
	var file bytes.Buffer
	const many = 40
	if s, err := fake(t, CaptureOptions{Options: Options{File: "-", Output: &file}}, &fakeRing{blocks: [][]int64{times(1000, many, 1)}}); err != nil || s.Recorded != many {
		t.Fatalf("%+v, %v", s, err)
	}
	had := -1
	for n := 0; n <= file.Len(); n++ {
		_, texts, _ := said(t, file.Bytes()[:n])
		if len(texts) < had || len(texts) > had+1 {
			t.Fatalf("%d bytes have %d frames, a byte less %d", n, len(texts), had)
		}
		had = max(had, len(texts))
	}
	if had != many {
		t.Errorf("the whole has %d frames", had)
	}
}

// A disk that is full ends the capture after its last whole frame, which is told once;
// what is not in the file is counted.
func TestCaptureFillsDisk(t *testing.T) {
	dir, some := t.TempDir(), false
	for size := int64(600); size < 6000; size += 101 {
		name := filepath.Join(dir, fmt.Sprint(size))
		var told []error
		o := Failing(Options{File: name, Stopped: func(err error) { told = append(told, err) }}, size, syscall.ENOSPC)
		const many = 100
		s, err := fake(t, CaptureOptions{Options: o}, &fakeRing{blocks: [][]int64{times(1000, many, 1)}})
		if !errors.Is(err, syscall.ENOSPC) || s.Recorded+s.After != many || len(told) != 1 {
			t.Fatalf("a disk of %d bytes: %+v, %v, told %v", size, s, err, told)
		}
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, texts, err := said(t, file)
		if err != io.EOF && !(err != nil && len(file) == 0) || int64(len(texts)) != s.Recorded || s.Bytes != int64(len(file)) {
			t.Fatalf("a disk of %d bytes has %d frames in %d bytes, %v: %+v", size, len(texts), len(file), err, s)
		}
		some = some || len(texts) > 2
	}
	if !some {
		t.Error("no disk had room for more than 2 frames")
	}
}

// Rotated files can each be read alone, and hold the frames in a row; Max and Count end the capture.
func TestCaptureEnds(t *testing.T) {
	dir := t.TempDir()
	ring := func() *fakeRing { return &fakeRing{blocks: [][]int64{times(1000, 100, 1), times(1100, 100, 1)}} }
	s, err := fake(t, CaptureOptions{Options: Options{File: filepath.Join(dir, "talk.pcapng"), Rotate: 2000, Keep: 3}}, ring())
	if err != nil || s.Recorded != 200 || len(s.Files) != 3 {
		t.Fatalf("%+v, %v", s, err)
	}
	var all []string
	for _, name := range s.Files {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, texts, err := said(t, file)
		if len(file) > 2000 || len(texts) < 2 || err != io.EOF {
			t.Errorf("%s has %d bytes, %d frames, %v", name, len(file), len(texts), err)
		}
		all = append(all, texts...)
	}
	for i, text := range all {
		if want := fmt.Sprint(1200 - len(all) + i); text != want {
			t.Fatalf("frame %d of those kept is %s, want %s", i, text, want)
		}
	}
	s, err = fake(t, CaptureOptions{Options: Options{File: filepath.Join(dir, "max"), Max: 3000}}, ring())
	if !errors.Is(err, ErrLimit) || s.Recorded+s.After != 200 || s.Recorded < 10 || s.Bytes > 3000 {
		t.Errorf("at most 3000 bytes: %+v, %v", s, err)
	}
	s, err = fake(t, CaptureOptions{Count: 150, Options: Options{File: filepath.Join(dir, "count")}}, ring())
	if err != nil || s.Recorded != 150 || s.After != 0 {
		t.Errorf("150 frames: %+v, %v", s, err)
	}
}

// What a frame costs from the ring to the file.
func BenchmarkFrame(b *testing.B) {
	out, err := newOutput(Options{File: "-", Output: io.Discard, Max: -1}, framesComment, &described{name: "eth0"})
	if err != nil {
		b.Fatal(err)
	}
	block := make([]int64, 1000)
	ring := &fakeRing{same: make([]byte, 142), room: 16}
	w := &captureWriter{Capture: &Capture{out: out}, later: time.NewTimer(time.Hour), list: []*source{{ring: ring, of: out.list[0]}}}
	b.ReportAllocs()
	for b.Loop() {
		ring.blocks, ring.given, ring.seen = append(ring.blocks[:0], block), 1, ring.seen[:0]
		ring.Mark(1)
		w.drain(hold, false)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(out.recorded), "ns/frame")
}
