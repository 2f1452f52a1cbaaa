package members

import (
	"fmt"
	"testing"
	"time"
)

// presences is what a member shows of the others, by nickname.
func presences(w *network, n *node) map[string]Presence {
	out := map[string]Presence{}
	for _, m := range n.c.Snapshot(w.now).Members {
		out[m.String()] = m.Presence
	}
	return out
}

func TestMembersFindEachOther(t *testing.T) {
	w := newNetwork(t, 1)
	w.joinAll(3)
	w.run(8 * time.Second)
	for _, n := range w.nodes {
		s := n.c.Snapshot(w.now)
		if len(s.Members) != 2 {
			t.Fatalf("%s knows %d members, want 2", s.Self, len(s.Members))
		}
		for _, m := range s.Members {
			if m.Presence != Live || m.Theirs != "eth0" || m.Sends != "eth0" || m.LostIn != 0 || m.LostOut != 0 || m.RoundTrip == 0 || m.Unproven {
				t.Errorf("%s knows %+v", s.Self, m)
			}
		}
		if joined := eventsOf[Joined](n); len(joined) != 2 || !joined[0].New || joined[0].Back {
			t.Errorf("%s was told %+v", s.Self, joined)
		}
		if len(s.Matrix) != 3 {
			t.Fatalf("a matrix of %d rows", len(s.Matrix))
		}
		for i, r := range s.Matrix {
			for j, cell := range r.Cells {
				if i == j && cell.Hears != HearsSelf || i != j && (cell.Hears != HearsIt || cell.Interface != "eth0" || cell.Lost != 0) {
					t.Errorf("%s: row %s, cell %d: %+v", s.Self, r.Who, j, cell)
				}
			}
		}
	}

	name := w.say(w.nodes[0], "hello")
	w.run(3 * time.Second)
	for _, n := range w.nodes[1:] {
		said := eventsOf[Said](n)
		if len(said) != 1 || said[0].Text != "hello" || said[0].Name != name || said[0].Who.Nick != "m0" || said[0].Repaired || said[0].Earlier {
			t.Errorf("heard %+v", said)
		}
	}
	heard := eventsOf[Heard](w.nodes[0])
	if len(heard) == 0 {
		t.Fatal("it is not told who heard the line")
	}
	if first, last := heard[0], heard[len(heard)-1]; first.By != 0 || first.Of != 2 || len(first.Missing) != 2 || last.By != 2 || last.Of != 2 || last.Missing != nil {
		t.Errorf("told %+v", heard)
	}

	// One says that it leaves, the other is killed.
	for _, o := range w.nodes[1].c.Leave(w.now) {
		w.send(w.nodes[1], o)
	}
	w.nodes[1].dead, w.nodes[2].dead = true, true
	w.run(100 * time.Millisecond)
	if left := eventsOf[Left](w.nodes[0]); len(left) != 1 || !left[0].Said || left[0].Who.Nick != "m1" {
		t.Errorf("told of those who left: %+v", left)
	}
	w.run(8500 * time.Millisecond)
	if got := presences(w, w.nodes[0]); len(got) != 1 || got["m2"] != Quiet {
		t.Errorf("presences: %v", got)
	}
	w.run(25 * time.Second)
	if left := eventsOf[Left](w.nodes[0]); len(left) != 2 || left[1].Said || left[1].Who.Nick != "m2" {
		t.Errorf("told of those who left: %+v", left)
	}
	if s := w.nodes[0].c.Snapshot(w.now); len(s.Members) != 0 || len(s.Gone) != 2 {
		t.Errorf("%d members, %d gone", len(s.Members), len(s.Gone))
	}
}

// Every member has every line of every other, and each author's in order.
func TestNothingIsLost(t *testing.T) {
	for _, loss := range []float64{0, 0.1, 0.3} {
		t.Run(fmt.Sprint(loss), func(t *testing.T) {
			w := newNetwork(t, 2)
			w.link = func(_, _ *node) link {
				return link{loss: loss, double: 0.05, late: 0.1, delay: 100 * time.Microsecond, scatter: 900 * time.Microsecond}
			}
			w.joinAll(8)
			w.run(5 * time.Second)
			var latest time.Duration
			at := map[string]time.Time{}
			got := make([]map[string]int, 8)
			for i, n := range w.nodes {
				got[i] = map[string]int{}
				n.told = func(e Event) {
					if e, ok := e.(Said); ok {
						got[i][e.Text]++
						latest = max(latest, w.now.Sub(at[e.Text]))
					}
				}
			}
			for i := range 120 {
				text := fmt.Sprint("line ", i)
				at[text] = w.now
				w.say(w.nodes[i%8], text)
				w.run(250 * time.Millisecond)
			}
			w.run(5 * time.Second)
			for i := range got {
				for l := range 120 {
					text, want := fmt.Sprint("line ", l), 1
					if l%8 == i {
						want = 0
					}
					if got[i][text] != want {
						t.Errorf("m%d was told %q %d times, want %d", i, text, got[i][text], want)
					}
				}
			}
			t.Logf("%.0f %% lost: the last one after %v", 100*loss, latest)
		})
	}
}
