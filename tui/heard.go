package tui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/session"
)

// heard is the pane of senders: the hosts whose datagrams arrived, and by which
// interface.
type heard struct {
	window
	paneRows
	styles *styles
	room   chat.Snapshot    // without the hosts of members
	snap   session.Snapshot // with the members; zero of a recording
	since  time.Time        // it is listened; zero: not known
	now    time.Time
	past   *heardPast // nil: it is listened now
	sorted sortedPeople
}

// heardPast is how a recording speaks of hosts.
type heardPast struct {
	nobody string                   // while there is none
	own    string                   // what is said of what chat.Snapshot has as Local
	when   func(chat.Sender) string // it was heard
}

// setState takes a new state.
func (h *heard) setState(s session.Snapshot, now time.Time) {
	h.snap, h.room, h.since, h.now = s, s.Room, s.Listened.Since, now
	h.room.Senders, h.room.Local = others(s.Room.Senders, s.Members), others(s.Room.Local, s.Members)
	h.sorted = sortedPeople{}
	h.room.SendersTotal -= len(s.Room.Senders) - len(h.room.Senders)
}

// when says when a host was heard.
func (h *heard) when(s chat.Sender) string {
	if h.past != nil {
		return h.past.when(s)
	}
	return ago(h.now.Sub(s.Last))
}

// render gives each host a row, and in a narrow pane two as long as all have room.
func (h *heard) render(width, height int) string {
	if width < wide && h.count()+len(h.snap.Members.Members)+len(h.hosts()) <= height {
		return h.styles.scrolled(h.inTwo(width), h.offset, height)
	}
	sum := h.summary(height)
	offset := scrollTo(h.offset, len(sum)+h.count(), height)
	rows := slices.Concat(sum, h.rowsFrom(width, offset-len(sum), offset+height))
	if len(sum) > 0 {
		rows[0] = h.styles.cut(rows[0], width-1)
		if offset == 0 && height <= 3 { // it says how many there are, too
			rows = rows[:height]
		}
	}
	return h.styles.scrolled(rows, h.offset, height)
}

// withRate puts a rate and its history at the end of a row, as far as there is
// room.
func (st *styles) withRate(row string, rate float64, history []uint32, width int) string {
	if len(history) == 0 {
		return row
	}
	bars := " " + st.spark(history, 8)
	for _, end := range []string{" " + st.dim.Render(perSecond(rate)) + bars, bars} {
		if st.cells(row)+st.cells(end) < width {
			return st.ends(row, end, width-1)
		}
	}
	return row
}

// nobody says that no other host was heard; nil: one was.
func (h *heard) nobody() []string {
	switch {
	case h.words() != nil && len(h.hosts())+len(h.people()) == 0:
		return []string{h.styles.dim.Render("no host has these words")}
	case h.words() != nil || len(h.room.Senders) > 0 || len(h.people()) > 0:
		return nil
	case h.past != nil && len(h.room.Local) > 0:
		return nil
	case h.past != nil:
		return []string{h.styles.dim.Render(h.past.nobody)}
	case h.since.IsZero():
		return []string{h.styles.dim.Render("nobody else yet")}
	}
	return []string{h.styles.dim.Render("nobody else since " + h.since.Format(time.TimeOnly))}
}

// count is how many rows there are.
func (h *heard) count() int {
	return len(h.nobody()) + len(h.people()) + len(h.moreMembers()) + len(h.hosts())
}

// blank are as many rows as there are to scroll in so many, for what only counts them.
func (h *heard) blank(height int) []string {
	return make([]string, len(h.summary(height))+h.count())
}

// rowsFrom are the members, the other hosts and then this one, a row each, of which those that are not on the screen may be empty: there
// can be a thousand members.
func (h *heard) rowsFrom(width, from, to int) []string {
	rows := h.nobody()
	people := h.people()
	members := h.memberColumns(people, width)
	for _, m := range people {
		if len(rows) < from || len(rows) >= to {
			rows = append(rows, "")
			continue
		}
		rows = append(rows, columnRow(h.styles, members, m))
	}
	rows = append(rows, h.moreMembers()...)
	columns := h.columns(width)
	for _, s := range h.hosts() {
		rows = append(rows, columnRow(h.styles, columns, s))
	}
	return rows
}

// note says what is special about a host: it is this one, or has many ports.
func (h *heard) note(s chat.Sender) string {
	switch {
	case !isLocal(h.room, s):
		return portCount(s)
	case h.past != nil:
		return h.past.own
	}
	return "this host"
}

// columns are what a row has room for, each as wide as its longest cell.
func (h *heard) columns(width int) []column[chat.Sender] {
	st, longest, gap := h.styles, 0, ""
	if width >= wide {
		gap = " "
	}
	list := h.hosts()
	for _, s := range list {
		longest = max(longest, st.cells(hostName(s)))
	}
	all := []column[chat.Sender]{{cell: func(st *styles, s chat.Sender, space int) string {
		return st.sender(s.Addr).Render(st.tail(hostName(s), space))
	}}}
	add := func(rank int, right bool, text func(chat.Sender) string) {
		c := column[chat.Sender]{rank: rank, right: right, cell: func(st *styles, s chat.Sender, space int) string {
			return st.dim.Render(st.cut(gap+text(s), space))
		}}
		for _, s := range list {
			c.width = max(c.width, st.cells(gap+text(s)))
		}
		if c.width > st.cells(gap) {
			all = append(all, c)
		}
	}
	add(2, false, h.note)
	add(1, false, func(s chat.Sender) string { return st.cut(clean(s.Interface), 15) })
	add(4, true, func(s chat.Sender) string { return count(s.Datagrams, "datagram") })
	add(5, false, ttlOf)
	add(3, true, h.when)
	if h.past == nil {
		add(7, true, func(s chat.Sender) string { return perSecond(s.Rate) })
		add(6, false, func(s chat.Sender) string { return st.spark(s.History, 8) })
	}
	return fitting(all, width-1, min(longest, width-1))
}

func ttlOf(s chat.Sender) string {
	if s.Hops == 0 {
		return ""
	}
	return "ttl " + strconv.Itoa(s.Hops)
}

// inTwo are the same in two rows each, with more about each host.
func (h *heard) inTwo(width int) []string {
	st := h.styles
	rows := h.nobody()
	rows = append(rows, h.membersInTwo(h.people(), width)...)
	for _, s := range h.hosts() {
		by := " " + st.cut(clean(s.Interface), 15)
		host := st.tail(hostName(s), width-1-st.cells(by))
		note := ""
		if n := h.note(s); n != "" {
			note = st.dim.Render(st.dot + n)
		}
		rows = append(rows, st.ends(st.sender(s.Addr).Render(host)+note, by, width-1))
		facts := []string{count(s.Datagrams, "datagram")}
		if ttl := ttlOf(s); ttl != "" {
			facts = append(facts, ttl)
		}
		facts = append(facts, h.when(s))
		if len(facts) == 3 && st.cells("  "+strings.Join(facts, st.dot)) > width {
			facts = slices.Delete(facts, 1, 2)
		}
		said := "  " + st.dim.Render(strings.Join(facts, st.dot))
		rows = append(rows, st.withRate(st.cut(said, width), s.Rate, s.History, width))
	}
	return rows
}

// mostHeard is how many sources a page names.
const mostHeard = 4

// heardRows says who is heard in the group, those that send most first: what a
// finding is worth depends on it.
func heardRows(s session.Snapshot) (rows []string) {
	if s.Listened.Since.IsZero() {
		return nil
	}
	if len(s.Heard) == 0 {
		return []string{"nobody but this host, since " + s.Listened.Since.Format(time.TimeOnly)}
	}
	list := hostRows(s.Heard)
	slices.SortStableFunc(list, func(a, b hostRow) int { return b.Datagrams - a.Datagrams })
	for n, r := range list {
		if n == mostHeard {
			return append(rows, "and "+thousands(uint64(len(list)-n))+" more")
		}
		by := "#" + strconv.Itoa(r.IfIndex)
		for _, i := range s.Interfaces {
			if i.Index == r.IfIndex {
				by = i.Name
			}
		}
		rows = append(rows, r.text(by))
	}
	return rows
}
