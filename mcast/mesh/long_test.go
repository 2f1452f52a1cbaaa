package mesh

import (
	"flag"
	"runtime"
	"testing"
	"time"
)

var long = flag.Bool("long", false, "measure for 24 hours at 10 a second, not for one at 1 a second")

// Eight members for an hour, of which one does not hear some for a while, take no more
// memory at its end than after a quarter, and have counted all.
func TestHour(t *testing.T) {
	d, rate := time.Hour, 1.0
	if *long {
		d, rate = 24*time.Hour, 10
	}
	s := newSim(t, 11, 0.01)
	s.unsigned, s.double, s.late = true, 0.01, 0.01
	s.enterAll(8, func(c *Config) { c.Rate, c.MaxLoss, c.NoProbes = rate, 3, true })
	cut := false
	s.cut = func(from, to *node) bool { return cut && to.id == 2 && from.id < 4 }
	s.run(d / 4)
	for _, n := range s.nodes { // so that what a timeline takes is known
		n.eng.Report(s.now, true)
	}
	early := heapOf(s)
	s.run(d / 4)
	cut = true
	cutAt := s.now
	s.run(3 * time.Minute)
	cut = false
	s.run(d/2 - 3*time.Minute)
	late := heapOf(s)
	t.Logf("heap: %.2f MB after a quarter, %.2f MB at the end", float64(early)/1e6, float64(late)/1e6)
	if late > early+4<<20 {
		t.Errorf("the heap grew from %d to %d bytes", early, late)
	}
	s.end()
	s.exact(nil)
	for _, n := range s.nodes {
		r, at := s.report(n)
		p := r.pair(at["host2"], at["host1"])
		near(t, n.name+": the longest silence", p.Silence-3*time.Minute, -3*time.Second, 8*time.Second)
		near(t, n.name+": when it began", p.SilenceAt.Sub(cutAt), -5*time.Second, 5*time.Second)
		var sent, worst uint64
		for i, x := range p.Line {
			sent += uint64(x.Sent)
			worst = max(worst, uint64(x.Sent-x.Received))
			if i > 0 && !p.Line[i-1].At.Before(x.At) {
				t.Errorf("%s: interval %d is not later than the one before", n.name, i)
			}
		}
		if len(p.Line) > MaxIntervals || len(p.Line) < MaxIntervals/3 || sent != p.Sent || worst == 0 {
			t.Errorf("%s: %d intervals with %d of %d", n.name, len(p.Line), sent, p.Sent)
		}
		want := ExitHole // of 1 % and three minutes
		if *long {
			want = ExitWell
		}
		if Verdict(r) != want {
			t.Errorf("%s: %d, %v", n.name, Verdict(r), Holes(r))
		}
	}
}

func heapOf(s *sim) uint64 {
	clear(s.cache)
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
