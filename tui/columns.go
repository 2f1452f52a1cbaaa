package tui

import (
	"slices"
	"strings"
)

// column is one column of a list.
type column[T any] struct {
	title string
	width int  // 0: what the others leave; one column has that
	rank  int  // 0 is always there; of the others the lowest come first, as far as there is room
	right bool // what it holds is at its right end
	cell  func(st *styles, v T, width int) string
}

// fitting picks columns by their rank, as long as the one without a width keeps
// at least so many cells. That one gets the cells that are left.
func fitting[T any](all []column[T], width, least int) []column[T] {
	byRank := slices.SortedStableFunc(slices.Values(all), func(a, b column[T]) int { return a.rank - b.rank })
	highest, rest := 0, width+1
	for _, c := range byRank {
		if c.rank > 0 && rest-c.width-1 < least {
			break
		}
		highest, rest = c.rank, rest-c.width-1
	}
	out := make([]column[T], 0, len(all))
	for _, c := range all {
		if c.rank > highest {
			continue
		}
		if c.width == 0 {
			c.width = max(0, rest)
		}
		out = append(out, c)
	}
	return out
}

func (c column[T]) fit(st *styles, cell string) string {
	if c.right {
		return st.ends("", cell, c.width)
	}
	return st.fit(cell, c.width)
}

// columnRow is a row of the cells of v.
func columnRow[T any](st *styles, columns []column[T], v T) string {
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = c.fit(st, c.cell(st, v, c.width))
	}
	return strings.Join(cells, " ")
}

// columnTitles is the row above them.
func columnTitles[T any](st *styles, columns []column[T]) string {
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = c.fit(st, c.title)
	}
	return strings.Join(cells, " ")
}

// clockFor is the layout of the time of day in a list of that width, and its
// cells.
func clockFor(width int) (layout string, cells int) {
	layout = "15:04:05.000"
	if width < wide {
		layout = "15:04:05"
	}
	return layout, len(layout)
}

// sheet is the page about one thing, of titled sentences and fields.
type sheet struct {
	styles *styles
	width  int
	rows   []string
}

const fieldName = 14 // cells for the names of fields

func (s *sheet) head(title string) {
	if len(s.rows) > 0 {
		s.rows = append(s.rows, "")
	}
	s.rows = append(s.rows, s.styles.accent.bold().Render(s.styles.cut(title, s.width)))
}

// say adds sentences. Text from outside must be clean already.
func (s *sheet) say(text string) { s.under("  ", text) }

func (s *sheet) under(first, text string) {
	st := s.styles
	indent := min(st.cells(first), s.width/2)
	words, _ := st.wrap(text, s.width-indent, 40)
	for i, w := range words {
		start := strings.Repeat(" ", indent)
		if i == 0 {
			start = st.fit(first, indent)
		}
		s.rows = append(s.rows, st.cut(start+w, s.width))
	}
}

// field adds a name and its value. The note says how the value is known if the
// socket did not tell it.
func (s *sheet) field(name, value, note string) {
	if note != "" {
		value += " (" + note + ")"
	}
	s.under("  "+s.styles.dim.Render(s.styles.fit(name, fieldName)), value)
}
