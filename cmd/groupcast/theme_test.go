package main

import (
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// The terminal of these tests does not tell its background, as a tmux without
// one in front does not: the environment does, or the flag.
func TestThemeOfATerminalThatDoesNotAnswer(t *testing.T) {
	const lightAccent, darkAccent = "38;2;11;110;128", "38;2;108;195;213"
	host := labtest.Build(t, lab.Article).Host("A")
	type terminal struct {
		name  string
		env   []string
		args  []string
		light bool
	}
	together(t, []terminal{
		{"silent", nil, nil, false},
		{"COLORFGBG", []string{"COLORFGBG=0;15"}, nil, true},
		{"flag against it", []string{"COLORFGBG=0;15"}, []string{"--theme", "dark"}, false},
		{"flag", nil, []string{"--theme=light"}, true},
		{"variable", []string{"GROUPCAST_THEME=light"}, nil, true},
		{"ping", []string{"COLORFGBG=0;15"}, []string{"ping", "--ui", "127.0.0.1:9"}, true},
	}, func(tc terminal) string { return tc.name }, func(t *testing.T, tc terminal) {
		s := openTerminal(t, host, 100, 30, append(tc.env, "COLORTERM=truecolor"), append([]string{"groupcast"}, tc.args...)...)
		accent, other := darkAccent, lightAccent
		if tc.light {
			accent, other = other, accent
		}
		s.until("the accent "+accent, func() bool { return strings.Contains(s.written(), accent) })
		if strings.Contains(s.written(), other) {
			t.Errorf("there is the accent of the other theme as well")
		}
		s.keys("\x03")
		s.wait()
	})
}
