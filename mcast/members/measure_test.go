package members

import (
	"net/netip"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// What a measurement sends comes to the others as its body, once, and what is kept is
// repaired as a line is: also by others, when its author is gone.
func TestMeasurement(t *testing.T) {
	w := newNetwork(t, 41)
	type got struct {
		from frame.Ref
		kind frame.Kind
		by   netip.AddrPort
	}
	heard := make([][]got, 3)
	for i := range heard {
		w.join(func(c *Config) {
			c.Frames = func(_ time.Time, f *frame.Frame, d Datagram) {
				if f.Kind != frame.KindHello && f.Kind != frame.KindNeed {
					heard[i] = append(heard[i], got{f.Stream.Ref(), f.Kind, d.From})
				}
			}
		})
	}
	w.run(5 * time.Second)
	a, b, c := w.nodes[0], w.nodes[1], w.nodes[2]
	cut := true
	w.link = func(from, to *node) link { return link{cut: cut && from == a && to == c, delay: time.Millisecond} }

	if err := a.c.Pass(w.now, &frame.Stats{Sent: 7}); err != nil {
		t.Fatal(err)
	}
	number, err := a.c.Keep(w.now, &frame.Report{Stats: frame.Stats{Sent: 7}, Nick: "m0"})
	if err != nil || number != 1 {
		t.Fatalf("number %d, %v", number, err)
	}
	w.turn(a)
	w.run(6 * time.Second)
	ref := a.c.Self().Ref
	if len(heard[1]) != 2 || heard[1][0].kind != frame.KindStats || heard[1][1].kind != frame.KindReport {
		t.Errorf("b heard %+v", heard[1])
	}
	if len(heard[2]) != 1 || heard[2][0] != (got{ref, frame.KindReport, b.addr}) {
		t.Errorf("c heard %+v, want the report by b", heard[2])
	}
	if p, ok := a.c.Peer(w.now, c.c.Self().Ref); !ok || !p.Fresh || p.UpTo != 1 || p.From != c.addr || p.String() != "m2" {
		t.Errorf("a knows c as %+v", p)
	}
	if _, ok := a.c.Peer(w.now, ref); ok {
		t.Error("a is a peer of its own")
	}

	// One for c alone. That c sends it back makes no clone of a.
	cut = false
	probe := &frame.Probe{Nonce: [8]byte{1}, To: c.c.Self().Ref, Fill: 9}
	if err := a.c.Direct(w.now, probe, c.addr, 0); err != nil {
		t.Fatal(err)
	}
	outs, _ := a.c.Due(w.now)
	if len(outs) != 1 || outs[0].To != c.addr {
		t.Fatalf("%+v is sent", outs)
	}
	if o := w.inject(c, a.addr, outs[0].Data); o != Taken || heard[2][len(heard[2])-1].kind != frame.KindProbe {
		t.Errorf("c: %d, heard %+v", o, heard[2])
	}
	if o := w.inject(c, a.addr, outs[0].Data); o != Again {
		t.Errorf("c, again: %d", o)
	}
	if o := w.inject(a, c.addr, outs[0].Data); o != Own || len(eventsOf[Cloned](a)) != 0 || a.c.Self().Ref != ref {
		t.Errorf("a, its own: %d", o)
	}
}
