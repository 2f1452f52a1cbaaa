package tui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/session"
)

// hostmap draws this host: its interfaces, the wires that they are on, and who
// was heard there.
type hostmap struct {
	window
	styles *styles
	snap   session.Snapshot
	now    time.Time
}

func (m *hostmap) render(width, height int) string {
	rows := strings.Split(m.styles.scrolled(m.rows(width), m.offset, height), "\n")
	last := &rows[len(rows)-1] // it may say how many more there are
	*last = m.styles.cut(*last, max(0, width))
	return strings.Join(rows, "\n")
}

// wideMap is the width from which the wires are drawn beside the host; else
// they are below their interfaces.
const wideMap = 72

func (m *hostmap) rows(width int) []string {
	var rows []string
	if width >= wideMap {
		rows = m.beside(width)
	} else {
		rows = m.below(width)
	}
	for i := range rows {
		rows[i] = m.styles.fit(rows[i], max(0, width))
	}
	return rows
}

// beside draws the host as a box at the left, out of which the wires lead to
// the right:
//
//	╭ this host ─────────╮
//	│ ● eth0             ├───── 192.168.8.0/24 ─────
//	│   192.168.8.164/24 │      ← 192.168.8.226:1234
//	╰────────────────────╯
func (m *hostmap) beside(width int) []string {
	st := m.styles
	box := min(max(width*2/5, 32), 52)
	space := box - 4
	left, right := m.edges()
	rows := []string{m.lid(box)}
	add := func(inside, edge, outside string) {
		rows = append(rows, st.border.Render(st.vertical)+" "+st.fit(inside, space)+" "+edge+outside)
	}
	side := st.border.Render(st.vertical)
	for _, row := range m.talks(space) {
		add(row, side, "")
	}
	for _, i := range m.interfaces() {
		add("", side, "")
		inside, outside := m.inside(i, space), m.outside(i, width-box-6)
		for n := range max(len(inside), len(outside)+1) {
			in, edge, out := "", side, ""
			if n < len(inside) {
				in = inside[n]
			}
			switch {
			case n == 0:
				edge, out = m.wireStyle(i).Render(left), m.wire(i, width-box)
			case n <= len(outside):
				out = "      " + outside[n-1]
			}
			add(in, edge, out)
		}
	}
	rows = append(rows, st.border.Render(st.corners[2]+strings.Repeat(st.horizontal, box-2)+right))
	return append(rows, m.othersHeard(width)...)
}

// below draws the host as a box at the top, and the wires as branches of a
// line that comes out of it:
//
//	╭ this host ─────────────────────╮
//	├────────────────────────────────╯
//	│ ● eth0  192.168.8.164/24
//	├───── 192.168.8.0/24 ────────────
//	│      ← 192.168.8.226:1234
func (m *hostmap) below(width int) []string {
	st := m.styles
	left, right := m.edges()
	side := st.border.Render(st.vertical)
	rows := []string{m.lid(width)}
	for _, row := range m.talks(width - 4) {
		rows = append(rows, side+" "+st.fit(row, width-4)+" "+side)
	}
	list := m.interfaces()
	branch := left
	if len(list) == 0 {
		branch = st.corners[2]
	}
	rows = append(rows, st.border.Render(branch+strings.Repeat(st.horizontal, max(0, width-2))+right))
	for n, i := range list {
		for _, row := range m.inside(i, width-2) {
			rows = append(rows, side+" "+row)
		}
		branch, trunk := left, side
		if n == len(list)-1 {
			branch, trunk = st.corners[2], " "
		}
		rows = append(rows, m.wireStyle(i).Render(branch)+m.wire(i, width-1))
		for _, row := range m.outside(i, width-5) {
			rows = append(rows, trunk+"    "+row)
		}
		if n < len(list)-1 {
			rows = append(rows, side)
		}
	}
	return append(rows, m.othersHeard(width)...)
}

// edges are the glyphs of the box where a wire leaves it, and of its bottom right
// corner.
func (m *hostmap) edges() (left, right string) {
	return string([]rune(m.styles.tees)[0]), m.styles.corners[3]
}

// lid is the top of the box.
func (m *hostmap) lid(width int) string {
	st := m.styles
	title := " this host "
	return st.border.Render(st.corners[0]) + st.bold.Render(title) +
		st.border.Render(strings.Repeat(st.horizontal, max(0, width-2-st.cells(title)))+st.corners[1])
}

// talks says what the host talks in, and how.
func (m *hostmap) talks(width int) (rows []string) {
	st, s := m.styles, m.snap
	if s.Group.Addr.IsValid() {
		rows = append(rows, st.cut("talks in "+clean(s.Group.String()), width))
		facts := []string{"ttl " + strconv.Itoa(s.Hops), "loopback off"}
		if s.Loopback {
			facts[1] = "loopback on"
		}
		rows = append(rows, st.dim.Render(st.cut(strings.Join(facts, st.dot), width)))
	}
	for _, g := range s.Groups {
		if g != s.Group {
			rows = append(rows, st.dim.Render(st.cut("also in "+clean(g.String()), width)))
		}
	}
	if s.Sends.Err != nil {
		rows = append(rows, st.hanging(st.failure.Render(st.fail), "sends go nowhere: "+errorText(s.Sends.Err), width, 4)...)
	}
	if len(m.interfaces()) == 0 {
		rows = append(rows, st.dim.Render("no interfaces"))
	}
	return rows
}

// interfaces lists the interfaces that are drawn: those that matter now first, and
// the loopback interface only when it is used.
func (m *hostmap) interfaces() []session.Interface {
	var first, rest []session.Interface
	s := m.snap
	for _, i := range s.Interfaces {
		used := i.Joined || i.Err != nil || i.Index == s.Sends.IfIndex || i.Index == s.Kernel.IfIndex ||
			slices.ContainsFunc(everyHost(s.Room), func(sender chat.Sender) bool { return sender.IfIndex == i.Index })
		switch {
		case used:
			first = append(first, i)
		case !i.Loopback():
			rest = append(rest, i)
		}
	}
	return append(first, rest...)
}
