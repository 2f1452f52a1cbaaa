package members

import (
	"fmt"
	"testing"
	"time"
)

// seeds is how often something is simulated.
func seeds(few, many int) int {
	if *long {
		return many
	}
	return few
}

// half is a network in which members with an even number do not reach those with an odd
// one.
func half(a, b *node) bool { return a.id%2 != b.id%2 }

// Members that talk while datagrams are lost: each line comes to all, once, and each
// author's in order.
func TestSimTalk(t *testing.T) {
	const second = time.Second
	for _, row := range []struct {
		name         string
		members      int
		rate         float64 // lines a second in all
		loss, atSend float64
		few, many    int
		d            time.Duration // of talk, in a small simulation
		p99          time.Duration
		hellos, rush int // a second; 0: that is not asked
	}{
		{"8 members, 4/s in all, 1 % lost", 8, 4, 0.01, 0, 0, 100, 10 * second, second / 2, 0, 0},
		{"8 members, 4/s in all, 10 % lost", 8, 4, 0.1, 0, 1, 100, 10 * second, second, 0, 0},
		{"8 members, 4/s in all, 30 % lost", 8, 4, 0.3, 0, 1, 100, 10 * second, 2 * second, 0, 0},
		{"8 members, 4/s each, 30 % lost", 8, 32, 0.3, 0, 1, 20, 3 * second, 2 * second, 0, 0},
		{"8 members, 4/s in all, 30 % lost at the sender", 8, 4, 0, 0.3, 1, 100, 10 * second, 2 * second, 0, 0},
		{"50 members, 4/s in all, 30 % lost at the sender", 50, 4, 0, 0.3, 0, 10, 5 * second, 2 * second, 0, 0},
		{"100 members, 1/s in all, 10 % lost", 100, 1, 0.1, 0, 1, 5, 3 * second, 2 * second, 20, 35},
		{"50 members, 4/s in all, 30 % lost", 50, 4, 0.3, 0, 1, 10, 3 * second, 2 * second, 20, 35},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			before, after := 10*second, 5*second
			if row.members == 8 {
				after = 15 * second
			}
			d, most99 := row.d, 2*row.p99 // of few lines
			if *long {
				d, most99 = 30*second, row.p99
				before, after = 15*second, 15*second
			} else if row.few == 0 {
				t.Skip("by -long")
			}
			var all figures
			var sum counts
			most := 0
			runs := seeds(row.few, row.many)
			for seed := range runs {
				s := newSim(t, uint64(seed), row.loss)
				s.atSend = row.atSend
				s.enterAll(row.members)
				s.run(before)
				s.counts = counts{}
				s.chat(d, row.rate, nil)
				c := s.counts
				s.run(after)
				s.equal(s.order, time.Minute)
				for _, l := range s.order {
					if e := s.heard[l.by].reach[l.name]; row.members == 8 && (e.By != 7 || e.Of != 7 || e.Missing != nil) {
						s.fault("of %q it was told at last: %+v", l.text, e)
					}
				}
				if s.marked == 0 {
					s.fault("no line is marked as repaired")
				}
				s.done()
				all = append(all, s.delays(s.order)...)
				sum.hellos, sum.frames, sum.bytes, sum.repairs = sum.hellos+c.hellos, sum.frames+c.frames, sum.bytes+c.bytes, sum.repairs+c.repairs
				most = max(most, c.hello.most)
				if want := len(s.order) * (row.members - 1); len(s.delays(s.order)) != want {
					t.Errorf("seed %d: %d of %d came", seed, len(s.delays(s.order)), want)
				}
			}
			whole := d.Seconds() * float64(runs)
			hellos := float64(sum.hellos) / whole
			t.Logf("%v; %.1f HELLO/s, %d in any second, %.1f repairs/s, %.1f kB/s", all, hellos, most, float64(sum.repairs)/whole, float64(sum.bytes)/whole/1000)
			bar(t, "p99", all.at(0.99), most99)
			if row.hellos != 0 && (hellos > 1.1*float64(row.hellos) || most > row.rush) {
				t.Errorf("%.1f HELLO/s, %d in any second, want %d and %d at most", hellos, most, row.hellos, row.rush)
			}
		})
	}
}

// One line, and then nobody says anything.
func TestSimSilence(t *testing.T) {
	t.Parallel()
	var all, last figures
	for seed := range seeds(1, 50) {
		s := newSim(t, uint64(seed), 0.3)
		s.enterAll(8)
		s.run(5 * time.Second)
		for range seeds(5, 20) {
			l := s.speak(s.nodes[s.talk.IntN(8)])
			s.run(10 * time.Second)
			last = append(last, l.last)
		}
		all = append(all, s.delays(s.order)...)
		if n := s.missing(s.order); n > 0 {
			t.Errorf("seed %d: %d are missing", seed, n)
		}
		s.done()
	}
	t.Logf("%v; the last of 7: %v", all, last)
	bar(t, "p99", all.at(0.99), 2*time.Second)
}

// The author is killed when one alone has its line.
func TestSimAuthorKilled(t *testing.T) {
	for _, row := range []struct {
		members   int
		loss      float64
		few, many int
	}{{8, 0, 2, 100}, {8, 0.3, 2, 100}, {30, 0.3, 1, 50}} {
		t.Run(fmt.Sprintf("%d members, %.0f %% lost", row.members, 100*row.loss), func(t *testing.T) {
			t.Parallel()
			var all figures
			for seed := range seeds(row.few, row.many) {
				s := newSim(t, uint64(seed), row.loss)
				s.enterAll(row.members)
				s.run(5 * time.Second)
				who := s.nodes[s.talk.IntN(row.members)]
				heir := s.nodes[(who.id+1+s.talk.IntN(row.members-1))%row.members]
				loss := s.loss
				s.only, s.loss = heir, 0
				s.speak(who)
				s.only, s.loss, who.dead = nil, loss, true
				all = append(all, s.equal(s.order, time.Minute))
				s.done()
			}
			t.Logf("equal: %v", all)
			bar(t, "p99", all.at(0.99), 5*time.Second)
		})
	}
}

// A minute of partition, in which one half talks.
func TestSimPartition(t *testing.T) {
	for _, row := range []struct {
		members, lines int
		few, many      int
		most           time.Duration
	}{
		{8, 100, 1, 30, 5 * time.Second}, {8, 1000, 0, 10, 15 * time.Second},
		{30, 1000, 0, 3, 20 * time.Second}, {50, 1000, 0, 2, 20 * time.Second},
	} {
		t.Run(fmt.Sprintf("%d members, %d lines", row.members, row.lines), func(t *testing.T) {
			t.Parallel()
			runs := seeds(row.few, row.many)
			if runs == 0 {
				t.Skip("by -long")
			}
			var all figures
			rush := 0
			for seed := range runs {
				s := newSim(t, uint64(seed), 0.3)
				s.enterAll(row.members)
				s.run(10 * time.Second)
				s.cut = half
				s.chat(time.Minute, float64(row.lines)/60, func(n *node) bool { return n.id%2 == 0 })
				s.cut = nil
				s.counts = counts{}
				all = append(all, s.equal(s.order, 2*time.Minute))
				rush = max(rush, s.counts.repair.most)
				s.run(5 * time.Second)
				s.done()
			}
			t.Logf("equal: %v; %d repairs in any second", all, rush)
			bar(t, "p99", all.at(0.99), row.most)
			if rush > 440 {
				t.Errorf("%d repairs in a second, want 440 at most", rush)
			}
		})
	}
}

// A newcomer has the newest 500 lines.
func TestSimLateJoin(t *testing.T) {
	t.Parallel()
	var all figures
	for seed := range seeds(1, 30) {
		s := newSim(t, uint64(seed), 0.3)
		s.enterAll(8)
		s.run(5 * time.Second)
		for i := range 500 {
			s.speak(s.nodes[i%8])
			s.run(20 * time.Millisecond)
		}
		s.run(20 * time.Second)
		n := s.enter(nil)
		from := s.now
		for len(s.heard[n].got) < 500 && s.now.Sub(from) < time.Minute {
			s.run(50 * time.Millisecond)
		}
		all = append(all, s.now.Sub(from))
		s.done()
	}
	t.Logf("all 500: %v", all)
	bar(t, "max", all.at(1), 10*time.Second)
}

// Who alone has a line of one that was killed is cut off when the others ask for it:
// they have it when it is back.
func TestSimHeirCutOff(t *testing.T) {
	t.Parallel()
	for _, cutFor := range []time.Duration{10 * time.Second, 2 * time.Minute} {
		for seed := range seeds(2, 50) {
			s := newSim(t, uint64(seed), 0.1)
			s.enterAll(5)
			s.run(5 * time.Second)
			for i := range 3 {
				s.speak(s.nodes[i%2])
			}
			s.run(5 * time.Second)
			s.only = s.nodes[1]
			s.loss = 0
			s.speak(s.nodes[0])
			s.loss, s.only, s.nodes[0].dead = 0.1, nil, true
			asked := s.counts.needs
			for s.counts.needs == asked {
				s.run(10 * time.Millisecond)
			}
			s.cut = func(a, b *node) bool { return a.id == 1 || b.id == 1 }
			s.run(cutFor)
			s.cut = nil
			if d := s.equal(s.order, time.Minute); d > 40*time.Second {
				t.Errorf("seed %d: cut off for %v: equal after %v", seed, cutFor, d)
			}
			s.done()
		}
	}
}
