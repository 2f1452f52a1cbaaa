package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/groupcast/groupcast/mcast/mesh"
	"github.com/groupcast/groupcast/mcast/mesh/meshreport"
)

// meshMatrix is the table of who hears whom: rows hear, columns speak. One pair is
// selected: the worst, until the user selects another.
type meshMatrix struct {
	styles *styles
	view   *meshreport.View

	byName        bool  // the order, else the worst first
	rows, columns []int // members, in that order
	chosen        bool  // by the user
	by, from      meshKey
	row, column   int // where they are
	top, left     int // rows and columns that are scrolled out
	nrows, ncols  int // that were drawn last
}

// meshKey tells members apart from one picture to the next.
type meshKey struct{ fingerprint, name, addr string }

func keyOf(m mesh.Member) meshKey { return meshKey{m.Fingerprint, m.Name, m.Addr.String()} }

func (m *meshMatrix) set(v *meshreport.View) {
	m.view = v
	m.arrange()
}

func (m *meshMatrix) sorts() {
	m.byName = !m.byName
	m.arrange()
}

// there reports whether there is a pair to show.
func (m *meshMatrix) there() bool { return m.view != nil && len(m.rows) > 1 }

// arrange puts the members in order, and finds the selected pair again.
func (m *meshMatrix) arrange() {
	if m.view == nil {
		return
	}
	v, n := m.view, len(m.view.Members)
	worst := make([][2]int, n) // of each member: how bad the worst pair is in which it hears, and speaks
	for i, p := range v.Pairs {
		if v.Pair(p.By, p.From) != i {
			continue
		}
		_, permille := p.Lost() // exact losses would make rows change places all the time
		bad := 2000*int(v.States[i]) + max(0, permille)
		worst[p.By][0], worst[p.From][1] = max(worst[p.By][0], bad), max(worst[p.From][1], bad)
	}
	order := func(side int) []int {
		list := make([]int, n)
		for i := range list {
			list[i] = i
		}
		if !m.byName {
			slices.SortStableFunc(list, func(a, b int) int { return cmp.Compare(worst[b][side], worst[a][side]) })
		}
		return list
	}
	m.rows, m.columns = order(0), order(1)
	if !m.chosen {
		m.follow()
		return
	}
	m.row, m.column = m.place(m.rows, m.by, m.row), m.place(m.columns, m.from, m.column)
}

func (m *meshMatrix) place(list []int, k meshKey, at int) int {
	if i := slices.IndexFunc(list, func(i int) bool { return keyOf(m.view.Members[i]) == k }); i >= 0 {
		return i
	}
	return min(at, max(0, len(list)-1))
}

// follow selects the worst pair, and goes on to.
func (m *meshMatrix) follow() {
	m.row, m.column, m.top, m.left = 0, 0, 0, 0
	if m.view != nil && len(m.view.Worst) > 0 {
		m.choose(m.view.Worst[0])
	}
	m.chosen = false
}

// choose selects a pair.
func (m *meshMatrix) choose(i int) {
	p := m.view.Pairs[i]
	m.row, m.column = max(0, slices.Index(m.rows, p.By)), max(0, slices.Index(m.columns, p.From))
	m.remember()
}

// remember keeps whose the selected pair is.
func (m *meshMatrix) remember() {
	m.chosen = true
	if m.row < len(m.rows) && m.column < len(m.columns) {
		m.by, m.from = keyOf(m.view.Members[m.rows[m.row]]), keyOf(m.view.Members[m.columns[m.column]])
	}
}

// selected is the selected pair; -1: a member to itself, or there is none.
func (m *meshMatrix) selected() (by, from, pair int) {
	if !m.there() || m.row >= len(m.rows) || m.column >= len(m.columns) {
		return 0, 0, -1
	}
	by, from = m.rows[m.row], m.columns[m.column]
	return by, from, m.view.Pair(by, from)
}

func (m *meshMatrix) move(rows, columns int) {
	if !m.there() {
		return
	}
	m.row = min(max(0, m.row+rows), len(m.rows)-1)
	m.column = min(max(0, m.column+columns), len(m.columns)-1)
	m.remember()
}

// step selects the next pair, from the worst on.
func (m *meshMatrix) step(by int) {
	if !m.there() {
		return
	}
	_, _, pair := m.selected()
	at := slices.Index(m.view.Worst, pair)
	if at < 0 {
		at, by = 0, 0
	}
	if at += by; at >= 0 && at < len(m.view.Worst) {
		m.choose(m.view.Worst[at])
	}
}

// meshGrid is how the matrix is drawn in a width.
type meshGrid struct {
	name, cell int
	numbers    bool // stand for the names above the columns
}

// grid fits the matrix into a width: names above the columns if they can be told apart
// there, else numbers.
func (m *meshMatrix) grid(width int) (g meshGrid) {
	st := m.styles
	heads := 0
	for _, name := range m.view.Names {
		g.name, heads = max(g.name, st.cells(name)), max(heads, st.cells(name))
	}
	g.name = min(max(g.name, 7), max(8, min(24, width/5)))
	g.cell = min(max(heads, 4), 8)
	room := width - g.name - 1
	if len(m.view.Names)*(g.cell+1) > room {
		g.cell = min(g.cell, 6)
	}
	seen := map[string]bool{}
	for _, name := range m.view.Names {
		head := st.memberName(name, g.cell)
		if seen[head] {
			g.numbers, g.cell = true, 5
			g.name = min(g.name+4, max(8, width/4))
			break
		}
		seen[head] = true
	}
	return g
}

// label is the name of a row.
func (m *meshMatrix) label(g meshGrid, member int) string {
	if !g.numbers {
		return m.styles.memberName(m.view.Names[member], g.name)
	}
	number := strconv.Itoa(member+1) + " "
	return number + m.styles.memberName(m.view.Names[member], max(1, g.name-len(number)))
}

func (m *meshMatrix) head(g meshGrid, member int) string {
	if g.numbers {
		return strconv.Itoa(member + 1)
	}
	return m.styles.memberName(m.view.Names[member], g.cell)
}

// render draws the heads, and the rows around the selected pair.
func (m *meshMatrix) render(width, height int, focused bool) []string {
	m.nrows, m.ncols = 0, 0
	if width <= 0 || height <= 0 || !m.there() {
		return nil
	}
	st, g := m.styles, m.grid(width)
	m.ncols = min(len(m.columns), max(1, (width-g.name)/(g.cell+1)))
	m.nrows = min(len(m.rows), max(1, height-1))
	m.top = min(max(m.top, m.row-m.nrows+1), m.row, len(m.rows)-m.nrows)
	m.left = min(max(m.left, m.column-m.ncols+1), m.column, len(m.columns)-m.ncols)
	out := make([]string, 0, height)
	if height > 1 {
		corner := "hears"
		if m.ncols < len(m.columns) {
			corner = st.fitting(g.name, fmt.Sprintf("%d-%d of %d", m.left+1, m.left+m.ncols, len(m.columns)), fmt.Sprintf("%d-%d/%d", m.left+1, m.left+m.ncols, len(m.columns)))
		}
		row := st.fit(st.dim.Render(st.cut(corner, g.name)), g.name)
		for j := m.left; j < m.left+m.ncols; j++ {
			style := st.dim
			if j == m.column {
				style = st.accent.bold()
			}
			row += " " + style.Render(st.ends("", st.cut(m.head(g, m.columns[j]), g.cell), g.cell))
		}
		out = append(out, row)
	}
	for i := m.top; i < m.top+m.nrows; i++ {
		style := st.person(m.view.Members[m.rows[i]].Fingerprint)
		switch {
		case i == m.row:
			style = st.accent.bold()
		case m.view.Members[m.rows[i]].Self:
			style = st.own
		}
		row := style.Render(st.fit(m.label(g, m.rows[i]), g.name))
		for j := m.left; j < m.left+m.ncols; j++ {
			row += " " + m.drawCell(i, j, g.cell, focused)
		}
		out = append(out, row)
	}
	return out
}

func (m *meshMatrix) drawCell(i, j, width int, focused bool) string {
	st := m.styles
	by, from := m.rows[i], m.columns[j]
	text := st.ends("", m.view.Cell(by, from), width)
	switch {
	case i == m.row && j == m.column && focused:
		return st.here.Render(text)
	case i == m.row && j == m.column:
		return st.selected.Render(text)
	case by == from:
		return st.dim.Render(text)
	}
	return st.pairStyle(m.view, m.view.Pair(by, from)).Render(text)
}

// pairStyle is the style of a pair; its text says the same.
func (st *styles) pairStyle(v *meshreport.View, pair int) shade {
	if pair < 0 {
		return st.dim
	}
	switch v.States[pair] {
	case meshreport.Never, meshreport.Silent:
		return st.failure
	case meshreport.Lossy:
		if _, permille := v.Pairs[pair].Lost(); permille >= 100 {
			return st.failure
		}
		return st.warning
	case meshreport.Well:
		return st.good
	}
	return st.dim
}

// note says how to read the table, and which part of it is on the screen.
func (m *meshMatrix) note() string {
	order := "worst first"
	if m.byName {
		order = "by name"
	}
	all := len(m.rows)
	if !m.there() {
		return ""
	}
	if m.nrows == 0 || m.nrows == all && m.ncols == all {
		return "rows hear, columns speak" + m.styles.dot + order
	}
	part := func(what string, first, n int) string {
		return what + " " + strconv.Itoa(first+1) + "-" + strconv.Itoa(first+n)
	}
	return strings.Join([]string{part("rows", m.top, m.nrows) + ", " + part("columns", m.left, m.ncols) + " of " + strconv.Itoa(all), order}, m.styles.dot)
}
