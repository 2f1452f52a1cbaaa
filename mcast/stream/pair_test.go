package stream

import (
	"cmp"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// arrived is a datagram of a leg: when it came, and when it is read.
type arrived struct {
	leg      int
	at, read time.Duration
	seen     legSeen
}

// feed hands datagrams to a pair in the order in which they are read, with a Tick each
// 100 ms, and goes on so long after the last.
func feed(p *Pair, list []arrived, after time.Duration) { feedFrom(p, 0, list, after) }

// feedFrom does so from a time on, before which there is no Tick.
func feedFrom(p *Pair, ticked time.Duration, list []arrived, after time.Duration) {
	slices.SortStableFunc(list, func(a, b arrived) int { return cmp.Compare(a.read, b.read) })
	tick := func(until time.Duration) {
		for ; ticked <= until; ticked += 100 * time.Millisecond {
			p.Tick(start.Add(ticked))
		}
	}
	last := ticked
	for _, a := range list {
		tick(a.read)
		a.seen.at = start.Add(a.at).UnixNano()
		p.mu.Lock()
		p.take(a.leg, &a.seen)
		p.mu.Unlock()
		last = a.read
	}
	tick(last + after)
}

// legs is a stream as two legs bring it.
type legs struct {
	bits     int
	id       uint64
	first    uint64
	every    time.Duration
	count    int
	begin    time.Duration
	brings   func(leg, n int) bool
	delay    func(leg, n int) time.Duration
	twice    func(leg, n int) bool
	schedule [2]time.Duration
	format   [2]Format
	until    time.Duration // what comes later is left out; 0: nothing
	stamps   bool
}

func (l legs) list() (list []arrived) {
	for n := range l.count {
		for leg := range 2 {
			if l.brings != nil && !l.brings(leg, n) {
				continue
			}
			at := l.begin + time.Duration(n)*l.every
			if l.delay != nil {
				at += l.delay(leg, n)
			}
			number := l.first + uint64(n)
			if l.bits < 64 {
				number &= 1<<l.bits - 1
			}
			format := cmp.Or(l.format[leg], Own)
			one := arrived{leg, at, at + l.schedule[leg], legSeen{number: number, id: l.id, bits: uint8(l.bits), format: format}}
			if l.stamps {
				one.seen.stamp = uint32(n + 1)
			}
			if l.until > 0 && one.read > l.until {
				continue
			}
			if l.bits == 0 {
				one.seen = legSeen{content: (l.first + uint64(n) + 1) * 0x9E3779B97F4A7C15}
			}
			list = append(list, one)
			if l.twice != nil && l.twice(leg, n) {
				one.at += time.Millisecond
				one.read += time.Millisecond
				list = append(list, one)
			}
		}
	}
	return list
}

// Two legs are compared as with memory without bounds, at skews up to 1 s, whatever is
// lost, comes twice or out of order, and wherever the numbers wrap.
func TestPairIsThatOfAllNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := legs{bits: rapid.SampledFrom([]int{8, 16, 31, 32, 63, 64}).Draw(t, "bits"), id: 7, count: rapid.IntRange(500, 3000).Draw(t, "count")}
		wrap := uint64(math.MaxUint64)
		if l.bits < 64 {
			wrap = 1<<l.bits - 1
		}
		l.first = wrap - uint64(rapid.IntRange(0, 2*l.count).Draw(t, "before the wrap"))
		l.every = time.Duration(rapid.IntRange(100, 5000).Draw(t, "µs")) * time.Microsecond
		most := time.Second
		if l.bits == 8 {
			most = min(most, 90*l.every)
		}
		skew := [2]time.Duration{time.Duration(rapid.Int64Range(0, int64(most)*8/10).Draw(t, "skew A")), time.Duration(rapid.Int64Range(0, int64(most)*8/10).Draw(t, "skew B"))}
		jitter := time.Duration(rapid.Int64Range(1, int64(min(most/10, 20*l.every))).Draw(t, "jitter"))
		l.schedule = [2]time.Duration{0, time.Duration(rapid.IntRange(0, 50).Draw(t, "scheduling delay")) * time.Millisecond}
		if l.bits == 8 {
			l.schedule[1] = 0
		}
		seed := rapid.Uint64().Draw(t, "seed")
		chance := func(leg, n, what int) uint64 {
			x := seed ^ uint64(leg+1)<<48 ^ uint64(n)<<8 ^ uint64(what)
			x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
			x = (x ^ x>>27) * 0x94D049BB133111EB
			return x ^ x>>31
		}
		loss := [2]uint64{uint64(rapid.IntRange(0, 40).Draw(t, "loss A")), uint64(rapid.IntRange(0, 40).Draw(t, "loss B"))}
		outage, gone := rapid.IntRange(200, l.count).Draw(t, "outage"), rapid.IntRange(0, 100).Draw(t, "long")
		if l.bits == 8 {
			gone = 0
		}
		l.brings = func(leg, n int) bool {
			return chance(leg, n, 1)%100 >= loss[leg] && (n < outage || n >= outage+gone)
		}
		l.delay = func(leg, n int) time.Duration {
			return skew[leg] + time.Duration(chance(leg, n, 2)%uint64(jitter))
		}
		l.twice = func(leg, n int) bool { return chance(leg, n, 3)%20 == 0 }
		p := NewPair()
		feed(p, l.list(), 3*time.Second)
		if !p.run.begun || !p.run.in[0] || !p.run.in[1] {
			if l.count > 2500 && max(skew[0], skew[1]) < 100*l.every && loss[0]+loss[1] < 20 {
				t.Fatalf("nothing is compared: %+v", p.Row())
			}
			return
		}
		from := p.run.from[0]
		if int64(p.run.from[1]-from) > 0 {
			from = p.run.from[1]
		}
		var want PairRow
		last := -1
		for n := range l.count {
			if l.brings(0, n) || l.brings(1, n) {
				last = n
			}
		}
		for n := range last + 1 {
			if uint64(last-n) > p.run.high-from {
				continue
			}
			a, b := l.brings(0, n), l.brings(1, n)
			want.Compared++
			if !a {
				want.Lost[0]++
			}
			if !b {
				want.Lost[1]++
			}
			if !a && !b {
				want.LostBoth++
			}
		}
		got := p.Row()
		if got.State != PairCompared || got.Compared != want.Compared || got.Lost != want.Lost || got.LostBoth != want.LostBoth || got.About {
			t.Fatalf("%+v\nwant %+v", got, want)
		}
		if n := got.Skew[0].Count + got.Skew[1].Count; n < want.Compared-want.Lost[0]-want.Lost[1]+want.LostBoth {
			t.Errorf("%d skews of %d", n, want.Compared)
		}
	})
}

// Numbers that lie neither stop a pair, nor make its counts contradict each other.
func TestPairOfLiars(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, at, number := NewPair(), time.Duration(0), uint64(0)
		bits := rapid.SampledFrom([]int{0, 8, 16, 32, 63, 64}).Draw(t, "bits")
		seed := rapid.Uint64().Draw(t, "seed")
		grow := rapid.Uint64Range(0, 60).Draw(t, "grow")
		for n := range uint64(3000) {
			seed = seed*6364136223846793005 + 1442695040888963407
			x := int(seed >> 63)
			at += time.Duration(seed >> 34 % 2e6)
			switch {
			case seed>>40%64 == 0:
				number = seed // anywhere
			case seed>>48%3 > 0:
				number += 1 + seed>>20%(1<<(n*grow/3000))
			}
			one := legSeen{at: start.Add(at).UnixNano(), number: number, content: number, id: seed >> 44 % 2, format: Own, bits: uint8(bits)}
			if bits > 0 && bits < 64 {
				one.number &= 1<<bits - 1
			}
			if bits == 0 {
				one.format, one.id = Unnumbered, 0
			}
			p.mu.Lock()
			p.take(x, &one)
			p.mu.Unlock()
			if n%50 == 0 {
				p.Tick(start.Add(at))
			}
			r := p.Row()
			for _, lost := range r.Lost {
				if r.LostBoth > lost || lost > r.Compared {
					t.Fatalf("%+v", r)
				}
			}
			if p.run.begun && p.run.high-p.run.low+1 > pairRing {
				t.Fatalf("from %d to %d", p.run.low, p.run.high)
			}
		}
	})
}
