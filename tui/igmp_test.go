package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/tui/picture"
)

// fakeIGMP is a network that does not change.
type fakeIGMP struct {
	snap   IGMPSnapshot
	looked chan struct{} // a look a time, as long as somebody counts them
}

func (f *fakeIGMP) Snapshot() IGMPSnapshot {
	select {
	case f.looked <- struct{}{}:
	default:
	}
	return f.snap
}

// snooped is a network with a querier and 40 members on eth0, and on eth1 a switch that
// keeps reports back.
func snooped() IGMPSnapshot {
	s := IGMPSnapshot{About: "eth0, eth1", Groups: 3, Nobody: "no member of any group seen", Links: []IGMPLink{
		{Interface: "eth0", Protocol: "IGMPv3", Sight: "all", Queriers: []string{"querier 192.168.8.1 (v3, every 125 s, answers within 10 s, robustness 2), 14 s ago"}},
		{Interface: "eth0", Protocol: "MLD", Sight: "unknown", Queriers: []string{"no querier heard in 5m12s"}},
		{Interface: "eth1", Protocol: "IGMPv2", Sight: "own", Queriers: []string{"querier 192.168.9.1 (v2, every 125 s, answers within 10 s, robustness 2), 5 s ago"},
			Notes: []string{"other hosts' reports do not reach this port: a snooping switch sends them to routers only"}},
	}}
	s.Members = append(s.Members, IGMPMember{Interface: "eth0", Group: "239.1.2.3", Host: "192.168.8.164", Since: "12:01:07", Expires: "27 s", How: "v3, all sources; report seen leaving 12:01:07", Self: true})
	for n := range 40 {
		s.Members = append(s.Members, IGMPMember{Interface: "eth0", Group: "239.1.2.3", Host: fmt.Sprintf("192.168.8.%d", 10+n), Since: "12:01:07", Expires: "4m02s", How: "v3, only 10.9.0.77"})
	}
	s.Members = append(s.Members, IGMPMember{Interface: "eth1", Group: "ff02::1:ff00:1234 (neighbours)", Host: "fe80::200:ff:fe00:1234", Since: "12:03:00", Expires: "3m20s", How: "v2, all sources"})
	for n := range 9 {
		s.Events = append(s.Events, IGMPEvent{Time: fmt.Sprintf("12:04:3%d.201", n), Kind: "member-joined", Text: fmt.Sprintf("239.1.2.3 192.168.8.%d on eth0: v3: only 10.9.0.77", 10+n)})
	}
	return s
}

type igmpTestScreen struct {
	*igmpModel
	t testing.TB
}

func newIGMPScreen(t testing.TB, width, height int, s IGMPSnapshot) *igmpTestScreen {
	m := newIGMPModel(&fakeIGMP{}, Options{})
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	m.Update(igmpMsg(s))
	return &igmpTestScreen{m, t}
}

func (s *igmpTestScreen) press(keys ...string) {
	s.t.Helper()
	for _, k := range keys {
		s.plain() // the rows that are shown say how far it scrolls
		s.Update(key(s.t, k))
	}
}

func (s *igmpTestScreen) plain() string { return ansi.Strip(s.View().Content) }

func (s *igmpTestScreen) wants(shown bool, parts ...string) {
	s.t.Helper()
	for _, p := range parts {
		if view := s.plain(); strings.Contains(view, p) != shown {
			s.t.Errorf("want %q on the screen: %t:\n%s", p, shown, view)
		}
	}
}

func TestIGMPScreens(t *testing.T) {
	silent := IGMPSnapshot{About: "eth0: 239.1.2.3", Nobody: "no member of 239.1.2.3 seen", Links: []IGMPLink{{Interface: "eth0", Protocol: "IGMP", Sight: "unknown", Queriers: []string{"no querier heard in 4 s"}}}}
	for _, size := range [][2]int{{160, 50}, {80, 24}, {44, 12}} {
		for _, state := range []struct {
			name string
			snap IGMPSnapshot
			keys []string
		}{
			{"snooped", snooped(), nil},
			{"silent", silent, nil},
			{"help", silent, []string{"?"}},
			{"events", snooped(), []string{"tab"}},
		} {
			t.Run(fmt.Sprintf("%s-%dx%d", state.name, size[0], size[1]), func(t *testing.T) {
				s := newIGMPScreen(t, size[0], size[1], state.snap)
				s.press(state.keys...)
				golden.RequireEqual(t, trimmed(s.plain()))
				s.ascii = true
				s.igmpModel.styles = s.newStyles()
				if view := s.plain(); strings.ContainsFunc(view, func(r rune) bool { return r > '~' }) {
					t.Errorf("with ASCII there are others on the screen:\n%s", view)
				}
			})
		}
	}
}

func TestIGMPPictures(t *testing.T) {
	for name, theme := range map[string]struct {
		background string
		picture.Theme
	}{"dark": {"#000000", picture.Dark}, "light": {"#ffffff", picture.Light}} {
		t.Run(name, func(t *testing.T) {
			s := newIGMPScreen(t, 100, 30, snooped())
			s.Update(tea.BackgroundColorMsg{Color: lipgloss.Color(theme.background)})
			samePicture(t, "igmp-"+name, picture.SVG(cells(s.View(), 100, 30), theme.Theme))
		})
	}
}

// Where the help has more rows than the screen, it scrolls to its end.
func TestIGMPHelpScrolls(t *testing.T) {
	s := newIGMPScreen(t, 44, 12, snooped())
	s.press("?")
	s.wants(true, "more")
	s.wants(false, "explain igmp")
	s.press("end")
	s.wants(true, "explain igmp")
	s.press("?", "?")
	s.wants(false, "explain igmp")
}

func TestIGMPKeys(t *testing.T) {
	s := newIGMPScreen(t, 80, 24, snooped())
	s.wants(true, "▸Members", "42 members · 3 groups", "192.168.8.164 (this host)", "12:04:38")
	s.press("end")
	s.wants(true, "fe80::200:ff:fe00:1234", "above")
	s.wants(false, "192.168.8.10 ")
	s.press("pgup", "k", "home")
	s.wants(true, "192.168.8.164 (this host)")
	s.press("tab", "home")
	s.wants(true, "▸Events", "12:04:30")
	s.wants(false, "12:04:38")

	// What is scrolled back stays in its place while more happens.
	more := snooped()
	more.Events = append(more.Events, IGMPEvent{Time: "12:05:00.000", Kind: "member-left", Text: "239.1.2.3"})
	s.Update(igmpMsg(more))
	s.wants(true, "12:04:30")
	s.wants(false, "12:05:00")
	s.press("end")
	s.wants(true, "12:05:00")

	s.press("p")
	s.Update(igmpMsg(IGMPSnapshot{About: "eth9"}))
	s.wants(true, "paused", "12:05:00")
	s.press("p", "?")
	s.wants(true, "groupcast explain igmp says more")
	s.press("esc")
	s.Update(igmpMsg(IGMPSnapshot{About: "eth9"}))
	s.wants(true, "eth9", "no member seen", "none yet")
	for _, k := range []string{"q", "ctrl+c"} {
		if cmd := s.key(k); cmd == nil {
			t.Errorf("%s does not end it", k)
		}
	}
}

// Whatever is seen and pressed, at any size: there is no panic, and frames fit.
func TestAnyIGMP(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(0, 180).Draw(t, "width"), rapid.IntRange(0, 60).Draw(t, "height")
		s := newIGMPScreen(plainTB{}, w, h, IGMPSnapshot{})
		s.ascii = rapid.Bool().Draw(t, "ascii")
		s.igmpModel.styles = s.newStyles()
		words := rapid.SampledFrom([]string{"", "eth0", "\x1b[31meth0\n", "漢字漢字漢字漢字", "ff02:0123:4567:89ab:cdef:0123:4567:89ab", strings.Repeat("x ", 200)})
		keys := []string{"up", "down", "pgup", "pgdown", "g", "G", "tab", "p", "?", "esc", "x"}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			snap := snooped()
			snap.About, snap.Nobody = words.Draw(t, "about"), words.Draw(t, "nobody")
			snap.Members = snap.Members[:rapid.IntRange(0, len(snap.Members)).Draw(t, "members")]
			for i := range snap.Members {
				m := &snap.Members[i]
				m.Interface, m.Group, m.Host, m.How = words.Draw(t, "on"), words.Draw(t, "group"), words.Draw(t, "host"), words.Draw(t, "how")
			}
			snap.Events = snap.Events[:rapid.IntRange(0, len(snap.Events)).Draw(t, "events")]
			snap.Links = snap.Links[:rapid.IntRange(0, len(snap.Links)).Draw(t, "links")]
			for i := range snap.Links {
				snap.Links[i].Interface, snap.Links[i].Queriers[0] = words.Draw(t, "link"), words.Draw(t, "querier")
			}
			s.Update(igmpMsg(snap))
			s.Update(key(plainTB{}, rapid.SampledFrom(keys).Draw(t, "key")))
			v := s.View()
			if s.err != nil {
				t.Fatal(s.err)
			}
			if v.Content == "" {
				continue
			}
			rows := strings.Split(v.Content, "\n")
			if len(rows) != h {
				t.Fatalf("%d rows at %dx%d", len(rows), w, h)
			}
			for _, row := range rows {
				if n := s.igmpModel.styles.cells(row); n > w {
					t.Fatalf("a row of %d cells at %dx%d: %q", n, w, h, ansi.Strip(row))
				}
				if strings.ContainsFunc(ansi.Strip(row), func(r rune) bool { return r < ' ' }) {
					t.Fatalf("a control character in %q", row)
				}
			}
		}
	})
}

// It gives the terminal back however it ends.
func TestRunIGMP(t *testing.T) {
	gone := errors.New("gone")
	for _, tc := range []struct {
		name string
		do   func(term *terminal, cancel context.CancelCauseFunc)
		want error
	}{
		{"by a key", func(term *terminal, _ context.CancelCauseFunc) { go io.WriteString(term.hand, "q") }, nil},
		{"with the context", func(_ *terminal, cancel context.CancelCauseFunc) { cancel(gone) }, gone},
	} {
		t.Run(tc.name, func(t *testing.T) {
			defer goleak.VerifyNone(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			term := newTerminal(t)
			v := &fakeIGMP{snap: snooped(), looked: make(chan struct{}, 2)}
			end := make(chan error, 1)
			go func() {
				end <- RunIGMP(ctx, v, Options{Input: term, Output: term, Env: []string{"TERM=xterm-256color"}})
			}()
			for range 2 {
				select {
				case <-v.looked:
				case <-time.After(10 * time.Second):
					t.Fatal("nobody looks")
				}
			}
			tc.do(term, cancel)
			if err := ended(t, end); !errors.Is(err, tc.want) || (err == nil) != (tc.want == nil) {
				t.Errorf("RunIGMP returned %v, want %v", err, tc.want)
			}
			term.hand.Close()
			if !term.shows("\x1b[?1049h") || !term.shows("\x1b[?1049l") {
				t.Error("the alternate screen was not entered and left")
			}
		})
	}
}
