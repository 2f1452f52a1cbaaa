package probe_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/probe"
)

// The reasons that a Linux firewall can give, in the order of ports from 3000,
// and what is known from them.
var rejects4 = []told{
	{"net-unreachable", "unreachable: ICMP net unreachable (3, 0)"},
	{"host-unreachable", "unreachable: ICMP host unreachable (3, 1)"},
	{"prot-unreachable", "unreachable: ICMP protocol unreachable (3, 2)"},
	{"port-unreachable", "refused: ICMP port unreachable (3, 3)"},
	{"net-prohibited", "unreachable: ICMP net prohibited (3, 9)"},
	{"host-prohibited", "unreachable: ICMP host prohibited (3, 10)"},
	{"admin-prohibited", "unreachable: ICMP administratively prohibited (3, 13)"},
}

var rejects6 = []told{
	{"no-route", "unreachable: ICMPv6 no route (1, 0)"},
	{"admin-prohibited", "unreachable: ICMPv6 administratively prohibited (1, 1)"},
	{"addr-unreachable", "unreachable: ICMPv6 address unreachable (1, 3)"},
	{"port-unreachable", "refused: ICMPv6 port unreachable (1, 4)"},
	{"policy-fail", "unreachable: ICMPv6 source address failed policy (1, 5)"},
	{"reject-route", "unreachable: ICMPv6 reject route (1, 6)"},
}

// rejecting makes a host's firewall give each reason, and says what is to be
// known of the ports of to when by gives it.
func rejecting(t *testing.T, host *lab.Node, hook, to4, by4, to6, by6 string) (list []told) {
	t.Helper()
	var rules []string
	for _, v := range []struct {
		nf, icmp, to, by string
		rejects          []told
	}{{"ipv4", "icmp", to4, by4, rejects4}, {"ipv6", "icmpv6", to6, by6, rejects6}} {
		for i, x := range v.rejects {
			rules = append(rules, fmt.Sprintf("meta nfproto %s udp dport %d reject with %s type %s", v.nf, 3000+i, v.icmp, x.addr))
			list = append(list, told{fmt.Sprintf("%s:%d", v.to, 3000+i), x.want + " from " + v.by})
		}
	}
	nft(t, host, hook, append(rules, "udp dport 4000 drop")...)
	return list
}

// On the LAN: every verdict there is, at once, and what nc makes of it.
func TestOnTheLAN(t *testing.T) {
	t.Parallel()
	l := build(t)
	a, b := l.Host("A"), l.Host("B")
	echo(t, b, "192.168.1.11:7")
	echo(t, b, "[2001:db8:1::b]:7")
	const nothing = "silent: nothing in 2 tries: open, filtered or lost; UDP cannot tell"
	list := append(rejecting(t, b, "input", "192.168.1.11", "192.168.1.11", "[2001:db8:1::b]", "2001:db8:1::b"), []told{
		{"192.168.1.11:7", "answered: an answer of 21 bytes"},
		{"192.168.1.11:9", "refused: ICMP port unreachable (3, 3) from 192.168.1.11"},
		{"192.168.1.11:4000", nothing},
		{"192.168.1.99:9", "unreachable: nobody answers ARP for 192.168.1.99"},
		{"192.168.1.99:10", "unreachable: nobody answers ARP for 192.168.1.99"},
		{"127.0.0.1:9", "refused: ICMP port unreachable (3, 3) from 127.0.0.1"},
		{"192.168.1.10:9", "refused: ICMP port unreachable (3, 3) from 192.168.1.10"},
		{"[2001:db8:1::b]:7", "answered: an answer of 21 bytes"},
		{"[2001:db8:1::b]:9", "refused: ICMPv6 port unreachable (1, 4) from 2001:db8:1::b"},
		{"[2001:db8:1::b]:4000", nothing},
		{"[2001:db8:1::99]:9", "unreachable: nobody answers neighbour solicitations for 2001:db8:1::99"},
		{"[fe80::99%eth0]:9", "unreachable: nobody answers neighbour solicitations for fe80::99%eth0"},
		{"[::1]:9", "refused: ICMPv6 port unreachable (1, 4) from ::1"},
	}...)
	nc := plainSockets(t, a, list)
	for addr, r := range know(t, a, brief, list) {
		if got := nc.says(addr); got != r.Netcat() {
			t.Errorf("%s, %s: a socket like nc's says %q, Netcat %q", addr, r.Because(), got, r.Netcat())
		}
	}
	for addr, r := range ask(t, a, probe.Config{Tries: 1}, "192.168.1.11:7", "192.168.1.11:9") {
		if r.RTT <= 0 || r.RTT > 10*time.Second || r.Tries != 1 || r.By != r.Addr.Addr() || time.Since(r.At) > time.Minute {
			t.Errorf("%s: %+v, want one try, a round trip, and a time", addr, r)
		}
	}
}

// Behind a router: what it says, what it does not, and from whom.
func TestBehindARouter(t *testing.T) {
	t.Parallel()
	l := build(t)
	a, r := l.Host("A"), l.Host("R")
	echo(t, l.Host("C"), "192.168.2.10:7")
	echo(t, l.Host("C"), "[2001:db8:2::c]:7")
	for _, route := range []lab.Route{
		{Dst: netip.MustParsePrefix("10.1.0.0/16"), Type: lab.Unreachable},
		{Dst: netip.MustParsePrefix("10.2.0.0/16"), Type: lab.Prohibit},
		{Dst: netip.MustParsePrefix("10.3.0.0/16"), Type: lab.Blackhole},
		{Dst: netip.MustParsePrefix("2001:db8:a2::/48"), Type: lab.Prohibit},
		{Dst: netip.MustParsePrefix("2001:db8:a3::/48"), Type: lab.Blackhole},
	} {
		if err := r.AddRoute(route); err != nil {
			t.Fatal(err)
		}
	}
	list := append(rejecting(t, r, "forward", "192.168.2.10", "192.168.1.1", "[2001:db8:2::c]", "2001:db8:1::1"), []told{
		{"192.168.2.10:7", "answered: an answer of 21 bytes"},
		{"192.168.2.10:9", "refused: ICMP port unreachable (3, 3) from 192.168.2.10"},
		{"192.168.2.10:4000", "silent: nothing in 2 tries: open, filtered or lost; UDP cannot tell"},
		{"192.168.2.99:9", "unreachable: ICMP host unreachable (3, 1) from 192.168.1.1"},
		{"10.77.0.1:9", "unreachable: ICMP net unreachable (3, 0) from 192.168.1.1"},
		{"10.1.0.1:9", "unreachable: ICMP host unreachable (3, 1) from 192.168.1.1"},
		{"10.2.0.1:9", "unreachable: ICMP administratively prohibited (3, 13) from 192.168.1.1"},
		{"10.3.0.1:9", "silent: nothing in 2 tries: open, filtered or lost; UDP cannot tell"},
		{"[2001:db8:2::c]:7", "answered: an answer of 21 bytes"},
		{"[2001:db8:2::c]:9", "refused: ICMPv6 port unreachable (1, 4) from 2001:db8:2::c"},
		{"[2001:db8:2::99]:9", "unreachable: ICMPv6 address unreachable (1, 3) from 2001:db8:1::1"},
		{"[2001:db8:77::1]:9", "unreachable: ICMPv6 no route (1, 0) from 2001:db8:1::1"},
		{"[2001:db8:a2::1]:9", "unreachable: ICMPv6 administratively prohibited (1, 1) from 2001:db8:1::1"},
		{"[2001:db8:a3::1]:9", "silent: nothing in 2 tries: open, filtered or lost; UDP cannot tell"},
	}...)
	patient := brief
	patient.Timeout = 4 * time.Second // for the router's ARP
	know(t, a, patient, list)

	// What is too large for the far side is told once, and then fragmented.
	patient.Payload = make([]byte, 1400)
	for addr, r := range ask(t, a, patient, "192.168.2.10:7", "[2001:db8:2::c]:7") {
		if r.Verdict != probe.Answered || r.Size != 1400 || r.Tries != 2 || len(r.Answer) != 512 {
			t.Errorf("1,400 bytes to %s: %s, %s, %d tries, %d bytes kept; want an answer to the second", addr, r.Verdict, r.Because(), r.Tries, len(r.Answer))
		}
	}
	one := patient
	one.Tries = 1
	one.Timeout = 300 * time.Millisecond
	for name, value := range map[string]string{"net.ipv4.ip_default_ttl": "1", "net.ipv6.conf.eth0.hop_limit": "1"} {
		if err := a.Sysctl(name, value); err != nil {
			t.Fatal(err)
		}
	}
	one.Payload = nil
	know(t, a, one, []told{
		{"192.168.2.10:7", "unreachable: ICMP time to live exceeded (11, 0) from 192.168.1.1"},
		{"[2001:db8:2::c]:7", "unreachable: ICMPv6 hop limit exceeded (3, 0) from 2001:db8:1::1"},
	})
}

// Too large for the far side, and only one try: that is what is known.
func TestFragmentationNeeded(t *testing.T) {
	t.Parallel()
	l := build(t)
	cfg := brief
	cfg.Tries, cfg.Payload = 1, make([]byte, 1400)
	know(t, l.Host("A"), cfg, []told{
		{"192.168.2.10:7", "unreachable: ICMP fragmentation needed (3, 4) from 192.168.1.1"},
		{"[2001:db8:2::c]:7", "unreachable: ICMPv6 packet too big (2, 0) from 2001:db8:1::1"},
	})
}

func TestDeadRouter(t *testing.T) {
	t.Parallel()
	l := build(t)
	if err := l.Host("R").Kill(); err != nil {
		t.Fatal(err)
	}
	cfg := brief
	cfg.Timeout = 4 * time.Second
	know(t, l.Host("A"), cfg, []told{
		{"192.168.2.10:7", "unreachable: nobody answers ARP for 192.168.1.1, the gateway to it"},
		{"[2001:db8:2::c]:7", "unreachable: nobody answers neighbour solicitations for 2001:db8:1::1, the gateway to it"},
	})
}

// What this host refuses by itself.
func TestThisHostRefuses(t *testing.T) {
	t.Parallel()
	l := build(t)
	d := l.Host("D")
	for _, route := range []lab.Route{
		{Dst: netip.MustParsePrefix("10.1.0.0/16"), Type: lab.Unreachable},
		{Dst: netip.MustParsePrefix("10.2.0.0/16"), Type: lab.Prohibit},
		{Dst: netip.MustParsePrefix("10.3.0.0/16"), Type: lab.Blackhole},
	} {
		if err := d.AddRoute(route); err != nil {
			t.Fatal(err)
		}
	}
	nft(t, d, "output", "udp dport 20 drop", "meta nfproto ipv4 udp dport 21 reject with icmp type port-unreachable")
	know(t, d, brief, []told{
		{"10.77.0.1:9", "unreachable: no route on this host (ENETUNREACH)"},
		{"[2001:db8:77::1]:9", "unreachable: no route on this host (ENETUNREACH)"},
		{"10.1.0.1:9", "unreachable: an unreachable route on this host (EHOSTUNREACH)"},
		{"10.2.0.1:9", "unreachable: a prohibit route on this host, or a broadcast address (EACCES)"},
		{"10.3.0.1:9", "unreachable: a blackhole route on this host, or a source address that it does not have (EINVAL)"},
		{"192.168.1.11:20", "unreachable: this host's own firewall refuses (EPERM)"},
		{"192.168.1.11:21", "unreachable: this host's own firewall refuses (EPERM)"},
	})
	far := brief
	far.Via.Source = netip.MustParseAddr("192.168.9.9")
	know(t, d, far, []told{
		{"192.168.1.11:9", "unreachable: this host does not have the source address (EADDRNOTAVAIL)"},
		{"[2001:db8:1::b]:9", "unreachable: this host does not send: " + mcast.ErrFamily.Error()},
	})
}

// A range of ports on one host, at the rate that was asked for.
func TestRange(t *testing.T) {
	t.Parallel()
	l := build(t)
	echo(t, l.Host("B"), "192.168.1.11:8")
	echo(t, l.Host("B"), "192.168.1.11:1234")
	places, err := probe.ParseTargets("192.168.1.11:7-9,1234", "[2001:db8:1::b]:30-45")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	start := time.Now()
	err = l.Host("A").Do(func() error {
		cfg := brief
		cfg.Rate = 20
		return probe.Probe(t.Context(), cfg, probe.Resolve(t.Context(), probe.AnyFamily, places), func(r probe.Result) {
			got = append(got, fmt.Sprintf("%s %s", r.Addr, r.Verdict))
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took < 19*time.Second/20 {
		t.Errorf("20 datagrams at 20/s took %s, want 950 ms at the least", took)
	}
	slices.Sort(got)
	want := []string{"192.168.1.11:1234 answered", "192.168.1.11:7 refused", "192.168.1.11:8 answered", "192.168.1.11:9 refused"}
	if len(got) != 20 || !slices.Equal(got[:4], want) {
		t.Errorf("results %s, want 20 that begin with %s", strings.Join(got, ", "), want)
	}
	for _, r := range got[4:] {
		if !strings.HasSuffix(r, " refused") {
			t.Errorf("%s, want it refused", r)
		}
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	l := build(t)
	nft(t, l.Host("B"), "input", "udp dport 1-999 drop")
	echo(t, l.Host("B"), "192.168.1.11:1234")
	places, err := probe.ParseTargets("192.168.1.11:1234,1-200")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	results := 0
	err = l.Host("A").Do(func() error {
		return probe.Probe(ctx, probe.Config{}, probe.Resolve(ctx, probe.AnyFamily, places), func(probe.Result) {
			results++
			cancel()
		})
	})
	if !errors.Is(err, context.Canceled) || results != 1 {
		t.Errorf("cancelled by the first result: %v after %d results, want context.Canceled after 1", err, results)
	}
}

// An error is what a caller can test for.
func TestErrors(t *testing.T) {
	t.Parallel()
	l := build(t)
	r := ask(t, l.Host("A"), brief, "192.168.1.11:9", "192.168.1.99:9")
	if err := r["192.168.1.11:9"].Err; !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("the error of a closed port is %v, want ECONNREFUSED", err)
	}
	var absent *probe.NoNeighbourError
	if err := r["192.168.1.99:9"].Err; !errors.As(err, &absent) || !absent.Direct || !errors.Is(err, syscall.EHOSTUNREACH) {
		t.Errorf("the error of an absent host is %v, want a NoNeighbourError and EHOSTUNREACH", err)
	}
}
