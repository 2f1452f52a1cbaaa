package tui

import (
	"strings"
)

// wireMap is the drawing of a box, and of the wires that lead out of it.
type wireMap struct {
	styles *styles
	title  string                   // of the box
	about  func(width int) []string // what stands in it above the wires
	wires  []mappedWire
	rest   func(width int) []string // what stands below it
}

// mappedWire is one of the wires. What stands inside the box, and outside below the
// wire, is drawn for the room that there is.
type mappedWire struct {
	style           shade
	line            func(width int) string
	inside, outside func(width int) []string
}

// wideMap is the width from which the wires are drawn beside the box; else they are
// below what is inside of it.
const wideMap = 72

func (m *wireMap) rows(width int) []string {
	var rows []string
	if width >= wideMap {
		rows = m.beside(width)
	} else {
		rows = m.below(width)
	}
	for i := range rows {
		rows[i] = m.styles.fit(rows[i], max(0, width))
	}
	return rows
}

// beside draws the box at the left, out of which the wires lead to the right:
//
//	╭ this host ─────────╮
//	│ ● eth0             ├───── 192.168.8.0/24 ─────
//	│   192.168.8.164/24 │      ← 192.168.8.226:1234
//	╰────────────────────╯
func (m *wireMap) beside(width int) []string {
	st := m.styles
	box := min(max(width*2/5, 32), 52)
	space := box - 4
	left, right := m.edges()
	rows := []string{m.lid(box)}
	add := func(inside, edge, outside string) {
		rows = append(rows, st.border.Render(st.vertical)+" "+st.fit(inside, space)+" "+edge+outside)
	}
	side := st.border.Render(st.vertical)
	for _, row := range m.about(space) {
		add(row, side, "")
	}
	for _, w := range m.wires {
		add("", side, "")
		inside, outside := w.inside(space), w.outside(width-box-6)
		for n := range max(len(inside), len(outside)+1) {
			in, edge, out := "", side, ""
			if n < len(inside) {
				in = inside[n]
			}
			switch {
			case n == 0:
				edge, out = w.style.Render(left), w.line(width-box)
			case n <= len(outside):
				out = "      " + outside[n-1]
			}
			add(in, edge, out)
		}
	}
	rows = append(rows, st.border.Render(st.corners[2]+strings.Repeat(st.horizontal, box-2)+right))
	return append(rows, m.rest(width)...)
}

// below draws the box at the top, and the wires as branches of a line that comes out
// of it:
//
//	╭ this host ─────────────────────╮
//	├────────────────────────────────╯
//	│ ● eth0  192.168.8.164/24
//	├───── 192.168.8.0/24 ────────────
//	│      ← 192.168.8.226:1234
func (m *wireMap) below(width int) []string {
	st := m.styles
	left, right := m.edges()
	side := st.border.Render(st.vertical)
	rows := []string{m.lid(width)}
	for _, row := range m.about(width - 4) {
		rows = append(rows, side+" "+st.fit(row, width-4)+" "+side)
	}
	branch := left
	if len(m.wires) == 0 {
		branch = st.corners[2]
	}
	rows = append(rows, st.border.Render(branch+strings.Repeat(st.horizontal, max(0, width-2))+right))
	for n, w := range m.wires {
		for _, row := range w.inside(width - 2) {
			rows = append(rows, side+" "+row)
		}
		branch, trunk := left, side
		if n == len(m.wires)-1 {
			branch, trunk = st.corners[2], " "
		}
		rows = append(rows, w.style.Render(branch)+w.line(width-1))
		for _, row := range w.outside(width - 5) {
			rows = append(rows, trunk+"    "+row)
		}
		if n < len(m.wires)-1 {
			rows = append(rows, side)
		}
	}
	return append(rows, m.rest(width)...)
}

// edges are the glyphs of the box where a wire leaves it, and of its bottom right
// corner.
func (m *wireMap) edges() (left, right string) {
	return string([]rune(m.styles.tees)[0]), m.styles.corners[3]
}

// lid is the top of the box.
func (m *wireMap) lid(width int) string {
	st := m.styles
	title := " " + st.cut(m.title, max(0, width-6)) + " "
	return st.border.Render(st.corners[0]) + st.bold.Render(title) +
		st.border.Render(strings.Repeat(st.horizontal, max(0, width-2-st.cells(title)))+st.corners[1])
}
