package tui

import (
	"strings"
)

// shape is one of the ways in which the screen is arranged.
type shape uint8

const (
	small   shape = iota // one region at a time, then the input and a status row
	stacked              // the panes above the talk, full width
	columns              // the panes to the left of the talk
)

// layout says where everything goes, in cells. Its parts never add up to more
// than the terminal has.
type layout struct {
	shape  shape
	side   int    // width of the panes
	panes  [3]int // rows inside membership, heard and pitfalls, without their borders
	talk   int    // width of the talk with its border
	height int    // rows between the title and the input; with small, above the input
	lesson int    // of them, rows that the lesson takes above the talk or page, with its border
}

const (
	columnsWidth, columnsHeight = 96, 16
	stackedWidth, stackedHeight = 60, 20
	roomyWidth                  = 150 // from here on, the panes of a crowd have room for all about a host in one row
	stackedTalk                 = 10  // rows that the panes above leave to the talk, unless one looks at them
)

// arrange lays out a terminal; want is how many rows each pane would fill, and
// crowd how many they would fill if each thing had more than one; looking says that
// one of them has the focus.
func arrange(width, height int, looking bool, crowd int, want func(width int) [3]int) layout {
	l := layout{side: width, talk: width}
	switch {
	case width >= columnsWidth && height >= columnsHeight:
		l.shape, l.height = columns, height-3
		l.side = min(max(width*36/100, 36), 46)
		if width >= roomyWidth && crowd > l.height {
			l.side = min(width*49/100, 96)
		}
		l.talk = width - l.side
		l.panes = share(l.height-4, want(l.side-3))
		// What is left over goes to the list that grows.
		l.panes[1] += l.height - 4 - sum(l.panes)
	case width >= stackedWidth && height >= stackedHeight:
		l.shape = stacked
		l.height = height - 3
		rows := l.height * 2 / 5
		if !looking {
			rows = max(3, min(rows, l.height-stackedTalk-6))
		}
		l.panes = share(rows, want(l.side-3))
	default:
		l.height = max(0, height-2)
	}
	return l
}

// inside is the width of a pane without its border.
func (l layout) inside() int {
	if l.shape == small {
		return l.side
	}
	return l.side - 3
}

// paneHeight is the height of a pane that has the focus, in rows.
func (l layout) paneHeight(pane int) int {
	if l.shape == small {
		return l.pageHeight()
	}
	return l.panes[pane]
}

// pageHeight is the height of a page in the talk's place, in rows.
func (l layout) pageHeight() int {
	if l.shape == small {
		return max(0, l.height-1-l.lesson)
	}
	return l.height - 2 - l.lesson
}

// share gives each pane what it wants or, when that is too much, takes rows
// from the one that has most.
func share(rows int, want [3]int) [3]int {
	for i := range want {
		want[i] = max(1, want[i])
	}
	for sum(want) > rows {
		most := 0
		for i, n := range want {
			if n > want[most] {
				most = i
			}
		}
		if want[most] <= 1 {
			break
		}
		want[most]--
	}
	return want
}

func sum(n [3]int) int { return n[0] + n[1] + n[2] }

// section is a titled part of a frame.
type section struct {
	title   string
	note    string // at the right end of the title's row
	focused bool
	body    string
	rows    int   // of the body
	tabs    []tab // instead of the title
}

// tab is one of the names above the main part.
type tab struct {
	key, name string
	on        bool // it is shown
}

// cells is the width of the tab and of the cell before it.
func (t tab) cells(st *styles) int {
	words := t.key + " " + t.name
	if t.on || t.name == "" {
		words = t.key + t.name
	}
	return 1 + st.cells(words)
}

// frame draws sections below one another, each under its title, in one border
// of width w. A section that has the focus has a strong border, and its title is
// a bar with a pointer.
func (st *styles) frame(w int, sections ...section) []string {
	rows := make([]string, 0, 32)
	above := false // it has the focus
	for n, s := range sections {
		rows = append(rows, st.head(w, s, n > 0, above))
		side := st.border.Render(st.vertical)
		if s.focused {
			side = st.accent.Render(st.strong.vertical)
		}
		body := strings.Split(s.body, "\n")
		for i := range s.rows {
			row := ""
			if i < len(body) {
				row = body[i]
			}
			rows = append(rows, side+" "+st.fit(row, w-3)+side)
		}
		above = s.focused
	}
	edge, corners, line := st.border, st.corners, st.horizontal
	if above {
		edge, corners, line = st.accent, st.strong.corners, st.strong.horizontal
	}
	return append(rows, edge.Render(corners[2]+strings.Repeat(line, max(0, w-2))+corners[3]))
}

// head is the border above a section, with its title in it; inside says that
// there is another section above, and above that that one has the focus.
func (st *styles) head(w int, s section, inside, above bool) string {
	edge, line := st.border, st.horizontal
	left, right := st.corners[0], st.corners[1]
	if inside {
		left, right = halves(st.tees)
	}
	switch {
	case s.focused && inside:
		left, right = halves(st.strong.above)
	case s.focused:
		left, right = st.strong.corners[0], st.strong.corners[1]
	case above:
		left, right = halves(st.strong.below)
	}
	if s.focused || above {
		edge, line = st.accent, st.strong.horizontal
	}
	name := " " + s.title
	if s.focused {
		name = st.here.Render(st.pointer + s.title + " ")
	}
	if len(s.tabs) > 0 {
		name = st.tabs(s.tabs, s.focused)
	}
	used := 3 + st.cells(name)
	note := ""
	if st.cells(s.note) > 0 && used+st.cells(s.note)+4 < w {
		note = " " + s.note + " "
		used += st.cells(note) + 1
	}
	row := edge.Render(left) + name + " " + edge.Render(strings.Repeat(line, max(0, w-used)))
	if note != "" {
		row += note + edge.Render(line)
	}
	return st.fit(row, w-1) + edge.Render(right)
}

// halves are the two signs of tees.
func halves(tees string) (left, right string) {
	r := []rune(tees)
	return string(r[0]), string(r[1])
}

// tabs are the names above the main part, in one row.
func (st *styles) tabs(list []tab, focused bool) string {
	var b strings.Builder
	for i, t := range list {
		if i > 0 {
			b.WriteByte(' ')
		}
		switch {
		case t.on && focused:
			b.WriteString(st.here.Render(st.pointer + t.name))
		case t.on:
			b.WriteString(" " + st.bold.Render(t.name))
		case t.name == "":
			b.WriteString(" " + st.accent.Render(t.key))
		default:
			b.WriteString(" " + st.accent.Render(t.key) + " " + st.dim.Render(t.name))
		}
	}
	return b.String()
}

// beside joins two blocks of rows of the same height.
func beside(a, b []string) []string {
	rows := make([]string, min(len(a), len(b)))
	for i := range rows {
		rows[i] = a[i] + b[i]
	}
	return rows
}

// scrollTo keeps an offset within what there is to scroll.
func scrollTo(offset, rows, height int) int {
	return min(max(0, offset), max(0, rows-max(0, height)))
}

// window is the part of rows that is on the screen.
type window struct {
	offset int // rows above it
}

// scroll moves the window by rows, up when negative.
func (w *window) scroll(by int, rows []string, height int) {
	w.offset = scrollTo(w.offset+by, len(rows), height)
}

// scrolled cuts the window of height rows that starts at offset out of rows;
// when there is more below, the last row says how much.
func (st *styles) scrolled(rows []string, offset, height int) string {
	offset = scrollTo(offset, len(rows), height)
	end := min(len(rows), offset+max(0, height))
	window := append([]string(nil), rows[offset:end]...)
	if rest := len(rows) - end; rest > 0 && len(window) > 0 {
		window[len(window)-1] = st.dim.Render(st.more + " " + count(rest+1, "row") + " more")
	}
	return strings.Join(window, "\n")
}
