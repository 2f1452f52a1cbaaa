package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// meshOp is an operation of a key on the screen of groupcast mesh.
type meshOp uint8

const (
	meshNone meshOp = iota
	meshQuit
	meshHelp
	meshUp
	meshDown
	meshLeft
	meshRight
	meshPageUp
	meshPageDown
	meshTop
	meshBottom
	meshWorse
	meshBetter
	meshOpen
	meshSorts
	meshTab
	meshPauses
	meshBack
)

// meshKeys is the one table of these keys, as pingKeys is for a ping.
var meshKeys = liveKeys[meshOp]{
	{meshQuit, []string{"q", "ctrl+c"}, "q", "end, and print the report (also ctrl+c)", "q end"},
	{meshHelp, []string{"?", "f9"}, "?", "this help (also F9)", "? help"},
	{meshUp, []string{"up", "k"}, "arrows", "select a pair: up and down who hears, left and right who speaks (also h j k l, page up and page down)", "arrows select"},
	{meshDown, []string{"down", "j"}, "", "", ""},
	{meshLeft, []string{"left", "h"}, "", "", ""},
	{meshRight, []string{"right", "l"}, "", "", ""},
	{meshPageUp, []string{"pgup"}, "", "", ""},
	{meshPageDown, []string{"pgdown"}, "", "", ""},
	{meshTop, []string{"home", "g"}, "home", "the worst pair, whichever it is; end is the last row (also g G)", ""},
	{meshBottom, []string{"end", "G"}, "", "", ""},
	{meshWorse, []string{"n"}, "n N", "the next pair, from the worst on, and back", "n next worst"},
	{meshBetter, []string{"N", "shift+n"}, "", "", ""},
	{meshOpen, []string{"enter"}, "enter", "all about the selected pair, and back", "enter pair"},
	{meshSorts, []string{"s"}, "s", "sort by the worst pair, or by name", "s sort"},
	{meshTab, []string{"tab", "shift+tab"}, "tab", "the matrix, or the members", "tab members"},
	{meshPauses, []string{"p", "space"}, "p", "freeze the screen, or go on; the measurement continues", "p pause"},
	{meshBack, []string{"esc"}, "esc", "back to the matrix", ""},
}

func (m *meshModel) key(name string) tea.Cmd {
	page := max(1, m.matrix.nrows-1)
	switch meshKeys.lookup(name) {
	case meshQuit:
		return tea.Quit
	case meshHelp:
		m.help, m.window = !m.help, window{}
	case meshUp:
		m.move(-1, 0)
	case meshDown:
		m.move(1, 0)
	case meshLeft:
		m.move(0, -1)
	case meshRight:
		m.move(0, 1)
	case meshPageUp:
		m.move(-page, 0)
	case meshPageDown:
		m.move(page, 0)
	case meshTop:
		if m.focus == onMesh && !m.help && !m.detail {
			m.matrix.follow()
		} else {
			m.move(-far, 0)
		}
	case meshBottom:
		m.move(far, 0)
	case meshWorse:
		m.matrix.step(1)
		m.window = window{}
	case meshBetter:
		m.matrix.step(-1)
		m.window = window{}
	case meshOpen:
		m.detail, m.window = !m.detail, window{}
	case meshSorts:
		m.matrix.sorts()
	case meshTab:
		m.focus = (m.focus + 1) % meshParts
		m.help, m.detail = false, false
	case meshPauses:
		m.paused = !m.paused
	case meshBack:
		m.help, m.detail, m.focus = false, false, onMesh
	}
	return nil
}

// move moves what the keys act on.
func (m *meshModel) move(rows, columns int) {
	switch {
	case m.help:
		m.offset = scrollTo(m.offset+rows, len(m.helpRows(m.inside())), m.shown)
	case m.detail:
		if m.view != nil {
			m.offset = scrollTo(m.offset+rows, len(m.pairPage(m.inside())), m.shown)
		}
	case m.focus == onPeople:
		m.people.scroll(rows)
	default:
		m.matrix.move(rows, columns)
	}
}

// helpRows say the keys, and what the cells mean.
func (m *meshModel) helpRows(width int) []string {
	rows := meshKeys.help(m.styles, 10, width, [][2]string{
		{"0 1.2 80", "datagrams that were lost, in per cent: a row hears, a column speaks"},
		{"80! ~80!", "it heard before, and does not now; ~ with what was sent since, guessed from the rate"},
		{"x", "it never heard that one"},
		{"?", "nothing is known: the one that hears has told nothing yet"},
		{"-", "a source that it did not ask for"},
		{"*", "not listed, of more than 256 members: well, or not known"},
		{"spread", "how much later than the fastest datagram nearly all came; a delay itself cannot be measured"},
		{"unicast", "probes between the two, to the address that the other is heard from; they say nothing of multicast"},
	})
	return append(rows, "", strings.TrimSpace("Numbered datagrams are not signed: a host of the network can spoil these numbers."))
}
