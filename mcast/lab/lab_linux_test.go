package lab_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/ipv4"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

var group = netip.MustParseAddrPort("224.0.0.114:1234")

// member opens a socket of the host that has joined the group on its
// interface, and sends by it.
func member(t testing.TB, n *lab.Node, ifname string) *net.UDPConn {
	t.Helper()
	var conn *net.UDPConn
	err := n.Do(func() error {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{Port: int(group.Port())})
		if err != nil {
			return err
		}
		conn = c
		ifi, err := net.InterfaceByName(ifname)
		if err != nil {
			return err
		}
		p := ipv4.NewPacketConn(c)
		return errors.Join(
			p.JoinGroup(ifi, net.UDPAddrFromAddrPort(group)),
			p.SetMulticastInterface(ifi),
			p.SetMulticastLoopback(false))
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func send(t testing.TB, conn *net.UDPConn, text string) {
	t.Helper()
	if _, err := conn.WriteToUDPAddrPort([]byte(text), group); err != nil {
		t.Fatal(err)
	}
}

// receive returns "TEXT from ADDRESS", or "" when nothing came in time.
func receive(t testing.TB, conn *net.UDPConn, wait time.Duration) string {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(wait))
	b := make([]byte, 1500)
	n, from, err := conn.ReadFromUDPAddrPort(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s from %s", b[:n], from.Addr().Unmap())
}

// Twenty labs, each with the first datagram the moment it is up: a link that
// was not ready would lose one of them.
func TestTheFirstDatagramArrives(t *testing.T) {
	for range 20 {
		l := labtest.BuildAlone(t, lab.Article)
		a, b := member(t, l.Host("A"), "eth0"), member(t, l.Host("B"), "eth0")
		send(t, a, "test")
		if got, want := receive(t, b, 5*time.Second), "test from 192.168.8.164"; got != want {
			t.Fatalf("B hears %q, want %q", got, want)
		}
		send(t, b, "hello")
		if got, want := receive(t, a, 5*time.Second), "hello from 192.168.8.226"; got != want {
			t.Fatalf("A hears %q, want %q", got, want)
		}
		a.Close()
		b.Close()
		l.Close()
	}
}

// sends sends a datagram to the group that names no interface, and returns the
// source that the kernel gives it.
func sends(n *lab.Node, text string) (source string, err error) {
	err = n.Do(func() error {
		c, err := net.Dial("udp4", group.String())
		if err != nil {
			return err
		}
		defer c.Close()
		source = c.LocalAddr().(*net.UDPAddr).IP.String()
		_, err = c.Write([]byte(text))
		return err
	})
	return source, err
}

// The article: left to the kernel, A's datagram goes by eth1, and B hears only
// the one that A sends by eth0 after it.
func TestTheArticle(t *testing.T) {
	l := labtest.BuildAlone(t, lab.Article)
	a, b := member(t, l.Host("A"), "eth0"), member(t, l.Host("B"), "eth0")
	if source, err := sends(l.Host("A"), "test"); err != nil || source != "169.254.167.41" {
		t.Errorf("A sends from %s, %v; want 169.254.167.41", source, err)
	}
	send(t, a, "by eth0")
	if got, want := receive(t, b, 5*time.Second), "by eth0 from 192.168.8.164"; got != want {
		t.Errorf("B hears %q first, want %q", got, want)
	}
}

// Where a send without an interface goes, by the routes.
func TestRoutes(t *testing.T) {
	all, half, otherHalf := netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("0.0.0.0/1"), netip.MustParsePrefix("128.0.0.0/1")
	groups := netip.MustParsePrefix("224.0.0.0/4")
	for _, test := range []struct {
		name   string
		routes []lab.Route
		source string
		err    error
	}{
		{"connected only", nil, "", syscall.ENETUNREACH},
		{"default by eth0", []lab.Route{{Dst: all, Via: netip.MustParseAddr("192.168.8.1")}}, "192.168.8.164", nil},
		{"default by eth1, groups by eth0", []lab.Route{{Dst: all, Dev: "eth1"}, {Dst: groups, Dev: "eth0"}}, "192.168.8.164", nil},
		{"VPN", []lab.Route{{Dst: all, Dev: "eth0"}, {Dst: half, Dev: "tun0"}, {Dst: otherHalf, Dev: "tun0"}}, "10.8.0.2", nil},
		{"unreachable default", []lab.Route{{Dst: all, Type: lab.Unreachable}}, "", syscall.EHOSTUNREACH},
		{"blackhole for groups", []lab.Route{{Dst: groups, Type: lab.Blackhole}}, "", syscall.EINVAL},
		{"prohibited groups", []lab.Route{{Dst: groups, Type: lab.Prohibit}}, "", syscall.EACCES},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := labtest.BuildAlone(t, lab.Topology{
				Switches: lab.Article.Switches,
				Hosts: []lab.Host{{Name: "A", Routes: test.routes, Interfaces: append([]lab.Interface{
					{Name: "tun0", Addrs: labtest.Prefixes("10.8.0.2/24")}}, lab.Article.Hosts[0].Interfaces...)}},
			})
			source, err := sends(l.Host("A"), "test")
			if source != test.source || !errors.Is(err, test.err) {
				t.Errorf("a send leaves from %q, error %v; want %q, %v", source, err, test.source, test.err)
			}
		})
	}
}

// Hosts see themselves only, labs do not see each other, and a host that is
// down at first can be switched on.
func TestHostsAreApart(t *testing.T) {
	down := oneHost([]lab.Interface{{Name: "eth0", Switch: "lan", Addrs: labtest.Prefixes("192.168.8.164/24"), Down: true}})
	first, second := labtest.BuildAlone(t, lab.Article), labtest.BuildAlone(t, down)
	for _, test := range []struct {
		host *lab.Node
		want []string
	}{
		{first.Host("A"), []string{"lo", "eth0", "eth1"}},
		{first.Host("B"), []string{"lo", "eth0"}},
		{second.Host("A"), []string{"lo", "eth0"}},
	} {
		var got []string
		err := test.host.Do(func() error {
			list, err := net.Interfaces()
			for _, i := range list {
				got = append(got, i.Name)
			}
			return err
		})
		slices.Sort(got)
		slices.Sort(test.want)
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s has %v, %v; want %v", test.host.Name(), got, err, test.want)
		}
	}
	if first.Host("C") != nil {
		t.Error("there is a host C")
	}
	if err := second.Host("A").Link("eth0").SetUp(); err != nil {
		t.Error(err)
	}
}

func TestUpFails(t *testing.T) {
	defer goleak.VerifyNone(t)
	strange := netip.MustParseAddr("203.0.113.1")
	_, err := lab.Up(t.Context(), oneHost([]lab.Interface{{Name: "eth0", Switch: "lan", Addrs: labtest.Prefixes("192.0.2.1/24")}},
		lab.Route{Dst: netip.MustParsePrefix("0.0.0.0/0"), Via: strange}))
	if want := "lab: host A: add route 0.0.0.0/0: network is unreachable"; err == nil || err.Error() != want {
		t.Errorf("a gateway on no subnet: error %v, want %s", err, want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if l, err := lab.Up(ctx, lab.Article); err == nil {
		l.Close() // the links were quicker
	} else if !errors.Is(err, context.Canceled) {
		t.Errorf("a context that ended: error %v, want its own", err)
	}
}

// An error of Do's function keeps its identity, and a function that does not
// return does not hang it.
func TestDo(t *testing.T) {
	h := labtest.BuildAlone(t, lab.Article).Host("A")
	if err := h.Do(func() error { runtime.Goexit(); return nil }); err == nil {
		t.Error("Do returns nil for a function that did not return")
	}
	if err := h.Do(func() error { return os.ErrDeadlineExceeded }); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Do returns %v, want the function's error", err)
	}
}

// Labs in quick succession also wait for the kernel to clear the last one
// away; a lab by itself takes a quarter of that.
func BenchmarkUp(b *testing.B) {
	thirty := lab.Topology{Switches: []lab.Switch{{Name: "lan"}}}
	for i := range 30 {
		thirty.Hosts = append(thirty.Hosts, lab.Host{Name: fmt.Sprintf("H%d", i), Interfaces: []lab.Interface{
			{Name: "eth0", Switch: "lan", Addrs: labtest.Prefixes(fmt.Sprintf("10.0.0.%d/24", i+1))}}})
	}
	for _, bench := range []struct {
		name     string
		topology lab.Topology
	}{{"article", lab.Article}, {"30 hosts", thirty}} {
		b.Run(bench.name, func(b *testing.B) {
			for b.Loop() {
				l, err := lab.Up(b.Context(), bench.topology)
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				l.Close()
				b.StartTimer()
			}
		})
	}
}
