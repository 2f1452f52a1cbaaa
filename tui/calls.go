package tui

import (
	"fmt"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

const (
	callsKept = 5000    // calls that can be scrolled back to,
	callBytes = 2 << 20 // with so much text
	merging   = time.Second
)

// callRow is a call on a socket, or several reads in a row.
type callRow struct {
	mcast.Call     // of several reads, the last
	Times      int // how many reads it stands for; else 1
}

// calls is the view of the system calls that the program makes on its sockets.
type calls struct{ *listing[callRow] }

func newCalls(st *styles) *calls {
	list := newListing(callsKept, callBytes,
		func(c callRow) int { return 256 + len(c.Name) + len(c.Option) + len(c.Result) },
		func(st *styles, c callRow, width int) string { return columnRow(st, callColumns(st, width), c) },
		callWords)
	list.head = func(st *styles, width int) string { return columnTitles(st, callColumns(st, width)) }
	list.styles = st
	return &calls{list}
}

// add appends a call. Reads that brought something share a row, as long as each
// begins less than a second after the one before; the row shows the last.
func (c *calls) add(call mcast.Call) {
	row := callRow{call, 1}
	before, ok := c.last()
	if apart := call.At.Sub(before.At); ok && isRead(call) && isRead(before.Call) && apart > -merging && apart < merging {
		row.Times += before.Times
		c.replaceLast(row)
		return
	}
	c.listing.add(row)
}

// isRead reports whether a call is a read that brought something.
func isRead(c mcast.Call) bool {
	return c.Err == nil && (c.Name == "recvmmsg" || c.Name == "recvmsg")
}

func callColumns(st *styles, width int) []column[callRow] {
	clock, clockCells := clockFor(width)
	name, outcome, node, least := 26, 12, 21, 18
	switch {
	case width < wide:
		name, outcome, least = min(26, max(0, width*6/10)), 10, 6
	case width >= 139:
		name, outcome, node, least = 34, 20, 36, 22
	}
	return fitting([]column[callRow]{
		{"time", clockCells, 1, false, func(st *styles, c callRow, _ int) string { return st.dim.Render(c.At.Format(clock)) }},
		{"call", name, 0, false, callCell},
		{"with", 0, 0, false, argumentsCell},
		{"result", outcome, 2, false, resultCell},
		{"took", 8, 4, true, func(st *styles, c callRow, _ int) string { return st.dim.Render(took(st, c)) }},
		{"in node", node, 3, false, func(st *styles, c callRow, space int) string { return st.accent.Render(namesElsewhere(st, c, space)) }},
	}, width, least)
}

// namesElsewhere are the names of a call in node and, if there is room, in C.
func namesElsewhere(st *styles, c callRow, space int) string {
	name := nodeName(c)
	if inC, _, _ := strings.Cut(callNames[callKey(c)].c, " "); c.Option != "" && inC != "" && st.cells(name+" = "+inC) <= space {
		name += " = " + inC
	}
	return st.cut(name, space)
}

// callCell is the call, or only the option when there is no room for both.
func callCell(st *styles, c callRow, space int) string {
	name := clean(c.Name)
	if c.Option != "" {
		name += " " + clean(c.Option)
	}
	switch {
	case c.Times > 1:
		name += " x" + thousands(uint64(c.Times))
	case c.Err != nil:
		space -= st.cells(st.fail) + 1
	}
	if st.cells(name) > space && c.Option != "" {
		name = clean(c.Option)
	}
	name = st.cut(name, max(0, space))
	if c.Err != nil {
		return st.failure.Render(st.fail + " " + name)
	}
	return name
}

func argumentsCell(st *styles, c callRow, space int) string {
	args := strings.Trim(clean(c.Arguments()), "{}")
	if c.Times > 1 && space >= 40 {
		args = "the last: " + args
	}
	return st.cut(args, space)
}

func resultCell(st *styles, c callRow, space int) string {
	if c.Err != nil {
		return st.failure.Render(st.cut(clean(c.Err.Error()), space))
	}
	return st.dim.Render(st.cut(result(c), space))
}

func result(c callRow) string {
	text := "ok"
	if c.Result != "" {
		text = clean(c.Result)
	}
	if c.ByGo {
		text += ", by Go"
	}
	return text
}

// took is the duration of a call; that of reads is not known.
func took(st *styles, c callRow) string {
	unit := "µs"
	if st.vertical == asciiGlyphs.vertical {
		unit = "us"
	}
	switch {
	case c.Took <= 0:
		return ""
	case c.Took >= 100*time.Millisecond:
		return milliseconds(c.Took)
	}
	return thousands(uint64(max(1, c.Took.Round(time.Microsecond)/time.Microsecond))) + " " + unit
}

func callWords(c callRow) string { return c.String() + " " + nodeName(c) }

// detail is the page about the selected call: what it does, what it does not
// do, and what it is called elsewhere.
func (c *calls) detail(width int) []string {
	s := sheet{styles: c.styles, width: max(1, width)}
	v, ok := c.selectedValue()
	if !ok {
		s.say("No call is selected.")
		return s.rows
	}
	s.call(v)
	n, known := callNames[callKey(v)]
	if !known {
		return s.rows
	}
	s.head("What it does")
	s.say(n.does)
	if n.not != "" {
		s.head("What it does not do")
		s.say(n.not)
	}
	s.head("Names")
	s.field("in node", nodeName(v), "")
	if n.c != "" {
		s.field("in C", n.c, "")
	}
	s.field("read", n.read, "")
	s.path(callKey(v))
	return s.rows
}

func (s *sheet) call(c callRow) {
	title := clean(c.Name)
	if c.Option != "" {
		title += " " + clean(c.Option)
	}
	if c.Err != nil {
		title = s.styles.fail + " " + title
	}
	s.head(title)
	if c.Times > 1 {
		s.say(fmt.Sprintf("%s in a row; this is the last.", count(uint64(c.Times), "read")))
	}
	s.field("began", c.At.Format("15:04:05.000000"), "")
	if args := clean(c.Arguments()); args != "" {
		s.field("with", args, "")
	}
	if c.ByGo {
		s.field("by", "Go", "package net does it unasked")
	}
	switch {
	case c.Err != nil:
		s.field("result", clean(c.Err.Error()), "the kernel refused it")
	default:
		s.field("result", result(c), "")
	}
	if t := took(s.styles, c); t != "" {
		s.field("took", t, "")
	}
}
