package tui

import (
	"fmt"
	"testing"

	"github.com/charmbracelet/x/exp/golden"

	"github.com/groupcast/groupcast/mcast/session"
)

// Members in the talk and in the pane, at each way in which the screen folds.
func TestMemberScreens(t *testing.T) {
	states := []struct {
		name string
		show func(s *screen)
	}{
		{"talk", func(*screen) {}},
		{"pane", func(s *screen) { s.press("shift+tab") }},
		{"map", func(s *screen) { s.press("f4") }},
		{"sources", func(s *screen) { s.press("f7") }},
		{"people", func(s *screen) { s.press("shift+tab", "enter") }},
		{"line", func(s *screen) { s.press("tab", "enter") }},
		{"repaired", func(s *screen) { s.press("tab", "v", "up", "up", "up", "enter") }},
	}
	for _, size := range [][2]int{{160, 50}, {100, 30}, {80, 24}, {44, 12}} {
		for _, state := range states {
			t.Run(fmt.Sprintf("%s-%dx%d", state.name, size[0], size[1]), func(t *testing.T) {
				s := newScreen(t, size[0], size[1], healed(), memberLines()...)
				state.show(s)
				golden.RequireEqual(t, trimmed(s.plain()))
			})
		}
	}
}

// The hearing matrix, of a few and of a class.
func TestMatrixScreens(t *testing.T) {
	alone := healed()
	alone.Members.Members, alone.Members.Matrix = nil, alone.Members.Matrix[:1]
	alone.Members.Invite = "on another host, or in another terminal, start: groupcast 224.0.0.114:1234"
	states := []struct {
		name string
		snap session.Snapshot
		keys []string
	}{
		{"five", roomOfFive(), []string{"right"}},
		{"thirty", roomOf30(), nil},
		{"scrolled", roomOf30(), []string{"end", "right", "right", "right", "right", "right", "right", "right", "right", "right", "right", "right"}},
		{"pair", roomOfFive(), []string{"down", "down", "enter"}},
		{"why", roomOfFive(), []string{"right", "enter"}},
		{"off", membersOff(), nil},
		{"alone", alone, nil},
	}
	for _, size := range [][2]int{{160, 50}, {100, 30}, {80, 24}, {44, 12}} {
		for _, state := range states {
			t.Run(fmt.Sprintf("%s-%dx%d", state.name, size[0], size[1]), func(t *testing.T) {
				s := newScreen(t, size[0], size[1], state.snap)
				s.press("f12")
				s.press(state.keys...)
				golden.RequireEqual(t, trimmed(s.plain()))
			})
		}
	}
}
