package mcast_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// numbered is n datagrams of size bytes, the last of which has rest bytes, one
// behind the other; each is full of its own number.
func numbered(n, size, rest int) (data []byte, each [][]byte) {
	for i := range n {
		length := size
		if i == n-1 {
			length = rest
		}
		data = append(data, bytes.Repeat([]byte{byte(i + 1)}, length)...)
		each = append(each, bytes.Repeat([]byte{byte(i + 1)}, length))
	}
	return data, each
}

// What is sent in segments is heard as the datagrams that it is, whether the
// receiver lets the kernel join them or not, however many a read has room for, and
// also where the kernel does not take segments of that size.
func TestSegments(t *testing.T) {
	eachVersion(t, func(t *talk) {
		via := mcast.Via{IfIndex: t.by0, Source: t.source(3)}
		for _, tt := range []struct{ n, size, rest int }{
			{1, 100, 100}, {1, 100, 30}, {2, 100, 100}, {7, 100, 1}, {64, 1, 1}, {64, 1000, 999}, {150, 300, 7}, {3, 2000, 50}, // more than the MTU
		} {
			data, each := numbered(tt.n, tt.size, tt.rest)
			for _, cfg := range []mcast.Config{{}, {GRO: true}, {GRO: true, ReadSize: 60}} {
				name := fmt.Sprintf("%d of %d, the last of %d, to a reader with %v and room for %d", tt.n, tt.size, tt.rest, cfg.GRO, cfg.ReadSize)
				keep := cfg.ReadSize
				if keep == 0 {
					keep = mcast.MaxPayload
				}
				cfg.Addr, cfg.Port = anyOf(t.g), t.g.Port
				c := labtest.Socket(t.T, t.b, cfg)
				join(t.T, t.b, c, t.mark, t.eth0)
				sent := t.from.Stats().Sent
				labtest.In(t.T, t.a, func() error {
					n, err := t.from.SendSegments(data, tt.size, t.mark.AddrPort(), via)
					if n != tt.n || t.from.Stats().Sent != sent+uint64(n) {
						err = errors.Join(err, fmt.Errorf("%d datagrams, counted %d", n, t.from.Stats().Sent-sent))
					}
					return err
				})
				c.SetReadDeadline(time.Now().Add(labtest.Patience))
				for i := 0; i < tt.n; {
					batch := make([]mcast.Datagram, 1+i%5)
					got, err := c.Read(t.Context(), batch)
					if err != nil {
						t.Fatalf("%s: after %d datagrams: %v", name, i, err)
					}
					for _, d := range batch[:got] {
						want := each[i][:min(len(each[i]), keep)]
						if !bytes.Equal(d.Data, want) || d.Size != len(each[i]) || d.Truncated != (len(each[i]) > keep) {
							t.Fatalf("%s: datagram %d has %d bytes, size %d, truncated %v", name, i, len(d.Data), d.Size, d.Truncated)
						}
						if d.From.Addr() != t.source(3) || d.To != t.mark.Addr || d.IfIndex != t.eth0.Index || d.Hops != 1 {
							t.Fatalf("%s: datagram %d is %+v", name, i, d)
						}
						i++
					}
				}
				c.Close()
			}
		}
	})
}

// Between two reads of one piece a deadline ends the reading, and what is left is
// there after it; Discard counts it, and what waits behind it.
func TestSegmentsWait(t *testing.T) {
	a := labtest.Build(t, twoWires()).Host("A")
	for _, lo := range []string{"127.0.0.1", "::1"} {
		c := labtest.Socket(t, a, mcast.Config{Addr: labtest.Addr(lo), GRO: true})
		data, _ := numbered(10, 100, 50)
		for range 3 {
			if n, err := c.SendSegments(data, 100, c.LocalAddr(), mcast.Via{}); n != 10 || err != nil {
				t.Fatal(n, err)
			}
		}
		labtest.Hears(t, c, string(data[:100]), string(data[100:200]))
		c.SetReadDeadline(time.Unix(1, 0))
		if _, err := c.Read(t.Context(), make([]mcast.Datagram, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: read at the deadline: %v", lo, err)
		}
		c.SetReadDeadline(time.Time{})
		labtest.Hears(t, c, string(data[200:300]))
		heard := 3
		for batch, err := range c.Batches(t.Context(), make([]mcast.Datagram, 4)) {
			if heard += len(batch); err != nil || heard > 8 {
				break
			}
		}
		unread, err := c.Discard()
		if heard+unread != 30 || err != nil {
			t.Errorf("%s: %d heard, %d not, %v, want 30 together", lo, heard, unread, err)
		}
	}
}

func TestSegmentsAllocateNothing(t *testing.T) {
	a := labtest.Build(t, twoWires()).Host("A")
	c := labtest.Socket(t, a, mcast.Config{Addr: labtest.Addr("127.0.0.1"), GRO: true})
	data, batch := make([]byte, 10_000), make([]mcast.Datagram, mcast.BatchSize)
	if got := testing.AllocsPerRun(20, func() {
		for _, size := range []int{100, 9999, 20_000} {
			n, err := c.SendSegments(data, size, c.LocalAddr(), mcast.Via{IfIndex: 1, Source: labtest.Addr("127.0.0.1")})
			for err == nil && n > 0 {
				var got int
				got, err = c.Read(t.Context(), batch)
				n -= got
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}); got != 0 {
		t.Errorf("SendSegments and Read allocate %v times, want none", got)
	}
}

func TestSegmentsAreRefused(t *testing.T) {
	a := labtest.Build(t, twoWires()).Host("A")
	c := labtest.Socket(t, a, mcast.Config{Addr: labtest.Addr("127.0.0.1")})
	to := c.LocalAddr()
	if n, err := c.SendSegments(make([]byte, 9), 0, to, mcast.Via{}); n != 0 || err == nil {
		t.Errorf("datagrams of 0 bytes: %d, %v", n, err)
	}
	if n, err := c.SendSegments(nil, 9, to, mcast.Via{}); n != 0 || err != nil {
		t.Errorf("nothing: %d, %v", n, err)
	}
	if n, err := c.SendSegments(make([]byte, 200_000), 100_000, to, mcast.Via{}); n != 0 || !errors.Is(err, mcast.ErrTooLong) {
		t.Errorf("datagrams of 100,000 bytes: %d, %v", n, err)
	}
	if n, err := c.SendSegments(make([]byte, 200), 100, labtest.Group("[ff02::1]:9").AddrPort(), mcast.Via{}); n != 0 || !errors.Is(err, mcast.ErrFamily) {
		t.Errorf("to the other IP version: %d, %v", n, err)
	}
	if s := c.Stats(); s.Sent != 0 {
		t.Errorf("%d are counted as sent", s.Sent)
	}
	c.Close()
	if n, err := c.SendSegments(make([]byte, 200), 100, to, mcast.Via{}); n != 0 || !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close: %d, %v", n, err)
	}
}
