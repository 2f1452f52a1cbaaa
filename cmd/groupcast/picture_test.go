package main

import (
	"image/color"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/hinshun/vt10x"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/tui/picture"
)

// settles waits until nothing has been drawn for a while.
func (s *screen) settles() {
	const quiet = 200 * time.Millisecond
	deadline := time.After(labtest.Patience)
	for pause := time.NewTimer(quiet); ; pause.Reset(quiet) {
		select {
		case <-s.changed:
		case <-pause.C:
			return
		case <-deadline:
			s.t.Fatalf("the screen does not come to rest:\n%s", s.text())
		}
	}
}

// The bits of vt10x.Glyph.Mode.
const (
	vtReverse = 1 << iota
	vtUnderline
	vtBold
)

// picture is the screen as the terminal has it now.
func (s *screen) picture() picture.Screen {
	s.mu.Lock()
	defer s.mu.Unlock()
	width, height := s.vt.Size()
	cells := make([]picture.Cell, width*height)
	for i := range cells {
		g := s.vt.Cell(i%width, i/width)
		style := picture.Style{
			Fg: vtColor(g.FG), Bg: vtColor(g.BG),
			Bold: g.Mode&vtBold != 0, Underline: g.Mode&vtUnderline != 0, Reverse: g.Mode&vtReverse != 0,
		}
		if style.Reverse { // vt10x has swapped them, the picture does it again
			style.Fg, style.Bg = style.Bg, style.Fg
		}
		cells[i] = picture.Cell{Text: string(g.Char), Style: style}
	}
	p := picture.Screen{Width: width, Height: height, CursorX: -1, At: func(x, y int) picture.Cell { return cells[y*width+x] }}
	if s.vt.CursorVisible() {
		cursor := s.vt.Cursor()
		p.CursorX, p.CursorY = cursor.X, cursor.Y
	}
	return p
}

// vtColor is a colour of vt10x: one of the 256, an RGB value, or the
// terminal's own, which is nil.
func vtColor(c vt10x.Color) color.Color {
	switch {
	case c >= vt10x.DefaultFG:
		return nil
	case c < 256:
		return ansi.IndexedColor(c)
	}
	return color.RGBA{uint8(c >> 16), uint8(c >> 8), uint8(c), 0xff}
}
