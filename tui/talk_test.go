package tui

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/groupcast/groupcast/mcast/chat"
)

func mustAddrPort(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// drawn is a line as the talk draws it, without colours.
func drawn(t *testing.T, width int, line chat.Line) string {
	t.Helper()
	talk := newTalk(newStyles(true, false, ansi.WcWidth, colorprofile.TrueColor))
	talk.resize(width, 10)
	line.At = at("19:52:12")
	talk.add(line)
	rows := strings.Split(ansi.Strip(talk.render(width, 10)), "\n")
	for i := range rows {
		rows[i] = strings.TrimRight(rows[i], " ")
	}
	return strings.Join(rows, "\n")
}

func TestLines(t *testing.T) {
	own := chat.Line{Kind: chat.Own, Text: text("test"), Interface: "eth0", Source: onEth0.Source}
	with := func(f func(*chat.Line)) chat.Line { l := own; f(&l); return l }
	for _, tc := range []struct {
		name  string
		width int
		line  chat.Line
		want  string
	}{
		{"sent", 62, own,
			"19:52:12  you 192.168.8.164   test                   …  → eth0"},
		{"own copy is back", 62, with(func(l *chat.Line) { l.Copy, l.After = chat.CopyBack, 90*time.Microsecond }),
			"19:52:12  you 192.168.8.164   test           ↺ 0.09 ms  → eth0"},
		{"own copy is back, narrow", 44, with(func(l *chat.Line) { l.Copy, l.After = chat.CopyBack, 900*time.Millisecond }),
			"19:52 you → eth0      test         ↺  900 ms"},
		{"no own copy", 62, with(func(l *chat.Line) { l.Copy = chat.CopyMissing }),
			"19:52:12  you 192.168.8.164   test         no own copy  → eth0"},
		{"copies are off", 62, with(func(l *chat.Line) { l.Copy = chat.CopyOff }),
			"19:52:12  you 192.168.8.164   test            copy off  → eth0"},
		{"nothing leaves", 62, with(func(l *chat.Line) { l.Copy, l.After, l.Stays = chat.CopyBack, 90*time.Microsecond, true }),
			"19:52:12  you 192.168.8.164   test       ↺ 0.09 ms  stays here"},
		{"nothing leaves, narrow", 44, with(func(l *chat.Line) { l.Copy, l.Stays = chat.CopyOff, true }),
			"19:52 you, ttl 0      test          copy off"},
		{"not sent", 62, with(func(l *chat.Line) { l.Copy, l.Hint = chat.CopyNone, text("network is unreachable") }),
			"19:52:12  you 192.168.8.164   test            not sent  → eth0\n" +
				"                            │ network is unreachable"},
		{"what became of the copy is never left out", 62, with(func(l *chat.Line) { l.Text = text("a line that fills its row to the end") }),
			"19:52:12  you 192.168.8.164   a line that fills its row to the\n" +
				"                            │ end                    …  → eth0"},
		{"heard", 62, chat.Line{Kind: chat.Heard, From: hostB, Interface: "eth0", Text: text("hello")},
			"19:52:12  192.168.8.226       hello                     ← eth0"},
		{"to this host alone", 62, chat.Line{Kind: chat.Heard, From: hostB, Interface: "eth0", Text: text("psst"), Direct: true},
			"19:52:12  192.168.8.226       psst        to you alone  ← eth0"},
		{"a long address keeps its end", 62, chat.Line{Kind: chat.Heard, From: mustAddrPort("[2001:db8:1111:2222::3333]:1"), Text: text("six")},
			"19:52:12  …8:1111:2222::3333  six"},
		{"text cannot forge a row", 62, chat.Line{Kind: chat.Heard, From: hostB, Text: text("hi\n19:52:13  192.168.8.1  I am another")},
			"19:52:12  192.168.8.226       hi\n" +
				"                            │ 19:52:13  192.168.8.1  I am\n" +
				"                            │ another"},
		{"notice", 62, chat.Line{Kind: chat.Notice, Text: text("joined 224.0.0.114:1234")},
			"19:52:12  · joined 224.0.0.114:1234"},
		{"problem", 62, chat.Line{Kind: chat.Problem, Text: text("join: no such device"), Hint: text("try another interface")},
			"19:52:12  ✗ join: no such device\n" +
				"            try another interface"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := drawn(t, tc.width, tc.line); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}

func TestALongMessageIsCut(t *testing.T) {
	st := newStyles(true, false, ansi.WcWidth, colorprofile.TrueColor)
	for name, s := range map[string]string{"rows": strings.Repeat("\n", 60000), "one word": strings.Repeat("漢", 20000)} {
		if rows, more := st.wrap(s, 30, messageRows); len(rows) != messageRows || !more {
			t.Errorf("%s: %d rows, more %v, want %d and more", name, len(rows), more, messageRows)
		}
	}
}

func TestAnOptionBeginsARow(t *testing.T) {
	st := newStyles(true, false, ansi.WcWidth, colorprofile.TrueColor)
	for w, want := range map[int]string{
		15: "try doctor\n--probe", 12: "try doctor\n--probe", 11: "try doctor\n--probe", 10: "try doctor\n--probe", 9: "try\ndoctor\n--probe",
	} {
		if rows, _ := st.wrap("try doctor --probe", w, 5); strings.Join(rows, "\n") != want {
			t.Errorf("in %d cells it is %q, want %q", w, rows, want)
		}
	}
}

func numbered(n int) chat.Line {
	return chat.Line{ID: uint64(n), At: clock, Kind: chat.Heard, From: hostB, Interface: "eth0", Text: text(fmt.Sprintf("line %d.", n))}
}

// newNumbered is a screen whose talk has lines from 1 to last.
func newNumbered(t testing.TB, last int) *screen {
	s := newScreen(t, 100, 30, before())
	s.hears(1, last)
	return s
}

// hears adds numbered lines to the talk.
func (s *screen) hears(first, last int) {
	for n := first; n <= last; n++ {
		s.talk.add(numbered(n))
	}
}

func TestALineReplacesTheOneWithItsID(t *testing.T) {
	said := chat.Line{ID: 1, At: clock, Kind: chat.Own, Text: text("line 1.")}
	s := newScreen(t, 100, 30, before(), said, numbered(2))
	changed := said
	changed.Text = text("changed")
	s.Update(batchMsg{Lines: []chat.Line{changed}})
	s.wants("changed", "line 2.")
	s.wantsNot("line 1.")
}

func TestScrolledBack(t *testing.T) {
	s := newNumbered(t, 100)
	s.wants("line 100.", "line 76.")
	s.wantsNot("line 75.")

	s.press("pgup")
	s.wants("line 76.", "line 52.", "scrolled back")
	s.wantsNot("line 77.")
	s.show(before(), numbered(101), numbered(102))
	s.wants("line 76.", "line 52.", "2 new below")
	s.wantsNot("line 77.")

	s.press("end")
	s.wants("line 102.")
	s.wantsNot("new below")

	s.press("pgup", "pgdown")
	s.wants("line 102.")
	if s.talk.scrolledBack {
		t.Error("a page up and a page down: want the newest line followed again")
	}

	s.press("tab", "home")
	s.wants("line 1.", "line 25.")
	s.wantsNot("line 26.")
	s.press("up")
	s.wants("line 1.", "line 25.")
	s.press("down")
	s.wants("line 2.", "line 26.")
}

// What is read stays, however much comes meanwhile; then only the newest lines
// are there, without a gap.
func TestReadingIsNotDisturbed(t *testing.T) {
	s := newNumbered(t, 100)
	s.press("tab", "home")
	read := s.plain()
	s.hears(101, 2*talkLines)
	s.wants("line 1.", "9,900 new below")
	s.wantsNot("line 101.")
	s.press("end")
	s.wants("line 10000.", "5,000 let go")
	if kept := s.talk.lines.kept.len(); kept != talkLines {
		t.Errorf("%d lines are kept, want %d", kept, talkLines)
	}
	s.press("home")
	s.wants("line 5001.")
	if s.plain() == read {
		t.Error("the lines that were let go are still there")
	}
}

// Scrolling down from there goes on with what waited.
func TestScrollingIntoWhatWaited(t *testing.T) {
	s := newNumbered(t, 40)
	s.press("tab", "up")
	s.wants("line 39.", "scrolled back")
	s.hears(41, 60)
	s.wants("line 39.", "20 new below")
	s.press("down")
	s.wants("line 40.", "20 new below")
	s.press("down")
	s.wants("line 41.", "19 new below")
	s.press("pgdown")
	s.wants("line 60.")
	if s.talk.scrolledBack {
		t.Error("scrolled down to the newest line, it does not follow")
	}
}

// Long lines are let go before there are many of them.
func TestTalkBoundsBytes(t *testing.T) {
	talk := newTalk(newStyles(true, false, 0, colorprofile.TrueColor))
	talk.resize(60, 20)
	long := chat.SanitizeString(strings.Repeat("x", 65507))
	for n := range uint64(1000) {
		talk.add(chat.Line{ID: n + 1, Kind: chat.Heard, Text: long})
	}
	kept := talk.lines.kept.len()
	if want := talkBytes / 65507; kept != want || talk.lines.kept.bytes != want*65507 {
		t.Errorf("%d lines and %d bytes are kept, want %d lines", kept, talk.lines.kept.bytes, want)
	}
	talk.top()
	if rows := strings.Count(talk.render(60, 20), "\n") + 1; rows != 20 {
		t.Errorf("scrolled to the top it has %d rows, want 20", rows)
	}
}

// News of an own line replace it where it is: shown, waiting, or gone.
func TestNewsOfOwnLines(t *testing.T) {
	own := func(id uint64, c chat.Copy) chat.Line {
		return chat.Line{ID: id, Kind: chat.Own, Copy: c, Text: text("said")}
	}
	talk := newTalk(newStyles(true, false, 0, colorprofile.TrueColor))
	talk.resize(60, 10)
	talk.add(own(1, chat.CopyPending), numbered(2))
	talk.scroll(-1)
	talk.add(own(3, chat.CopyPending))
	talk.add(own(1, chat.CopyMissing), own(3, chat.CopyMissing))
	if lines := talk.allLines(); len(lines) != 3 || lines[0].Copy != chat.CopyMissing || lines[2].Copy != chat.CopyMissing {
		t.Errorf("kept are %+v, want three lines, the own ones without a copy", lines)
	}
	talk.follow()
	talk.add(own(3, chat.CopyBack))
	if lines := talk.allLines(); len(lines) != 3 || lines[2].Copy != chat.CopyBack {
		t.Errorf("kept are %+v, want the last one with its copy back", lines)
	}
	for n := 10; n < 10+2*talkLines; n++ {
		talk.add(numbered(n))
	}
	talk.add(own(3, chat.CopyBack))
	if last := talk.lines.kept.at(talk.last()); last.ID == 3 {
		t.Error("news of a line that was let go is shown as a new line")
	}
}
