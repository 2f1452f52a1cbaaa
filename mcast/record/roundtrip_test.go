package record_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/gopacket/gopacket/pcapgo"
	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/record"
)

var (
	eth0 = host.Interface{Index: 2, Name: "eth0"}
	eth1 = host.Interface{Index: 3, Name: "eth1"}
	noon = time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)
)

// heard is a datagram of the group that most tests use.
func heard(text string) record.Datagram {
	return record.Datagram{At: noon, From: netip.MustParseAddrPort("192.168.8.226:41000"), To: netip.MustParseAddrPort("239.1.2.3:5000"),
		IfIndex: 2, Hops: 1, Data: []byte(text)}
}

// recorded records into memory.
func recorded(t interface{ Fatal(...any) }, o record.Options, fn func(*record.Recorder)) ([]byte, record.Summary) {
	var file bytes.Buffer
	o.File, o.Output = "-", &file
	if o.Interfaces == nil {
		o.Interfaces = []host.Interface{eth0, eth1}
	}
	r, err := record.Create(o)
	if err != nil {
		t.Fatal(err)
	}
	fn(r)
	s, err := r.Close()
	if err != nil {
		t.Fatal(err)
	}
	return file.Bytes(), s
}

// all reads a capture to its end. What it reads stays valid.
func all(r *record.Reader) (list []record.Packet, err error) {
	for {
		p, err := r.Next()
		if err != nil {
			return list, err
		}
		p.Data = slices.Clone(p.Data)
		list = append(list, p)
	}
}

func readAll(t interface{ Fatal(...any) }, file []byte) ([]record.Packet, *record.Reader) {
	r, err := record.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	list, err := all(r)
	if err != io.EOF {
		t.Fatal(err)
	}
	return list, r
}

// What is recorded is read, byte for byte.
func TestWhatIsRecordedIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		given := rapid.SliceOfN(rapid.Custom(datagram), 1, 5).Draw(t, "datagrams")
		slices.SortStableFunc(given, func(a, b record.Datagram) int { return a.At.Compare(b.At) })
		sent := rapid.SliceOfN(rapid.Bool(), len(given), len(given)).Draw(t, "sent")
		file, s := recorded(t, record.Options{}, func(r *record.Recorder) {
			for i, d := range given {
				if sent[i] {
					r.Sent(d, "default route")
				} else {
					r.Received(d)
				}
			}
		})
		if s.Recorded != int64(len(given)) || s.Bytes != int64(len(file)) || s.Lost+s.Unfit+s.After != 0 {
			t.Fatalf("recorded %d datagrams: %+v of %d bytes", len(given), s, len(file))
		}
		got, r := readAll(t, file)
		if len(got) != len(given) || r.Skipped() != nil {
			t.Fatalf("%d of %d are read, skipped %v", len(got), len(given), r.Skipped())
		}
		for i, p := range got {
			d, name := given[i], map[int]string{0: "unknown", 2: "eth0", 3: "eth1"}[given[i].IfIndex]
			if !p.At.Equal(d.At) || p.From != d.From || p.To != d.To || p.Hops != d.Hops || !bytes.Equal(p.Data, d.Data) || p.Size != len(d.Data) ||
				p.Out != sent[i] || p.Interface != name || (len(p.Comments) == 1) != sent[i] {
				t.Fatalf("recorded %+v, read %+v", d, p)
			}
		}
	})
}

func datagram(t *rapid.T) record.Datagram {
	size := rapid.OneOf(rapid.IntRange(0, 70), rapid.SampledFrom([]int{1472, 65506, 65507}), rapid.IntRange(0, 65507)).Draw(t, "size")
	seed := rapid.SliceOfN(rapid.Byte(), 7, 7).Draw(t, "seed")
	d := record.Datagram{
		At:      time.Unix(rapid.Int64Range(0, 9e9).Draw(t, "s"), rapid.Int64Range(0, 999999999).Draw(t, "ns")),
		IfIndex: rapid.SampledFrom([]int{0, 2, 3}).Draw(t, "interface"),
		Hops:    rapid.IntRange(0, 255).Draw(t, "hops"),
		Data:    bytes.Repeat(seed, size/7+1)[:size],
	}
	addr := func(label string) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, label))), rapid.Uint16().Draw(t, label+" port"))
	}
	if rapid.Bool().Draw(t, "IPv6") {
		addr = func(label string) netip.AddrPort {
			a := netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, label)))
			if a.Is4In6() {
				a = netip.IPv6LinkLocalAllNodes()
			}
			return netip.AddrPortFrom(a, rapid.Uint16().Draw(t, label+" port"))
		}
	}
	d.From, d.To = addr("from"), addr("to")
	return d
}

// A recording that was killed, or a copy that was cut, gives each datagram that
// is whole in it, and says that it is cut.
func TestCutAtEachByte(t *testing.T) {
	var ends []int // of the datagrams' blocks
	file, _ := recorded(t, record.Options{}, func(r *record.Recorder) {
		r.Received(heard("one"))
		r.Sent(heard("two"), "default route")
		r.Received(heard("three, which is longer"))
	})
	for at, b := 0, file; len(b) >= 8; {
		size := int(b[4]) | int(b[5])<<8
		if at += size; b[0] == 6 {
			ends = append(ends, at)
		}
		b = b[size:]
	}
	if len(ends) != 3 {
		t.Fatalf("blocks of datagrams end at %d", ends)
	}
	sawCut := 0
	for cut := range len(file) {
		r, err := record.NewReader(bytes.NewReader(file[:cut]))
		if err != nil {
			if section := int(file[4]) | int(file[5])<<8; !errors.Is(err, record.ErrNotCapture) || cut >= section {
				t.Fatalf("cut at %d: %v", cut, err)
			}
			continue
		}
		got, err := all(r)
		want := 0
		for _, end := range ends {
			if end <= cut {
				want++
			}
		}
		if len(got) != want || err != io.EOF && err != io.ErrUnexpectedEOF {
			t.Fatalf("cut at %d of %d: %d datagrams and %v, %d are whole", cut, len(file), len(got), err, want)
		}
		if err == io.ErrUnexpectedEOF {
			sawCut++
		}
	}
	if sawCut < 400 {
		t.Errorf("only %d of %d cuts are told", sawCut, len(file))
	}
}

// A datagram that was cut when it was read keeps its length, and is not read as
// if it was whole.
func TestTruncatedDatagram(t *testing.T) {
	for _, to := range []string{"239.1.2.3", "ff05::3"} {
		d := mcast.Datagram{At: noon, From: netip.MustParseAddrPort("10.0.0.1:9"), To: netip.MustParseAddr(to), IfIndex: 2, Hops: 3, Data: []byte("begin"), Truncated: true}
		if d.To.Is6() {
			d.From = netip.MustParseAddrPort("[fe80::1%eth0]:9")
		}
		file, s := recorded(t, record.Options{}, func(r *record.Recorder) {
			r.Received(record.Of(d, 5000))
			d.Truncated = false
			r.Received(record.Of(d, 5000))
		})
		got, r := readAll(t, file)
		if want := []record.Skipped{{Reason: record.Cut, Count: 1}}; s.Recorded != 2 || len(got) != 1 || !slices.Equal(r.Skipped(), want) {
			t.Errorf("to %s: recorded %d, read %v, skipped %v", to, s.Recorded, got, r.Skipped())
		}
		if got[0].To != netip.AddrPortFrom(d.To, 5000) || got[0].From.Addr() != d.From.Addr().WithZone("") || got[0].Hops != 3 {
			t.Errorf("read %+v", got[0])
		}
	}
}

func TestUnfit(t *testing.T) {
	v6 := netip.MustParseAddrPort("[ff05::1]:1")
	_, s := recorded(t, record.Options{}, func(r *record.Recorder) {
		mixed, long, none := heard("x"), heard(string(make([]byte, 65508))), heard("x")
		mixed.To, none.To = v6, netip.AddrPort{}
		for _, d := range []record.Datagram{mixed, long, none} {
			r.Received(d)
		}
		own := heard("x")
		own.From = netip.AddrPort{} // as the kernel chooses
		r.Sent(own, "")
	})
	if s.Unfit != 3 || s.Recorded != 1 {
		t.Errorf("%+v", s)
	}
}

// What the kernel and the queue lost stands at the next datagram.
func TestLossIsTold(t *testing.T) {
	file, s := recorded(t, record.Options{}, func(r *record.Recorder) {
		r.Received(heard("before"))
		r.Dropped(3)
		r.Dropped(4)
		r.Received(heard("after"))
		r.Received(heard("later"))
	})
	got, _ := readAll(t, file)
	var lost []string
	for _, p := range got {
		lost = append(lost, fmt.Sprintf("%s %d", p.Data, p.Lost))
	}
	if want := []string{"before 0", "after 7", "later 0"}; !slices.Equal(lost, want) || s.KernelLost != 7 || s.Lost != 0 {
		t.Errorf("lost %q, want %q; %+v", lost, want, s)
	}
}

// A caller never waits for the disk: what is too much for the queue is lost,
// counted, and told in the file.
func TestQueueIsBounded(t *testing.T) {
	out := &held{begin: make(chan struct{}), go_: make(chan struct{})}
	r, err := record.Create(record.Options{File: "-", Output: out, Interfaces: []host.Interface{eth0}})
	if err != nil {
		t.Fatal(err)
	}
	out.hold.Store(true)
	r.Received(heard("held"))
	<-out.begin // the goroutine writes, and is held
	for range record.QueueDatagrams + 10 {
		r.Received(heard("x"))
	}
	if s := r.Summary(); s.Lost != 10 {
		t.Errorf("lost %d of 10", s.Lost)
	}
	out.hold.Store(false)
	close(out.go_)
	waitFor(t, func() bool { return r.Summary().Recorded == record.QueueDatagrams+1 })
	r.Received(heard("after"))
	r.Received(heard("last"))
	s, err := r.Close()
	if err != nil || s.Recorded != record.QueueDatagrams+3 {
		t.Errorf("%+v, %v", s, err)
	}
	got, _ := readAll(t, out.Bytes())
	after, last := got[len(got)-2], got[len(got)-1]
	if string(after.Data) != "after" || after.Lost != 10 || last.Lost != 0 {
		t.Errorf("%q comes after %d lost, %q after %d", after.Data, after.Lost, last.Data, last.Lost)
	}
}

// Large datagrams fill the queue by their bytes.
func TestQueueIsBoundedInBytes(t *testing.T) {
	out := &held{begin: make(chan struct{}), go_: make(chan struct{})}
	r, err := record.Create(record.Options{File: "-", Output: out, Interfaces: []host.Interface{eth0}})
	if err != nil {
		t.Fatal(err)
	}
	out.hold.Store(true)
	r.Received(heard("held"))
	<-out.begin
	large := heard(string(make([]byte, 65507)))
	fit := record.QueueBytes / (65507 + 62)
	for range fit + 3 {
		r.Received(large)
	}
	if s := r.Summary(); s.Lost != 3 {
		t.Errorf("lost %d of 3", s.Lost)
	}
	out.hold.Store(false)
	close(out.go_)
	if s, err := r.Close(); err != nil || s.Recorded != int64(fit)+1 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestExclusive(t *testing.T) {
	name := filepath.Join(t.TempDir(), "talk.pcapng")
	r, err := record.Create(record.Options{File: name})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := record.Create(record.Options{File: name}); !errors.Is(err, errExist) {
		t.Errorf("a file that exists: %v", err)
	}
	if s, err := r.Close(); err != nil || !slices.Equal(s.Files, []string{name}) {
		t.Errorf("%+v, %v", s, err)
	}
	checkMode(t, name)
	empty, err := record.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer empty.Close()
	if _, err := empty.Next(); err != io.EOF {
		t.Errorf("nothing was recorded, and read is %v", err)
	}
}

// A UDP checksum of IPv6 that comes to 0 is sent as 0xffff: 0 says that there is
// none (RFC 8200, section 8.1).
func TestChecksumOfZero(t *testing.T) {
	checksum := func(payload []byte) []byte {
		d := heard("")
		d.From, d.To, d.Data = netip.MustParseAddrPort("[fe80::1]:1"), netip.MustParseAddrPort("[ff05::1]:2"), payload
		file, _ := recorded(t, record.Options{}, func(r *record.Recorder) { r.Received(d) })
		r, err := pcapgo.NewNgReader(bytes.NewReader(file), pcapgo.DefaultNgReaderOptions)
		if err != nil {
			t.Fatal(err)
		}
		frame, _, err := r.ReadPacketData()
		if err != nil {
			t.Fatal(err)
		}
		return frame[14+40+6:][:2]
	}
	// With its own checksum as payload the sum of a datagram is 0xffff.
	if got := checksum(checksum([]byte{0, 0})); !bytes.Equal(got, []byte{0xff, 0xff}) {
		t.Errorf("the checksum is %x", got)
	}
}
