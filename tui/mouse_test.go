package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/groupcast/groupcast/mcast/session"
)

// locate is the cell where text stands on the screen.
func (s *screen) locate(text string) (x, y int) {
	s.t.Helper()
	for y, row := range strings.Split(s.plain(), "\n") {
		if before, _, ok := strings.Cut(row, text); ok {
			return ansi.StringWidth(before), y
		}
	}
	s.t.Fatalf("no %q on the screen:\n%s", text, s.plain())
	return 0, 0
}

func (s *screen) click(text string) {
	s.t.Helper()
	x, y := s.locate(text)
	s.clickAt(x, y)
}

func (s *screen) clickAt(x, y int) {
	_, cmd := s.Update(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
	s.run(cmd)
	s.Update(tea.MouseReleaseMsg{X: x, Y: y, Button: tea.MouseLeft})
}

func (s *screen) turnWheel(text string, button tea.MouseButton) {
	s.t.Helper()
	x, y := s.locate(text)
	s.Update(tea.MouseWheelMsg{X: x, Y: y, Button: button})
}

func TestMouse(t *testing.T) {
	for _, size := range [][2]int{{100, 30}, {80, 24}, {160, 50}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			s := newStory(t, size[0], size[1])
			s.click("F2 Datagrams")
			s.wants("▸Datagrams")
			s.click("A, your turn")
			s.wants("▸")
			s.wantsNot("01:00:5e")
			s.click("A, your turn")
			s.wants("01:00:5e:00:00:72")
			s.press("esc")
			s.click("F3 Calls")
			s.wants("▸Calls")
			s.click("F4 Map")
			s.wants("this host")
			s.click("F1 Talk")
			s.wants("Heard from")

			s.click("Membership")
			s.wants("▸Membership")
			s.click("Heard from")
			s.wants("▸Heard from")
			s.click("anyone there")
			s.wants("▸Talk")
			s.click("leave by eth1")
			s.wants("▸Pitfalls")
			s.click("leave by eth1")
			s.wants("How it is known")
			s.press("esc", "esc")
			s.click("ctrl+f fix")
			if fix, ok := s.asked().(session.ApplyFix); !ok || fix.Finding.Name != "wrong-egress" {
				t.Errorf("a click on ctrl+f: the session was asked %#v", fix)
			}
			s.press("tab")
			s.click("esc to type")
			if s.focus != onInput {
				t.Errorf("a click on the input: focus %d", s.focus)
			}
			if s.View().MouseMode != tea.MouseModeCellMotion {
				t.Error("the terminal is not asked for the mouse")
			}
		})
	}
}

func TestMouseInAPicker(t *testing.T) {
	s := newStory(t, 100, 30)
	s.press("f5")
	s.wants("eth0")
	x, y := s.locate("192.168.8.164/24") // behind the picker it stands in the pane
	_, top, block := s.overlay()
	for i, row := range block {
		if at := strings.Index(ansi.Strip(row), "192.168.8.164"); at >= 0 {
			left, _, _ := s.overlay()
			x, y = left+ansi.StringWidth(ansi.Strip(row)[:at]), top+i
		}
	}
	s.clickAt(x, y)
	s.clickAt(x, y)
	if a, ok := s.asked().(session.UseInterface); !ok || a.Interface != "eth0" {
		t.Errorf("two clicks on eth0: the session was asked %#v", a)
	}
	s.press("f5")
	s.clickAt(0, 0)
	if s.picker != nil {
		t.Error("a click beside the list does not close it")
	}
}

func TestDragMarks(t *testing.T) {
	s := newStory(t, 100, 30)
	x, y := s.locate("hello B")
	s.Update(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
	_, last := s.locate("A, your turn")
	for to := y; to <= last; to++ {
		s.Update(tea.MouseMotionMsg{X: x, Y: to, Button: tea.MouseLeft})
	}
	s.Update(tea.MouseReleaseMsg{X: x, Y: last, Button: tea.MouseLeft})
	s.wants("3 lines marked", "y copies, esc forgets the marks")
	_, cmd := s.Update(key(t, "y"))
	s.copied(cmd, "hello B\nnobody answers. I only see what I say myself\nA, your turn")
}

func TestWheel(t *testing.T) {
	s := newStory(t, 100, 30)
	for n := 1; n <= 100; n++ {
		s.talk.add(numbered(100 + n))
	}
	s.turnWheel("line 200.", tea.MouseWheelUp)
	s.wants("line 197.", "scrolled back")
	s.wantsNot("line 198.")
	s.turnWheel("line 197.", tea.MouseWheelDown)
	s.wants("line 200.")
	s.wantsNot("scrolled back")
	s.press("f2")
	s.turnWheel("anyone there", tea.MouseWheelUp)
	s.wants("▸")
}

func TestNoMouse(t *testing.T) {
	m := newModel(newFakeSession(before()), Options{NoMouse: true})
	if mode := m.View().MouseMode; mode != tea.MouseModeNone {
		t.Errorf("mouse mode %v, want none", mode)
	}
}

// Any click anywhere is harmless, at any size.
func TestClicksEverywhere(t *testing.T) {
	for _, size := range [][2]int{{100, 30}, {80, 24}, {44, 12}, {12, 3}, {1, 1}} {
		for _, k := range []string{"f1", "f2", "f3", "f4", "f5", "f6", "f7", "f9"} {
			s := newStory(t, size[0], size[1])
			s.press(k)
			for y := -1; y <= size[1]; y++ {
				for x := -1; x <= size[0]; x += 3 {
					_, cmd := s.Update(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
					s.run(cmd)
					s.Update(tea.MouseMotionMsg{X: x, Y: y + 2, Button: tea.MouseLeft})
					s.Update(tea.MouseWheelMsg{X: x, Y: y, Button: tea.MouseWheelUp})
					if s.err != nil {
						t.Fatalf("%s at %v: a click at %d,%d: %v", k, size, x, y, s.err)
					}
					s.asked()
				}
			}
		}
	}
}
