package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/exp/golden"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/session"
)

// What happens in the lesson, one thing after the other.
var (
	hello   = chat.Line{ID: 2, At: at("19:52:10"), Kind: chat.Heard, Text: text("B: hello. I answer whom I hear"), From: hostB, To: group.Addr, Interface: "eth0", IfIndex: 2, Hops: 1}
	inVain  = chat.Line{ID: 3, At: at("19:52:17"), Kind: chat.Own, Text: text("test"), Interface: "eth1", IfIndex: 3, Source: onEth1.Source, Copy: chat.CopyBack, After: 90000}
	another = chat.Line{ID: 8, At: at("19:52:47"), Kind: chat.Own, Text: text("test"), Interface: "eth0", IfIndex: 2, Source: onEth0.Source, Copy: chat.CopyBack, After: 94000}
	answer  = chat.Line{ID: 9, At: at("19:52:47"), Kind: chat.Heard, Text: text("B: I hear you, 192.168.8.164. You said: test"), From: hostB, To: group.Addr, Interface: "eth0", IfIndex: 2, Hops: 1}
)

func newLesson(t testing.TB, width, height int) *screen {
	s := newScreen(t, width, height, before(), beforeLines()[0], hello)
	s.lesson.on = true
	s.arrange()
	return s
}

// lessonSteps lead from one step to the next.
var lessonSteps = []struct {
	name string
	do   func(s *screen)
}{
	{"talk", func(*screen) {}},
	{"why", func(s *screen) { s.show(before(), inVain) }},
	{"fix", func(s *screen) { s.press("tab", "tab", "enter") }},
	{"again", func(s *screen) { s.press("esc", "ctrl+f"); s.show(after(), afterLines()[0]) }},
	{"next", func(s *screen) { s.show(after(), another, answer) }},
}

// lessonAt is the screen at one of the steps.
func lessonAt(t testing.TB, step, width, height int) *screen {
	s := newLesson(t, width, height)
	for _, l := range lessonSteps[:step+1] {
		l.do(s)
	}
	return s
}

func TestLessonScreens(t *testing.T) {
	for _, size := range [][2]int{{160, 50}, {100, 30}, {80, 24}, {44, 12}} {
		for n, step := range lessonSteps {
			t.Run(fmt.Sprintf("%s-%dx%d", step.name, size[0], size[1]), func(t *testing.T) {
				s := lessonAt(t, n, size[0], size[1])
				golden.RequireEqual(t, trimmed(s.plain()))
				if s.layout.lesson == 0 || s.layout.lesson > s.height/3 {
					t.Errorf("the lesson takes %d rows of %d", s.layout.lesson, s.height)
				}
				s.ascii = true
				s.setStyles()
				s.talk.clear() // what people and the notices say is shown as it is
				for _, r := range s.plain() {
					if r > '~' {
						t.Fatalf("with ASCII there is %q on the screen:\n%s", r, s.plain())
					}
				}
			})
		}
	}
}

// The lesson goes by what happens, in whatever order.
func TestLessonSteps(t *testing.T) {
	change := func(l chat.Line, f func(*chat.Line)) chat.Line { f(&l); return l }
	pending := change(inVain, func(l *chat.Line) { l.Copy = chat.CopyPending })
	off := change(inVain, func(l *chat.Line) { l.Copy = chat.CopyOff })
	missing := change(inVain, func(l *chat.Line) { l.Copy = chat.CopyMissing })
	refused := change(inVain, func(l *chat.Line) { l.Copy = chat.CopyNone })
	byOther := change(answer, func(l *chat.Line) { l.Interface, l.IfIndex = "eth1", 3 })
	local := change(answer, func(l *chat.Line) { l.Local = true })
	elsewhere := before()
	elsewhere.Sends, elsewhere.Findings = session.Egress{IfIndex: 1, Interface: "lo"}, nil
	show := func(snap session.Snapshot, lines ...chat.Line) func(*screen) {
		return func(s *screen) { s.show(snap, lines...) }
	}
	press := func(keys ...string) func(*screen) { return func(s *screen) { s.press(keys...) } }
	look := press("tab", "tab", "enter", "esc", "esc")
	for _, tc := range []struct {
		name string
		do   []func(*screen)
		want step
		says string
	}{
		{"nothing", nil, stepTalk, "Say something"},
		{"B is heard, which is no answer", []func(*screen){show(before(), answer)}, stepTalk, ""},
		{"a copy that is not back", []func(*screen){show(before(), pending)}, stepTalk, ""},
		{"and then it is", []func(*screen){show(before(), pending, inVain)}, stepWhy, "Your line came back (↺)"},
		{"a line that was refused", []func(*screen){show(before(), refused)}, stepTalk, ""},
		{"without own copies", []func(*screen){show(before(), off)}, stepWhy, "Own copies are off"},
		{"without this one", []func(*screen){show(before(), missing)}, stepWhy, "Not even your own copy"},
		{"by the map", []func(*screen){show(before(), inVain), press("f4")}, stepFix, "it chose eth1 (default route via 169.254.0.1)"},
		{"looked first", []func(*screen){look}, stepTalk, ""},
		{"looked first, then talked", []func(*screen){look, show(before(), inVain)}, stepFix, "Press ctrl+f: send out of eth0"},
		{"fixed first", []func(*screen){show(after())}, stepAgain, "Sends left via eth1 (default route via 169.254.0.1), and B is not there. Sends leave via eth0 now, from 192.168.8.164. Say something"},
		{"fixed without looking", []func(*screen){show(before(), inVain), show(after())}, stepAgain, "and B is not there. Sends leave via eth0 now, from 192.168.8.164. Say it again"},
		{"sent elsewhere", []func(*screen){show(before(), inVain), look, show(elsewhere)}, stepFix, ""},
		{"changed back", []func(*screen){show(before(), inVain), look, show(after()), show(before())}, stepFix, ""},
		{"fixed, then talked", []func(*screen){show(after()), show(after(), another)}, stepAgain, ""},
		{"answered by another wire", []func(*screen){show(after()), show(after(), another, byOther)}, stepAgain, ""},
		{"answered from this host", []func(*screen){show(after()), show(after(), another, local)}, stepAgain, ""},
		{"answered", []func(*screen){show(after()), show(after(), another), show(after(), answer)}, stepNext, "B heard you"},
		{"and it stays so", []func(*screen){show(after(), another, answer), show(before())}, stepNext, ""},
	} {
		s := newLesson(t, 100, 30)
		for _, do := range tc.do {
			do(s)
		}
		if got := s.lesson.now(); got != tc.want || !strings.Contains(s.lesson.text(), tc.says) {
			t.Errorf("%s: step %d, want %d with %q in %q", tc.name, got+1, tc.want+1, tc.says, s.lesson.text())
		}
	}
}

func TestLessonCanBeHidden(t *testing.T) {
	s := newLesson(t, 100, 30)
	s.wants("Lesson 1/5", "Say something")
	for range 2 {
		s.press("f10")
		s.wantsNot("Lesson 1/5")
		s.wants("F10 shows the lesson again")
		s.Update(tea.KeyPressMsg{Code: '0', Mod: tea.ModAlt})
		s.wants("Lesson 1/5")
	}
	without := newStory(t, 100, 30)
	without.press("f10")
	without.wants("the lesson is in: groupcast lab")
	without.wantsNot("Lesson")
}

// The mouse finds what is below the lesson, and the lesson is no button.
func TestMouseBelowTheLesson(t *testing.T) {
	s := lessonAt(t, 1, 100, 30)
	rows := strings.Split(s.plain(), "\n")
	for y, row := range rows {
		for _, part := range []struct {
			text string
			want view
		}{{"F3 Calls", callsView}, {"What you said", talkView}} {
			before, _, found := strings.Cut(row, part.text)
			if !found {
				continue
			}
			s.Update(tea.MouseClickMsg{X: s.styles.cells(before) + 1, Y: y, Button: tea.MouseLeft})
			if s.model.view != part.want || s.focus == onTalk {
				t.Errorf("a click on %q leads to view %d, region %d, want view %d", part.text, s.model.view, s.focus, part.want)
			}
			s.press("f1")
		}
	}
}
