package members

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// 8 members, for a day, of which one is killed and begins anew, or stopped for a while,
// or jumps ahead in time, or a part of them is cut off: all have the same lines then,
// and take no more memory than before. In a small simulation all that happens more often.
func TestSimDay(t *testing.T) {
	d, every := 10*time.Minute, time.Minute
	if *long {
		d, every = 24*time.Hour, 10*time.Minute
	}
	for seed := range seeds(3, 1) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { day(t, uint64(seed), d, every) })
	}
}

func day(t *testing.T, seed uint64, d, every time.Duration) {
	s := newSim(t, seed, 0.05)
	group := map[*node]int{}
	parted := false
	s.cut = func(a, b *node) bool { return parted && group[a] != group[b] }
	s.enterAll(8)
	s.run(10 * time.Second)
	begun := map[*node]time.Time{}
	var kills, parts, stops, jumps, lines, lost int
	var early uint64
	const most = 8
	for start := s.now; s.now.Sub(start) < d; {
		list := s.living()
		n := list[s.talk.IntN(len(list))]
		wait := time.Second + time.Duration(s.talk.Int64N(int64(most*time.Second)))
		// What is said while things happen.
		talk := func(d time.Duration) { s.chat(d, 0.3, nil) }
		switch s.talk.IntN(4) {
		case 0:
			kills++
			if s.talk.IntN(2) == 0 {
				for _, o := range n.c.Leave(s.now.Add(n.ahead)) {
					s.send(n, o)
				}
			} else {
				s.speak(n)
				s.run(time.Duration(s.talk.Int64N(int64(5 * time.Millisecond))))
			}
			n.dead = true
			talk(wait)
			n = s.again(n)
			begun[n] = s.now
		case 1:
			parts++
			for _, n := range list {
				group[n] = s.talk.IntN(2)
			}
			parted = true
			talk(5 * wait)
			parted = false
		case 2:
			stops++
			n.dead = true
			talk(3 * wait)
			n.dead = false
			s.turn(n)
		case 3:
			jumps++
			n.ahead += time.Duration(s.talk.Int64N(int64(time.Hour)))
			s.turn(n)
		}
		talk(20 * time.Second)
		s.run(every - min(every, 40*time.Second))
		// All who were here have the same.
		lines += len(s.order)
		for _, l := range s.order {
			have, here := 0, 0
			var not []int
			for _, n := range s.living() {
				if n == l.by || !begun[n].Before(l.at) {
					continue
				}
				here++
				if _, ok := s.heard[n].got[l.name]; ok {
					have++
				} else {
					not = append(not, n.id)
				}
			}
			if have != here && (have > 0 || !l.by.dead) {
				s.fault("%q of m%d, who is dead: %v, after %v: %d of %d have it, not %v", l.text, l.by.id, l.by.dead, l.at.Sub(start), have, here, not)
			}
		}
		s.order = s.order[:0]
		for n, r := range s.heard {
			lost += r.lost
			if r.lost = 0; n.dead {
				n.c, n.told = nil, nil
				delete(s.heard, n)
			}
		}
		if early == 0 && s.now.Sub(start) > d/4 {
			early = heap(s)
		}
		if len(s.faults) > 10 {
			break
		}
	}
	late := heap(s)
	if *long && late > early+16<<20 {
		t.Errorf("the heap grew from %d to %d bytes", early, late)
	}
	t.Logf("%d lines, %d kills, %d partitions, %d stops, %d jumps, %d lines could not be had; heap %.1f MB after a quarter, %.1f MB at the end",
		lines, kills, parts, stops, jumps, lost, float64(early)/1e6, float64(late)/1e6)
	s.done()
}

// heap is how much all members take beside their kept frames, in bytes.
func heap(s *sim) uint64 {
	clear(s.cache)
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	kept := 0
	for _, n := range s.living() {
		kept += n.c.store.bytes
	}
	return m.HeapAlloc - min(m.HeapAlloc, uint64(kept))
}
