package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/groupcast/groupcast/mcast/watch"
)

// Heights from which there is room for more than the table.
const (
	watchEventful = 10 // the latest events below it
	watchRuled    = 14 // rules with titles between the parts
)

// View implements tea.Model.
func (m *watchModel) View() tea.View {
	v := m.view(m.windowName(), m.frame)
	if m.typing && v.Content != "" && m.height > 1 {
		_, x := m.filter.render(m.width, true)
		v.Cursor = tea.NewCursor(x, m.height-1)
	}
	return v
}

// windowName is for the terminal's title: an alarm is seen in a tab.
func (m *watchModel) windowName() string {
	name := "groupcast watch"
	if silent := silentStreams(&m.snap); silent > 0 {
		name = count(silent, "stream") + " silent: " + name
	}
	return name
}

// frame is all rows of the screen.
func (m *watchModel) frame() []string {
	rows := []string{m.title()}
	if inside := m.height - 2; inside > 0 {
		rows = append(rows, filled(m.body(inside), inside)...)
	}
	if m.height > 1 {
		rows = append(rows, m.lastRow())
	}
	return rows
}

// lastRow is what is typed, or the keys.
func (m *watchModel) lastRow() string {
	if m.typing {
		row, _ := m.filter.render(m.width, true)
		return row
	}
	if m.detail.open && !m.help {
		return pageKeys.footer(m.styles, m.width)
	}
	return watchKeys.footer(m.styles, m.width)
}

// body is what stands between the first row and the last.
func (m *watchModel) body(height int) []string {
	switch {
	case m.help:
		return strings.Split(m.styles.scrolled(m.helpRows(m.width), m.offset, height), "\n")
	case m.detail.open:
		return m.detail.render(m.width, height, m.frozen)
	}
	ruled, notes, events := m.height >= watchRuled, m.notes(), 0
	table := height
	if ruled {
		table -= 2
	}
	if notes != "" && table > 4 {
		table--
	} else {
		notes = ""
	}
	switch {
	case m.height >= watchEventful && m.events.focused:
		events = max(3, min(len(m.events.list), table/2))
	case m.height >= watchEventful:
		events = max(2, min(max(3, len(m.events.list)), max(height/4, table-1-len(m.table.rows))))
	case m.events.focused:
		events = table
	}
	table -= events
	var pairs []string
	if most := max(1, min(height/4, table-5)); len(m.snap.Pairs) > 0 && m.height >= watchEventful && table > 4 {
		if pairs = m.pairRows(most); ruled {
			pairs = append([]string{m.rule("Pairs", "", false)}, pairs...)
		}
		table -= len(pairs)
	}
	var rows []string
	if ruled {
		rows = append(rows, m.rule("Streams", m.tableNote(), !m.events.focused))
	}
	if table > 0 {
		rows = append(rows, filled(m.table.render(m.width, table), table)...)
	}
	rows = append(rows, pairs...)
	if notes != "" {
		rows = append(rows, m.styles.cut(notes, m.width))
	}
	if ruled {
		rows = append(rows, m.rule("Events", m.events.note(), m.events.focused))
	}
	if events > 0 {
		rows = append(rows, filled(m.events.render(m.width, events, m.snap.At), events)...)
	}
	return rows
}

// rule is a line with a title, and a note at its right end.
func (m *watchModel) rule(title, note string, focused bool) string {
	return m.styles.rule(m.width, title, note, focused)
}

func (st *styles) rule(width int, title, note string, focused bool) string {
	title = st.cut(title, width-4)
	name := st.border.Render(st.horizontal) + " " + st.bold.Render(title) + " "
	if focused {
		name = st.border.Render(st.horizontal) + st.here.Render(st.pointer+title+" ")
	}
	end := ""
	if note != "" {
		end = " " + st.dim.Render(note) + " " + st.border.Render(st.horizontal)
	}
	space := width - st.cells(name) - st.cells(end)
	if space < 1 {
		end, space = "", width-st.cells(name)
	}
	return st.fit(name+st.border.Render(strings.Repeat(st.horizontal, max(0, space)))+end, width)
}

// tableNote says which rows are shown, and in which order.
func (m *watchModel) tableNote() string {
	t := &m.table
	var parts []string
	if above := t.first; above > 0 {
		parts = append(parts, thousands(uint64(above))+" above")
	}
	if below := len(t.rows) - t.first - t.shown; below > 0 && t.shown > 0 {
		parts = append(parts, thousands(uint64(below))+" below")
	}
	if len(t.filterWords) > 0 {
		parts = append(parts, thousands(uint64(len(t.rows)))+" of "+thousands(uint64(len(t.all)))+" have "+strings.Join(cleanAll(t.filterWords), " "))
	}
	return strings.Join(append(parts, t.order.String()), m.styles.dot)
}

// notes say what the counts leave out.
func (m *watchModel) notes() string {
	s, st := &m.snap, m.styles
	var parts []string
	add := func(n uint64, text string) {
		if n > 0 {
			parts = append(parts, thousands(n)+" "+text)
		}
	}
	add(s.Others, "datagrams of senders for whom there is no row")
	add(s.Damaged, "damaged")
	add(s.Newer, "in a newer version of groupcast's format")
	add(s.EventsLost, "events lost")
	if s.Bulk {
		parts = append(parts, "too many datagrams to read TTL and times")
	}
	if len(parts) == 0 {
		return ""
	}
	return " " + st.warning.Render(st.warn) + " " + strings.Join(parts, st.dot)
}

// titleFact is a part of the first row, in its forms from the longest to the shortest.
type titleFact struct {
	forms []string
	style shade
	rank  int // the lowest get their room first
	right bool
}

// title is the first row: how many groups are heard, what is amiss, how much comes.
func (m *watchModel) title() string {
	st, s := m.styles, &m.snap
	heard, silent := 0, silentStreams(s)
	for i := range s.Groups {
		if s.Groups[i].Heard > 0 || s.Groups[i].Ever {
			heard++
		}
	}
	of := count(len(s.Groups), "group")
	groups := []string{fmt.Sprintf(" %s: %d heard ", of, heard), fmt.Sprintf(" %d of %s heard ", heard, thousands(uint64(len(s.Groups))))}
	if rest := len(s.Groups) - heard; rest > 0 {
		groups[0] = fmt.Sprintf(" %s: %d heard, %d not ", of, heard, rest)
	}
	atLeast, about := false, false
	for i := range s.Streams {
		n := &s.Streams[i].Numbers
		atLeast, about = atLeast || n.AtLeast, about || n.About
	}
	lost, kernel := st.estimate(thousands(s.Lost), atLeast, about), max(s.LostKernel, s.Dropped)
	facts := []titleFact{
		{[]string{" groupcast watch "}, st.titleName, 0, false},
		{groups, st.title.bold(), 3, false},
		{[]string{" " + plainRate(s.Rate, 12) + "/s  " + bitRate(s.Bits) + " ", " " + plainRate(s.Rate, 7) + "/s "}, st.title, 5, true},
		{[]string{" lost " + lost + " network, " + thousands(kernel) + " kernel ", " lost " + lost + ", kernel " + thousands(kernel) + " "}, st.title, 4, true},
	}
	if m.frozen {
		at := " frozen at " + clockAt(s.At, m.newest.At, false) + " "
		facts = slices.Insert(facts, 1, titleFact{[]string{at, " frozen "}, st.here, 1, false})
	}
	if silent > 0 {
		n := thousands(uint64(silent))
		facts = append(facts, titleFact{[]string{" " + st.silent + " " + n + " silent ", " " + st.silent + n + " "}, st.alarmFailure, 2, false})
	}
	left := st.nameplate(m.host)
	rest := m.width - st.cells(left)
	shown := make([]string, len(facts)) // the shortest of all come before the longest of one
	for _, longest := range []bool{false, true} {
		for rank := range 6 {
			for i, f := range facts {
				form := f.forms[len(f.forms)-1]
				if longest {
					form = f.forms[0]
				}
				if n := st.cells(form) - st.cells(shown[i]); f.rank == rank && n <= rest && (!longest || shown[i] != "") {
					shown[i], rest = f.style.Render(form), rest-n
				}
			}
		}
	}
	right := ""
	for i, f := range facts {
		if f.right {
			right += shown[i]
		} else {
			left += shown[i]
		}
	}
	return st.fit(left+st.title.Render(strings.Repeat(" ", max(0, rest)))+right, m.width)
}

// silentStreams is how many steady senders are missed.
func silentStreams(s *watch.Snapshot) (n int) {
	for i := range s.Streams {
		if !s.Streams[i].SilentSince.IsZero() {
			n++
		}
	}
	return n
}
