package main

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/watch"
)

func TestWatchFlagValues(t *testing.T) {
	for text, want := range map[string]string{"0.01%": "0.01%", "1": "1%", "100 %": "100%", "0.00001": "0.00001%", "101": "", "-1": "", "NaN": "", "x": "", "": ""} {
		var v percentValue
		if err := v.Set(text); (err != nil) != (want == "") || err == nil && v.String() != want {
			t.Errorf("--max-loss %q: %v, %s", text, err, &v)
		}
	}
	for text, want := range map[string]string{"900": "900", "900/s": "900/s", "8Mb/s": "8Mb/s", "0.5Gb/s": "0.5Gb/s", "64kb/s": "64kb/s", "0": "", "-1/s": "", "8mb": "", "inf": "", "max": "", "10x": "", "": ""} {
		v := streamRate{finite: true}
		if err := v.Set(text); (err != nil) != (want == "") || err == nil && v.String() != want {
			t.Errorf("--min-rate %q: %v, %s", text, err, &v)
		}
	}
	for text, want := range map[string]stream.Seq{
		"4:u32": {Offset: 4, Bits: 32}, "0:u16le": {Bits: 16, LittleEndian: true}, "2040:u64": {Offset: 2040, Bits: 64}, "2047:u8": {Offset: 2047, Bits: 8},
		"2041:u64": {}, "-1:u8": {}, "4": {}, "4:u24": {}, "4:le": {}, ":u8": {}, "x:u8": {}, "": {},
	} {
		var v seqValue
		if err := v.Set(text); stream.Seq(v) != want || (err != nil) != (want == stream.Seq{}) || err == nil && v.String() != text {
			t.Errorf("--seq %q: %v, %s", text, err, &v)
		}
	}
}

// watchPicture is a watch of three groups: one that lost, one that is silent and has
// a name that would take over a terminal or a spreadsheet, one that was never heard.
func watchPicture() watch.Snapshot {
	at := time.Date(2026, 3, 1, 3, 12, 4, 0, time.UTC)
	one := watch.Stream{Row: stream.Row{
		Key:       stream.Key{Group: netip.MustParseAddrPort("239.1.1.7:5004"), From: netip.MustParseAddrPort("10.0.0.1:5004"), IfIndex: 2},
		Datagrams: 3_423_000, Bytes: 1 << 32, First: at.Add(-time.Hour), Last: at,
		Numbers: stream.Numbers{Format: stream.RTP, Distinct: 3_423_000, Lost: 12, Reordered: 3},
	}, Interface: "eth0", Rate: 951, Bits: 10e6}
	two := one
	two.Group, two.Key.Group, two.SilentSince, two.Silences = 1, netip.MustParseAddrPort("239.1.1.8:5004"), at.Add(-time.Minute), 1
	two.Numbers = stream.Numbers{}
	s := watch.Snapshot{At: at, Began: at.Add(-time.Hour), Streams: []watch.Stream{one, two}, Rate: 951, Bits: 10e6, Lost: 12}
	for n, name := range []string{"BBC One", "=\x1b[2Jtwo", ""} {
		s.Groups = append(s.Groups, watch.Group{
			Target: watch.Target{Group: mcast.Group{Addr: netip.AddrFrom4([4]byte{239, 1, 1, byte(7 + n)}), Port: 5004}, Name: name},
			Joined: []string{"eth0"}, Heard: min(1, 2-n), Ever: n < 2, Silent: n % 2,
		})
	}
	return s
}

func TestWatchReport(t *testing.T) {
	c := &watchCommand{set: &settings{}}
	s := watchPicture()
	const want = `watched 3 groups for 1h0m0s: 2 heard, 1 never; 6,846,000 datagrams from 2 streams
BBC One 239.1.1.7:5004 from 10.0.0.1:5004 on eth0: RTP, 3,423,000 datagrams, 951/s, lost 12 of 3,423,012 (0.00035 %) before this host's socket, 3 late; groupcast doctor --from 10.0.0.1 239.1.1.7:5004
=␛[2Jtwo 239.1.1.8:5004 from 10.0.0.1:5004 on eth0: 3,423,000 datagrams, 951/s, not numbered, 1 silence, silent since 03:11:04; groupcast doctor --from 10.0.0.1 239.1.1.8:5004
never heard: 239.1.1.9:5004, joined on eth0; groupcast doctor 239.1.1.9:5004
--max-loss 0%: BBC One 239.1.1.7:5004 from 10.0.0.1:5004 on eth0 lost 12 of 3,423,012 (0.00035 %) before this host's socket
silence: =␛[2Jtwo 239.1.1.8:5004 from 10.0.0.1:5004 on eth0 silent 1 time, and since 03:11:04`
	r := c.report(s)
	if got := strings.Join(c.reportText(s, r), "\n"); got != want {
		t.Errorf("it says\n%s\nwant\n%s", got, want)
	}
	if r.exit != exitNot {
		t.Errorf("exit status %d", r.exit)
	}
	if got := summaryText(s); got != "3 groups: 1 heard, 1 silent, 1 never heard; 951/s, 10 Mb/s; lost 12 before this host's socket, 0 in it" {
		t.Errorf("in all: %s", got)
	}
	s.ComparedOneIn = 16
	if rows := strings.Join(besideStreams(s), "\n"); rows != "of up to 16 datagrams only one was looked at for copies, because so many arrived" || c.reportObject(s, r).ComparedOneIn != 16 {
		t.Errorf("beside the streams: %s", rows)
	}
	s.Groups = s.Groups[:2]
	if c.report(s).exit != exitDoubt {
		t.Error("a loss and a silence are no success")
	}
	c.bars.maxLoss = 0.01
	s.Streams[1].Silences, s.Streams[1].SilentSince = 0, time.Time{}
	if r := c.report(s); r.exit != exitOK || len(r.broken) > 0 {
		t.Errorf("under every bar: %+v", r)
	}
	s.Slow = 1
	if c.report(s).exit != exitDoubt {
		t.Error("too little is a success")
	}
	s.Slow, c.csv = 0, watchCSV{file: "rows.csv", failed: errors.New("x"), why: "no room"}
	if r := c.report(s); r.exit != exitDoubt || len(r.broken) != 1 || r.broken[0].bar != "--csv rows.csv" || r.broken[0].text != "rows are missing in it: no room" {
		t.Error("rows that were not written are a success")
	}
}

// Of many the report names the worst, and the command that looks closer of a few.
func TestWatchReportOfMany(t *testing.T) {
	c := &watchCommand{set: &settings{}}
	s := watchPicture()
	lossy, never := s.Streams[0], s.Groups[2]
	s.Streams, s.Groups = nil, s.Groups[:1]
	for n := range 40 {
		lossy.Key.Group = netip.AddrPortFrom(netip.AddrFrom4([4]byte{239, 1, 2, byte(n)}), 5004)
		lossy.Numbers.Lost = uint64(100 + n*7%40)
		lossy.Numbers.Ended = n == 5 // 135
		lossy.SilentSince = time.Time{}
		if n == 1 {
			lossy.SilentSince = s.At
		}
		s.Streams = append(s.Streams, lossy)
		s.Groups = append(s.Groups, never)
	}
	text := strings.Join(c.reportText(s, c.report(s)), "\n")
	const bar = "\n--max-loss 0%: 40 streams, the worst BBC One 239.1.2.17:5004 from 10.0.0.1:5004 on eth0 lost 139 of 3,423,139 (0.0041 %) before this host's socket"
	if !strings.HasSuffix(text, bar) || strings.Count(text, "--max-loss") != 1 {
		t.Errorf("the bar is told as\n%s", text)
	}
	for _, group := range []string{"239.1.2.1:", "239.1.2.17:", "239.1.2.34:"} {
		if !strings.Contains(text, "groupcast doctor --from 10.0.0.1 "+group) {
			t.Errorf("%s has no hint", group)
		}
	}
	if n := strings.Count(text, "groupcast doctor --from"); n != mostStreamHints {
		t.Errorf("%d hints for streams", n)
	}
	if n, hints := strings.Count(text, "never heard: "), strings.Count(text, "groupcast doctor 239.1.1.9:5004"); n != 40 || hints != mostGroupHints {
		t.Errorf("%d groups, %d hints", n, hints)
	}
	if o := c.reportObject(s, c.report(s)); len(o.Broken) != 40 || len(o.Never) != 40 || o.Never[39].Doctor == "" {
		t.Errorf("JSON has %d bars and %d groups", len(o.Broken), len(o.Never))
	}
}

// What made room for others is judged with the rest.
func TestWatchReportOfWhatMadeRoom(t *testing.T) {
	c := &watchCommand{set: &settings{}}
	s := watchPicture()
	s.Groups, s.Streams = s.Groups[:1], s.Streams[:1]
	s.Streams[0].Numbers.Lost = 0
	s.Others, s.MadeRoom = 1000, stream.Others{Streams: 3, Datagrams: 900, Distinct: 900, Lost: 100, LostKernel: 100, AtLeast: true}
	r := c.report(s)
	text := strings.Join(c.reportText(s, r), "\n")
	for _, want := range []string{
		"\nand 1,000 datagrams of further streams, for which there was no room; 3 of them made room for others, and lost at least 100 of 1,000 (10 %) for want of room",
		"\n--max-loss 0%: 3 streams that made room for others lost at least 100 of 1,000 (10 %)",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("want%s in\n%s", want, text)
		}
	}
	if o := c.reportObject(s, r); r.exit != exitDoubt || o.MadeRoom != 3 || o.RoomLost != 100 {
		t.Errorf("exit status %d, %+v", r.exit, o)
	}
	c.bars.maxLoss = 10
	if r := c.report(s); r.exit != exitOK {
		t.Errorf("under the bar: %+v", r)
	}
}

// Each loss says how sure it is, and whose it is.
func TestWatchLossInWords(t *testing.T) {
	for _, test := range []struct {
		lost, kernel   uint64
		atLeast, about bool
		want           string
	}{
		{12, 0, false, false, "12 before this host's socket"},
		{1234, 1234, false, false, "1,234 for want of room in this host's socket"},
		{12, 3, true, false, "at least 12, up to 3 of them for want of room in this host's socket, the rest before it"},
		{119_800, 0, true, true, "about 119,800 before this host's socket"},
	} {
		if got := lossWords(test.lost, test.kernel, test.atLeast, test.about); got != test.want {
			t.Errorf("%s, want %s", got, test.want)
		}
		n := stream.Numbers{Distinct: 1000, Lost: test.lost, LostKernel: test.kernel, AtLeast: test.atLeast, About: test.about}
		if got := lostOfText(n); !strings.HasPrefix(got, strings.Fields(test.want)[0]) {
			t.Errorf("%s, want it to begin as %s", got, test.want)
		}
	}
}

func TestWatchNumbersInWords(t *testing.T) {
	for got, want := range map[string]string{
		percentText(100): "100 %", percentText(0.00001234): "0.000012 %", perSecond(1e-7): "0.0000001/s", perSecond(9.99): "9.99/s", perSecond(2000): "2,000/s",
		manyText(1, "silence"): "1 silence", manyText(56875, "datagram"): "56,875 datagrams", manyText(2, "switch"): "2 switches",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// Events are one line each, whatever is in them, and name the command that looks
// closer.
func TestWatchEventsInWords(t *testing.T) {
	c := &watchCommand{set: &settings{interfaces: []string{"10.0.0.9"}}}
	s := watchPicture()
	key, at := s.Streams[0].Key, s.At
	event := func(e stream.Event, more watch.Event) string {
		e.At = at
		more.Event, more.Told = e, at
		return strings.TrimPrefix(c.eventText(s, more), "03:12:04 ")
	}
	const who = "BBC One 239.1.1.7:5004 from 10.0.0.1:5004 on eth0: "
	c.seq = seqValue{Offset: 4, Bits: 32}
	by := watch.Event{Interface: "eth0"}
	for got, want := range map[string]string{
		event(stream.Event{Kind: stream.Silent, Key: key, Rate: 951}, by):                                                                                                                     who + "silent since 03:12:04, 951/s until then; groupcast doctor -i eth0 --from 10.0.0.1 239.1.1.7:5004",
		event(stream.Event{Kind: stream.Back, Key: key, For: 126 * time.Second, Lost: 119_800, About: true, Format: stream.RTP}, by):                                                          who + "back, silent 126.0 s (about 119,800 missing: numbers of RTP wrapped meanwhile)",
		event(stream.Event{Kind: stream.First, Key: key, Format: stream.Own}, by):                                                                                                             who + "heard, numbered: groupcast",
		event(stream.Event{Kind: stream.Back, Key: key, For: 3 * time.Second, Lost: 12, Kernel: 3}, by):                                                                                       who + "back, silent 3.0 s (12 missing, up to 3 of them for want of room in this host's socket)",
		event(stream.Event{Kind: stream.Loss, Key: stream.Key{IfIndex: 2}, Lost: 211}, watch.Event{Interface: "eth0", Each: slices.Repeat([]stream.Event{{Key: key, Lost: 54}}, 38)}):         "38 streams on eth0: lost 211 before this host's socket in the last second; the worst BBC One 239.1.1.7:5004 from 10.0.0.1:5004, 54",
		event(stream.Event{Kind: stream.OnOff, Key: key, Count: 7, For: 12 * time.Second}, by):                                                                                                who + "on and off: 7 silences, longest 12.0 s",
		event(stream.Event{Kind: stream.Stopped, For: 5 * time.Second}, watch.Event{Group: -1}):                                                                                               "this watch itself stood still for 5.0 s: it reports nothing about that time",
		event(stream.Event{Kind: stream.Silent, Key: stream.Key{IfIndex: 2}}, watch.Event{Interface: "eth0", Group: -1, Each: make([]stream.Event, 40), Of: 40, Text: "eth0 has no carrier"}): "all 40 streams on eth0: silent since 03:12:04: eth0 has no carrier",
		event(stream.Event{Kind: stream.Silent, Key: stream.Key{IfIndex: 2}}, watch.Event{Interface: "eth0", Group: -1, Each: []stream.Event{{Key: key}, {Key: s.Streams[1].Key}}, Of: 3}):    "2 of 3 streams on eth0: silent since 03:12:04; groupcast doctor -i eth0 --from 10.0.0.1 239.1.1.7:5004",
		event(stream.Event{Kind: stream.Found, Key: key, Format: stream.Told}, by):                                                                                                            who + "numbered: by --seq 4:u32",
		event(stream.Event{Kind: watch.Drops, Key: stream.Key{Group: netip.MustParseAddrPort("0.0.0.0:5004")}, Lost: 56875}, watch.Event{Group: -1}):                                          "all groups of port 5004: 56,875 datagrams lost in the kernel: the receive buffer was full, or they arrived damaged",
		event(stream.Event{Kind: watch.Failed}, watch.Event{Group: -1, Err: errors.New("mcast: a\nb\x1b[2J")}):                                                                                "a ⏎ b␛[2J",
	} {
		if got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	}
}

// An event about several streams names each, so that a program knows which.
func TestWatchEventOfSeveral(t *testing.T) {
	c, s := &watchCommand{set: &settings{}}, watchPicture()
	o := c.eventObject(s, watch.Event{Event: stream.Event{Kind: stream.Silent, Key: stream.Key{IfIndex: 2}}, Interface: "eth0", Group: -1,
		Each: []stream.Event{{Key: s.Streams[0].Key}, {Key: s.Streams[1].Key}}, Of: 3})
	if o.Streams != 2 || o.Of != 3 || len(o.Each) != 2 || o.Each[0].Group != "239.1.1.7:5004" || o.Each[0].Name != "BBC One" || o.Each[1].From != "10.0.0.1:5004" ||
		o.Doctor != "groupcast doctor --from 10.0.0.1 239.1.1.7:5004" {
		t.Errorf("%+v", o)
	}
}

// A file of rows that cannot be made is a mistake on the command line, and each kind
// has its own way out.
func TestWatchRowsUnmade(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/old.csv", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		dir:                 "a directory|name a file in it: --csv " + dir + "/rows.csv",
		dir + "/old.csv":    "the file exists, and is not overwritten|name another, or remove it first",
		dir + "/none/x.csv": "no such file or directory|name a file that can be made, such as --csv /tmp/rows.csv",
		"/dev/full":         errNoFile.Error() + "|to write to a pipe or a device, use standard output: --csv - >/dev/full",
	} {
		c := watchCSV{file: file}
		err := c.open(nil)
		if _, ok := errors.AsType[usageError](err); !ok {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if got := err.Error() + "|" + hint(err); got != "--csv "+file+": "+want {
			t.Errorf("it says %s, want %s", got, want)
		}
	}
	var out strings.Builder
	c := watchCSV{file: "-"}
	if err := c.open(&out); err != nil || c.write(watchPicture(), (&watchCommand{set: &settings{}}).streamObject) != nil || c.close() != nil || strings.Count(out.String(), "\n") != 3 {
		t.Errorf("to standard output: %v\n%s", err, &out)
	}
	err := c.fail(&fs.PathError{Op: "write", Path: "rows.csv", Err: syscall.ENOSPC}, 0)
	if got := hint(err); got != "make room, or name a file on another disk (df -h lists them)" {
		t.Errorf("on a full disk: %s", got)
	}
}

// A spreadsheet takes no cell for a formula.
func TestWatchRows(t *testing.T) {
	c := &watchCommand{set: &settings{}, csv: watchCSV{file: t.TempDir() + "/rows.csv"}}
	if err := c.csv.open(nil); err != nil {
		t.Fatal(err)
	}
	if err := c.csv.write(watchPicture(), c.streamObject); err != nil {
		t.Fatal(err)
	}
	c.csv.opened.Close() // so that the next row does not go
	if err := c.csv.write(watchPicture(), c.streamObject); err == nil {
		t.Error("a row that was not written is no error")
	}
	if err := c.csv.write(watchPicture(), c.streamObject); err != nil {
		t.Errorf("it is told twice: %v", err)
	}
	if _, values := columnsOf(reflect.ValueOf(c.streamObject(watchPicture(), watchPicture().Streams[1]))); values[2] != "'=␛[2Jtwo" {
		t.Errorf("a name as a cell: %q", values[2])
	}
}

// A group of which only what cannot be read came is not "never heard".
func TestWatchUnreadable(t *testing.T) {
	c := &watchCommand{set: &settings{}}
	s := watchPicture()
	s.Newer = 100
	s.Unreadable = []watch.Unreadable{{Group: 2, Interface: "eth0", Unreadable: stream.Unreadable{Key: s.Streams[0].Key, Newer: 100}}}
	text := strings.Join(c.reportText(s, c.report(s)), "\n")
	if want := "239.1.1.9:5004: heard only what this version cannot read, from 10.0.0.1:5004 on eth0: 100 datagrams of a newer version"; !strings.Contains(text, want) || strings.Contains(text, "never heard:") {
		t.Errorf("the report is\n%s\nwant %s", text, want)
	}
	if o := c.reportObject(s, c.report(s)); len(o.Unreadable) != 1 || o.Unreadable[0].Newer != 100 || o.Unreadable[0].From != "10.0.0.1:5004" {
		t.Errorf("the object is %+v", o)
	}
}

// A loss of a time when this host's interface was down is not called the network's.

func TestWatchLossWhileDown(t *testing.T) {
	e := watch.Event{Event: stream.Event{Kind: stream.Loss, Lost: 1200}, Text: "eth0 was down until 12:00:04"}
	c := &watchCommand{set: &settings{}}
	if got, want := c.eventWords(watch.Snapshot{}, e), "lost 1,200 before this host's socket; eth0 was down until 12:00:04"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	e.Kernel = 200
	if got, want := c.eventWords(watch.Snapshot{}, e), "lost 1,200, up to 200 of them for want of room in this host's socket, the rest before it; eth0 was down until 12:00:04"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
