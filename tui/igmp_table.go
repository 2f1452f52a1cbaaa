package tui

import (
	"cmp"
	"slices"
	"strings"
)

// links say who asks on each link, in at most that many rows.
func (m *igmpModel) links(width, limit int) []string {
	st := m.styles
	name, protocol := 0, 0
	for _, l := range m.snap.Links {
		name, protocol = max(name, min(16, st.cells(clean(l.Interface)))), max(protocol, st.cells(l.Protocol))
	}
	var rows []string
	last := ""
	for _, l := range m.snap.Links {
		shown := st.cut(clean(l.Interface), name)
		if l.Interface == last {
			shown = ""
		}
		last = l.Interface
		head := st.bold.Render(st.fit(shown, name)) + " " + st.accent.Render(st.fit(l.Protocol, protocol))
		margin := st.fit("", st.cells(head))
		for i, q := range l.Queriers {
			text, sight := clean(q), "sight: "+clean(l.Sight)
			if i > 0 {
				sight, head = "", margin
			}
			if one := head + " " + text; st.cells(one)+2+st.cells(sight) <= width {
				rows = append(rows, st.ends(one, st.dim.Render(sight), width))
				continue
			}
			if sight != "" {
				text += st.dot + sight
			}
			rows = append(rows, st.hanging(head, text, width, 4)...)
		}
		for _, n := range l.Notes {
			rows = append(rows, st.hanging(margin+" "+st.warning.Render(st.warn), clean(n), width, 4)...)
		}
	}
	if len(rows) == 0 {
		rows = []string{st.dim.Render("looking")}
	}
	if limit = max(1, limit); len(rows) > limit {
		rest := len(rows) - limit + 1
		rows = append(rows[:limit-1], st.dim.Render(st.more+" "+count(rest, "row")+" more; groupcast igmp --once shows all"))
	}
	return rows
}

// members is the table, in that many rows.
func (m *igmpModel) members(width, height int) string {
	st, list := m.styles, m.snap.Members
	if height <= 0 || width <= 0 {
		return ""
	}
	if len(list) == 0 {
		rows, _ := st.wrap(clean(cmp.Or(m.snap.Nobody, "no member seen")), width, height)
		for i, r := range rows {
			rows[i] = st.dim.Render(r)
		}
		return strings.Join(rows, "\n")
	}
	rows := make([]string, 0, height)
	columns := m.columns(width)
	if height > 1 {
		rows = append(rows, st.dim.Render(st.fit(columnTitles(st, columns), width)))
		height--
	}
	m.page[igmpMembers] = height
	m.offset[igmpMembers] = scrollTo(m.offset[igmpMembers], len(list), height)
	from := m.offset[igmpMembers]
	for _, member := range list[from:min(len(list), from+height)] {
		row := st.fit(columnRow(st, columns, member), width)
		if member.Self {
			row = st.own.Render(row)
		}
		rows = append(rows, row)
	}
	if rest := len(list) - from - height; rest > 0 && height > 1 {
		rows[len(rows)-1] = st.dim.Render(st.more + " " + count(rest+1, "row") + " more")
	}
	return strings.Join(rows, "\n")
}

// columns are what a row has room for. Only as many members are measured as can be
// on the screen.
func (m *igmpModel) columns(width int) []column[IGMPMember] {
	st := m.styles
	on, group, host, several := 5, 5, 4, false
	list := m.snap.Members
	from := scrollTo(m.offset[igmpMembers], len(list), 0)
	for _, r := range list[from:min(len(list), from+m.height)] {
		on, group, host = max(on, st.cells(clean(r.Interface))), max(group, st.cells(clean(r.Group))), max(host, st.cells(hostCell(r)))
		several = several || r.Interface != list[0].Interface
	}
	all := []column[IGMPMember]{
		{"group", min(group, max(15, width*2/5)), 0, false, func(st *styles, r IGMPMember, w int) string { return st.cut(clean(r.Group), w) }},
		{"host", min(host, max(15, width*2/5)), 0, false, func(st *styles, r IGMPMember, w int) string {
			if text := hostCell(r); st.cells(text) <= w || !r.Self {
				return st.tail(text, w)
			}
			return st.cut("this host", w)
		}},
		{"since", 8, 3, false, func(st *styles, r IGMPMember, w int) string { return st.cut(clean(r.Since), w) }},
		{"expires", 7, 1, true, func(st *styles, r IGMPMember, w int) string { return st.cut(clean(r.Expires), w) }},
		{"how", 0, 0, false, func(st *styles, r IGMPMember, w int) string { return st.cut(clean(r.How), w) }},
	}
	if several {
		all = slices.Insert(all, 0, column[IGMPMember]{"by", min(on, 16), 2, false, func(st *styles, r IGMPMember, w int) string { return st.cut(clean(r.Interface), w) }})
	}
	return fitting(all, width, 16)
}

func hostCell(r IGMPMember) string {
	if r.Self {
		return clean(r.Host) + " (this host)"
	}
	return clean(r.Host)
}

// events are the latest, the newest at the bottom.
func (m *igmpModel) events(width, height int) string {
	st, list := m.styles, m.snap.Events
	if len(list) == 0 {
		return st.dim.Render("none yet")
	}
	m.page[igmpEvents] = height
	m.offset[igmpEvents] = scrollTo(m.offset[igmpEvents], len(list), height)
	end := len(list) - m.offset[igmpEvents]
	var rows []string
	for _, e := range list[max(0, end-height):end] {
		rows = append(rows, st.cut(st.dim.Render(clean(e.Time))+" "+st.accent.Render(st.fit(clean(e.Kind), 16))+" "+clean(e.Text), width))
	}
	return strings.Join(rows, "\n")
}
