package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// key does what the table of keys says; where one can type, every other key
// types.
func (m *model) key(msg tea.KeyPressMsg) tea.Cmd {
	m.flash = ""
	name := msg.String()
	todo := lookup(name, m.region())
	if m.paste != nil {
		return m.answer(todo)
	}
	switch {
	case m.focus == onInput && name == "?" && m.input.value() != "":
		todo = opNone
	case name == "end" && m.typing() != nil && m.typing().value() != "" && !m.isBack():
		todo = opNone // then it is the end of the line
	case name == "home" && m.typing() != nil && m.typing().value() != "":
		todo = opNone
	}
	if todo == opNone && msg.Mod == tea.ModAlt && msg.Code == '/' {
		m.back() // esc and a slash whose bytes came together
		msg = tea.KeyPressMsg{Code: '/', Text: "/"}
		todo = lookup("/", m.region())
	}
	if todo == opNone {
		return m.typed(msg)
	}
	return m.act(todo)
}

// typing is the input that keys write into; nil: they are not text here.
func (m *model) typing() *input {
	switch {
	case m.focus == onInput:
		return &m.input
	case m.focus == onFind:
		return &m.find
	case m.filtering:
		return &m.table().filter
	case m.focus == onList && m.page == noPage:
		return &m.filters[m.view]
	}
	return nil
}

// typed writes a key or a paste into the input that has the focus.
func (m *model) typed(msg tea.Msg) tea.Cmd {
	if m.focus == onPicker {
		switch msg := msg.(type) {
		case tea.KeyPressMsg:
			switch key := msg.String(); key {
			case "backspace", "ctrl+h", "ctrl+w", "ctrl+u":
				m.picker.erase(key)
			default:
				m.picker.typeText(msg.Text)
			}
		case tea.PasteMsg:
			m.picker.typeText(msg.Content)
		}
		return nil
	}
	if k, ok := msg.(tea.KeyPressMsg); ok && k.Text != "" && m.focus == onList {
		m.page = noPage
	}
	line := m.typing()
	if line == nil {
		if k, ok := msg.(tea.KeyPressMsg); ok && k.Text != "" {
			m.flash = "letters are keys here: esc goes back to typing"
		}
		return nil
	}
	cmd := line.update(msg)
	switch m.region() {
	case onFilter:
		m.filter(line.value())
	case onFind:
		if !m.talk.find(line.value()) && line.value() != "" {
			m.flash = "not found"
		}
	case onList:
		m.list().setFilter(line.value())
	}
	return cmd
}

// list is the list that the view shows.
func (m *model) list() lister {
	if m.view == callsView {
		return m.calls
	}
	return m.datagrams
}

// act carries out what a key or the mouse asks for.
func (m *model) act(todo op) tea.Cmd {
	switch todo {
	case opSend:
		return m.enter()
	case opQuit:
		return tea.Quit
	case opSuspend:
		if !m.suspend {
			m.flash = "no shell is there that could continue the program"
			return nil
		}
		return tea.Suspend
	case opHelp:
		m.help.offset = 0
		if m.page == helpPage {
			m.page = noPage
		} else {
			m.closePicker()
			m.page = helpPage
		}
	case opTalk, opDatagrams, opCalls, opMap, opMatrix:
		m.show(view(todo - opTalk))
	case opInterfaces, opGroups, opSources:
		m.openPicker(pickerKind(todo - opInterfaces))
	case opLesson:
		m.toggleLesson()
	case opFreeze:
		m.freeze(!m.frozen)
		return m.refresh()
	case opNextPane, opPreviousPane:
		m.nextPane(todo)
	case opBack:
		m.back()
	case opFixFirst:
		return m.fixFirst()
	case opFix:
		return m.fixShown()
	case opOpen:
		m.open()
	case opChoose:
		return m.choose()
	case opOther:
		if a, _, ok := m.picker.otherAction(); ok {
			m.closePicker()
			return m.change(a)
		}
	case opUp:
		m.move(-1)
	case opDown:
		m.move(1)
	case opLeft:
		m.matrix.move(0, -1)
	case opRight:
		m.matrix.move(0, 1)
	case opPageUp:
		m.scroll(-m.pageful())
	case opPageDown:
		m.scroll(m.pageful())
	case opFilter, opSort:
		m.actOnTable(todo)
	case opTop, opNewest:
		m.toEnd(todo)
	default:
		return m.actOnTalk(todo)
	}
	return nil
}

// actOnTalk carries out what finds, marks and copies in the talk.
func (m *model) actOnTalk(todo op) tea.Cmd {
	switch todo {
	case opFind:
		m.show(talkView)
		m.talk.unmark()
		m.find.set("")
		m.focusOn(onFind)
	case opFindOlder, opFindNewer:
		by := 1
		if todo == opFindOlder {
			by = -1
		}
		if !m.talk.findNext(by) {
			m.flash = "no other place"
		}
	case opMark:
		if !m.talk.marked.on {
			m.talk.mark(0)
		}
		m.flash = markHint
	case opMarkUp, opMarkDown:
		by := 1
		if todo == opMarkUp {
			by = -1
		}
		if !m.talk.marked.on {
			by = 0
		}
		m.talk.mark(by)
		m.flash = markHint
	case opCopy, opCopyAll:
		return m.copy(todo == opCopyAll)
	}
	return nil
}

// show changes the view.
func (m *model) show(v view) {
	m.closePicker()
	m.pressed = nil
	m.view, m.page = v, noPage
	m.focusOn(tabs[v][0])
}

// nextPane completes what is typed, or goes to another region.
func (m *model) nextPane(todo op) {
	if m.focus == onInput && todo == opNextPane {
		line, ok := complete(m.input.value(), m.snap)
		switch {
		case ok:
			m.input.set(line)
			return
		case strings.HasPrefix(m.input.value(), "/"):
			words, _ := candidates(m.input.value(), m.snap)
			m.flash = strings.Join(words, "  ")
			return // half a command is no reason to leave: nothing completes it yet
		}
	}
	m.closePicker()
	order := tabs[m.view]
	by := 1
	if todo == opPreviousPane {
		by = len(order) - 1
	}
	at := max(0, slices.Index(order, m.focus))
	m.focusOn(order[(at+by)%len(order)])
}

// back goes one step back.
func (m *model) back() {
	switch {
	case m.picker != nil:
		m.closePicker()
	case m.page != noPage:
		m.closePage()
	case m.focus == onTalk && m.talk.marked.on:
		m.talk.unmark()
	case m.focus == onList && m.filters[m.view].value() != "":
		m.filters[m.view].set("")
		m.list().setFilter("")
	case m.unfilter():
	case m.focus == onFind:
		m.talk.find("")
		m.talk.follow()
		m.focusOn(onInput)
	case m.view != talkView && m.focus == tabs[m.view][0]:
		m.show(talkView)
	default:
		m.focusOn(tabs[m.view][0])
	}
}

// open shows more about what is selected.
func (m *model) open() {
	switch {
	case m.page == findingPage || m.page == detailPage:
		m.closePage()
	case m.focus == onFind:
		m.focusOn(onTalk)
	case m.focus == onPitfalls:
		if _, ok := m.pitfalls.selectedFinding(); ok {
			m.pitfalls.open()
			m.page = findingPage
		}
	case m.focus == onList:
		if m.list().selectNewest() {
			m.page, m.detail.offset = detailPage, 0
		}
	case m.focus == onMatrix:
		m.openCell()
	case m.focus == onTalk:
		if !m.talk.marked.on {
			m.talk.mark(0)
		}
		if m.talk.marked.on {
			m.page, m.detail.offset = detailPage, 0
		}
	case m.focus == onHeard:
		m.page, m.detail.offset = detailPage, 0
	}
}

// freeze keeps the picture as it is. What comes is counted, and waits.
func (m *model) freeze(on bool) {
	if on == m.frozen {
		return
	}
	m.frozen = on
	m.talk.freeze(on)
	m.datagrams.freeze(on)
	m.calls.freeze(on)
}

// toggleLesson hides the lesson, or shows it again.
func (m *model) toggleLesson() {
	if !m.lesson.on {
		m.flash = "the lesson is in: groupcast lab"
		return
	}
	m.lesson.hidden = !m.lesson.hidden
	if m.lesson.hidden {
		m.flash = "F10 shows the lesson again"
	}
}
