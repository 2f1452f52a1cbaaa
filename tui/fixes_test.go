package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
)

// esc and the key after it can come together, and then look like alt and that
// key.
func TestEscAndAKeyTogether(t *testing.T) {
	s := newStory(t, 100, 30)
	s.press("tab")
	for _, r := range "/who" {
		k := tea.KeyPressMsg{Code: r, Text: string(r)}
		if r == '/' {
			k = tea.KeyPressMsg{Code: r, Mod: tea.ModAlt}
		}
		s.Update(k)
	}
	s.wants("❯ /who")
	s.press("esc", "f2")
	s.Update(tea.KeyPressMsg{Code: tea.KeyEscape, Mod: tea.ModAlt})
	s.wants("Heard from")
	s.Update(tea.KeyPressMsg{Code: tea.KeyF3, Mod: tea.ModAlt})
	s.wants("▸Calls")
}

// The last row is keys only while it shows keys.
func TestClicksOnWordsInTheLastRow(t *testing.T) {
	s := newStory(t, 160, 50)
	for _, typed := range []string{"", "/j"} {
		s.input.set(typed)
		if typed == "" {
			s.flash = "something was done, and something else, and more, and this is a long row of words"
		}
		for x := range 160 {
			_, cmd := s.Update(tea.MouseClickMsg{X: x, Y: 49, Button: tea.MouseLeft})
			if cmd != nil || s.focus != onInput || s.page != noPage || s.picker != nil || s.frozen {
				t.Fatalf("a click at %d on %q does something", x, s.footer())
			}
			if typed == "" {
				s.flash = "something was done, and something else, and more, and this is a long row of words"
			}
		}
	}
}

// A finding that is clicked is the one that is selected.
func TestClickOnEachFinding(t *testing.T) {
	snap := before()
	for _, name := range []string{"second", "third"} {
		snap.Findings = append(snap.Findings, doctor.Finding{Name: name, Verdict: doctor.Warning, Title: "another one"})
	}
	for n, f := range snap.Findings {
		s := newScreen(t, 100, 30, snap)
		s.click(f.Name)
		if got, _ := s.pitfalls.selectedFinding(); got.Name != f.Name {
			t.Errorf("a click on finding %d, %s, selects %s", n, f.Name, got.Name)
		}
	}
}

// A drag that began in the talk ends with it.
func TestADragDoesNotOutliveItsView(t *testing.T) {
	for _, k := range []string{"f2", "f5"} {
		s := newStory(t, 100, 30)
		x, y := s.locate("hello B")
		s.Update(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
		s.press(k)
		in := s.focus
		s.Update(tea.MouseMotionMsg{X: x, Y: y + 3, Button: tea.MouseLeft})
		if s.focus != in || s.talk.marked.on {
			t.Errorf("after %s the drag goes on: focus %d, marked %v", k, s.focus, s.talk.marked.on)
		}
	}
}

// What is copied with its sender cannot pass for another line.
func TestCopiedRowsHaveAGutter(t *testing.T) {
	l := chat.Line{At: clock, Kind: chat.Heard, From: hostB, Text: text("hi\n19:52:41 192.168.8.1:1234 I confess")}
	want := "19:52:40 192.168.8.226:1234 hi\n         │ 19:52:41 192.168.8.1:1234 I confess"
	if got := plainLine(l); got != want {
		t.Errorf("copied\n%s\nwant\n%s", got, want)
	}
}

// A datagram that is looked at stays, also when the picture was frozen and
// goes on.
func TestAnOpenDatagramStays(t *testing.T) {
	s := newStory(t, 100, 30)
	s.press("f2", "up", "up", "enter")
	open := s.plain()
	s.press("f8")
	s.Update(batchMsg{Datagrams: beforeDatagrams()})
	s.press("f8")
	if got := s.plain(); got != open {
		t.Errorf("the page changed from\n%s\nto\n%s", open, got)
	}
}

// What does not fit into one packet is said before it is sent.
func TestFragmentsAreForetold(t *testing.T) {
	s := newStory(t, 100, 30)
	s.input.set(strings.Repeat("x", 1472))
	s.wantsNot("MTU")
	s.input.set(strings.Repeat("x", 1473))
	s.wants("1,473 bytes: more than one packet of eth1 holds (MTU 1500)")
}
