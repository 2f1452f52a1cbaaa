package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast/session"
)

// fakePing is a ping whose counts are set by hand.
type fakePing struct {
	mu    sync.Mutex
	snap  PingSnapshot
	asked int
}

func (f *fakePing) Snapshot() PingSnapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	return f.snap
}

// eightResponders is a ping of a group where the fifth loses half.
func eightResponders() PingSnapshot {
	s := PingSnapshot{
		Target: "239.1.2.3:5000", Way: "leave by eth0, source 192.168.1.10: you chose it", Group: true, Sent: 120, Took: 2 * time.Minute,
		Errors: []PingError{{Text: "send 239.1.2.3:5000: no buffer space available", Count: 2}},
	}
	for n := range 8 {
		r := PingResponder{
			From: netip.MustParseAddrPort(fmt.Sprintf("192.168.1.%d:5000", 11+n)), Interface: "eth0", IfIndex: 2,
			Sent: 120, Received: 120, Hops: 64, Min: 80 * time.Microsecond, Avg: time.Duration(200+10*n) * time.Microsecond,
			Max: 4 * time.Millisecond, StdDev: 50 * time.Microsecond, P50: 190 * time.Microsecond, P99: time.Duration(20-n) * time.Millisecond,
		}
		if n == 4 {
			r.Received, r.Lost, r.Duplicates, r.Late = 61, 59, 1, 3
		}
		for i := range 64 {
			r.RTTs = append(r.RTTs, time.Duration(100+(i*(37+n))%200)*time.Microsecond)
		}
		low := time.Duration(0)
		for i := range 32 {
			high := time.Microsecond << i
			r.Histogram = append(r.Histogram, PingBar{Low: low, High: high, Count: map[int]uint64{7: 40, 8: 60, 9: 15, 12: 5}[i]})
			low = high
		}
		s.Responders = append(s.Responders, r)
	}
	return s
}

// oneHost is a ping of a host that refuses.
func oneHost() PingSnapshot {
	return PingSnapshot{
		Target: "printer (192.168.1.9:1234)", Way: "leave by eth0, source 192.168.1.10: route 192.168.1.0/24", Sent: 3, Unanswered: 3, Ended: true,
		Responders: []PingResponder{{From: netip.MustParseAddrPort("192.168.1.9:1234"), Sent: 3, Lost: 3, Histogram: make([]PingBar, 32)}},
		Errors:     []PingError{{Text: "192.168.1.9:1234 refused it: ICMP port unreachable (3, 3) from 192.168.1.9", Count: 3}},
	}
}

type pingScreen struct {
	*pingModel
	t testing.TB
}

func newPingScreen(t testing.TB, width, height int, s PingSnapshot) *pingScreen {
	m := newPingModel(&fakePing{}, Options{})
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	m.Update(pingMsg(s))
	return &pingScreen{m, t}
}

func (s *pingScreen) press(keys ...string) {
	s.t.Helper()
	for _, k := range keys {
		s.Update(key(s.t, k))
	}
}

func (s *pingScreen) plain() string { return ansi.Strip(s.View().Content) }

func (s *pingScreen) wants(parts ...string) {
	s.t.Helper()
	for _, p := range parts {
		if view := s.plain(); !strings.Contains(view, p) {
			s.t.Errorf("want %q on the screen:\n%s", p, view)
		}
	}
}

func TestPingScreens(t *testing.T) {
	states := []struct {
		name string
		snap PingSnapshot
		keys []string
	}{
		{"group", eightResponders(), nil},
		{"lossy", eightResponders(), []string{"s"}},
		{"detail", eightResponders(), []string{"down", "down", "enter"}},
		{"host", oneHost(), nil},
		{"nobody", PingSnapshot{Target: "239.1.2.3:5000", Group: true, Sent: 3, Unanswered: 2}, nil},
		{"help", eightResponders(), []string{"?"}},
	}
	for _, size := range [][2]int{{160, 50}, {100, 30}, {80, 24}, {44, 12}} {
		for _, state := range states {
			t.Run(fmt.Sprintf("%s-%dx%d", state.name, size[0], size[1]), func(t *testing.T) {
				s := newPingScreen(t, size[0], size[1], state.snap)
				s.press(state.keys...)
				golden.RequireEqual(t, trimmed(s.plain()))
			})
		}
	}
	for _, state := range states {
		t.Run(state.name+"-ascii", func(t *testing.T) {
			s := newPingScreen(t, 100, 30, state.snap)
			s.ascii = true
			s.setStyles()
			s.press(state.keys...)
			if view := s.plain(); strings.ContainsFunc(view, func(r rune) bool { return r > '~' }) {
				t.Errorf("with ASCII there are others on the screen:\n%s", view)
			}
		})
	}
}

func TestPingKeys(t *testing.T) {
	s := newPingScreen(t, 100, 30, eightResponders())
	s.wants("▸192.168.1.11:5000", "by appearance", "239.1.2.3:5000", "120 sent", "8 responders", "2 times: send")
	s.press("down", "j", "up", "end")
	s.wants("▸192.168.1.18:5000")
	s.press("home", "s")
	s.wants("by loss", "▸192.168.1.11:5000") // it stays selected
	if s.snap.Responders[0].From.String() != "192.168.1.15:5000" {
		t.Errorf("by loss %s comes first, want the lossy one", s.snap.Responders[0].From)
	}
	for _, by := range []string{"average", "p99", "address", "appearance"} {
		s.press("s")
		s.Update(pingMsg(eightResponders()))
		s.wants("by " + by)
	}
	if s.snap.Responders[0].From.String() != "192.168.1.11:5000" {
		t.Errorf("by appearance %s comes first", s.snap.Responders[0].From)
	}

	s.press("p")
	more := eightResponders()
	more.Sent = 121
	s.Update(pingMsg(more))
	s.wants("paused", "120 sent")
	s.press("p")
	s.Update(pingMsg(more))
	s.wants("121 sent")
	s.press("?")
	s.wants("sort by appearance")
	s.press("esc")
	s.wants("▸Responders")
	for _, k := range []string{"q", "ctrl+c"} {
		quits(t, s, k)
	}
}

// Whatever is counted and pressed, at any size: there is no panic, and frames
// fit.
func TestAnyPing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(0, 180).Draw(t, "width"), rapid.IntRange(0, 60).Draw(t, "height")
		s := newPingScreen(plainTB{}, w, h, PingSnapshot{})
		s.ascii = rapid.Bool().Draw(t, "ascii")
		s.setStyles()
		keys := []string{"up", "down", "j", "k", "g", "G", "home", "end", "s", "p", "?", "f9", "esc", "enter", "x", " "}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			snap := rapid.SampledFrom([]func() PingSnapshot{eightResponders, oneHost, func() PingSnapshot { return PingSnapshot{} }}).Draw(t, "state")()
			snap.Responders = snap.Responders[:rapid.IntRange(0, len(snap.Responders)).Draw(t, "responders")]
			for i := range snap.Responders {
				r := &snap.Responders[i]
				r.Received = rapid.Uint64().Draw(t, "received")
				r.RTTs = rapid.SliceOfN(rapid.Map(rapid.Int64Range(0, 1<<55), func(n int64) time.Duration { return time.Duration(n) }), 0, 64).Draw(t, "times")
				r.Interface = "\x1b[31meth0\n"
				r.Histogram = slices.Clone(r.Histogram)
				r.Histogram[31].Count = rapid.Uint64Range(0, 1<<40).Draw(t, "count")
			}
			snap.Unanswered = rapid.Uint64Range(0, 9).Draw(t, "unanswered")
			s.Update(pingMsg(snap))
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
				if strings.ContainsFunc(ansi.Strip(row), func(r rune) bool { return r < ' ' }) {
					t.Fatalf("a control character in %q", row)
				}
			}
		}
	})
}

// It looks ten times a second, shows what it sees, and gives the terminal back
// however it ends.
func TestRunPing(t *testing.T) {
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
			p := &fakePing{snap: eightResponders()}
			end := make(chan error, 1)
			begin := time.Now()
			go func() {
				end <- RunPing(ctx, p, Options{Input: term, Output: term, Env: []string{"TERM=xterm-256color"}})
			}()
			looks := func() int {
				p.mu.Lock()
				defer p.mu.Unlock()
				return p.asked
			}
			for deadline := time.Now().Add(10 * time.Second); looks() < 3; {
				if time.Now().After(deadline) {
					t.Fatal("nobody looks at the ping")
				}
			}
			tc.do(term, cancel)
			if err := ended(t, end); !errors.Is(err, tc.want) || (err == nil) != (tc.want == nil) {
				t.Errorf("RunPing returned %v, want %v", err, tc.want)
			}
			term.hand.Close()
			if n, most := looks(), int(time.Since(begin)/pingPause)+1; n > most {
				t.Errorf("%d looks, want %d at most", n, most)
			}
			if !term.shows("\x1b[?1049h") || !term.shows("\x1b[?1049l") {
				t.Error("the alternate screen was not entered and left")
			}
		})
	}
}

func TestPingCommand(t *testing.T) {
	for line, want := range map[string]session.Action{"/ping": session.Ping{Count: 3}, "/ping 1": session.Ping{Count: 1}, "/ping 100": session.Ping{Count: 100}} {
		if got, err := parse(line, before()); err != nil || got != want {
			t.Errorf("%s: %#v, %v; want %#v", line, got, err, want)
		}
	}
	for _, line := range []string{"/ping 0", "/ping 101", "/ping -1", "/ping x", "/ping 1 2"} {
		if got, err := parse(line, before()); err == nil || got != nil || Hint(err) != "usage: /ping [COUNT]" {
			t.Errorf("%s: %#v, %v; want an error with the usage", line, got, err)
		}
	}
}
