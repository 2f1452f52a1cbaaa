package mesh

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"
)

// The matrix is complete at each member within the times of docs/protocol.md, and at the
// end all have the same one, in which each pair's loss is the network's.
func TestMatrix(t *testing.T) {
	for _, c := range []struct {
		members    int
		loss       float64
		most, last time.Duration // until it is complete, at the median member and at the last one
	}{
		{8, 0, 2500 * time.Millisecond, 2500 * time.Millisecond},
		{8, 0.1, 3 * time.Second, 5 * time.Second},
		{8, 0.3, 5 * time.Second, 9 * time.Second},
		{30, 0, 3500 * time.Millisecond, 3500 * time.Millisecond},
		{30, 0.1, 7 * time.Second, 12 * time.Second},
		{30, 0.3, 12 * time.Second, 20 * time.Second},
	} {
		t.Run(fmt.Sprintf("%d members, %v", c.members, c.loss), func(t *testing.T) {
			s := newSim(t, uint64(c.members), c.loss)
			s.double, s.late = 0.02, 0.05
			s.unsigned = c.members > 8
			s.enterAll(c.members, func(g *Config) { g.MaxLoss, g.NoProbes = 100, true })
			begun := s.now
			complete := map[*node]time.Duration{}
			for s.now.Sub(begun) < c.last+2*time.Second {
				s.run(250 * time.Millisecond)
				for _, n := range s.nodes {
					if _, ok := complete[n]; !ok && s.known(n) == c.members*(c.members-1) {
						complete[n] = s.now.Sub(begun)
					}
				}
			}
			var times []time.Duration
			for _, n := range s.nodes {
				times = append(times, cmp.Or(complete[n], time.Hour))
			}
			slices.Sort(times)
			t.Logf("complete after %v, at the last after %v", times[len(times)/2], times[len(times)-1])
			if times[len(times)/2] > c.most || times[len(times)-1] > c.last {
				t.Errorf("want at most %v and %v", c.most, c.last)
			}
			took := s.end()
			t.Logf("over after %v, sent by the first: %v", took, s.nodes[0].out)
			s.exact(nil)
		})
	}
}

// exact holds the reports of all to what the network did, and to each other. With skip
// true a pair is not looked at.
func (s *sim) exact(skip func(by, from *node) bool) {
	s.t.Helper()
	bad := 0
	for _, at := range s.nodes {
		if at.dead {
			continue
		}
		r, index := s.report(at)
		for _, by := range s.nodes {
			for _, from := range s.nodes {
				if by == from || skip != nil && skip(by, from) {
					continue
				}
				w := s.truth[[2]*node{from, by}]
				p := r.pair(index[by.name], index[from.name])
				n, _ := p.Lost()
				sent := w.last - w.first + 1
				want := sent - w.came
				if p.Known != Measured || max(n, want)-min(n, want) > 1 || max(p.Sent, sent)-min(p.Sent, sent) > 1 || p.Duplicates != w.twice || p.SilentFor != 0 {
					if bad++; bad < 10 {
						s.t.Errorf("%s: %s hears %s: %s, lost %d of %d, %d twice, silent for %v; the network lost %d of %d, %d twice", at.name, by.name, from.name,
							p.Known, n, p.Sent, p.Duplicates, p.SilentFor, want, w.last-w.first+1, w.twice)
					}
				}
			}
		}
	}
}
