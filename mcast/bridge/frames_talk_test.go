package bridge

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// fsTalk is lines that were said: by members, and by plain peers.
type fsTalk struct {
	lines []string
	at    map[string]time.Time
	plain map[string]bool
}

// talk lets members and plain peers of LANs say lines for d, at so many a second in all.
func (s *frameSim) talk(d time.Duration, rate float64, who func(*fsMember) bool) *fsTalk {
	talk := &fsTalk{at: map[string]time.Time{}, plain: map[string]bool{}}
	end := s.now.Add(d)
	for s.now.Before(end) {
		s.run(time.Duration(float64(time.Second) / rate * (0.5 + s.rnd.Float64())))
		text := fmt.Sprintf("line %d of %v", len(talk.lines), s.now.Sub(s.start))
		var list []*fsMember
		for _, m := range s.members {
			if !m.dead && (who == nil || who(m)) {
				list = append(list, m)
			}
		}
		lan := s.lans[s.rnd.IntN(len(s.lans))]
		if n := s.rnd.IntN(5); n == 0 && len(lan.plain) > 0 {
			p := lan.plain[s.rnd.IntN(len(lan.plain))]
			talk.plain[text] = true
			s.sendPlain(lan, p.addr, []byte(text), nil)
		} else if len(list) == 0 || !s.say(list[s.rnd.IntN(len(list))], text) {
			continue
		}
		talk.lines = append(talk.lines, text)
		talk.at[text] = s.now
	}
	return talk
}

// missing is which kept frames members have not that another one has.
func (s *frameSim) missing(which func(*fsMember) bool) (n int) {
	all := map[frame.Name]bool{}
	for _, m := range s.members {
		if which(m) && !m.dead {
			for name := range m.names {
				all[name] = true
			}
		}
	}
	for _, m := range s.members {
		if which(m) && !m.dead {
			n += len(all) - len(m.names)
		}
	}
	return n
}

// equal lets time pass until all have the same, and returns how long it was.
func (s *frameSim) equal(which func(*fsMember) bool, most time.Duration) time.Duration {
	s.t.Helper()
	from := s.now
	for s.missing(which) > 0 {
		if s.now.Sub(from) >= most {
			s.t.Errorf("after %v, %d are missing", most, s.missing(which))
			for _, m := range s.members {
				if which(m) {
					s.t.Logf("m%d at %s has %d", m.id, fsSite(m.lan.n), len(m.names))
				}
			}
			return most
		}
		s.run(50 * time.Millisecond)
	}
	return s.now.Sub(from)
}

func inOpen(m *fsMember) bool   { return !m.sealed }
func inSealed(m *fsMember) bool { return m.sealed }

// once checks that each member was told each line once, and each plain peer, too.
func (s *frameSim) once(talk *fsTalk, lost bool) {
	s.t.Helper()
	for _, m := range s.members {
		if m.dead || m.sealed {
			continue
		}
		var none, twice []string
		for _, line := range talk.lines {
			switch n := m.lines[line]; {
			case m.lines[line] == 0 && (talk.plain[line] || !s.ownLine(m, line)):
				none = append(none, line)
			case n > 1 && !lost:
				twice = append(twice, line)
			}
			if m.plain[line] > 1 {
				s.t.Errorf("m%d heard %q as plain text of bridges %d times", m.id, line, m.plain[line])
			}
		}
		if len(none)+len(twice) > 0 {
			s.t.Errorf("m%d at %s: of %d lines none of %q, twice %q, %d given up", m.id, fsSite(m.lan.n), len(talk.lines), none, twice, m.lost)
		}
	}
	for _, l := range s.lans {
		for i, p := range l.plain {
			for line, n := range p.got {
				if n > 1 {
					s.t.Errorf("plain peer %d at %s heard %q %d times", i, fsSite(l.n), line, n)
				}
			}
		}
	}
}

// ownLine reports whether a member said a line itself.
func (s *frameSim) ownLine(m *fsMember, line string) bool { return s.said[line] == m }

// Three sites of members and plain peers, whose clocks are hours apart: all have the same
// kept frames, each line once, and a plain line is one RELAY.
func TestFramesTalk(t *testing.T) {
	for _, row := range []struct {
		name string
		loss float64
		rate float64
	}{{"nothing lost", 0, 10}, {"10 % lost", 0.1, 10}, {"30 % lost", 0.3, 4}} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := newFrameSim(t, 1, 3)
			s.loss = row.loss
			for lan := range 3 {
				for range 3 {
					s.member(lan, false)
				}
				s.plainPeer(lan)
			}
			s.run(8 * time.Second)
			talk := s.talk(20*time.Second, row.rate, nil)
			d := s.equal(inOpen, 20*time.Second)
			s.run(10 * time.Second)
			s.once(talk, row.loss > 0)
			for _, m := range s.members {
				for _, o := range s.members {
					if ref := o.c.Self().Ref; o.lan != m.lan && m.sites[ref] != fsSite(o.lan.n) || o.lan == m.lan && m.sites[ref] != "" {
						t.Errorf("m%d is told that m%d is at %q", m.id, o.id, m.sites[ref])
					}
				}
			}
			for _, m := range s.members {
				for _, e := range m.reach {
					if e.By != e.Of || e.Of > 8 || e.Of < 8 && row.loss == 0 {
						t.Errorf("m%d is told that a line is heard by %d of %d", m.id, e.By, e.Of)
					}
				}
			}
			far, of := s.lostFromAfar()
			if most := int(2000*row.loss) + 60; far > most*of {
				t.Errorf("of passing frames of other sites %d per mille are said to be lost", far/of)
			}
			plain := 0
			for range talk.plain {
				plain++
			}
			if row.loss == 0 && s.relayed != plain {
				t.Errorf("%d RELAYs of %d plain lines", s.relayed, plain)
			}
			if row.loss == 0 && d > 500*time.Millisecond {
				t.Errorf("equal after %v", d)
			}
			if row.loss == 0 && s.repairs > 0 {
				t.Errorf("%d repairs, and nothing was lost", s.repairs)
			}
			t.Logf("%d lines, of them %d plain, %d RELAYs; equal after %v; %d frames sent, %d repairs; %d per mille lost from afar",
				len(talk.lines), plain, s.relayed, d, s.frames, s.repairs, far/of)
			var why []string
			for w, n := range s.why {
				why = append(why, fmt.Sprint(w, ": ", n))
			}
			slices.Sort(why)
			t.Log(why)
		})
	}
}

// lostFromAfar is the sum of what members say is lost of members at other sites, in per
// mille, and of how many they say it.
func (s *frameSim) lostFromAfar() (sum, of int) {
	for _, m := range s.members {
		for _, o := range m.c.Snapshot(s.clock(m.lan)).Members {
			if m.sites[o.Ref] != "" && o.LostIn >= 0 {
				sum += o.LostIn
				of++
			}
		}
	}
	return sum, max(of, 1)
}
