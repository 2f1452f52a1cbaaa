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

func (m *hostmap) rows(width int) []string {
	drawing := wireMap{styles: m.styles, title: "this host", about: m.talks, rest: m.othersHeard}
	for _, i := range m.interfaces() {
		drawing.wires = append(drawing.wires, mappedWire{
			style:   m.wireStyle(i),
			line:    func(width int) string { return m.wire(i, width) },
			inside:  func(width int) []string { return m.inside(i, width) },
			outside: func(width int) []string { return m.outside(i, width) },
		})
	}
	return drawing.rows(width)
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
