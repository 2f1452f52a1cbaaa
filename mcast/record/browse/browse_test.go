package browse

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/record"
)

var (
	began  = time.Unix(1000, 0)
	sender = netip.MustParseAddrPort("10.0.0.1:4000")
	group  = netip.MustParseAddrPort("239.1.2.3:5000")
	other  = netip.MustParseAddrPort("239.1.2.4:5000")
)

// packet is an IPv4 datagram in an Ethernet frame.
func packet(from, to netip.AddrPort, data string) []byte {
	b := make([]byte, 14+20+8, 14+20+8+len(data))
	b[12], b[13] = 8, 0
	ip := b[14:]
	ip[0], ip[8], ip[9] = 0x45, 3, 17
	binary.BigEndian.PutUint16(ip[2:], uint16(28+len(data)))
	copy(ip[12:], from.Addr().AsSlice())
	copy(ip[16:], to.Addr().AsSlice())
	udp := ip[20:]
	binary.BigEndian.PutUint16(udp, from.Port())
	binary.BigEndian.PutUint16(udp[2:], to.Port())
	binary.BigEndian.PutUint16(udp[4:], uint16(8+len(data)))
	return append(b, data...)
}

// pcap is a capture of packets a second apart.
func pcap(packets ...[]byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, 0xa1b23c4d)
	b = append(b, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0)
	for n, p := range packets {
		for _, v := range []uint32{uint32(began.Unix()) + uint32(n), 0, uint32(len(p)), uint32(len(p))} {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
		b = append(b, p...)
	}
	return b
}

func from(file []byte) opener {
	return func() (*record.Reader, error) { return record.NewReader(bytes.NewReader(file)) }
}

func unseen(*record.Reader) {}

// numbered is a capture of so many datagrams, which say their numbers from 1.
func numbered(n int) opener {
	list := make([][]byte, n)
	for i := range list {
		to := group
		if i%2 == 1 {
			to = other
		}
		list[i] = packet(sender, to, fmt.Sprintf("says %d.", i+1))
	}
	return from(pcap(list...))
}

func turn(t testing.TB, o opener, f Filter, at Place) Page {
	t.Helper()
	p, err := o.turn(t.Context(), f, at, unseen)
	if err != nil {
		t.Fatalf("%+v: %v", at, err)
	}
	return p
}

func TestPages(t *testing.T) {
	const n = 3 * PageDatagrams
	o := numbered(n)
	for _, tc := range []struct {
		name         string
		filter       Filter
		at           Place
		first, where string // of the page, and the one at the place
		before       uint64
		ends         bool
		datagrams    int
	}{
		{name: "first", at: Place{}, first: "says 1.", where: "says 1.", datagrams: PageDatagrams},
		{name: "last", at: Place{Kind: Last}, first: "says 10001.", where: "says 12000.", before: 10000, ends: true, datagrams: 2000},
		{name: "number", at: Place{Kind: Number, Number: 5000}, first: "says 3001.", where: "says 5000.", before: 3000, datagrams: PageDatagrams},
		{name: "a number behind the end", at: Place{Kind: Number, Number: n + 7}, first: "says 10001.", where: "says 12000.", before: 10000, ends: true, datagrams: 2000},
		{name: "nth of a group", filter: Filter{To: other.Addr()}, at: Place{Kind: Nth, Nth: 9001}, first: "says 5004.", where: "says 9002.", before: 2501, ends: true, datagrams: 3499},
		{name: "time", at: Place{Kind: Time, Time: began.Add(6000 * time.Second)}, first: "says 4002.", where: "says 6001.", before: 4001, datagrams: PageDatagrams},
		{name: "next", at: Place{Kind: Next, Nth: 3, Text: "SAYS 9000"}, first: "says 7001.", where: "says 9000.", before: 7000, datagrams: PageDatagrams},
		{name: "next address", at: Place{Kind: Next, Nth: 3, Text: "239.1.2.4"}, first: "says 1.", where: "says 4.", datagrams: PageDatagrams},
		{name: "previous", at: Place{Kind: Previous, Nth: 9000, Text: "says 8"}, first: "says 7000.", where: "says 8999.", before: 6999, datagrams: PageDatagrams},
		{name: "not there", at: Place{Kind: Next, Nth: 9000, Text: "says 8"}, ends: true},
	} {
		p := turn(t, o, tc.filter, tc.at)
		first, where := "", ""
		if len(p.Datagrams) > 0 {
			first = string(p.Datagrams[0].Data)
		}
		if p.At >= 0 {
			where = string(p.Datagrams[p.At].Data)
		}
		if tc.name == "not there" != (p.At < 0) {
			t.Errorf("%s: at %d", tc.name, p.At)
		}
		if first != tc.first || where != tc.where || p.Before != tc.before || p.Ends != tc.ends || len(p.Datagrams) != tc.datagrams {
			t.Errorf("%s: %d datagrams from %q at %q, %d before, ends %t", tc.name, len(p.Datagrams), first, where, p.Before, p.Ends)
		}
	}
}

// A page has a bound of bytes too, and what is asked for is in it.
func TestPageOfLargeDatagrams(t *testing.T) {
	list := make([][]byte, 400)
	for i := range list {
		list[i] = packet(sender, group, fmt.Sprint("says ", i+1, ".", strings.Repeat("x", 40_000)))
	}
	p := turn(t, from(pcap(list...)), Filter{}, Place{Kind: Number, Number: 200})
	size := 0
	for _, d := range p.Datagrams {
		size += len(d.Data)
	}
	if size > PageBytes || size < PageBytes/2 || p.At < 0 || p.Datagrams[p.At].Nth != 200 || p.Ends {
		t.Errorf("a page of %d bytes and %d datagrams, at %d, ends %t", size, len(p.Datagrams), p.At, p.Ends)
	}
}

// book is a Book that has read all that it was asked for.
func survey(t testing.TB, o opener) Totals {
	b := newBook(o)
	b.Survey(t.Context())
	return b.Snapshot().Totals
}

func TestSurvey(t *testing.T) {
	second := netip.MustParseAddrPort("10.0.0.2:4000")
	file := pcap(packet(sender, group, "one"), packet(second, group, "two"), packet(netip.AddrPortFrom(sender.Addr(), 4001), group, "three"),
		packet(sender, other, "four"), []byte("no datagram, no datagram"))
	got := survey(t, from(file))
	if !got.Done || got.Err != nil || got.Packets != 5 || got.Datagrams != 4 || got.Bytes != 15 || !got.First.Equal(began) || !got.Last.Equal(began.Add(3*time.Second)) {
		t.Errorf("%+v", got)
	}
	if len(got.Skipped) != 1 || len(got.Destinations) != 2 || got.Destinations[0] != (Destination{group, 3, 11}) {
		t.Errorf("skipped %v, destinations %v", got.Skipped, got.Destinations)
	}
	if len(got.Senders) != 3 || got.Senders[0].Datagrams != 2 || !slices.Equal(got.Senders[0].Ports, []uint16{4000, 4001}) || got.Senders[0].Hops != 3 {
		t.Errorf("senders %+v", got.Senders)
	}
	cut := survey(t, from(file[:len(file)-3]))
	if !cut.Done || !errors.Is(cut.Err, io.ErrUnexpectedEOF) || cut.Datagrams != 4 {
		t.Errorf("of a cut file: %+v", cut)
	}
	p := turn(t, from(file[:len(file)-3]), Filter{}, Place{Kind: Last})
	if !errors.Is(p.Err, io.ErrUnexpectedEOF) || len(p.Datagrams) != 4 || p.At != 3 {
		t.Errorf("the last page of a cut file: %+v", p)
	}
}

// Anyone can forge addresses: the tables have bounds, and the sums have none.
func TestSurveyIsBounded(t *testing.T) {
	list := make([][]byte, 3*MaxSenders/2)
	for i := range list {
		a := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		list[i] = packet(netip.AddrPortFrom(a, 1), netip.AddrPortFrom(netip.AddrFrom4([4]byte{239, 1, byte(i >> 8), byte(i)}), 1), "")
	}
	got := survey(t, from(pcap(list...)))
	if len(got.Senders) != MaxSenders || len(got.Destinations) != MaxDestinations || !got.More || got.Datagrams != uint64(len(list)) {
		t.Errorf("%d senders, %d destinations, more %t, %d datagrams", len(got.Senders), len(got.Destinations), got.More, got.Datagrams)
	}
}

// What groupcast records says how it left, what was lost, and that its headers are
// made up.
func TestRecordingOfGroupcast(t *testing.T) {
	path := filepath.Join(t.TempDir(), "talk.pcapng")
	w, err := record.Create(record.Options{File: path, Interfaces: []host.Interface{{Index: 3, Name: "eth0"}, {Index: 4, Name: "eth1"}}})
	if err != nil {
		t.Fatal(err)
	}
	w.Received(record.Datagram{At: began, From: sender, To: group, IfIndex: 4, Data: []byte("hi")})
	w.Dropped(12)
	w.Received(record.Datagram{At: began, From: sender, To: group, IfIndex: 3, Data: []byte("ho")})
	w.Sent(record.Datagram{At: began, From: sender, To: group, IfIndex: 3, Data: []byte("so")}, "default route")
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := New(path)
	if err != nil {
		t.Fatal(err)
	}
	b.Survey(t.Context())
	got := b.Snapshot().Totals
	if got.Out != 1 || got.Synthesised != 3 || got.Lost != 12 || !slices.Equal(got.Interfaces, []string{"eth1", "eth0"}) || b.Snapshot().Surveyed != 1 {
		t.Errorf("%+v", got)
	}
	p := turn(t, b.open, Filter{}, Place{Kind: Next, Text: "default ROUTE"})
	p.Datagrams[2].Comments = append([]string{"step 3"}, p.Datagrams[2].Comments...)
	if way, notes := p.Datagrams[2].Said(); way != "eth0: default route" || !slices.Equal(notes, []string{"step 3"}) {
		t.Errorf("it left by %q, with the notes %q", way, notes)
	}
	if p.At != 2 || p.Datagrams[1].Lost != 12 || p.Datagrams[2].IfIndex != 2 || !p.Datagrams[2].Out {
		t.Errorf("%+v", p)
	}
}

func TestNewSaysWhatIsNoCapture(t *testing.T) {
	path := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(path, []byte("hello, this is no capture"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(path); !errors.Is(err, record.ErrNotCapture) {
		t.Errorf("of a text: %v", err)
	}
}

// A newer question takes the place of the one that is being answered; one without an
// answer leaves the page.
func TestBookTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		b := newBook(numbered(10))
		go b.Serve(ctx)
		b.Turn(Filter{}, Place{Kind: Last})
		b.Turn(Filter{}, Place{Kind: Nth, Nth: 4})
		synctest.Wait()
		s := b.Snapshot()
		if s.Turning || s.Page == nil || s.Page.At != 3 {
			t.Fatalf("%+v", s)
		}
		b.Turn(Filter{}, Place{Kind: Next, Nth: 4, Text: "nowhere"})
		synctest.Wait()
		if after := b.Snapshot(); !after.Missed || after.Page != s.Page || after.Turn != s.Turn+1 {
			t.Errorf("%+v", after)
		}
		b.Turn(Filter{Port: 1}, Place{})
		synctest.Wait()
		if after := b.Snapshot(); after.Page == s.Page || len(after.Page.Datagrams) != 0 {
			t.Errorf("%+v", after)
		}
		cancel()
		synctest.Wait()
	})
}

// Whatever a file has, reading it ends, without a panic, and a page is a part of what
// a reader gives.
func TestAnyFile(t *testing.T) {
	whole := pcap(packet(sender, group, "one"), packet(sender, other, "two\x1b[2J"), packet(sender, group, "three"))
	rapid.Check(t, func(t *rapid.T) {
		file := bytes.Clone(whole)
		for range rapid.IntRange(0, 8).Draw(t, "changes") {
			file[rapid.IntRange(0, len(file)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		file = file[:rapid.IntRange(0, len(file)).Draw(t, "length")]
		r, err := record.NewReader(bytes.NewReader(file))
		if err != nil {
			return
		}
		n := uint64(0)
		for _, err = r.Next(); err == nil; _, err = r.Next() {
			n++
		}
		b := newBook(from(file))
		b.Survey(context.Background())
		if got := b.Snapshot().Totals; got.Datagrams != n {
			t.Fatalf("%d datagrams, not %d", got.Datagrams, n)
		}
		at := Place{Kind: Kind(rapid.IntRange(0, int(Previous)).Draw(t, "kind")), Nth: 2, Number: 2, Text: "t"}
		p, err := b.open.turn(context.Background(), Filter{}, at, unseen)
		if err != nil || p.Before+uint64(len(p.Datagrams)) > n || p.At >= len(p.Datagrams) {
			t.Fatalf("%+v: %+v, %v", at, p, err)
		}
	})
}

func BenchmarkSurvey(b *testing.B) {
	o := numbered(100_000)
	for b.Loop() {
		newBook(o).Survey(context.Background())
	}
}

func BenchmarkLastPage(b *testing.B) {
	o := numbered(100_000)
	for b.Loop() {
		turn(b, o, Filter{}, Place{Kind: Last})
	}
}

func TestBookStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		b := newBook(numbered(10))
		b.Turn(Filter{}, Place{})
		b.Stay()
		go b.Serve(ctx)
		synctest.Wait()
		if s := b.Snapshot(); s.Turning || s.Page != nil {
			t.Errorf("%+v", s)
		}
		cancel()
		synctest.Wait()
	})
}

// A search finds what strings.Contains finds in small letters, in whatever bytes.
func TestSearch(t *testing.T) {
	pieces := rapid.SliceOf(rapid.SampledFrom([]string{"a", "A", "b", "ab", "É", "é", "\x00", "\xff", "7", "."}))
	rapid.Check(t, func(t *rapid.T) {
		text, data := strings.Join(pieces.Draw(t, "text"), ""), strings.Join(pieces.Draw(t, "data"), "")
		d := Datagram{Packet: record.Packet{Datagram: record.Datagram{Data: []byte(data)}}}
		if !newSearch(text).ascii && strings.Contains(text+data, "\xff") {
			return // what is no UTF-8 has no small letters
		}
		if want := strings.Contains(strings.ToLower(data), strings.ToLower(text)); newSearch(text).inBytes(d.Data) != want {
			t.Fatalf("%q in %q: not %t", text, data, want)
		}
	})
}

func BenchmarkSearch(b *testing.B) {
	o := numbered(100_000)
	for b.Loop() {
		turn(b, o, Filter{}, Place{Kind: Next, Text: "is not there"})
	}
}
