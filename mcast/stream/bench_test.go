package stream

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"testing"
	"time"
)

// Nothing is allocated for a datagram of a stream that is known, whether it has
// numbers, loses some, or comes twice.
func TestNothingIsAllocated(t *testing.T) {
	for what, add := range map[string]func(*Tally) func(int){
		"without numbers": func(t *Tally) func(int) {
			return func(n int) {
				t.Add(&Datagram{At: start.Add(time.Duration(n) * time.Microsecond), Group: group, From: a, IfIndex: 2, Bytes: 64, Content: uint64(n)})
			}
		},
		"numbers": func(t *Tally) func(int) {
			payload := own(7, 0, false, 0)
			return func(n int) {
				n += n / 100
				Header{Stream: 7, Number: uint64(n)}.Put(payload)
				t.Add(&Datagram{At: start.Add(time.Duration(n) * time.Microsecond), Group: group, From: a, IfIndex: 2, Bytes: 64, Payload: payload})
			}
		},
		"a pair": func(t *Tally) func(int) {
			payload := own(7, 0, false, 0)
			p := NewPair()
			t.cfg.Legs = func(k Key) *Leg { return p.Leg(int(k.From.Port() - a.Port())) }
			return func(n int) {
				n += n / 100
				Header{Stream: 7, Number: uint64(n)}.Put(payload)
				from := netip.AddrPortFrom(a.Addr(), a.Port()+uint16(n%2))
				now := start.Add(time.Duration(n) * time.Microsecond)
				t.Add(&Datagram{At: now, Group: group, From: from, IfIndex: 2, Bytes: 64, Payload: payload})
				t.Add(&Datagram{At: now, Group: group, From: from, IfIndex: 2, Bytes: 64, Payload: payload[:40]})
				if n%100 == 0 {
					t.Flush()
					p.Tick(now)
				}
			}
		},
	} {
		tally := New(Config{Rows: 64, Numbers: true})
		f, n := add(tally), 0
		for ; n < 20000; n++ {
			f(n)
		}
		if got := testing.AllocsPerRun(1000, func() { f(n); n++ }); got != 0 {
			t.Errorf("%s: %v allocations", what, got)
		}
	}
}

// BenchmarkTally is what one datagram of ours costs, with so many streams in turn.
// without is without its number.
func BenchmarkTally(b *testing.B) {
	for _, streams := range []int{1, 512, 2000, 16384} {
		for _, numbers := range []bool{false, true} {
			b.Run(fmt.Sprintf("streams=%d/numbers=%v", streams, numbers), func(b *testing.B) {
				tally := New(Config{Rows: 16384, Numbers: numbers})
				seq := make([]uint64, streams)
				from := make([]netip.AddrPort, streams)
				for n := range from {
					from[n] = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)}), 5000)
				}
				payloads := make([][]byte, 256)
				for n := range payloads {
					payloads[n] = rtp(1, n)
				}
				b.ReportAllocs()
				for n := 0; b.Loop(); n++ {
					s := n % streams
					p := payloads[seq[s]&255]
					p[2] = byte(seq[s] >> 8)
					seq[s]++
					tally.Add(&Datagram{At: start.Add(time.Duration(n) * time.Microsecond), Group: group, From: from[s], IfIndex: 2, Bytes: len(p), Payload: p})
				}
			})
		}
	}
}

// BenchmarkPair is what one datagram of a leg costs beside its number: by number, and
// by the content of 1,316 bytes.
func BenchmarkPair(b *testing.B) {
	for _, mode := range []string{"none", "numbers", "content"} {
		b.Run(mode, func(b *testing.B) {
			p := NewPair()
			cfg := Config{Rows: 64, Numbers: true}
			if mode != "none" {
				cfg.Legs = func(k Key) *Leg { return p.Leg(int(k.From.Port() - a.Port())) }
			}
			tally := New(cfg)
			payload := make([]byte, 1316)
			if mode != "content" {
				copy(payload, rtp(1, 0))
			}
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				now := start.Add(time.Duration(n) * 10 * time.Microsecond)
				if mode == "content" {
					payload[9], payload[10], payload[11] = byte(n>>1), byte(n>>9), byte(n>>17)
				} else {
					binary.BigEndian.PutUint16(payload[2:], uint16(n>>1))
					binary.BigEndian.PutUint32(payload[4:], uint32(n>>1)*900)
				}
				tally.Add(&Datagram{At: now, Group: group, From: netip.AddrPortFrom(a.Addr(), a.Port()+uint16(n%2)), IfIndex: 2, Bytes: len(payload), Payload: payload})
				if n%32 == 0 {
					tally.Flush()
				}
				if n%10000 == 0 {
					p.Tick(now)
				}
			}
			if row := p.Row(); mode != "none" && b.N > 100000 && (row.State != PairCompared || row.Lost != [2]uint64{}) {
				b.Errorf("%+v", row)
			}
		})
	}
}
