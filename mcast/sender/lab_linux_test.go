package sender

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/stream"
)

// Two groups of both IP versions over a LAN: the numbers arrive in a row, at the rate,
// and the end is said when the context ends. A third has no way out, and the others
// do not suffer from it.
func TestOverLAN(t *testing.T) {
	l := labtest.Build(t, labtest.PingLAN(1))
	eth0 := labtest.Device(t, l.Host("P"), "eth0")
	groups := []mcast.Group{labtest.Group("239.1.1.1:5004"), labtest.Group("[ff15::1]:5004")}
	cfg := Config{Rate: 1000, Size: 1316, Hops: 1, Streams: []Stream{
		{Group: groups[0], Via: mcast.Via{IfIndex: eth0.Index}},
		{Group: groups[1], Via: mcast.Via{IfIndex: eth0.Index}},
		{Group: labtest.Group("239.1.1.9:5004"), Via: mcast.Via{IfIndex: 9999}},
	}}
	var s *Sender
	labtest.In(t, l.Host("P"), func() (err error) {
		s, err = Open(t.Context(), cfg)
		return err
	})
	defer s.Close()

	ctx, stop := context.WithTimeout(t.Context(), labtest.Patience)
	defer stop()
	type seen struct {
		numbers []uint64
		ends    []uint64
		bytes   int
		id      uint64
	}
	got := make([]seen, len(groups))
	done := make(chan int)
	reads, ended := context.WithTimeout(t.Context(), 2*labtest.Patience)
	defer ended()
	var heard atomic.Int64
	for i, g := range groups {
		c := labtest.Member(t, l.Host("R1"), g)
		go func() {
			defer func() { done <- i }()
			batch := make([]mcast.Datagram, mcast.BatchSize)
			for len(got[i].ends) < len(ends) {
				n, err := c.Read(reads, batch)
				if err != nil {
					return
				}
				for _, d := range batch[:n] {
					h, err := stream.ParseHeader(d.Data, len(d.Data))
					switch {
					case err != nil:
						t.Errorf("%s: %v", g, err)
					case h.End:
						got[i].ends = append(got[i].ends, h.Number)
					default:
						got[i].numbers = append(got[i].numbers, h.Number)
						got[i].bytes += len(d.Data)
						got[i].id = h.Stream
						if heard.Add(1) == 1000 {
							stop()
						}
					}
				}
			}
		}()
	}
	began := time.Now()
	s.Run(ctx)
	took := time.Since(began)
	snap := s.Snapshot()
	for range groups {
		<-done
	}
	for i, g := range groups {
		c := snap.Streams[i]
		if !slices.Equal(got[i].numbers, upTo(int(c.Sent))) || !slices.Equal(got[i].ends, []uint64{c.Sent, c.Sent, c.Sent}) {
			t.Errorf("%s: %d numbers, %d ends, and %d were sent", g, len(got[i].numbers), len(got[i].ends), c.Sent)
		}
		if got[i].bytes != int(c.Bytes) || got[i].id != c.ID || c.Bytes != 1316*c.Sent || c.Refused != 0 {
			t.Errorf("%s: %d bytes of stream %x arrived; %+v", g, got[i].bytes, got[i].id, c)
		}
		if due := took.Seconds() * 1000; float64(c.Sent+c.Skipped) > due || float64(c.Sent) < 200 {
			t.Errorf("%s: %d were sent and %d skipped, %.0f were due in %v", g, c.Sent, c.Skipped, due, took)
		}
	}
	if c := snap.Streams[2]; c.Sent != 0 || c.Refused == 0 || c.Err == nil || len(snap.Causes) != 1 || snap.Causes[0].Datagrams != c.Refused {
		t.Errorf("without a way: %+v, %+v", c, snap.Causes)
	}
}

// Given to the kernel in one piece, they arrive one by one with their numbers.
func TestJoinedOverLAN(t *testing.T) {
	l := labtest.Build(t, labtest.PingLAN(1))
	group := labtest.Group("239.1.1.1:5004")
	c := labtest.Member(t, l.Host("R1"), group)
	cfg := Config{Rate: Max, Size: 100, Count: 200, Hops: 1, Joined: true,
		Streams: []Stream{{Group: group, Via: mcast.Via{IfIndex: labtest.Device(t, l.Host("P"), "eth0").Index}}}}
	var s *Sender
	labtest.In(t, l.Host("P"), func() (err error) {
		s, err = Open(t.Context(), cfg)
		return err
	})
	defer s.Close()
	s.Run(t.Context())
	for n := range 200 + len(ends) {
		d, _ := labtest.Next(t, c)
		h, err := stream.ParseHeader(d.Data, len(d.Data))
		if end := n >= 200; err != nil || h.End != end || !end && (h.Number != uint64(n) || len(d.Data) != 100) || end && h.Number != 200 {
			t.Fatalf("datagram %d is %+v of %d bytes, %v", n, h, len(d.Data), err)
		}
	}
}

// The cost of a datagram: its header, its checksum and its part of a call, beside
// SendBatch alone.
func BenchmarkSender(b *testing.B) {
	l := labtest.Build(b, labtest.PingLAN(1))
	eth0 := labtest.Device(b, l.Host("P"), "eth0")
	group := labtest.Group("239.1.1.1:5004")
	for _, bench := range []struct {
		name string
		size int
	}{{"64", 64}, {"1316", 1316}} {
		cfg := Config{Rate: Max, Size: bench.size, Hops: 1, Streams: []Stream{{Group: group, Via: mcast.Via{IfIndex: eth0.Index}}}}
		var s *Sender
		labtest.In(b, l.Host("P"), func() (err error) {
			s, err = Open(b.Context(), cfg)
			return err
		})
		b.Run("sender/"+bench.name, func(b *testing.B) {
			b.ReportAllocs()
			s.began = time.Now()
			for n := 0; n < b.N; n += s.most {
				s.join(b.Context(), 0, s.sentAt(time.Now()))
			}
		})
		b.Run("joined/"+bench.name, func(b *testing.B) {
			b.ReportAllocs()
			joined := cfg
			joined.Joined = true
			var s *Sender
			labtest.In(b, l.Host("P"), func() (err error) {
				s, err = Open(b.Context(), joined)
				return err
			})
			defer s.Close()
			for n := 0; n < b.N; n += s.most {
				s.join(b.Context(), 0, s.sentAt(time.Now()))
			}
		})
		b.Run("SendBatch/"+bench.name, func(b *testing.B) {
			b.ReportAllocs()
			batch := make([]mcast.Outgoing, mcast.BatchSize)
			for i := range batch {
				batch[i] = mcast.Outgoing{Data: make([]byte, bench.size), To: group.AddrPort(), Via: cfg.Streams[0].Via}
			}
			for n := 0; n < b.N; n += len(batch) {
				if _, err := s.lanes[0].conn.SendBatch(batch); err != nil {
					b.Fatal(err)
				}
			}
		})
		s.Close()
	}
}
