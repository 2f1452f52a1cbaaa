package stream

import (
	"slices"
	"sync"
	"testing"
	"time"
)

// by is a leg that is so much behind.
func by(b time.Duration) func(leg, n int) time.Duration {
	return func(leg, _ int) time.Duration { return time.Duration(leg) * b }
}

// not is all but some numbers of a leg; -1: of both.
func not(leg int, some ...int) func(int, int) bool {
	return func(l, n int) bool { return leg >= 0 && l != leg || !slices.Contains(some, n) }
}

// What a pair says of what happens to streams. No loss is made up.
func TestPairStories(t *testing.T) {
	join := func(list ...legs) (all []arrived) {
		for _, l := range list {
			all = append(all, l.list()...)
		}
		return all
	}
	steady := legs{bits: 64, id: 7, every: ms, count: 6000}
	later := func(l legs, begin time.Duration) legs { l.begin = begin; return l }
	with := func(f func(*legs)) legs { l := steady; f(&l); return l }
	for _, tt := range []struct {
		what string
		list []arrived
		want PairRow // State, Lost, LostBoth, Restarts, About, Behind, Apart
		min  uint64  // that are compared at least
		also func(PairRow) bool
	}{
		{what: "one of A, two of B, one of both", list: join(with(func(l *legs) {
			l.brings = func(leg, n int) bool { return not(0, 1000, 3000)(leg, n) && not(1, 2000, 3000, 3001)(leg, n) }
		})), want: PairRow{State: PairCompared, Lost: [2]uint64{2, 3}, LostBoth: 1}, min: 5900},
		{what: "B is behind by 200 ms", list: join(with(func(l *legs) { l.delay = by(200 * ms) })), want: PairRow{State: PairCompared}, min: 5700,
			also: func(r PairRow) bool {
				return r.Skew[1].Count == 0 && r.Skew[0].P50 > 195*ms && r.Skew[0].Max == 200*ms
			}},
		{what: "the sender begins anew, on B 800 ms later", list: join(with(func(l *legs) { l.delay = by(800 * ms) }), with(func(l *legs) { l.delay, l.id, l.begin = by(800*ms), 9, 6*time.Second })),
			want: PairRow{State: PairCompared, Restarts: 1}, min: 9000},
		{what: "the same without an ID", list: join(with(func(l *legs) { l.delay, l.id, l.first = by(800*ms), 0, 1e6 }), with(func(l *legs) { l.delay, l.id, l.begin = by(800*ms), 0, 6*time.Second })),
			want: PairRow{State: PairCompared, Restarts: 1}, min: 9000},
		{what: "the same within what is kept", list: join(with(func(l *legs) { l.delay, l.id = by(800*ms), 0 }), with(func(l *legs) { l.delay, l.id, l.begin, l.count = by(800*ms), 0, 6*time.Second, 12000 })),
			want: PairRow{State: PairCompared, Restarts: 1}, min: 14000},
		{what: "the same with the ID of before, as of an encoder with an SSRC that was chosen", list: join(with(func(l *legs) { l.delay, l.bits = by(800*ms), 16 }),
			with(func(l *legs) { l.delay, l.bits, l.begin = by(800*ms), 16, 8*time.Second })), want: PairRow{State: PairCompared, Restarts: 1}, min: 9500,
			also: func(r PairRow) bool { return r.Late == [2]uint64{} && r.Duplicates == [2]uint64{} }},
		{what: "the same at 10 a second", list: join(with(func(l *legs) { l.every, l.bits, l.count = 100*ms, 16, 100 }),
			with(func(l *legs) { l.every, l.bits, l.count, l.begin = 100*ms, 16, 100, 12*time.Second })), want: PairRow{State: PairCompared, Restarts: 1}, min: 160,
			also: func(r PairRow) bool { return r.Late == [2]uint64{} }},
		{what: "A is 600 ms ahead, and back after 2 s in which B was first", list: join(with(func(l *legs) {
			l.bits, l.every, l.count, l.delay = 16, 250*time.Microsecond, 40_000, by(600*ms)
			l.brings = func(leg, n int) bool { return leg == 1 || n < 8000 || n >= 16_000 }
		})), want: PairRow{State: PairCompared, Lost: [2]uint64{8000, 0}}, min: 37_000, also: func(r PairRow) bool { return r.Skew[0].P50 > 590*ms && r.Skew[1].Count == 0 }},
		{what: "the same, and it loses something where it is back", list: join(with(func(l *legs) {
			l.bits, l.every, l.count, l.delay = 16, 250*time.Microsecond, 40_000, by(600*ms)
			l.brings = func(leg, n int) bool { return leg == 1 || n < 8000 || n >= 16_000 && n != 16_001 }
		})), want: PairRow{State: PairCompared, Lost: [2]uint64{8001 + 3, 0}}, min: 37_000}, // which of three came is not known
		{what: "A alone began anew with that ID", list: join(with(func(l *legs) { l.bits, l.brings = 16, func(leg, n int) bool { return leg == 1 || n < 3000 } }), with(func(l *legs) {
			l.bits, l.begin, l.count, l.brings = 16, 3*time.Second, 3000, func(leg, n int) bool { return leg == 0 }
		})), want: PairRow{State: PairApart, Behind: 0, Apart: 3000}, min: 2890},
		{what: "A alone began anew", list: join(with(func(l *legs) { l.brings = func(leg, n int) bool { return leg == 1 || n < 3000 } }), with(func(l *legs) {
			l.id, l.begin, l.count = 9, 3*time.Second, 3000
			l.brings = func(leg, n int) bool { return leg == 0 }
		})), want: PairRow{State: PairStreams}, min: 2890},
		{what: "other formats", list: join(with(func(l *legs) { l.format[0] = RTP })), want: PairRow{State: PairFormats}},
		{what: "one has numbers", list: join(with(func(l *legs) { l.brings = func(leg, n int) bool { return leg == 0 } }), with(func(l *legs) {
			l.bits = 0
			l.brings = func(leg, n int) bool { return leg == 1 }
		})), want: PairRow{State: PairFormats}},
		{what: "other streams", list: join(with(func(l *legs) { l.brings = func(leg, n int) bool { return leg == 0 } }), with(func(l *legs) {
			l.id = 8
			l.brings = func(leg, n int) bool { return leg == 1 }
		})), want: PairRow{State: PairStreams}},
		{what: "of several streams that which both have", list: join(steady, with(func(l *legs) { l.id, l.brings = 8, func(leg, n int) bool { return leg == 0 } }),
			with(func(l *legs) { l.id, l.brings = 9, func(leg, n int) bool { return leg == 1 && n%100 > 0 } })),
			want: PairRow{State: PairCompared}, min: 5900, also: func(r PairRow) bool { return r.ID == 7 }},
		{what: "B is 3 s behind", list: join(with(func(l *legs) { l.delay, l.count, l.until = by(3*time.Second), 9000, 9*time.Second })), want: PairRow{State: PairApart, Behind: 1, Apart: 3000},
			also: func(r PairRow) bool { return r.Compared == 0 }},
		{what: "B falls 3 s behind", list: join(with(func(l *legs) {
			l.count, l.until = 9000, 9*time.Second
			l.delay = func(leg, n int) time.Duration {
				if leg == 1 && n > 3000 {
					return 3 * time.Second
				}
				return 0
			}
		})), want: PairRow{State: PairApart, Behind: 1, Apart: 3000}, min: 2890, also: func(r PairRow) bool { return r.Compared < 3010 }},
		{what: "and catches up", list: join(with(func(l *legs) {
			l.count = 12000
			l.brings = func(leg, n int) bool { return leg == 0 || n < 6000 || n >= 9000 }
			l.delay = func(leg, n int) time.Duration {
				if leg == 1 && n > 3000 && n < 6000 {
					return 3 * time.Second
				}
				return 0
			}
		})), want: PairRow{State: PairCompared}, min: 5500},
		{what: "RTP more than half a wrap apart", list: join(with(func(l *legs) {
			l.bits, l.every, l.count, l.delay, l.stamps = 16, 30*time.Microsecond, 90_000, by(1200*ms), true
		})), want: PairRow{State: PairApart}, also: func(r PairRow) bool { return r.Stamps && r.Compared < 100 }},
		{what: "B falls silent", list: join(with(func(l *legs) { l.brings = func(leg, n int) bool { return leg == 0 || n < 3000 } })),
			want: PairRow{State: PairCompared, Lost: [2]uint64{0, 3000}}, min: 5900, also: func(r PairRow) bool { return r.Legs[1].Silent && !r.Legs[0].Silent }},
		{what: "both are silent for 3 s", list: join(with(func(l *legs) { l.brings = func(leg, n int) bool { return n < 2000 || n >= 5000 } })),
			want: PairRow{State: PairCompared, Lost: [2]uint64{3000, 3000}, LostBoth: 3000}, min: 5900},
		{what: "both are silent for longer than the numbers count", list: join(with(func(l *legs) {
			l.bits, l.count, l.every = 16, 180_000, 50*time.Microsecond
			l.brings = func(leg, n int) bool { return n < 20_000 || n >= 160_000 }
		})), want: PairRow{State: PairCompared, Lost: [2]uint64{140_000, 140_000}, LostBoth: 140_000, About: true}, min: 170_000},
		{what: "an outage of both that is longer than the ring", list: join(with(func(l *legs) {
			l.count, l.every, l.delay = 180_000, 50*time.Microsecond, by(500*ms)
			l.brings = func(leg, n int) bool { return n < 20_000 || n >= 160_000 }
		})), want: PairRow{State: PairCompared, Lost: [2]uint64{140_000, 140_000}, LostBoth: 140_000}, min: 160_000},
		{what: "B goes on without numbers", list: join(with(func(l *legs) { l.brings = func(leg, n int) bool { return leg == 0 || n < 3000 } }), with(func(l *legs) {
			l.bits, l.begin, l.count = 0, 3*time.Second, 3000
			l.brings = func(leg, n int) bool { return leg == 1 }
		})), want: PairRow{State: PairFormats}, min: 2890},
		{what: "one leg", list: join(with(func(l *legs) { l.brings = func(leg, n int) bool { return leg == 0 } })), want: PairRow{State: PairWaiting}},
		{what: "a number far off", list: join(steady, later(with(func(l *legs) { l.first, l.count, l.brings = 1<<60, 10, func(leg, n int) bool { return leg == 0 } }), 3*time.Second)),
			want: PairRow{State: PairCompared}, min: 5900},
		{what: "by content", list: join(with(func(l *legs) {
			l.bits, l.delay = 0, by(900*ms)
			l.brings = func(leg, n int) bool { return not(0, 3000, 3002)(leg, n) && not(1, 4000)(leg, n) }
			l.twice = func(_, n int) bool { return n%100 == 0 }
		})), want: PairRow{State: PairCompared, Lost: [2]uint64{2, 1}}, min: 4000, also: func(r PairRow) bool { return r.ByContent && r.Skew[0].Max == 900*ms && r.Skew[1].Count == 0 }},
		{what: "other contents", list: join(with(func(l *legs) { l.bits, l.brings = 0, func(leg, n int) bool { return leg == 0 } }), with(func(l *legs) {
			l.bits, l.first, l.brings = 0, 1e6, func(leg, n int) bool { return leg == 1 }
		})), want: PairRow{State: PairContents}},
		{what: "contents 3 s apart", list: join(with(func(l *legs) {
			l.bits, l.count, l.until = 0, 9000, 9*time.Second
			l.delay = func(leg, n int) time.Duration {
				if leg == 1 && n > 3000 {
					return 3 * time.Second
				}
				return 0
			}
		})), want: PairRow{State: PairApart}, min: 2900},
	} {
		p := NewPair()
		feed(p, tt.list, 0)
		before := p.Row()
		feed2(p, 3*time.Second) // until all is judged
		got := p.Row()
		got.State, got.Behind, got.Apart, got.Legs = before.State, before.Behind, before.Apart, before.Legs
		g := PairRow{State: got.State, Lost: got.Lost, LostBoth: got.LostBoth, Restarts: got.Restarts, About: got.About, Behind: got.Behind, Apart: got.Apart}
		if tt.want.About && got.Lost[0] > 139_000 && got.Lost[0] < 141_000 {
			g.Lost, g.LostBoth = tt.want.Lost, tt.want.LostBoth
		}
		if d := int64(g.Apart - tt.want.Apart); d > -50 && d < 50 {
			g.Apart = tt.want.Apart
		}
		if g != tt.want || got.Compared < tt.min || tt.also != nil && !tt.also(got) {
			t.Errorf("%s: %+v\nwant %+v, %d compared", tt.what, got, tt.want, tt.min)
		}
	}
}

// feed2 is time in which nothing comes.
func feed2(p *Pair, d time.Duration) {
	for from := p.ticked; p.ticked.Sub(from) < d; {
		p.Tick(p.ticked.Add(100 * ms))
	}
}

// A program that stood judges nothing before it has read what came meanwhile.
func TestPairOfAProgramThatStood(t *testing.T) {
	p := NewPair()
	l := legs{bits: 64, id: 7, every: ms, count: 12_000, delay: by(900 * ms)}
	list := l.list()
	for n := range list {
		if a := &list[n]; a.read > 4*time.Second && a.read < 9*time.Second {
			a.read = 9*time.Second + 10*ms + time.Duration(a.leg)*20*ms
		}
	}
	before := slices.DeleteFunc(slices.Clone(list), func(a arrived) bool { return a.read > 4*time.Second })
	feed(p, before, 0)
	after := slices.DeleteFunc(list, func(a arrived) bool { return a.read <= 4*time.Second })
	feedFrom(p, 9*time.Second, after, 3*time.Second)
	if r := p.Row(); r.State != PairCompared || r.Compared < 10_000 || r.Lost != [2]uint64{} || r.LostBoth > 0 {
		t.Errorf("%+v", r)
	}
}

// The Tallies of two sockets feed a pair; of an RTP stream the first datagrams, too,
// which are held until its format is known.
func TestTalliesFeedAPair(t *testing.T) {
	p := NewPair()
	var tallies [2]*Tally
	for x := range tallies {
		tallies[x] = New(Config{Rows: 16, Numbers: true, Legs: func(k Key) *Leg {
			if k.Group != group {
				return nil
			}
			return p.Leg(x)
		}})
	}
	for n := range 5000 {
		for x, tally := range tallies {
			if n == 4000+x || n == 4500 {
				continue
			}
			b := rtp(5, 65000+n)
			tally.Add(&Datagram{At: at(n), Group: group, From: a, IfIndex: 2, Hops: 1, Bytes: len(b), Payload: b})
			if n%16 == 0 {
				tally.Flush()
			}
		}
		if n%100 == 0 {
			p.Tick(at(n))
		}
	}
	for _, tally := range tallies {
		tally.Tick(at(5000))
	}
	feed2(p, 3*time.Second)
	r := p.Row()
	if r.State != PairCompared || r.Format != RTP || r.ID != 5 || r.Lost != [2]uint64{2, 2} || r.LostBoth != 1 || r.Compared < 4950 || r.Legs[0].Datagrams != 4998 || !r.SamePath || r.Stamps {
		t.Errorf("%+v", r)
	}
}

// Two goroutines feed a pair, and others judge and read it meanwhile.
func TestPairOfTwoGoroutines(t *testing.T) {
	p := NewPair()
	var work sync.WaitGroup
	for x := range 2 {
		tally := New(Config{Rows: 16, Numbers: true, Legs: func(Key) *Leg { return p.Leg(x) }})
		work.Go(func() {
			for n := range 20_000 {
				if n == 15_000+x || n == 17_000 {
					continue
				}
				b := own(7, uint64(n), false, 0)
				tally.Add(&Datagram{At: at(n), Group: group, From: a, IfIndex: 2 + x, Bytes: len(b), Payload: b})
				if n%32 == 0 {
					tally.Flush()
				}
			}
			tally.Flush()
		})
	}
	work.Go(func() {
		for range 100 {
			p.Row()
		}
	})
	work.Wait()
	for n := range 40 {
		p.Tick(at(20_000 + 100*n))
	}
	// One may have been through before the other began.
	r := p.Row()
	if r.Compared > 0 && (r.Lost[0] > 2 || r.Lost[1] > 2 || r.LostBoth > 1 || r.State != PairCompared) || r.SamePath {
		t.Errorf("%+v", r)
	}
}
