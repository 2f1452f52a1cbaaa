package main

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/tui"
)

// startIn opens a session in a host.
func startIn(t *testing.T, host *lab.Node, cfg sessionConfig) *session {
	t.Helper()
	var s *session
	err := host.Do(func() (err error) {
		s, err = startSession(t.Context(), cfg)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// do carries out an action in the host, and checks that it had nothing to
// complain of.
func do(t *testing.T, host *lab.Node, s *session, a tui.Action) {
	t.Helper()
	if err := host.Do(func() error { return s.Do(t.Context(), a) }); err != nil {
		t.Fatalf("%#v: %v", a, err)
	}
}

// says waits for lines of the talk that have these texts, in this order, and
// returns the last.
func says(t *testing.T, s *session, texts ...string) chat.Line {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var seen []string
	for {
		b, err := s.Next(ctx)
		if err != nil {
			t.Fatalf("nobody says %q, but %q: %v", texts, seen, err)
		}
		for _, l := range b.Lines {
			seen = append(seen, l.Text.String())
			if !strings.Contains(l.Text.String(), texts[0]) {
				continue
			}
			if texts = texts[1:]; len(texts) == 0 {
				return l
			}
		}
	}
}

// A panic in one of the goroutines ends the session with an error, so that the
// screen can restore the terminal.
func TestPanicEndsTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		life, cancel := context.WithCancel(t.Context())
		defer cancel()
		s := &session{ring: chat.NewRing(1), life: life} // without a room, every datagram is a panic
		func() {
			defer s.recoverPanic()
			s.receive(make([]mcast.Datagram, 1))
		}()
		if _, err := s.Next(t.Context()); err == nil || !strings.Contains(err.Error(), "internal error") {
			t.Errorf("Next = %v, want the panic", err)
		}
	})
}

// Whatever ports the groups have, what is said of a join is true of that join.
func TestJoinSaysWhereItLanded(t *testing.T) {
	a := build(t, lab.Article).Host("A")
	first, _ := mcast.ParseGroup("239.1.2.3:5000")
	s := startIn(t, a, sessionConfig{group: first, interfaces: []string{kernelDefault}, hops: 1})
	says(t, s, "joined 239.1.2.3:5000 on eth1")
	second, _ := mcast.ParseGroup("239.1.2.3:1234")
	do(t, a, s, tui.Join{Group: second, Interface: "eth0"})
	says(t, s, "joined 239.1.2.3:1234 on eth0")
	do(t, a, s, tui.Leave{})
	says(t, s, "left 239.1.2.3:1234 on eth0", "talking in 239.1.2.3:5000 now")
}

// Where some joins fail, the others count, and the talk tells of the failure.
func TestPartialJoin(t *testing.T) {
	a := build(t, lab.Article).Host("A")
	s := startIn(t, a, sessionConfig{group: mcast.DefaultGroup, interfaces: []string{"eth0"}, hops: 1})
	other, _ := mcast.ParseGroup("239.1.2.3")
	var on []mcast.Interface
	if err := a.Do(func() (err error) {
		eth0, err := mcast.FindInterface(s.facts.Interfaces, "eth0")
		if err == nil {
			on, err = s.join(other, []mcast.Interface{eth0, {Index: 99, Name: "gone0"}})
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if got := names(on); !slices.Equal(got, []string{"eth0"}) {
		t.Errorf("joined on %v, want eth0", got)
	}
	if l := says(t, s, "join 239.1.2.3:1234 on gone0"); l.Kind != chat.Problem {
		t.Errorf("it is said as a line of kind %d, want a problem", l.Kind)
	}
}

func TestZeroHops(t *testing.T) {
	b := build(t, lab.Article).Host("B")
	s := startIn(t, b, sessionConfig{group: mcast.DefaultGroup, hops: 0})
	if got := s.Snapshot().Hops; got != 0 {
		t.Errorf("--hops 0 sends with %d", got)
	}
}

// Every finding's fix ends it.
func TestFixes(t *testing.T) {
	tests := []struct {
		name     string
		topology lab.Topology
		cfg      sessionConfig
		finding  string
	}{
		{"the article", lab.Article, sessionConfig{}, "wrong-egress"},
		{"the kernel's choice of both", lab.Article, sessionConfig{interfaces: []string{kernelDefault}}, "wrong-egress"},
		{"loopback off", lab.Article, sessionConfig{interfaces: []string{"eth0"}, noLoopback: true}, "loopback-off"},
		{"no route", withoutRoutes(lab.Article), sessionConfig{}, "no-route"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := build(t, tt.topology).Host("A")
			tt.cfg.group, tt.cfg.hops = mcast.DefaultGroup, 1
			s := startIn(t, a, tt.cfg)
			findings := s.Snapshot().Findings
			n := slices.IndexFunc(findings, func(f doctor.Finding) bool { return f.Name == tt.finding })
			if n < 0 {
				t.Fatalf("no %s among %v", tt.finding, findings)
			}
			do(t, a, s, tui.ApplyFix{Finding: findings[n]})
			if left := s.Snapshot().Findings; len(left) != 0 {
				t.Errorf("after the fix: %v", left)
			}
			do(t, a, s, tui.Say{Text: "heard?"})
			if l := says(t, s, "heard?"); l.Copy == chat.CopyNone {
				t.Errorf("after the fix a line cannot be sent: %s", l.Hint)
			}
		})
	}
}

func withoutRoutes(t lab.Topology) lab.Topology {
	t.Hosts = slices.Clone(t.Hosts)
	t.Hosts[0].Routes = nil
	return t
}
