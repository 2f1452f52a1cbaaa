package probe_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/probe"
)

// twoLANs is A and B on one LAN, C on another, a router R between them whose
// far side takes smaller datagrams, and D, who is on the first LAN and has no
// other route. All speak both versions of IP, and none limits its ICMP errors.
func twoLANs() lab.Topology {
	quick := map[string]string{"net.ipv4.icmp_ratemask": "0", "net.ipv6.icmp.ratelimit": "0"}
	on := func(name, wire string, mtu int, addrs ...string) lab.Interface {
		i := lab.Interface{Name: name, Switch: wire, MTU: mtu}
		for _, a := range addrs {
			i.Addrs = append(i.Addrs, netip.MustParsePrefix(a))
		}
		return i
	}
	routes := func(gateways ...string) (list []lab.Route) {
		for _, g := range gateways {
			via := netip.MustParseAddr(g)
			dst := netip.PrefixFrom(netip.IPv4Unspecified(), 0)
			if via.Is6() {
				dst = netip.PrefixFrom(netip.IPv6Unspecified(), 0)
			}
			list = append(list, lab.Route{Dst: dst, Via: via, Dev: "eth0"})
		}
		return list
	}
	left, right := routes("192.168.1.1", "2001:db8:1::1"), routes("192.168.2.1", "2001:db8:2::1")
	return lab.Topology{
		Switches: []lab.Switch{{Name: "left"}, {Name: "right"}},
		Hosts: []lab.Host{
			{Name: "A", Routes: left, Sysctls: quick, Interfaces: []lab.Interface{on("eth0", "left", 0, "192.168.1.10/24", "2001:db8:1::a/64")}},
			{Name: "B", Routes: left, Sysctls: quick, Interfaces: []lab.Interface{on("eth0", "left", 0, "192.168.1.11/24", "2001:db8:1::b/64")}},
			{Name: "C", Routes: right, Sysctls: quick, Interfaces: []lab.Interface{on("eth0", "right", 1280, "192.168.2.10/24", "2001:db8:2::c/64")}},
			{Name: "D", Sysctls: quick, Interfaces: []lab.Interface{on("eth0", "left", 0, "192.168.1.12/24", "2001:db8:1::d/64")}},
			{Name: "R", Router: true, Sysctls: quick, Interfaces: []lab.Interface{
				on("eth0", "left", 0, "192.168.1.1/24", "2001:db8:1::1/64"), on("eth1", "right", 1280, "192.168.2.1/24", "2001:db8:2::1/64"),
			}},
		},
	}
}

func build(t *testing.T) *lab.Lab {
	t.Helper()
	l, err := lab.Up(t.Context(), twoLANs())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// echo answers on an address of a host until stop is called.
func echo(t *testing.T, host *lab.Node, at string) (stop func()) {
	t.Helper()
	var conn *net.UDPConn
	err := host.Do(func() (err error) {
		conn, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(at)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 65535)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			conn.WriteToUDPAddrPort(b[:n], from)
		}
	}()
	stop = sync.OnceFunc(func() { conn.Close(); <-done })
	t.Cleanup(stop)
	return stop
}

// nft gives a host rules of chains that hook into input, forward and output.
func nft(t *testing.T, host *lab.Node, hook string, rules ...string) {
	t.Helper()
	script := fmt.Sprintf("table inet %s { chain c { type filter hook %s priority 0;\n%s\n}\n}\n", hook, hook, strings.Join(rules, "\n"))
	cmd := host.Command(t.Context(), "nft", "-f", "-")
	cmd.Stdin = strings.NewReader(script)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("nft on %s: %v\n%s\n%s", host.Name(), err, out, script)
	}
}

// brief is a Config for hosts that answer at once.
var brief = probe.Config{Tries: 2, Interval: 300 * time.Millisecond, Timeout: 300 * time.Millisecond}

// ask probes from a host; a result is by the target's address and port.
func ask(t *testing.T, host *lab.Node, cfg probe.Config, addrs ...string) map[string]probe.Result {
	t.Helper()
	var targets []probe.Target
	for _, a := range addrs {
		to := netip.MustParseAddrPort(a)
		targets = append(targets, probe.Target{Host: to.Addr().String(), Addr: to})
	}
	got := map[string]probe.Result{}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	err := host.Do(func() error {
		return probe.Probe(ctx, cfg, targets, func(r probe.Result) { got[r.Addr.String()] = r })
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(addrs) {
		t.Fatalf("%d results, want one of each of %d targets", len(got), len(addrs))
	}
	return got
}

// told is a target and what is to be known about it.
type told struct{ addr, want string }

// know probes all of them at once and checks what is known.
func know(t *testing.T, host *lab.Node, cfg probe.Config, list []told) map[string]probe.Result {
	t.Helper()
	var addrs []string
	for _, x := range list {
		addrs = append(addrs, x.addr)
	}
	results := ask(t, host, cfg, addrs...)
	for _, x := range list {
		r := results[x.addr]
		if got := fmt.Sprintf("%s: %s", r.Verdict, r.Because()); got != x.want {
			t.Errorf("%s from %s is\n     %s\nwant %s", x.addr, host.Name(), got, x.want)
		}
	}
	return results
}

// plain is a connected socket of package net, as nc has one: it is sent by
// before the probe and after it.
type plain map[string]*net.UDPConn

func plainSockets(t *testing.T, host *lab.Node, list []told) plain {
	t.Helper()
	p := plain{}
	for _, x := range list {
		err := host.Do(func() error {
			c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.MustParseAddrPort(x.addr)))
			if err == nil {
				p[x.addr] = c
				_, err = c.Write([]byte("X"))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p[x.addr].Close() })
	}
	return p
}

// says is what nc would say now that the errors have come back.
func (p plain) says(addr string) string {
	if _, err := p[addr].Write([]byte("X")); err != nil {
		return "nothing, and fails"
	}
	return "succeeded"
}

var errNoReport = errors.New("no result in time")

// reports is where Watch reports to.
type reports chan probe.Result

func (c reports) next(t *testing.T, what string) probe.Result {
	t.Helper()
	select {
	case r := <-c:
		return r
	case <-time.After(15 * time.Second):
		t.Fatalf("%s: %v", what, errNoReport)
		return probe.Result{}
	}
}
