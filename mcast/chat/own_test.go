package chat

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// What was said is bounded by bytes: here 120 lines of 60,000 bytes (21 MB as text), whether their
// copies are back, late or never come.
func TestOwnLinesAreBoundedByBytes(t *testing.T) {
	const lines, size = 120, 60_000
	begin := time.Unix(1_800_000_000, 0)
	via := Via{IfIndex: 2, Interface: "eth0", Loopback: true}
	text := func(n int) string { return fmt.Sprintf("%06d", n) + strings.Repeat("\xe4", size-6) } // three bytes each as text
	for _, c := range []struct {
		name string
		via  Via
		copy bool
	}{{"copies come back", via, true}, {"copies do not come", via, false}, {"no copies", Via{IfIndex: 2}, false}} {
		t.Run(c.name, func(t *testing.T) {
			r := newTestRoom()
			before := heap()
			for n := range lines {
				at := begin.Add(time.Duration(n) * time.Millisecond)
				l := r.Say(at, text(n), c.via)
				if c.copy {
					d := from(ourSocket, text(n))
					d.At = at
					if back, came := r.Receive(d); !came.OwnCopy || back.ID != l.ID || back.Cut || back.Text != l.Text {
						t.Fatalf("line %d: its copy is taken for %+v", n, came)
					}
				}
				if n%20 == 0 {
					r.Expire(at)
				}
			}
			r.Expire(begin.Add(time.Hour))
			if grown := heap() - before; grown > 16<<20 {
				t.Errorf("the heap has grown by %d MiB, want 16 at most", grown>>20)
			}
			runtime.KeepAlive(r)
		})
	}
}

// Of what is too much only the beginning comes again, and says so.
func TestOwnLineIsCut(t *testing.T) {
	r := newTestRoom()
	begin := time.Unix(1_800_000_000, 0)
	var first Line
	for n := range 100 {
		l := r.Say(begin, fmt.Sprintf("%d ", n)+strings.Repeat("ä", 30_000), Via{IfIndex: 2, Loopback: true})
		if n == 0 {
			first = l
		}
	}
	lines := r.Expire(begin.Add(CopyTimeout))
	if len(lines) != 100 || lines[0].ID != first.ID || !lines[0].Cut || lines[99].Cut {
		t.Fatalf("%d lines are missing, the first %.20q, cut: %v", len(lines), lines[0].Text, lines[0].Cut)
	}
	if cut := lines[0].Text.String(); !strings.HasPrefix(first.Text.String(), strings.TrimSuffix(cut, "…")) || len(cut) > 300 {
		t.Errorf("it is cut to %q", cut)
	}
	// A copy that comes late is known all the same.
	d := from(ourSocket, "0 "+strings.Repeat("ä", 30_000))
	d.At = begin.Add(2 * time.Second)
	if back, came := r.Receive(d); !came.OwnCopy || back.ID != first.ID || back.Copy != CopyBack {
		t.Errorf("its copy is taken for %+v, and %v of line %d", came, back.Copy, back.ID)
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
