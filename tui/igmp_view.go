package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// View implements tea.Model.
func (m *igmpModel) View() tea.View { return m.view("groupcast igmp "+m.snap.About, m.frame) }

// frame is all rows of the screen.
func (m *igmpModel) frame() []string {
	rows := []string{m.title()}
	inside := m.height - 2
	switch {
	case inside < 1:
	case m.height < pingFramed || m.width < wide:
		rows = append(rows, filled(m.bare(inside), inside)...)
	default:
		rows = append(rows, filled(m.framed(inside), inside)...)
	}
	if m.height > 1 {
		rows = append(rows, igmpKeys.footer(m.styles, m.width))
	}
	return rows
}

// framed is the body of a screen that has room: who asks, who is a member, and what
// happened.
func (m *igmpModel) framed(height int) []string {
	st, width := m.styles, m.width-4
	if m.help {
		return st.frame(m.width, section{title: "Help", body: m.helpPage(width, height-2), rows: height - 2, focused: true})
	}
	space := height - 4 // four borders
	links := m.links(width, space*2/5)
	space -= len(links)
	events := min(max(3, len(m.snap.Events)), max(3, space/3))
	if m.focus == igmpEvents {
		events = max(events, min(len(m.snap.Events), space/2))
	}
	return st.frame(m.width,
		section{title: "Queriers", body: strings.Join(links, "\n"), rows: len(links)},
		section{title: "Members", note: st.dim.Render(m.place(igmpMembers, len(m.snap.Members))), body: m.members(width, space-events), rows: space - events, focused: m.focus == igmpMembers},
		section{title: "Events", note: st.dim.Render(m.place(igmpEvents, len(m.snap.Events))), body: m.events(width, events), rows: events, focused: m.focus == igmpEvents},
	)
}

// place says which of the rows are shown, if not all are.
func (m *igmpModel) place(part igmpPart, rows int) string {
	switch back := m.offset[part]; {
	case part == igmpEvents && back > 0:
		return count(back, "newer one")
	case part == igmpMembers && back > 0:
		return count(back, "row") + " above"
	}
	return ""
}

// bare is the body of a small screen.
func (m *igmpModel) bare(height int) []string {
	if m.help {
		return strings.Split(m.helpPage(m.width, height), "\n")
	}
	rows := m.links(m.width, max(1, height/3))
	height -= len(rows)
	events := 0
	if height >= 6 {
		events = 2
	}
	if m.focus == igmpEvents {
		events = height
	}
	if height-events > 0 {
		rows = append(rows, filled(strings.Split(m.members(m.width, height-events), "\n"), height-events)...)
	}
	if events > 0 {
		rows = append(rows, strings.Split(m.events(m.width, events), "\n")...)
	}
	return rows
}

// title is the first row: what is watched, and how much there is.
func (m *igmpModel) title() string {
	st, s := m.styles, m.snap
	left := st.headed(m.host, "igmp", clean(s.About), m.width)
	facts := []string{count(len(s.Members), "member"), count(s.Groups, "group")}
	if m.paused {
		facts = append([]string{"paused"}, facts...)
	}
	for n := len(facts); n > 0; n-- {
		right := strings.Join(facts[:n], st.dot) + " "
		if gap := m.width - st.cells(left) - st.cells(right); gap >= 0 {
			return left + st.title.Render(strings.Repeat(" ", gap)+right)
		}
	}
	return st.fit(left, m.width)
}
