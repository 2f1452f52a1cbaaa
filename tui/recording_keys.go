package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/record/browse"
)

// recordingOp is an operation of a key.
type recordingOp uint8

const (
	recordingNone recordingOp = iota
	recordingQuit
	recordingHelp
	recordingTalk
	recordingDatagrams
	recordingMapped
	recordingGroups
	recordingNextTab
	recordingPreviousTab
	recordingUp
	recordingDown
	recordingPageUp
	recordingPageDown
	recordingTop
	recordingEnd
	recordingOpen
	recordingFind
	recordingNext
	recordingPrevious
	recordingGo
	recordingMark
	recordingMarkUp
	recordingMarkDown
	recordingCopy
	recordingCopyAll
	recordingBack
)

// recordingKeys is the one table of these keys, as pingKeys is for a ping.
var recordingKeys = liveKeys[recordingOp]{
	{recordingQuit, []string{"q", "ctrl+c"}, "q", "end (also ctrl+c)", "q end"},
	{recordingHelp, []string{"?", "f9", "alt+9"}, "?", "this help (also F9)", "? help"},
	{recordingTalk, []string{"f1", "1", "alt+1"}, "F1", "what was said, a line for each datagram (also 1)", ""},
	{recordingDatagrams, []string{"f2", "2", "alt+2"}, "F2", "the datagrams (also 2); no. is the packet's number in the file, as tcpdump and Wireshark count", ""},
	{recordingMapped, []string{"f4", "4", "alt+4"}, "F4", "the map: who was heard on which interface (also 4)", ""},
	{recordingGroups, []string{"f6", "6", "alt+6"}, "F6", "the groups of the file; enter shows one alone (also 6)", "F6 groups"},
	{recordingNextTab, []string{"tab"}, "tab", "the next view", "tab view"},
	{recordingPreviousTab, []string{"shift+tab"}, "", "", ""},
	{recordingFind, []string{"/", "ctrl+s"}, "/", "look for text or an address, in the whole file", "/ find"},
	{recordingNext, []string{"n"}, "n N", "the next match, the previous one", "n/N next"},
	{recordingPrevious, []string{"N"}, "", "", ""},
	{recordingGo, []string{":", "g", "ctrl+g"}, ":", "go to the number of a packet, or to a time (also g)", ": go to"},
	{recordingOpen, []string{"enter"}, "enter", "open the datagram", "enter open"},
	{recordingUp, []string{"up", "k"}, "up down", "scroll, select (also k j, page up and page down)", ""},
	{recordingDown, []string{"down", "j"}, "", "", ""},
	{recordingPageUp, []string{"pgup", "b"}, "", "", ""},
	{recordingPageDown, []string{"pgdown", "space"}, "", "", ""},
	{recordingTop, []string{"home"}, "home end", "to the first and to the last datagram of the file (end also G)", ""},
	{recordingEnd, []string{"end", "G"}, "", "", ""},
	{recordingMark, []string{"v"}, "v", "in Talk: mark lines, from the lowest; up and down extend", ""},
	{recordingMarkUp, []string{"shift+up", "K"}, "", "", ""},
	{recordingMarkDown, []string{"shift+down", "J"}, "", "", ""},
	{recordingCopy, []string{"y"}, "y Y", "copy the marked texts, or the one that is selected; with time and sender", "y copy"},
	{recordingCopyAll, []string{"Y"}, "", "", ""},
	{recordingBack, []string{"esc"}, "esc", "one step back: from a page, a mark, a group, or what is being looked for", ""},
}

// nothingSent says why nothing can be typed.
const nothingSent = "this is a recording: nothing is sent or joined; ? shows the keys"

// notOfRecordings are keys of a conversation, and why they do nothing here.
var notOfRecordings = map[string]string{
	"f3": "a recording has no calls on sockets", "alt+3": "a recording has no calls on sockets", "3": "a recording has no calls on sockets",
	"f5": "no interface joins or sends here: this is a recording", "alt+5": "nothing is joined or sent by an interface here: this is a recording",
	"f7": "nothing is joined here, so no source is chosen: this is a recording", "alt+7": "nothing is joined here, so no source is chosen: this is a recording",
	"f8": "a recording stands still", "alt+8": "a recording stands still",
	"f10": "the lesson is in: groupcast lab", "alt+0": "the lesson is in: groupcast lab",
	"ctrl+f": "there is nothing to fix: the doctor speaks of this host, and a recording may be another's",
	"f":      "there is nothing to fix: the doctor speaks of this host, and a recording may be another's",
}

func (m *recordingModel) key(msg tea.KeyPressMsg) tea.Cmd {
	name := msg.String()
	if m.asking != nil {
		return m.typed(msg, name)
	}
	todo := recordingKeys.lookup(name)
	if todo == recordingNone {
		switch why, known := notOfRecordings[name]; {
		case known:
			m.flash = why
		case msg.Text != "":
			m.flash = nothingSent
		}
		return nil
	}
	return m.act(todo)
}

// typed takes a key for what is asked.
func (m *recordingModel) typed(msg tea.KeyPressMsg, name string) tea.Cmd {
	switch name {
	case "ctrl+c":
		return tea.Quit
	case "esc":
		m.asking = nil
	case "enter":
		asking := m.asking
		m.asking = nil
		if text := strings.TrimSpace(m.answer.value()); text != "" {
			asking(text)
		}
	default:
		return m.answer.update(msg)
	}
	return nil
}

// ask asks for a line.
func (m *recordingModel) ask(name, empty string, then func(string)) {
	m.answer = newInput(name, empty)
	m.answer.styles, m.asking = m.styles, then
}

func (m *recordingModel) act(todo recordingOp) tea.Cmd {
	switch todo {
	case recordingQuit:
		return tea.Quit
	case recordingHelp:
		m.help, m.helping = !m.help, window{}
	case recordingTalk, recordingDatagrams, recordingMapped, recordingGroups:
		m.show(recordingTab(todo - recordingTalk))
	case recordingNextTab:
		m.show((m.tab + 1) % recordingTabs)
	case recordingPreviousTab:
		m.show((m.tab + recordingTabs - 1) % recordingTabs)
	case recordingUp:
		m.move(-1)
	case recordingDown:
		m.move(1)
	case recordingPageUp:
		m.move(-m.pageful())
	case recordingPageDown:
		m.move(m.pageful())
	case recordingTop:
		m.toFirst()
	case recordingEnd:
		m.toLast()
	case recordingOpen:
		m.openSelected()
	case recordingBack:
		m.back()
	case recordingGo:
		m.ask("go to", "a packet's number, or a time such as 19:52:10, +90s (after the first) or 2026-03-14 19:52", m.goTo)
	default:
		return m.actOnText(todo)
	}
	return nil
}

// actOnText carries out what finds, marks and copies.
func (m *recordingModel) actOnText(todo recordingOp) tea.Cmd {
	switch todo {
	case recordingFind:
		m.ask("find", "text or an address, in the whole file", func(text string) {
			m.query = text
			m.find(browse.Next)
		})
	case recordingNext, recordingPrevious:
		if m.query == "" {
			m.flash = "nothing to search for: / begins"
			return nil
		}
		m.find(map[recordingOp]browse.Kind{recordingNext: browse.Next, recordingPrevious: browse.Previous}[todo])
	case recordingMark, recordingMarkUp, recordingMarkDown:
		if m.tab != recordedTalk || m.open || m.help {
			m.flash = "lines are marked in Talk: F1"
			return nil
		}
		by := map[recordingOp]int{recordingMarkUp: -1, recordingMarkDown: 1}[todo]
		if !m.talk.marked.on {
			by = 0
		}
		m.talk.mark(by)
		m.flash = markHint
	case recordingCopy, recordingCopyAll:
		return m.copy(todo == recordingCopyAll)
	}
	return nil
}

// show changes the view; what is selected stays so.
func (m *recordingModel) show(to recordingTab) {
	at := m.selected()
	m.open, m.help = false, false
	if from := m.tab; from != to && at >= 0 && from <= recordedDatagrams {
		switch {
		case to == recordedTalk && m.datagrams.picked:
			m.mark(at)
		case to == recordedDatagrams && m.talk.marked.on:
			m.datagrams.pick(at)
		case to == recordedDatagrams && m.talk.scrolledBack:
			m.datagrams.pick(at)
		}
	}
	m.tab = to
}

// mark shows a datagram of the page in the talk, and marks it.
func (m *recordingModel) mark(at int) {
	n := m.lines[at]
	m.talk.marked = marking{true, n, n}
	m.talk.reveal(n)
}

// openSelected opens the datagram, or shows the group alone.
func (m *recordingModel) openSelected() {
	switch {
	case m.help || m.open:
		m.help, m.open = false, false
	case m.tab == recordedGroups:
		m.chooseGroup()
	case m.tab == recordedMap || len(m.page.Datagrams) == 0:
	default:
		at := m.selected()
		m.datagrams.pick(at)
		m.open, m.detail.offset = true, 0
	}
}

// chooseGroup shows the group alone that is selected.
func (m *recordingModel) chooseGroup() {
	row, ok := m.groups.selectedValue()
	if !ok {
		m.groups.top()
		return
	}
	m.filter = row.filter
	m.heard.room = m.room()
	m.tab = recordedTalk
	m.turn(browse.Place{}, m.toTop)
}

// back goes one step back.
func (m *recordingModel) back() {
	switch {
	case m.then != nil:
		m.then = nil
		m.book.Stay()
		m.flash = "stopped"
	case m.help || m.open:
		m.help, m.open = false, false
	case m.tab == recordedTalk && m.talk.marked.on:
		m.talk.unmark()
	case m.query != "":
		m.query, m.talk.query = "", ""
	case m.tab != recordedTalk:
		m.show(recordedTalk)
	case m.filter != browse.Filter{}:
		m.filter = browse.Filter{}
		m.heard.room = m.room()
		m.turn(browse.Place{}, m.toTop)
	default:
		m.flash = "q ends"
	}
}

// copy gives the marked lines, or the selected datagram, to the terminal's clipboard.
func (m *recordingModel) copy(all bool) tea.Cmd {
	var lines []chat.Line
	switch at := m.selected(); {
	case m.tab == recordedTalk && !m.open:
		lines = m.talk.markedLines()
	case m.datagrams.picked && at >= 0:
		lines = []chat.Line{m.line(&m.page.Datagrams[at])}
	}
	if len(lines) == 0 {
		m.flash = "nothing is marked: v marks"
		if m.tab == recordedDatagrams {
			m.flash = "no datagram is selected"
		}
		return nil
	}
	text, said := clipboardText(lines, all)
	if text == "" {
		m.flash = fmt.Sprintf("%s are too much for a terminal's clipboard: groupcast open FILE GROUP >FILE", said)
		return nil
	}
	m.talk.unmark()
	m.flash = said + " given to the terminal's clipboard" + m.clipboardNote
	return tea.SetClipboard(text)
}

func (m *recordingModel) helpRows(width int) []string {
	st := m.styles
	return recordingKeys.help(st, 10, width, [][2]string{
		{st.in, "it came to the recording host, or the file does not say which way it went"},
		{st.out, "it left that host"},
		{"lost", "the file says that datagrams are not in it, there"},
	})
}
