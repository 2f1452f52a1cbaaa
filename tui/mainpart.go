package tui

import (
	"fmt"
	"strings"
)

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

// mainFrame is the large part of the screen in its border, below the lesson if
// there is one.
func (m *model) mainFrame(width, rows int) []string {
	main := m.main(width-4, rows)
	if m.layout.lesson == 0 {
		return m.styles.frame(width, main)
	}
	return m.styles.frame(width, m.lesson.section(width-4, m.layout.lesson-1), main)
}

// main is the large part of the screen.
func (m *model) main(width, rows int) section {
	s := section{rows: rows}
	s.title, s.body, s.note = m.mainBody(width, rows)
	switch {
	case s.title != "":
		s.focused = m.page == findingPage
	default:
		s.title, s.focused = viewNames[m.view], m.focus == onTalk || m.focus == onList || m.focus == onMap || m.focus == onMatrix
		s.tabs = m.tabs(width - 2 - m.styles.cells(s.note))
	}
	return s
}

// tabs are the views with their keys, and their names if there is room.
func (m *model) tabs(width int) []tab {
	list, used := make([]tab, 0, views), 0
	for v, name := range viewNames {
		t := tab{key: fmt.Sprintf("F%d", v+1), name: name}
		if view(v) == matrixView {
			if memberMode(m.snap) == "" && m.view != matrixView {
				continue // nothing is known of members
			}
			t.key = "F12"
		}
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

// mainBody is the body of the page or the view, the page's title, and the note at
// the right end above it.
func (m *model) mainBody(width, rows int) (title, body, note string) {
	back := m.styles.dim.Render("esc back")
	switch m.page {
	case helpPage:
		return "Help", m.help.render(width, rows), back
	case findingPage:
		f, _ := m.pitfalls.pageFinding()
		return clean(f.Name), m.pitfalls.renderPage(width, rows), back
	case detailPage:
		var title string
		title, m.detail.rows = m.detailRows(width)
		return title, m.detail.render(rows), back
	}
	switch m.view {
	case datagramsView:
		return "", m.datagrams.render(width, rows), m.listNote(m.datagrams, m.unseen)
	case callsView:
		return "", m.calls.render(width, rows), m.listNote(m.calls, m.untold)
	case mapView:
		return "", m.hostmap.render(width, rows), ""
	case matrixView:
		body = m.matrix.render(width, rows)
		return "", body, m.styles.dim.Render(m.matrix.note(width))
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

// detailRows is the page about what is selected, and its title.
func (m *model) detailRows(width int) (title string, rows []string) {
	switch m.focus {
	case onTalk:
		return "Line", m.lineDetail(width)
	case onHeard:
		return "Heard from", m.peopleDetail(width)
	case onMatrix:
		return "Members", m.pairDetail(width)
	}
	return strings.TrimSuffix(viewNames[m.view], "s"), m.list().detail(width)
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
	case s.Sends.Stays:
		text += " What you type stays on this host: its ttl is 0, and " + clean(s.Group.Addr.String()) + " is joined on " + clean(s.Sends.Interface)
	case s.Sends.Interface != "":
		text += fmt.Sprintf(" What you type goes to %s via %s, from %s", clean(s.Group.String()), clean(s.Sends.Interface), clean(s.Sends.Source.String()))
	default:
		text += " What you type goes to " + clean(s.Group.String())
	}
	wrapped, _ := m.styles.wrap(text+".", width, rows)
	for i, r := range wrapped {
		wrapped[i] = m.styles.dim.Render(r)
	}
	return strings.Join(wrapped, "\n")
}
