package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/session"
)

// pastes gives the screen a paste, as a terminal does.
func (s *screen) pastes(text string) {
	s.t.Helper()
	_, cmd := s.Update(tea.PasteMsg{Content: text})
	s.run(cmd)
}

// said are the texts that the session was asked to send; those that are still
// to come are sent as their time comes.
func (s *screen) said() (texts []string) {
	s.t.Helper()
	for {
		s.Update(doneMsg{})
		for a := s.asked(); a != nil; a = s.asked() {
			say, ok := a.(session.Say)
			if !ok {
				s.t.Fatalf("the session was asked %#v", a)
			}
			texts = append(texts, say.Text)
		}
		if len(s.unsent) == 0 {
			return texts
		}
		s.sends(s.Update(pasteMsg{}))
	}
}

// sends carries out what is asked of the session, and leaves alone what waits.
func (s *screen) sends(_ tea.Model, cmd tea.Cmd) {
	s.t.Helper()
	if batch, ok := cmd().(tea.BatchMsg); ok {
		cmd = batch[0]
		cmd()
	}
}

func TestPasteOfSeveralLines(t *testing.T) {
	three := "one\rtwo /quit\r\r/quit\r"
	for _, tc := range []struct {
		key  string
		want []string
	}{
		{"e", []string{"one", "two /quit", "/quit"}},
		{"o", []string{"one\ntwo /quit\n\n/quit"}},
		{"esc", nil},
	} {
		for _, size := range [][2]int{{100, 30}, {70, 24}, {44, 12}} {
			t.Run(fmt.Sprint(tc.key, size), func(t *testing.T) {
				s := newScreen(t, size[0], size[1], before())
				s.typed("draft")
				s.pastes(three)
				s.wants("Send 3 pasted lines, 20 bytes?", "e each line", "o as one datagram", "esc none")
				s.press("x", "enter", "tab", "f5", "?")
				s.wants("Send 3 pasted lines") // until it is answered
				_, cmd := s.Update(key(t, tc.key))
				if cmd != nil {
					s.sends(nil, cmd)
				}
				if got := s.said(); strings.Join(got, "|") != strings.Join(tc.want, "|") {
					t.Errorf("%q were sent, want %q", got, tc.want)
				}
				s.wants("draft")
				s.wantsNot("pasted lines")
				if s.focus != onInput || s.input.value() != "draft" {
					t.Errorf("the input has %q, and the focus is %d", s.input.value(), s.focus)
				}
			})
		}
	}
}

// What cannot be sent is not offered, and the question says why.
func TestPasteOfTooMuch(t *testing.T) {
	long := strings.Repeat("x", mcast.MaxPayload/2)
	for _, tc := range []struct {
		name, text      string
		wants, wantsNot []string
	}{
		{"many", strings.Repeat("line\r", pasteLines+1), []string{"501 pasted lines", "at most 500 lines", "o as one"}, []string{"e each"}},
		{"long", long + "\r" + long, []string{"2 pasted lines, 65,507 bytes", "e each line", "o as one"}, []string{"holds"}},
		{"longer", long + "\r" + long + "y", []string{"each line only: a datagram holds 65,507 bytes", "e each line"}, []string{"o as one"}},
		{"both", strings.Repeat(long[:200]+"\r", pasteLines), []string{"500 pasted lines, 100,499 bytes"}, []string{"o as one"}},
		{"neither", strings.Repeat(long[:200]+"\r", pasteLines+1), []string{"Too much to send: 501 pasted lines", "esc none"}, []string{"o as one", "e each"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newScreen(t, 120, 30, before())
			s.pastes(tc.text)
			s.wants(tc.wants...)
			s.wantsNot(tc.wantsNot...)
			for i, word := range map[string]string{"e": "e each", "o": "o as one"} {
				if strings.Contains(strings.Join(tc.wantsNot, "|"), word) {
					s.press(i)
				}
			}
			if a := s.asked(); a != nil || s.paste == nil {
				t.Errorf("what is not offered was done: %#v", a)
			}
		})
	}
	s := newScreen(t, 100, 30, before())
	s.pastes(long + long + "yy\r")
	s.wants("65,508 bytes pasted: a datagram holds 65,507 bytes")
	if got := s.input.value(); got != long+long+"yy" {
		t.Errorf("the input has %d bytes of a line that is too long", len(got))
	}
}

// Lines leave one by one, and each waits for its time.
func TestPasteIsPaced(t *testing.T) {
	s := newScreen(t, 100, 30, before())
	s.pastes("1\n2\n3")
	_, cmd := s.Update(key(t, "e"))
	s.sends(nil, cmd)
	if got := len(s.unsent); got != 2 {
		t.Fatalf("%d lines wait, want 2 of 3", got)
	}
	s.pastes("4\n5")
	s.Update(key(t, "e"))
	if got := strings.Join(s.said(), ""); got != "12345" {
		t.Errorf("%q were sent, want 12345", got)
	}
}

func TestPasteByMouse(t *testing.T) {
	for _, size := range [][2]int{{100, 30}, {44, 12}} {
		s := newScreen(t, size[0], size[1], before())
		s.pastes("one\ntwo")
		rows := strings.Split(s.plain(), "\n")
		last := len(rows) - 1
		s.Update(tea.MouseClickMsg{X: 3, Y: 3, Button: tea.MouseLeft})
		s.wants("Send 2 pasted lines")
		_, cmd := s.Update(tea.MouseClickMsg{X: strings.Index(rows[last], "one datagram"), Y: last, Button: tea.MouseLeft})
		if cmd == nil {
			t.Fatalf("a click on %q does nothing", rows[last])
		}
		s.sends(nil, cmd)
		if got := s.said(); len(got) != 1 || got[0] != "one\ntwo" {
			t.Errorf("a click sent %q", got)
		}
	}
}

// In a filter there is nothing to be sent.
func TestPasteIntoAFilter(t *testing.T) {
	s := newScreen(t, 100, 30, before())
	s.press("f2")
	s.pastes("one\ntwo")
	s.wants("filter ❯ one two", "2 rows pasted as one line")
}
