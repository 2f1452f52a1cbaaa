package members

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// complete reports whether all that live have known each other to be members.
func (s *sim) complete() bool {
	list := s.living()
	for _, n := range list {
		known := 0
		for _, x := range n.c.table.order {
			if x.wasMember {
				known++
			}
		}
		if known < len(list)-1 {
			return false
		}
	}
	return true
}

// All start within 0.1 s, and nobody says anything.
func TestSimIdle(t *testing.T) {
	for _, row := range []struct {
		members   int
		few, many int
		until, d  time.Duration // how long it may take to know all, and how long it is looked at then
	}{
		{8, 1, 100, 10 * time.Second, 10 * time.Second}, {30, 1, 20, 40 * time.Second, 10 * time.Second},
		{100, 0, 3, 5 * time.Minute, time.Minute}, {300, 0, 1, 5 * time.Minute, time.Minute},
		{1000, 0, 1, 20 * time.Minute, time.Minute},
	} {
		t.Run(fmt.Sprint(row.members), func(t *testing.T) {
			t.Parallel()
			runs := seeds(row.few, row.many)
			if runs == 0 {
				t.Skip("by -long")
			}
			var all figures
			var hellos, frames, bytes, whole, start, early float64
			rush, gone := 0, 0
			for seed := range runs {
				s := newSim(t, uint64(seed), 0.3)
				for range row.members {
					s.run(time.Duration(s.talk.Int64N(int64(100*time.Millisecond) / int64(row.members))))
					s.enter(nil)
				}
				from := s.now
				for !s.complete() && s.now.Sub(from) < row.until {
					s.run(time.Second)
				}
				if !s.complete() {
					t.Errorf("seed %d: not all are known after %v", seed, row.until)
				}
				all = append(all, s.now.Sub(from))
				start += s.now.Sub(from).Seconds()
				early += float64(s.counts.hellos)
				rush = max(rush, s.counts.hello.most)
				s.counts = counts{}
				s.run(row.d)
				whole += row.d.Seconds()
				hellos += float64(s.counts.hellos)
				frames += float64(s.counts.frames)
				bytes += float64(s.counts.bytes)
				rush = max(rush, s.counts.hello.most)
				for _, n := range s.nodes {
					gone += row.members - 1 - n.c.table.fresh.n
				}
				s.done()
			}
			t.Logf("all known: %v; until then %.1f HELLO/s, %d in any second; then %.1f HELLO/s, %.1f frames/s, %.1f kB/s; of %d pairs, %d are gone by chance",
				all, early/start, rush, hellos/whole, frames/whole, bytes/whole/1000, runs*row.members*(row.members-1), gone)
			if early/start > 20 || hellos/whole > 12.5 || rush > 60 {
				t.Error("that is more than 20 until all are known, 12 then, or 60 in a second")
			}
			if row.members == 8 && frames/whole > 5 {
				t.Error("8 members send more than 5 frames a second")
			}
		})
	}
}

// Members come 20 ms after each other: others list each at once.
func TestSimQueue(t *testing.T) {
	for _, members := range []int{60, 300} {
		t.Run(fmt.Sprint(members), func(t *testing.T) {
			t.Parallel()
			if members > 60 && !*long {
				t.Skip("by -long")
			}
			s := newSim(t, 1, 0)
			since := map[frame.Ref]time.Time{}
			var listed figures
			count := s.sent
			s.sent = func(n *node, o Out, h frame.Header) {
				count(n, o, h)
				if h.Kind != frame.KindHello {
					return
				}
				f, err := s.decode(s.rooms[0], o.Data)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range f.Body.(*frame.Hello).Digest[1:] {
					if at, ok := since[e.Ref]; ok {
						listed = append(listed, s.now.Sub(at))
						delete(since, e.Ref)
					}
				}
				if n.frames == 1 {
					since[h.Stream.Ref()] = s.now
				}
			}
			for range members {
				s.enter(nil)
				s.run(20 * time.Millisecond)
			}
			rush := s.counts.hello.most
			s.run(10 * time.Second)
			rush = max(rush, s.counts.hello.most)
			quiet := 0
			for _, n := range s.nodes {
				if n.frames == 0 {
					quiet++
				}
			}
			t.Logf("listed after its first HELLO: %v; %d HELLOs in any second; %d are not listed, %d have not yet said a HELLO", listed, rush, len(since), quiet)
			if rush > 60 || len(since) > 0 {
				t.Errorf("%d HELLOs in a second, want 60 at most; %d are not listed", rush, len(since))
			}
			bar(t, "listed, p99", listed.at(0.99), time.Second)
			s.done()
		})
	}
}

// What each member shows of who hears whom is what the network does.
func TestSimMatrix(t *testing.T) {
	for _, row := range []struct {
		members   int
		loss      float64
		few, many int
		d         time.Duration
	}{
		{8, 0, 1, 20, 20 * time.Second}, {8, 0.1, 1, 20, 70 * time.Second},
		{30, 0, 1, 5, 30 * time.Second}, {30, 0.3, 0, 2, 5 * time.Minute},
	} {
		t.Run(fmt.Sprintf("%d members, %.0f %% lost", row.members, 100*row.loss), func(t *testing.T) {
			t.Parallel()
			if seeds(row.few, row.many) == 0 {
				t.Skip("by -long")
			}
			cells, unknown, worst := 0, 0, 0.0
			for seed := range seeds(row.few, row.many) {
				s := newSim(t, uint64(seed), row.loss)
				type pair struct{ from, to int }
				cut := map[pair]bool{}
				for a := range row.members {
					for b := range row.members {
						cut[pair{a, b}] = a != b && s.talk.Float64() < 0.15
					}
				}
				s.cut = func(a, b *node) bool { return cut[pair{a.id, b.id}] }
				s.enterAll(row.members)
				s.run(row.d)
				byRef := map[frame.Ref]int{}
				for _, n := range s.nodes {
					byRef[n.c.self.ref] = n.id
				}
				for _, n := range s.nodes {
					snap := n.c.Snapshot(s.now)
					here := map[int]bool{}
					for _, m := range snap.Members {
						id := byRef[m.Ref]
						here[id] = true
						want := Live
						if cut[pair{n.id, id}] {
							want = OneWay
						}
						if cut[pair{id, n.id}] {
							s.fault("m%d knows m%d, which it does not hear", n.id, id)
						} else if m.Presence != want && (m.Presence != Quiet || row.loss == 0) {
							s.fault("m%d shows m%d as %v, want %v", n.id, id, m.Presence, want)
						}
					}
					for id := range row.members {
						if id != n.id && !cut[pair{id, n.id}] && !here[id] {
							s.fault("m%d does not know m%d", n.id, id)
						}
					}
					for _, r := range snap.Matrix {
						y := byRef[r.Who.Ref]
						for i, c := range r.Cells {
							x := byRef[snap.Matrix[i].Who.Ref]
							cells++
							want := HearsIt
							if x == y {
								want = HearsSelf
							} else if cut[pair{y, x}] {
								want = HearsNot
							}
							switch c.Hears {
							case want:
							case HearsNotKnown:
								unknown++
								if row.loss == 0 {
									s.fault("m%d does not know whether m%d hears m%d", n.id, x, y)
								}
							default:
								s.fault("m%d shows that m%d hears m%d: %v, want %v", n.id, x, y, c.Hears, want)
							}
							if c.Hears == HearsIt && c.Lost >= 0 && row.loss > 0 {
								sigma := math.Sqrt(row.loss * (1 - row.loss) / 64)
								worst = max(worst, math.Abs(float64(c.Lost)/1000-row.loss)/sigma)
							} else if c.Hears == HearsIt && row.loss == 0 && c.Lost != 0 {
								s.fault("m%d shows that m%d loses %d per mille of m%d", n.id, x, c.Lost, y)
							}
						}
					}
				}
				s.done()
			}
			t.Logf("%d cells, %d not known; loss is %.1f sigma off at most", cells, unknown, worst)
			if worst > 6 || unknown*100 > cells {
				t.Error("the matrix is not what the network does")
			}
		})
	}
}

// Nobody is said not to hear one whom it hears, whatever is lost; and who does not is
// found out.
func TestSimOneWay(t *testing.T) {
	for _, row := range []struct {
		members   int
		few, many int
		d, every  time.Duration
	}{{8, 1, 100, time.Minute, time.Second / 2}, {30, 0, 10, time.Minute, time.Second}, {8, 0, 1, time.Hour, time.Second}, {30, 0, 1, time.Hour, 5 * time.Second}} {
		t.Run(fmt.Sprintf("%d members, %v", row.members, row.d), func(t *testing.T) {
			t.Parallel()
			if seeds(row.few, row.many) == 0 {
				t.Skip("by -long")
			}
			var told figures
			wrong, looks := 0, 0
			for seed := range seeds(row.few, row.many) {
				s := newSim(t, uint64(seed), 0.3)
				s.cut = func(a, b *node) bool { return a.id == 0 && b.id == 1 }
				s.enterAll(row.members)
				from := s.now
				found := false
				for s.now.Sub(from) < row.d {
					s.run(row.every)
					for _, n := range s.nodes {
						for x := n.c.table.fresh.first; x != nil; x = x.next {
							looks++
							if n.c.presence(x, n.c.at(s.now)) != OneWay {
								continue
							}
							if n.id == 0 && x.ref == s.nodes[1].c.self.ref {
								if !found {
									found = true
									told = append(told, s.now.Sub(from))
								}
							} else {
								wrong++
							}
						}
					}
				}
				if !found {
					t.Errorf("seed %d: it is not told that m1 does not hear m0", seed)
				}
				s.done()
			}
			t.Logf("told: %v; wrongly in %d of %d", told, wrong, looks)
			if wrong > 0 {
				t.Errorf("%d members are said not to hear, and do", wrong)
			}
			bar(t, "told", told.at(1), time.Minute)
		})
	}
}

// Who is killed is quiet, and then gone, everywhere, at 30 % loss too; and nobody else is.
func TestSimGone(t *testing.T) {
	t.Parallel()
	quiet, gone := figures{}, figures{}
	for seed := range seeds(1, 100) {
		s := newSim(t, uint64(seed), 0.3)
		s.enterAll(8)
		s.run(20 * time.Second)
		dead := s.nodes[3]
		dead.dead = true
		from := s.now
		ref := dead.c.self.ref
		was := map[*node]Presence{}
		for s.now.Sub(from) < 70*time.Second {
			s.run(250 * time.Millisecond)
			for _, n := range s.living() {
				p := n.c.presence(n.c.table.byRef[ref], n.c.at(s.now))
				if p == Quiet && was[n] != Quiet {
					quiet = append(quiet, s.now.Sub(from))
				}
				if p == Gone && was[n] != Gone {
					gone = append(gone, s.now.Sub(from))
				}
				if was[n] == Gone && p != Gone {
					t.Errorf("seed %d: it is gone, and then %v", seed, p)
				}
				was[n] = p
			}
		}
		for _, n := range s.living() {
			if r := s.heard[n]; r.left != 1 || r.joined != 7 || was[n] != Gone {
				t.Errorf("seed %d: m%d was told that %d joined and %d left", seed, n.id, r.joined, r.left)
			}
		}
		s.done()
	}
	t.Logf("quiet: %v; gone: %v", quiet, gone)
	if len(gone) != 7*seeds(1, 100) || gone.at(1e-9) < 15*time.Second || gone.at(1) > 36*time.Second {
		t.Error("it is gone 30 s after it was heard last")
	}
}

// What was recorded brings no line a second time, and nobody back.
func TestSimReplay(t *testing.T) {
	t.Parallel()
	s := newSim(t, 1, 0.1)
	var recorded []happening
	count := s.sent
	s.sent = func(n *node, o Out, h frame.Header) {
		count(n, o, h)
		recorded = append(recorded, happening{from: n, data: o.Data})
	}
	s.enterAll(8)
	s.run(3 * time.Second)
	s.chat(20*time.Second, 2, nil)
	s.run(10 * time.Second)
	s.loss = 0
	for _, n := range s.nodes[4:] {
		for _, o := range n.c.Leave(s.now) {
			s.send(n, o)
		}
		n.dead = true
	}
	s.run(5 * time.Second)
	s.sent = count
	living := s.living()
	lines := len(s.order)
	for _, wait := range []time.Duration{0, 30 * time.Second, time.Duration(seeds(1, 60)) * time.Minute} {
		s.run(wait)
		var joined, left, taken int
		for _, n := range living {
			joined += s.heard[n].joined
			left += s.heard[n].left
		}
		for i, h := range recorded {
			for _, n := range living {
				if n != h.from && n.c.Receive(s.now, Datagram{Data: h.data, From: h.from.addr, IfIndex: 1}) == Taken && wait == 0 {
					taken++
				}
				s.turn(n)
			}
			if i%20 == 0 {
				s.run(10 * time.Millisecond)
			}
		}
		for _, n := range living {
			joined -= s.heard[n].joined
			left -= s.heard[n].left
			if got := n.c.table.fresh.n; got != 3 {
				t.Errorf("after %v, m%d knows %d members, want 3", wait, n.id, got)
			}
			for _, l := range s.order[:lines] {
				if _, ok := s.heard[n].got[l.name]; !ok && l.by != n {
					t.Errorf("m%d has not %q", n.id, l.text)
				}
			}
		}
		t.Logf("after %v, %d of %d frames are taken for the first time", wait, taken, len(recorded)*4)
		if joined != 0 || left != 0 {
			t.Errorf("after %v, %d joined and %d left", wait, -joined, -left)
		}
	}
	s.done()
}
