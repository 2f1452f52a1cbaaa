package echo_test

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/echo"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func TestMain(m *testing.M) {
	if os.Getenv(serverEnv) != "" {
		benchServer(os.Getenv(serverEnv))
		return
	}
	os.Exit(labtest.RunTests(m))
}

// lan is one switch with hosts A, B, C and D, and a stranger Z, whose address
// is of another network.
func lan() lab.Topology {
	t := lab.Topology{Switches: []lab.Switch{{Name: "lan"}}}
	for n, name := range []string{"A", "B", "C", "D"} {
		host := byte(n + 1)
		t.Hosts = append(t.Hosts, lab.Host{Name: name, Interfaces: []lab.Interface{{Name: "eth0", Switch: "lan", Addrs: []netip.Prefix{
			netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, host}), 24),
			netip.PrefixFrom(netip.AddrFrom16([16]byte{0: 0x20, 1: 0x01, 2: 0x0d, 3: 0xb8, 15: host}), 64),
		}}}, Routes: []lab.Route{{Dst: netip.MustParsePrefix("224.0.0.0/4"), Dev: "eth0"}}})
	}
	t.Hosts = append(t.Hosts, lab.Host{Name: "Z",
		Interfaces: []lab.Interface{{Name: "eth0", Switch: "lan", Addrs: labtest.Prefixes("203.0.113.1/24")}},
		Routes:     []lab.Route{{Dst: netip.MustParsePrefix("10.0.0.0/24"), Dev: "eth0"}}})
	t.Hosts[0].Routes = append(t.Hosts[0].Routes, lab.Route{Dst: netip.MustParsePrefix("203.0.113.0/24"), Dev: "eth0"})
	return t
}

// serve runs a Responder in a host until the test ends, when it must end by
// its context.
func serve(t testing.TB, host *lab.Node, r *echo.Responder, conn, answers *mcast.Conn) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- host.Do(func() error { return r.Serve(ctx, conn, answers, answers != nil) })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Serve in %s ends with %v, want its context's error", host.Name(), err)
		}
	})
}

// server opens a socket for unicast, and serves it.
func server(t testing.TB, host *lab.Node, cfg mcast.Config, echoing echo.Config) (*echo.Responder, *mcast.Conn) {
	t.Helper()
	c := labtest.Socket(t, host, cfg)
	r := echo.New(echoing)
	serve(t, host, r, c, nil)
	return r, c
}

// member joins the group in a host, and serves it.
func member(t testing.TB, host *lab.Node, cfg echo.Config) (*echo.Responder, *mcast.Conn) {
	t.Helper()
	c, answers := labtest.Socket(t, host, mcast.Config{Port: group.Port}), labtest.Socket(t, host, mcast.Config{})
	eth0 := labtest.Device(t, host, "eth0")
	labtest.In(t, host, func() error { return c.Join(group, eth0) })
	r := echo.New(cfg)
	serve(t, host, r, c, answers)
	return r, c
}

var group = mcast.DefaultGroup

// at is a port of a host of the lan.
func at(host byte, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, host}), port)
}

func send(t testing.TB, host *lab.Node, c *mcast.Conn, text string, to netip.AddrPort, via mcast.Via) {
	t.Helper()
	labtest.In(t, host, func() error { return c.Send([]byte(text), to, via) })
}

// next reads one datagram; there must be one.
func next(t testing.TB, c *mcast.Conn) (from netip.AddrPort, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	batch := make([]mcast.Datagram, 1)
	if _, err := c.Read(ctx, batch); err != nil {
		t.Fatalf("no datagram at %s: %v", c.LocalAddr(), err)
	}
	return batch[0].From, string(batch[0].Data)
}

// askUntilAnswered asks 40 times a second, until there is an answer.
func askUntilAnswered(t *testing.T, from *lab.Node, to netip.AddrPort) {
	t.Helper()
	c := labtest.Socket(t, from, mcast.Config{Addr: host.Unspecified(to.Addr())})
	heard := make(chan struct{})
	go func() {
		if _, err := c.Read(t.Context(), make([]mcast.Datagram, 1)); err == nil {
			close(heard)
		}
	}()
	pace := time.NewTicker(25 * time.Millisecond)
	defer pace.Stop()
	labtest.Eventually(t, "there is an answer", func() bool {
		send(t, from, c, time.Now().String(), to, mcast.Via{})
		select {
		case <-heard:
			return true
		case <-pace.C:
			return false
		}
	})
}

// addsUp checks that each request was answered, or counted for a reason. The
// last answer may arrive before it is counted.
func addsUp(t testing.TB, r *echo.Responder) {
	t.Helper()
	labtest.Eventually(t, "each request is an answer, or counted for a reason", func() bool {
		s := r.Stats()
		return s.Requests == s.Answers+s.NoReturn+s.Cut+s.Broadcast+s.Unicast+s.Stray+s.ServicePort+s.OffLink+
			s.Loop+s.RateLimited+s.TotalLimited+s.Failed+s.NoRoom+s.Unresolved
	})
}
