package mcast_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// The story of a connected Conn: the first send goes well, the next call is
// told that it was refused, once, and when the server is back it answers
// without any reconnecting. With PeerError it is the same, and told as well.
func TestConnectedRefused(t *testing.T) {
	a := labtest.Build(t, lab.Article).Host("A")
	for _, lo := range []string{"127.0.0.1", "::1"} {
		for _, asked := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, PeerError %v", lo, asked), func(t *testing.T) {
				server := labtest.Socket(t, a, mcast.Config{Addr: labtest.Addr(lo)})
				at := server.LocalAddr()
				server.Close()
				events, cfg := newTold(), mcast.Config{Remote: at}
				if asked {
					cfg.PeerError = events.error
				}
				c := labtest.Socket(t, a, cfg)
				if c.LocalAddr().Addr() != labtest.Addr(lo) || c.RemoteAddr() != at {
					t.Errorf("connected from %s to %s, want from %s to %s", c.LocalAddr(), c.RemoteAddr(), lo, at)
				}
				say := func(text string) error { return c.Send([]byte(text), netip.AddrPort{}, mcast.Via{}) }
				batch := make([]mcast.Datagram, 1)
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()

				if err := say("anybody?"); err != nil {
					t.Fatalf("the first send: %v", err)
				}
				if err := say("told here"); !errors.Is(err, syscall.ECONNREFUSED) {
					t.Errorf("the send after it: %v, want ECONNREFUSED", err)
				}
				if err := say("anybody else?"); err != nil {
					t.Errorf("the send after that: %v, want none", err)
				}
				if _, err := c.Read(ctx, batch); !errors.Is(err, syscall.ECONNREFUSED) {
					t.Errorf("the Read after it: %v, want ECONNREFUSED", err)
				}

				server = labtest.Socket(t, a, mcast.Config{Addr: labtest.Addr(lo), Port: at.Port()})
				if err := say("back?"); err != nil {
					t.Fatalf("to the server that is back: %v", err)
				}
				d, text := labtest.Next(t, server)
				if err := server.Send([]byte(text), d.From, mcast.Via{}); err != nil {
					t.Fatal(err)
				}
				labtest.Hears(t, c, "back?")
				if asked {
					for _, text := range []string{"anybody?", "anybody else?"} {
						if e := events.next(t); e.To != at || string(e.Data) != text || e.Err != syscall.ECONNREFUSED || e.From != at.Addr() {
							t.Errorf("told: %+v, want %q to %s refused", e, text, at)
						}
					}
				}
				if len(events) != 0 {
					t.Errorf("one more is told: %s", <-events)
				}
			})
		}
	}
}

// Only with IP_RECVERR does a connected Conn learn that nobody answers ARP, by
// its Read, and by an event.
func TestConnectedAbsent(t *testing.T) {
	a := labtest.Build(t, aroundRouter).Host("A")
	events := newTold()
	c := labtest.Socket(t, a, mcast.Config{Remote: netip.MustParseAddrPort("192.168.1.99:9"), PeerError: events.error})
	labtest.In(t, a, func() error { return c.Send([]byte("hello"), netip.AddrPort{}, mcast.Via{}) })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := c.Read(ctx, make([]mcast.Datagram, 1)); !errors.Is(err, syscall.EHOSTUNREACH) {
		t.Errorf("Read: %v, want EHOSTUNREACH", err)
	}
	if e := events.next(t); !e.Local() || e.Err != syscall.EHOSTUNREACH || e.To != c.RemoteAddr() {
		t.Errorf("told: %+v, want EHOSTUNREACH for %s by this host", e, c.RemoteAddr())
	}
}

// The calls show how a refusal comes to be known.
func TestPeerErrorTraced(t *testing.T) {
	a := labtest.Build(t, lab.Article).Host("A")
	var lines []string
	c := labtest.Socket(t, a, mcast.Config{Remote: netip.MustParseAddrPort("127.0.0.1:9"), PeerError: func(mcast.PeerError) {},
		Trace: &mcast.Trace{Call: func(c mcast.Call) { lines = append(lines, c.String()) }}})
	c.Send([]byte("hello"), netip.AddrPort{}, mcast.Via{})
	c.Send([]byte("hello"), netip.AddrPort{}, mcast.Via{})
	for _, want := range []string{
		"setsockopt IP_RECVERR 1 = ok",
		"connect {127.0.0.1:9} = ok",
		"recvmsg MSG_ERRQUEUE {127.0.0.1:9 refused it: ICMP port unreachable (3, 3) from 127.0.0.1} = ok",
		"sendmsg {5 bytes} = connection refused",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("not told: %q in\n%q", want, lines)
		}
	}
}
