package members

import (
	"testing"
	"time"
)

// Of more than 64 members the matrix has 64, and a place that is free is given to one
// that has none.
func TestMatrixIsBounded(t *testing.T) {
	w := newNetwork(t, 60)
	w.joinAll(68)
	w.run(18 * time.Second)
	n := w.nodes[0]
	s := n.c.Snapshot(w.now)
	if len(s.Members) != 67 || len(s.Matrix) != MaxRows {
		t.Fatalf("%d members, %d rows", len(s.Members), len(s.Matrix))
	}
	known := 0
	for i, r := range s.Matrix {
		if len(r.Cells) != MaxRows {
			t.Fatalf("row %d has %d cells", i, len(r.Cells))
		}
		for j, c := range r.Cells {
			if (c.Hears == HearsSelf) != (i == j) || c.Hears == HearsNot {
				t.Errorf("row %d, cell %d: %+v", i, j, c)
			}
			if c.Hears == HearsIt {
				known++
			}
		}
	}
	if most := MaxRows * (MaxRows - 1); known < most*6/10 {
		t.Errorf("%d of %d cells are known", known, most)
	}
	in := map[string]bool{}
	for _, r := range s.Matrix {
		in[r.Who.Nick] = true
	}
	for _, o := range w.nodes[1:11] {
		for _, out := range o.c.Leave(w.now) {
			w.send(o, out)
		}
		o.dead = true
	}
	w.run(10 * time.Second)
	s = n.c.Snapshot(w.now)
	if len(s.Members) != 57 || len(s.Matrix) != 58 || len(s.Gone) != 10 {
		t.Fatalf("then %d members, %d rows, %d gone", len(s.Members), len(s.Matrix), len(s.Gone))
	}
	for _, r := range s.Matrix {
		for j, c := range r.Cells {
			if c.Hears == HearsNot {
				t.Errorf("%s, cell %d: %+v", r.Who, j, c)
			}
		}
	}
}
