package tui

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/session"
)

func TestViews(t *testing.T) {
	s := newStory(t, 100, 30)
	for _, step := range []struct {
		key  string
		want []string
	}{
		{"f2", []string{"▸Datagrams", "filter ❯", "169.254.167.41"}},
		{"f3", []string{"▸Calls", "MCAST_JOIN_GROUP", "addMembership"}},
		{"f4", []string{"Map", "this host", "192.168.8.226"}},
		{"f1", []string{"Heard from", "❯ type to talk"}},
		{"alt+2", []string{"▸Datagrams"}},
		{"esc", []string{"Heard from"}},
	} {
		s.press(step.key)
		s.wants(step.want...)
	}
	s.press("f4")
	s.typed("on the map typing talks")
	s.press("enter")
	if got, want := s.asked(), (session.Say{Text: "on the map typing talks"}); got != want {
		t.Errorf("the session was asked %#v, want %#v", got, want)
	}
}

func TestDatagramsFilterAndOpen(t *testing.T) {
	s := newStory(t, 100, 30)
	s.press("f2")
	s.typed("your turn")
	s.wants("A, your turn", "filter ❯ your turn")
	s.wantsNot("anyone there")
	s.press("enter")
	s.wants("01:00:5e:00:00:72", "esc back", "41 2c 20 79") // "A, y"
	s.press("esc")
	s.wants("A, your turn")
	s.press("esc")
	s.wants("anyone there", "type to filter")
	s.press("tab")
	s.typed("said from here")
	s.press("enter")
	if got, want := s.asked(), (session.Say{Text: "said from here"}); got != want {
		t.Errorf("the session was asked %#v, want %#v", got, want)
	}
	s.wants("▸Datagrams"[len("▸"):], "F1 Talk")
}

func TestFind(t *testing.T) {
	s := newNumbered(t, 200)
	s.press("ctrl+s")
	s.typed("LINE 15")
	s.wants("find ❯ LINE 15", "▸", "line 159.")
	s.press("up")
	s.wants("line 158.")
	for range 20 {
		s.press("up")
	}
	s.wants("no other place", "line 15.")
	s.press("down", "enter")
	if s.focus != onTalk || !s.talk.marked.on {
		t.Errorf("enter: want the talk in focus with the line marked; focus %d", s.focus)
	}
	s.press("n")
	s.wants("line 15.")
	s.press("ctrl+s")
	s.typed("no such thing")
	s.wants("not found")
	s.press("esc")
	s.wants("line 200.", "❯ type to talk")
}

func TestMarkAndCopy(t *testing.T) {
	s := newStory(t, 100, 30)
	s.press("tab", "y")
	s.wants("nothing is marked: v marks")
	s.press("v", "up")
	s.wants("2 lines marked", "19:52:38▸")
	_, cmd := s.Update(key(t, "y"))
	s.copied(cmd, "nobody answers. I only see what I say myself\nA, your turn")
	s.wants("2 lines given to the terminal's clipboard")
	s.press("shift+up", "shift+up")
	_, cmd = s.Update(key(t, "Y"))
	s.copied(cmd, "19:52:31 192.168.8.226:1234 nobody answers. I only see what I say myself\n19:52:38 192.168.8.226:1234 A, your turn")

	s.talk.add(chat.Line{ID: 99, At: clock, Kind: chat.Heard, From: hostB, Text: text(strings.Repeat("long ", 20000))})
	s.press("end", "v", "y")
	s.wants("too much for a terminal's clipboard: /save FILE")
}

// copied runs a command and checks what it gives to the clipboard.
func (s *screen) copied(cmd tea.Cmd, want string) {
	s.t.Helper()
	if cmd == nil {
		s.t.Fatal("nothing was copied")
	}
	if got := reflect.ValueOf(cmd()).String(); got != want {
		s.t.Errorf("copied %q, want %q (%s)", got, want, base64.StdEncoding.EncodeToString([]byte(want)))
	}
}

func TestFreeze(t *testing.T) {
	for _, v := range []string{"f1", "f2", "f3", "f4"} {
		t.Run(v, func(t *testing.T) {
			s := newStory(t, 100, 30)
			s.press(v, "f8")
			frozen := s.plain()
			if !strings.Contains(frozen, "frozen") {
				t.Fatalf("the screen does not say that it is frozen:\n%s", frozen)
			}
			many := make([]chat.Line, 0, talkLines)
			for n := range 2 * talkLines {
				many = append(many, numbered(n+100))
			}
			s.show(after(), many...)
			for n := range 7000 {
				d := beforeDatagrams()[0]
				d.Data = []byte(fmt.Sprint(n))
				s.datagrams.add(d)
				s.calls.add(beforeCalls()[n%8])
			}
			below := func(view string) string { _, rest, _ := strings.Cut(view, "\n"); return rest }
			clean := func(view string) string { // the count of what waits may change
				rows := strings.Split(below(view), "\n")
				return strings.Join(rows[1:], "\n")
			}
			if got := s.plain(); clean(got) != clean(frozen) {
				t.Errorf("frozen, the picture changed from\n%s\nto\n%s", frozen, got)
			}
			if v == "f1" {
				s.wants("frozen, 10,000 new")
			}
			s.press("f8")
			s.refreshNow()
			if got := s.plain(); clean(got) == clean(frozen) {
				t.Errorf("the picture does not go on:\n%s", got)
			}
		})
	}
	t.Run("talking thaws it", func(t *testing.T) {
		s := newStory(t, 100, 30)
		s.press("ctrl+p")
		s.typed("hello")
		s.press("enter")
		s.wantsNot("frozen")
	})
}

func (s *screen) refreshNow() {
	s.time = s.time.Add(snapshotPause)
	s.refresh()
}

func TestNotify(t *testing.T) {
	s := newStory(t, 100, 30)
	s.notify = true
	news := func(n int) session.Batch { return session.Batch{Lines: []chat.Line{numbered(n)}} }
	if s.take(news(100)) != nil {
		t.Error("the bell rings while the terminal is looked at")
	}
	s.Update(tea.BlurMsg{})
	bell := s.take(news(101))
	if bell == nil {
		t.Fatal("no bell for a line while the terminal is not looked at")
	}
	if raw, ok := bell().(tea.RawMsg); !ok || raw.Msg != "\a" {
		t.Errorf("the bell is %#v", raw)
	}
	if s.take(news(102)) != nil {
		t.Error("two bells within a second")
	}
	if got, want := s.View().WindowTitle, "(2) groupcast 224.0.0.114:1234"; got != want {
		t.Errorf("title %q, want %q", got, want)
	}
	s.Update(tea.FocusMsg{})
	if got, want := s.View().WindowTitle, "groupcast 224.0.0.114:1234"; got != want {
		t.Errorf("title %q, want %q", got, want)
	}
}

// The size of a window that is dragged changes many times a second, also to
// sizes at which nothing fits.
func TestResizeStorm(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	s := newStory(t, 100, 30)
	for n := range 3000 {
		w, h := random.IntN(200), random.IntN(60)
		s.Update(tea.WindowSizeMsg{Width: w, Height: h})
		if n%10 == 0 {
			keys := []string{"f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "tab", "up", "pgup", "enter", "esc"}
			s.Update(namedKeys[keys[random.IntN(len(keys))]])
		}
		rows := strings.Split(s.View().Content, "\n")
		if len(rows) > max(1, h) {
			t.Fatalf("%d rows at %dx%d", len(rows), w, h)
		}
		for _, r := range rows {
			if got := s.styles.cells(r); got > w {
				t.Fatalf("a row of %d cells at %dx%d: %q", got, w, h, r)
			}
		}
	}
	for len(s.session.actions) > 0 {
		<-s.session.actions
	}
	s.Update(tea.WindowSizeMsg{Width: 100, Height: 30})
	s.press("esc", "esc", "esc", "f1")
	s.wants("Heard from")
}

func TestCtrlZ(t *testing.T) {
	s := newStory(t, 100, 30)
	s.press("ctrl+z")
	s.wants("no shell is there that could continue the program")
	s.suspend = true
	_, cmd := s.Update(key(t, "ctrl+z"))
	if cmd == nil {
		t.Fatal("ctrl+z does nothing")
	}
	if _, ok := cmd().(tea.SuspendMsg); !ok {
		t.Error("ctrl+z does not stop the program")
	}
}

func TestCommandsOfTheScreen(t *testing.T) {
	s := newStory(t, 100, 30)
	s.typed("/who")
	s.press("enter")
	s.wants("heard in 224.0.0.114:1234: 1 host", "port 1234")
	s.typed("/save talk.txt")
	s.press("enter")
	save, ok := s.asked().(session.Save)
	if !ok || save.File != "talk.txt" || len(save.Lines) < len(beforeLines()) {
		t.Errorf("the session was asked %#v, want to save all lines", save)
	}
	s.typed("/clear")
	s.press("enter")
	s.wants("Nothing new yet")
	s.wantsNot("anyone there")
	s.show(before(), numbered(50))
	s.wants("line 50.")
}
