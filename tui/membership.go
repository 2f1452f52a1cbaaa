package tui

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/session"
)

// membership is the pane of interfaces: where the group is joined, and by
// which one sends leave.
type membership struct {
	window
	styles *styles
	snap   session.Snapshot
}

// wide is the width from which a pane writes one row instead of several.
const wide = 56

func (m *membership) render(width, height int) string {
	return m.styles.scrolled(m.rows(width), m.offset, height)
}

// rows are all rows of the pane: interfaces that matter now come first, and
// the loopback interface only when it is used.
func (m *membership) rows(width int) []string {
	var first, rest, rows []string
	s := m.snap
	if s.Sends.Err != nil {
		rows = m.styles.hanging(m.styles.failure.Render(m.styles.fail), "sends go nowhere: "+errorText(s.Sends.Err), width, 4)
	}
	name := 0
	for _, i := range s.Interfaces {
		name = max(name, m.styles.cells(clean(i.Name)))
	}
	for _, i := range s.Interfaces {
		used := i.Joined || i.Err != nil || i.Index == s.Sends.IfIndex || i.Index == s.Kernel.IfIndex
		switch {
		case used:
			first = append(first, m.one(i, width, min(name, 16))...)
		case !i.Loopback():
			rest = append(rest, m.one(i, width, min(name, 16))...)
		}
	}
	rows = slices.Concat(rows, first, rest)
	if len(s.Groups) > 1 {
		traffic := make(map[netip.Addr]chat.Traffic, len(s.Room.Groups))
		for _, t := range s.Room.Groups {
			traffic[t.Group] = t
		}
		for _, g := range s.Groups {
			if g != s.Group {
				row := m.styles.dim.Render("also in " + clean(g.String()))
				t := traffic[g.Addr]
				rows = append(rows, m.styles.withRate(row, t.Rate, t.History, width))
			}
		}
	}
	if len(rows) == 0 {
		rows = []string{m.styles.dim.Render("no interfaces")}
	}
	return rows
}

func (m *membership) one(i session.Interface, width, name int) []string {
	st, s := m.styles, m.snap
	glyph := st.dim.Render(st.notJoined)
	if i.Joined {
		glyph = st.good.Render(st.joined)
	}
	addrs := m.addresses(i)
	head := glyph + " " + st.bold.Render(st.fit(st.cut(clean(i.Name), name), name)) + "  "
	state := st.dim.Render(m.state(i))
	var rows []string
	if width >= wide {
		rows = append(rows, head+st.fit(addrs[0], 18)+"  "+state)
	} else {
		rows = append(rows, st.cut(head+addrs[0], width), "  "+state)
	}
	for _, a := range addrs[1:] {
		rows = append(rows, st.cut(strings.Repeat(" ", 4+name)+a, width))
	}
	if i.Err != nil {
		rows = append(rows, st.hanging("  "+st.failure.Render(st.fail), errorText(i.Err), width, 4)...)
	}
	if i.Index == s.Sends.IfIndex && s.Sends.Err == nil && i.Index != 0 {
		glyph, what, way := st.sends(s.Sends)
		rows = append(rows, m.egress(glyph, what, way, width)...)
	}
	if i.Index == s.Kernel.IfIndex && s.Kernel.Err == nil && s.Kernel.IfIndex != s.Sends.IfIndex {
		rows = append(rows, m.egress(st.warning.Render(st.kernel), "the kernel would choose it", s.Kernel, width)...)
	}
	return rows
}

// addresses are those of the group's IP version: with others it cannot send.
func (m *membership) addresses(i session.Interface) []string {
	six := m.snap.Group.Addr.Is6()
	var out []string
	for _, p := range i.Addrs {
		if p.Addr().Is6() == six {
			out = append(out, p.String())
		}
	}
	switch {
	case len(out) > 0:
		return out
	case six:
		return []string{m.styles.warning.Render("no IPv6 address")}
	}
	return []string{m.styles.warning.Render("no IPv4 address")}
}

func (m *membership) state(i session.Interface) string {
	words := []string{"not joined"}
	if i.Joined {
		words[0] = "joined"
		if i.IGMP != 0 {
			words = append(words, "IGMPv"+strconv.Itoa(i.IGMP))
		}
	}
	switch {
	case !i.Up():
		words = append(words, "down")
	case !i.Carrier() && !i.Loopback():
		words = append(words, "no carrier")
	default:
		words = append(words, "up")
	}
	return strings.Join(words, m.styles.dot)
}

// egress says that sends leave somewhere and why, on one row if it fits.
func (m *membership) egress(glyph, what string, e session.Egress, width int) []string {
	st := m.styles
	because := clean(e.Because)
	row := "  " + glyph + " " + what
	switch {
	case because == "":
		return []string{row}
	case st.cells(row)+len(" ()")+st.cells(because) <= width:
		return []string{row + st.dim.Render(" ("+because+")")}
	}
	return []string{row, "    " + st.dim.Render(st.cut(because, width-4))}
}

// errorText is an error without the name of the package that it comes from.
func errorText(err error) string { return clean(strings.TrimPrefix(err.Error(), "mcast: ")) }
