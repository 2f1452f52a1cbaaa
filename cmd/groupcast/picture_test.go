package main

import (
	"time"

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

// picture is the screen as the terminal has it now.
func (s *screen) picture() picture.Screen {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := picture.Screen{Width: s.vt.Width(), Height: s.vt.Height(), CursorX: -1}
	cells := make([]picture.Cell, p.Width*p.Height)
	for i := range cells {
		cells[i] = picture.FromUV(s.vt.CellAt(i%p.Width, i/p.Width))
	}
	p.At = func(x, y int) picture.Cell { return cells[y*p.Width+x] }
	if !s.vt.CursorHidden() {
		cursor := s.vt.CursorPosition()
		p.CursorX, p.CursorY = cursor.X, cursor.Y
	}
	return p
}
