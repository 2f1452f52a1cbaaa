package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// watchOp is an operation of a key.
type watchOp uint8

const (
	watchNone watchOp = iota
	watchQuit
	watchHelp
	watchUp
	watchDown
	watchPageUp
	watchPageDown
	watchTop
	watchBottom
	watchOpen
	watchPrevious
	watchNext
	watchSorts
	watchFreezes
	watchFilters
	watchTab
	watchBack
	watchSuspends
)

// watchKeys is the one table of these keys, as pingKeys is for a ping.
var watchKeys = liveKeys[watchOp]{
	{watchQuit, []string{"q", "ctrl+c"}, "q", "end, and print the report (also ctrl+c)", "q end"},
	{watchHelp, []string{"?", "f9"}, "?", "this help (also F9)", "? help"},
	{watchUp, []string{"up", "k"}, "up down", "select a row, scroll (also k j, page up and page down)", ""},
	{watchDown, []string{"down", "j"}, "", "", ""},
	{watchPageUp, []string{"pgup", "b"}, "", "", ""},
	{watchPageDown, []string{"pgdown", "f"}, "", "", ""},
	{watchTop, []string{"home", "g"}, "home end", "the first and the last (also g G)", ""},
	{watchBottom, []string{"end", "G"}, "", "", ""},
	{watchOpen, []string{"enter"}, "enter", "the stream alone: its last 60 s, what was lost and when, the times between its datagrams, how its numbers are known, what to type next; and back", "enter open"},
	{watchPrevious, []string{"left", "h"}, "left right", "in that page: the row before, and after (also h l)", ""},
	{watchNext, []string{"right", "l"}, "", "", ""},
	{watchSorts, []string{"s"}, "s", "sort as asked for, trouble first, by loss, rate, jitter, sender", "s sort"},
	{watchFreezes, []string{"space", "p"}, "space", "freeze the screen, or go on; the counts continue (also p)", "space freeze"},
	{watchFilters, []string{"/"}, "/", "show only the rows with these words; esc shows all", "/ filter"},
	{watchTab, []string{"tab", "shift+tab"}, "tab", "scroll the events, or the streams", "tab events"},
	{watchBack, []string{"esc"}, "esc", "one step back: from a page, from the events, from the filter", ""},
	{watchSuspends, []string{"ctrl+z"}, "ctrl+z", "stop the program; the shell's fg goes on; that time is not judged", ""},
}

// pageKeys are those of the last row while a page is shown.
var pageKeys = liveKeys[watchOp]{
	{footer: "esc back"}, {footer: "left/right row before, after"}, {footer: "up/down scroll"}, {footer: "space freeze"}, {footer: "q end"},
}

func (m *watchModel) key(name string) tea.Cmd {
	switch watchKeys.lookup(name) {
	case watchQuit:
		return tea.Quit
	case watchHelp:
		m.help, m.window = !m.help, window{}
	case watchUp:
		m.move(-1)
	case watchDown:
		m.move(1)
	case watchPageUp:
		m.move(-m.pageful())
	case watchPageDown:
		m.move(m.pageful())
	case watchTop:
		m.move(-far)
	case watchBottom:
		m.move(far)
	case watchOpen:
		return m.opens(!m.detail.open)
	case watchPrevious:
		return m.turn(-1)
	case watchNext:
		return m.turn(1)
	case watchSorts:
		m.table.sorts()
	case watchFreezes:
		m.freeze()
	case watchFilters:
		m.help, m.detail.open, m.events.focused = false, false, false
		m.typing, m.before = true, m.filter.value()
	case watchTab:
		if !m.help && !m.detail.open {
			m.events.focused = !m.events.focused
		}
	case watchBack:
		m.back()
	case watchSuspends:
		if m.suspend {
			return tea.Suspend
		}
	}
	return nil
}

// typed takes a key for the filter. What is shown follows at once.
func (m *watchModel) typed(msg tea.KeyPressMsg) (cmd tea.Cmd) {
	switch msg.String() {
	case "ctrl+c", "ctrl+z":
		return m.key(msg.String())
	case "enter":
		m.typing = false
		return nil
	case "esc":
		m.typing = false
		m.filter.set("")
	case "up", "down", "pgup", "pgdown":
		return m.key(msg.String())
	default:
		cmd = m.filter.update(msg)
	}
	m.table.setFilter(m.filter.value())
	return cmd
}

// opens shows the selected row alone, or all of them.
func (m *watchModel) opens(open bool) tea.Cmd {
	row, some := m.table.selectedRow()
	if m.help || !some {
		return nil
	}
	m.detail.open, m.events.focused = open, false
	m.detail.show(row.id)
	return m.look()
}

// turn goes to the page of another row.
func (m *watchModel) turn(by int) tea.Cmd {
	if !m.detail.open || m.help {
		return nil
	}
	m.table.move(by)
	return m.opens(true)
}

// freeze lets the picture stand, or go on.
func (m *watchModel) freeze() {
	if m.frozen = !m.frozen; !m.frozen {
		m.events.offset = 0
		m.show()
	}
}

func (m *watchModel) back() {
	switch {
	case m.help:
		m.help = false
	case m.detail.open:
		m.detail.open = false
	case m.events.focused:
		m.events.focused, m.events.offset = false, 0
	case m.filter.value() != "":
		m.filter.set("")
		m.table.setFilter("")
	}
}

// move scrolls what is shown, or selects another row.
func (m *watchModel) move(by int) {
	width, height := m.width, m.height-2
	switch {
	case m.help:
		m.scroll(by, m.helpRows(width), height)
	case m.detail.open:
		m.detail.scroll(by, m.detail.rows(width, height-1), height-1)
	case m.events.focused:
		m.events.scroll(by)
	default:
		m.table.move(by)
	}
}

// pageful is the number of rows that a page key scrolls: one stays in sight.
func (m *watchModel) pageful() int {
	switch {
	case m.help || m.detail.open:
		return max(1, m.height-4)
	case m.events.focused:
		return max(1, m.events.shown-1)
	}
	return max(1, m.table.shown-1)
}

// helpRows say the keys, and what the columns mean.
func (m *watchModel) helpRows(width int) []string {
	st := m.styles
	rows := watchKeys.help(st, 10, width-1, [][2]string{
		{st.joined + " " + st.silent + " " + st.notJoined, "it sends; a steady sender is missed; nothing was heard, or the sender ended"},
		{"ON", "the interface that receives it; two interfaces on one wire are two rows"},
		{"/s Mb/s", "datagrams, and bits of payload, in the last second"},
		{"LOST", "numbers that did not arrive; -: the datagrams have no known numbers, so the loss is not known"},
		{"KERNEL", "of LOST: those that found this host's socket full, at most. The rest was lost before it: in the network, or in this host's card, queues or firewall"},
		{"DUP LATE", "datagrams that came twice; after a later one"},
		{"JITTER", "RFC 3550, by the sender's clock; * of arrivals, by this host's clock alone"},
		{"NUMBERS", "the format whose numbers are counted"},
		{"60 s", "datagrams a second in the last minute; the most are the highest"},
		{st.atLeast + "12 " + st.about + "12", "at least: the numbers wrap too soon to tell all; about: estimated by rate and time"},
	})
	for i, row := range rows {
		rows[i] = " " + strings.TrimRight(row, " ")
	}
	return append(rows, "", " groupcast help watch says more")
}
