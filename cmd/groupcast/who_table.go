package main

import (
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// foldedTable writes rows in columns that are as wide as their widest cell. On a terminal
// that is narrower than that, a row goes on in the next line, at the same column for all
// rows, so that each value stays below its title.
func foldedTable(out io.Writer, rows [][]string) {
	width := 0 // any
	if isTerminal(out) {
		width = rowColumns(out)
	}
	io.WriteString(out, folded(rows, width))
}

// folded is the text of such a table; the width 0 is any.
func folded(rows [][]string, width int) string {
	const gap, indent = 2, 2
	var columns []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(columns) {
				columns = append(columns, 0)
			}
			columns[i] = max(columns[i], ansi.WcWidth.StringWidth(cell))
		}
	}
	starts := make([]bool, len(columns)) // a line
	at := 0
	for i, w := range columns {
		if i > 0 && width > 0 && at+w > width {
			starts[i], at = true, indent
		}
		at += w + gap
	}
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			if starts[i] {
				b.WriteString(strings.TrimRight(line, " ") + "\n")
				line = strings.Repeat(" ", indent)
			}
			line += cell + strings.Repeat(" ", columns[i]-ansi.WcWidth.StringWidth(cell)+gap)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}
