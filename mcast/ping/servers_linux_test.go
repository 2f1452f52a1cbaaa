package ping

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// echoing is an echo server of a host until the test ends.
func echoing(t *testing.T, host *lab.Node, address string) {
	t.Helper()
	var c *net.UDPConn
	labtest.In(t, host, func() (err error) {
		c, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(to(address)))
		return err
	})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		data := make([]byte, 65535)
		for {
			n, from, err := c.ReadFromUDPAddrPort(data)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				_, _ = c.WriteToUDPAddrPort(data[:n], from)
			}
		}
	}()
	t.Cleanup(func() { c.Close(); <-ended })
}

// echoingIn is an echo server in a group, on the interfaces named, until the
// test ends. It tells the TTL of the last request.
func echoingIn(t *testing.T, host *lab.Node, group string, interfaces ...string) *atomic.Int64 {
	t.Helper()
	g, err := mcast.ParseGroup(group)
	if err != nil {
		t.Fatal(err)
	}
	var c *mcast.Conn
	labtest.In(t, host, func() (err error) {
		cfg := mcast.Config{Port: g.Port}
		if g.Addr.Is6() {
			cfg.Addr = netip.IPv6Unspecified()
		}
		if c, err = mcast.Listen(t.Context(), cfg); err != nil {
			return err
		}
		for _, i := range devices(t, interfaces...) {
			if err := c.Join(g, i); err != nil {
				return err
			}
		}
		return nil
	})
	hops := new(atomic.Int64)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		batch := make([]mcast.Datagram, 1)
		for {
			if _, err := c.Read(context.Background(), batch); errors.Is(err, net.ErrClosed) {
				return
			} else if err == nil {
				hops.Store(int64(batch[0].Hops))
				_ = c.Send(batch[0].Data, batch[0].From, mcast.Via{})
			}
		}
	}()
	t.Cleanup(func() { c.Close(); <-ended })
	return hops
}

// devices are interfaces of the host that it is called in.
func devices(t *testing.T, names ...string) (found []host.Interface) {
	list, err := host.Interfaces()
	if err != nil {
		t.Error(err)
	}
	for _, name := range names {
		i, err := host.Find(list, name)
		if err != nil {
			t.Error(err)
		}
		found = append(found, i)
	}
	return found
}

// ping pings from a host, by the interfaces named.
func ping(t *testing.T, host *lab.Node, cfg Config, interfaces ...string) (s Summary, told []Event) {
	t.Helper()
	cfg.Report = func(e Event) { told = append(told, e) }
	labtest.In(t, host, func() (err error) {
		cfg.Interfaces = devices(t, interfaces...)
		s, err = Run(t.Context(), cfg)
		return err
	})
	return s, told
}
