package tui

import (
	"strings"

	"charm.land/lipgloss/v2"
)

// ink is a style as the sequences before and behind a text. What is drawn many
// times a second is written with it: a style works them out each time.
type ink struct{ on, off string }

func inkOf(s lipgloss.Style) ink {
	on, off, _ := strings.Cut(s.Render("x"), "x")
	return ink{on, off}
}

// pen writes a row of cells, and knows how wide it is without measuring it again.
type pen struct {
	st    *styles
	row   []byte
	plain bool // without inks, as in the row that is selected
}

// write adds a text as it is, which must be safe.
func (p *pen) write(k ink, text string) {
	if p.plain || k.on == "" {
		p.row = append(p.row, text...)
		return
	}
	p.row = append(append(append(p.row, k.on...), text...), k.off...)
}

// space adds so many spaces.
func (p *pen) space(n int) {
	for ; n > 0; n-- {
		p.row = append(p.row, ' ')
	}
}

// cell adds a safe text in exactly so many cells: cut, or filled with spaces on its
// right or, if it stands at the right end, on its left.
func (p *pen) cell(k ink, text string, width int, right bool) {
	n := p.st.cells(text)
	if n > width {
		text = p.st.cut(text, width)
		n = p.st.cells(text)
	}
	if right {
		p.space(width - n)
	}
	p.write(k, text)
	if !right {
		p.space(width - n)
	}
}

// take is the row, and begins another.
func (p *pen) take() string {
	row := string(p.row)
	p.row = p.row[:0]
	return row
}
