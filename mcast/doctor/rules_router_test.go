package doctor

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestRouterRules(t *testing.T) {
	lan0 := iface(2, "eth0", up, "10.0.0.1/24")
	lan1 := iface(3, "eth1", up, "10.1.0.1/31")
	six0 := iface(2, "eth0", up, "2001:db8::1/64")
	six1 := iface(3, "eth1", up, "2001:db8:1::1/127")
	far, far6, near := addr("10.1.0.0"), addr("2001:db8:1::"), addr("10.0.0.9")
	router := func(vifs []int, forwards int) Facts {
		f := facts(by(lan0), lan0, lan1)
		f.Settings = map[string]int{"net.ipv4.ip_forward": forwards}
		f.Router, f.Back = vifs, map[netip.Addr]RouteResult{far: by(lan1), near: by(lan0)}
		return f
	}
	heard := router([]int{}, 1)
	heard.Observed.Senders = []Sender{{From: netip.AddrPortFrom(far, 9), IfIndex: 2, Datagrams: 1}}
	router6 := facts(by(six0), six0, six1)
	router6.Settings = map[string]int{"net.ipv6.conf.all.forwarding": 1}
	router6.Router, router6.Back = []int{}, map[netip.Addr]RouteResult{far6: by(six1)}
	in := talk("239.1.2.3", 2)
	testRule(t, "no-multicast-router", []ruleTest{
		{"nothing is known", Facts{}, in, "unknown", ""},
		{"no router", router([]int{}, 0), asksAbout(in, far.String()), "ok", "ip_forward = 0"},
		{"which interfaces it routes groups between is not known", router(nil, 1), asksAbout(in, far.String()), "unknown", "/proc/net/ip_mr_vif"},
		{"it routes groups", router([]int{2, 3}, 1), asksAbout(in, far.String()), "ok", "eth0 (10.0.0.1), eth1 (10.1.0.1)"},
		{"unicast only, and nobody is asked for", router([]int{}, 1), in, "ok", "unicast only"},
		{"unicast only", router([]int{}, 1), asksAbout(in, far.String()), "warning eth1 -", "ends at eth1|-i eth1"},
		{"unicast only, by IPv6", router6, asksAbout(talk("ff05::114", 2), far6.String()), "warning eth1 -", "ip6_mr_vif"},
		{"unicast only, and joined there", router([]int{}, 1), asksAbout(talk("239.1.2.3", 2, 3), far.String()), "ok", ""},
		{"unicast only, and asked for one of this side", router([]int{}, 1), asksAbout(in, near.String()), "ok", ""},
		{"unicast only, and heard", heard, asksAbout(in, far.String()), "ok", "is heard"},
		{"a group of the link", router([]int{}, 1), asksAbout(talk("224.0.0.114", 2), far.String()), "ok", ""},
	})

	away := func(rp int, sender string) Facts {
		f := facts(by(lan0), lan0)
		f.Settings = map[string]int{"net.ipv4.conf.all.rp_filter": rp, "net.ipv4.conf.eth0.rp_filter": 0}
		f.Back = map[netip.Addr]RouteResult{far: nowhere(syscall.ENETUNREACH), far6: nowhere(syscall.EACCES), near: by(lan0)}
		if sender != "" {
			f.Observed.Senders = []Sender{{From: netip.AddrPortFrom(addr(sender), 9), IfIndex: 2, Datagrams: 1}}
		}
		return f
	}
	testRule(t, "no-way-back", []ruleTest{
		{"nothing is known", Facts{}, in, "unknown", ""},
		{"nobody is known", away(0, ""), in, "unknown", ""},
		{"somebody near", away(0, ""), asksAbout(in, near.String()), "ok", near.String()},
		{"asked for", away(0, ""), asksAbout(in, far.String()), "warning - -", "network is unreachable"},
		{"asked for, and filtered", away(1, ""), asksAbout(in, far.String()), "unknown", ""},
		{"heard", away(0, far.String()), in, "warning eth0 -", "heard by eth0|ip route add 10.1.0.0/32 dev eth0"},
		{"heard, mapped to IPv6", away(0, "::ffff:10.1.0.0"), in, "warning eth0 -", "10.1.0.0 is heard by eth0"},
		{"heard, by IPv6", away(0, far6.String()), talk("ff05::114", 2), "warning eth0 -", "permission denied|ip -6 route add 2001:db8:1::/128 dev eth0"},
		{"heard, link-local", away(0, "fe80::9%eth0"), talk("ff02::114", 2), "unknown", ""},
	})

	off := iface(2, "wg0", net.FlagUp|net.FlagRunning|net.FlagPointToPoint, "10.0.0.1/32")
	down := iface(2, "eth0", net.FlagRunning, "10.0.0.1/24")
	testRule(t, "flag-off", []ruleTest{
		{"nothing is known", Facts{}, in, "unknown", ""},
		{"on", facts(by(eth0), eth0), in, "ok", "eth0"},
		{"off, and chosen", facts(by(off), off), sendBy(in, off), "warning wg0 -", "ip link set wg0 multicast on"},
		{"off, and not chosen", facts(by(off), off), talk("239.1.2.3"), "ok", ""},
		{"off altogether", facts(by(down), down), in, "ok", ""},
		{"lo, which never has it", facts(by(lo)), talk("239.1.2.3", 1), "ok", ""},
	})
}

func TestParseRouter(t *testing.T) {
	const vifs = `Interface      BytesIn  PktsIn  BytesOut PktsOut Flags Local    Remote
 0 eth0          28400     100         0       0 00008 00000002 00000000
 1 eth1              0       0     28400     100 00008 00000003 00000000
`
	names, err := parseRouter(strings.NewReader(vifs))
	if err != nil || !slices.Equal(names, []string{"eth0", "eth1"}) {
		t.Errorf("read %v, %v", names, err)
	}
	if _, err := parseRouter(strings.NewReader("Interface\n0\n")); err == nil {
		t.Error("a line without a name is taken")
	}
}
