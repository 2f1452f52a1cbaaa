package members

import (
	"net/netip"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// The article's network: m0 sends by eth1, where nobody is. Its HELLOs leave by eth0
// too, and the answers say so.
func TestNobodyHearsTheChosenInterface(t *testing.T) {
	w := newNetwork(t, 20)
	n := w.join(nil, Interface{1, "eth1"}, Interface{2, "eth0"})
	bob := w.join(nil, Interface{7, "eth0"})
	w.join(nil, Interface{9, "eth0"})
	w.run(10 * time.Second)
	s := n.c.Snapshot(w.now)
	if len(s.Ways) != 2 {
		t.Fatalf("ways: %+v", s.Ways)
	}
	if w := s.Ways[0]; w.Name != "eth1" || !w.Chosen || !w.Tried || len(w.Heard) != 0 {
		t.Errorf("the chosen one: %+v", w)
	}
	if w := s.Ways[1]; w.Name != "eth0" || w.Chosen || !w.Tried || len(w.Heard) != 2 || w.Heard[0].Nick != "m1" {
		t.Errorf("the other one: %+v", w)
	}
	// What left by eth1 does not count as lost on eth0.
	if m := member(t, w, bob, "m0"); m.Presence != Live || m.LostIn != 0 || m.Sends != "eth0" || m.LostOut != 0 {
		t.Errorf("bob knows %+v", m)
	}
	if m := member(t, w, n, "m1"); m.Presence != Live || m.LostOut != 0 || m.Theirs != "eth0" || m.IfIndex != 2 {
		t.Errorf("m0 knows %+v", m)
	}
	// Lines leave by the chosen one, and are repaired by the way on which they are asked for.
	w.say(n, "hello")
	if said := eventsOf[Said](bob); len(said) != 0 {
		t.Fatalf("bob heard %+v", said)
	}
	w.run(3 * time.Second)
	if said := eventsOf[Said](bob); len(said) != 1 || !said[0].Repaired {
		t.Errorf("bob heard %+v", said)
	}
	// And what bob says is asked for by eth0, too.
	cut := true
	w.link = func(a, b *node) link { return link{cut: cut && a == bob && b == n} }
	w.say(bob, "hello too")
	cut = false
	w.run(3 * time.Second)
	if said := eventsOf[Said](n); len(said) != 1 || !said[0].Repaired {
		t.Errorf("m0 heard %+v", said)
	}
	// By the other interface all is well, and HELLOs leave by that alone.
	n.chosen = 2
	n.c.SetInterfaces(w.now, n.ways, 2)
	w.turn(n)
	w.run(10 * time.Second)
	before := n.c.sent.last
	w.run(10 * time.Second)
	for i := before + 1; i <= n.c.sent.last; i++ {
		if _, slot, _, _ := n.c.sent.get(i); slot != n.c.ways.slot(2) {
			t.Errorf("number %d left by another interface", i)
		}
	}
	if s := n.c.Snapshot(w.now); !s.Ways[1].Chosen || len(s.Ways[1].Heard) != 2 || len(s.Ways[0].Heard) != 0 {
		t.Errorf("ways: %+v", s.Ways)
	}
}

// A second terminal of this host hears every interface of it: that says nothing about
// the wire.
func TestOwnHostIsNoAnswer(t *testing.T) {
	w := newNetwork(t, 21)
	second := netip.AddrFrom4([4]byte{10, 0, 0, 1})
	n := w.join(func(c *Config) { c.Ours = func(a netip.Addr) bool { return a == second } }, Interface{1, "eth1"}, Interface{2, "eth0"})
	w.join(nil, Interface{1, "eth1"}, Interface{2, "eth0"})
	w.join(nil, Interface{9, "eth0"})
	w.run(10 * time.Second)
	s := n.c.Snapshot(w.now)
	if len(s.Ways) != 2 || !s.Ways[0].Chosen || len(s.Ways[0].Heard) != 0 || len(s.Ways[1].Heard) != 1 || s.Ways[1].Heard[0].Nick != "m2" {
		t.Errorf("the ways are %+v, want m2 alone, by eth0", s.Ways)
	}
	before := n.c.sent.last
	w.run(10 * time.Second)
	by := map[int]int{}
	for i := before + 1; i <= n.c.sent.last; i++ {
		_, slot, _, _ := n.c.sent.get(i)
		by[slot]++
	}
	if by[n.c.ways.slot(2)] == 0 || len(by) != 2 {
		t.Errorf("HELLOs left by %v, want both interfaces", by)
	}
}

// While nothing can be sent nobody is called one-way, and no way counts as tried.
func TestNotSent(t *testing.T) {
	w := newNetwork(t, 22)
	w.joinAll(3)
	w.run(6 * time.Second)
	n := w.nodes[0]
	down := true
	w.link = func(from, _ *node) link { return link{cut: down && from == n, delay: time.Millisecond} }
	w.sent = func(from *node, o Out, _ frame.Header) {
		if from == n && down {
			n.c.NotSent(w.now, o.Data)
		}
	}
	for range 40 {
		w.run(500 * time.Millisecond)
		s := n.c.Snapshot(w.now)
		for _, m := range s.Members {
			if m.Presence == OneWay {
				t.Fatalf("%s is one-way though nothing was sent", m.Nick)
			}
		}
		if s.Ways[0].Tried && n.c.hellos.failed != 0 {
			t.Fatalf("the ways are %+v", s.Ways)
		}
	}
	if n.c.hellos.failed == 0 {
		t.Fatal("nothing failed")
	}
	down = false
	w.run(8 * time.Second)
	if m := member(t, w, w.nodes[1], "m0"); m.Presence != Live || m.LostIn != 0 {
		t.Errorf("then m1 knows %+v", m)
	}
	if got := presences(w, n); got["m1"] != Live || got["m2"] != Live {
		t.Errorf("then m0 knows %v", got)
	}
	one(w, 0, 1) // what is sent, and does not come, is told still
	w.run(50 * time.Second)
	if got := presences(w, n); got["m1"] != OneWay || got["m2"] != Live {
		t.Errorf("at last m0 knows %v", got)
	}
}

// Of the first few frames no rate of loss is told, neither way.
func TestLossOfFewIsNotKnown(t *testing.T) {
	w := newNetwork(t, 23)
	w.joinAll(2)
	n := w.nodes[0]
	early := false
	for range 100 {
		w.run(20 * time.Millisecond)
		for _, m := range n.c.Snapshot(w.now).Members {
			x := n.c.table.byRef[m.Ref]
			if _, all := x.loss.counts(); all < 5 && m.LostIn != -1 || x.listed < x.firstListed+4 && m.LostOut != -1 {
				t.Fatalf("of %d frames, and %d of ours, it tells %+v", all, x.listed, m)
			}
			early = early || m.Presence == Live && m.LostIn == -1 && m.LostOut == -1
		}
	}
	w.run(20 * time.Second)
	if m := member(t, w, n, "m1"); !early || m.LostIn != 0 || m.LostOut != 0 {
		t.Errorf("early %v, then %+v", early, m)
	}
}

func TestSentElsewhereIsNotLost(t *testing.T) {
	var l loss
	if l.perMille() != -1 {
		t.Error("of nothing something was lost")
	}
	l.heard(10)
	l.heard(12)
	if got := l.perMille(); got != -1 {
		t.Errorf("of three frames it tells %d per mille", got)
	}
	l.heard(16)
	if got := l.perMille(); got != 4*1000/7 {
		t.Errorf("lost %d per mille", got)
	}
	l.elsewhere(16, 0b1011) // 15, 14 and 12, which came all the same
	if got := l.perMille(); got != 2*1000/5 {
		t.Errorf("lost %d per mille of what came here", got)
	}
	l.heard(1000)
	l.heard(950)
	if got := l.perMille(); got != 62*1000/64 {
		t.Errorf("lost %d per mille", got)
	}
}
