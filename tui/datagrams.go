package tui

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/session"
)

const (
	datagramsKept = 5000    // datagrams that can be scrolled back to,
	datagramBytes = 4 << 20 // with payloads of so much
	firstBytes    = 64      // of a payload are in its row, and are looked at by the filter
)

// datagrams is the view of every datagram that was sent or came.
type datagrams struct{ *listing[session.Datagram] }

func newDatagrams(st *styles) *datagrams {
	list := newListing(datagramsKept, datagramBytes,
		func(d session.Datagram) int { return cap(d.Data) },
		func(st *styles, d session.Datagram, width int) string {
			return columnRow(st, datagramColumns(st, width), d)
		},
		datagramWords)
	list.head = func(st *styles, width int) string { return columnTitles(st, datagramColumns(st, width)) }
	list.styles = st
	return &datagrams{list}
}

func datagramColumns(st *styles, width int) []column[session.Datagram] {
	all, least := datagramCells(st, width)
	return fitting(all, width, least)
}

// datagramCells are all columns, and how many cells the last one has at the least.
func datagramCells(st *styles, width int) (all []column[session.Datagram], least int) {
	clock, clockCells := clockFor(width)
	mark := max(st.cells(st.out), st.cells(st.in), st.cells(copied(st)))
	from, to, by, unusual := 18, 16, 7, 12
	least = 14
	switch {
	case width < wide:
		from, least = 15, 5
	case width >= 92 && width < 123:
		from, to, by = 20, 16, 6
	case width >= 123:
		from, to, by, unusual = 21, 21, 8, 20
	}
	return []column[session.Datagram]{
		{"time", clockCells, 2, false, func(st *styles, d session.Datagram, _ int) string { return st.dim.Render(d.At.Format(clock)) }},
		{"", mark, 0, false, direction},
		{"from", from, 1, false, fromCell},
		{"to", to, 6, false, func(st *styles, d session.Datagram, space int) string { return st.tail(addrPort(d.To), space) }},
		{"by", by, 4, false, func(st *styles, d session.Datagram, space int) string {
			return st.dim.Render(st.cut(clean(d.Interface), space))
		}},
		{"ttl", 3, 5, true, func(_ *styles, d session.Datagram, _ int) string { return hops(d) }},
		{"bytes", 6, 3, true, func(_ *styles, d session.Datagram, _ int) string { return size(d) }},
		{"how", unusual, 7, false, howCell},
		{"first bytes", 0, 0, false, func(st *styles, d session.Datagram, space int) string { return st.cut(preview(d), space) }},
	}, least
}

// direction is the glyph of a datagram.
func direction(st *styles, d session.Datagram, _ int) string {
	switch {
	case d.Err != nil:
		return st.failure.Render(st.fail)
	case d.Sent:
		return st.own.Render(st.out)
	case d.Arrival.OwnCopy:
		return st.dim.Render(copied(st))
	}
	return st.good.Render(st.in)
}

// copied is the glyph of an own copy, as short as a column needs it.
func copied(st *styles) string {
	short, _, _ := strings.Cut(st.copied, " ")
	return short
}

func fromCell(st *styles, d session.Datagram, space int) string {
	from := addrPort(d.From)
	if from != "" && st.cells(from) > space {
		from = clean(d.From.Addr().WithZone("").String())
	}
	from = st.tail(from, space)
	if d.Sent || d.Arrival.OwnCopy {
		return st.own.Render(from)
	}
	return st.sender(d.From.Addr()).Render(from)
}

func hops(d session.Datagram) string {
	if d.Hops == 0 && !d.Sent {
		return ""
	}
	return strconv.Itoa(d.Hops)
}

// size is the size of the payload in bytes.
func size(d session.Datagram) string {
	s := thousands(uint64(len(d.Data)))
	if d.Truncated {
		s += "+"
	}
	return s
}

// how says in a word or two what is unusual about a datagram.
func how(d session.Datagram) string {
	switch a := d.Arrival; {
	case d.Err != nil:
		return "not sent"
	case a.OwnCopy:
		return "own copy"
	case a.Stray:
		return "another's membership"
	case a.Direct:
		return "to you alone"
	case a.Local:
		return "this host"
	case a.Outside:
		return "from outside"
	}
	return ""
}

func howCell(st *styles, d session.Datagram, space int) string {
	style := st.dim
	switch {
	case d.Err != nil:
		style = st.failure
	case d.Arrival.Stray, d.Arrival.Outside:
		style = st.warning
	case d.Arrival.Direct:
		style = st.accent
	}
	word := how(d)
	if st.cells(word) > space {
		word, _, _ = strings.Cut(word, " ")
	}
	return style.Render(word)
}

// preview is the beginning of the payload as one row of text.
func preview(d session.Datagram) string {
	data := d.Data
	if len(data) == 0 {
		return "(empty)"
	}
	if h, err := frame.Parse(data); err == nil {
		return "frame of members: " + frameKind(h.Kind)
	}
	if len(data) > firstBytes {
		end := firstBytes
		for end > firstBytes-utf8.UTFMax && !utf8.RuneStart(data[end]) {
			end--
		}
		data = data[:end]
	}
	return strings.ReplaceAll(chat.Sanitize(data).String(), "\n", " ")
}

// frameKind is what a frame is for, as docs/protocol.md has it.
func frameKind(k frame.Kind) string {
	names := []string{"HELLO", "TEXT", "NEED", "RELAY", "STATS", "REPORT", "PROBE", "ASK", "FACTS", "SITES"}
	if k < frame.KindHello || int(k) > len(names) {
		return fmt.Sprintf("kind %d", k)
	}
	return names[k-1]
}

func datagramWords(d session.Datagram) string {
	way := "received"
	if d.Sent {
		way = "sent"
	}
	return strings.Join([]string{way, addrPort(d.From), addrPort(d.To), d.Interface, how(d), preview(d)}, " ")
}
