package tui

import (
	"strings"

	"charm.land/lipgloss/v2"
)

// shade is a style for text in one row. A lipgloss.Style works out its sequences for
// each text, which was two fifths of what a frame costs.
type shade struct {
	style lipgloss.Style
	ink   ink
	cells bool // each cell has its own sequences, as under a line
}

func shadeOf(s lipgloss.Style) shade {
	s = s.Inline(true)
	return shade{s, inkOf(s), s.Render("x x") != strings.Replace(s.Render("x"), "x", "x x", 1)}
}

// Render is as that of lipgloss.Style.
func (s shade) Render(text string) string {
	if s.cells || strings.ContainsAny(text, "\t\r\n") {
		return s.style.Render(text)
	}
	return s.ink.on + text + s.ink.off
}

// bold is the same style in bold.
func (s shade) bold() shade { return shadeOf(s.style.Bold(true)) }
