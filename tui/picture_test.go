package tui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	uv "github.com/charmbracelet/ultraviolet"

	"github.com/groupcast/groupcast/tui/picture"
)

// The pictures of the README and the docs, drawn from the screen itself so
// that they never show what it no longer is. Run with -update to draw them
// anew.
func TestPictures(t *testing.T) {
	for _, tc := range []struct {
		name string
		show func(s *screen)
	}{
		{"talk", func(*screen) {}},
		{"datagrams", func(s *screen) { s.press("f2", "up", "up") }},
		{"datagram", func(s *screen) { s.press("f2", "up", "up", "up", "enter") }},
		{"calls", func(s *screen) { s.press("f3") }},
		{"map", func(s *screen) { s.press("f4") }},
		{"finding", func(s *screen) { s.press("tab", "tab", "enter") }},
		{"interfaces", func(s *screen) { s.press("f5") }},
		{"groups", func(s *screen) { s.press("f6") }},
		{"sources", func(s *screen) { s.press("f7") }},
		{"lesson", func(s *screen) { s.lesson.on = true; s.arrange() }},
		{"members", func(s *screen) { s.talk.clear(); s.show(healed(), memberLines()...) }},
		{"matrix", func(s *screen) { s.show(roomOfFive()); s.press("f12") }},
		{"matrix-30", func(s *screen) { s.show(roomOf30()); s.press("f12", "down", "down", "down", "down", "right", "right") }},
	} {
		for _, theme := range []struct {
			name       string
			background string
			picture.Theme
		}{
			{"dark", "#000000", picture.Dark},
			{"light", "#ffffff", picture.Light},
		} {
			name := tc.name + "-" + theme.name
			t.Run(name, func(t *testing.T) {
				s := newStory(t, 100, 30)
				s.Update(tea.BackgroundColorMsg{Color: lipgloss.Color(theme.background)})
				tc.show(s)
				samePicture(t, name, picture.SVG(cells(s.View(), s.width, s.height), theme.Theme))
			})
		}
	}
}

// samePicture compares a picture with the one in docs/screens.
func samePicture(t *testing.T, name, svg string) {
	t.Helper()
	path := filepath.Join("..", "docs", "screens", name+".svg")
	if updating() {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(svg), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.ReplaceAll(string(old), "\r\n", "\n") != svg {
		t.Errorf("%s is not what the screen looks like now: run go test ./tui -update", path)
	}
}

// cells are those of a view.
func cells(v tea.View, width, height int) picture.Screen {
	canvas := lipgloss.NewCanvas(width, height)
	canvas.Compose(lipgloss.NewLayer(v.Content))
	s := picture.Screen{Width: width, Height: height, CursorX: -1, At: func(x, y int) picture.Cell {
		c := canvas.CellAt(x, y)
		return picture.Cell{Text: c.Content, Width: c.Width, Style: picture.Style{
			Fg: c.Style.Fg, Bg: c.Style.Bg,
			Bold:      c.Style.Attrs&uv.AttrBold != 0,
			Reverse:   c.Style.Attrs&uv.AttrReverse != 0,
			Underline: c.Style.Underline != uv.UnderlineNone,
		}}
	}}
	if v.Cursor != nil {
		s.CursorX, s.CursorY = v.Cursor.X, v.Cursor.Y
	}
	return s
}
