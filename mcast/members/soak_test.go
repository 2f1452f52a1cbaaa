package members

import (
	"fmt"
	"testing"
	"time"
)

// Members come, leave, are killed and are cut off, and clocks are as they are: whoever is
// there at the end has what each other has said, in order, and once.
func TestComeAndGo(t *testing.T) {
	for seed := range uint64(3) {
		w := newNetwork(t, 100+seed)
		w.loops = seed%2 == 0
		part := func(*node) int { return 0 }
		w.link = func(a, b *node) link {
			l := link{loss: 0.1, double: 0.05, late: 0.1, delay: 100 * time.Microsecond, scatter: 900 * time.Microsecond}
			l.cut = part(a) != part(b)
			return l
		}
		w.joinAll(4)
		var there []*node
		for step := range 60 {
			there = there[:0]
			for _, n := range w.nodes {
				if !n.dead {
					there = append(there, n)
				}
			}
			switch w.random.IntN(12) {
			case 0:
				if len(there) < 7 {
					w.join(nil)
				}
			case 1:
				if n := there[w.random.IntN(len(there))]; len(there) > 3 {
					for _, o := range n.c.Leave(w.now) {
						w.send(n, o)
					}
					n.dead = true
				}
			case 2:
				if len(there) > 3 {
					there[w.random.IntN(len(there))].dead = true
				}
			case 3:
				part = func(n *node) int { return n.id % 2 }
				w.after(time.Duration(1+w.random.IntN(50))*time.Second, func() { part = func(*node) int { return 0 } })
			default:
				w.say(there[w.random.IntN(len(there))], fmt.Sprint("line ", step))
			}
			w.run(time.Duration(w.random.Int64N(int64(3 * time.Second))))
		}
		w.run(time.Minute) // all partitions are over
		if !equal(w) {
			t.Errorf("seed %d: not all have all lines", seed)
		}
		for _, n := range w.nodes {
			if n.dead {
				continue
			}
			seen := map[string]bool{}
			for _, s := range eventsOf[Said](n) {
				if seen[s.Name.Stream.Ref().String()+s.Text] {
					t.Errorf("seed %d: m%d was told %q twice", seed, n.id, s.Text)
				}
				seen[s.Name.Stream.Ref().String()+s.Text] = true
			}
			order(t, n, eventsOf[Said](n))
			for _, lost := range eventsOf[Lost](n) { // one that was killed may have told of a line that nobody else has
				for _, o := range aliveOf(w) {
					if o.c.self.ref == lost.Who.Ref {
						t.Errorf("seed %d: m%d was told %+v", seed, n.id, lost)
					}
				}
			}
			s := n.c.Snapshot(w.now)
			for _, m := range s.Members {
				if m.Presence != Live && m.Presence != Quiet { // two HELLOs may be lost
					t.Errorf("seed %d: m%d knows %s as %d", seed, n.id, m, m.Presence)
				}
			}
			if alive := len(aliveOf(w)); len(s.Members) != alive-1 {
				t.Errorf("seed %d: m%d knows %d of %d members", seed, n.id, len(s.Members), alive-1)
			}
		}
	}
}

func aliveOf(w *network) (list []*node) {
	for _, n := range w.nodes {
		if !n.dead {
			list = append(list, n)
		}
	}
	return list
}
