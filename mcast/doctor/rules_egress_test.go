package doctor

import (
	"net"
	"net/netip"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// talk is what a program does that has joined and sends as the kernel would.
func talk(group string, joined ...int) Intent {
	return Intent{Group: mcast.Group{Addr: netip.MustParseAddr(group), Port: 1234}, Joined: joined, Loopback: true, Hops: 1}
}

// sendBy is the same, with an interface that was chosen for sending.
func sendBy(in Intent, i host.Interface) Intent {
	in.Send, in.Wanted = i.Index, wanted(i)
	return in
}

// from is the kernel's answer that leads to i with another source.
func from(i host.Interface, source string) RouteResult {
	a := by(i)
	a.Route.Source = netip.MustParseAddr(source)
	return a
}

// routed is the kernel's answer that leads to i by a route for some groups.
func routed(i host.Interface, groups string) RouteResult {
	a := by(i)
	a.Route.Match = host.Match{Found: true, Dst: netip.MustParsePrefix(groups)}
	return a
}

// heardBy is that others were heard by i, and what is sent by it is a.
func heardBy(a RouteResult, i host.Interface, others ...string) Facts {
	f := facts(a, i)
	f.By = map[int]RouteResult{i.Index: a}
	for _, o := range others {
		f.Observed.Senders = append(f.Observed.Senders, Sender{From: netip.AddrPortFrom(netip.MustParseAddr(o), 4000), IfIndex: i.Index})
	}
	return f
}

func TestEgressRules(t *testing.T) {
	six0 := iface(2, "eth0", up, "2001:db8::1/64", "fe80::1/64")
	six1 := iface(3, "eth1", up, "fe80::2/64")

	alike := iface(3, "eth1", up, "2001:db8:1::2/64")
	tap0 := iface(2, "tap0", up, "10.8.0.2/24")
	lan3 := iface(3, "eth3", up, "192.168.3.1/24")
	docker0 := iface(2, "docker0", up, "172.17.0.1/16")
	br0 := iface(2, "br0", up, "172.17.0.1/16")
	link0 := iface(7, "eth7", up, "169.254.7.1/16")
	inTable := routed(link0, "224.0.0.0/4")
	inTable.Route.Match.Table = 52
	testRule(t, "wrong-egress", []ruleTest{
		{"nothing is known", Facts{}, talk("224.0.0.114", 2), "unknown", "not known"},
		{"where sends leave is not known", Facts{Interfaces: []host.Interface{eth0}}, talk("224.0.0.114", 2), "unknown", "RTM_GETROUTE"},
		{"no way out", facts(nowhere(syscall.ENETUNREACH), eth0), talk("224.0.0.114", 2), "unknown", "network is unreachable"},
		{"the only one, link-local, by choice", facts(by(eth1), eth1), sendBy(talk("224.0.0.114", 3), eth1), "ok", "you chose it"},
		{"link-local by choice", facts(by(eth0), eth0, eth1), sendBy(talk("224.0.0.114", 3), eth1), "warning eth1 use eth0", "you chose it|169.254.167.41"},
		{"a VPN by choice, and the rest link-local", facts(by(tun0), eth1, tun0), sendBy(talk("224.0.0.114", 4), tun0), "ok", ""},
		{"a route to lo", facts(by(lo), eth0), talk("224.0.0.114", 2), "warning lo use eth0", "leads nowhere but to this host"},
		{"a VPN as tap, with half of all addresses", facts(routed(tap0, "128.0.0.0/1"), tap0, lan3), talk("239.1.2.3", 2, 3), "warning tap0 use eth3", "half of all addresses"},
		{"the same, and somebody is heard by it", heard(facts(routed(tap0, "128.0.0.0/1"), tap0, lan3), map[int]uint64{2: 3}), talk("239.1.2.3", 2, 3), "ok", ""},
		{"a bridge of containers", facts(by(docker0), docker0, lan3), talk("239.1.2.3", 2, 3), "warning docker0 use eth3", "bridge for containers"},
		{"containers are heard, and nobody at the LAN", heard(facts(by(lan3), docker0, lan3), map[int]uint64{2: 3}), talk("239.1.2.3", 2, 3), "unknown", "whether somebody is at eth3 is not known"},
		{"another network is heard", heard(facts(by(lan3), tap0, lan3), map[int]uint64{2: 3}), talk("239.1.2.3", 2, 3), "failure eth3 use tap0", "nobody by eth3"},
		{"the same, when it is asked who is heard", heard(facts(by(lan3), tap0, lan3), map[int]uint64{2: 3}), asksAbout(talk("239.1.2.3", 2, 3), "10.8.0.9"), "unknown", "heard by tap0 alone"},
		{"another bridge", facts(by(br0), br0, lan3), talk("239.1.2.3", 2, 3), "ok", ""},
		{"two that are as good", facts(by(link0), link0, eth0, lan3), talk("239.1.2.3", 2, 3, 7), "warning eth7 use eth0", "may be at eth0 or eth3|-i eth0|-i eth3"},
		{"a table before main", facts(inTable, link0, eth0), talk("239.1.2.3", 2, 7), "warning eth7 use eth0", "ip route replace throw 224.0.0.0/4 table 52"},
		{"lo by choice", facts(by(eth0), eth0), sendBy(talk("224.0.0.114", 1), lo), "ok", ""},
		{"a route for some groups, which has to be replaced", facts(routed(eth1, "239.0.0.0/8"), eth0, eth1), talk("239.1.2.3", 2, 3), "warning eth1 use eth0",
			"ip route replace 239.0.0.0/8 dev eth0"},
		{"IPv6, link-local by choice, as all are", facts(by(six0), six0, six1), sendBy(talk("ff02::114", 3), six1), "ok", ""},
		{"IPv6, named by the zone", facts(by(six1), six0, six1), talk("ff02::114%eth1", 3), "ok", "the group's zone names it"},
	})
	testRule(t, "no-route", []ruleTest{
		{"not asked", Facts{Interfaces: []host.Interface{eth0}}, talk("224.0.0.114", 2), "unknown", "nobody has read"},
		{"asked in vain", Facts{Unread: map[Origin]error{FromRoutes: syscall.EPERM}}, talk("224.0.0.114", 2), "unknown", "cannot read the routing table (RTM_GETROUTE): operation not permitted"},
		{"there is one", facts(by(eth0), eth0), talk("224.0.0.114", 2), "ok", "default route"},
		{"chosen, in IPv4", facts(nowhere(syscall.ENETUNREACH), eth0), sendBy(talk("224.0.0.114", 2), eth0), "ok", "no route"},
		{"chosen, in IPv6, and not asked", facts(by(six0), six0), sendBy(talk("ff02::114", 2), six0), "unknown", ""},
		{"chosen, in IPv6, and refused", Facts{Interfaces: []host.Interface{six0}, By: map[int]RouteResult{2: nowhere(syscall.ENETUNREACH)}},
			sendBy(talk("ff02::114", 2), six0), "failure eth0 -", "ff00::/8 dev eth0 table local"},
		{"chosen, in IPv6, whose addresses are still looked at", Facts{Interfaces: []host.Interface{six0}, By: map[int]RouteResult{2: nowhere(syscall.EADDRNOTAVAIL)}},
			sendBy(talk("ff02::114", 2), six0), "failure eth0 -", "tentative"},
		{"a route that forbids it", facts(nowhere(syscall.EINVAL), eth0), talk("239.1.2.3", 2), "failure - use eth0", "blackhole"},
		{"sent, and refused", Facts{Interfaces: []host.Interface{iface(1, "lo", up|net.FlagLoopback, "::1/128")}, Observed: Observed{Sent: map[int]Sent{1: {Tried: 3, Err: syscall.ENETUNREACH}}}},
			sendBy(talk("ff02::114", 1), lo), "failure lo -", "network is unreachable|no route for IPv6 groups on lo"},
	})
	testRule(t, "no-route", []ruleTest{
		{"nothing but lo", facts(nowhere(syscall.ENETUNREACH)), sendBy(talk("224.0.0.114", 1), lo), "ok", ""},
		{"nothing but lo, and not asked for", facts(nowhere(syscall.ENETUNREACH)), Intent{Group: mcast.DefaultGroup, Joined: []int{1}, Send: 1, Hops: 1}, "warning lo -", "no network"},
		{"nothing at all is known", Facts{Interfaces: []host.Interface{lo}}, talk("224.0.0.114"), "unknown", ""},
	})
	testRule(t, "join-send-mismatch", []ruleTest{
		{"it only sends", Facts{}, talk("224.0.0.114"), "ok", "joins nothing"},
		{"nothing is known", Facts{}, talk("224.0.0.114", 2), "unknown", ""},
		{"both at one place", facts(by(eth0), eth0), talk("224.0.0.114", 2), "ok", "eth0"},
		{"joined where nothing is any more", facts(by(eth0), eth0), talk("224.0.0.114", 99), "unknown", ""},
	})

	foreign := iface(3, "eth1", up, "10.9.0.1/24")
	two := iface(2, "eth0", up, "10.5.5.5/24", "192.168.8.164/24")
	secondary := iface(2, "eth0", up, "192.168.8.164/24", "10.1.1.1/24")
	testRule(t, "wrong-source", []ruleTest{
		{"not known", Facts{Interfaces: []host.Interface{eth0}}, talk("224.0.0.114", 2), "unknown", ""},
		{"the interface's own", facts(by(eth0), eth0), talk("224.0.0.114", 2), "ok", "192.168.8.164"},
		{"its secondary", facts(from(secondary, "10.1.1.1"), secondary), talk("224.0.0.114", 2), "ok", "10.1.1.1"},
		{"another interface's", facts(from(eth0, "10.9.0.1"), eth0, foreign), talk("224.0.0.114", 2), "warning eth0 -",
			"of eth1|dev eth0 src 192.168.8.164"},
		{"lo's", facts(from(eth0, "127.0.0.1"), eth0), talk("224.0.0.114", 2), "warning eth0 -", "of lo"},
		{"nobody's", facts(from(eth0, "203.0.113.7"), eth0), talk("224.0.0.114", 2), "failure eth0 -", "of no interface"},
		{"nobody's, of the same network", facts(from(eth0, "192.168.8.9"), eth0), talk("224.0.0.114", 2), "warning eth0 -", ""},
		{"by a chosen interface, not asked", facts(by(eth0), eth0, foreign), sendBy(talk("224.0.0.114", 3), foreign), "unknown", ""},
		{"by a chosen interface", Facts{Interfaces: []host.Interface{eth0, foreign}, By: map[int]RouteResult{3: from(foreign, "192.168.8.164")}},
			sendBy(talk("224.0.0.114", 3), foreign), "warning eth1 -", "of eth0|-i default"},
		{"the first address, and the others are in the network of the second", heardBy(from(two, "10.5.5.5"), two, "192.168.8.226"), talk("224.0.0.114", 2), "warning eth0 -",
			"ip addr del 10.5.5.5/24 dev eth0 && ip addr add 10.5.5.5/24 dev eth0|src 192.168.8.164|192.168.8.226"},
		{"the same, by choice", heardBy(from(two, "10.5.5.5"), two, "192.168.8.226"), sendBy(talk("224.0.0.114", 2), two), "warning eth0 -", "ip addr add 10.5.5.5/24 dev eth0"},
		{"the others are in both", heardBy(from(two, "10.5.5.5"), two, "192.168.8.226", "10.5.5.9"), talk("224.0.0.114", 2), "ok", ""},
		{"the others are behind a router", heardBy(from(two, "10.5.5.5"), two, "203.0.113.7"), talk("224.0.0.114", 2), "ok", ""},
		{"by lo, which borrows", Facts{Interfaces: []host.Interface{lo, eth0}, By: map[int]RouteResult{1: from(lo, "192.168.8.164")}},
			sendBy(talk("224.0.0.114", 1), lo), "ok", ""},
		{"the interface has none", facts(from(bare, "192.168.8.164"), eth0, bare), talk("224.0.0.114", 5), "unknown", "no-address"},
	})
	testRule(t, "no-zone", []ruleTest{
		{"IPv4", Facts{}, talk("224.0.0.114"), "ok", "IPv6"},
		{"of this host", Facts{}, talk("ff01::114"), "ok", ""},
		{"a wider scope, and two", facts(by(six1), six0, six1), talk("ff05::114", 2, 3), "warning - use eth0", "ff05::114%eth0 or ff05::114%eth1|-i eth0 or -i eth1"},
		{"a wider scope, and a route for it", facts(routed(six1, "ff05::/16"), six0, six1), talk("ff05::114", 2, 3), "ok", "ff05::/16"},
		{"two that are alike", facts(by(alike), six0, alike), talk("ff02::114", 2, 3), "warning - -", "ff02::114%eth0 or ff02::114%eth1"},
		{"a zone", Facts{}, talk("ff02::114%eth0"), "ok", "eth0"},
		{"chosen", Facts{}, sendBy(talk("ff02::114"), eth0), "ok", ""},
		{"nothing is known", Facts{}, talk("ff02::114"), "unknown", ""},
		{"one LAN", facts(by(six0), six0), talk("ff02::114", 2), "ok", ""},
		{"two", facts(by(six1), six0, six1), talk("ff02::114", 2, 3), "warning - use eth0", "ff02::114%eth0|now it is eth1"},
		{"a bridge and its port", Facts{Interfaces: []host.Interface{lo, six0, six1}, Send: by(six0), Links: map[int]Link{3: {Kind: "veth", Master: 2}}},
			talk("ff02::114", 2), "ok", ""},
	})
}
