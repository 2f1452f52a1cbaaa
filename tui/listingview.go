package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// note says what is not on the screen, the most important first.
func (l *listing[T]) note() string {
	var parts []string
	if l.below > 0 {
		parts = append(parts, thousands(l.below)+" new below")
	}
	if l.filter != "" {
		parts = append(parts, thousands(uint64(l.len()))+" of "+thousands(uint64(l.scrollback.kept.len()))+" match")
	}
	if l.scrollback.gone > 0 {
		parts = append(parts, thousands(l.scrollback.gone)+" older let go")
	}
	return strings.Join(parts, l.styles.dot)
}

// leastForHead is the height from which there is room for a row of titles.
const leastForHead = 4

// render gives the rows on the screen.
func (l *listing[T]) render(width, height int) string {
	l.above, l.visible = 0, 0
	if width <= 0 || height <= 0 {
		return ""
	}
	n := l.len()
	if n == 0 {
		return l.styles.dim.Render(l.styles.cut(l.emptyText(), width))
	}
	rows := make([]string, 0, height)
	if l.head != nil && height >= leastForHead {
		rows = append(rows, l.styles.dim.Render(l.styles.fit(" "+l.head(l.styles, width-1), width)))
		l.above = 1
		height--
	}
	end := n
	if l.scrollback.held {
		l.keepInView(height)
		end = l.end
	}
	l.first = max(0, end-height)
	l.visible = end - l.first
	at := -1
	if l.picked {
		at = l.position()
	}
	for i := l.first; i < end; i++ {
		row := l.row(l.styles, l.scrollback.kept.at(l.number(i)), width-1)
		if i == at {
			row = l.styles.selected.Render(l.styles.fit(l.styles.pointer+ansi.Strip(row), width))
		} else {
			row = l.styles.fit(" "+row, width)
		}
		rows = append(rows, row)
	}
	return strings.Join(rows, "\n")
}

// keepInView moves the window as little as brings the selected row into it.
func (l *listing[T]) keepInView(height int) {
	n := l.len()
	if l.picked {
		at := l.position()
		l.end = min(max(l.end, at+1), at+height)
	}
	l.end = min(max(l.end, min(height, n)), n)
}

func (l *listing[T]) emptyText() string {
	if l.scrollback.kept.len() == 0 {
		return "none yet"
	}
	return "none has " + clean(l.filter)
}
