package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast/mesh"
	"github.com/groupcast/groupcast/mcast/mesh/meshreport"
	"github.com/groupcast/groupcast/mcast/mesh/meshtest"
	"github.com/groupcast/groupcast/tui/picture"
)

// fakeMesh is a measurement that does not change.
type fakeMesh struct {
	report mesh.Report
	looked chan struct{} // a look a time, as long as somebody counts them
}

func (f *fakeMesh) Report() mesh.Report {
	select {
	case f.looked <- struct{}{}:
	default:
	}
	return f.report
}

type meshScreen struct {
	*meshModel
	t testing.TB
}

func newMeshScreen(t testing.TB, width, height int, r mesh.Report) *meshScreen {
	m := newMeshModel(&fakeMesh{}, Options{})
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	m.Update(meshMsg{View: meshreport.Look(r)})
	return &meshScreen{m, t}
}

func (s *meshScreen) press(keys ...string) {
	s.t.Helper()
	for _, k := range keys {
		s.plain() // the rows that are shown say how far it scrolls
		s.Update(key(s.t, k))
	}
}

func (s *meshScreen) plain() string { return ansi.Strip(s.View().Content) }

func (s *meshScreen) wants(parts ...string) {
	s.t.Helper()
	for _, p := range parts {
		if view := s.plain(); !strings.Contains(view, p) {
			s.t.Errorf("want %q on the screen:\n%s", p, view)
		}
	}
}

// livingMesh is one that goes on.
func livingMesh(r mesh.Report) mesh.Report {
	r.Ended = time.Time{}
	for i := range r.Members {
		r.Members[i].Done = false
	}
	return r
}

// crowdedMesh is of 130, with three holes far from each other.
func crowdedMesh() mesh.Report {
	r := meshtest.Well(130)
	meshtest.Lossy(r, 3, 100, 5)
	meshtest.Silence(r, 77, 12, 40)
	meshtest.Never(r, 128, 129)
	return livingMesh(r)
}

func aloneInMesh() mesh.Report {
	r := meshtest.Well(1)
	r.Expect, r.Missing = 3, []string{"web1", "web2"}
	return livingMesh(r)
}

func TestMeshScreens(t *testing.T) {
	states := []struct {
		name string
		of   func() mesh.Report
		keys []string
	}{
		{"faulty", func() mesh.Report { return livingMesh(meshtest.Faulty()) }, nil},
		{"pair", func() mesh.Report { return livingMesh(meshtest.Faulty()) }, []string{"n", "enter"}},
		{"members", meshtest.Faulty, []string{"tab"}},
		{"thirty", func() mesh.Report { return livingMesh(meshtest.Killed(30, 12)) }, nil},
		{"crowd", crowdedMesh, []string{"n", "n"}},
		{"two", func() mesh.Report { return meshtest.Well(2) }, nil},
		{"alone", aloneInMesh, nil},
		{"ipv6", meshtest.IPv6, []string{"tab"}},
		{"hostile", meshtest.Hostile, nil},
		{"help", meshtest.Faulty, []string{"?"}},
	}
	for _, size := range [][2]int{{60, 15}, {80, 24}, {160, 50}, {300, 100}} {
		for _, state := range states {
			if size[0] == 300 && state.name != "crowd" && state.name != "faulty" {
				continue // they are as on 160
			}
			t.Run(fmt.Sprintf("%s-%dx%d", state.name, size[0], size[1]), func(t *testing.T) {
				s := newMeshScreen(t, size[0], size[1], state.of())
				s.press(state.keys...)
				golden.RequireEqual(t, trimmed(s.plain()))
				s.ascii = true
				s.setStyles()
				if view := s.plain(); state.name != "hostile" && strings.ContainsFunc(view, func(r rune) bool { return r > '~' }) {
					t.Errorf("with ASCII there are others on the screen:\n%s", view)
				}
			})
		}
	}
}

func TestMeshPictures(t *testing.T) {
	for name, theme := range map[string]struct {
		background string
		picture.Theme
	}{"dark": {"#000000", picture.Dark}, "light": {"#ffffff", picture.Light}} {
		t.Run(name, func(t *testing.T) {
			s := newMeshScreen(t, 100, 32, livingMesh(meshtest.Faulty()))
			s.Update(tea.BackgroundColorMsg{Color: lipgloss.Color(theme.background)})
			samePicture(t, "mesh-"+name, picture.SVG(cells(s.View(), 100, 32), theme.Theme))
		})
	}
}

func TestMeshKeys(t *testing.T) {
	r := livingMesh(meshtest.Faulty())
	s := newMeshScreen(t, 100, 40, r)
	s.wants("queue from cache1", "queue never heard cache1", "3 holes", "7 not known", "worst first")
	s.press("n")
	s.wants("db2 does not hear web1 on eth1 since 03:12:00")
	s.press("n", "n")
	s.press("N")
	s.wants("web2 hears db1 on eth0: 420 of 36,000 lost (1.2 %)")

	// It stays selected where other pairs are worse now, and is followed again by home.
	again := livingMesh(meshtest.Faulty())
	meshtest.Never(again, 4, 0)
	s.Update(meshMsg{View: meshreport.Look(again)})
	s.wants("web2 from db1", "4 holes")
	s.press("home")
	s.wants("cache1 from db1", "cache1 never heard db1")
	worse := livingMesh(meshtest.Well(8))
	meshtest.Never(worse, 5, 6)
	s.Update(meshMsg{View: meshreport.Look(worse)})
	s.wants("cache2 never heard queue", "1 hole")

	s.press("s")
	s.wants("by name", "cache2 from queue")
	s.press("up", "left", "k", "h", "down", "right", "j", "l")
	s.wants("cache2 from queue")
	s.press("left")
	s.wants("cache2: its row is what it hears")
	s.press("p")
	s.Update(meshMsg{View: meshreport.Look(r)})
	s.wants("paused", "1 hole")
	s.press("p")
	s.Update(meshMsg{View: meshreport.Look(r)})
	s.wants("3 holes")
	s.press("tab")
	s.wants("▸Members")
	s.press("esc")
	s.wants("▸Who hears whom")
	for _, k := range []string{"q", "ctrl+c"} {
		quits(t, s, k)
	}
}

// Whatever is measured and pressed, at any size: there is no panic, frames fit, and nothing
// drives the terminal.
// Nothing is known of how often a member sends that was never heard here.
func TestMeshOfOneNeverHeard(t *testing.T) {
	r := livingMesh(meshtest.Well(2))
	meshtest.Never(r, 0, 1)
	for i, p := range r.Pairs {
		if p.Received == 0 {
			r.Pairs[i].Sent = 0
		}
	}
	r.Members[1].Rate = 0
	s := newMeshScreen(t, 100, 30, r)
	s.press("enter")
	s.wants("loss       100 %", "received   nothing")
	s.press("esc")
	if view := s.plain(); strings.Contains(view, " 0/s") {
		t.Errorf("a rate of nothing:\n%s", view)
	}
}

func TestAnyMesh(t *testing.T) {
	made := []mesh.Report{{}, meshtest.Hostile(), livingMesh(meshtest.Hostile()), meshtest.Faulty(), meshtest.Killed(12, 3), aloneInMesh(), meshtest.IPv6()}
	var views []*meshreport.View
	for _, r := range made {
		views = append(views, meshreport.Look(r))
	}
	var keys []string
	for _, k := range meshKeys {
		if k.op != meshQuit {
			keys = append(keys, k.keys...)
		}
	}
	keys = slices.DeleteFunc(keys, func(k string) bool { return k == "space" || k == "shift+n" })
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(0, 180).Draw(t, "width"), rapid.IntRange(0, 60).Draw(t, "height")
		s := newMeshScreen(plainTB{}, w, h, mesh.Report{})
		s.ascii = rapid.Bool().Draw(t, "ascii")
		s.setStyles()
		for range rapid.IntRange(1, 16).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "look") {
				s.Update(meshMsg{View: rapid.SampledFrom(views).Draw(t, "report")})
			}
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
				if n := s.styles.cells(row); n > w {
					t.Fatalf("a row of %d cells at %dx%d: %q", n, w, h, ansi.Strip(row))
				}
				if strings.ContainsFunc(ansi.Strip(row), func(r rune) bool { return r < ' ' || r >= 0x202a && r <= 0x202e }) {
					t.Fatalf("a control character in %q", row)
				}
			}
		}
	})
}

// It looks again and again, shows what it sees, and gives the terminal back however it ends.
func TestRunMesh(t *testing.T) {
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
			m := &fakeMesh{report: livingMesh(meshtest.Faulty()), looked: make(chan struct{})}
			end := make(chan error, 1)
			go func() {
				end <- RunMesh(ctx, m, Options{Input: term, Output: term, Env: []string{"TERM=xterm-256color"}})
			}()
			for range 2 {
				select {
				case <-m.looked:
				case <-time.After(20 * time.Second):
					t.Fatal("nobody looks at the measurement")
				}
			}
			tc.do(term, cancel)
			if err := ended(t, end); !errors.Is(err, tc.want) || (err == nil) != (tc.want == nil) {
				t.Errorf("RunMesh returned %v, want %v", err, tc.want)
			}
			term.hand.Close()
			if !term.shows("\x1b[?1049h") || !term.shows("\x1b[?1049l") {
				t.Error("the alternate screen was not entered and left")
			}
		})
	}
}
