package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/groupcast/groupcast/mcast/chat"
)

// Where the terminal counts characters as we do, a family is one emoji, in the
// talk and in the input; elsewhere it is the people of it, which every terminal
// counts alike. Rows are as wide as the terminal either way.
func TestJoinedEmoji(t *testing.T) {
	const family, people = "👩\u200d👩\u200d👧", "👩👩👧"
	for _, tc := range []struct {
		name   string
		modes  []tea.Msg
		method ansi.Method
		want   string
	}{
		{"clusters", []tea.Msg{tea.ModeReportMsg{Mode: ansi.ModeUnicodeCore, Value: ansi.ModeReset}}, ansi.GraphemeWidth, family},
		{"code points", nil, ansi.WcWidth, people},
	} {
		s := newScreen(t, 100, 30, before(), chat.Line{ID: 1, At: clock, Kind: chat.Heard, Text: text("we are " + family + " here\u200d"), From: hostB, Interface: "eth0"})
		for _, m := range tc.modes {
			s.Update(m)
		}
		s.typed("so are we: " + family + "!")
		s.wants("we are "+tc.want+" here<U+200D>", "so are we: "+tc.want+"!")
		for _, row := range strings.Split(s.View().Content, "\n") {
			if n := tc.method.StringWidth(row); n != 100 {
				t.Errorf("%s: a row of %d cells: %q", tc.name, n, ansi.Strip(row))
			}
		}
		if got, want := s.View().Cursor.X, tc.method.StringWidth(" ❯ so are we: "+tc.want+"!"); got != want {
			t.Errorf("%s: the cursor is at %d, want %d", tc.name, got, want)
		}
	}
}
