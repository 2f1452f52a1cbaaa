package echo_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/echo"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// nobodies are addresses of the lan that no host has. There are few of them,
// because all network namespaces of a machine share one table of neighbours
// (gc_thresh3, 1,024 entries for each IP version).
func nobodies(is4 bool) (list []netip.Addr) {
	for n := range byte(200) {
		a := at(50+n, 0).Addr()
		if !is4 {
			a = netip.AddrFrom16([16]byte{0: 0x20, 1: 0x01, 2: 0x0d, 3: 0xb8, 15: 50 + n})
		}
		list = append(list, a)
	}
	return list
}

// forge sends, from a host, perSecond datagrams a second until the test ends, from
// each of the sources in turn (IP_TRANSPARENT, ip(7)).
func forge(t *testing.T, from *lab.Node, to netip.AddrPort, sources []netip.Addr, perSecond int) {
	t.Helper()
	cfg, level, option := mcast.Config{}, unix.IPPROTO_IP, unix.IP_TRANSPARENT
	if to.Addr().Is6() {
		cfg, level, option = mcast.Config{Addr: netip.IPv6Unspecified()}, unix.IPPROTO_IPV6, unix.IPV6_TRANSPARENT
	}
	c := labtest.Socket(t, from, cfg)
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	cerr := raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), level, option, 1) })
	if cerr != nil || err != nil {
		t.Fatal("IP_TRANSPARENT:", cerr, err)
	}
	eth0 := labtest.Device(t, from, "eth0")
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		pace := time.NewTicker(time.Millisecond)
		defer pace.Stop()
		start, sent := time.Now(), 0
		for err := error(nil); ; {
			select {
			case <-ctx.Done():
				ended <- err
				return
			case <-pace.C:
			}
			for due := int(time.Since(start).Seconds() * float64(perSecond)); sent < due && err == nil; sent++ {
				err = c.Send(binary.BigEndian.AppendUint32(nil, uint32(sent)), to, mcast.Via{IfIndex: eth0.Index, Source: sources[sent%len(sources)]})
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("%s forges: %v", from.Name(), err)
		}
	})
}

// C sends with addresses that nobody has, and D asks all the while. The tests of
// this package do not run at the same time, see nobodies.
func TestForgedSourcesDoNotStopTheServer(t *testing.T) {
	ipv4, ipv6 := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("2001:db8::1")
	for _, c := range []struct {
		name     string
		bind, to netip.Addr
		cfg      echo.Config
	}{
		{"unicast", netip.IPv4Unspecified(), ipv4, echo.Config{}},
		{"one address", ipv4, ipv4, echo.Config{}},
		{"unlimited", ipv4, ipv4, echo.Config{Unlimited: true}},
		{"IPv6", netip.IPv6Unspecified(), ipv6, echo.Config{PerSource: 1e6}}, // the LAN is one source
		{"group", netip.Addr{}, group.Addr, echo.Config{Total: 1e6}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := labtest.BuildAlone(t, lan())
			a, d := l.Host("A"), l.Host("D")
			var r *echo.Responder
			var conn *mcast.Conn
			if c.to.IsMulticast() {
				r, conn = member(t, a, c.cfg)
			} else {
				r, conn = server(t, a, mcast.Config{Addr: c.bind}, c.cfg)
			}
			to := netip.AddrPortFrom(c.to, conn.LocalAddr().Port())
			forge(t, l.Host("C"), to, nobodies(c.to.Is4()), 1000)
			labtest.Eventually(t, "there is no room for more that waits for a neighbour", func() bool { return r.Stats().Unresolved > 0 })

			client := labtest.Socket(t, d, mcast.Config{Addr: host.Unspecified(c.to)})
			pace := time.NewTicker(25 * time.Millisecond) // D's limit is 50 a second
			defer pace.Stop()
			if c.to.IsMulticast() {
				// Who asks a group is not resolved by that, and needs a place.
				askUntilAnswered(t, d, to)
			}
			for n := range 20 {
				text := fmt.Sprint("request ", n)
				send(t, d, client, text, to, mcast.Via{})
				if _, got := next(t, client); got != text {
					t.Fatalf("asked %q, and got %q", text, got)
				}
				<-pace.C
			}
			s := r.Stats()
			t.Logf("%d requests, %d answers; no room for %d answers to %d sources", s.Requests, s.Answers, s.Unresolved, s.UnresolvedSources)
			if s.NoRoom > 0 || s.Failed > 0 {
				t.Errorf("%d answers found no room, %d failed: want none but those to %d sources that do not answer", s.NoRoom, s.Failed, s.UnresolvedSources)
			}
			if s.UnresolvedSources < 1 || s.UnresolvedSources > 200 {
				t.Errorf("%d sources do not answer ARP, want 1 to 200", s.UnresolvedSources)
			}
			addsUp(t, r)
		})
	}
}
