package tui

import (
	"testing"

	"charm.land/lipgloss/v2"
)

// A shade draws what its style draws.
func TestShades(t *testing.T) {
	red := lipgloss.NewStyle().Inline(true).Foreground(lipgloss.Color("#c4262e"))
	for name, style := range map[string]lipgloss.Style{
		"none": lipgloss.NewStyle().Inline(true), "colour": red, "bar": red.Background(lipgloss.BrightBlack), "bold": red.Bold(true),
		"reverse": red.Reverse(true), "under a line": red.Underline(true), "struck": red.Strikethrough(true),
	} {
		s := shadeOf(style)
		for _, text := range []string{"", "x", "two words", " ", "a\tb", "a\nb", "a\r\nb", "\u8303\u5927", "\x1b[1minside\x1b[m", "e\u0301"} {
			if got, want := s.Render(text), style.Render(text); got != want {
				t.Errorf("%s: %q is %q, want %q", name, text, got, want)
			}
			if got, want := s.bold().Render(text), style.Bold(true).Render(text); got != want {
				t.Errorf("%s, in bold: %q is %q, want %q", name, text, got, want)
			}
		}
	}
}
