package tui

import (
	"testing"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
)

func TestBackgroundByTheEnvironment(t *testing.T) {
	for _, tc := range []struct {
		colorfgbg string
		dark      bool
	}{
		{"", true}, {"0;15", false}, {"0;7", false}, {"0;default;15", false}, {"15;0", true}, {"7;8", true},
		{"15", true}, {"0;default", true}, {"0;", true}, {"12;11", false}, {"0;x", true}, {"0;15\x1b[2J", true},
	} {
		if got := newAppearance(Options{Env: []string{"TERM=xterm", "COLORFGBG=" + tc.colorfgbg}}).dark; got != tc.dark {
			t.Errorf("COLORFGBG=%q: dark %t, want %t", tc.colorfgbg, got, tc.dark)
		}
	}
}

// What was chosen overrules what the terminal says, and that overrules the
// environment.
func TestTheme(t *testing.T) {
	light := []string{"COLORFGBG=0;15"}
	white, black := tea.BackgroundColorMsg{Color: lipgloss.Color("#ffffff")}, tea.BackgroundColorMsg{Color: lipgloss.Color("#000000")}
	for _, tc := range []struct {
		name   string
		opts   Options
		answer tea.Msg
		dark   bool
	}{
		{"nothing is known", Options{}, nil, true},
		{"the environment", Options{Env: light}, nil, false},
		{"the terminal, against it", Options{Env: light}, black, true},
		{"the terminal", Options{}, white, false},
		{"chosen light, terminal black", Options{Theme: ThemeLight}, black, false},
		{"chosen dark, all else white", Options{Theme: ThemeDark, Env: light}, white, true},
	} {
		a := newAppearance(tc.opts)
		if tc.answer != nil {
			a.learn(tc.answer)
		}
		if a.dark != tc.dark {
			t.Errorf("%s: dark %t, want %t", tc.name, a.dark, tc.dark)
		}
	}
}
