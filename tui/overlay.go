package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// reset ends every style. It also keeps the characters on its two sides from
// joining into one.
const reset = "\x1b[m"

// over lays block over rows, its top left corner at cell x of row y. Rows keep
// their widths: parts of the block outside of them are not drawn.
func (st *styles) over(rows []string, block []string, x, y int) []string {
	out := append([]string(nil), rows...)
	for i, b := range block {
		if y+i < 0 || y+i >= len(rows) {
			continue
		}
		row := rows[y+i]
		w := st.cells(row)
		from, to := max(0, x), min(w, x+st.cells(b))
		if from >= to {
			continue
		}
		out[y+i] = st.part(row, 0, from) + st.part(b, from-x, to-x) + st.part(row, to, w)
	}
	return out
}

// slice is part for text without styles.
func (st *styles) slice(text string, from, to int) string {
	return strings.TrimSuffix(st.part(text, from, to), reset)
}

// part is a row from one cell to the one before another, in its styles. Half of
// a wide character becomes spaces. [ansi.Cut] drops such halves, so that its rows
// end early.
func (st *styles) part(row string, from, to int) string {
	var b strings.Builder
	at := 0
	apart := false // a sequence that was left out stands before what follows
	for len(row) > 0 {
		if row[0] == ansi.ESC {
			seq, _, n, _ := st.method.DecodeSequenceInString(row, ansi.NormalState, nil)
			if at < to {
				b.WriteString(seq)
			} else {
				apart = true
			}
			row = row[max(1, n):]
			continue
		}
		char, w := ansi.FirstGraphemeCluster(row, st.method)
		row = row[len(char):]
		switch start, end := max(at, from), min(at+w, to); {
		case end-start == w && (w > 0 || at > from && !apart):
			b.WriteString(char)
		case start < end:
			b.WriteString(strings.Repeat(" ", end-start))
		}
		at += w
	}
	if b.Len() == 0 {
		return ""
	}
	return b.String() + reset
}
