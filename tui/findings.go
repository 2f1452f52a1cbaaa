package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/session"
)

// fixFirst applies the first fix there is.
func (m *model) fixFirst() tea.Cmd {
	f, ok := m.pitfalls.fixable()
	if !ok {
		m.flash = "nothing to fix: no finding has a fix that this program can apply"
		return nil
	}
	return m.fix(f)
}

// fixShown applies the fix of the finding that the page is about, or, without
// a page, of the selected one.
func (m *model) fixShown() tea.Cmd {
	if m.focus == onMatrix && m.page != findingPage {
		return m.fixCell()
	}
	f, ok := m.pitfalls.selectedFinding()
	if m.page == findingPage {
		var over bool
		f, over = m.pitfalls.pageFinding()
		if over {
			m.flash = "this finding is gone: nothing to fix"
			return nil
		}
	}
	switch {
	case ok && f.Fix != nil:
		return m.fix(f)
	case ok:
		m.flash = "a program cannot fix this one: enter says what helps"
	}
	return nil
}

// fix asks for a fix. What it did is said in the talk, so a page about a
// finding makes room for it.
func (m *model) fix(f doctor.Finding) tea.Cmd {
	if m.page == findingPage {
		m.closePage()
	}
	return m.change(session.ApplyFix{Finding: f})
}

// selectFinding moves to another finding, and the page with it.
func (m *model) selectFinding(by int) {
	if m.page == findingPage {
		m.pitfalls.turn(by)
	} else {
		m.pitfalls.move(by)
	}
}

// closePage goes back from a page to what it lies over.
func (m *model) closePage() {
	m.page = noPage
	m.leavePitfalls()
}

// leavePitfalls takes the focus away from findings when there is none to be
// chosen, and no page about one that was.
func (m *model) leavePitfalls() {
	if m.focus == onPitfalls && m.page != findingPage && len(m.pitfalls.findings) == 0 {
		m.focusOn(onInput)
	}
}

// fixCell applies the fix that mends the selected cell of the matrix, which stays on
// the screen: it shows what came of it.
func (m *model) fixCell() tea.Cmd {
	f, ok := m.matrix.explained()
	if !ok || f.Fix == nil {
		m.flash = "no fix of this program mends this cell"
		return nil
	}
	m.freeze(false)
	m.flash = "asked to " + fixText(f) + "; F1 says how it went"
	return m.do(session.ApplyFix{Finding: f})
}

// openCell opens the page of the pitfall that explains the selected cell, or what is
// known of its two members.
func (m *model) openCell() {
	if !m.matrix.there() {
		return
	}
	f, ok := m.matrix.explained()
	at := slices.IndexFunc(m.pitfalls.findings, func(other doctor.Finding) bool { return sameFinding(f, other) })
	if ok && at >= 0 {
		m.pitfalls.selected = at
		m.pitfalls.open()
		m.page = findingPage
		return
	}
	m.page, m.detail.offset = detailPage, 0
}
