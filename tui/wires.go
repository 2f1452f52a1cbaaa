package tui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/session"
)

// inside are the rows about an interface inside the host's box.
func (m *hostmap) inside(i session.Interface, width int) []string {
	st := m.styles
	glyph, state := st.dim.Render(st.notJoined), []string{"not joined"}
	if i.Joined {
		glyph, state[0] = st.good.Render(st.joined), "joined"
		if i.IGMP != 0 && m.snap.Group.Addr.Is4() {
			state = append(state, "IGMPv"+strconv.Itoa(i.IGMP))
		}
	}
	if broken(i) == "" {
		state = append(state, "up")
	}
	head := glyph + " " + st.bold.Render(st.cut(clean(i.Name), max(0, width-2)))
	said := st.dim.Render(strings.Join(state, st.dot))
	var rows []string
	if st.cells(head)+2+st.cells(said) <= width {
		rows = append(rows, head+"  "+said)
	} else {
		rows = append(rows, head, "  "+st.cut(said, max(0, width-2)))
	}
	if said := m.wireOf(i).reported(width-2, st); said != "" {
		rows = append(rows, "  "+st.dim.Render(st.cut(said, max(0, width-2))))
	}
	if i.Err != nil {
		rows = append(rows, st.hanging("  "+st.failure.Render(st.fail), errorText(i.Err), width, 4)...)
	}
	for _, p := range i.Addrs {
		rows = append(rows, "  "+st.cut(clean(p.String()), max(0, width-2)))
	}
	if len(i.Groups) > 0 {
		names := make([]string, len(i.Groups))
		for n, g := range i.Groups {
			names[n] = clean(g.String())
		}
		rows = append(rows, m.listed("groups joined here:", names, width)...)
	}
	return rows
}

const groupRows = 4 // that the groups of an interface may fill

// listed wraps names behind a title, and says how many there is no room for.
func (m *hostmap) listed(title string, names []string, width int) (rows []string) {
	st := m.styles
	row, begins := title, 0 // begins is the first name of the row
	for n, name := range names {
		if row != "" && st.cells(row)+1+st.cells(name) > width-2 {
			if len(rows) == groupRows-1 {
				row = fmt.Sprintf("and %d more", len(names)-begins)
				break
			}
			rows = append(rows, row)
			row, begins = "", n
		}
		row = strings.TrimPrefix(row+" "+name, " ")
	}
	rows = append(rows, row)
	for n := range rows {
		rows[n] = "  " + st.dim.Render(st.cut(rows[n], max(0, width-2)))
	}
	return rows
}

// broken says why nothing can come or leave by an interface.
func broken(i session.Interface) string {
	switch {
	case !i.Up():
		return "down"
	case !i.Carrier() && !i.Loopback():
		return "no carrier"
	}
	return ""
}

// wire draws what an interface is on: with an arrow where sends leave, and
// with gaps where nothing can.
func (m *hostmap) wire(i session.Interface, width int) string {
	st := m.styles
	style := m.wireStyle(i)
	if why := broken(i); why != "" {
		gaps := style.Render(strings.Repeat(st.horizontal+" ", max(0, width)/2))
		row := style.Render(st.horizontal) + st.failure.Render(" "+st.fail+" "+why) + " " + st.fit(gaps, 6) + st.dim.Render(m.networks(i)) + " " + gaps
		return st.fit(row, max(0, width))
	}
	start := strings.Repeat(st.horizontal, 4)
	if m.sendsBy(i) && !m.snap.Sends.Stays {
		start = st.horizontal + st.out + strings.Repeat(st.horizontal, 3-st.cells(st.out))
	}
	name := " " + st.cut(m.networks(i), max(0, width-7)) + " "
	return style.Render(start) + st.bold.Render(name) + style.Render(strings.Repeat(st.horizontal, max(0, width-4-st.cells(name))))
}

func (m *hostmap) sendsBy(i session.Interface) bool {
	return m.snap.Sends.Err == nil && i.Index != 0 && i.Index == m.snap.Sends.IfIndex
}

// networks are those of the group's IP version that the interface is on.
func (m *hostmap) networks(i session.Interface) string {
	six := m.snap.Group.Addr.Is6()
	var list []string
	for _, p := range i.Addrs {
		if n := p.Masked().String(); p.Addr().Is6() == six && !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	switch {
	case i.Loopback():
		return "inside this host"
	case len(list) > 0:
		return strings.Join(list, ", ")
	case six:
		return "no IPv6 network"
	}
	return "no IPv4 network"
}

// wireStyle is the style of an interface's wire.
func (m *hostmap) wireStyle(i session.Interface) shade {
	if m.sendsBy(i) && broken(i) == "" && !m.snap.Sends.Stays {
		return m.styles.accent
	}
	return m.styles.border
}

// outside are the rows about an interface's wire.
func (m *hostmap) outside(i session.Interface, width int) (rows []string) {
	st, s := m.styles, m.snap
	if m.sendsBy(i) {
		glyph, what, way := st.sends(s.Sends)
		rows = append(rows, m.egress(glyph, what, way, width)...)
	}
	if s.Kernel.Err == nil && i.Index != 0 && i.Index == s.Kernel.IfIndex && s.Kernel.IfIndex != s.Sends.IfIndex {
		rows = append(rows, m.egress(st.warning.Render(st.kernel), "the kernel would choose it", s.Kernel, width)...)
	}
	if said := m.wireOf(i).asks(width, st); said != "" {
		rows = append(rows, st.dim.Render(said))
	}
	others := m.hosts(sortedHosts(s.Room.Senders), i, width)
	local := m.hosts(sortedHosts(s.Room.Local), i, width)
	switch {
	case len(others) > 0 || broken(i) != "":
	case len(local) > 0:
		others = []string{st.dim.Render("nobody else heard yet")}
	default:
		others = []string{st.dim.Render("nobody heard yet")}
	}
	return slices.Concat(rows, others, local)
}

// hosts are the rows about those hosts that were heard by an interface.
func (m *hostmap) hosts(list []chat.Sender, i session.Interface, width int) (rows []string) {
	list = slices.DeleteFunc(list, func(s chat.Sender) bool { return s.IfIndex != i.Index })
	for _, s := range list {
		rows = append(rows, m.sender(s, width, len(list) > fewHosts)...)
	}
	return rows
}

// fewHosts is how many hosts of a wire are drawn with all that is known of them,
// in two rows if need be.
const fewHosts = 4

// sends says that sends leave by an interface, or that they do not.
func (st *styles) sends(e session.Egress) (glyph, what string, way session.Egress) {
	if e.Stays {
		e.Because = "ttl 0, and joined here"
		return st.warning.Render(st.warn), "sends stay on this host", e
	}
	return st.accent.Render(st.leaves), "sends leave here", e
}

// egress says that sends leave by an interface and why, on one row if it fits.
func (m *hostmap) egress(glyph, what string, e session.Egress, width int) []string {
	st := m.styles
	because := clean(e.Because)
	row := glyph + " " + what
	switch {
	case because == "":
		return []string{row}
	case st.cells(row)+len(" ()")+st.cells(because) <= width:
		return []string{row + st.dim.Render(" ("+because+")")}
	}
	return append([]string{row}, st.hanging(" ", because, width, 4)...)
}

// sender are the rows about a host that was heard on a wire.
func (m *hostmap) sender(s chat.Sender, width int, many bool) []string {
	note := portCount(s)
	if isLocal(m.snap.Room, s) {
		note = "this host"
	}
	if names := namesAt(m.snap, s.Addr); names != "" {
		note = strings.TrimSuffix(m.styles.cut(names, 32)+m.styles.dot+note, m.styles.dot)
	}
	return m.styles.mappedHost(s, note, ago(m.now.Sub(s.Last)), width, many)
}

// mappedHost are the rows about a host of a map: one if it fits, and if there are
// many with less in it. note says what is special about it, and last when it was heard.
func (st *styles) mappedHost(s chat.Sender, note, last string, width int, many bool) []string {
	const address, bars = 15, 8
	glyph := st.good.Render(st.in) + " "
	host := st.tail(hostName(s), max(1, width-2-1-bars-2))
	styled := glyph + st.sender(s.Addr).Render(st.fit(host, max(address, st.cells(host))))
	if s.History != nil {
		styled += " " + st.accent.Render(st.spark(s.History, bars))
	}
	datagrams := ""
	if s.Datagrams > 0 {
		datagrams = count(s.Datagrams, "datagram")
	}
	said := func(facts ...string) string {
		facts = slices.DeleteFunc(facts, func(fact string) bool { return fact == "" })
		return st.dim.Render(strings.Join(facts, st.dot))
	}
	all := said(note, datagrams, ttlOf(s), last)
	for _, facts := range []string{all, said(note, datagrams, last), said(note, last)} {
		if row := styled + "  " + facts; st.cells(row) <= width {
			return []string{row}
		}
		if !many {
			margin := strings.Repeat(" ", st.cells(glyph))
			if short := margin + said(note, datagrams, last); st.cells(margin+all) > width && st.cells(short) <= width {
				return []string{styled, short}
			}
			return []string{styled, margin + all}
		}
	}
	return []string{styled}
}

// othersHeard are the hosts that were heard by an interface that is not drawn,
// or not known, and the count of those that are not listed at all.
func (m *hostmap) othersHeard(width int) (rows []string) {
	st, s := m.styles, m.snap
	drawn := m.interfaces()
	for _, sender := range sortedHosts(s.Room.Senders) {
		if slices.ContainsFunc(drawn, func(i session.Interface) bool { return i.Index == sender.IfIndex }) {
			continue
		}
		if rows == nil {
			rows = append(rows, st.dim.Render("heard on an interface that is gone or not known"))
		}
		rows = append(rows, m.sender(sender, width, false)...)
	}
	if more := s.Room.SendersTotal - len(s.Room.Senders); more > 0 {
		rows = append(rows, st.dim.Render(st.more+" and "+count(more, "host")+" that were heard longer ago"))
	}
	return rows
}
