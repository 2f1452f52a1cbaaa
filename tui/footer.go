package tui

import (
	"fmt"
	"slices"
	"strings"
)

// footer is the last row: what the last key did, the usage of the command that
// is typed, or the keys that act here.
func (m *model) footer() string {
	st := m.styles
	if said := m.footerText(m.width - 2); said != "" {
		return " " + said
	}
	row := ""
	for _, item := range m.footerItems() {
		next := st.accent.Render(item.key) + " " + st.dim.Render(item.word)
		if row != "" {
			next = st.dim.Render(st.dot) + next
		}
		row += next
	}
	return " " + row
}

// footerText is a message that is more important now than keys, or "".
func (m *model) footerText(width int) string {
	st := m.styles
	switch u := usage(m.input.value()); {
	case m.flash != "":
		return st.accent.Render(st.cut(clean(m.flash), width))
	case m.focus == onInput && u != "":
		return st.dim.Render(st.cut(clean(u), width))
	case m.focus == onInput && m.fragments() != "":
		return st.warning.Render(st.cut(m.fragments(), width))
	}
	return ""
}

// fragments says when what is typed is too much for one packet of the
// interface that it would leave by.
func (m *model) fragments() string {
	size := len(m.input.value())
	if size < smallestMTU-ip6Header-udpHeader || strings.HasPrefix(m.input.value(), "/") {
		return ""
	}
	header := ip4Header
	if m.snap.Group.Addr.Is6() {
		header = ip6Header
	}
	for _, i := range m.snap.Interfaces {
		if i.Index == m.snap.Sends.IfIndex && i.MTU > 0 && size > i.MTU-header-udpHeader {
			return fmt.Sprintf("%s: more than one packet of %s holds (MTU %d). One lost fragment loses all", count(size, "byte"), clean(i.Name), i.MTU)
		}
	}
	return ""
}

// smallestMTU is that of the smallest IPv4 network (RFC 791), below which
// nobody looks.
const smallestMTU = 576

// footerItems are those that there is room for, and none when the row says
// something else.
func (m *model) footerItems() []footerItem {
	if m.footerText(m.width) != "" {
		return nil
	}
	_, fixable := m.pitfalls.fixable()
	items := footerItems(m.region(), fixable)
	if p := m.paste; p != nil {
		items = slices.DeleteFunc(items, func(i footerItem) bool {
			return i.op == opSendEach && p.tooMany() || i.op == opSendOne && p.tooLong()
		})
	}
	used := 1
	for i, item := range items {
		if item.op == opSort {
			items[i].word += ": " + m.table().orders[m.table().order]
			item = items[i]
		}
		if i > 0 {
			used += m.styles.cells(m.styles.dot)
		}
		if used += m.styles.cells(item.key + " " + item.word); used >= m.width {
			return items[:i]
		}
	}
	return items
}

// status is the one row that stands for the title and the panes on a small
// terminal.
func (m *model) status() string {
	st := m.styles
	if m.paste != nil {
		return m.footer()
	}
	if said := m.footerText(m.width); said != "" {
		return said
	}
	row := ""
	add := func(text string) {
		if text != "" && st.cells(row)+st.cells(text)+1 <= m.width {
			row += text + " "
		}
	}
	add(st.accent.Render(m.frozenText()))
	if m.talk.scrolledBack && !m.frozen {
		add(st.accent.Render(m.below()))
	}
	if n := len(m.snap.Findings); n > 0 {
		add(st.alarm(m.snap.Findings[0].Verdict, clean(m.snap.Findings[0].Name)))
	}
	if said := st.recorded(m.recorded()); said != nil {
		add(said[len(said)-1])
	}
	if m.snap.Group.Addr.IsValid() {
		add(clean(m.snap.Group.String()))
	}
	if mode := memberMode(m.snap); mode == "sealed" {
		add(st.accent.Render(mode))
	}
	switch s := m.snap.Sends; {
	case s.Err != nil:
		add(st.failure.Render("sends go nowhere"))
	case s.Interface != "":
		add(st.dim.Render("by " + clean(s.Interface)))
	}
	if mode := memberMode(m.snap); mode != "sealed" && mode != "" {
		add(st.dim.Render(mode))
	}
	add(st.dim.Render("? help"))
	return row
}
