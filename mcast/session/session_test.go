package session

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// startHere opens a session in the host where the test runs.
func startHere(t *testing.T, cfg Config) *Session {
	t.Helper()
	cfg.Hint = func(err error) string { return "what to do about: " + err.Error() }
	s, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// locked reads a field of a session whose goroutines run.
func locked[T any](s *Session, field func() T) T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return field()
}

func do(t *testing.T, s *Session, a Action) {
	t.Helper()
	if err := s.Do(t.Context(), a); err != nil {
		t.Fatalf("%#v: %v", a, err)
	}
}

// says waits for lines of the talk that have these texts, in this order, and
// returns the last.
func says(t *testing.T, s *Session, texts ...string) chat.Line {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), labtest.Patience)
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
		s := &Session{ring: chat.NewRing(1), life: life} // without a room, every datagram is a panic
		func() {
			defer s.recoverPanic()
			s.receive(make([]mcast.Datagram, 1), mcast.DefaultPort, forText)
		}()
		if _, err := s.Next(t.Context()); err == nil || !strings.Contains(err.Error(), "internal error") {
			t.Errorf("Next = %v, want the panic", err)
		}
	})
}

// Whatever ports the groups have, what is said of a join is true of that join.
func TestJoinSaysWhereItLanded(t *testing.T) {
	if !labtest.InHost(t, lab.Article, "A") {
		return
	}
	first, _ := mcast.ParseGroup("239.1.2.3:5000")
	s := startHere(t, Config{Group: first, Interfaces: []string{host.KernelDefault}, Hops: 1})
	says(t, s, "joined 239.1.2.3:5000 on eth1")
	second, _ := mcast.ParseGroup("239.1.2.3:1234")
	do(t, s, Join{Group: second, Interface: "eth0"})
	says(t, s, "joined 239.1.2.3:1234 on eth0")
	do(t, s, Leave{})
	says(t, s, "left 239.1.2.3:1234 on eth0", "talking in 239.1.2.3:5000 now")
}

// Where some joins fail, the others count, and the talk tells of the failure.
func TestPartialJoin(t *testing.T) {
	if !labtest.InHost(t, lab.Article, "A") {
		return
	}
	s := startHere(t, Config{Group: mcast.DefaultGroup, Interfaces: []string{"eth0"}, Hops: 1})
	other, _ := mcast.ParseGroup("239.1.2.3")
	eth0 := locked(s, func() host.Interface { return s.send })
	on, err := s.join(other, host.Choice{Joins: []host.Interface{eth0, {Index: 99, Name: "gone0"}}}, false)
	if got := chat.InterfaceNames(on); err != nil || !slices.Equal(got, []string{"eth0"}) {
		t.Errorf("joined on %v, %v; want eth0", got, err)
	}
	if l := says(t, s, "join 239.1.2.3:1234 on gone0"); l.Kind != chat.Problem {
		t.Errorf("it is said as a line of kind %d, want a problem", l.Kind)
	}
}

// With TTL 0 nothing leaves this host, and that is said: of the way out, and of
// each line.
func TestZeroHops(t *testing.T) {
	if !labtest.InHost(t, lab.Article, "B") {
		return
	}
	s := startHere(t, Config{Group: mcast.DefaultGroup, Hops: 0})
	if snap := s.Snapshot(); snap.Hops != 0 || !snap.Sends.Stays {
		t.Errorf("--ttl 0 sends with %d: %+v", snap.Hops, snap.Sends)
	}
	says(t, s, "sends stay on this host: TTL 0, and the group is joined on eth0")
	do(t, s, Say{Text: "mumble"})
	if l := says(t, s, "mumble"); !l.Stays {
		t.Errorf("of a line it is not said: %+v", l)
	}
	do(t, s, SetHops{Hops: 1})
	says(t, s, "sends leave by eth0")
	do(t, s, Say{Text: "hello"})
	if l := says(t, s, "hello"); l.Stays || s.Snapshot().Sends.Stays {
		t.Errorf("with TTL 1 a line stays here: %+v", l)
	}
}

// Every finding's fix ends it.
func TestFixes(t *testing.T) {
	tests := []struct {
		name     string
		topology lab.Topology
		cfg      Config
		finding  string
	}{
		{"the article", lab.Article, Config{}, "wrong-egress"},
		{"the kernel's choice of both", lab.Article, Config{Interfaces: []string{host.KernelDefault}}, "wrong-egress"},
		{"loopback off", lab.Article, Config{Interfaces: []string{"eth0"}, NoLoopback: true}, "loopback-off"},
		{"no route", withoutRoutes(lab.Article), Config{}, "no-route"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if !labtest.InHost(t, tt.topology, "A") {
				return
			}
			tt.cfg.Group, tt.cfg.Hops = mcast.DefaultGroup, 1
			s := startHere(t, tt.cfg)
			findings := s.Snapshot().Findings
			n := slices.IndexFunc(findings, func(f doctor.Finding) bool { return f.Name == tt.finding })
			if n < 0 {
				t.Fatalf("no %s among %v", tt.finding, findings)
			}
			do(t, s, ApplyFix{Finding: findings[n]})
			if left := s.Snapshot().Findings; len(left) != 0 {
				t.Errorf("after the fix: %v", left)
			}
			do(t, s, Say{Text: "heard?"})
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
