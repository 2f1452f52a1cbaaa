package tui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/session"
	"github.com/groupcast/groupcast/mcast/stream"
)

// heard is the pane of senders: whose datagrams arrived, and by which
// interface.
type heard struct {
	window
	styles *styles
	room   chat.Snapshot
	since  time.Time // it is listened; zero: not known
	now    time.Time
}

func (h *heard) render(width, height int) string {
	return h.styles.scrolled(h.rows(width), h.offset, height)
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

func (h *heard) rows(width int) []string {
	st := h.styles
	if len(h.room.Senders) == 0 {
		if h.since.IsZero() {
			return []string{st.dim.Render("nobody else yet")}
		}
		return []string{st.dim.Render("nobody else since " + h.since.Format(time.TimeOnly))}
	}
	rows := make([]string, 0, 2*len(h.room.Senders))
	for _, s := range h.room.Senders {
		by := st.cut(clean(s.Interface), 15)
		space := width - 2 - st.cells(by)
		if width >= wide {
			space = 21
		}
		from := st.sender(s.From.Addr()).Render(st.tail(clean(s.From.String()), space))
		facts := []string{count(s.Datagrams, "datagram")}
		if s.Hops != 0 {
			facts = append(facts, "ttl "+strconv.Itoa(s.Hops))
		}
		facts = append(facts, ago(h.now.Sub(s.Last)))
		said := st.dim.Render(strings.Join(facts, st.dot))
		if width >= wide {
			said = st.fit(from, 21) + " " + st.fit(by, 15) + " " + said
		} else {
			rows = append(rows, st.ends(from, " "+by, width-1))
			said = "  " + said
		}
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
	list := slices.Clone(s.Heard)
	slices.SortStableFunc(list, func(a, b stream.Row) int { return b.Datagrams - a.Datagrams })
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
		rows = append(rows, r.Text(by, r.When()))
	}
	return rows
}
