package tui

import (
	tea "charm.land/bubbletea/v2"
)

// wheelRows is the number of rows that a notch of the wheel scrolls.
const wheelRows = 3

// pointer does what the mouse asks for. All of it can be done by keys:
// mouseActions says which.
func (m *model) pointer(msg tea.MouseMsg) tea.Cmd {
	x, y := msg.Mouse().X, msg.Mouse().Y
	switch msg := msg.(type) {
	case tea.MouseClickMsg:
		if msg.Button != tea.MouseLeft {
			return nil
		}
		said := m.flash
		m.flash = ""
		if said != "" && y == m.height-1 {
			return nil // there were words, and no keys
		}
		return m.click(x, y)
	case tea.MouseMotionMsg:
		if m.pressed != nil && msg.Button == tea.MouseLeft {
			if line, ok := m.talk.lineAt(m.talkRow(y)); ok && (line != *m.pressed || m.talk.marked.on) {
				m.talk.markFromTo(*m.pressed, line)
			}
		}
	case tea.MouseReleaseMsg:
		if m.pressed != nil && m.talk.marked.on {
			m.flash = markHint
		}
		m.pressed = nil
	case tea.MouseWheelMsg:
		switch msg.Button {
		case tea.MouseWheelUp:
			m.wheel(x, y, -wheelRows)
		case tea.MouseWheelDown:
			m.wheel(x, y, wheelRows)
		}
	}
	return nil
}

func (m *model) click(x, y int) tea.Cmd {
	m.pressed = nil
	if m.picker != nil {
		return m.clickPicker(x, y)
	}
	if m.paste != nil {
		if y == m.height-1 {
			return m.clickFooter(x)
		}
		return nil
	}
	switch {
	case m.layout.shape == small:
		if y == m.inputRow() {
			m.focusOn(tabs[m.view][0])
		}
		return nil
	case y == m.inputRow():
		m.page = noPage
		m.focusOn(tabs[m.view][0])
		return nil
	case y == m.height-1:
		return m.clickFooter(x)
	}
	in, row := m.at(x, y)
	switch {
	case y == 0 || y == m.inputRow()-1 || row < -1: // the title bar, the border, the lesson
	case row < 0 && (in == onTalk || in == onList || in == onMap || in == onMatrix):
		if v, ok := m.tabAt(x); ok {
			m.show(v)
		}
	case m.page != noPage && in != onPitfalls:
	case in == onPitfalls:
		there, again := m.pitfalls.click(row)
		again = again && m.focus == onPitfalls
		m.focusOn(onPitfalls)
		if there && again {
			m.open()
		}
	case in == onList:
		m.focusOn(onList)
		if m.list().click(row) {
			m.open()
		}
	case in == onMatrix:
		m.focusOn(onMatrix)
		if m.matrix.click(x-2, row) {
			m.open()
		}
	case in == onTalk:
		m.talk.unmark()
		m.focusOn(onTalk)
		if line, ok := m.talk.lineAt(row); ok {
			m.pressed = &line
		}
	default:
		m.focusOn(in)
	}
	return nil
}

// clickPicker chooses in the list that is open, or closes it.
func (m *model) clickPicker(x, y int) tea.Cmd {
	left, top, block := m.overlay()
	row := y - top
	if row < 0 || row >= len(block) || x < left || x >= left+m.styles.cells(block[row]) {
		m.closePicker()
		return nil
	}
	if m.picker.click(row) {
		return m.choose()
	}
	return nil
}

func (m *model) clickFooter(x int) tea.Cmd {
	at := 1
	for i, item := range m.footerItems() {
		if i > 0 {
			at += m.styles.cells(m.styles.dot)
		}
		end := at + m.styles.cells(item.key+" "+item.word)
		if at <= x && x < end && item.op != opQuit { // too much for a slip of the hand
			if m.paste != nil {
				return m.answer(item.op)
			}
			return m.act(item.op)
		}
		at = end
	}
	return nil
}

func (m *model) wheel(x, y, by int) {
	if m.picker != nil {
		m.picker.move(by)
		return
	}
	if m.layout.shape == small || m.wideMain() || m.page != noPage {
		m.scroll(by)
		return
	}
	switch in, _ := m.at(x, y); in {
	case onMembership:
		m.membership.scroll(by, m.membership.scrollable(m.layout.inside(), m.layout.panes[0]), m.layout.panes[0])
	case onHeard:
		m.heard.scroll(by, m.heard.blank(m.layout.panes[1]), m.layout.panes[1])
	case onPitfalls:
		m.selectFinding(max(-1, min(1, by)))
	default:
		m.scroll(by)
	}
}

// at is the region at a cell, and the row in it; -1 is its title.
func (m *model) at(x, y int) (in focus, row int) {
	y-- // the title bar
	mainTop := 0
	if !m.wideMain() && (m.layout.shape == stacked || x < m.layout.side) {
		top := 0
		for i, in := range []focus{onMembership, onHeard, onPitfalls} {
			if y < top+1+m.layout.panes[i] {
				return in, y - top - 1
			}
			top += 1 + m.layout.panes[i]
		}
		if m.layout.shape == columns || y == top {
			return onPitfalls, m.layout.panes[2] - 1
		}
		mainTop = top + 1
	}
	row = y - mainTop - m.layout.lesson - 1
	switch m.view {
	case datagramsView, callsView:
		return onList, row
	case mapView:
		return onMap, row
	case matrixView:
		return onMatrix, row
	}
	return onTalk, row
}

// talkRow is the row of the talk at a row of the screen.
func (m *model) talkRow(y int) int {
	_, row := m.at(m.width-1, y)
	return row
}

// tabAt is the view whose name stands at a column of the main part's title.
func (m *model) tabAt(x int) (view, bool) {
	left := 0
	if m.layout.shape == columns && !m.wideMain() {
		left = m.layout.side
	}
	at := left + 1
	for i, t := range m.main(m.mainSize()).tabs {
		end := at + t.cells(m.styles) + 1
		if at <= x && x < end {
			return view(i), true
		}
		at = end
	}
	return 0, false
}
