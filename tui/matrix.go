package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/members"
	"github.com/groupcast/groupcast/mcast/session"
)

// matrix is the view of who hears whom: rows speak, columns hear. One cell is selected,
// and said in words below.
type matrix struct {
	styles *styles
	hearing
	speaks, hears   frame.Ref // the selected cell, by its members: rows come and go
	row, column     int       // where it was last
	top, left       int       // rows and columns that are scrolled out
	nrows, ncolumns int       // that were rendered last
	grid            grid      // as it was rendered last
	focused         bool
}

// grid is the widths of a matrix on the screen.
type grid struct {
	name, cell, gap int
}

// newGrid fits a matrix into a width: all cells are equally wide, so that the eye finds
// its column.
func newGrid(st *styles, h hearing, width int) (g grid) {
	heads := 0
	for i := range h.rows {
		g.name = max(g.name, st.cells(h.rowLabel(i)))
		heads = max(heads, st.cells(h.name(i)))
		for j := range h.rows {
			g.cell = max(g.cell, st.cells(h.text(st, i, j)))
		}
	}
	g.name = min(g.name, max(6, min(18, width/5)))
	g.cell = min(max(g.cell, min(heads, 8), 4), 14)
	g.gap = 2
	if width < wide {
		g.gap = 1
	}
	return g
}

// columns is how many fit.
func (g grid) columns(width int) int { return max(1, (width-g.name)/(g.cell+g.gap)) }

// label is the name of a row as there is room for it.
func (g grid) label(st *styles, h hearing, i int) string {
	if name := h.rowLabel(i); st.cells(name) <= g.name {
		return name
	}
	return st.memberName(h.name(i), g.name)
}

// rowLabel is the name of a row.
func (h hearing) rowLabel(i int) string {
	if h.rows[i].Who.Self && h.rows[i].Who.Nick != "" {
		return "you (" + label(h.rows[i].Who) + ")"
	}
	if h.rows[i].Afar && h.rows[i].Site != "" {
		return h.name(i) + " at " + clean(h.rows[i].Site)
	}
	return h.name(i)
}

// setState takes a new state; the selected cell stays that of the same two members.
func (m *matrix) setState(s session.Snapshot) {
	first := !m.there()
	m.hearing = hearingOf(s)
	if first && m.there() {
		m.row, m.column = 0, 1 // the first row is the own one
		m.remember()
		return
	}
	find := func(ref frame.Ref, at int) int {
		for i, row := range m.rows {
			if row.Who.Ref == ref && ref != (frame.Ref{}) {
				return i
			}
		}
		return min(at, max(0, len(m.rows)-1))
	}
	m.row, m.column = find(m.speaks, m.row), find(m.hears, m.column)
	m.remember()
}

// remember keeps which members the selected cell is of.
func (m *matrix) remember() {
	if m.row < len(m.rows) && m.column < len(m.rows) {
		m.speaks, m.hears = m.rows[m.row].Who.Ref, m.rows[m.column].Who.Ref
	}
}

// move moves the selection.
func (m *matrix) move(rows, columns int) {
	last := max(0, len(m.rows)-1)
	m.row = min(max(0, m.row+rows), last)
	m.column = min(max(0, m.column+columns), last)
	m.remember()
}

// click selects the cell there; again: it was selected before.
func (m *matrix) click(x, y int) (again bool) {
	g := m.grid
	row, column := m.top+y-1, m.left+(x-g.name-g.gap)/max(1, g.cell+g.gap)
	if !m.there() || y < 1 || y > m.nrows || x < g.name+g.gap || column >= m.left+m.ncolumns || row >= len(m.rows) || column >= len(m.rows) {
		return false
	}
	again = row == m.row && column == m.column
	m.row, m.column = row, column
	m.remember()
	return again
}

// explained is the finding that explains the selected cell.
func (m *matrix) explained() (f doctor.Finding, ok bool) {
	if !m.there() {
		return f, false
	}
	return m.finding(m.row, m.column)
}

// below are the rows under the table: the selected cell in words, and what the signs
// mean.
func (m *matrix) below(width, height int) (rows []string) {
	st := m.styles
	words := 3
	if height < 16 {
		words = 2
	}
	said, _ := st.wrap(m.words(m.row, m.column), width, words)
	if f, ok := m.explained(); !ok {
		if _, err := doctor.FindPage("one-way"); err == nil && m.oneWay(m.row, m.column) {
			said = append(said, st.dim.Render("groupcast explain one-way"))
		}
	} else {
		key := st.accent.Render("enter") + " " + clean(f.Name)
		if f.Fix != nil {
			key = st.accent.Render("f") + " " + fixText(f) + st.dim.Render(st.dot) + key
		}
		said = append(said, st.cut(key, width))
	}
	for len(said) < words {
		said = append(said, "")
	}
	if height >= 16 {
		rows = append(rows, "")
	}
	rows = append(rows, said[:words]...)
	if height >= 10 {
		legend := "interface and loss of the one that hears" + st.dot + st.fail + " not heard" + st.dot + st.fail + "! one-way" + st.dot + "? not known"
		if st.cells(legend) > width {
			legend = st.fail + " not heard" + st.dot + st.fail + "! one-way" + st.dot + "? not known"
		}
		rows = append(rows, st.dim.Render(st.cut(legend, width)))
	}
	return rows
}

func (m *matrix) render(width, height int) string {
	st := m.styles
	m.nrows, m.ncolumns = 0, 0
	if width <= 0 || height <= 0 {
		return ""
	}
	if !m.there() {
		var rows []string
		for _, text := range m.nobody() {
			wrapped, _ := st.wrap(text, width, 6)
			rows = append(rows, wrapped...)
		}
		return st.scrolled(rows, 0, height)
	}
	below := m.below(width, height)
	m.grid = newGrid(st, m.hearing, width)
	m.ncolumns = min(len(m.rows), m.grid.columns(width))
	m.nrows = min(len(m.rows), max(1, height-1-len(below)))
	m.top = min(max(m.top, m.row-m.nrows+1), m.row, len(m.rows)-m.nrows)
	m.left = min(max(m.left, m.column-m.ncolumns+1), m.column, len(m.rows)-m.ncolumns)
	rows := []string{m.heads()}
	for i := m.top; i < m.top+m.nrows; i++ {
		rows = append(rows, m.line(i))
	}
	rows = append(rows, below...)
	return strings.Join(rows[:min(len(rows), height)], "\n")
}

// heads is the row of the names of those who hear.
func (m *matrix) heads() string {
	st, g := m.styles, m.grid
	row := strings.Repeat(" ", g.name)
	for j := m.left; j < m.left+m.ncolumns; j++ {
		style := st.dim
		if j == m.column {
			style = st.accent.bold()
		}
		row += strings.Repeat(" ", g.gap) + style.Render(st.fit(st.memberName(m.name(j), g.cell), g.cell))
	}
	return row
}

// line is the row of one who speaks.
func (m *matrix) line(i int) string {
	st, g := m.styles, m.grid
	style := st.person(m.rows[i].Who.Fingerprint)
	if m.rows[i].Who.Self {
		style = st.own
	}
	if i == m.row {
		style = st.accent.bold()
	}
	row := style.Render(st.fit(g.label(st, m.hearing, i), g.name))
	for j := m.left; j < m.left+m.ncolumns; j++ {
		row += strings.Repeat(" ", g.gap) + m.drawCell(i, j)
	}
	return row
}

// drawCell is a cell, as wide as all.
func (m *matrix) drawCell(i, j int) string {
	st, width := m.styles, m.grid.cell
	text := m.text(st, i, j)
	c := m.cell(i, j)
	if i == m.row && j == m.column {
		style := st.selected
		if m.focused {
			style = st.here
		}
		return style.Render(st.fit(st.cut(text, width), width))
	}
	var style shade
	switch {
	case c.Hears == members.HearsNot && m.oneWay(i, j):
		style = st.warning
	case c.Hears == members.HearsNot:
		style = st.failure
	case c.Hears != members.HearsIt:
		style = st.dim
	case c.Lost > 0:
		by, loss, _ := cutLast(text)
		room := max(1, width-1-st.cells(loss))
		text = st.cut(by, room) + " "
		style = st.dim
		if c.Lost >= 50 {
			style = st.warning
		}
		return st.fit(text+style.Render(loss), width)
	default:
		return st.fit(st.cut(text, width), width)
	}
	return style.Render(st.fit(st.cut(text, width), width))
}

// cutLast parts "eth0 3 %" before its loss.
func cutLast(text string) (by, loss string, ok bool) {
	at := strings.LastIndexByte(strings.TrimSuffix(text, " %"), ' ')
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+1:], true
}

// note says how to read the table, and which part of it is on the screen.
func (m *matrix) note(width int) string {
	const usual = "rows speak, columns hear"
	switch all := len(m.rows); {
	case !m.there():
		return ""
	case m.nrows == 0 || m.nrows == all && m.ncolumns == all || width < wide:
		return usual
	default:
		return fmt.Sprintf("%d-%d speak, %d-%d hear, of %d", m.top+1, m.top+m.nrows, m.left+1, m.left+m.ncolumns, all)
	}
}

// MatrixText is the hearing matrix as rows of at most width cells, or 80 if that is
// not positive: a table, in parts if it is wider, and in words who does not hear whom.
// They are safe to write to a terminal, and ASCII but for names.
func MatrixText(s session.Snapshot, width int) []string {
	if width <= 0 {
		width = 80
	}
	h := hearingOf(s)
	if !h.there() {
		return h.nobody()
	}
	st := newStyles(true, true, ansi.WcWidth, colorprofile.Ascii)
	g := newGrid(st, h, width)
	rows := []string{"rows speak, columns hear; interface and loss of the one that hears"}
	for left := 0; left < len(h.rows); left += g.columns(width) {
		right := min(left+g.columns(width), len(h.rows))
		if left > 0 {
			rows = append(rows, "")
		}
		for i := -1; i < len(h.rows); i++ {
			row := strings.Repeat(" ", g.name)
			if i >= 0 {
				row = st.fit(g.label(st, h, i), g.name)
			}
			for j := left; j < right; j++ {
				text := st.memberName(h.name(j), g.cell)
				if i >= 0 {
					text = h.text(st, i, j)
				}
				row += strings.Repeat(" ", g.gap) + st.fit(st.cut(text, g.cell), g.cell)
			}
			rows = append(rows, strings.TrimRight(row, " "))
		}
	}
	rows = append(rows, "x not heard, x! one-way, ? not known, . the same member")
	if more := len(s.Members.Members) + 1 + s.Members.More - len(h.rows); more > 0 {
		rows = append(rows, "and "+count(more, "member")+" more")
	}
	return append(rows, h.deaf()...)
}

// deaf says in words who does not hear whom, for the first few.
func (h hearing) deaf() (rows []string) {
	const most = 16
	more := 0
	for i := range h.rows {
		for j := range h.rows {
			switch {
			case h.cell(i, j).Hears != members.HearsNot:
			case len(rows) == most:
				more++
			default:
				rows = append(rows, h.words(i, j))
			}
		}
	}
	if more > 0 {
		rows = append(rows, "and "+thousands(uint64(more))+" more that do not hear another")
	}
	return rows
}
