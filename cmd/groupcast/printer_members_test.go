package main

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/session"
)

// lineTime is when lines of these tests are said.
var lineTime = time.Date(2026, 1, 2, 12, 0, 1, 0, time.Local)

// saidLine is a line that was heard, of a member or, without a name, of a plain program.
func saidLine(id uint64, name, text string) chat.Line {
	return chat.Line{
		ID: id, At: lineTime, Kind: chat.Heard, Text: chat.SanitizeString(text), Interface: "eth0", From: netip.MustParseAddrPort("192.168.8.226:40000"),
		Member: chat.Member{Name: name, Fingerprint: strings.Repeat("7f3c", min(len(name), 1))},
	}
}

// A member's line has its name, and says what is special about it before its text.
func TestLinesOfMembers(t *testing.T) {
	with := func(change func(*chat.Line)) chat.Line {
		l := saidLine(1, "ada", "hello (earlier)")
		change(&l)
		return l
	}
	for _, tc := range []struct {
		name string
		line chat.Line
		want string
	}{
		{"a member", with(func(*chat.Line) {}), "12:00:01  ada              eth0  hello (earlier)"},
		{"a plain program", saidLine(1, "", "hello"), "12:00:01  192.168.8.226    eth0  hello"},
		{"its name is that of a host", saidLine(1, "192.168.8.226", "hello"), `12:00:01  "192.168.8.226"  eth0  hello`},
		{"repaired", with(func(l *chat.Line) { l.Missed = true }), "12:00:01  ada              eth0  (repaired) hello (earlier)"},
		{"earlier, and repaired", with(func(l *chat.Line) { l.Missed, l.Earlier = true, true }), "12:00:01  ada              eth0  (repaired) (earlier) hello (earlier)"},
		{"outside", with(func(l *chat.Line) { l.Member, l.Outside = chat.Member{}, true }), "12:00:01  192.168.8.226    eth0  (outside) hello (earlier)"},
		{"a part", with(func(l *chat.Line) { l.Part = [2]int{2, 3} }), "12:00:01  ada              eth0  (2 of 3) hello (earlier)"},
	} {
		var out, errs bytes.Buffer
		p := &linePrinter{out: &out, errs: &errs}
		p.batch(session.Batch{Lines: []chat.Line{tc.line}})
		if got := strings.TrimSuffix(out.String(), "\n"); got != tc.want || errs.Len() > 0 {
			t.Errorf("%s:\n%s\nwant\n%s\n%s", tc.name, got, tc.want, errs.String())
		}
	}
}

// What came as plain text and gets its name later is one line of text, and one object
// that comes again.
func TestALineGetsItsName(t *testing.T) {
	batch := session.Batch{Lines: []chat.Line{saidLine(7, "", "hello"), saidLine(7, "ada", "hello"), saidLine(8, "ada", "next")}}
	var text, objects bytes.Buffer
	(&linePrinter{out: &text}).batch(batch)
	if want := "12:00:01  192.168.8.226    eth0  hello\n12:00:01  ada              eth0  next\n"; text.String() != want {
		t.Errorf("printed\n%swant\n%s", text.String(), want)
	}
	(&linePrinter{out: &objects, json: true}).batch(batch)
	if got := objects.String(); strings.Count(got, `"id":7`) != 2 || strings.Count(got, `"id":7,"text":"hello","interface":"eth0","from":"192.168.8.226:40000","name":"ada","fingerprint":"7f3c"}`) != 1 {
		t.Errorf("printed\n%s", got)
	}
}

// Who has an own line is said when all have it, or after three seconds, and not each time
// that it changes.
func TestWhoHasAnOwnLine(t *testing.T) {
	own := func(id uint64, copy chat.Copy, by, of int, missing string) chat.Line {
		return chat.Line{
			ID: id, At: lineTime, Kind: chat.Own, Text: chat.SanitizeString("hello"), Interface: "eth0", Copy: copy,
			Member: chat.Member{Name: "ada"}, Reach: chat.Reach{By: by, Of: of, Missing: missing, Known: of > 0},
		}
	}
	const back, sent = chat.CopyBack, "sent by eth0; own copy back after 0.00 ms"
	type step struct {
		after time.Duration
		lines []chat.Line
		said  string
	}
	for _, tc := range []struct {
		name  string
		steps []step
	}{
		{"all have it soon", []step{
			{0, []chat.Line{own(1, chat.CopyPending, 0, 2, "bob and carol"), own(1, back, 0, 2, "bob and carol")}, sent},
			{100 * time.Millisecond, []chat.Line{own(1, back, 1, 2, "carol")}, ""},
			{200 * time.Millisecond, []chat.Line{own(1, back, 2, 2, "")}, "heard by all 2"},
			{5 * time.Second, []chat.Line{own(1, back, 2, 2, "")}, ""},
		}},
		{"one is late", []step{
			{0, []chat.Line{own(1, back, 0, 2, "bob and carol")}, sent},
			{2999 * time.Millisecond, []chat.Line{own(1, back, 1, 2, "bob")}, ""},
			{3 * time.Second, nil, "heard by 1 of 2; not yet: bob"},
			{4 * time.Second, []chat.Line{own(1, back, 1, 2, "bob")}, ""},
			{5 * time.Second, []chat.Line{own(1, back, 2, 2, "")}, "heard by all 2, at last: hello"},
		}},
		{"the only one", []step{{0, []chat.Line{own(1, back, 1, 1, "")}, sent + "|heard by the only member"}}},
		{"nobody is there", []step{{0, []chat.Line{own(1, back, 0, 0, "")}, sent}, {9 * time.Second, nil, ""}}},
		{"it could not be sent", []step{
			{0, []chat.Line{own(1, chat.CopyNone, 0, 2, "bob and carol")}, "not sent: hello"}, {9 * time.Second, nil, ""},
		}},
		{"it could not be sent, and was repaired", []step{
			{0, []chat.Line{own(1, chat.CopyNone, 0, 2, "bob and carol")}, "not sent: hello"},
			{5 * time.Second, []chat.Line{own(1, chat.CopyNone, 2, 2, "")}, "heard by all 2, at last: hello"},
		}},
		{"a copy that is late", []step{
			{0, []chat.Line{own(1, chat.CopyMissing, 2, 2, "")}, "no own copy within 1s of: hello|heard by all 2"},
			{time.Second, []chat.Line{own(1, back, 2, 2, "")}, sent},
		}},
	} {
		var errs bytes.Buffer
		p := &linePrinter{out: &errs, errs: &errs, person: true}
		for n, s := range tc.steps {
			p.batch(session.Batch{Lines: s.lines})
			p.tellReach(lineTime.Add(s.after), 2*time.Second)
			got := strings.ReplaceAll(strings.TrimSuffix(strings.ReplaceAll(errs.String(), "groupcast: ", ""), "\n"), "\n", "|")
			if got != s.said {
				t.Errorf("%s, step %d, after %v: said %q, want %q", tc.name, n, s.after, got, s.said)
			}
			errs.Reset()
		}
	}
	p := &linePrinter{out: &bytes.Buffer{}, errs: &bytes.Buffer{}, person: true}
	p.batch(session.Batch{Lines: []chat.Line{own(1, back, 0, 0, "")}})
	for _, tc := range []struct {
		after time.Duration
		there bool
		want  bool
	}{{0, true, true}, {0, false, false}, {time.Second, true, false}} {
		if got := p.reach.waiting(lineTime.Add(tc.after), tc.there); got != tc.want {
			t.Errorf("after %v, with members: %t, the end waits: %t, want %t", tc.after, tc.there, got, tc.want)
		}
	}
	for id := range uint64(3 * maxReaches) {
		p.batch(session.Batch{Lines: []chat.Line{own(id+2, back, 0, 1, "bob")}})
	}
	if len(p.reach.lines) != maxReaches {
		t.Errorf("%d lines are followed, want %d", len(p.reach.lines), maxReaches)
	}
}

// What becomes of a member is an object with its parts, before what is said later. In
// text a notice says it.
func TestEventsOfMembers(t *testing.T) {
	ada := chat.Member{Name: "ada", Fingerprint: "7f3c 91ab 02de 44c0"}
	first := ada
	first.New = true
	var events []session.MemberEvent
	var want strings.Builder
	for n, tc := range []struct {
		event session.MemberEvent
		want  string
	}{
		{session.MemberEvent{Kind: session.MemberJoined, Member: first}, `"event":"joined","name":"ada","fingerprint":"7f3c 91ab 02de 44c0","new":true}`},
		{session.MemberEvent{Kind: session.MemberLeft, Member: ada}, `"event":"left","name":"ada","fingerprint":"7f3c 91ab 02de 44c0","silent":true}`},
		{session.MemberEvent{Kind: session.MemberJoined, Member: ada, Back: true}, `"event":"joined","name":"ada","fingerprint":"7f3c 91ab 02de 44c0","back":true}`},
		{session.MemberEvent{Kind: session.MemberRenamed, Member: ada, Was: "eve"}, `"event":"renamed","name":"ada","fingerprint":"7f3c 91ab 02de 44c0","was":"eve"}`},
		{session.MemberEvent{Kind: session.MemberClash, Member: ada, Pinned: "02de"}, `"event":"clash","name":"ada","fingerprint":"7f3c 91ab 02de 44c0","pinned":"02de"}`},
		{session.MemberEvent{Kind: session.MemberLost, Member: ada, Lost: 2}, `"event":"lost","name":"ada","fingerprint":"7f3c 91ab 02de 44c0","lost":2}`},
		{session.MemberEvent{Kind: session.MemberLeft, Member: ada, Said: true}, `"event":"left","name":"ada","fingerprint":"7f3c 91ab 02de 44c0"}`},
	} {
		tc.event.At = lineTime.Add(time.Duration(n-5) * time.Second)
		events = append(events, tc.event)
		if n == 6 {
			want.WriteString("a line\n")
		}
		fmt.Fprintf(&want, "{\"type\":\"event\",%s\n", tc.want)
	}
	batch := session.Batch{Lines: []chat.Line{saidLine(3, "ada", "hello")}, Events: events}
	var out, text, errs bytes.Buffer
	(&linePrinter{out: &out, json: true}).batch(batch)
	got := untimed(out.String())
	if i := strings.Index(got, `{"type":"heard"`); i >= 0 {
		_, rest, _ := strings.Cut(got[i:], "\n")
		got = got[:i] + "a line\n" + rest
	}
	if got != want.String() {
		t.Errorf("printed\n%swant\n%s", got, want.String())
	}
	(&linePrinter{out: &text, errs: &errs}).batch(batch)
	if strings.Count(text.String(), "\n") != 1 || errs.Len() > 0 {
		t.Errorf("said %q and %q", text.String(), errs.String())
	}
}

// What came by a bridge is printed once, with who said it where; and so in JSON, with the
// bridge that passed it on.
func TestPrintBeyondABridge(t *testing.T) {
	at, bridge, peer := lineTime, netip.MustParseAddrPort("10.1.0.2:1236"), netip.MustParseAddrPort("10.2.0.7:4000")
	text := chat.SanitizeString("hi")
	erin := chat.Member{Name: "erin", Site: "room-2"}
	far := chat.Origin{Source: peer, Site: "room-2", By: "room-2", Where: chat.AtAnother}
	line := func(id uint64, from netip.AddrPort, m chat.Member, o chat.Origin) chat.Line {
		return chat.Line{ID: id, At: at, Kind: chat.Heard, Text: text, From: from, Member: m, Origin: o, Interface: "eth0"}
	}
	var out bytes.Buffer
	p := &linePrinter{out: &out, errs: &out}
	for _, l := range []chat.Line{
		line(2, bridge, erin, chat.Origin{}),
		line(1, peer, chat.Member{}, far),
		line(1, bridge, erin, chat.Origin{}),
		line(3, bridge, chat.Member{}, chat.Origin{}),
		line(3, peer, chat.Member{}, far),
		line(4, peer, chat.Member{}, chat.Origin{Source: peer, By: "carol"}),
		line(5, peer, chat.Member{}, chat.Origin{Source: peer, Site: "room-1", By: "room-1", Where: chat.AtThis}),
	} {
		p.line(l)
	}
	var who []string
	for row := range strings.Lines(out.String()) {
		who = append(who, strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(row[10:]), "eth0  hi")))
	}
	if got := strings.Join(who, ", "); got != "erin at room-2, 10.2.0.7:4000 at room-2, 10.1.0.2, 10.2.0.7:4000 by carol, 10.2.0.7:4000" {
		t.Errorf("it printed %q:\n%s", got, out.String())
	}
	out.Reset()
	writeJSON(&out, lineObject(line(1, peer, chat.Member{}, far), 1234))
	writeJSON(&out, lineObject(line(1, bridge, erin, chat.Origin{}), 1234))
	for _, want := range []string{`"from":"10.2.0.7:4000",`, `"site":"room-2","relayed_by":"room-2"}`, `"name":"erin","site":"room-2"}`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it lacks %s:\n%s", want, out.String())
		}
	}
}
