package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/groupcast/groupcast/mcast/chat"
)

// focus says which region the keys act on.
type focus uint8

// The regions, in the order of the tab key.
const (
	onInput focus = iota
	onTalk
	onPitfalls
	onMembership
	onHeard
	regions
)

// op is what a key does.
type op uint8

const (
	opNone op = iota
	opSend
	opNextPane
	opPreviousPane
	opToInput
	opFixFirst
	opFix
	opWhy
	opUp
	opDown
	opPageUp
	opPageDown
	opTop
	opNewest
	opHelp
	opQuit
)

// binding is one row of the table of keys.
type binding struct {
	op     op
	keys   []string // as tea.Key.String says them
	in     []focus  // nil: everywhere
	label  string
	text   string
	footer string // the same at the bottom of the screen: a key and a word; "": not there
}

var panes = []focus{onTalk, onPitfalls, onMembership, onHeard}

// bindings is the one table of keys: what they do, what the help says and
// what the footer says. The first that fits wins.
var bindings = []binding{
	{opSend, []string{"enter"}, []focus{onInput}, "enter", "send the line", ""},
	{opUp, []string{"up"}, []focus{onInput}, "up, down", "typed before; in a pane: select, scroll", ""},
	{opDown, []string{"down"}, []focus{onInput}, "", "", ""},
	{opUp, []string{"up"}, []focus{onPitfalls}, "", "", "up/down select"},
	{opDown, []string{"down"}, []focus{onPitfalls}, "", "", ""},
	{opFix, []string{"f"}, []focus{onPitfalls}, "f", "apply the fix that is selected in Pitfalls", "f fix"},
	{opWhy, []string{"enter"}, []focus{onPitfalls}, "enter", "in Pitfalls: why, and what helps", "enter why"},
	{opUp, []string{"up"}, []focus{onTalk, onMembership, onHeard}, "", "", "up/down scroll"},
	{opDown, []string{"down"}, []focus{onTalk, onMembership, onHeard}, "", "", ""},
	{opNextPane, []string{"tab"}, nil, "tab", "next pane (shift+tab: back); completes /...", "tab pane"},
	{opPreviousPane, []string{"shift+tab"}, nil, "", "", ""},
	{opToInput, []string{"esc"}, panes, "esc", "back to the input", "esc type"},
	{opToInput, []string{"esc"}, []focus{onInput}, "", "", ""},
	{opFixFirst, []string{"ctrl+f"}, nil, "ctrl+f", "apply the first fix, from anywhere", "ctrl+f fix"},
	{opPageUp, []string{"pgup"}, nil, "pgup pgdn end", "scroll the talk from anywhere; newest line", "pgup/pgdn scroll"},
	{opPageDown, []string{"pgdown"}, nil, "", "", ""},
	{opTop, []string{"home"}, []focus{onTalk}, "", "", ""},
	{opNewest, []string{"end"}, nil, "", "", ""},
	{opHelp, []string{"f1", "?"}, nil, "? or F1", "this page; ? when the line is empty", "? help"},
	{opQuit, []string{"ctrl+c"}, nil, "ctrl+c", "quit", "ctrl+c quit"},
}

// lookup is what a key does in a region.
func lookup(key string, in focus) op {
	for _, b := range bindings {
		if slices.Contains(b.keys, key) && (b.in == nil || slices.Contains(b.in, in)) {
			return b.op
		}
	}
	return opNone
}

// key does what the table of keys says; in the input every other key types.
func (m *Model) key(msg tea.KeyPressMsg) tea.Cmd {
	todo := lookup(msg.String(), m.focus)
	typing := m.focus == onInput
	switch {
	case typing && msg.String() == "?" && m.input.Value() != "":
		todo = opNone
	case typing && todo == opNewest && !m.talk.back:
		todo = opNone // then it is the end of the line
	}
	switch todo {
	case opSend:
		return m.enter()
	case opQuit:
		return tea.Quit
	case opHelp:
		m.help.offset = 0
		if m.page == helpPage {
			m.page = noPage
		} else {
			m.page = helpPage
		}
	case opNextPane:
		line, ok := complete(m.input.Value(), m.snap)
		switch {
		case typing && ok:
			m.input.Set(line)
		case typing && strings.HasPrefix(m.input.Value(), "/"):
			// Half a command is no reason to leave: nothing completes it yet.
		default:
			m.focusOn((m.focus + 1) % regions)
		}
	case opPreviousPane:
		m.focusOn((m.focus + regions - 1) % regions)
	case opToInput:
		m.page = noPage
		m.focusOn(onInput)
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
	case opWhy:
		_, ok := m.pitfalls.Selected()
		switch {
		case m.page == findingPage:
			m.page = noPage
		case ok:
			m.page, m.pitfalls.offset = findingPage, 0
		}
	case opUp:
		m.move(-1)
	case opDown:
		m.move(1)
	case opPageUp:
		m.scroll(-m.pageful())
	case opPageDown:
		m.scroll(m.pageful())
	case opTop:
		m.talk.Top()
	case opNewest:
		m.talk.Follow()
	default:
		return m.input.UpdateText(msg)
	}
	return nil
}

// move is what the up and down keys do.
func (m *Model) move(by int) {
	if m.page == helpPage {
		m.scroll(by)
		return
	}
	switch m.focus {
	case onInput:
		m.input.Recall(by)
	case onPitfalls:
		m.pitfalls.Select(by)
	case onMembership:
		m.membership.Scroll(by, m.lay.inside(), m.lay.paneHeight(0))
	case onHeard:
		m.heard.Scroll(by, m.lay.inside(), m.lay.paneHeight(1))
	default:
		m.scroll(by)
	}
}

// scroll moves what is shown in the talk's place.
func (m *Model) scroll(by int) {
	switch m.page {
	case helpPage:
		m.help.Scroll(by, m.talk.width, m.lay.pageHeight())
	case findingPage:
		m.pitfalls.Scroll(by, m.talk.width, m.lay.pageHeight())
	default:
		m.talk.Scroll(by)
	}
}

// pageful is how far the page keys go: one row stays in sight.
func (m *Model) pageful() int {
	if m.page != noPage {
		return max(1, m.lay.pageHeight()-1)
	}
	return max(1, m.talk.height-1)
}
