package meshreport

import (
	"slices"
	"strconv"
	"strings"

	"github.com/groupcast/groupcast/mcast/mesh"
)

// table is columns of texts, with their titles on top.
type table [][]string

func (t table) add(row ...string) {
	for i := range t {
		t[i] = append(t[i], row[i])
	}
}

// text is the table in rows of at most that many cells; columns that say nothing are left
// out, and those of least first while there is no room. Names are cut to most cells. align has
// an L or an R for each column.
func (t table) text(width, most int, align string, least []int) []string {
	widths := make([]int, len(t))
	for c, column := range t {
		says := false
		for n, cell := range column {
			widths[c] = max(widths[c], cells(cell))
			says = says || n > 0 && strings.Trim(cell, "-0 ") != ""
		}
		widths[c] = min(widths[c], max(most, cells(column[0])))
		if !says && c > 1 {
			widths[c] = 0
		}
		if c == len(t)-1 || column[0] == "ADDRESS" || column[0] == "KEY" || column[0] == "HEARD" || column[0] == "LONGEST SILENCE" {
			widths[c] = min(max(widths[c], longest(column, says)), 44)
		}
	}
	total := func() (n int) {
		for _, w := range widths {
			if w > 0 {
				n += w + 2
			}
		}
		return n - 2
	}
	for _, c := range least {
		if total() > width && c > 1 {
			widths[c] = 0
		}
	}
	rows := make([]string, len(t[0]))
	for n := range rows {
		var row []string
		for c, column := range t {
			if widths[c] > 0 {
				row = append(row, pad(column[n], widths[c], align[c] == 'R'))
			}
		}
		rows[n] = cut(strings.TrimRight(strings.Join(row, "  "), " "), width)
	}
	return rows
}

func longest(column []string, says bool) (n int) {
	for _, cell := range column {
		if says {
			n = max(n, cells(cell))
		}
	}
	return n
}

const (
	matrixName = 18 // cells for the name of a row at most
	matrixCell = 5  // cells of a column with a number on top
)

// matrixFits reports whether the matrix is small enough for a text.
func (v *View) matrixFits(width int) bool {
	n := len(v.Members)
	return n > 1 && n <= mostMatrix && v.matrixNames()+n*(matrixCell+1) <= width
}

func (v *View) matrixNames() (n int) {
	for _, name := range v.Names {
		n = max(n, cells(name))
	}
	return min(n, matrixName) + 3
}

// matrix is the loss of all pairs. Its columns have names on top if those are short, else
// numbers.
func (v *View) matrix() []string {
	heads, cell := v.Names, matrixCell
	longest := 0
	for _, name := range v.Names {
		longest = max(longest, cells(name))
	}
	space := 80 - v.matrixNames()
	if cell = max(cell, longest); longest > 8 || len(v.Names)*(cell+1) > space {
		cell, heads = matrixCell, make([]string, len(v.Names))
		for i := range heads {
			heads[i] = strconv.Itoa(i + 1)
		}
	}
	name := v.matrixNames()
	rows := make([]string, 0, len(v.Names)+1)
	row := strings.Repeat(" ", name)
	for _, head := range heads {
		row += " " + pad(head, cell, true)
	}
	rows = append(rows, row)
	for by := range v.Names {
		row := pad(pad(strconv.Itoa(by+1), 2, true)+" "+v.Names[by], name, false)
		for from := range v.Names {
			row += " " + pad(v.Cell(by, from), cell, true)
		}
		rows = append(rows, row)
	}
	return rows
}

// spark draws the loss over time: a dot or the lowest bar where nothing was lost, a space
// where nothing is known.
func (v *View) spark(p mesh.Pair, width int, ascii bool) string {
	bars := []rune("·▁▂▃▄▅▆▇█")
	if ascii {
		bars = []rune(".123456789#")
	}
	shares := v.Shares(p, width)
	if !slices.ContainsFunc(shares, func(s float64) bool { return s >= 0 }) {
		return ""
	}
	var b strings.Builder
	for _, s := range shares {
		switch {
		case s < 0:
			b.WriteByte(' ')
		case s == 0:
			b.WriteRune(bars[0])
		default:
			b.WriteRune(bars[min(len(bars)-1, 1+int(s*float64(len(bars)-1)))])
		}
	}
	return b.String()
}
