package bridge

import (
	"flag"
	"fmt"
	"testing"
	"time"
)

var frameSeeds = flag.Int("frame.seeds", 3, "how many seeds of frames between sites that anything happens to are tried")

// Sites are cut off and come back, leases change hands, members come, go and are killed, in
// an open and in a sealed room at once, and datagrams are lost: in the end all have the
// same kept frames of their room, and nobody was told one line twice.
func TestFramesAnything(t *testing.T) {
	for seed := range *frameSeeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			s := newFrameSim(t, uint64(100+seed), 3)
			standby := make([]*fsBridge, 3)
			for lan := range 3 {
				standby[lan] = s.bridge(lan, false)
				s.member(lan, false)
				s.member(lan, false)
				s.member(lan, true)
				s.member(lan, true)
				s.plainPeer(lan)
			}
			s.loss = []float64{0, 0.05, 0.1, 0.2}[seed%4]
			s.run(8 * time.Second)
			lines, did := 0, map[string]int{}
			for range 25 {
				lines += len(s.talk(time.Duration(1+s.rnd.IntN(3))*time.Second, 6, nil).lines)
				lan := s.rnd.IntN(3)
				both := []*fsBridge{s.bridges[lan], standby[lan]}
				switch op := s.rnd.IntN(6); op {
				case 0:
					did["cut"]++
					for _, b := range both {
						s.cutOff(b)
					}
				case 1:
					did["heal"]++
					for _, b := range both {
						if b.cut {
							s.heal(b)
						}
					}
				case 2:
					did["lease"]++
					to := !both[0].leads
					both[0].leads, both[1].leads = false, false
					s.after(s.some(1500*time.Millisecond), func() { both[0].leads, both[1].leads = to, !to })
				case 3:
					did["come"]++
					s.member(lan, s.rnd.IntN(2) == 0)
				case 4:
					if m := s.members[s.rnd.IntN(len(s.members))]; m.id%4 == 0 { // some are never killed
						did["kill"]++
						m.dead = true
					}
				}
			}
			for _, b := range s.bridges {
				if b.cut {
					s.heal(b)
				}
			}
			s.run(5 * time.Second)
			open, sealed := s.equal(inOpen, 40*time.Second), s.equal(inSealed, 40*time.Second)
			for _, m := range s.members {
				for line, n := range m.lines {
					if n > 2 || n > 1 && s.loss == 0 && s.said[line] == nil {
						t.Errorf("m%d was told %q %d times", m.id, line, n)
					}
					if (s.said[line] == nil || !s.said[line].sealed) == m.sealed {
						t.Errorf("m%d, sealed %t, was told %q", m.id, m.sealed, line)
					}
				}
				if m.lost > 0 && !m.dead {
					t.Errorf("m%d gave %d up", m.id, m.lost)
				}
			}
			t.Logf("%d lines; %v; equal after 5 s and %v, sealed %v; %d frames, %d repairs", lines, did, open, sealed, s.frames, s.repairs)
		})
	}
}
