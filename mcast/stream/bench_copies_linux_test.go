package stream

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// legsLoad is what 20 streams bring at 20,000 datagrams a second in all: 10 pairs of
// legs, the second 3 ms behind the first. Payloads of both legs are the same.
type legsLoad struct {
	n        int
	payloads [10][]byte
	at       time.Time
	each     [20]Datagram
}

func newLegsLoad(size int) *legsLoad {
	l := &legsLoad{at: start}
	for s := range l.each {
		l.each[s] = Datagram{
			Group: netip.AddrPortFrom(netip.AddrFrom4([4]byte{239, 1, byte(s % 2), byte(s)}), 5004),
			From:  netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(s % 2), byte(s)}), 5004), IfIndex: 2 + s%2, Hops: 1, Bytes: size,
		}
	}
	for s := range l.payloads {
		l.payloads[s] = append(rtp(uint32(s+1), 0), make([]byte, size-32)...)
	}
	return l
}

// tick adds what comes in 100 ms, in batches as a socket gives them, and ticks.
func (l *legsLoad) tick(t *Tally, pairs []*Pair) {
	for range 100 {
		for s := range l.each {
			leg, number := s%2, l.n-3*(s%2)
			p := l.payloads[s/2]
			p[2], p[3] = byte(number>>8), byte(number)
			stamp := uint32(number) * 900
			p[4], p[5], p[6], p[7] = byte(stamp>>24), byte(stamp>>16), byte(stamp>>8), byte(stamp)
			if leg == 1 && number < 0 {
				continue
			}
			d := &l.each[s]
			d.At, d.Payload = l.at, p
			t.Add(d)
			l.at = l.at.Add(50 * time.Microsecond)
		}
		t.Flush()
		l.n++
	}
	t.Tick(l.at)
	for _, p := range pairs {
		p.Tick(l.at)
	}
}

// counting is a Tally with a load of its own.
type counting struct {
	*legsLoad
	tally *Tally
	pairs []*Pair
	took  time.Duration // of CPU
}

func newCounting(size, copies int, paired bool) *counting {
	c := &counting{legsLoad: newLegsLoad(size)}
	cfg := Config{Rows: 1024, Every: 100 * time.Millisecond, Numbers: true, Copies: copies}
	if paired {
		for range c.payloads {
			c.pairs = append(c.pairs, NewPair())
		}
		cfg.Legs = func(k Key) *Leg {
			s := int(k.Group.Addr().As4()[3])
			return c.pairs[s/2].Leg(s % 2)
		}
	}
	c.tally = New(cfg)
	return c
}

func (c *counting) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := threadTime()
	c.tick(c.tally, c.pairs)
	c.took += threadTime() - before
}

// threadTime is the CPU that this thread had: others on the machine do not count.
func threadTime() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkCopiesAndPairs is what it costs beside counting to look for copies, and to
// compare legs: each tenth of a second of the same load is counted by three Tallies in
// turn. An op is 2,000 datagrams in each. It is an upper bound for a watch, which also
// receives them: see BenchmarkWatchOfCopiesAndPairs.
func BenchmarkCopiesAndPairs(b *testing.B) {
	for _, size := range []int{64, 1340} {
		b.Run(fmt.Sprintf("size=%d", size), func(b *testing.B) {
			all := []*counting{newCounting(size, -1, false), newCounting(size, 0, false), newCounting(size, 0, true)}
			for range 50 { // rings and tables are filled
				for _, c := range all {
					c.run()
				}
			}
			for _, c := range all {
				c.took = 0
			}
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				for k := range all {
					all[(k+n)%len(all)].run() // none is always behind the same one
				}
			}
			plain := float64(all[0].took)
			b.ReportMetric(plain/float64(b.N)/2000, "plain-ns/datagram")
			b.ReportMetric(float64(all[1].took)/plain, "copies/plain")
			b.ReportMetric(float64(all[2].took)/plain, "copies+pairs/plain")
			b.ReportMetric(float64(all[2].took-all[0].took)/float64(b.N)/2000, "more-ns/datagram")
			if r := all[2].pairs[0].Row(); r.State != PairCompared || r.Lost != [2]uint64{} {
				b.Errorf("the pair is %+v", r)
			}
		})
	}
}
