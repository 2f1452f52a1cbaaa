package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/groupcast/groupcast/mcast/chat"
)

// marking is the lines of the talk that are marked, to be copied.
type marking struct {
	on         bool
	anchor, at uint64 // from here to there
}

func (m marking) has(n uint64) bool {
	return m.on && min(m.anchor, m.at) <= n && n <= max(m.anchor, m.at)
}

// keep lets go of what is before the first line.
func (m *marking) keep(first uint64) {
	if m.on && max(m.anchor, m.at) < first {
		*m = marking{}
	}
	m.anchor, m.at = max(m.anchor, first), max(m.at, first)
}

// mark begins to mark at the bottom of the screen, or extends what is marked
// by lines.
func (t *talk) mark(by int) {
	switch {
	case t.empty():
	case !t.marked.on:
		t.stay()
		t.marked = marking{true, t.bottom, t.bottom}
	default:
		to := int64(t.marked.at) + int64(by)
		t.marked.at = uint64(min(max(to, int64(t.first())), int64(t.last())))
		t.reveal(t.marked.at)
	}
}

// lineAt is the line at a row of the screen, the nearest when there is none.
func (t *talk) lineAt(row int) (line uint64, ok bool) {
	if len(t.rowLines) == 0 || t.empty() {
		return 0, false
	}
	n := t.rowLines[min(max(0, row), len(t.rowLines)-1)]
	return n, n >= t.first() && n <= t.last()
}

// markFromTo marks two lines and all between them.
func (t *talk) markFromTo(from, to uint64) {
	t.stay()
	if from >= t.first() && to >= t.first() {
		t.marked = marking{true, from, to}
	}
}

// unmark marks nothing any more.
func (t *talk) unmark() { t.marked = marking{} }

// markedLines are the lines that are marked.
func (t *talk) markedLines() []chat.Line {
	if !t.marked.on {
		return nil
	}
	var lines []chat.Line
	for n := min(t.marked.anchor, t.marked.at); n <= max(t.marked.anchor, t.marked.at); n++ {
		lines = append(lines, t.lines.kept.at(n).Line)
	}
	return lines
}

// countMarked is the number of marked lines.
func (t *talk) countMarked() int {
	if !t.marked.on {
		return 0
	}
	return int(max(t.marked.anchor, t.marked.at)-min(t.marked.anchor, t.marked.at)) + 1
}

// reveal scrolls as far as it takes to have line n on the screen, in its
// middle if it was not.
func (t *talk) reveal(n uint64) {
	t.stay()
	if t.shows(n) {
		return
	}
	t.bottom, t.hidden = n, 0
	for below := 0; t.bottom < t.last(); t.bottom++ {
		if below += len(t.rows(t.bottom + 1)); below > t.height/2 {
			break
		}
	}
	t.stopAtTop()
}

// shows reports whether all rows of line n are on the screen.
func (t *talk) shows(n uint64) bool {
	if n > t.bottom || n == t.bottom && t.hidden > 0 {
		return false
	}
	rows := -t.hidden
	for k := t.bottom; k >= n && rows <= t.height; k-- {
		rows += len(t.rows(k))
		if k == 0 {
			break
		}
	}
	return rows <= t.height
}

// find looks for text in the lines, from the newest on; "" ends it. It reports
// whether it was found.
func (t *talk) find(text string) bool {
	t.query = strings.ToLower(text)
	if t.query == "" || t.empty() {
		t.unmark()
		return false
	}
	t.stay()
	if t.marked.on && t.matches(t.marked.at) {
		return true
	}
	t.marked = marking{true, t.last() + 1, t.last() + 1}
	if t.findNext(-1) {
		return true
	}
	t.unmark()
	return false
}

// findNext goes to the next line with the text: older when by is negative.
func (t *talk) findNext(by int) bool {
	if t.query == "" || t.empty() {
		return false
	}
	if !t.marked.on {
		t.stay()
		t.marked.at = t.bottom + 1
	}
	for n := int64(t.marked.at) + int64(by); n >= int64(t.first()) && n <= int64(t.last()); n += int64(by) {
		if t.matches(uint64(n)) {
			t.marked = marking{true, uint64(n), uint64(n)}
			t.reveal(uint64(n))
			return true
		}
	}
	return false
}

func (t *talk) matches(n uint64) bool {
	if n < t.first() || n > t.last() {
		return false
	}
	l := t.lines.kept.at(n)
	return strings.Contains(strings.ToLower(l.Text.String()), t.query) ||
		l.Kind == chat.Heard && (strings.Contains(l.From.String(), t.query) || strings.Contains(strings.ToLower(labelled(l.Member)), t.query))
}

// highlight shows in the rows of line n that it is marked, and what is looked
// for.
func (t *talk) highlight(n uint64, rows []string) []string {
	if !t.marked.has(n) {
		return rows
	}
	st, clock := t.styles, len(t.columns().clock)
	out := make([]string, len(rows))
	for i, row := range rows {
		plain := st.fit(ansi.Strip(row), t.width)
		out[i] = st.selected.Render(st.slice(plain, 0, clock)) + st.accent.Render(st.pointer) + st.selectedText(st.slice(plain, clock+1, t.width), t.query)
	}
	return out
}

// selectedText is text in the style of what is selected, with what is wanted in it
// standing out.
func (st *styles) selectedText(text, wanted string) string {
	lower := strings.ToLower(text)
	at := strings.Index(lower, wanted)
	if wanted == "" || at < 0 || len(lower) != len(text) {
		return st.selected.Render(text)
	}
	end := at + len(wanted)
	return st.selected.Render(text[:at]) + st.match.Render(text[at:end]) + st.selected.Render(text[end:])
}
