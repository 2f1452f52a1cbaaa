package tui

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/members"
	"github.com/groupcast/groupcast/mcast/session"
)

func TestLinesOfMembers(t *testing.T) {
	heard := chat.Line{Kind: chat.Heard, Text: text("hello"), From: lan(10, 40010), To: group.Addr, Interface: "eth0", Member: said(bob)}
	own := chat.Line{Kind: chat.Own, Text: text("test"), Interface: "eth0", Source: onEth0.Source, Copy: chat.CopyBack, After: 90 * time.Microsecond}
	with := func(l chat.Line, f func(*chat.Line)) chat.Line { f(&l); return l }
	reach := func(by, of int, missing string) chat.Line {
		return with(own, func(l *chat.Line) { l.Reach = chat.Reach{Known: true, By: by, Of: of, Missing: missing} })
	}
	for _, tc := range []struct {
		name  string
		width int
		line  chat.Line
		want  string
	}{
		{"a name instead of the address", 62, heard,
			"19:52:12  bob                 hello                     ← eth0"},
		{"the fingerprint at first sight, where no text can stand", 62, with(heard, func(l *chat.Line) { l.Member.New = true }),
			"19:52:12  bob (7f3c 91ab 02de 44c0)\n                            │ hello                     ← eth0"},
		{"first sight, narrow", 40, with(heard, func(l *chat.Line) { l.Member.Name, l.Member.New = "bartholomew~7f3c", true }),
			"19:52 bartho…~7f3c (7f3c 91ab 02de 44c0)\n                     │hello"},
		{"another key, another stream", 62, with(heard, func(l *chat.Line) { l.Member.Name = "a very long nickname~7f3c #2" }),
			"19:52:12  a very lo…~7f3c #2  hello                     ← eth0"},
		{"repaired", 62, with(heard, func(l *chat.Line) { l.Missed = true }),
			"19:52:12  bob                 hello           repaired  ← eth0"},
		{"earlier", 62, with(heard, func(l *chat.Line) { l.Earlier, l.Interface = true, "" }),
			"19:52:12  bob                 hello                    earlier"},
		{"outside", 62, with(heard, func(l *chat.Line) { l.Outside, l.Member = true, chat.Member{} }),
			"19:52:12  192.168.8.10        hello            outside  ← eth0"},
		{"a part", 62, with(heard, func(l *chat.Line) { l.Part = [2]int{2, 3} }),
			"19:52:12  bob                 hello        part 2 of 3  ← eth0"},
		{"all heard it", 72, reach(8, 8, ""),
			"19:52:12  you 192.168.8.164   test    heard by 8 of 8  ↺ 0.09 ms  → eth0"},
		{"some did not", 96, reach(7, 8, "bob"),
			"19:52:12  you 192.168.8.164       test          heard by 7 of 8, not yet: bob  ↺ 0.09 ms  → eth0"},
		{"some did not, less room", 87, reach(7, 8, "bob and carol"),
			"19:52:12  you 192.168.8.164       test  heard by 7 of 8, not yet: bob and carol  → eth0"},
		{"some did not, no room for who", 60, reach(7, 8, "bob"),
			"19:52:12  you 192.168.8.164   test   heard by 7 of 8  → eth0"},
		{"hardly any room", 52, reach(7, 8, "bob"),
			"19:52 you → eth0      test           heard by 7 of 8"},
		{"no room", 44, with(reach(7, 8, "bob"), func(l *chat.Line) { l.Text = text("a line that fills it.") }),
			"19:52 you → eth0      a line that fills it.\n                     │       heard by 7 of 8"},
		{"a copy that is missing is said all the same", 78, with(reach(0, 2, ""), func(l *chat.Line) { l.Copy = chat.CopyMissing }),
			"19:52:12  you 192.168.8.164   test        heard by 0 of 2  no own copy  → eth0"},
		{"all, in the least room", 60, with(reach(8, 8, ""), func(l *chat.Line) { l.Text = text("fifteen letters.") }),
			"19:52:12  you 192.168.8.164   fifteen letters.  heard by all"},
		{"repaired, in little room", 60, with(heard, func(l *chat.Line) { l.Missed, l.Text = true, text("fifteen letters.") }),
			"19:52:12  bob                 fifteen letters.      repaired"},
		{"nobody else is a member", 62, reach(0, 0, ""),
			"19:52:12  you 192.168.8.164   test           ↺ 0.09 ms  → eth0"},
		{"not known yet", 62, with(own, func(l *chat.Line) { l.Reach.Of = 3 }),
			"19:52:12  you 192.168.8.164   test           ↺ 0.09 ms  → eth0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := drawn(t, tc.width, tc.line); got != tc.want {
				t.Errorf("want\n%s\ngot\n%s", tc.want, got)
			}
		})
	}
}

// A nickname cannot pass for a plain program, nor for the user of this one, and cannot
// push what tells it apart off its column.
func TestNamesThatDeceive(t *testing.T) {
	for nick, want := range map[string]string{
		"bob": "bob", "bob #2": "bob #2", "bob~7f3c": "bob~7f3c", "192.168.8.226": "192.168.8.226~7f3c", "ff02::1": "ff02::1~7f3c",
		"10.0.0.1:1234": "10.0.0.1:1234~7f3c", "You": "You~7f3c", "you 192.168.8.164 #2": "you 192.168.8.164~7f3c #2", "youth": "youth",
		"a\x1b[31mb": "a␛[31mb", "\u202eevil": "<U+202E>evil", "\u0301\u0301x": "◌\u0301\u0301x", "two\nrows": "two rows",
	} {
		if got := memberLabel(nick, bob.Fingerprint); got != want {
			t.Errorf("nickname %q is shown as %q, want %q", nick, got, want)
		}
	}
	st := newStyles(true, false, ansi.WcWidth, colorprofile.TrueColor)
	rapid.Check(t, func(t *rapid.T) {
		nick := rapid.StringOfN(rapid.SampledFrom([]rune("ab 漢字é\u0301👩\u200d👧ไำ~#2")), 0, 32, -1).Draw(t, "nick")
		name := memberLabel(nick+"~7f3c #2", bob.Fingerprint)
		space := rapid.IntRange(1, 40).Draw(t, "space")
		got := st.memberName(name, space)
		if n := st.cells(got); n > space {
			t.Fatalf("%q in %d cells: %q has %d", name, space, got, n)
		}
		if space >= 12 && !strings.HasSuffix(got, "~7f3c #2") {
			t.Fatalf("%q in %d cells: %q does not say which one it is", name, space, got)
		}
	})
}

// A repaired line stands before the younger one that it names, whatever else came; one
// whose place is gone is at the end. A slow talk says the same.
func TestRepairedLinesStandInTheirPlaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const limit = 12
		talk := newTalk(newStyles(true, false, ansi.WcWidth, colorprofile.TrueColor))
		talk.resize(60, 5)
		talk.lines.kept.limit = limit
		var want []uint64
		id, back := uint64(0), false
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch {
			case back && rapid.IntRange(0, 4).Draw(t, "end") == 0:
				talk.follow()
				back = false
			case !back && len(want) > 6 && rapid.IntRange(0, 9).Draw(t, "back") == 0:
				marked := talk.last() - uint64(rapid.IntRange(0, 3).Draw(t, "marked"))
				talk.markFromTo(marked, marked)
				back = true
				at := talk.lines.kept.at(marked).ID
				defer func() {
					if talk.marked.on && talk.markedLines()[0].ID != at && talk.byID[at] != nil {
						t.Fatalf("line %d was marked, now it is %d", at, talk.markedLines()[0].ID)
					}
				}()
			}
			id++
			l := chat.Line{ID: id, Kind: chat.Heard, Text: text(fmt.Sprint(id)), Member: said(bob)}
			if id > 1 && rapid.Bool().Draw(t, "repaired") {
				l.Before = id - uint64(rapid.IntRange(1, min(int(id)-1, 20)).Draw(t, "before"))
			}
			if talk.lines.waiting.len() == limit-1 {
				talk.follow() // what is lost then, is lost
				back = false
			}
			talk.add(l)
			if len(want) == limit {
				want = want[1:]
			}
			if at := slices.Index(want, l.Before); l.Before > 0 && at >= 0 {
				want = slices.Insert(want, at, id)
			} else {
				want = append(want, id)
			}
		}
		talk.follow()
		var got []uint64
		for _, l := range talk.allLines() {
			got = append(got, l.ID)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("the talk has %v, want %v", got, want)
		}
		for n := talk.first(); n <= talk.last(); n++ {
			if l := talk.lines.kept.at(n); l.n != n || talk.byID[l.ID] != l {
				t.Fatalf("line %d is number %d, and is found as %+v", l.ID, n, talk.byID[l.ID])
			}
		}
		if len(talk.byID) != len(want) {
			t.Fatalf("%d lines are found by their ID, of %d", len(talk.byID), len(want))
		}
	})
}

// A newcomer reads what was said before in the order of time, though members send it
// author by author; whose clock jumped keeps the order of the own lines, and what was
// said since the newcomer came stays where it is.
func TestEarlierLinesAreInOrderOfTime(t *testing.T) {
	talk := newTalk(newStyles(true, false, ansi.WcWidth, colorprofile.TrueColor))
	talk.resize(60, 20)
	id := uint64(0)
	line := func(who chat.Member, earlier bool, minute int, words string, before uint64) uint64 {
		id++
		run := frame.Stream{}
		copy(run[:], who.Fingerprint)
		talk.add(chat.Line{ID: id, Kind: chat.Heard, At: clock.Add(time.Duration(minute) * time.Minute), Member: who, Run: run, Earlier: earlier, Text: text(words), Before: before})
		return id
	}
	line(said(bob), false, -90, "long ago", 0)
	id++
	talk.add(chat.Line{ID: id, Kind: chat.Notice, At: clock, Text: text("bob is here")})
	line(said(bob), true, -30, "b1", 0)
	line(said(bob), true, -20, "b2", 0)
	b4 := line(said(bob), true, -10, "b4", 0)
	line(said(carol), true, -25, "c1", 0)
	line(said(carol), true, -60, "c2, by a clock that jumped", 0)
	line(said(bob), true, -15, "b3", b4)
	line(said(carol), true, -5, "c3", 0)
	line(chat.Member{Name: "dan", Fingerprint: "d"}, true, -100, "d1", 0)
	line(said(carol), false, 1, "now", 0)
	line(chat.Member{Name: "dan", Fingerprint: "d"}, true, -22, "d2", 0)
	line(said(bob), true, -3, "in his next run", 0)
	id++
	talk.add(chat.Line{ID: id, Kind: chat.Heard, At: clock.Add(-4 * time.Minute), Member: said(bob), Run: frame.Stream{1}, Earlier: true, Text: text("in an earlier run")})
	var got []string
	for _, l := range talk.allLines() {
		got = append(got, strings.SplitN(l.Text.String(), ",", 2)[0])
	}
	if want := append(strings.Fields("d1 b1 c1 c2 b2 b3 b4 c3 now d2"), "in an earlier run", "in his next run"); !slices.Equal(got[2:], want) {
		t.Errorf("the talk is %q, want %q", got, want)
	}
	for n := talk.first(); n <= talk.last(); n++ {
		if l := talk.lines.kept.at(n); l.n != n || talk.byID[l.ID] != l {
			t.Fatalf("line %d is number %d, and is found as %+v", l.ID, n, talk.byID[l.ID])
		}
	}
}

// A member's frame takes over the row of its plain text, which came first.
func TestATwinTakesOverItsRow(t *testing.T) {
	s := newScreen(t, 100, 30, healed())
	plain := chat.Line{ID: 1, At: clock, Kind: chat.Heard, From: lan(10, 40010), Text: text("hello"), Interface: "eth0"}
	s.Update(batchMsg{Lines: []chat.Line{plain, numbered(2)}})
	s.wants("192.168.8.10 ")
	plain.Member = said(bob)
	s.Update(batchMsg{Lines: []chat.Line{plain}})
	s.wants("bob                 hello")
	s.wantsNot("192.168.8.10 ")
	if n := s.talk.lines.kept.len(); n != 2 {
		t.Errorf("%d lines, want that of bob, and another", n)
	}
}

func BenchmarkRepairedLines(b *testing.B) {
	talk := newTalk(newStyles(true, false, ansi.WcWidth, colorprofile.TrueColor))
	talk.resize(60, 20)
	id := uint64(0)
	for range talkLines {
		id++
		talk.add(chat.Line{ID: id, Kind: chat.Heard, Text: text("words")})
	}
	for b.Loop() {
		id++
		talk.add(chat.Line{ID: id, Kind: chat.Heard, Text: text("words"), Before: id - talkLines/2})
	}
}

func TestMemberCommands(t *testing.T) {
	s := roomOfFive()
	s.Members.Members = append(s.Members.Members, memberOf(members.Who{Ref: frame.Ref{9}, Nick: "Mary Ann", Fingerprint: "c0de 0000 0000 0001"}, 30))
	for line, want := range map[string]order{
		"/nick Mary Ann":       session.SetNick{Nick: "Mary Ann"},
		"/matrix":              showMatrix{},
		"/verify bob yes":      session.Verify{Name: "bob", On: true},
		"/verify bob~d3e7 yes": session.Verify{Name: "bob~d3e7", On: true},
		"/verify BOB no":       session.Verify{Name: "bob"},
		"/verify Mary Ann yes": session.Verify{Name: "Mary Ann", On: true},
		"/verify 7f3c yes":     session.Verify{Name: "bob", On: true},
	} {
		if got, err := parse(line, s); err != nil || got != want {
			t.Errorf("%s gives %#v, %v, want %#v", line, got, err, want)
		}
	}
	for line, want := range map[string]string{
		"/verify":           "/verify: want the name of a member",
		"/verify zoe":       "zoe: nobody here has this name; here are: bob, carol, dave, erin, Mary Ann",
		"/verify zoe yes":   "zoe: nobody here has this name; here are: bob, carol, dave, erin, Mary Ann",
		"/verify bob maybe": "bob maybe: nobody here has this name; here are: bob, carol, dave, erin, Mary Ann",
		"/nick":             "/nick: want a name; usage: /nick NAME",
	} {
		got, err := parse(line, s)
		if err == nil {
			t.Errorf("%s gives %#v, want an error", line, got)
		} else if said := err.Error() + "; " + Hint(err); !strings.HasPrefix(said, want) {
			t.Errorf("%s says %q, want %q", line, said, want)
		}
	}
	_, text, _, err := Command("/verify bob", s)
	if all := strings.Join(text, "\n"); err != nil || !strings.Contains(all, "bob has the key 7f3c 91ab 02de 44c0\n") || !strings.HasSuffix(all, "/verify bob yes") {
		t.Errorf("/verify bob says %q, %v, want the key, and how to go on", all, err)
	}
	if _, text, _, _ = Command("/verify carol", s); !strings.Contains(strings.Join(text, "\n"), "to take that back: /verify carol no") {
		t.Errorf("/verify of one that is verified says %q", text)
	}
	if _, _, _, err = Command("/verify bob", membersOff()); err == nil || Hint(err) != "port 1235 is held by another program, omping" {
		t.Errorf("/verify without members: %v, %q, want why there are none", err, Hint(err))
	}
	for line, want := range map[string]string{"/ver": "/verify ", "/verify b": "/verify bob", "/verify mar": "/verify Mary Ann", "/verify Mary A": "/verify Mary Ann", "/ni": "/nick ", "/mat": "/matrix"} {
		if got, ok := complete(line, s); !ok || got != want {
			t.Errorf("%q completes to %q, want %q", line, got, want)
		}
	}
}

// One enter shows the key; no number of enters verifies it.
func TestNobodyIsVerifiedByAccident(t *testing.T) {
	s := newScreen(t, 100, 30, healed())
	s.typed("/verify bob")
	s.press("enter", "enter", "up", "enter", "enter")
	if a := s.asked(); a != nil {
		t.Errorf("the session was asked %#v, want nothing", a)
	}
	s.wants("bob has the key 7f3c 91ab 02de 44c0", "bob yes")
	s.typed("/verify bob yes")
	s.press("enter")
	if got := s.asked(); got != (session.Verify{Name: "bob", On: true}) {
		t.Errorf("yes asks the session %#v", got)
	}
}

// The doctor knows which words of a hint are commands of the talk.
func TestTheDoctorKnowsTheCommands(t *testing.T) {
	for _, c := range commands {
		for _, name := range []string{c.name, c.alias} {
			if hint := "do so: " + name + " x"; name != "" && strings.Contains(doctor.CommandHint(hint), name) {
				t.Errorf("%s is not in doctor's list of the talk's commands", name)
			}
		}
	}
	if hint := "do so: /nosuch x"; doctor.CommandHint(hint) != hint {
		t.Errorf("the hint %q was changed", hint)
	}
}

func TestWhoIsAMember(t *testing.T) {
	want := `members on, port 1235; you are ada, 0c41 55d2 9e7a b310
4 other members:
bob    7f3c 91ab 02de 44c0  live           eth0  under 2 ms  nothing lost, 1 s ago, 192.168.8.10:40010
carol  91d0 3be8 c4f2 7a65  live           eth0  14 ms       lost in 3 %, out 0 %, 1 s ago, verified, 192.168.8.11:40011
dave   a8b2 0f17 6cd9 e451  not known yet  eth0  -           lost in 0 %, out ?, 1 s ago, 192.168.8.12:40012
erin   5be1 c07f 93a4 21d8  quiet          eth0  -           nothing lost, 9 s ago, 192.168.8.13:40013
gone, and heard last: bob~d3e7 3 min ago
other programs heard in 224.0.0.114:1234: 1 host
192.168.8.226  eth0  3 datagrams, ttl 1, <1/s, 2 s ago, port 1234`
	if got := strings.Join(who(healed(), clock), "\n"); got != want {
		t.Errorf("/who says\n%s\nwant\n%s", got, want)
	}
	reported := healed()
	reported.Interfaces[1].Wire.Others = []session.Report{{Host: lan(11, 0).Addr(), Version: 3, Last: clock}, {Host: lan(40, 0).Addr(), Version: 3, Last: clock}}
	if got := strings.Join(who(reported, clock), "\n"); !strings.Contains(got, "not heard: 192.168.8.40 (v3, now)") {
		t.Errorf("carol reported the group, and is a member: /who says\n%s", got)
	}
	if got := who(membersOff(), clock)[0]; got != "members off: port 1235 is held by another program, omping" {
		t.Errorf("/who without members begins with %q", got)
	}
	alone := healed()
	alone.Members.Members, alone.Members.Gone, alone.Room = nil, nil, chat.Snapshot{}
	alone.Members.Sealed = true
	alone.Members.Invite = "on another host, start: groupcast 224.0.0.114:1234"
	if got := strings.Join(who(alone, clock), "\n"); !strings.Contains(got, "sealed: only those who have its key") || !strings.Contains(got, "start: groupcast 224.0.0.114:1234") {
		t.Errorf("/who of one who is alone says\n%s", got)
	}
}

func TestMatrixText(t *testing.T) {
	want := `rows speak, columns hear; interface and loss of the one that hears
           you         bob         carol       dave        erin
you (ada)  .           x!          x!          x!          x!
bob        eth0        .           eth0        eth0 2 %    eth0
carol      eth0 3 %    eth0 3 %    .           eth0        eth0 5 %
dave       eth0        eth0        x!          .           wlan0 16 %
erin       eth0        eth0        eth0        ?           .
x not heard, x! one-way, ? not known, . the same member
bob does not hear you, as bob said 4 s ago, but you hear bob: one-way; via your eth0 bob does hear you
carol does not hear you, as carol said 4 s ago, but you hear carol: one-way; via your eth0 carol does hear you
dave does not hear you, as dave said 4 s ago, but you hear dave: one-way; via your eth0 dave does hear you
erin does not hear you, as erin said 4 s ago, but you hear erin: one-way; via your eth0 erin does hear you
carol does not hear dave, as carol said 4 s ago, but dave hears carol: one-way`
	if got := strings.Join(MatrixText(roomOfFive(), 0), "\n"); got != want {
		t.Errorf("the matrix is\n%s\nwant\n%s", got, want)
	}
	for _, width := range []int{10, 40, 80, 200} {
		for _, row := range MatrixText(roomOf30(), width)[1:35] {
			if n := ansi.WcWidth.StringWidth(row); n > max(width, 24) {
				t.Errorf("a row of %d cells in a matrix of %d: %q", n, width, row)
			}
		}
	}
}

// A name of an interface is another host's choice: it makes no column wide, and is whole
// in the words.
func TestAnInterfaceNameMakesNoColumnWide(t *testing.T) {
	s := roomOfFive()
	s.Members.Matrix[1].Cells[2].Interface = "e\x1b[31mth0\u202e"
	h := hearingOf(s)
	st := newStyles(true, true, ansi.WcWidth, colorprofile.Ascii)
	if g := newGrid(st, h, 80); g.cell > len("wlan0 16 %") {
		t.Errorf("the cells are %d wide", g.cell)
	}
	if got := h.text(st, 1, 2); st.cells(got) > mostBy || !strings.HasPrefix(got, "e") {
		t.Errorf("the cell is %q", got)
	}
	if got := h.words(1, 2); !strings.Contains(got, clean("e\x1b[31mth0\u202e")) || strings.Contains(got, "\x1b") {
		t.Errorf("the words are %q", got)
	}
}

// A member who hears only the HELLOs that leave by another interface does not hear
// what is said.
func TestTheMatrixTellsTheTalkFromHellos(t *testing.T) {
	s := roomOfFive()
	s.Members.Matrix[0].Cells = hears(".", "eth0", "eth0", "eth0", "eth0")
	h := hearingOf(s)
	if c := h.cell(0, 1); c.Hears != members.HearsNot || !strings.Contains(h.words(0, 1), "via your eth0 bob does hear you") {
		t.Errorf("bob hears HELLOs by eth0 alone, while the talk leaves by eth1: the cell says %v, %q", c.Hears, h.words(0, 1))
	}
	if f, ok := h.finding(0, 1); !ok || f.Name != "not-heard" {
		t.Errorf("the cell points at %q, %t, want not-heard", f.Name, ok)
	}
	s.Members.Ways[0].Heard = []members.Who{bob}
	if c := hearingOf(s).cell(0, 1); c.Hears != members.HearsIt {
		t.Errorf("bob hears eth1 as well: the cell says %v", c.Hears)
	}
}

func TestTheMatrixIsMended(t *testing.T) {
	s := newScreen(t, 100, 30, roomOfFive())
	s.typed("/matrix")
	s.press("enter", "f")
	if fix, ok := s.asked().(session.ApplyFix); !ok || fix.Finding.Fix.UseInterface != "eth0" {
		t.Errorf("f on a cell of the own row asked %#v", fix)
	}
	if s.view != matrixView {
		t.Error("the matrix makes room for the talk: what came of the fix is not seen")
	}
	s.press("down", "f")
	if a := s.asked(); a != nil {
		t.Errorf("f on a cell that is heard asked %#v", a)
	}
	s.press("up", "enter")
	s.wants("▸not-heard")
	s.press("esc")
	s.wants("▸Matrix")
	s.press("esc")
	s.wants("❯ type to talk")
}

// The selected cell stays that of the same members while others come and go.
func TestTheSelectedCellStays(t *testing.T) {
	s := newScreen(t, 100, 30, healed())
	s.press("f12", "down", "down", "down", "right")
	s.wants("carol does not hear dave")
	snap := healed()
	for i := range snap.Members.Matrix {
		snap.Members.Matrix[i].Cells = slices.Delete(snap.Members.Matrix[i].Cells, 1, 2)
	}
	snap.Members.Matrix = slices.Delete(snap.Members.Matrix, 1, 2)
	s.show(snap)
	s.wants("carol does not hear dave")
}

// A member that comes back sends from other ports: what came from those it had is no
// other program's.
func TestWhoComesBackIsNoOtherHost(t *testing.T) {
	s := healed()
	s.Room.Senders, s.Room.SendersTotal = s.Room.Senders[1:], 1
	screen := newScreen(t, 100, 30, s)
	screen.wants("4 members")
	screen.wantsNot("other", " + 1")
	back := healed()
	back.Room.Senders, back.Room.SendersTotal = s.Room.Senders, 1
	back.Room.Senders[0].Ports = []uint16{40010, 40099}
	kept := back.Members.Members
	for i := range kept {
		if kept[i].From == lan(10, 40010) {
			kept[i].From, kept[i].Plain = lan(10, 40099), lan(10, 40099)
		}
	}
	before := slices.Clone(kept)
	screen.show(back)
	screen.wants("4 members")
	screen.wantsNot("other", " + 1")
	if !reflect.DeepEqual(kept, before) {
		t.Errorf("the session's list was changed")
	}
}

// While all members are gone, the title of the pane counts none of their hosts.
func TestHostsOfThoseThatAreGoneAreNotCounted(t *testing.T) {
	s := healed()
	s.Members.Gone = s.Members.Members
	s.Members.Members, s.Members.Matrix = nil, nil
	s.Room.Senders, s.Room.SendersTotal = s.Room.Senders[1:], 1
	screen := newScreen(t, 100, 30, s)
	for _, row := range strings.Split(screen.plain(), "\n") {
		if strings.Contains(row, "Heard from") && strings.Contains(row, "1") {
			t.Errorf("a host is counted that is not listed: %s", row)
		}
	}
}

// Where a member lives, another program may speak as well.
func TestHostsOfMembersAreNotListedTwice(t *testing.T) {
	s := healed()
	s.Room.Senders[1].Ports = []uint16{40010, 1234}
	if got := others(s.Room.Senders, s.Members); len(got) != 2 {
		t.Errorf("a program beside bob, on port 1234, is not listed: %+v", got)
	}
	s.Room.Senders[1].Ports = []uint16{40010}
	if got := others(s.Room.Senders, s.Members); len(got) != 1 || got[0].Addr != hostB.Addr() {
		t.Errorf("bob is listed as a host, too: %+v", got)
	}
	s.Room.Senders[1].Ports = []uint16{40010, 40077}
	s.Members.Members[0].Speaks = []netip.AddrPort{lan(10, 40077)} // by another interface
	if got := others(s.Room.Senders, s.Members); len(got) != 1 {
		t.Errorf("bob is listed as a host, too, by another port of his: %+v", got)
	}
	s.Members.Members[0].Speaks = nil
	s.Room.Senders[1].Ports = []uint16{40010}
	screen := newScreen(t, 100, 50, s)
	screen.press("shift+tab", "enter")
	screen.wants("plain text    4 datagrams, ttl 1") // nothing is lost that is known of his host
}

func TestMembersInMembership(t *testing.T) {
	s := newScreen(t, 100, 30, roomOfFive())
	s.wants("⚠ no member hears you here", "4 members hear you here", "members on")
	s.show(healed())
	s.wants("3 members hear you here")
	s.wantsNot("no member hears you")
	off := membersOff()
	off.Members.Notices = []string{"192.168.8.30 has a newer version"}
	s.show(off)
	s.wants("⚠ members off: port 1235 is held", "⚠ 192.168.8.30 has a newer")
	off.Members = session.Members{Plain: true, Off: "239.255.255.250 is registered: SSDP"}
	s.show(off)
	s.wants("plain only: 239.255.255.250 is")
	sealed := healed()
	sealed.Members.Sealed = true
	s.show(sealed)
	s.wants("224.0.0.114:1234 sealed")
}

// A thousand members do not make a picture slow.
func BenchmarkAThousandMembers(b *testing.B) {
	snap := healed()
	for i := range 1020 {
		w := members.Who{Ref: frame.Ref{9, byte(i), byte(i >> 8)}, Nick: fmt.Sprint("member ", i), Fingerprint: fmt.Sprintf("%04x 0000 0000 0000", i)}
		snap.Members.Members = append(snap.Members.Members, memberOf(w, byte(i)))
	}
	s := newScreen(b, 100, 30, snap)
	for b.Loop() {
		s.arrange()
		s.View()
	}
}
