package picture

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// The styles of a line in a cell, to each of its sides.
const (
	noLine = iota
	lightLine
	heavyLine
	doubleLine
)

type sides [4]byte // left, up, right, down

// lineRunes are the characters of lines, each with its styles to the left, up, to the
// right and down.
var lineRunes = func() map[sides]string {
	const all = "─1010 ━2020 │0101 ┃0202 ┌0011 ┍0021 ┎0012 ┏0022 ┐1001 ┑2001 ┒1002 ┓2002 └0110 ┕0120 ┖0210 ┗0220 ┘1100 ┙2100 ┚1200 ┛2200 " +
		"├0111 ┝0121 ┞0211 ┟0112 ┠0212 ┡0221 ┢0122 ┣0222 ┤1101 ┥2101 ┦1201 ┧1102 ┨1202 ┩2201 ┪2102 ┫2202 " +
		"┬1011 ┭2011 ┮1021 ┯2021 ┰1012 ┱2012 ┲1022 ┳2022 ┴1110 ┵2110 ┶1120 ┷2120 ┸1210 ┹2210 ┺1220 ┻2220 " +
		"┼1111 ┽2111 ┾1121 ┿2121 ╀1211 ╁1112 ╂1212 ╃2211 ╄1221 ╅2112 ╆1122 ╇2221 ╈2122 ╉2212 ╊1222 ╋2222 " +
		"═3030 ║0303 ╒0031 ╓0013 ╔0033 ╕3001 ╖1003 ╗3003 ╘0130 ╙0310 ╚0330 ╛3100 ╜1300 ╝3300 ╞0131 ╟0313 ╠0333 ╡3101 ╢1303 ╣3303 " +
		"╤3031 ╥1013 ╦3033 ╧3130 ╨1310 ╩3330 ╪3131 ╫1313 ╬3333 ╴1000 ╵0100 ╶0010 ╷0001 ╸2000 ╹0200 ╺0020 ╻0002 ╼1020 ╽0102 ╾2010 ╿0201 " +
		"═3000 ═0030 ║0300 ║0003"
	runes := map[sides]string{}
	for word := range strings.FieldsSeq(all) {
		_, n := utf8.DecodeRuneInString(word)
		var s sides
		for i := range s {
			s[i] = word[n+i] - '0'
		}
		runes[s] = word[:n]
	}
	return runes
}()

// cellOf is the character of a cell with lines to its sides.
func cellOf(s sides, ascii bool) string {
	heavy := slices.Contains(s[:], heavyLine)
	if ascii {
		flat, tall := s[0]+s[2] > 0, s[1]+s[3] > 0
		switch {
		case heavy:
			return "#"
		case flat && tall:
			return "+"
		case tall:
			return "|"
		case s[0] == doubleLine || s[2] == doubleLine:
			return "="
		}
		return "-"
	}
	if r, ok := lineRunes[s]; ok {
		return r
	}
	// No character is heavy and double, and few are light and double.
	from, to := byte(lightLine), byte(doubleLine)
	if heavy {
		from, to = doubleLine, lightLine
	}
	for i := range s {
		if s[i] == from {
			s[i] = to
		}
	}
	return lineRunes[s]
}

// Rows are the drawing as lines of text, none of which ends with a space.
func (d Diagram) Rows() []string {
	s := d.scene
	lines := make([][]sides, s.height)
	cells := make([][]string, s.height)
	inks := make([][]string, s.height)
	for y := range cells {
		lines[y], cells[y], inks[y] = make([]sides, s.width), make([]string, s.width), make([]string, s.width)
	}
	s.strike(lines)
	for y := range lines {
		for x, l := range lines[y] {
			if l != (sides{}) {
				cells[y][x] = cellOf(l, d.options.ASCII)
			}
			if slices.Contains(l[:], heavyLine) {
				inks[y][x] = wayOn
			}
		}
	}
	if !d.options.ASCII {
		for _, b := range s.boxes {
			if b.kind == routerBox {
				for corner, rune := range map[point]string{{b.x, b.y}: "╭", {b.x + b.width - 1, b.y}: "╮", {b.x, b.y + b.height - 1}: "╰", {b.x + b.width - 1, b.y + b.height - 1}: "╯"} {
					cells[corner.y][corner.x] = rune
				}
			}
		}
	}
	marks := []string{"▲", "▼", "◀", "▶", "✗"}
	if d.options.ASCII {
		marks = []string{"^", "v", "<", ">", "X"}
	}
	for _, m := range s.marks {
		cells[m.y][m.x], inks[m.y][m.x] = marks[m.kind], wayOn
		if m.kind == cross {
			inks[m.y][m.x] = redOn
		}
	}
	for _, l := range s.labels {
		ink := map[labelKind]string{wayLabel: wayOn, lostLabel: redOn}[l.kind]
		x := l.X
		for text := l.Text; text != ""; {
			cluster, width := ansi.FirstGraphemeCluster(text, ansi.GraphemeWidth)
			if cluster == "" {
				break
			}
			text = text[len(cluster):]
			for i := range width {
				cells[l.Y][x+i], inks[l.Y][x+i] = "\x00", ink
			}
			if width > 0 {
				cells[l.Y][x] = cluster
			}
			x += width
		}
	}
	rows := make([]string, s.height)
	for y := range cells {
		rows[y] = d.row(cells[y], inks[y])
	}
	return rows
}

const wayOn = "\x1b[36m"

func (d Diagram) row(cells, inks []string) string {
	end := len(cells)
	for end > 0 && cells[end-1] == "" {
		end--
	}
	var b strings.Builder
	ink := ""
	for x := range end {
		if cells[x] == "\x00" { // the second cell of a wide character
			continue
		}
		if d.options.Colour && inks[x] != ink {
			if ink = inks[x]; ink == "" {
				b.WriteString(redOff)
			} else {
				b.WriteString(ink)
			}
		}
		if cells[x] == "" {
			b.WriteByte(' ')
		} else {
			b.WriteString(cells[x])
		}
	}
	if ink != "" {
		b.WriteString(redOff)
	}
	return b.String()
}

// settle moves each mark in the middle of a line to where nothing joins or crosses the
// line, or takes it away.
func (s *scene) settle() {
	lines := make([][]sides, s.height)
	for y := range lines {
		lines[y] = make([]sides, s.width)
	}
	s.strike(lines)
	plain := func(x, y int) bool {
		return x >= 0 && x < s.width && lines[y][x] == sides{heavyLine, noLine, heavyLine, noLine}
	}
	s.marks = slices.DeleteFunc(s.marks, func(m sceneMark) bool { return m.mid && !plain(m.x, m.y) && !plain(m.x+1, m.y) && !plain(m.x-1, m.y) })
	for i, m := range s.marks {
		switch {
		case !m.mid || plain(m.x, m.y):
		case plain(m.x+1, m.y):
			s.marks[i].x++
		default:
			s.marks[i].x--
		}
	}
}

// strike draws boxes and lines. A wire that crosses a bar breaks it.
func (s *scene) strike(lines [][]sides) {
	draw := func(l sceneLine, style byte, set func(x, y, side int, style byte)) {
		for x := l.x1; x < l.x2; x++ {
			set(x, l.y1, 2, style)
			set(x+1, l.y1, 0, style)
		}
		for y := l.y1; y < l.y2; y++ {
			set(l.x1, y, 3, style)
			set(l.x1, y+1, 1, style)
		}
	}
	over := func(x, y, side int, style byte) { lines[y][x][side] = style }
	for _, b := range s.boxes {
		right, bottom := b.x+b.width-1, b.y+b.height-1
		for _, l := range []sceneLine{{x1: b.x, y1: b.y, x2: right, y2: b.y}, {x1: b.x, y1: bottom, x2: right, y2: bottom}, {x1: b.x, y1: b.y, x2: b.x, y2: bottom}, {x1: right, y1: b.y, x2: right, y2: bottom}} {
			draw(l, lightLine, over)
		}
	}
	for _, l := range s.lines {
		if l.kind == barLine {
			draw(l, doubleLine, over)
		}
	}
	crossings := s.crossings()
	for c := range crossings {
		lines[c.y][c.x] = sides{}
	}
	for _, l := range s.lines {
		switch l.kind {
		case wireLine, looseLine:
			draw(l, lightLine, over)
		case cableLine:
			draw(l, doubleLine, over)
		}
	}
	for _, l := range s.strokes {
		flat := l.y1 == l.y2
		draw(l, heavyLine, func(x, y, side int, style byte) {
			if !flat || !crossings[point{x, y}] {
				lines[y][x][side] = style
			}
		})
	}
}

// crossings are the cells where a wire passes a bar that it is not on.
func (s *scene) crossings() map[point]bool {
	at := map[point]bool{}
	for _, bar := range s.lines {
		if bar.y1 != bar.y2 {
			continue
		}
		for _, w := range s.lines {
			if w.x1 == w.x2 && w.kind != barLine && w.y1 < bar.y1 && bar.y1 < w.y2 && bar.x1 <= w.x1 && w.x1 <= bar.x2 {
				at[point{w.x1, bar.y1}] = true
			}
		}
	}
	return at
}
