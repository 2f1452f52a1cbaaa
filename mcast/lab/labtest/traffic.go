package labtest

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
)

// Member opens a Conn in a host that has joined a group on eth0.
func Member(t testing.TB, node *lab.Node, g mcast.Group) *mcast.Conn {
	t.Helper()
	c := Socket(t, node, mcast.Config{Addr: host.Unspecified(g.Addr), Port: g.Port})
	eth0 := Device(t, node, "eth0")
	In(t, node, func() error { return c.Join(g, eth0) })
	return c
}

// Echo is an echo server in a group, on eth0 of a host, until the test ends.
func Echo(t testing.TB, node *lab.Node, g mcast.Group) {
	t.Helper()
	c := Member(t, node, g)
	until(t, c, func() {
		batch := make([]mcast.Datagram, 1)
		for {
			if _, err := c.Read(context.Background(), batch); errors.Is(err, net.ErrClosed) {
				return
			} else if err == nil {
				_ = c.Send(batch[0].Data, batch[0].From, mcast.Via{})
			}
		}
	})
}

// Talker sends a text to a group out of eth0 of a host, every 5 ms until the test
// ends.
func Talker(t testing.TB, node *lab.Node, g mcast.Group, text string) {
	t.Helper()
	c := Socket(t, node, mcast.Config{Addr: host.Unspecified(g.Addr)})
	eth0 := Device(t, node, "eth0")
	until(t, c, func() {
		for every := time.NewTicker(5 * time.Millisecond); ; <-every.C {
			if err := c.Send([]byte(text), g.AddrPort(), mcast.ViaInterface(eth0, g.Addr)); errors.Is(err, net.ErrClosed) {
				every.Stop()
				return
			}
		}
	})
}

// until runs what ends when the Conn is closed, at the end of the test, and
// waits for it.
func until(t testing.TB, c *mcast.Conn, run func()) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		run()
	}()
	t.Cleanup(func() {
		c.Close()
		<-ended
	})
}

// EchoLAN is PingLAN, where the responders echo in a group.
func EchoLAN(t testing.TB, responders int, g mcast.Group) *lab.Lab {
	t.Helper()
	l := Build(t, PingLAN(responders))
	for _, h := range l.Topology().Hosts[1:] {
		Echo(t, l.Host(h.Name), g)
	}
	return l
}

// Group reads a group.
func Group(s string) mcast.Group {
	g, err := mcast.ParseGroup(s)
	if err != nil {
		panic(err)
	}
	return g
}
