package tui

import (
	"cmp"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// arrange lays the screen out anew for what there is to show.
func (m *model) arrange() {
	m.layout = arrange(m.width, m.height, func(width int) [3]int {
		found, _ := m.pitfalls.rows(width)
		return [3]int{len(m.membership.rows(width)), len(m.heard.rows(width)), len(found)}
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

// wideMain reports whether the main part has the panes' place as well.
func (m *model) wideMain() bool {
	return m.view != talkView || m.layout.shape == stacked && m.page != noPage
}

// mainSize is the room inside the main part.
func (m *model) mainSize() (width, height int) {
	switch {
	case m.layout.shape == small:
		return m.width, m.layout.pageHeight()
	case m.wideMain():
		return m.width - 4, m.layout.pageHeight()
	case m.page != noPage:
		return m.layout.talk - 4, m.layout.pageHeight()
	}
	return m.talk.width, m.talk.height
}

// View implements tea.Model.
func (m *model) View() (v tea.View) {
	v.AltScreen = true
	v.ReportFocus = m.notify
	if m.mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	v.WindowTitle = "groupcast"
	if m.snap.Group.Addr.IsValid() {
		v.WindowTitle += " " + clean(m.snap.Group.String())
	}
	if m.unread > 0 {
		v.WindowTitle = "(" + thousands(m.unread) + ") " + v.WindowTitle
	}
	if m.width <= 0 || m.height <= 0 || m.err != nil {
		return v
	}
	v.Content = m.drawn(func() string {
		rows, cursor := m.frame()
		if cursor >= 0 {
			v.Cursor = tea.NewCursor(cursor, m.inputRow())
		}
		return strings.Join(rows, "\n")
	})
	return v
}

// inputRow is where one types.
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
	if m.view != talkView && m.view != mapView {
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
	senders, found := countUnlessZero(m.snap.Room.SendersTotal), countUnlessZero(len(m.snap.Findings))
	side := []section{
		{title: "Membership", focused: m.focus == onMembership, body: m.membership.render(l.inside(), p[0]), rows: p[0]},
		{title: "Heard from", note: m.styles.dim.Render(senders), focused: m.focus == onHeard, body: m.heard.render(l.inside(), p[1]), rows: p[1]},
		{title: "Pitfalls", note: m.styles.warning.Render(found), focused: m.focus == onPitfalls, body: m.pitfalls.render(l.inside(), p[2]), rows: p[2]},
	}
	if l.shape == columns {
		return beside(m.styles.frame(l.side, side...), m.mainFrame(l.talk, l.pageHeight()))
	}
	panes := m.styles.frame(m.width, side...)
	return append(panes, m.mainFrame(m.width, l.height-len(panes)-2-l.lesson)...)
}

// main is the large part of the screen.
func (m *model) main(width, rows int) section {
	s := section{rows: rows}
	s.title, s.body, s.note = m.mainBody(width, rows)
	switch {
	case s.title != "":
		s.focused = m.page == findingPage
	default:
		s.title, s.focused = viewNames[m.view], m.focus == onTalk || m.focus == onList || m.focus == onMap
		s.tabs = m.tabs(width - 2 - m.styles.cells(s.note))
	}
	return s
}

// tabs are the views with their keys, and their names if there is room.
func (m *model) tabs(width int) []tab {
	list, used := make([]tab, 0, views), 0
	for v, name := range viewNames {
		t := tab{key: fmt.Sprintf("F%d", v+1), name: name}
		if view(v) == m.view {
			t = tab{name: name, on: true}
		}
		list = append(list, t)
		used += t.cells(m.styles) + 1
	}
	if used > width {
		for i, t := range list {
			if !t.on {
				list[i].name = ""
			}
		}
	}
	return list
}

// mainBody is what the page or the view shows, the page's title, and what
// stands at the right end above it.
func (m *model) mainBody(width, rows int) (title, body, note string) {
	back := m.styles.dim.Render("esc back")
	switch m.page {
	case helpPage:
		return "Help", m.help.render(width, rows), back
	case findingPage:
		f, _ := m.pitfalls.pageFinding()
		return clean(f.Name), m.pitfalls.renderPage(width, rows), back
	case detailPage:
		m.detail.rows = m.list().detail(width)
		return strings.TrimSuffix(viewNames[m.view], "s"), m.detail.render(rows), back
	}
	switch m.view {
	case datagramsView:
		return "", m.datagrams.render(width, rows), m.listNote(m.datagrams, m.unseen)
	case callsView:
		return "", m.calls.render(width, rows), m.listNote(m.calls, m.untold)
	case mapView:
		return "", m.hostmap.render(width, rows), ""
	}
	body = m.talkOrWelcome(width, rows)
	switch gone := m.talk.gone(); {
	case m.talk.marked.on && m.focus == onTalk:
		note = m.styles.accent.Render(count(m.talk.countMarked(), "line") + " marked")
	case m.talk.scrolledBack:
		note = m.styles.accent.Render(m.below()) + m.styles.dim.Render(m.styles.dot+"end")
	case gone > 0:
		note = m.styles.dim.Render(thousands(gone) + " let go")
	}
	return "", body, note
}

// listNote says what a list does not show.
func (m *model) listNote(l lister, missed uint64) string {
	note := m.styles.dim.Render(l.note())
	if missed == 0 {
		return note
	}
	if note != "" {
		note += m.styles.dot
	}
	return note + m.styles.warning.Render(thousands(missed)+" came too fast to show")
}

// below says what a scrolled-back talk hides.
func (m *model) below() string {
	if n := m.talk.newBelow(); n > 0 {
		return thousands(n) + " new below"
	}
	return "scrolled back"
}

// talkOrWelcome is the talk or, while there is none, where the first line
// would go.
func (m *model) talkOrWelcome(width, rows int) string {
	if body := m.talk.render(width, rows); body != "" {
		return body
	}
	s := m.snap
	if !s.Group.Addr.IsValid() {
		return ""
	}
	text := "Nothing said yet."
	if m.talk.cleared {
		text = "Nothing new yet."
	}
	switch {
	case s.Sends.Err != nil:
		text += " What you type goes nowhere: " + strings.TrimSuffix(errorText(s.Sends.Err), ".")
	case s.Sends.Interface != "":
		text += fmt.Sprintf(" What you type goes to %s by %s, from %s", clean(s.Group.String()), clean(s.Sends.Interface), clean(s.Sends.Source.String()))
	default:
		text += " What you type goes to " + clean(s.Group.String())
	}
	wrapped, _ := m.styles.wrap(text+".", width, rows)
	for i, r := range wrapped {
		wrapped[i] = m.styles.dim.Render(r)
	}
	return strings.Join(wrapped, "\n")
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
		title, body = "Membership", m.membership.render(w, rows-1)
	case m.focus == onHeard:
		title, body = "Heard from", m.heard.render(w, rows-1)
	default:
		body = m.talkOrWelcome(w, rows)
	}
	out := make([]string, 0, rows)
	if title != "" {
		left := m.styles.accent.Bold(true).Render(m.styles.pointer + " " + title)
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
