package members

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// one is the link on which a datagram from the one to the other is cut.
func one(w *network, from, to int) {
	perfect := w.link
	w.link = func(a, b *node) link {
		if a.id == from && b.id == to {
			return link{cut: true}
		}
		return perfect(a, b)
	}
}

func member(t *testing.T, w *network, n *node, nick string) Member {
	t.Helper()
	for _, m := range n.c.Snapshot(w.now).Members {
		if m.String() == nick {
			return m
		}
	}
	t.Fatalf("m%d does not know %q: %v", n.id, nick, presences(w, n))
	return Member{}
}

func TestOneWay(t *testing.T) {
	w := newNetwork(t, 5)
	one(w, 0, 1) // m1 does not hear m0
	w.joinAll(3)
	w.run(10 * time.Second)
	if m := member(t, w, w.nodes[0], "m1"); m.Presence != OneWay || m.Unproven {
		t.Errorf("m0 knows of m1 %+v", m)
	}
	if m := member(t, w, w.nodes[0], "m2"); m.Presence != Live {
		t.Errorf("m0 knows of m2 %+v", m)
	}
	for _, n := range w.nodes {
		s := n.c.Snapshot(w.now)
		for _, r := range s.Matrix {
			for i, cell := range r.Cells {
				listener := s.Matrix[i].Who.Nick
				want := HearsIt
				if r.Who.Nick == listener {
					want = HearsSelf
				} else if r.Who.Nick == "m0" && listener == "m1" {
					want = HearsNot
				}
				if n.id == 1 && (r.Who.Nick == "m0" || listener == "m0") {
					continue // it knows no m0
				}
				if cell.Hears != want {
					t.Errorf("m%d: %s hears %s: %v, want %v", n.id, listener, r.Who.Nick, cell.Hears, want)
				}
			}
		}
	}
	// It is heard again.
	w.link = func(_, _ *node) link { return link{} }
	w.run(5 * time.Second)
	if m := member(t, w, w.nodes[0], "m1"); m.Presence != Live {
		t.Errorf("m0 knows of m1 then %+v", m)
	}
}

// Of two, one hears nobody: it is shown, and marked as what may be a recording. It makes
// no timer slower.
func TestOneHearsNobody(t *testing.T) {
	w := newNetwork(t, 6)
	one(w, 0, 1)
	w.joinAll(2)
	w.run(10 * time.Second)
	if m := member(t, w, w.nodes[0], "m1"); m.Presence != OneWay || !m.Unproven {
		t.Errorf("m0 knows of m1 %+v", m)
	}
	if joined := eventsOf[Joined](w.nodes[0]); len(joined) != 0 {
		t.Errorf("m0 was told %+v", joined)
	}
	if got := presences(w, w.nodes[1]); len(got) != 0 {
		t.Errorf("m1 knows %v", got)
	}
}

// What was recorded an hour ago brings nobody back, also not to a program that has just
// begun.
func TestRecordingsBringNobodyBack(t *testing.T) {
	w := newNetwork(t, 7)
	var recorded []Datagram
	w.sent = func(n *node, o Out, _ frame.Header) {
		recorded = append(recorded, Datagram{Data: o.Data, From: n.addr})
	}
	w.joinAll(4)
	w.run(time.Minute)
	for _, n := range w.nodes {
		n.dead = true
	}
	w.run(time.Hour)
	w.sent = nil
	n := w.join(nil)
	for range 2 {
		for _, d := range recorded {
			w.inject(n, d.From, d.Data)
			w.run(100 * time.Millisecond)
		}
	}
	if joined := eventsOf[Joined](n); len(joined) != 0 {
		t.Errorf("it was told %+v", joined)
	}
	s := n.c.Snapshot(w.now)
	if s.Interval != 2*time.Second || len(s.Matrix) != 1 {
		t.Errorf("the interval is %v, the matrix has %d rows", s.Interval, len(s.Matrix))
	}
	for _, m := range s.Members {
		if !m.Unproven || m.Presence == Live {
			t.Errorf("it knows %+v", m)
		}
	}
}

func TestGoneAndBack(t *testing.T) {
	w := newNetwork(t, 9)
	w.joinAll(3)
	w.run(5 * time.Second)
	cut := true
	w.link = func(a, b *node) link { return link{cut: cut && (a.id == 2) != (b.id == 2)} }
	w.say(w.nodes[2], "alone")
	w.run(time.Minute)
	if got := presences(w, w.nodes[0]); len(got) != 1 {
		t.Errorf("m0 knows %v", got)
	}
	cut = false
	w.run(5 * time.Second)
	if got := presences(w, w.nodes[0]); len(got) != 2 || got["m2"] != Live {
		t.Errorf("m0 knows %v", got)
	}
	joined := eventsOf[Joined](w.nodes[0])
	if last := joined[len(joined)-1]; !last.Back || last.New || last.Who.Nick != "m2" {
		t.Errorf("told %+v", last)
	}
	if said := eventsOf[Said](w.nodes[0]); len(said) != 1 || !said[0].Repaired || said[0].Earlier {
		t.Errorf("heard %+v", said)
	}
}

// A program that was stopped judges nobody before they had time to be heard.
func TestStopped(t *testing.T) {
	w := newNetwork(t, 10)
	w.joinAll(3)
	w.run(5 * time.Second)
	n := w.nodes[0]
	n.wake = w.now.Add(time.Hour) // it does not wake up
	stopped := true
	w.link = func(_, b *node) link { return link{cut: stopped && b == n} }
	w.run(10 * time.Minute)
	stopped = false
	hellos := 0
	w.sent = func(from *node, _ Out, h frame.Header) {
		if from == n && h.Kind == frame.KindHello {
			hellos++
		}
	}
	w.turn(n)
	if hellos != 1 {
		t.Errorf("it sent %d HELLOs when it went on", hellos)
	}
	if got := presences(w, n); len(got) != 2 || got["m1"] != Live {
		t.Errorf("when it goes on it knows %v", got)
	}
	w.run(10 * time.Second)
	if left := eventsOf[Left](n); len(left) != 0 {
		t.Errorf("it was told %+v", left)
	}
	if got := presences(w, n); len(got) != 2 || got["m1"] != Live || got["m2"] != Live {
		t.Errorf("then it knows %v", got)
	}
}

func TestClockOff(t *testing.T) {
	w := newNetwork(t, 11)
	w.joinAll(1)
	// One whose clock is an hour ahead, though its time runs as ours.
	ahead := w.join(func(c *Config) { c.Nick = "ahead" })
	ahead.c = New(Config{Rooms: w.rooms, Author: author(77, 0), Nick: "ahead", Random: rand.New(rand.NewPCG(1, 1))}, w.now.Add(time.Hour))
	ahead.c.SetInterfaces(w.now.Add(time.Hour), ahead.ways, 1)
	ahead.dead = true // the network does not drive it
	for range 100 {
		outs, _ := ahead.c.Due(w.now.Add(time.Hour))
		for _, o := range outs {
			w.inject(w.nodes[0], ahead.addr, o.Data)
		}
		w.sent = func(_ *node, o Out, _ frame.Header) {
			ahead.c.Receive(w.now.Add(time.Hour), Datagram{Data: o.Data, From: w.nodes[0].addr, IfIndex: 1})
		}
		w.run(100 * time.Millisecond)
	}
	off := eventsOf[ClockOff](w.nodes[0])
	if len(off) != 1 || off[0].By < 59*time.Minute || off[0].By > 61*time.Minute || off[0].Who.Nick != "ahead" {
		t.Errorf("told %+v", off)
	}
	if got := presences(w, w.nodes[0]); got["ahead"] != Live {
		t.Errorf("knows %v", got)
	}
}

func TestSpeaks(t *testing.T) {
	w := newNetwork(t, 13)
	w.joinAll(2)
	w.nodes[1].c.SetPlainPort(5000)
	w.run(3 * time.Second)
	plain := netip.AddrPortFrom(w.nodes[1].addr.Addr(), 5000)
	n := w.nodes[0]
	if !n.c.Speaks(w.now, plain) {
		t.Error("the plain text of m1 is nobody's twin")
	}
	if n.c.Speaks(w.now, w.nodes[1].addr) || n.c.Speaks(w.now, netip.AddrPortFrom(plain.Addr(), 5001)) {
		t.Error("another port is m1's too")
	}
	w.nodes[1].dead = true
	w.run(9 * time.Second)
	if n.c.Speaks(w.now, plain) {
		t.Error("one that is quiet speaks still")
	}
}

// A copy of a running program is noticed by the first of its frames that comes back.
func TestCloned(t *testing.T) {
	w := newNetwork(t, 14)
	runs := 0
	n := w.join(func(c *Config) {
		c.Anew = func() frame.Author { runs++; return author(0, 100+runs) }
	})
	w.join(nil)
	w.run(3 * time.Second)
	w.say(n, "before")
	w.run(time.Second)
	old := n.c.self.name
	// It says its second line, and the copy another second line.
	data, err := w.rooms[0].Encode(author(0, 0), 2, &frame.Text{Text: "of the copy", Time: 1})
	if err != nil {
		t.Fatal(err)
	}
	w.say(n, "own")
	w.run(time.Second)
	if o := w.inject(n, n.addr, data); o != Taken {
		t.Errorf("what the copy said is %v", o)
	}
	if got := eventsOf[Cloned](n); len(got) != 1 || runs != 1 || n.c.self.name == old {
		t.Fatalf("told %+v, %d other streams", got, runs)
	}
	w.say(n, "after")
	w.run(5 * time.Second)
	said := eventsOf[Said](w.nodes[1])
	if len(said) != 3 || said[2].Text != "after" || said[2].Name.Number != 1 || said[2].Who.Nick != "m0" {
		t.Errorf("m1 heard %+v", said)
	}
	// What both have sent is ours.
	for _, it := range n.c.self.frames {
		if o := w.inject(n, n.addr, bytes.Clone(it.data)); o != Own {
			t.Errorf("an own frame is %v", o)
		}
	}
}

// Who has just come, as others do, is told of nobody that it does not hear them: they
// had no time to say so.
func TestNobodyIsOneWayAtTheStart(t *testing.T) {
	w := newNetwork(t, 70)
	w.joinAll(1)
	n := w.nodes[0]
	// Others that hear nobody for the first 3 s: their readers begin late.
	deaf := true
	w.link = func(_, to *node) link { return link{cut: deaf && to != n, delay: time.Millisecond} }
	w.joinAll(11)
	for range 60 {
		w.run(50 * time.Millisecond)
		for _, m := range n.c.Snapshot(w.now).Members {
			if m.Presence == OneWay {
				t.Fatalf("after %v %s is one-way", w.now.Sub(n.c.start), m.Nick)
			}
		}
	}
	deaf = false
	w.run(3 * time.Second)
	if got := presences(w, n); len(got) != 11 || got["m3"] != Live {
		t.Errorf("then it knows %v", got)
	}
}

// What a member told before our first HELLO is no silence about us.
func TestRoundsBeforeWeSpokeCountNot(t *testing.T) {
	w := newNetwork(t, 71)
	one(w, 0, 1)
	n := w.join(nil)
	w.join(nil)
	w.join(nil)
	least := time.Duration(0)
	for at := time.Duration(0); at < 12*time.Second && least == 0; at += 50 * time.Millisecond {
		w.run(50 * time.Millisecond)
		if presences(w, n)["m1"] == OneWay {
			least = w.now.Sub(n.c.start)
		}
	}
	if least < 4*time.Second || least > 10*time.Second {
		t.Errorf("m1 is one-way after %v, want two intervals at least, and soon after", least)
	}
}

// What waited in the queue of a program that was stopped was said when it arrived.
func TestStoppedClock(t *testing.T) {
	w := newNetwork(t, 72)
	w.joinAll(2)
	w.run(5 * time.Second)
	n, other := w.nodes[0], w.nodes[1]
	var kept [][]byte
	stopped := true
	w.link = func(_, b *node) link { return link{cut: stopped && b == n} }
	var at []time.Time
	w.sent = func(from *node, o Out, _ frame.Header) {
		if from == other {
			kept, at = append(kept, o.Data), append(at, w.now)
		}
	}
	n.wake = w.now.Add(time.Hour)
	w.run(20 * time.Second)
	stopped = false
	for i, data := range kept {
		n.c.Receive(w.now, Datagram{Data: data, From: other.addr, IfIndex: 1, Age: w.now.Sub(at[i])})
	}
	w.turn(n)
	w.run(10 * time.Second)
	if off := eventsOf[ClockOff](n); len(off) != 0 || len(kept) < 4 {
		t.Errorf("of %d that waited it was told %+v", len(kept), off)
	}
	// Without an age they are not judged.
	late := w.join(nil)
	w.run(5 * time.Second)
	kept, at, stopped = nil, nil, true
	w.link = func(_, b *node) link { return link{cut: stopped && b == late} }
	late.wake = w.now.Add(time.Hour)
	w.run(20 * time.Second)
	stopped = false
	for _, data := range kept {
		late.c.Receive(w.now, Datagram{Data: data, From: other.addr, IfIndex: 1})
	}
	if off := eventsOf[ClockOff](late); len(off) != 0 {
		t.Errorf("it was told %+v", off)
	}
	// An age is all that is forgiven.
	kept = nil
	w.run(time.Second)
	data := encode(t, w.rooms[0], author(1, 0), frame.FirstPassing+5000, &frame.Hello{Nick: "m1", Time: uint64(w.now.Add(-30 * time.Second).UnixMilli())})
	n.c.Receive(w.now, Datagram{Data: data, From: other.addr, IfIndex: 1, Age: 10 * time.Second})
	w.turn(n)
	if off := eventsOf[ClockOff](n); len(off) != 1 || off[0].By > -19*time.Second || off[0].By < -21*time.Second {
		t.Errorf("then it was told %+v", off)
	}
}

// One that comes and goes by stream after stream of one key is one that is gone, until it
// is back.
func TestGoneOnceAKey(t *testing.T) {
	w := newNetwork(t, 73)
	n := w.join(nil)
	vm := func(key, run int) *node {
		return w.join(func(c *Config) { c.Author, c.Nick = author(key, run), "vm" })
	}
	leave := func(x *node) {
		for _, out := range x.c.Leave(w.now) {
			w.send(x, out)
		}
		w.run(time.Second)
		x.dead = true
	}
	var last frame.Ref
	for run := range 3 {
		x := vm(2000, run)
		w.run(4 * time.Second)
		last = x.c.self.ref
		leave(x)
	}
	if gone := n.c.Snapshot(w.now).Gone; len(gone) != 1 || gone[0].Ref != last || gone[0].String() != "vm" {
		t.Errorf("gone are %+v", gone)
	}
	vm(2000, 9)
	x := vm(2001, 1)
	w.run(4 * time.Second)
	leave(x)
	if gone := n.c.Snapshot(w.now).Gone; len(gone) != 1 || gone[0].Ref != x.c.self.ref {
		t.Errorf("gone are %+v, want the other one alone", gone)
	}
}
