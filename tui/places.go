package tui

import (
	"slices"
	"strconv"

	"github.com/groupcast/groupcast/mcast/session"
)

// mostIdle is how many interfaces without traffic the pane asks room for.
const mostIdle = 2

// place is an interface in the pane. What matters now comes first.
type place struct {
	session.Interface
	rank int
}

// The ranks of a place, the first the most important.
const (
	placeSends   = iota
	placeKernel  // where sends would leave if the kernel chose
	placeFailed  // it could not be joined
	placeTraffic // somebody was heard by it
	placeJoined
	placeNotJoined
)

func (p place) idle() bool { return p.rank >= placeJoined }

// places are the interfaces that the pane shows, in its order.
func (m *membership) places() []place { return m.filtered(m.all()) }

// all are the interfaces in the order of the pane; the loopback interface only
// when it is used.
func (m *membership) all() (list []place) {
	s := m.snap
	traffic := make(map[int]bool, len(s.Room.Senders))
	for _, sender := range s.Room.Senders {
		traffic[sender.IfIndex] = true
	}
	for _, i := range s.Interfaces {
		p := place{i, placeNotJoined}
		switch {
		case i.Index == s.Sends.IfIndex:
			p.rank = placeSends
		case i.Index == s.Kernel.IfIndex:
			p.rank = placeKernel
		case i.Err != nil:
			p.rank = placeFailed
		case i.Joined && traffic[i.Index]:
			p.rank = placeTraffic
		case i.Joined:
			p.rank = placeJoined
		case i.Loopback():
			continue
		}
		list = append(list, p)
	}
	slices.SortStableFunc(list, func(a, b place) int { return a.rank - b.rank })
	m.inOrder(list)
	return list
}

// wants is how many rows the pane asks for.
func (m *membership) wants(width int) int {
	if len(m.snap.Interfaces) > 2*mostIdle && m.words() == nil {
		return min(len(m.short(width)), m.least(width))
	}
	if width >= wide {
		return len(m.short(width))
	}
	return len(m.rows(width))
}

// least is the rows of what is not idle, of a few that are, and one for the rest.
func (m *membership) least(width int) (n int) {
	idle := 0
	for _, p := range m.places() {
		if p.idle() {
			idle++
		} else {
			n += len(m.one(p.Interface, width, m.nameWidth(), true))
		}
	}
	return n + min(idle, mostIdle+1) + len(m.failing(width)) + len(m.elsewhere(width)) + len(m.frames(width))
}

// folded are height rows: what matters, and how many interfaces are left out.
func (m *membership) folded(width, height int) []string {
	rows := m.failing(width)
	places := m.places()
	for n, p := range places {
		block := m.one(p.Interface, width, m.nameWidth(), true)
		room := height - len(rows)
		if n < len(places)-1 {
			room-- // for the number of those left out
		}
		if room < len(block) {
			what := " more"
			if !slices.ContainsFunc(places[n:], func(p place) bool { return !p.idle() }) {
				what = " idle more"
			}
			if n > 0 {
				return append(rows, m.styles.dim.Render(m.styles.more+" "+strconv.Itoa(len(places)-n)+what))
			}
			rows = append(rows, block[:max(0, min(len(block), height-len(rows)))]...)
			if last := len(rows) - 1; last >= 0 && len(places) > 1 { // the way out, and no row is left for the number
				rows[last] = m.styles.ends(rows[last], m.styles.dim.Render(" "+m.styles.more+" "+strconv.Itoa(len(places)-1)+" more"), width)
			}
			return rows
		}
		rows = append(rows, block...)
	}
	rows = append(append(rows, m.elsewhere(width)...), m.frames(width)...)
	return rows[:min(len(rows), max(0, height))]
}
