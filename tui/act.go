package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/groupcast/groupcast/mcast/chat"
)

// key does what the table of keys says; where one can type, every other key
// types.
func (m *Model) key(msg tea.KeyPressMsg) tea.Cmd {
	m.flash = ""
	name := msg.String()
	todo := lookup(name, m.focus)
	switch {
	case m.focus == onInput && name == "?" && m.input.Value() != "":
		todo = opNone
	case name == "end" && m.typing() != nil && m.typing().Value() != "" && !m.isBack():
		todo = opNone // then it is the end of the line
	case name == "home" && m.typing() != nil && m.typing().Value() != "":
		todo = opNone
	}
	if todo == opNone {
		return m.typed(msg)
	}
	return m.act(todo)
}

// typing is the line that keys go to, nil where they do not type.
func (m *Model) typing() *input {
	switch {
	case m.focus == onInput:
		return &m.input
	case m.focus == onFind:
		return &m.find
	case m.focus == onList && m.page == noPage:
		return &m.filters[m.view]
	}
	return nil
}

// typed gives a key or a paste to where one types.
func (m *Model) typed(msg tea.Msg) tea.Cmd {
	if m.focus == onPicker {
		switch msg := msg.(type) {
		case tea.KeyPressMsg:
			if msg.String() == "backspace" {
				m.picker.Backspace()
			} else {
				m.picker.Type(msg.Text)
			}
		case tea.PasteMsg:
			m.picker.Type(msg.Content)
		}
		return nil
	}
	if k, ok := msg.(tea.KeyPressMsg); ok && k.Text != "" && m.focus == onList {
		m.page = noPage
	}
	line := m.typing()
	if line == nil {
		return nil
	}
	cmd := line.UpdateText(msg)
	switch m.focus {
	case onFind:
		if !m.talk.Find(line.Value()) && line.Value() != "" {
			m.flash = "not found"
		}
	case onList:
		m.list().SetFilter(line.Value())
	}
	return cmd
}

// list is the list that the view shows.
func (m *Model) list() lister {
	if m.view == callsView {
		return m.calls
	}
	return m.datagrams
}

// isBack reports whether what is shown is scrolled back, so that the end key
// has something to do.
func (m *Model) isBack() bool {
	if m.view == talkView {
		return m.talk.back
	}
	return m.focus == onList
}

// act carries out what a key or the mouse asks for.
func (m *Model) act(todo op) tea.Cmd {
	switch todo {
	case opSend:
		return m.enter()
	case opQuit:
		return tea.Quit
	case opSuspend:
		if !m.suspend {
			m.flash = "no shell is there that could go on with it"
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
	case opTalk, opDatagrams, opCalls, opMap:
		m.show(view(todo - opTalk))
	case opInterfaces, opGroups, opSources:
		m.openPicker(pickerKind(todo - opInterfaces))
	case opFreeze:
		m.freeze(!m.frozen)
	case opNextPane, opPreviousPane:
		m.nextPane(todo)
	case opBack:
		m.back()
	case opFixFirst:
		f, ok := m.pitfalls.Fixable()
		if !ok {
			m.say(chat.Notice, "nothing to fix: no finding has a fix that this program can apply", "")
			return nil
		}
		return m.do(ApplyFix{Finding: f})
	case opFix:
		if f, ok := m.pitfalls.Selected(); ok && f.Fix != nil {
			return m.do(ApplyFix{Finding: f})
		}
	case opOpen:
		m.open()
	case opChoose:
		return m.choose()
	case opOther:
		if a, _, ok := m.picker.Other(); ok {
			m.closePicker()
			return m.do(a)
		}
	case opUp:
		m.move(-1)
	case opDown:
		m.move(1)
	case opPageUp:
		m.scroll(-m.pageful())
	case opPageDown:
		m.scroll(m.pageful())
	case opTop, opNewest:
		m.toEnd(todo)
	default:
		return m.actOnTalk(todo)
	}
	return nil
}

// actOnTalk is what finds, marks and copies.
func (m *Model) actOnTalk(todo op) tea.Cmd {
	switch todo {
	case opFind:
		m.show(talkView)
		m.talk.Unmark()
		m.find.Set("")
		m.focusOn(onFind)
	case opFindOlder, opFindNewer:
		by := 1
		if todo == opFindOlder {
			by = -1
		}
		if !m.talk.FindNext(by) {
			m.flash = "no other place"
		}
	case opMark:
		if m.talk.marked.on {
			m.talk.Unmark()
		} else {
			m.talk.Mark(0)
		}
	case opMarkUp, opMarkDown:
		by := 1
		if todo == opMarkUp {
			by = -1
		}
		if !m.talk.marked.on {
			by = 0
		}
		m.talk.Mark(by)
	case opCopy, opCopyAll:
		return m.copy(todo == opCopyAll)
	}
	return nil
}

// show changes the view.
func (m *Model) show(v view) {
	m.closePicker()
	m.view, m.page = v, noPage
	m.focusOn(tabs[v][0])
}

// nextPane completes what is typed, or goes to another region.
func (m *Model) nextPane(todo op) {
	if m.focus == onInput && todo == opNextPane {
		line, ok := complete(m.input.Value(), m.snap)
		switch {
		case ok:
			m.input.Set(line)
			return
		case strings.HasPrefix(m.input.Value(), "/"):
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
func (m *Model) back() {
	switch {
	case m.picker != nil:
		m.closePicker()
	case m.page != noPage:
		m.page = noPage
	case m.focus == onTalk && m.talk.marked.on:
		m.talk.Unmark()
	case m.focus == onList && m.filters[m.view].Value() != "":
		m.filters[m.view].Set("")
		m.list().SetFilter("")
	case m.focus == onFind:
		m.talk.Find("")
		m.talk.Follow()
		m.focusOn(onInput)
	case m.view != talkView && m.focus == tabs[m.view][0]:
		m.show(talkView)
	default:
		m.focusOn(tabs[m.view][0])
	}
}

// open shows more about what is selected.
func (m *Model) open() {
	switch {
	case m.page == findingPage || m.page == detailPage:
		m.page = noPage
	case m.focus == onFind:
		m.focusOn(onTalk)
	case m.focus == onPitfalls:
		if _, ok := m.pitfalls.Selected(); ok {
			m.page, m.pitfalls.offset = findingPage, 0
		}
	case m.focus == onList:
		if m.list().Select() {
			m.page, m.detail.offset = detailPage, 0
		}
	}
}

func (m *Model) openPicker(k pickerKind) {
	if m.picker != nil && m.picker.kind == k {
		m.closePicker()
		return
	}
	m.page = noPage
	m.picker = newPicker(m.look, k)
	m.picker.Fill(m.snap)
	m.focusOn(onPicker)
}

func (m *Model) closePicker() {
	if m.picker == nil {
		return
	}
	m.picker = nil
	m.focusOn(tabs[m.view][0])
}

func (m *Model) choose() tea.Cmd {
	a, ok := m.picker.Chosen()
	if !ok {
		m.flash = m.picker.Why()
		return nil
	}
	m.closePicker()
	return m.do(a)
}

// freeze keeps the picture as it is. What comes is counted, and waits.
func (m *Model) freeze(on bool) {
	m.frozen = on
	m.talk.Freeze(on)
	m.datagrams.Freeze(on)
	m.calls.Freeze(on)
}

// copy gives the marked lines to the clipboard of the user's terminal.
func (m *Model) copy(all bool) tea.Cmd {
	lines := m.talk.Marked()
	if len(lines) == 0 {
		m.flash = "nothing is marked: v marks"
		return nil
	}
	texts := make([]string, len(lines))
	for i, l := range lines {
		texts[i] = l.Text.String()
		if all {
			texts[i] = plainLine(l)
		}
	}
	text := strings.Join(texts, "\n")
	if len(text) > clipboardBytes {
		m.flash = fmt.Sprintf("%s are too much for a terminal's clipboard: /save FILE", count(len(text), "byte"))
		return nil
	}
	m.talk.Unmark()
	m.flash = count(len(lines), "line") + " given to the terminal's clipboard"
	return tea.SetClipboard(text)
}

// clipboardBytes is what terminals take by OSC 52: many stop at 100,000
// characters of base64.
const clipboardBytes = 74_994

// plainLine is a line with its time and sender, as plain text.
func plainLine(l chat.Line) string {
	who := "-"
	switch l.Kind {
	case chat.Heard:
		who = clean(l.From.String())
	case chat.Own:
		who = "you"
	}
	return l.At.Format("15:04:05") + " " + who + " " + l.Text.String()
}

// move is what the up and down keys do.
func (m *Model) move(by int) {
	if m.page == helpPage || m.page == detailPage {
		m.scroll(by)
		return
	}
	switch m.focus {
	case onInput:
		m.input.Recall(by)
	case onPicker:
		m.picker.Move(by)
	case onPitfalls:
		m.pitfalls.Select(by)
	case onMembership:
		m.membership.Scroll(by, m.lay.inside(), m.lay.paneHeight(0))
	case onHeard:
		m.heard.Scroll(by, m.lay.inside(), m.lay.paneHeight(1))
	case onTalk:
		if m.talk.marked.on {
			m.talk.Mark(by)
		} else {
			m.scroll(by)
		}
	case onList:
		m.list().Move(by)
	default:
		m.scroll(by)
	}
}

// scroll moves what is shown in the main part.
func (m *Model) scroll(by int) {
	width, height := m.mainSize()
	switch {
	case m.focus == onPicker:
		m.picker.Page(max(-1, min(1, by)))
	case m.page == helpPage:
		m.help.Scroll(by, width, height)
	case m.page == findingPage:
		m.pitfalls.Scroll(by, width, height)
	case m.page == detailPage:
		m.detail.Scroll(by, height)
	case m.view == mapView:
		m.hostmap.Scroll(by, width, height)
	case m.view != talkView:
		m.list().Move(by)
	default:
		m.talk.Scroll(by)
	}
}

// toEnd goes to the first or to the newest row.
func (m *Model) toEnd(todo op) {
	const far = 1 << 30
	switch {
	case m.focus == onPicker || m.page != noPage || m.view == mapView || m.focus == onMembership || m.focus == onHeard || m.focus == onPitfalls:
		by := far
		if todo == opTop {
			by = -far
		}
		if m.page != noPage || m.view == mapView {
			m.scroll(by)
		} else {
			m.move(by)
		}
	case m.view != talkView && todo == opTop:
		m.list().Top()
	case m.view != talkView:
		m.list().Newest()
	case todo == opTop:
		m.talk.Top()
	default:
		m.talk.Follow()
	}
}

// pageful is how far the page keys go: one row stays in sight.
func (m *Model) pageful() int {
	_, height := m.mainSize()
	return max(1, height-1)
}
