package mesh

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

// One direction of one pair is cut, from the beginning or later: exactly that cell says
// so, in the report of each, also of the one that never heard a word of the other.
func TestOneDirection(t *testing.T) {
	for _, c := range []struct {
		name  string
		after time.Duration
		going time.Duration
		known Knowledge
		hole  string
	}{
		{"from the beginning", 0, 20 * time.Second, HeardNever, "host5 never heard host2"},
		{"later", 20 * time.Second, 20 * time.Second, Measured, "host5 does not hear host2 on eth1 since "},
		{"until host2 is gone for host5", 20 * time.Second, 50 * time.Second, Measured, "host5 does not hear host2 on eth1 since "},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSim(t, 5, 0)
			on := c.after == 0
			s.cut = func(from, to *node) bool { return on && from.id == 2 && to.id == 5 }
			s.enterAll(8, func(c *Config) { c.NoProbes = true })
			s.run(c.after)
			cutAt := s.now
			on = true
			s.run(c.going)
			if c.known == HeardNever {
				r, at := s.report(s.nodes[0])
				if p := r.pair(at["host5"], at["host2"]); p.Known != HeardNever {
					t.Errorf("while it goes on, host0 knows %+v", p)
				}
			}
			ended := s.now
			s.end()
			for _, n := range s.nodes {
				r, at := s.report(n)
				if len(r.Members) != 8 {
					t.Fatalf("%s knows %d members", n.name, len(r.Members))
				}
				for _, p := range r.Pairs {
					unheard := n.id == 5 && r.Members[p.By].Name == "host2" // all that comes of it is its report
					if p.Known == Measured && len(p.Line) == 0 && !unheard {
						t.Errorf("%s has no timeline of %s from %s", n.name, r.Members[p.By].Name, r.Members[p.From].Name)
					}
				}
				holes := Holes(r)
				if Verdict(r) != ExitHole || len(holes) != 1 || holes[0].By != at["host5"] || holes[0].From != at["host2"] || !strings.HasPrefix(holes[0].Text, c.hole) {
					t.Errorf("%s: %d, %+v", n.name, Verdict(r), holes)
				}
				p := r.pair(at["host5"], at["host2"])
				if p.Known != c.known {
					t.Errorf("%s: %+v", n.name, p)
				}
				if c.known == Measured {
					near(t, n.name+": silent since", p.SilentAt.Sub(cutAt), -200*time.Millisecond, 100*time.Millisecond)
					near(t, n.name+": silent for", p.SilentFor-ended.Sub(cutAt), -time.Second, 12*time.Second)
					near(t, n.name+": silence", p.SilenceAt.Sub(p.SilentAt), -time.Second, time.Second)
				}
			}
		})
	}
}

func near(t *testing.T, what string, d, least, most time.Duration) {
	t.Helper()
	if d < least || d > most {
		t.Errorf("%s is off by %v", what, d)
	}
}

// A member that is killed is silent at all others from that second on. One that leaves as
// it should is no hole.
func TestKilled(t *testing.T) {
	s := newSim(t, 6, 0)
	s.enterAll(8, func(c *Config) { c.NoProbes = true })
	s.run(20 * time.Second)
	left := s.nodes[3]
	left.eng.End(s.now)
	s.run(15 * time.Second)
	if !left.eng.Over() {
		t.Fatal("who ended before the others still waits")
	}
	for _, o := range left.conv.Leave(s.now) {
		s.send(left, o)
	}
	left.dead = true
	s.run(15 * time.Second)
	killed := s.nodes[6]
	killed.dead = true
	at := s.now
	s.run(45 * time.Second)
	s.end()
	for _, n := range s.nodes {
		if n.dead {
			continue
		}
		r, index := s.report(n)
		if m := r.Members[index["host6"]]; !m.Gone || m.Left || m.Done {
			t.Errorf("%s: the dead is %+v", n.name, m)
		}
		if m := r.Members[index["host3"]]; !m.Gone || !m.Left || !m.Done {
			t.Errorf("%s: who left is %+v", n.name, m)
		}
		for _, by := range s.nodes {
			if by.dead {
				continue
			}
			p := r.pair(index[by.name], index["host6"])
			if lost, _ := p.Lost(); p.Known != Measured || p.SilentFor < 45*time.Second || lost != 0 {
				t.Errorf("%s: %s hears the dead: %+v", n.name, by.name, p)
			}
			near(t, n.name+": "+by.name+" hears the dead until", p.SilentAt.Sub(at), -200*time.Millisecond, 50*time.Millisecond)
		}
		holes := Holes(r)
		if len(holes) != 1 || holes[0].By != -1 || holes[0].From != index["host6"] || !strings.HasPrefix(holes[0].Text, "nobody hears host6 since "+r.pair(0, index["host6"]).SilentAt.Format("15:04")+":") {
			t.Errorf("%s: %+v", n.name, holes)
		}
	}
}

// A program that stood still, as a clock that jumps looks, invents no silence and floods
// nobody; who begins late, and who expects more than come, is told so.
func TestStopped(t *testing.T) {
	s := newSim(t, 7, 0)
	s.enterAll(3, func(c *Config) {
		c.Names, c.Expect, c.MaxLoss = []string{"host1", "host7", "host1"}, 4, 100
	})
	s.run(20 * time.Second)
	n := s.nodes[1]
	n.paused = true
	s.run(30 * time.Second)
	n.paused = false
	before := n.eng.own.next
	s.turn(n)
	if sent := n.eng.own.next - before; sent > 1 {
		t.Errorf("%d are sent at once", sent)
	}
	s.run(20 * time.Second)
	r, at := s.report(n)
	p := r.pair(0, at["host0"])
	if p.Silence > 2*time.Second {
		t.Errorf("a silence of %v while it stood still itself", p.Silence)
	}
	if lost, _ := p.Lost(); lost < 290 || lost > 310 {
		t.Errorf("lost %d", lost) // nothing was read, and all that was sent is not there
	}
	if r.Skipped < 290 || len(p.Line) < 30 {
		t.Errorf("%d were skipped, %d intervals", r.Skipped, len(p.Line))
	}
	r, at = s.report(s.nodes[0])
	if p := r.pair(0, at["host1"]); p.Silence < 29*time.Second || p.SilenceAt.IsZero() || p.Received != p.Sent {
		t.Errorf("host0 hears host1: %+v", p)
	}
	if !slices.Equal(r.Missing, []string{"host7"}) || Verdict(r) != ExitNobody {
		t.Errorf("missing %q, %d", r.Missing, Verdict(r))
	}
}

// Where the group is joined for some sources, the others are no holes: nobody asked for
// them.
func TestSources(t *testing.T) {
	s := newSim(t, 12, 0)
	s.cut = func(from, _ *node) bool { return from.id >= 2 }
	var sources []netip.Addr
	for i := range 4 {
		s.enter(func(c *Config) {
			sources = []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")}
			c.Sources = sources
			c.Ours = func(a netip.Addr) bool { return a == netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}) }
		})
	}
	s.run(15 * time.Second)
	s.end()
	for _, n := range s.nodes {
		r, at := s.report(n)
		if Verdict(r) != ExitWell {
			t.Errorf("%s: %d, %+v", n.name, Verdict(r), Holes(r))
		}
		if n.id < 2 {
			continue
		}
		if p := r.pair(0, at["host1"]); p.Known != Measured || p.Received != p.Sent || p.Sent < 100 {
			t.Errorf("%s: %+v", n.name, p)
		}
		if p := r.pair(at["host1"], 0); p.Known != NotAsked {
			t.Errorf("%s: host1 hears it: %+v", n.name, p)
		}
	}
}

// A host that hears nobody is heard by the others, and they learn that. It knows nobody.
func TestDeaf(t *testing.T) {
	s := newSim(t, 13, 0)
	s.cut = func(_, to *node) bool { return to.id == 2 }
	s.enterAll(3, nil)
	s.run(20 * time.Second)
	s.end()
	for _, n := range s.nodes[:2] {
		r, at := s.report(n)
		var got []string
		for _, h := range Holes(r) {
			got = append(got, h.Text)
		}
		slices.Sort(got)
		if !slices.Equal(got, []string{"host2 never heard host0", "host2 never heard host1"}) || Verdict(r) != ExitHole {
			t.Errorf("%s: %q", n.name, got)
		}
		if p := r.pair(at["host1"], at["host2"]); p.Known != Measured || p.Received != p.Sent {
			t.Errorf("%s: host1 hears host2: %+v", n.name, p)
		}
		// What probes of others brought is in their reports.
		if p := r.pair(at["host1"], at["host0"]); p.Unicast.Answered < 5 || p.Unicast.RoundTrip <= 0 {
			t.Errorf("%s: the way back from host1 to host0: %+v", n.name, p.Unicast)
		}
	}
	if r, _ := s.report(s.nodes[2]); Verdict(r) != ExitNobody {
		t.Errorf("it has %d members", len(r.Members))
	}
}
