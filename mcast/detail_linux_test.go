package mcast_test

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// While a Read waits, TTL and time go and come as SetDetail and SetBulk say;
// destination and interface stay. The calls are made only where they change
// something.
func TestSetDetail(t *testing.T) {
	eachVersion(t, func(t *talk) {
		var calls calls
		c := labtest.Socket(t.T, t.b, mcast.Config{Addr: anyOf(t.g), Port: t.g.Port, Trace: calls.trace()})
		join(t.T, t.b, c, t.mark, t.eth0)
		heard, ended := make(chan mcast.Datagram), make(chan struct{})
		go func() {
			defer close(ended)
			for batch, err := range c.Batches(t.Context(), make([]mcast.Datagram, 1)) {
				if err != nil {
					return
				}
				heard <- batch[0]
			}
		}()
		defer func() { c.Close(); <-ended }()
		for _, step := range []struct {
			name string
			set  func() error
			want bool
		}{
			{"as it was opened", func() error { return nil }, true},
			{"off", func() error { return c.SetDetail(false) }, false},
			{"off again", func() error { return c.SetDetail(false) }, false},
			{"on", func() error { return c.SetDetail(true) }, true},
			{"bulk", func() error { return c.SetBulk(true) }, false},
			{"on in bulk", func() error { return c.SetDetail(true) }, false},
			{"no bulk", func() error { return c.SetBulk(false) }, true},
			{"bulk again", func() error { return c.SetBulk(true) }, false},
			{"off in bulk", func() error { return c.SetDetail(false) }, false},
			{"off without bulk", func() error { return c.SetBulk(false) }, false},
			{"on at last", func() error { return c.SetDetail(true) }, true},
		} {
			if err := step.set(); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			before := time.Now()
			t.say(t.mark, 7)
			d := <-heard
			if (d.Hops == 1) != step.want || !step.want && d.Hops != 0 {
				t.Errorf("%s: hops %d, told: %v", step.name, d.Hops, step.want)
			}
			if d.To != t.mark.Addr || d.IfIndex != t.eth0.Index || d.Size != 1 || d.From.Addr() != t.source(7) {
				t.Errorf("%s: heard %+v", step.name, d)
			}
			if after := time.Now(); d.At.Before(before) || d.At.After(after) {
				t.Errorf("%s: at %v, want between %v and %v", step.name, d.At, before, after)
			}
		}
		var got []string
		for _, call := range calls.list {
			switch call.Option {
			case "IP_RECVTTL", "IPV6_RECVHOPLIMIT", "SO_TIMESTAMPNS":
				got = append(got, strings.TrimPrefix(call.Option, "IP_")[:4]+call.Arguments())
			}
		}
		ttl := map[string]string{"IPv4": "RECV", "IPv6": "IPV6"}[t.version.name]
		want := ""
		for _, on := range []string{"1", "0", "1", "0", "1", "0", "1"} {
			want += ttl + on + " SO_T" + on + " "
		}
		if got := strings.Join(got, " ") + " "; got != want {
			t.Errorf("the calls are %s, want %s", got, want)
		}
	})
}

// Without detail a datagram that waits has the time of its reading, and with it
// that of its arrival.
func TestDetailIsTheTimeOfArrival(t *testing.T) {
	a := labtest.Build(t, twoWires()).Host("A")
	c := labtest.Socket(t, a, mcast.Config{Addr: labtest.Addr("127.0.0.1")})
	for _, detail := range []bool{false, true, false} {
		if err := c.SetDetail(detail); err != nil {
			t.Fatal(err)
		}
		labtest.Eventually(t, "the kernel stamps as it is told", func() bool { // a worker of the kernel's begins it
			if err := c.Send([]byte("x"), c.LocalAddr(), mcast.Via{}); err != nil {
				t.Fatal(err)
			}
			arrived := time.Now()
			<-time.After(time.Millisecond)
			d, _ := labtest.Next(t, c)
			return d.At.After(arrived) != detail
		})
	}
	c.Close()
	if err := c.SetDetail(true); !errors.Is(err, net.ErrClosed) {
		t.Errorf("SetDetail after Close: %v, want net.ErrClosed", err)
	}
	if err := c.SetBulk(true); !errors.Is(err, net.ErrClosed) {
		t.Errorf("SetBulk after Close: %v, want net.ErrClosed", err)
	}
}

// What was dropped before a datagram was queued is told with it, as SO_MEMINFO
// has it; a Conn that did not ask is told nothing.
func TestDropsAreTold(t *testing.T) {
	eachVersion(t, func(t *talk) {
		for _, tell := range []bool{true, false} {
			c := labtest.Socket(t.T, t.b, mcast.Config{Addr: anyOf(t.g), Port: t.g.Port, ReadBuffer: 4 << 10, TellDrops: tell})
			join(t.T, t.b, c, t.mark, t.eth0)
			last, sent := uint32(0), uint64(0)
			for range 2 { // the second time on top of the first
				for range 300 {
					t.say(t.mark, 1)
					sent++
				}
				dropped := c.Stats().Dropped
				batch := make([]mcast.Datagram, mcast.BatchSize)
				for heard := c.Stats().Datagrams; heard+dropped < sent; {
					n, err := c.Read(t.Context(), batch)
					if err != nil {
						t.Fatal(err)
					}
					for _, d := range batch[:n] {
						if d.Drops != last {
							t.Fatalf("a datagram that was queued before the buffer was full: drops %d, want %d", d.Drops, last)
						}
					}
					heard = c.Stats().Datagrams
				}
				t.say(t.mark, 2)
				sent++
				d, _ := labtest.Next(t.T, c)
				if want := map[bool]uint64{true: dropped}[tell]; dropped == 0 || uint64(d.Drops) != want || c.Stats().Dropped != dropped {
					t.Fatalf("asked: %v: %d dropped, told %d, want %d", tell, dropped, d.Drops, want)
				}
				last = d.Drops
				if !tell {
					break
				}
			}
			c.Close()
		}
	})
}

// In a flood that gives it no rest, a reader that naps ends all the same: with
// its context, at its deadline and by Close.
func TestBulkEnds(t *testing.T) {
	a := labtest.Build(t, twoWires()).Host("A")
	c := labtest.Socket(t, a, mcast.Config{Addr: labtest.Addr("127.0.0.1")})
	if err := c.SetBulk(true); err != nil {
		t.Fatal(err)
	}
	from, to := labtest.Socket(t, a, mcast.Config{}), c.LocalAddr()
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for !errors.Is(from.Send([]byte("x"), to, mcast.Via{}), net.ErrClosed) {
		}
	}()
	defer func() { from.Close(); <-stopped }()
	read := func(ctx context.Context, end func()) error {
		batches := 0
		for batch, err := range c.Batches(ctx, make([]mcast.Datagram, mcast.BatchSize)) {
			if err != nil {
				return err
			}
			if batches += len(batch); batches > 100 && end != nil {
				go end() // of another goroutine, while this one naps
				end = nil
			}
		}
		return nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if err := read(ctx, cancel); !errors.Is(err, context.Canceled) {
		t.Errorf("the end of the context: %v", err)
	}
	if err := read(t.Context(), func() { c.SetReadDeadline(time.Unix(1, 0)) }); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the deadline: %v", err)
	}
	c.SetReadDeadline(time.Time{})
	if err := read(t.Context(), func() { c.SetBulk(false); c.SetBulk(true); c.Close() }); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Close: %v", err)
	}
}
