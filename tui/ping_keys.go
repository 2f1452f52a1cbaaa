package tui

import (
	"slices"
	"strings"
)

// pingOp is an operation of a key on the screen of a ping.
type pingOp uint8

const (
	pingNone pingOp = iota
	pingUp
	pingDown
	pingTop
	pingBottom
	pingOpen
	pingSorts
	pingPauses
	pingHelp
	pingBack
	pingQuit
)

// pingBindings is the one table of these keys, as bindings is for the talk.
var pingBindings = []struct {
	op     pingOp
	keys   []string
	label  string // "": the row above says it
	text   string
	footer string
}{
	{pingQuit, []string{"q", "ctrl+c"}, "q", "end, and print the statistics (also ctrl+c)", "q end"},
	{pingHelp, []string{"?", "f9"}, "?", "this help (also F9)", "? help"},
	{pingUp, []string{"up", "k"}, "up down", "select a responder (also k j)", "up/down select"},
	{pingDown, []string{"down", "j"}, "", "", ""},
	{pingTop, []string{"home", "g"}, "home end", "the first and the last (also g G)", ""},
	{pingBottom, []string{"end", "G"}, "", "", ""},
	{pingOpen, []string{"enter"}, "enter", "on a small screen: what is known of it, and back", ""},
	{pingSorts, []string{"s"}, "s", "sort by appearance, loss, average, p99, address", "s sort"},
	{pingPauses, []string{"p", "space"}, "p", "let the picture stand, and go on; requests go on all the time", "p pause"},
	{pingBack, []string{"esc"}, "esc", "back to the table", ""},
}

func lookupPing(key string) pingOp {
	for _, b := range pingBindings {
		if slices.Contains(b.keys, key) {
			return b.op
		}
	}
	return pingNone
}

// footer is the last row: the keys.
func (m *pingModel) footer() string {
	st := m.styles
	row := ""
	for _, b := range pingBindings {
		key, word, there := strings.Cut(b.footer, " ")
		if !there {
			continue
		}
		next := st.accent.Render(key) + " " + st.dim.Render(word)
		if row != "" {
			next = st.dim.Render(st.dot) + next
		}
		if st.cells(row)+st.cells(next) < m.width {
			row += next
		}
	}
	return " " + row
}

func (m *pingModel) helpPage(width, height int) string {
	return m.styles.scrolled(m.helpRows(width), m.offset, height)
}

// helpRows say the keys, and what the columns are.
func (m *pingModel) helpRows(width int) []string {
	st := m.styles
	var rows []string
	add := func(left, text string) {
		rows = append(rows, st.hanging(st.fit(left, 10), text, width, 4)...)
	}
	for _, b := range pingBindings {
		if b.label != "" {
			add(st.accent.Render(b.label), b.text)
		}
	}
	rows = append(rows, "")
	for _, c := range [][2]string{
		{"answered", "in time, of those that were answered or given up"},
		{"loss", "the rest: lost on the way there or back, or never answered; UDP cannot tell"},
		{"p99", "99 of 100 answers came as soon, or sooner"},
		{"recent", "the last round trips; the longest is the highest"},
	} {
		add(c[0], c[1])
	}
	return rows
}
