package mcast_test

import (
	"context"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
)

func TestMain(m *testing.M) { os.Exit(lab.RunTests(m)) }

// build brings a lab up for one test.
func build(t *testing.T, topology lab.Topology) *lab.Lab {
	t.Helper()
	l, err := lab.Up(t.Context(), topology)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// in runs fn in a host.
func in(t *testing.T, host *lab.Node, fn func() error) {
	t.Helper()
	if err := host.Do(fn); err != nil {
		t.Fatalf("in %s: %v", host.Name(), err)
	}
}

// socket opens a Conn in a host.
func socket(t *testing.T, host *lab.Node, cfg mcast.Config) *mcast.Conn {
	t.Helper()
	var c *mcast.Conn
	in(t, host, func() (err error) {
		c, err = mcast.Listen(t.Context(), cfg)
		return err
	})
	t.Cleanup(func() { c.Close() })
	return c
}

func join(t *testing.T, host *lab.Node, c *mcast.Conn, g mcast.Group, on mcast.Interface) {
	t.Helper()
	in(t, host, func() error { return c.Join(g, on) })
}

func send(t *testing.T, host *lab.Node, c *mcast.Conn, text string, via mcast.Via) {
	t.Helper()
	in(t, host, func() error { return c.Send([]byte(text), mcast.DefaultGroup.AddrPort(), via) })
}

// device finds an interface of a host.
func device(t *testing.T, host *lab.Node, name string) mcast.Interface {
	t.Helper()
	var i mcast.Interface
	in(t, host, func() error {
		list, err := mcast.Interfaces()
		if err != nil {
			return err
		}
		i, err = mcast.FindInterface(list, name)
		return err
	})
	return i
}

// next reads one datagram; there must be one.
func next(t *testing.T, c *mcast.Conn) (d mcast.Datagram, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	batch := make([]mcast.Datagram, 1)
	if _, err := c.Read(ctx, batch); err != nil {
		t.Fatalf("no datagram at %s: %v", c.LocalAddr(), err)
	}
	return batch[0], string(batch[0].Data)
}

// hears checks that the next texts at c are these, in order. A silence is
// proved by a later datagram that does arrive.
func hears(t *testing.T, c *mcast.Conn, texts ...string) {
	t.Helper()
	for _, want := range texts {
		if _, got := next(t, c); got != want {
			t.Fatalf("heard %q, want %q", got, want)
		}
	}
}

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }
