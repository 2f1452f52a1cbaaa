package tui

import (
	"strconv"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
)

// heard is the pane of senders: whose datagrams arrived, and by which
// interface.
type heard struct {
	look   *look
	room   chat.Snapshot
	now    time.Time
	offset int // rows scrolled
}

// Scroll moves by rows, in a window of that size.
func (h *heard) Scroll(by, width, height int) {
	h.offset = scrollTo(h.offset+by, len(h.rows(width)), height)
}

func (h *heard) Render(width, height int) string {
	return h.look.scrolled(h.rows(width), h.offset, height)
}

// lively puts a rate and its history at the end of a row, as far as there is
// room.
func (l *look) lively(row string, rate float64, history []uint32, width int) string {
	if len(history) == 0 {
		return row
	}
	bars := " " + l.spark(history, 8)
	for _, end := range []string{" " + l.dim.Render(perSecond(rate)) + bars, bars} {
		if l.cells(row)+l.cells(end) < width {
			return l.ends(row, end, width-1)
		}
	}
	return row
}

func (h *heard) rows(width int) []string {
	l := h.look
	if len(h.room.Senders) == 0 {
		return []string{l.dim.Render("nobody else yet")}
	}
	rows := make([]string, 0, 2*len(h.room.Senders))
	for _, s := range h.room.Senders {
		by := l.cut(clean(s.Interface), 15)
		room := width - 2 - l.cells(by)
		if width >= wide {
			room = 21
		}
		from := l.sender(s.From.Addr()).Render(l.tail(clean(s.From.String()), room))
		facts := []string{count(s.Datagrams, "datagram")}
		if s.Hops != 0 {
			facts = append(facts, "ttl "+strconv.Itoa(s.Hops))
		}
		facts = append(facts, ago(h.now.Sub(s.Last)))
		said := l.dim.Render(strings.Join(facts, l.dot))
		if width >= wide {
			said = l.fit(from, 21) + " " + l.fit(by, 15) + " " + said
		} else {
			rows = append(rows, l.ends(from, " "+by, width-1))
			said = "  " + said
		}
		rows = append(rows, l.lively(l.cut(said, width), s.Rate, s.History, width))
	}
	return rows
}
