package stream

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	start = time.Date(2026, 1, 2, 12, 4, 0, 0, time.UTC)
	group = netip.MustParseAddrPort("239.1.1.1:5000")
	a     = netip.MustParseAddrPort("10.0.0.1:5004")
)

func at(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }

// sends adds n datagrams of a sender, so many milliseconds apart, each with other
// content, and returns when the next one would come.
func sends(t *Tally, from netip.AddrPort, ms, n, every int) int {
	for range n {
		t.Add(&Datagram{At: at(ms), Group: group, From: from, IfIndex: 2, Hops: 1, Bytes: 64, Content: uint64(ms)})
		ms += every
	}
	return ms
}

// tick ticks each 100 ms until then, and lists the events: "silent 12:04:05.000".
func tick(t *Tally, from, until int) (list []string) {
	for ms := from; ms <= until; ms += 100 {
		for _, e := range t.Tick(at(ms)) {
			list = append(list, fmt.Sprintf("%s %s", e.Kind, e.At.Format("05.000")))
		}
	}
	return list
}

func TestSilence(t *testing.T) {
	for _, tt := range []struct {
		what        string
		n, every    int // datagrams, and milliseconds between two
		until, tick int // milliseconds; the first tick after them is at tick
		want        string
	}{
		{"10 a second for 5 s", 50, 100, 9000, 0, "silent 04.900"},
		{"the same, looked at before the bar", 50, 100, 6800, 0, ""},
		{"a short look", 21, 100, 4100, 0, "silent 02.000"},
		{"too short a look", 9, 250, 9000, 0, ""},
		{"one each second, four gaps are more than 2 s", 30, 1000, 32500, 0, ""},
		{"the same, longer", 30, 1000, 36000, 0, "silent 29.000"},
		{"people", 30, 3000, 200000, 0, ""},
	} {
		t.Run(tt.what, func(t *testing.T) {
			tally := New(Config{Rows: 8, Every: 100 * time.Millisecond})
			sends(tally, a, 0, tt.n, tt.every)
			last := (tt.n - 1) * tt.every
			if got := strings.Join(tick(tally, last, tt.until), ", "); got != tt.want {
				t.Errorf("events %q, want %q", got, tt.want)
			}
			r := tally.Snapshot()[0]
			if missed := tt.want != ""; missed == r.SilentSince.IsZero() || missed && !r.SilentSince.Equal(r.Last) {
				t.Errorf("silent since %v, heard last %v", r.SilentSince, r.Last)
			}
		})
	}
}

// Back is told with the third datagram, from the first on.
func TestBack(t *testing.T) {
	tally := New(Config{Rows: 8, Every: 100 * time.Millisecond})
	next := sends(tally, a, 0, 50, 100)
	if got := tick(tally, next, 10000); !slices.Equal(got, []string{"silent 04.900"}) {
		t.Fatalf("events %q", got)
	}
	next = sends(tally, a, 10050, 2, 100)
	if got := tick(tally, 10100, 10200); got != nil || tally.Snapshot()[0].SilentSince.IsZero() {
		t.Errorf("two datagrams, and %q", got)
	}
	sends(tally, a, next, 1, 100)
	if got := tick(tally, 10300, 10300); !slices.Equal(got, []string{"back 10.050"}) {
		t.Errorf("three datagrams, and %q", got)
	}
	r := tally.Snapshot()[0]
	if !r.SilentSince.IsZero() || r.Silences != 1 || r.Gap != 5150*time.Millisecond || !r.GapAt.Equal(at(4900)) {
		t.Errorf("the row says %+v", r)
	}
}

// A program that stood itself judges nothing of that time.
func TestStopped(t *testing.T) {
	tally := New(Config{Rows: 8, Every: 100 * time.Millisecond})
	next := sends(tally, a, 0, 50, 100)
	tick(tally, 0, next)
	if got := tick(tally, next+5000, next+6900); !slices.Equal(got, []string{"stopped 10.000"}) {
		t.Errorf("events %q, want none but stopped", got)
	}
	if got := tick(tally, next+7000, next+7500); !slices.Equal(got, []string{"silent 04.900"}) {
		t.Errorf("events %q, want that it is missed two seconds later", got)
	}
}

func TestRow(t *testing.T) {
	tally := New(Config{Rows: 8})
	for _, d := range []Datagram{
		{At: at(0), Hops: 5, Bytes: 10, Content: 1}, {At: at(100), Hops: 4, Bytes: 20, Content: 2},
		{At: at(900), Hops: 6, Bytes: 30, Content: 3}, {At: at(1000), Content: 4},
	} {
		d.From, d.Group, d.IfIndex = a, group, 2
		tally.Add(&d)
	}
	r := tally.Snapshot()[0]
	if r.Datagrams != 4 || r.Bytes != 60 || r.Rate() != 3 || r.HopsMin != 4 || r.HopsMax != 6 || r.Gap != 800*time.Millisecond ||
		!r.GapAt.Equal(at(100)) || !r.First.Equal(at(0)) || !r.Last.Equal(at(1000)) {
		t.Errorf("the row says %+v, %v/s", r, r.Rate())
	}
	sends(tally, a, 0, 1, 0)
	other := Datagram{At: at(0), From: a, Group: group, IfIndex: 3}
	if tally.Add(&other); len(tally.Snapshot()) != 2 {
		t.Errorf("another interface is no row of its own")
	}
	if tally.Forget(at(61000), time.Minute, netip.Addr{}); len(tally.Snapshot()) != 0 && tally.Snapshot()[0].IfIndex != 2 {
		t.Errorf("after a minute there is %+v", tally.Snapshot())
	}
}

func TestCopies(t *testing.T) {
	datagram := func(ms int, content uint64, hops int) Datagram {
		return Datagram{At: at(ms), Group: group, From: a, IfIndex: 2, Hops: hops, Content: content, Bytes: 5}
	}
	for _, tt := range []struct {
		what string
		list []Datagram
		want bool
	}{
		{"each twice", []Datagram{datagram(0, 1, 3), datagram(1, 1, 3), datagram(100, 2, 3), datagram(102, 2, 3), datagram(200, 3, 3), datagram(201, 3, 3)}, true},
		{"each twice, side by side", []Datagram{datagram(0, 1, 3), datagram(1, 2, 3), datagram(2, 3, 3), datagram(9, 1, 3), datagram(10, 2, 3), datagram(11, 3, 3)}, true},
		{"two are twice", []Datagram{datagram(0, 1, 3), datagram(1, 1, 3), datagram(100, 2, 3), datagram(102, 2, 3), datagram(200, 3, 3)}, false},
		{"each twice, a while apart", []Datagram{datagram(0, 1, 3), datagram(60, 1, 3), datagram(200, 2, 3), datagram(260, 2, 3), datagram(400, 3, 3), datagram(460, 3, 3)}, false},
		{"the same all the time", []Datagram{datagram(0, 1, 3), datagram(10, 1, 3), datagram(20, 1, 3), datagram(30, 1, 3), datagram(40, 1, 3), datagram(50, 1, 3), datagram(60, 1, 3)}, false},
		{"the same, each twice", []Datagram{datagram(0, 1, 3), datagram(1, 1, 3), datagram(100, 1, 3), datagram(101, 1, 3), datagram(200, 1, 3), datagram(201, 1, 3)}, true},
	} {
		tally := New(Config{Rows: 8})
		for _, d := range tt.list {
			tally.Add(&d)
		}
		if r := tally.Snapshot()[0]; r.Doubled() != tt.want {
			t.Errorf("%s: doubled is %v, want %v: %d of %d", tt.what, r.Doubled(), tt.want, r.Twice, r.Datagrams)
		}
	}
}

// The end of a series of pings is no silence, nor is one that began while the
// program itself stood.
func TestNobodyIsMissed(t *testing.T) {
	for what, change := range map[string]func(*Tally, *Datagram){
		"":         nil,
		"a series": func(_ *Tally, d *Datagram) { d.Series = true },
		"it stood": func(tally *Tally, _ *Datagram) { tally.Stood(at(8000)) },
	} {
		tally := New(Config{Rows: 8})
		for n := range 30 {
			d := Datagram{At: at(200 * n), Group: group, From: a, IfIndex: 1}
			if change != nil {
				change(tally, &d)
			}
			tally.Add(&d)
		}
		if missed := len(tally.Tick(at(9000))) > 0; missed != (what == "") {
			t.Errorf("%q: missed is %v", what, missed)
		}
	}
}

// What was heard by an interface that was left is forgotten, and a host that is
// kept is not.
func TestWhoIsForgotten(t *testing.T) {
	tally := New(Config{Rows: 8})
	for n := range 3 {
		tally.Add(&Datagram{At: at(0), Group: group, From: a, IfIndex: n})
	}
	tally.Left(1)
	if rows := tally.Snapshot(); len(rows) != 2 || rows[0].IfIndex != 0 || rows[1].IfIndex != 2 {
		t.Errorf("interface 1 was left, and the rows are %+v", rows)
	}
	if tally.Forget(at(10000), time.Second, a.Addr()); len(tally.Snapshot()) != 2 {
		t.Error("a host that is kept is forgotten")
	}
	if tally.Forget(at(10000), time.Second, group.Addr()); len(tally.Snapshot()) != 0 {
		t.Error("a host that was not heard for long is not forgotten")
	}
}

func TestReflected(t *testing.T) {
	tally := New(Config{Rows: 8})
	tally.Own(7, at(0))
	for _, d := range []Datagram{
		{At: at(3), Content: 7, IfIndex: 1, Local: true}, // of an own address
		{At: at(3), Content: 8, IfIndex: 2},
		{At: at(4), Content: 7, IfIndex: 3},
		{At: at(1500), Content: 7, IfIndex: 4}, // said again
	} {
		d.From, d.Group = a, group
		tally.Add(&d)
	}
	for _, r := range tally.Snapshot() {
		if want := r.IfIndex == 3; r.Reflected > 0 != want {
			t.Errorf("row %d: reflected %d", r.IfIndex, r.Reflected)
		}
	}
}

// Whatever comes, the sums are exact, the rows are bounded, and nobody is missed
// who was heard within two seconds.
func TestTallyProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tally, now, counts := New(Config{Rows: 16}), 0, map[Key]int{}
		for range rapid.IntRange(0, 300).Draw(t, "datagrams") {
			now += rapid.SampledFrom([]int{0, 1, 40, 100, 150, 2500}).Draw(t, "later")
			from := netip.AddrPortFrom(a.Addr(), uint16(rapid.IntRange(1, 4).Draw(t, "port")))
			key := Key{Group: group, From: from, IfIndex: rapid.IntRange(1, 2).Draw(t, "interface")}
			tally.Add(&Datagram{At: at(now), Group: group, From: from, IfIndex: key.IfIndex, Content: rapid.Uint64Range(0, 3).Draw(t, "content")})
			counts[key]++
			if rapid.Bool().Draw(t, "look") {
				tally.Tick(at(now))
			}
		}
		tally.Tick(at(now))
		for _, r := range tally.Snapshot() {
			if r.Datagrams != counts[r.Key] || r.Twice < 0 || 2*r.Twice > r.Datagrams {
				t.Errorf("%d datagrams were added: %+v", counts[r.Key], r)
			}
			if r.SilentSince.After(r.Last) || r.Gap > r.Last.Sub(r.First) {
				t.Errorf("silent since %v, heard last %v; the longest gap is %v", r.SilentSince, r.Last, r.Gap)
			}
			delete(counts, r.Key)
		}
		if len(counts) > 0 {
			t.Errorf("no row has %v", counts)
		}
		for n := range 40 {
			tally.Add(&Datagram{At: at(now), Group: group, From: netip.AddrPortFrom(a.Addr(), uint16(1000+n))})
		}
		if n := len(tally.Snapshot()); n != 16 {
			t.Errorf("there are %d rows, want 16 at the most", n)
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	tally := New(Config{Rows: 1024})
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		tally.Add(&Datagram{At: start.Add(time.Duration(n) * time.Microsecond), Group: group, From: netip.AddrPortFrom(a.Addr(), uint16(n%512)), IfIndex: 2, Bytes: 64, Content: uint64(n)})
	}
}
