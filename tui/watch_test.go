package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/watch"
	"github.com/groupcast/groupcast/tui/picture"
)

func TestWatchScreens(t *testing.T) {
	g := mcast.Group{Addr: netip.MustParseAddr("232.1.1.1"), Port: 5004, Source: netip.MustParseAddr("10.0.0.1")}
	nothing := watch.Snapshot{At: night, Began: night.Add(-9 * time.Second), Groups: []watch.Group{
		{Target: watch.Target{Group: g}, Joined: []string{"eth0", "eth1"}},
		{Target: watch.Target{Group: mcast.DefaultGroup}, Err: errors.New("mcast: join 224.0.0.114:1234 on eth0: no such device")},
	}}
	states := []struct {
		name string
		snap watch.Snapshot
		keys []string
	}{
		{"channels", fortyChannels(), nil},
		{"trouble", fortyChannels(), []string{"s"}},
		{"frozen", fortyChannels(), []string{"end", " "}},
		{"detail", fortyChannels(), []string{"down", "enter"}},
		{"silent", fortyChannels(), []string{"s", "enter"}},
		{"events", fortyChannels(), []string{"tab"}},
		{"nothing", nothing, nil},
		{"nothing-detail", nothing, []string{"enter"}},
		{"help", fortyChannels(), []string{"?"}},
	}
	for _, size := range [][2]int{{200, 60}, {120, 36}, {80, 24}, {60, 16}, {44, 8}} {
		for _, state := range states {
			t.Run(fmt.Sprintf("%s-%dx%d", state.name, size[0], size[1]), func(t *testing.T) {
				s := newWatchScreen(t, size[0], size[1], state.snap)
				s.press(state.keys...)
				golden.RequireEqual(t, trimmed(s.plain()))
			})
		}
	}
	for _, state := range states {
		t.Run(state.name+"-ascii", func(t *testing.T) {
			for i := range state.snap.Groups { // what the user calls it is shown as it is
				state.snap.Groups[i].Name = ""
			}
			s := newWatchScreen(t, 120, 60, state.snap)
			s.ascii = true
			s.setStyles()
			s.press(state.keys...)
			if view := s.plain(); strings.ContainsFunc(view, func(r rune) bool { return r > '~' }) {
				t.Errorf("with ASCII there are others on the screen:\n%s", view)
			}
		})
	}
}

func TestWatchKeys(t *testing.T) {
	s := newWatchScreen(t, 120, 36, fortyChannels())
	s.wants(true, "▸● BBC One 239.1.1.1", "as asked for", "40 groups: 39 heard, 1 not", "! 1 silent", "lost ~123,149 network, 31 kernel", "○ Das Erste HD 239.1.1.9 nothing heard")
	s.press("down", "j", "up", "end")
	s.wants(true, "▸● 239.1.1.40", "above")
	s.wants(false, "BBC One 239.1.1.1 ")
	s.press("pgup")
	s.wants(true, "▸● 239.1.1.15")
	s.press("home")
	s.wants(true, "▸● BBC One")

	// What is selected stays so in every order.
	for _, by := range []string{"trouble first", "by loss", "by rate", "by jitter", "by sender", "as asked for"} {
		s.press("s")
		s.wants(true, by)
		if row, ok := s.table.selectedRow(); !ok || s.table.name(row) != "BBC One" {
			t.Errorf("%s: %q is selected", by, s.table.name(row))
		}
	}
	first := func() string { return s.table.groupText(s.table.rows[0]) }
	for range 2 {
		s.press("s")
	}
	if got := first(); got != "NRK1 239.1.1.6" {
		t.Errorf("by loss %q comes first", got)
	}
	s.press("s")
	if got := first(); got != "ZDF 239.1.1.3" {
		t.Errorf("by rate %q comes first", got)
	}
	s.press("s", "s", "s")

	// Frozen, the picture stands and says so, and what happens waits.
	s.press(" ")
	later := fortyChannels()
	later.At = later.At.Add(time.Minute)
	later.Groups = later.Groups[:1]
	later.Streams = later.Streams[:1]
	k := later.Streams[0].Key
	s.Update(watchMsg{snap: later, events: []watch.Event{{Event: stream.Event{Kind: stream.Restart, Key: k, At: later.At}}}})
	s.wants(true, "frozen at 03:14:30", "40 groups: 39 heard", "1 newer")
	s.wants(false, "began anew")
	s.press(" ")
	s.wants(true, "1 group: 1 heard", "the sender began anew")
	s.wants(false, "frozen at", "newer")

	for _, k := range []string{"q", "ctrl+c"} {
		quits(t, s, k)
	}
	s.press("/")
	quits(t, s, "ctrl+c")
}

// The filter shows at once what has the words, and esc shows all.
func TestWatchFilter(t *testing.T) {
	s := newWatchScreen(t, 120, 36, fortyChannels())
	rows := func(want int) {
		t.Helper()
		if got := len(s.table.rows); got != want {
			t.Errorf("%d rows, want %d:\n%s", got, want, s.plain())
		}
	}
	s.press("/")
	s.types("bbc q")
	s.wants(true, "filter ❯ bbc q", "no row has bbc q; esc shows all")
	rows(0)
	s.press("enter", "enter", "down", "s", "s", "s", "s", "s", "s")
	rows(0)
	s.press("esc", "/")
	s.types("bbc")
	rows(2)
	s.press("down", "enter")
	s.wants(true, "▸● BBC Two", "2 of 40 have bbc")
	s.press("q")
	for filter, want := range map[string]int{"silent": 1, "nothing heard": 1, "lost": 4, "mpeg-ts": 8, "10.0.3.1": 10, "ended": 1, "kernel": 1, "": 40} {
		s.press("esc", "/")
		s.types(filter)
		rows(want)
		s.press("enter")
	}
	s.press("esc", "/")
	s.Update(tea.PasteMsg{Content: "arte"})
	rows(1)
	s.press("esc")
	rows(40)
}

// The page of a stream is about that one wherever it goes, and asks for its details.
func TestWatchDetail(t *testing.T) {
	s := newWatchScreen(t, 120, 70, fortyChannels())
	fake := s.watching.(*fakeWatch)
	fake.snap, fake.detail = fortyChannels(), bursts()
	s.press("down")
	cmd := s.key("enter")
	s.wants(true, "looking", "BBC Two 239.1.1.2:5004 from 10.0.0.1:5004 on eth0")
	if s.Update(cmd()); len(fake.asked) != 1 || fake.asked[0] != fake.snap.Streams[1].Key {
		t.Errorf("details were asked of %v", fake.asked)
	}
	s.wants(true, "SSRC 1a2b3c4d", "3,328 from 5,214,112 on · before the socket", "31 from 5,226,000 on · in the socket", "3,328 of 5,232,728 (0.0636 %)",
		"below 2.05 ms", "7.0 s, from 03:13:50 on", "groupcast doctor 239.1.1.2:5004", "0/s│", "60 s ago")
	s.Update(s.poll(0)())
	if len(fake.asked) != 2 {
		t.Errorf("a look at the watch asked %d times for details, want once", len(fake.asked)-1)
	}

	// Others' details that come late are not taken for this one's.
	s.press("right")
	s.Update(watchDetailMsg{key: fake.snap.Streams[1].Key, detail: stream.Detail{Why: "of another"}})
	s.wants(true, "ZDF 239.1.1.3:5004", "≥ 12 packets of MPEG-TS, all before the", "numbers wrap too soon to")
	s.wants(false, "of another")
	s.press("left", "left", "left", "left")
	s.wants(true, "─▸BBC One 239.1.1.1:5004")
	for range 4 {
		s.press("right")
	}
	s.wants(true, "arte 239.1.1.5:5004", "not known: its datagrams have no numbers", "groupcast watch --seq 4:u32 239.1.1.5:5004", "of arrivals")
	s.press("right")
	s.wants(true, "~119,800 of ~10,580,800 (1.13 %)", "partly estimated")
	s.press("right")
	s.wants(true, "groupcast doctor --from 10.0.0.1 239.1.1.7:5004", "nothing came in the last 60 s", "! since 03:12:04, for 146 s")

	// Let go, it says so. A group that is heard at last says that, too.
	without := fortyChannels()
	without.Streams = without.Streams[:1]
	s.Update(watchMsg{snap: without})
	s.wants(true, "This stream made room for others", "テレビ東京")
	s.Update(watchMsg{snap: fortyChannels()})
	s.press("esc", "/")
	s.types("nothing")
	s.press("enter", "enter")
	s.wants(true, "Das Erste HD 239.1.1.9:5004", "nothing in 3 h 3 min", "groupcast doctor 239.1.1.9:5004")
	heard := fortyChannels()
	heard.Groups[8].Heard = 1
	s.Update(watchMsg{snap: heard})
	s.wants(true, "Something is heard now")
	s.press("?")
	s.wants(true, "sort as asked for")
	s.press("esc", "esc", "esc")
	s.wants(true, "▸Streams")
	if len(s.table.rows) != 40 {
		t.Errorf("%d rows after esc, want all", len(s.table.rows))
	}
}

// Events scroll, and stay in their place while more happens.
// A long address takes no room from names, and loses neither its head nor its tail.
func TestWatchOfLongAddresses(t *testing.T) {
	snap := fortyChannels()
	long := channel(0, mcast.Group{Addr: netip.MustParseAddr("ff3e::1234:5678:9abc:8001"), Port: 5006}, "[fe80::1234:5678:9abc:def0%eth0]:40000", stream.RTP, 10)
	snap.Streams[0] = long
	snap.Groups[0].Target.Group = mcast.Group{Addr: long.Key.Group.Addr(), Port: 5006}
	for _, size := range [][2]int{{80, 24}, {60, 15}} {
		s := newWatchScreen(t, size[0], size[1], snap)
		s.wants(true, "BBC One …", "8001 ", "BBC Two ", "fe80::1", "f0 ")
		s.wants(false, "%eth0")
	}
	key := long.Key
	key.Group = netip.MustParseAddrPort("239.1.1.1:5004")
	snap.Streams[0].Key = key
	snap.Groups[0].Target.Group = mcast.Group{Addr: key.Group.Addr(), Port: 5004}
	s := newWatchScreen(t, 60, 15, snap)
	s.press("enter")
	s.wants(true, "─▸BBC One 239.1.1.1:5004 ─")
}

// What is silent and what loses stand before groups in which nothing was ever heard.
func TestWatchTroubleFirst(t *testing.T) {
	snap := fortyChannels()
	for n := range 18 {
		snap.Groups = append(snap.Groups, watch.Group{Target: watch.Target{Group: mcast.Group{Addr: netip.AddrFrom4([4]byte{239, 9, 9, byte(n)}), Port: 5004}}})
	}
	s := newWatchScreen(t, 80, 24, snap)
	s.press("s")
	var names []string
	for _, r := range s.table.rows[:6] {
		names = append(names, s.table.groupText(r))
	}
	if got, want := strings.Join(names, ", "), "テレビ東京 239.1.1.7, NRK1 239.1.1.6, BBC Two 239.1.1.2, 239.1.1.14, ZDF 239.1.1.3, Das Erste HD 239.1.1.9"; got != want {
		t.Errorf("first come %s, want %s", got, want)
	}
}

func TestWatchHelpIsWhole(t *testing.T) {
	for width := 40; width < 130; width++ {
		s := newWatchScreen(t, width, 30, fortyChannels())
		for _, row := range s.helpRows(width) {
			if got := s.styles.cells(row); got > width {
				t.Fatalf("a row of %d cells in %d: %q", got, width, row)
			}
		}
	}
}

func TestWatchCtrlZ(t *testing.T) {
	s := newWatchScreen(t, 80, 24, fortyChannels())
	for _, with := range []bool{false, true} {
		s.suspend = with
		_, cmd := s.Update(key(t, "ctrl+z"))
		stops := false
		if cmd != nil {
			_, stops = cmd().(tea.SuspendMsg)
		}
		if stops != with {
			t.Errorf("with a shell %t it stops: %t", with, stops)
		}
	}
}

func TestWatchEvents(t *testing.T) {
	s := newWatchScreen(t, 120, 36, fortyChannels())
	k := fortyChannels().Streams[0].Key
	for n := range 30 {
		s.Update(watchMsg{snap: fortyChannels(), events: []watch.Event{{Event: stream.Event{Kind: stream.OnOff, Key: k, At: night.Add(time.Duration(n) * time.Second), Count: n + 4, For: 12 * time.Second}}}})
	}
	s.wants(true, "on and off: 33 silences in 5 minutes, the longest of 12 s")
	s.press("tab", "home")
	s.wants(true, "─▸Events", "its numbers are read: RTP")
	s.wants(false, "33 silences")
	of := func(kind stream.EventKind) watch.Event {
		return watch.Event{Event: stream.Event{Kind: kind, Key: k, At: night.Add(time.Minute), Format: stream.RTP}, Interface: "eth0"}
	}
	stopped, slow, few, drops, failed, changed, all := of(stream.Stopped), of(watch.Slow), of(watch.Slow), of(watch.Drops), of(watch.Failed), of(watch.Changed), of(stream.Silent)
	stopped.Key, stopped.For = stream.Key{}, 3*time.Second
	slow.Rate, slow.Min.Datagrams = 812, 900
	few.Bits, few.Min.Bits = 7e6, 8e6
	drops.Key.From, drops.Lost = netip.AddrPort{}, 7
	failed.Err = errors.New("mcast: join 239.1.1.1:5004 on eth1: no such device\x1b[2J")
	changed.Text = "eth1 is\x1b[2J down"
	all.Each, all.Text = []stream.Event{all.Event, all.Event}, "eth0 is down"
	s.Update(watchMsg{snap: fortyChannels(), events: []watch.Event{
		stopped, of(stream.End), of(stream.First), of(stream.Dropped), slow, few, drops, failed, changed, all, of("\x1b[31mnew"),
	}})
	s.wants(true, "its numbers are read: RTP", "newer")
	s.press("end")
	s.wants(true, "groupcast itself stood still for 3.0 s; nothing is judged in that time", "the sender says that it ends", "heard for the first time", "not read as RTP any more",
		"BBC One 239.1.1.1:5004 from 10.0.0.1:5004 on eth0: only 812/s over 10 s", "only 7.00 Mb/s over 10 s", "239.1.1.1:5004: the socket had no room for 7 datagrams",
		"join 239.1.1.1:5004 on eth1: no such device", "all 2 streams on eth0: silent since 03:15:30: eth0 is down", "[31mnew")
	for range watchEventsKept {
		s.Update(watchMsg{snap: fortyChannels(), events: []watch.Event{{Event: stream.Event{Kind: stream.Restart, Key: k, At: night}}}})
	}
	s.wants(true, "older let go")
	if len(s.events.list) != watchEventsKept {
		t.Errorf("%d events are kept", len(s.events.list))
	}
}

// A stream that loses something all the time has one event of it, the newest, unless
// something else happened to it; frozen or scrolled back, nothing moves.
func TestWatchMergesLosses(t *testing.T) {
	s := newWatchScreen(t, 160, 36, fortyChannels())
	a, b := fortyChannels().Streams[0].Key, fortyChannels().Streams[1].Key
	lose := func(k stream.Key, second int, lost, kernel uint64) {
		at := night.Add(time.Duration(second) * time.Second)
		s.Update(watchMsg{snap: fortyChannels(), events: []watch.Event{{Event: stream.Event{Kind: stream.Loss, Key: k, At: at, Lost: lost, Kernel: kernel}, Told: at, Group: 0}}})
	}
	before := len(s.events.list)
	lose(a, 1, 1, 0)
	lose(b, 2, 7, 0)
	lose(a, 3, 2, 0)
	lose(a, 5, 3, 1)
	s.wants(true, "03:14:35 ! BBC One 239.1.1.1:5004 from 10.0.0.1:5004: 6 lost, up to 1 for want of room in this host's socket; 3 times since 03:14:31", ": 7 lost before this host's socket")
	if got := len(s.events.list) - before; got != 2 {
		t.Errorf("%d events more, want 2", got)
	}
	s.Update(watchMsg{snap: fortyChannels(), events: []watch.Event{{Event: stream.Event{Kind: stream.Restart, Key: a, At: night}}}})
	lose(a, 9, 1, 0)
	s.press(" ")
	lose(a, 11, 1, 0)
	lose(a, 12, 1, 0)
	if got := len(s.events.list) - before; got != 6 || s.events.offset != 2 {
		t.Errorf("%d events more and %d below, want 6 and 2", got, s.events.offset)
	}
}

// Many losses of one time are one event, and so are the first datagram of a stream
// and the format that is known at once.
func TestWatchGathers(t *testing.T) {
	s := newWatchScreen(t, 160, 36, fortyChannels())
	before := len(s.events.list)
	var events []watch.Event
	for n, one := range fortyChannels().Streams[:20] {
		events = append(events, watch.Event{Event: stream.Event{Kind: stream.Loss, Key: one.Key, At: night, Lost: uint64(n + 1)}, Told: night, Interface: "eth0", Group: one.Group})
	}
	k := fortyChannels().Streams[0].Key
	for _, kind := range []stream.EventKind{stream.First, stream.Found} {
		events = append(events, watch.Event{Event: stream.Event{Kind: kind, Key: k, At: night, Format: stream.Own}, Told: night, Interface: "eth0"})
	}
	s.Update(watchMsg{snap: fortyChannels(), events: events})
	if got := len(s.events.list) - before; got != 2 {
		t.Errorf("%d events, want 2", got)
	}
	s.wants(true, "20 streams on eth0: 210 lost before this host's socket, the worst ", ": 20", "heard for the first time; its numbers are read: groupcast")
}

// What counts little is added up at the end where it stands.
func TestWatchJoinsBars(t *testing.T) {
	var bars []PingBar
	for n, count := range []uint64{0, 1, 21, 22, 5, 1764, 3, 1, 0} {
		bars = append(bars, PingBar{Low: time.Duration(n) * time.Millisecond, High: time.Duration(n+1) * time.Millisecond, Count: count})
	}
	got := joined(bars, 4)
	want := []PingBar{{time.Millisecond, 4 * time.Millisecond, 44}, {4 * time.Millisecond, 5 * time.Millisecond, 5}, {5 * time.Millisecond, 6 * time.Millisecond, 1764}, {6 * time.Millisecond, 8 * time.Millisecond, 4}}
	if !slices.Equal(got, want) {
		t.Errorf("joined to %v, want %v", got, want)
	}
	if got := joined(make([]PingBar, 32), 4); len(got) != 0 {
		t.Errorf("bars of nothing are %v", got)
	}
}

// What is not certain is marked, and numbers of any size stay in their columns.
func TestWatchWords(t *testing.T) {
	st := newStyles(true, false, ansi.WcWidth, colorprofile.TrueColor)
	for _, c := range []struct{ got, want string }{
		{st.estimateIn(12, true, false, 8), "≥ 12"},
		{st.estimateIn(119_800, false, true, 8), "~119,800"},
		{st.estimateIn(119_800, true, true, 8), "~119,800"},
		{st.estimateIn(1_119_800, true, false, 8), "≥ 1,119k"},
		{st.estimateIn(math.MaxUint64, false, false, 8), "18,446P"},
		{short(99_999, 6), "99,999"}, {short(100_000, 6), "100k"}, {short(123_456_789, 7), "123M"},
		{plainRate(0, 7), "0"}, {plainRate(0.01, 7), "<0.1"}, {plainRate(0.5, 7), "0.5"}, {plainRate(9.96, 7), "10"}, {plainRate(951.4, 7), "951"},
		{plainRate(1e12, 7), "1,000G"}, {plainRate(math.NaN(), 7), "0"}, {plainRate(math.Inf(1), 7), "1,000P"},
		{megabits(0), "0"}, {megabits(100), "<0.01"}, {megabits(9.994e6), "9.99"}, {megabits(9.996e6), "10.0"}, {megabits(128e6), "128"}, {megabits(1e15), "1,000M"},
		{bitRate(800), "800 b/s"}, {bitRate(12e3), "12 kb/s"}, {bitRate(10e6), "10.0 Mb/s"}, {bitRate(2.5e9), "2.50 Gb/s"},
		{lasting(7 * time.Second), "7.0 s"}, {lasting(126 * time.Second), "126 s"}, {lasting(26 * time.Minute), "26 min 0 s"}, {lasting(3*time.Hour + time.Minute), "3 h 1 min"},
		{lasting(80 * time.Hour), "3 days"}, {lasting(-time.Second), "0 s"}, {lasting(10 * time.Millisecond), "10 ms"},
		{jitterText(3 * time.Microsecond), "3.0 us"}, {jitterText(9996 * time.Microsecond), "9 ms"}, {jitterText(1234 * time.Microsecond), "1.23 ms"}, {jitterText(2 * time.Second), "2 s"},
		{clockAt(night.Add(-24*time.Hour), night, false), "13 Mar 03:14:30"}, {clockAt(night.Add(-24*time.Hour), night, true), "13 Mar"}, {clockAt(time.Time{}, night, true), "-"},
		{shellWords("groupcast", "doctor", "[ff02::1%eth0]:5000"), "groupcast doctor '[ff02::1%eth0]:5000'"},
		{shellWords("a'b\x1b"), `'a'\''b␛'`},
		{st.minute([]float64{0, 0, 5, 10}, 60), strings.Repeat(" ", 56) + "▁▁▅█"},
		{st.minute(append(make([]float64, 50), 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), 6), "▁▁▁▁▁█"},
		{fromText(stream.Key{From: netip.MustParseAddrPort("10.0.0.1:5"), Sub: 1}), "10.0.0.1:5 #2"},
		{rowFrom(&stream.Row{Key: stream.Key{From: netip.MustParseAddrPort("10.0.0.1:0")}, Ports: 3}), "10.0.0.1, 3 ports"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

// 2,000 groups scroll by pages, and by the ends.
func TestWatchOfMany(t *testing.T) {
	s := newWatchScreen(t, 100, 40, manyGroups(2000))
	for range 90 {
		s.press("pgdown")
	}
	s.wants(true, "▸● channel 2000 ", "1,97")
	s.press("home")
	s.wants(true, "▸● channel 1 ", "below")
}

// manyGroups is so many groups, a stream in each.
func manyGroups(n int) watch.Snapshot {
	s := watch.Snapshot{At: night, Began: night.Add(-time.Hour)}
	for i := range n {
		g := mcast.Group{Addr: netip.AddrFrom4([4]byte{239, 2, byte(i >> 8), byte(i)}), Port: 5004}
		s.Groups = append(s.Groups, watch.Group{Target: watch.Target{Group: g, Name: fmt.Sprint("channel ", i+1)}, Joined: []string{"eth0"}, Heard: 1})
		c := channel(i, g, "10.0.0.1:5004", stream.RTP, float64(100+i%900))
		c.Numbers.Lost = uint64(i % 7)
		s.Streams = append(s.Streams, c)
	}
	return s
}

// Whatever is heard, named, pressed and typed, at any size: there is no panic, frames
// fit, and nothing of it controls the terminal.
func TestAnyWatch(t *testing.T) {
	words := []string{"", "eth0", "\x1b[31meth0\n\x07", "漢字漢字漢字漢字", "\u202eevil", "a\u0300\u0301\u0302\u0303", strings.Repeat("x ", 200), "\xff\xfe", "👩‍👩‍👧‍👦 family"}
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(0, 210).Draw(t, "width"), rapid.IntRange(0, 70).Draw(t, "height")
		s := newWatchScreen(plainTB{}, w, h, watch.Snapshot{})
		s.ascii = rapid.Bool().Draw(t, "ascii")
		s.setStyles()
		word := rapid.SampledFrom(words)
		number := rapid.OneOf(rapid.Uint64(), rapid.Uint64Range(0, 20))
		rate := rapid.OneOf(rapid.Float64Range(0, 1e6), rapid.SampledFrom([]float64{0, math.Inf(1), math.NaN(), -1, 1e300}))
		span := rapid.Map(rapid.Int64(), func(n int64) time.Duration { return time.Duration(n) })
		keys := []string{"up", "down", "left", "right", "pgup", "pgdown", "home", "end", "s", " ", "/", "?", "tab", "esc", "enter", "enter", "x"}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			snap := fortyChannels()
			snap.Groups = snap.Groups[:rapid.IntRange(0, 40).Draw(t, "groups")]
			snap.Streams = snap.Streams[:rapid.IntRange(0, 39).Draw(t, "streams")]
			for i := range snap.Groups[:min(3, len(snap.Groups))] {
				g := &snap.Groups[i]
				g.Name, g.Joined = word.Draw(t, "name"), []string{word.Draw(t, "joined")}
				if rapid.Bool().Draw(t, "failed") {
					g.Err = errors.New(word.Draw(t, "error"))
				}
			}
			for i := range snap.Streams[:min(3, len(snap.Streams))] {
				c := &snap.Streams[i]
				c.Group = rapid.IntRange(-1, 50).Draw(t, "group")
				c.Interface, c.Rate, c.Bits = word.Draw(t, "interface"), rate.Draw(t, "rate"), rate.Draw(t, "bits")
				c.From = netip.AddrPortFrom(netip.MustParseAddr("fe80::1").WithZone(word.Draw(t, "zone")), 7)
				c.History = rapid.SliceOfN(rate, 0, 70).Draw(t, "history")
				c.Numbers.Format, c.Numbers.Lost, c.Numbers.LostKernel = stream.Format(word.Draw(t, "format")), number.Draw(t, "lost"), number.Draw(t, "kernel")
				c.Numbers.Distinct, c.Numbers.Duplicates, c.Numbers.AtLeast = number.Draw(t, "distinct"), number.Draw(t, "duplicates"), rapid.Bool().Draw(t, "at least")
				c.Numbers.Jitter, c.Gap, c.Bytes = span.Draw(t, "jitter"), span.Draw(t, "gap"), number.Draw(t, "bytes")
				c.Last = night.Add(span.Draw(t, "last"))
				if rapid.Bool().Draw(t, "silent") {
					c.SilentSince = night.Add(span.Draw(t, "since"))
				}
			}
			snap.Others, snap.Dropped, snap.Bulk = number.Draw(t, "others"), number.Draw(t, "dropped"), rapid.Bool().Draw(t, "bulk")
			msg := watchMsg{snap: snap}
			for range rapid.IntRange(0, 3).Draw(t, "events") {
				e := watch.Event{Interface: word.Draw(t, "on"), Text: word.Draw(t, "text"), Err: errors.New(word.Draw(t, "err")), Group: rapid.IntRange(-1, 50).Draw(t, "event's group")}
				e.Event = stream.Event{Kind: stream.EventKind(word.Draw(t, "kind")), At: night.Add(span.Draw(t, "at")), For: span.Draw(t, "for"), Lost: number.Draw(t, "lost")}
				if len(snap.Streams) > 0 {
					e.Key = snap.Streams[0].Key
				}
				msg.events = append(msg.events, e)
			}
			s.Update(msg)
			s.Update(key(plainTB{}, rapid.SampledFrom(keys).Draw(t, "key")))
			if s.typing && rapid.Bool().Draw(t, "typing") {
				s.types(word.Draw(t, "typed"))
			}
			if k, wanted := s.detail.key(); wanted {
				d := bursts()
				d.Why = word.Draw(t, "why")
				d.Bursts[15].Length, d.Bursts[14].At, d.Gaps[2].Count = number.Draw(t, "length"), night.Add(span.Draw(t, "burst")), number.Draw(t, "count")
				s.Update(watchDetailMsg{key: k, detail: d})
			}
			v := s.View()
			if s.err != nil {
				t.Fatal(s.err)
			}
			if v.Content == "" {
				continue
			}
			rows := strings.Split(v.Content, "\n")
			if len(rows) != h {
				t.Fatalf("%d rows at %dx%d", len(rows), w, h)
			}
			for _, row := range rows {
				if n := s.styles.cells(row); n > w {
					t.Fatalf("a row of %d cells at %dx%d: %q", n, w, h, ansi.Strip(row))
				}
				if strings.ContainsFunc(ansi.Strip(row), func(r rune) bool { return r < ' ' || r == '\u202e' }) {
					t.Fatalf("a control character in %q", row)
				}
			}
		}
	})
}

// What is amiss is told by signs and words: without colours two rows of different
// standing still differ.
func TestWatchWithoutColours(t *testing.T) {
	s := newWatchScreen(t, 120, 36, fortyChannels())
	s.Update(tea.ColorProfileMsg{Profile: colorprofile.Ascii})
	for _, sign := range []string{"! テレビ東京", "○ Das Erste HD", "▸● BBC One", "≥ 12", "~119,800", "3.00 ms*", "ended"} {
		s.wants(true, sign)
	}
	// Reverse video is no colour: what is selected and the alarm have it.
	for _, row := range strings.Split(s.View().Content, "\n") {
		if strings.Contains(row, "▸● BBC One") && !strings.Contains(row, "\x1b[7m") {
			t.Errorf("the selected row is not reversed: %q", row)
		}
	}
}

// It gives the terminal back however it ends.
func TestRunWatch(t *testing.T) {
	gone := errors.New("gone")
	for _, tc := range []struct {
		name string
		do   func(term *terminal, cancel context.CancelCauseFunc)
		want error
	}{
		{"by a key", func(term *terminal, _ context.CancelCauseFunc) { go io.WriteString(term.hand, "q") }, nil},
		{"with the context", func(_ *terminal, cancel context.CancelCauseFunc) { cancel(gone) }, gone},
	} {
		t.Run(tc.name, func(t *testing.T) {
			defer goleak.VerifyNone(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			term := newTerminal(t)
			w := &fakeWatch{snap: fortyChannels(), events: nightEvents(), looked: make(chan struct{}, 2)}
			end := make(chan error, 1)
			go func() {
				end <- RunWatch(ctx, w, Options{Input: term, Output: term, Env: []string{"TERM=xterm-256color"}})
			}()
			for range 2 {
				select {
				case <-w.looked:
				case <-time.After(10 * time.Second):
					t.Fatal("nobody looks")
				}
			}
			tc.do(term, cancel)
			if err := ended(t, end); !errors.Is(err, tc.want) || (err == nil) != (tc.want == nil) {
				t.Errorf("RunWatch returned %v, want %v", err, tc.want)
			}
			term.hand.Close()
			if !term.shows("\x1b[?1049h") || !term.shows("\x1b[?1049l") {
				t.Error("the alternate screen was not entered and left")
			}
		})
	}
}

// The pictures of the table and of the page of a stream, drawn from the screen itself.
func TestWatchPictures(t *testing.T) {
	for _, theme := range []struct {
		name       string
		background string
		picture.Theme
	}{
		{"dark", "#000000", picture.Dark},
		{"light", "#ffffff", picture.Light},
	} {
		for _, show := range []struct {
			name   string
			height int
			keys   []string
		}{
			{"watch", 28, nil},
			{"stream", 40, []string{"down", "enter"}},
		} {
			name := show.name + "-" + theme.name
			t.Run(name, func(t *testing.T) {
				s := newWatchScreen(t, 120, show.height, fortyChannels())
				s.Update(tea.BackgroundColorMsg{Color: lipgloss.Color(theme.background)})
				s.press(show.keys...)
				samePicture(t, name, picture.SVG(cells(s.View(), s.width, s.height), theme.Theme))
			})
		}
	}
}
