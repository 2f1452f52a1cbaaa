package stream

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

// What comes three times is said three times, and no copy; what comes twice now and then is
// not told, nor is it over while every third one comes twice.
func TestWhatIsNoCopy(t *testing.T) {
	a := sender(1)
	for _, tt := range []struct {
		what  string
		times func(n int) int // that the datagram arrives
		count int
		twice int    // Row.Twice
		want  string // kinds
		now   int    // Copied.Times at the end
	}{
		{"each three times", func(int) int { return 3 }, 80, 0, "", 0},
		{"a sender that began anew: 8 come twice", func(n int) int {
			if n/8 == 2 {
				return 2
			}
			return 1
		}, 80, 8, "", 0},
		{"each twice", func(int) int { return 2 }, 80, 80, "copies", 2},
		{"each twice, and then every other one", func(n int) int {
			if n >= 40 {
				return 1 + n%2
			}
			return 2
		}, 400, 40 + 180, "copies", 2},
	} {
		w := newArrivals()
		for n := range tt.count {
			for k := range tt.times(n) {
				w.add(time.Duration(n)*50*ms+time.Duration(k)*ms, a, 3, line(n))
			}
		}
		told, _, rows := w.hear(Config{})
		got, now := "", 0
		for _, e := range told {
			got += string(e.Kind)
		}
		if rows[0].Copied != nil {
			now = rows[0].Copied.Times
		}
		if got != tt.want || now != tt.now || rows[0].Twice != tt.twice {
			t.Errorf("%s: told %q, %d times, Twice %d", tt.what, got, now, rows[0].Twice)
		}
	}
}

// Two hosts that were each first once are both honest, and so are two addresses of this one.
func TestWhoIsNoMirror(t *testing.T) {
	a, b := sender(1), sender(2)
	for what, tt := range map[string]struct {
		firsts int // of a; then b is first
		local  bool
	}{
		"first the one, then the other":   {firsts: 10},
		"two addresses of this host":      {firsts: 80, local: true},
		"the other, from its first on":    {firsts: 1},
		"the other, but for the very end": {firsts: 19},
	} {
		w := newArrivals()
		for n := range 80 {
			first, second := a, b
			if n >= tt.firsts {
				first, second = b, a
			}
			w.add(time.Duration(n)*50*ms, first, 3, line(n))
			w.add(time.Duration(n)*50*ms+ms, second, 3, line(n))
		}
		for n := range w.list {
			w.list[n].Local = tt.local
		}
		if told, _, _ := w.hear(Config{}); len(told) > 0 {
			text, _ := told[0].CopiesText()
			t.Errorf("%s: %v %s", what, told[0].Key.From, text)
		}
	}
}

// Once fewer datagrams come, each is looked at again.
func TestAllAreChosenAgain(t *testing.T) {
	tally := New(Config{Rows: 16, Copies: 64})
	add := func(at time.Duration, n int) {
		b := fmt.Appendf(nil, "%d", n)
		tally.Add(&Datagram{At: start.Add(at), Group: group, From: a, IfIndex: 2, Bytes: len(b), Payload: b})
	}
	at := time.Duration(0)
	for n := range 30_000 {
		at = time.Duration(n) * 100 * time.Microsecond
		add(at, n)
	}
	if tally.copying.each < 16 {
		t.Fatalf("10,000 a second: one in %d", tally.copying.each)
	}
	for n := range 40 {
		at += 100 * ms
		add(at, n)
	}
	if tally.copying.each != 1 || tally.ComparedOneIn() < 16 {
		t.Errorf("10 a second: one in %d, and %d when most came", tally.copying.each, tally.ComparedOneIn())
	}
}

// A pair stays with its stream while one leg brings it; what another sender says has no
// part in it; and what one leg brought before the other began is no loss.
func TestPairEdges(t *testing.T) {
	steady := legs{bits: 64, id: 7, every: ms, count: 6000}
	one := func(leg int) func(int, int) bool { return func(l, _ int) bool { return l == leg } }

	two := steady
	two.brings = func(leg, n int) bool { return leg == 1 || n < 3000 }
	other := legs{bits: 64, id: 9, every: ms, count: 4000, begin: 2 * time.Second}
	p := NewPair()
	feed(p, append(two.list(), other.list()...), 0)
	if r := p.Row(); r.ID != 7 || r.Restarts != 0 {
		t.Errorf("while B brings the stream: %+v", r)
	}

	from, stranger := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.9")
	paused := steady
	paused.brings = func(_, n int) bool { return n < 2000 || n >= 5500 }
	list := paused.list()
	for n := range list {
		list[n].seen.from = from
	}
	plain := legs{every: 10 * ms, count: 340, begin: 2 * time.Second, brings: one(0)}.list()
	for n := range plain {
		plain[n].seen.from = stranger
	}
	p = NewPair()
	feedFrom(p, 0, append(list, plain...), 0)
	feed2(p, 3*time.Second)
	if r := p.Row(); r.State != PairCompared || r.LostBoth != 3500 || r.Lost != [2]uint64{3500, 3500} || r.Legs[0].Plain {
		t.Errorf("a stranger spoke while the sender paused: %+v", r)
	}

	for leg := range 2 {
		late := legs{every: ms, count: 6000, brings: func(l, n int) bool { return l != leg || n >= 1000 }}
		p = NewPair()
		feed(p, late.list(), 3*time.Second)
		if r := p.Row(); r.State != PairCompared || !r.ByContent || r.Lost != [2]uint64{} || r.Compared < 4900 || r.Compared > 5000 {
			t.Errorf("leg %d began 1 s later: %+v", leg, r)
		}
	}

	ended := steady
	ended.brings = func(leg, n int) bool { return leg == 1 || n < 3000 }
	list = ended.list()
	for n := range list {
		if list[n].leg == 0 && list[n].seen.number == 2999 {
			list[n].seen.end = true
		}
	}
	p = NewPair()
	feed(p, list, 0)
	if r := p.Row(); r.Legs[0].Silent || r.Legs[1].Silent {
		t.Errorf("A said that it ended, and is silent: %+v", r.Legs)
	}

	apart := steady
	apart.delay = by(500 * ms)
	p = NewPair()
	feed(p, apart.list(), 1700*ms)
	if r := p.Row(); r.Legs[0].Silent || r.Legs[1].Silent {
		t.Errorf("both stopped, B 500 ms behind, and A is silent: %+v", r.Legs)
	}
}

// Two that say the same repeat themselves now and then: nothing goes in circles.
func TestWhoRepeatsItselfIsNoStorm(t *testing.T) {
	for repeats, storms := range map[int]bool{1: true, 15: false} { // of the first; the other one says it 30 times
		w := newArrivals()
		for n := range 80 {
			w.add(time.Duration(n)*50*ms, sender(1), 3, line(n))
			w.add(time.Duration(n)*50*ms+ms, sender(2), 3, line(n))
		}
		for n := range 30 {
			at := 4*time.Second + time.Duration(n)*20*ms
			if n < repeats {
				w.say(at, sender(1), "again")
			}
			w.say(at+ms, sender(2), "again")
		}
		told, _, _ := w.hear(Config{})
		got := 0
		for _, e := range told {
			if e.Kind == Storm {
				got++
			}
		}
		if (got > 0) != storms {
			t.Errorf("said %d times by the first: %d storms", repeats, got)
		}
	}
}
