package tui

import (
	"cmp"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// arrange lays the screen out anew for what there is to show.
func (m *model) arrange() {
	looking := m.focus == onMembership || m.focus == onHeard || m.focus == onPitfalls
	m.layout = arrange(m.width, m.height, looking, m.crowd(), func(width int) [3]int {
		found, _ := m.pitfalls.rows(width)
		return [3]int{m.membership.wants(width), m.heard.count(), len(found)}
	})
	m.lesson.looked = m.lesson.looked || m.page == findingPage || m.view == mapView
	m.layout.lesson = m.lessonRows()
	switch m.layout.shape {
	case small:
		m.talk.resize(m.layout.talk, m.layout.height-m.layout.lesson)
	case stacked:
		m.talk.resize(m.layout.talk-4, m.layout.height-4-sum(m.layout.panes)-2-m.layout.lesson)
	case columns:
		m.talk.resize(m.layout.talk-4, m.layout.height-2-m.layout.lesson)
	}
}

// View implements tea.Model.
func (m *model) View() (v tea.View) {
	v.AltScreen = true
	if m.mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	v.WindowTitle = "groupcast"
	if m.snap.Group.Addr.IsValid() {
		v.WindowTitle += " " + clean(m.snap.Group.String())
	}
	v.WindowTitle = m.windowTitle(v.WindowTitle)
	if m.unread > 0 {
		v.WindowTitle = "(" + thousands(m.unread) + ") " + v.WindowTitle
	}
	if m.width <= 0 || m.height <= 0 || m.err != nil {
		return v
	}
	v.Content = m.surely(m.drawn(func() string {
		rows, cursor := m.frame()
		if cursor >= 0 {
			v.Cursor = tea.NewCursor(cursor, m.inputRow())
		}
		return strings.Join(rows, "\n")
	}))
	return v
}

// inputRow is the row of the input.
func (m *model) inputRow() int { return max(0, m.height-2) }

// frame is all rows of the screen, and the column of the cursor in the input
// row; -1: it is not there.
func (m *model) frame() (rows []string, cursor int) {
	line := m.typing()
	focused := line != nil
	if !focused {
		line = &m.input
	}
	typed, cursor := line.render(m.width, focused)
	if m.paste != nil {
		typed = m.paste.render(m.styles, m.width)
	}
	if !focused {
		cursor = -1
	}
	if m.layout.shape == small {
		if m.layout.lesson > 0 {
			rows = append(rows, m.lesson.short(m.width))
		}
		rows = append(rows, m.one(m.layout.height-m.layout.lesson)...)
		rows = append(rows, typed)
		if m.height > 1 {
			rows = append(rows, m.status())
		}
	} else {
		m.title.recording = m.recorded()
		rows = append(rows, m.title.render(m.snap, m.frozenText(), m.width))
		rows = append(rows, m.body()...)
		rows = append(rows, typed, m.footer())
	}
	for i := range rows {
		rows[i] = m.styles.fit(rows[i], m.width)
	}
	if m.picker != nil {
		x, y, block := m.overlay()
		rows = m.styles.over(rows, block, x, y)
	}
	return rows, cursor
}

// overlay is the open picker and where it lies.
func (m *model) overlay() (x, y int, block []string) {
	width, height := m.width, max(0, m.height-2)
	if m.layout.shape != small {
		width, height = min(m.width-4, 92), m.height-5
	}
	block = m.picker.render(width, height)
	for _, row := range block {
		x = max(x, m.styles.cells(row))
	}
	x = (m.width - x) / 2
	if m.layout.shape != small {
		y = 2
	}
	return max(0, x), y, block
}

// frozenText says that the picture does not change, and how much waits.
func (m *model) frozenText() string {
	if !m.frozen {
		return ""
	}
	waiting := m.talk.newBelow()
	if m.view == datagramsView || m.view == callsView {
		waiting = m.list().newBelow()
	}
	if waiting == 0 {
		return "frozen: F8 goes on"
	}
	return "frozen, " + thousands(waiting) + " new: F8"
}

// body is everything between the title and the input.
func (m *model) body() []string {
	l, p := m.layout, m.layout.panes
	if m.wideMain() {
		return m.mainFrame(m.width, l.pageHeight())
	}
	pitfalls := m.pitfalls.render(l.inside(), p[2])
	side := []section{
		{title: "Membership", note: m.tableNote(onMembership), focused: m.focus == onMembership, body: m.membership.render(l.inside(), p[0]), rows: p[0]},
		{title: "Heard from", note: m.tableNote(onHeard), focused: m.focus == onHeard, body: m.heard.render(l.inside(), p[1]), rows: p[1]},
		{title: "Pitfalls", note: m.pitfalls.note(), focused: m.focus == onPitfalls, body: pitfalls, rows: p[2]},
	}
	if l.shape == columns {
		return beside(m.styles.frame(l.side, side...), m.mainFrame(l.talk, l.pageHeight()))
	}
	panes := m.styles.frame(m.width, side...)
	return append(panes, m.mainFrame(m.width, l.height-len(panes)-2-l.lesson)...)
}

// one is the single region that a small terminal shows: that of the focus.
func (m *model) one(rows int) []string {
	if rows <= 0 {
		return nil
	}
	w := m.width
	title, body, note := "", "", ""
	switch {
	case m.page != noPage || m.view != talkView:
		title, body, note = m.mainBody(w, rows-1)
		title = cmp.Or(title, viewNames[m.view])
	case m.focus == onPitfalls:
		title, body = "Pitfalls", m.pitfalls.render(w, rows-1)
	case m.focus == onMembership:
		title, body, note = "Membership", m.membership.render(w, rows-1), m.tableNote(onMembership)
	case m.focus == onHeard:
		title, body = "Heard from", m.heard.render(w, rows-1)
		note = m.tableNote(onHeard)
	default:
		body = m.talkOrWelcome(w, rows)
	}
	out := make([]string, 0, rows)
	if title != "" {
		left := m.styles.here.Render(m.styles.pointer + " " + title + " ")
		if m.styles.cells(left)+2+m.styles.cells(note) <= w {
			left = m.styles.ends(left, note, w)
		}
		out = append(out, left)
	}
	out = append(out, strings.Split(body, "\n")...)
	for len(out) < rows {
		out = append(out, "")
	}
	return out[:rows]
}

// lessonRows is the height of the lesson in the main part, with its border if it
// has one: at most a third of the terminal, and a few rows are left to the talk.
func (m *model) lessonRows() int {
	if !m.lesson.on || m.lesson.hidden {
		return 0
	}
	if m.layout.shape == small {
		return min(1, m.height/6)
	}
	space, width := m.layout.height-2, m.layout.talk-4
	if m.layout.shape == stacked {
		space -= 4 + sum(m.layout.panes)
	}
	limit := min(m.height/3, space-leastTalk) - 1
	if limit < 1 {
		return 0
	}
	if m.wideMain() {
		width = m.width - 4
	}
	return len(m.lesson.rows(width, limit)) + 1
}

// leastTalk is the number of rows that the lesson leaves to the talk.
const leastTalk = 3
