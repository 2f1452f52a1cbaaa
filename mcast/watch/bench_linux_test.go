package watch

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/stream"
)

// drained is a socket of a watch with 20 streams in it: 10 pairs of legs.
type drained struct {
	*ear
	pairs []*stream.Pair
	took  time.Duration // of CPU
}

func newDrained(b *testing.B, conn *mcast.Conn, copies int, paired bool) *drained {
	d := &drained{}
	cfg := stream.Config{Rows: 1024, Every: tickEvery, Numbers: true, Copies: copies}
	if paired {
		for range 10 {
			d.pairs = append(d.pairs, stream.NewPair())
		}
		cfg.Legs = func(k stream.Key) *stream.Leg {
			s := int(k.From.Addr().As4()[3]) - 1
			return d.pairs[s/2].Leg(s % 2)
		}
	}
	d.ear = newEar(conn, cfg)
	return d
}

// drain reads so many datagrams as a watch does, and counts the CPU that it takes: the
// system's as well.
func (d *drained) drain(b *testing.B, want int, room []mcast.Datagram) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := threadTime(b)
	for batch, err := range d.conn.Batches(b.Context(), room) {
		if err != nil {
			b.Fatal(err)
		}
		d.take(batch)
		if want -= len(batch); want <= 0 {
			break
		}
	}
	now := time.Now()
	d.tick(now)
	for _, p := range d.pairs {
		p.Tick(now)
	}
	d.took += threadTime(b) - before
}

func threadTime(b *testing.B) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkWatchOfCopiesAndPairs is the CPU of receiving and counting: without looking
// for copies, with that, and with pairs, each in turn. An op is 2,000 datagrams for
// each, what comes in a tick of 20,000 a second; they wait in the socket, so each batch
// is full. A watch of 20,000 a second reads few at a time, and the parts matter less.
func BenchmarkWatchOfCopiesAndPairs(b *testing.B) {
	const each = 2000 // what comes in a tick
	for _, size := range []int{64, 1340} {
		b.Run(fmt.Sprintf("size=%d", size), func(b *testing.B) {
			conn, err := mcast.Listen(b.Context(), mcast.Config{Addr: netip.MustParseAddr("127.0.0.1"), ReadSize: ReadSize, ReadBuffer: 16 << 20, TellDrops: true})
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Close()
			var senders [20]*mcast.Conn
			var payloads [10][]byte
			for s := range senders {
				from := netip.AddrFrom4([4]byte{127, 0, 0, byte(s + 1)})
				if senders[s], err = mcast.Listen(b.Context(), mcast.Config{Addr: from}); err != nil {
					b.Fatal(err)
				}
				defer senders[s].Close()
			}
			for s := range payloads {
				payloads[s] = make([]byte, size)
			}
			all := []*drained{newDrained(b, conn, -1, false), newDrained(b, conn, 0, false), newDrained(b, conn, 0, true)}
			room := make([]mcast.Datagram, mcast.BatchSize)
			numbers := make([]uint64, len(all))
			fill := func(k int) {
				for range each / len(senders) {
					for s := range senders {
						if s%2 == 0 {
							stream.Header{Stream: uint64(s + 1), Number: numbers[k]}.Put(payloads[s/2])
						}
						if err := senders[s].Send(payloads[s/2], conn.LocalAddr(), mcast.Via{}); err != nil {
							b.Fatal(err)
						}
					}
					numbers[k]++
				}
			}
			round := func(n int) {
				for k := range all {
					k = (k + n) % len(all)
					fill(k)
					all[k].drain(b, each, room)
				}
			}
			for n := range 20 {
				round(n)
			}
			for _, d := range all {
				d.took = 0
			}
			for n := 0; b.Loop(); n++ {
				round(n)
			}
			plain := float64(all[0].took)
			b.ReportMetric(plain/float64(b.N)/each, "plain-ns/datagram")
			b.ReportMetric(float64(all[1].took)/plain, "copies/plain")
			b.ReportMetric(float64(all[2].took)/plain, "copies+pairs/plain")
			if r := all[2].pairs[0].Row(); r.State != stream.PairCompared {
				b.Errorf("the pair is %+v", r)
			}
		})
	}
}
