package tui

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/members"
	"github.com/groupcast/groupcast/mcast/session"
)

// membership is the pane of interfaces: where the group is joined, and by
// which one sends leave.
type membership struct {
	window
	paneRows
	styles  *styles
	snap    session.Snapshot
	now     time.Time
	focused bool
}

// wide is the width from which a pane writes one row instead of several.
const wide = 56

// render gives every interface its rows if they fit, or else a row; of what does
// not fit then the last row says how much it is. In the focus all can be scrolled.
func (m *membership) render(width, height int) string {
	rows := m.rows(width)
	if len(rows) > height {
		rows = m.short(width)
	}
	if m.focused || m.offset > 0 || len(rows) <= height {
		return m.styles.scrolled(rows, m.offset, height)
	}
	return strings.Join(m.folded(width, height), "\n")
}

// scrollable are the rows that a focused pane of that height scrolls.
func (m *membership) scrollable(width, height int) []string {
	if rows := m.rows(width); len(rows) <= height {
		return rows
	}
	return m.short(width)
}

// rows are all rows of the pane, as many for an interface as there is to say, and
// short are those with a row for each.
func (m *membership) rows(width int) []string  { return m.each(width, width >= wide) }
func (m *membership) short(width int) []string { return m.each(width, true) }

func (m *membership) each(width int, short bool) []string {
	rows, name := m.failing(width), m.nameWidth()
	for _, p := range m.places() {
		rows = append(rows, m.one(p.Interface, width, name, short)...)
	}
	rows = append(rows, m.elsewhere(width)...)
	rows = append(rows, m.frames(width)...)
	switch {
	case len(rows) > 0:
	case m.words() != nil:
		rows = []string{m.styles.dim.Render("no interface has these words")}
	default:
		rows = []string{m.styles.dim.Render("no interfaces")}
	}
	return rows
}

func (m *membership) nameWidth() (name int) {
	for _, i := range m.snap.Interfaces {
		name = max(name, m.styles.cells(clean(i.Name)))
	}
	return min(name, 16)
}

// failing says that sends go nowhere, if they do.
func (m *membership) failing(width int) []string {
	s := m.snap
	if s.Sends.Err == nil {
		return nil
	}
	return m.styles.hanging(m.styles.failure.Render(m.styles.fail), "sends go nowhere: "+errorText(s.Sends.Err), width, 4)
}

// elsewhere are the other groups that are joined.
func (m *membership) elsewhere(width int) (rows []string) {
	s := m.snap
	if len(s.Groups) < 2 {
		return nil
	}
	traffic := make(map[netip.Addr]chat.Traffic, len(s.Room.Groups))
	for _, t := range s.Room.Groups {
		traffic[t.Group] = t
	}
	for _, g := range s.Groups {
		if g != s.Group && hasWords(clean(g.String()), m.words()) {
			row := m.styles.dim.Render("also in " + clean(g.String()))
			t := traffic[g.Addr]
			rows = append(rows, m.styles.withRate(row, t.Rate, t.History, width))
		}
	}
	return rows
}

// one are the rows of an interface. Short is one row, but for an error and where
// the way out finds no room beside the rest.
func (m *membership) one(i session.Interface, width, name int, short bool) []string {
	st := m.styles
	glyph := st.dim.Render(st.notJoined)
	if i.Joined {
		glyph = st.good.Render(st.joined)
	}
	addrs := m.addresses(i)
	head := glyph + " " + st.bold.Render(st.fit(st.cut(clean(i.Name), name), name)) + "  "
	state := st.dim.Render(m.state(i))
	if wire := m.wireOf(i); wire.known() {
		room := width - 2
		if short {
			room = width - st.cells(head) - 18 - 2
			for _, way := range m.ways(i, 0) {
				room -= st.cells(way[0])
			}
		}
		state = st.dim.Render(wire.state(m.state(i), room, short, st))
	}
	rows := []string{st.cut(head+addrs[0], width)}
	switch beside := head + st.fit(addrs[0], 18) + "  " + state; {
	case short && st.cells(beside) <= width:
		rows[0] = beside
	case !short:
		rows = append(rows, "  "+state)
		if asked := m.wireOf(i).asked(width-2, st); asked != "" {
			rows = append(rows, "  "+st.dim.Render(asked))
		}
	case !i.Joined || !i.Up() || !i.Carrier():
		rows[0] = st.ends(st.cut(head+addrs[0], width-st.cells(state)-1), " "+state, width)
	}
	if !short {
		for _, a := range addrs[1:] {
			rows = append(rows, st.cut(strings.Repeat(" ", 4+name)+a, width))
		}
	}
	if i.Err != nil {
		rows = append(rows, st.hanging("  "+st.failure.Render(st.fail), errorText(i.Err), width, 4)...)
	}
	if !short || len(rows) > 1 {
		return append(rows, slices.Concat(m.ways(i, width)...)...)
	}
	ways := m.ways(i, width-st.cells(rows[0])) // with why, where there is room
	usual := i.Joined && i.Up() && i.Carrier()
	if bare := head + st.fit(addrs[0], 18); usual && len(ways) > 0 && st.cells(rows[0])+st.cells(ways[0][0]) > width && st.cells(bare)+st.cells(ways[0][0]) <= width {
		rows[0] = bare // that it is joined is said by the glyph
		ways = m.ways(i, width-st.cells(bare))
	}
	for _, way := range ways {
		if last := len(rows) - 1; st.cells(rows[last])+st.cells(way[0]) <= width {
			rows[last] += way[0]
		} else {
			rows = append(rows, way[0])
		}
	}
	return rows
}

// ways are the rows about sends that leave, or would leave, by an interface.
func (m *membership) ways(i session.Interface, width int) (list [][]string) {
	st, s := m.styles, m.snap
	if i.Index == s.Sends.IfIndex && s.Sends.Err == nil && i.Index != 0 {
		glyph, what, way := st.sends(s.Sends)
		list = append(list, m.egress(glyph, what, way, width))
	}
	if hears := m.hearers(i); hears != "" {
		list = append(list, []string{hears})
	}
	if i.Index == s.Kernel.IfIndex && s.Kernel.Err == nil && s.Kernel.IfIndex != s.Sends.IfIndex {
		list = append(list, m.egress(st.warning.Render(st.kernel), "the kernel would choose it", s.Kernel, width))
	}
	return list
}

// hearers says how many members hear what leaves by an interface, of one by which
// something left while somebody was there to hear it.
func (m *membership) hearers(i session.Interface) string {
	st, s := m.styles, m.snap.Members
	n := slices.IndexFunc(s.Ways, func(w members.Way) bool { return w.Index == i.Index })
	if n < 0 || !s.Ways[n].Tried || len(s.Members) == 0 {
		return ""
	}
	way := s.Ways[n]
	heard := max(s.Hears[i.Name], len(way.Heard)-way.Bridges)
	switch {
	case heard == 0 && way.Bridges > 0: // it is heard, though nobody is there who could say so
		return ""
	case heard == 0 && way.Chosen:
		return "  " + st.warning.Render(st.warn+" no member hears you here")
	case heard == 0:
		return ""
	}
	text, style := count(heard, "member")+" hear you here", st.dim
	if heard == 1 {
		text = "1 member hears you here"
	}
	if !way.Chosen {
		style = st.accent
	}
	return "  " + style.Render(text)
}

// frames says why there are no members, and what else stays to be said of them.
func (m *membership) frames(width int) (rows []string) {
	st, s := m.styles, m.snap.Members
	if m.words() != nil {
		return nil
	}
	switch mode := memberMode(m.snap); {
	case s.On || s.Off == "":
	case s.Plain:
		rows = append(rows, st.dim.Render(st.cut(mode+": "+clean(s.Off), width)))
	default:
		rows = append(rows, st.hanging(st.warning.Render(st.warn), mode+": "+clean(s.Off), width, 4)...)
	}
	const most = 4
	for _, text := range s.Notices[:min(len(s.Notices), most)] {
		rows = append(rows, st.hanging(st.warning.Render(st.warn), clean(text), width, 3)...)
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
