package mcast_test

import (
	"context"
	"net/netip"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// What is read, dropped and left adds up to what was sent, also when a small
// receive buffer was full, and what comes later is counted nowhere.
func TestDiscardAddsUp(t *testing.T) {
	a := labtest.Build(t, lab.Article).Host("A")
	for _, lo := range []string{"127.0.0.1", "::1"} {
		addr := netip.MustParseAddr(lo)
		c := labtest.Socket(t, a, mcast.Config{Addr: host.Unspecified(addr), ReadBuffer: 16 << 10})
		from := labtest.Socket(t, a, mcast.Config{Addr: host.Unspecified(addr)})
		to := netip.AddrPortFrom(addr, c.LocalAddr().Port())
		const sent = 500
		for range sent {
			if err := from.Send(make([]byte, 100), to, mcast.Via{}); err != nil {
				t.Fatal(err)
			}
		}
		batch := make([]mcast.Datagram, 5)
		n, err := c.Read(t.Context(), batch)
		if err != nil {
			t.Fatal(err)
		}
		unread, err := c.Discard()
		if err != nil {
			t.Fatal(err)
		}
		for range 10 {
			_ = from.Send([]byte("late"), to, mcast.Via{}) // ECONNREFUSED: nobody has the port
		}
		s := c.Stats()
		if unread == 0 || s.Dropped == 0 || s.Datagrams != uint64(n) || n+unread+int(s.Dropped) != sent {
			t.Errorf("%s: %d read, %d not read, %d dropped; want %d together", lo, n, unread, s.Dropped, sent)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := c.Read(ctx, batch); err == nil {
			t.Error("reading goes on")
		}
	}
}
