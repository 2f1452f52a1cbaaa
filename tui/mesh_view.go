package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/groupcast/groupcast/mcast/mesh/meshreport"
)

// View implements tea.Model.
func (m *meshModel) View() tea.View { return m.liveScreen.view(m.windowName(), m.frame) }

// windowName is for the terminal's title: a hole is seen in a tab.
func (m *meshModel) windowName() string {
	if m.view == nil {
		return "groupcast mesh"
	}
	name := "groupcast mesh " + m.view.Target()
	if n := m.view.Holes(); n > 0 {
		name = count(n, "hole") + ": " + name
	}
	return name
}

// roomy reports whether there is room for borders and several parts.
func (m *meshModel) roomy() bool { return m.height >= pingFramed && m.width >= wide }

// inside is the width of a part.
func (m *meshModel) inside() int {
	if m.roomy() {
		return m.width - 4
	}
	return m.width
}

// frame is all rows of the screen.
func (m *meshModel) frame() []string {
	rows := []string{m.title()}
	inside := m.height - 2
	switch {
	case inside < 1:
	case m.roomy():
		rows = append(rows, filled(m.framed(inside), inside)...)
	default:
		rows = append(rows, filled(m.bare(inside), inside)...)
	}
	if m.height > 1 {
		rows = append(rows, meshKeys.footer(m.styles, m.width))
	}
	return rows
}

// page is what stands all over the screen, if something does.
func (m *meshModel) page(width int) (title string, rows []string, ok bool) {
	switch {
	case m.help:
		return "Help", m.helpRows(width), true
	case m.detail && m.matrix.there():
		return m.pairTitle(), m.pairPage(width), true
	}
	return "", nil, false
}

// bare is the body of a small screen, which shows one thing at a time.
func (m *meshModel) bare(height int) []string {
	if _, rows, ok := m.page(m.width); ok {
		m.shown = height
		return strings.Split(m.styles.scrolled(rows, m.offset, height), "\n")
	}
	switch {
	case !m.matrix.there():
		return m.nobody(m.width)
	case m.focus == onPeople:
		return m.people.render(m.width, height)
	}
	words := 0
	if height >= 6 {
		words = 2
	}
	rows := filled(m.matrix.render(m.width, height-words, true), height-words)
	if words > 0 {
		rows = append(rows, m.pairRows(m.width, words)...)
	}
	return rows
}

// framed is the body of a screen that has room: the matrix, the selected pair, and the
// members.
func (m *meshModel) framed(height int) []string {
	st, width := m.styles, m.width-4
	if title, rows, ok := m.page(width); ok {
		m.shown = height - 2
		return st.frame(m.width, section{title: title, body: st.scrolled(rows, m.offset, height-2), rows: height - 2, focused: true})
	}
	if !m.matrix.there() {
		return st.frame(m.width, section{title: "Who hears whom", body: strings.Join(m.nobody(width), "\n"), rows: height - 2, focused: true})
	}
	notes := m.notes(width)
	space := height - 4 - len(notes) // four borders
	rows := len(m.matrix.rows) + 1
	people := min(len(m.matrix.rows)+1, max(3, space/4))
	if m.focus == onPeople {
		people = min(len(m.matrix.rows)+1, max(3, space/2))
	}
	pair := len(m.pairPage(width))
	pair = min(pair, max(4, (space-people)/3))
	matrix := space - people - pair
	if extra := matrix - rows; extra > 0 { // what the matrix does not need
		grown := min(extra, len(m.pairPage(width))-pair)
		pair, extra = pair+grown, extra-grown
		people, matrix = people+extra, rows
	}
	body := append(m.matrix.render(width, matrix, m.focus == onMesh), notes...)
	sections := []section{
		{title: "Who hears whom", note: st.dim.Render(m.matrix.note()), body: strings.Join(body, "\n"), rows: matrix + len(notes), focused: m.focus == onMesh},
		{title: m.pairTitle(), body: strings.Join(m.pairRows(width, pair), "\n"), rows: pair},
	}
	shown := m.people.render(width, people)
	return st.frame(m.width, append(sections, section{title: "Members", note: st.dim.Render(m.peopleNote()), body: strings.Join(shown, "\n"), rows: people, focused: m.focus == onPeople})...)
}

func (m *meshModel) peopleNote() string {
	if n := m.people.offset; n > 0 {
		return count(n, "row") + " above"
	}
	if n := len(m.view.Members) - m.people.page; n > 0 {
		return count(n, "row") + " below"
	}
	return ""
}

// notes are who is missing, and what else is to be said, in a row.
func (m *meshModel) notes(width int) []string {
	notes := m.view.Notes()
	if len(notes) == 0 {
		return nil
	}
	st := m.styles
	return []string{st.cut(st.warning.Render(st.warn)+" "+strings.Join(notes, st.dot), width)}
}

// nobody says that there is no pair yet, and what helps.
func (m *meshModel) nobody(width int) []string {
	text := "Looking for other members."
	if m.view != nil {
		text = "No other member is here yet. On another host: groupcast mesh " + m.view.Target()
		if notes := m.view.Notes(); len(notes) > 0 {
			text += "\n\n" + strings.Join(notes, "\n")
		}
	}
	rows, _ := m.styles.wrap(text, max(1, width), 20)
	for i, r := range rows {
		rows[i] = m.styles.dim.Render(r)
	}
	return rows
}

// title is the first row: the group, what is amiss, and how long it has been measured.
func (m *meshModel) title() string {
	st, v := m.styles, m.view
	if v == nil {
		left := st.nameplate(m.host) + st.titleName.Render(" groupcast mesh ")
		return st.fit(left+st.title.Render(strings.Repeat(" ", max(0, m.width-st.cells(left)))), m.width)
	}
	alarm := ""
	switch holes := v.Holes(); {
	case holes > 0:
		alarm = st.alarmFailure.Render(" " + st.silent + " " + count(holes, "hole") + " ")
	case v.Absent() > 0:
		alarm = st.alarmWarning.Render(" " + thousands(uint64(v.Absent())) + " missing ")
	case len(v.Worst) > 0 && v.Counts[meshreport.Well] == v.Total():
		alarm = st.title.Render(" " + st.done + " all well ")
	}
	if m.paused {
		alarm += st.here.Render(" paused ")
	}
	left := st.headed(m.host, "mesh", v.Target(), m.width-st.cells(alarm)) + alarm
	facts := []string{count(len(v.Members), "member")}
	if n := v.Counts[meshreport.Unknown]; n > 0 {
		facts = append(facts, thousands(uint64(n))+" not known")
	}
	if took := v.End().Sub(v.Began); took > 0 && !v.Began.IsZero() {
		facts = append(facts, meshreport.Span(took))
	}
	if !v.Ended.IsZero() {
		facts = append(facts, "ended")
	}
	for n := len(facts); n > 0; n-- {
		right := strings.Join(facts[:n], st.dot) + " "
		if gap := m.width - st.cells(left) - st.cells(right); gap >= 0 {
			return left + st.title.Render(strings.Repeat(" ", gap)+right)
		}
	}
	return st.fit(left+st.title.Render(strings.Repeat(" ", max(0, m.width-st.cells(left)))), m.width)
}
