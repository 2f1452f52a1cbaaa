package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/session"
)

// enter carries out the line that was typed. The up key brings back a wrong one,
// to be corrected.
func (m *model) enter() tea.Cmd {
	a, err := parse(m.input.value(), m.snap)
	m.input.done()
	m.page = noPage
	if a == nil && err == nil {
		return nil
	}
	m.freeze(false) // or what it does would not be seen
	m.talk.follow()
	if err != nil {
		m.say(chat.Problem, err.Error(), Hint(err))
		m.see()
		return nil
	}
	switch a := a.(type) {
	case quit:
		return tea.Quit
	case showHelp:
		m.page = helpPage
		return nil
	case showWho:
		m.tell(who(m.snap, m.now()))
		return nil
	case showKey:
		m.tell(a.rows)
		return nil
	case showMatrix:
		m.show(matrixView)
		return nil
	case clearTalk:
		m.talk.clear()
		return nil
	case openPicker:
		m.openPicker(a.kind)
		return nil
	case session.Save:
		a.Lines = m.talk.allLines()
		return m.change(a)
	case session.Say:
		return m.do(a)
	case session.Action:
		return m.change(a)
	}
	return nil
}

// tell puts rows into the talk, those after the first one indented.
func (m *model) tell(rows []string) {
	for i, row := range rows {
		if i > 0 {
			row = "  " + row
		}
		m.say(chat.Notice, row, "")
	}
	m.see()
}

// change queues an action whose outcome the talk tells.
func (m *model) change(a session.Action) tea.Cmd {
	m.freeze(false)
	m.see()
	return m.do(a)
}

// see shows the talk, where commands say what they did.
func (m *model) see() {
	if m.view != talkView {
		m.show(talkView)
		m.focusOn(onInput)
	}
}

// do queues an action.
func (m *model) do(a session.Action) tea.Cmd {
	m.queue = append(m.queue, a)
	return m.carryOut()
}

func (m *model) carryOut() tea.Cmd {
	if m.busy || len(m.queue) == 0 {
		return nil
	}
	a := m.queue[0]
	m.queue = m.queue[1:]
	m.busy = true
	return m.work.do(a)
}
