package tui

import (
	"flag"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/session"
)

// The plain view of the story, at each way in which the screen folds.
// Run with -update to write the files anew.
func TestScreens(t *testing.T) {
	states := []struct {
		name string
		show func(s *screen)
	}{
		{"before", func(*screen) {}},
		{"after", func(s *screen) { s.show(after(), afterLines()...) }},
		{"help", func(s *screen) { s.press("?") }},
		{"finding", func(s *screen) { s.press("tab", "tab", "enter") }},
		{"datagrams", func(s *screen) { s.press("f2", "up", "up") }},
		{"datagram", func(s *screen) { s.press("f2", "up", "up", "up", "enter") }},
		{"calls", func(s *screen) { s.press("f3") }},
		{"call", func(s *screen) { s.press("f3", "home", "down", "down", "down", "down", "down", "enter") }},
		{"map", func(s *screen) { s.press("f4") }},
		{"interfaces", func(s *screen) { s.press("f5") }},
		{"groups", func(s *screen) { s.press("f6") }},
		{"sources", func(s *screen) { s.press("f7") }},
		{"find", func(s *screen) { s.press("ctrl+s"); s.typed("anyone") }},
	}
	for _, size := range [][2]int{{160, 50}, {100, 30}, {80, 24}, {44, 12}, {12, 3}} {
		for _, state := range states {
			t.Run(fmt.Sprintf("%s-%dx%d", state.name, size[0], size[1]), func(t *testing.T) {
				s := newStory(t, size[0], size[1])
				state.show(s)
				golden.RequireEqual(t, trimmed(s.plain()))
			})
		}
	}
	for _, state := range states {
		t.Run(state.name+"-ascii", func(t *testing.T) {
			s := newStory(t, 100, 30)
			s.ascii = true
			s.setStyles()
			state.show(s)
			view := trimmed(s.plain())
			for _, r := range view {
				if r > '~' {
					t.Fatalf("with ASCII there is %q on the screen:\n%s", r, view)
				}
			}
		})
	}
}

// trimmed cuts the spaces at the ends of rows, for the sake of editors.
func trimmed(view string) string {
	rows := strings.Split(view, "\n")
	for i := range rows {
		rows[i] = strings.TrimRight(rows[i], " ")
	}
	return strings.Join(rows, "\n") + "\n"
}

// No frame is ever larger than the terminal, whatever is on it, by either way
// of counting cells.
func TestFrameFits(t *testing.T) {
	pieces := []string{"a", "word ", "漢字", "e\u0301\u0323", "👍", "👍🏽👍🏽👍🏽", "क्षक्ष", "ไำไำ", "🇩🇪", "☁\ufe0f", "👩\u200d👩\u200d👧", "🏳\ufe0f\u200d🌈", "👩🏽\u200d💻", "\n", "\u202e", "\x1b[31m", "\t", strings.Repeat("long", 40)}
	rapid.Check(t, func(t *rapid.T) {
		var words []string
		for range rapid.IntRange(0, 8).Draw(t, "pieces") {
			words = append(words, rapid.SampledFrom(pieces).Draw(t, "piece"))
		}
		said := strings.Join(words, "")
		snap := before()
		snap.Interfaces[1].Name = said
		snap.Findings[0].Title = said
		snap.Room.Senders[0].Interface = said
		snap.Members = roomOfFive().Members
		snap.Members.Members[1].Nick, snap.Members.Members[1].Theirs, snap.Members.Matrix[2].Who.Nick = said, said, said
		snap.Members.Matrix[2].Cells[3].Interface, snap.Members.Gone[0].Nick = said, said
		snap.Members.Notices = []string{said}
		snap.Members.On = rapid.Bool().Draw(t, "members on")
		snap.Members.Off = said
		lines := append(beforeLines(),
			chat.Line{ID: 20, At: clock, Kind: chat.Heard, Text: text(said), From: netip.MustParseAddrPort("[fe80::1:2:3:4]:1234"), Interface: said, Direct: true},
			chat.Line{ID: 21, At: clock, Kind: chat.Own, Text: text(said), Interface: said, Copy: chat.CopyNone, Hint: text(said)},
			chat.Line{ID: 23, At: clock, Kind: chat.Heard, Text: text(said), Interface: said, Member: chat.Member{Name: clean(said), Fingerprint: bob.Fingerprint, New: true}, Missed: true, Earlier: true, Part: [2]int{2, 3}},
			chat.Line{ID: 24, At: clock, Kind: chat.Own, Text: text(said), Interface: said, Copy: chat.CopyBack, Reach: chat.Reach{Known: true, By: 1, Of: 9, Missing: clean(said)}},
			chat.Line{ID: 22, At: clock, Kind: chat.Problem, Text: text(said), Hint: text(said)},
		)
		for n := range rapid.IntRange(0, 12).Draw(t, "more") {
			snap.Interfaces = append(snap.Interfaces, iface(10+n, fmt.Sprint("veth", n)))
			snap.Room.Senders = append(snap.Room.Senders, snap.Room.Senders[0])
			finding := wrongEgress
			finding.Interface = fmt.Sprint("veth", n)
			snap.Findings = append(snap.Findings, finding)
		}
		w, h := rapid.IntRange(0, 200).Draw(t, "width"), rapid.IntRange(0, 60).Draw(t, "height")
		s := newScreen(plainTB{}, w, h, snap, lines...)
		method := ansi.WcWidth
		if rapid.Bool().Draw(t, "graphemes") {
			method = ansi.GraphemeWidth
			s.Update(tea.ModeReportMsg{Mode: ansi.ModeUnicodeCore, Value: ansi.ModeReset})
		}
		s.lesson.on = rapid.Bool().Draw(t, "lesson")
		s.typed(said)
		for _, k := range rapid.SliceOfN(rapid.SampledFrom([]string{"tab", "pgup", "pgdown", "up", "down", "enter", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f12", "left", "right", "ctrl+s", "shift+up", "esc", "end", "home"}), 0, 12).Draw(t, "keys") {
			s.Update(namedKeys[k])
		}
		v := s.View()
		if v.Content == "" {
			return
		}
		rows := strings.Split(v.Content, "\n")
		if len(rows) > h {
			t.Fatalf("%d rows on a terminal of %dx%d:\n%s", len(rows), w, h, ansi.Strip(v.Content))
		}
		for _, r := range rows {
			if n := method.StringWidth(r); n > w {
				t.Fatalf("a row of %d cells on a terminal of %dx%d: %q", n, w, h, ansi.Strip(r))
			}
		}
		if c := v.Cursor; c != nil && (c.X >= w || c.Y >= h) {
			t.Fatalf("cursor at %d,%d on a terminal of %dx%d", c.X, c.Y, w, h)
		}
	})
}

// plainTB stands in where a test's own testing.TB is only needed to fail.
type plainTB struct{ testing.TB }

func (plainTB) Helper() {}

func TestBeforeTheSizeIsKnown(t *testing.T) {
	v := newModel(newFakeSession(session.Snapshot{}), Options{}).View()
	if !v.AltScreen || v.Content != "" {
		t.Fatalf("before the size is known: want an empty alternate screen, got %+v", v)
	}
}

func BenchmarkView(b *testing.B) {
	s := newScreen(b, 100, 30, before())
	for n := range talkLines {
		s.talk.add(chat.Line{ID: uint64(n + 1), At: clock, Kind: chat.Heard, From: hostB, Interface: "eth0", Text: text("a line that is long enough to be wrapped in its column")})
	}
	s.arrange()
	for b.Loop() {
		s.View()
	}
}

func BenchmarkUpdate(b *testing.B) {
	s := newScreen(b, 100, 30, before())
	lines := make([]chat.Line, 600)
	id := uint64(0)
	for b.Loop() {
		for i := range lines {
			id++
			lines[i] = chat.Line{ID: id, At: clock, Kind: chat.Heard, From: hostB, Interface: "eth0", Text: text("a line that is long enough to be wrapped in its column")}
		}
		s.Update(batchMsg{Lines: lines})
		s.View()
	}
}

// updating reports whether golden files are written anew.
func updating() bool {
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}
