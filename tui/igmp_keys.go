package tui

import tea "charm.land/bubbletea/v2"

// igmpOp is an operation of a key.
type igmpOp uint8

const (
	igmpNone igmpOp = iota
	igmpQuit
	igmpHelp
	igmpUp
	igmpDown
	igmpPageUp
	igmpPageDown
	igmpTop
	igmpBottom
	igmpTab
	igmpPauses
	igmpBack
)

// igmpKeys is the one table of these keys, as pingKeys is for a ping.
var igmpKeys = liveKeys[igmpOp]{
	{igmpQuit, []string{"q", "ctrl+c"}, "q", "end (also ctrl+c)", "q end"},
	{igmpHelp, []string{"?", "f9"}, "?", "this help (also F9)", "? help"},
	{igmpUp, []string{"up", "k"}, "up down", "scroll (also k j, page up and page down, home and end)", "up/down scroll"},
	{igmpDown, []string{"down", "j"}, "", "", ""},
	{igmpPageUp, []string{"pgup"}, "", "", ""},
	{igmpPageDown, []string{"pgdown"}, "", "", ""},
	{igmpTop, []string{"home", "g"}, "", "", ""},
	{igmpBottom, []string{"end", "G"}, "", "", ""},
	{igmpTab, []string{"tab", "shift+tab"}, "tab", "scroll the members, or the events", "tab members, events"},
	{igmpPauses, []string{"p", "space"}, "p", "freeze the screen, or go on; the watch continues", "p pause"},
	{igmpBack, []string{"esc"}, "esc", "back to the table", ""},
}

func (m *igmpModel) key(name string) tea.Cmd {
	switch igmpKeys.lookup(name) {
	case igmpQuit:
		return tea.Quit
	case igmpHelp:
		m.help, m.helpOffset = !m.help, 0
	case igmpUp:
		m.scroll(-1)
	case igmpDown:
		m.scroll(1)
	case igmpPageUp:
		m.scroll(-max(1, m.page[m.focus]-1))
	case igmpPageDown:
		m.scroll(max(1, m.page[m.focus]-1))
	case igmpTop:
		m.scroll(-far)
	case igmpBottom:
		m.scroll(far)
	case igmpTab:
		m.focus = (m.focus + 1) % igmpParts
	case igmpPauses:
		m.paused = !m.paused
	case igmpBack:
		m.help = false
	}
	return nil
}

// scroll moves the part that has the focus, down when by is positive.
func (m *igmpModel) scroll(by int) {
	if m.help {
		m.helpOffset = scrollTo(m.helpOffset+by, len(m.helpRows(m.width-4)), m.height-4)
		return
	}
	if m.focus == igmpEvents {
		m.offset[igmpEvents] = scrollTo(m.offset[igmpEvents]-by, len(m.snap.Events), m.page[igmpEvents])
		return
	}
	m.offset[igmpMembers] = scrollTo(m.offset[igmpMembers]+by, len(m.snap.Members), m.page[igmpMembers])
}

func (m *igmpModel) helpPage(width, height int) string {
	return m.styles.scrolled(m.helpRows(width), m.helpOffset, height)
}

// helpRows say the keys, and what the columns mean.
func (m *igmpModel) helpRows(width int) []string {
	rows := igmpKeys.help(m.styles, 8, width, [][2]string{
		{"sight", "all: reports of other hosts are seen; own: they were due, and did not reach this port; unknown: neither"},
		{"since", "when the first report was heard"},
		{"expires", "when it counts as gone, if it does not report again"},
		{"how", "the version of the latest report, and which sources it asks for; at least: there may be more members"},
	})
	return append(rows, "", "groupcast explain igmp says more")
}
