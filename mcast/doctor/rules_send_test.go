package doctor

import (
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

func left(n int) *int { return &n }

// probed is a healthy LAN on which something was sent by eth0.
func probed(s Sent) Facts {
	f := facts(by(eth0), eth0)
	f.Observed = Observed{For: time.Second, Probed: true, Sent: map[int]Sent{2: s}}
	return f
}

func TestSendRules(t *testing.T) {
	lan, in := facts(by(eth0), eth0), talk("224.0.0.114", 2)
	dead := facts(by(cut), cut)
	dead.Observed.Sent = map[int]Sent{7: {Tried: 5, Copies: 5, Left: left(0)}}
	heardHere := heard(facts(by(eth0), eth0), map[int]uint64{2: 9})
	quiet := in
	quiet.Loopback = false

	testRule(t, "loopback-off", []ruleTest{
		{"on", Facts{}, in, "ok", "= 1"},
		{"off", Facts{}, quiet, "warning - on", "= 0"},
	})
	testRule(t, "loopback-not-proof", []ruleTest{
		{"nothing is known", Facts{}, in, "unknown", ""},
		{"nobody looked", lan, in, "unknown", "before the wire|--probe"},
		{"others are heard, which says nothing of sending", heardHere, in, "unknown", "datagrams: 9"},
		{"on lo", lan, sendBy(talk("224.0.0.114", 1), lo), "ok", ""},
		{"all left", probed(Sent{Tried: 5, Copies: 5, Left: left(7)}), in, "ok", "7 packets|5 datagrams"},
		{"nothing left", probed(Sent{Tried: 5, Copies: 5, Left: left(0)}), in, "failure eth0 -", "nothing leaves by eth0|own copies: 5"},
		{"some left", probed(Sent{Tried: 5, Copies: 5, Left: left(2)}), in, "failure eth0 -", "not all"},
		{"what left was not counted", probed(Sent{Tried: 5, Copies: 5}), in, "unknown", ""},
		{"the queue dropped it", probed(Sent{Tried: 5, Copies: 5, Left: left(0), Queue: 5}), in, "unknown", ""},
		{"no carrier", dead, talk("224.0.0.114", 7), "unknown", ""},
	})
	testRule(t, "send-queue-full", []ruleTest{
		{"nothing is known", Facts{}, in, "unknown", ""},
		{"links were not read", lan, in, "unknown", "RTM_GETLINK"},
		{"never", withLinks(lan, map[int]Link{2: {}}), in, "ok", ""},
		{"some time ago", withLinks(lan, map[int]Link{2: {QueueDrops: 12}}), in, "unknown", "12 packets|--watch"},
		{"now", probed(Sent{Tried: 5, Copies: 5, Left: left(1), Queue: 4}), in, "failure eth0 -", "dropped 4 packets"},
		{"the kernel says so", probed(Sent{Tried: 5, Err: syscall.ENOBUFS}), in, "warning eth0 -", "no buffer space|or a filter|what its queue dropped is not known"},
		{"the kernel says so, and its queue too", probed(Sent{Tried: 5, Err: syscall.ENOBUFS, Left: left(1), Queue: 4}), in, "failure eth0 -", "dropped 4 packets|no buffer space"},
		{"the kernel says so, and the queue dropped nothing", probed(Sent{Tried: 5, Err: syscall.ENOBUFS, Left: new(int)}), in, "ok", "firewall-out"},
		{"what others sent, and it is not known where", grew(lan, "Udp.SndbufErrors", "Ip.OutDiscards"), in, "warning - -", "Udp.SndbufErrors grew by 9|Ip.OutDiscards by 9"},
		{"what others sent, and one queue has drops", grew(withLinks(lan, map[int]Link{2: {QueueDrops: 30}}), "Udp.SndbufErrors", "Ip.OutDiscards"), in, "failure eth0 -", "eth0 has ever"},
		{"what others sent, and two queues have drops", grew(withLinks(facts(by(eth0), eth0, eth1), map[int]Link{2: {QueueDrops: 30}, 3: {QueueDrops: 1}}), "Udp.SndbufErrors", "Ip.OutDiscards"), in, "warning - -", "of which interface"},
		{"what others sent, and no queue has drops", grew(withLinks(lan, map[int]Link{2: {}}), "Udp.SndbufErrors", "Ip.OutDiscards"), in, "ok", "no queue of this host|see firewall-out"},
		{"sockets' own buffers were full", grew(withLinks(lan, map[int]Link{2: {}}), "Udp.SndbufErrors"), in, "ok", ""},
		{"looked, and none", probed(Sent{Tried: 5, Copies: 5, Left: left(5)}), in, "ok", ""},
		{"lo", lan, sendBy(talk("224.0.0.114", 1), lo), "ok", ""},
	})
	testRule(t, "firewall-out", []ruleTest{
		{"nobody looked", lan, in, "unknown", "--probe"},
		{"refused", probed(Sent{Tried: 5, Err: &mcast.OpError{Op: "send", Err: syscall.EPERM}}), in, "failure eth0 -",
			"operation not permitted|as root, ask again"},
		{"refused at the interface's egress", probed(Sent{Tried: 5, Err: syscall.ENOBUFS, Left: new(int)}), in, "failure eth0 -", "no buffer space|hook egress"},
		{"and root sees the chain", withFirewall(probed(Sent{Tried: 5, Err: syscall.ENOBUFS, Left: new(int)}), FirewallChain{Family: "netdev", Table: "t", Name: "e"}, FirewallChain{Family: "inet", Table: "f", Name: "out"}), in, "failure eth0 -",
			"where something is dropped: nft insert rule netdev t e ip daddr 224.0.0.114 udp dport 1234 accept"},
		{"what others sent is dropped, and no queue has drops", grew(withLinks(lan, map[int]Link{2: {}}), "Udp.SndbufErrors", "Ip.OutDiscards"), in, "unknown", "Ip.OutDiscards by 9|a filter at an interface's egress|--probe"},
		{"the same, and one queue has", grew(withLinks(lan, map[int]Link{2: {QueueDrops: 1}}), "Udp.SndbufErrors", "Ip.OutDiscards"), in, "unknown", "only when something is sent"},
		{"no room in the queue", probed(Sent{Tried: 5, Err: syscall.ENOBUFS, Left: new(int), Queue: 5}), in, "unknown", ""},
		{"taken", probed(Sent{Tried: 5}), in, "ok", "5 datagrams"},
		{"another error", probed(Sent{Tried: 5, Err: syscall.ENETDOWN}), in, "unknown", ""},
	})

	sized := func(group string, bytes int) Intent { in := talk(group, 2); in.Size = bytes; return in }
	broken := facts(by(eth0), eth0)
	broken.Observed = Observed{For: time.Minute, Grown: map[string]uint64{"Ip.ReasmFails": 3}}
	testRule(t, "over-mtu", []ruleTest{
		{"the size is not known", lan, in, "unknown", "--size"},
		{"nothing else is known", Facts{}, sized("224.0.0.114", 100), "unknown", ""},
		{"just fits", lan, sized("224.0.0.114", 1472), "ok", "1500"},
		{"just not", lan, sized("224.0.0.114", 1473), "warning eth0 -", "1472"},
		{"just fits, in IPv6", facts(by(six), six), sized("ff02::114", 1452), "ok", ""},
		{"just not, in IPv6", facts(by(six), six), sized("ff02::114", 1453), "warning eth0 -", "1452"},
		{"more than a datagram holds", Facts{}, sized("224.0.0.114", 65508), "failure - -", "65507"},
		{"pieces were lost", broken, in, "failure - -", "Ip.ReasmFails grew by 3 in 1m0s"},
		{"pieces were lost, and are sent", broken, sized("224.0.0.114", 4000), "failure - -; warning eth0 -", ""},
	})
}

func withFirewall(f Facts, chains ...FirewallChain) Facts {
	f.Firewall, f.Tools = chains, []string{"nft"}
	return f
}

func withLinks(f Facts, links map[int]Link) Facts {
	f.Links = links
	return f
}

func TestHopsRules(t *testing.T) {
	lan := facts(by(eth0), eth0)
	wants := func(group, host string, hops int) Intent {
		in := talk(group, 2)
		in.From, in.Hops = netip.MustParseAddr(host), hops
		return in
	}
	peer := facts(by(tun0), tun0)
	direct := by(tun0)
	direct.Route.Match.Dst = netip.MustParsePrefix("203.0.113.5/32")
	peer.Back = map[netip.Addr]RouteResult{netip.MustParseAddr("203.0.113.5"): direct}
	routed := facts(by(eth0), eth0)
	routed.Observed.Senders = []Sender{{From: netip.MustParseAddrPort("10.2.0.9:4000"), IfIndex: 2, Datagrams: 3, Outside: true}}
	local := facts(by(eth0), eth0)
	local.Observed.Senders = []Sender{{From: netip.MustParseAddrPort("10.2.0.9:4000"), IfIndex: 2, Datagrams: 3, Outside: true, Local: true}}

	talkWith := func(group string, hops int) Intent {
		in := talk(group, 2)
		in.Hops = hops
		return in
	}
	sendOnly := func(group string, hops int) Intent {
		in := talkWith(group, hops)
		in.Joined = nil
		return in
	}
	reaches := func(group, host string, hops int) Intent {
		in := talkWith(group, hops)
		in.To = netip.MustParseAddr(host)
		return in
	}
	untouched := func(left int) Facts {
		f := facts(by(eth0), eth0)
		f.Observed.Senders = []Sender{{From: netip.MustParseAddrPort("10.2.0.9:4000"), IfIndex: 2, Datagrams: 3, Outside: true, Hops: left}}
		return f
	}
	way := func(dst, gateway string) RouteResult {
		a := by(eth0)
		a.Route.Match = host.Match{Found: true, Dst: netip.MustParsePrefix(dst), Table: 254}
		if gateway != "" {
			a.Route.Match.Gateway = netip.MustParseAddr(gateway)
		}
		return a
	}
	onLink := facts(by(eth0), eth0)
	onLink.Back = map[netip.Addr]RouteResult{
		netip.MustParseAddr("10.66.0.2"):     way("10.66.0.2/32", ""),
		netip.MustParseAddr("192.168.8.77"):  way("192.168.8.77/32", "192.168.8.1"),
		netip.MustParseAddr("2001:db8:9::7"): way("2001:db8:9::6/127", "fe80::1"),
	}
	unjoined := facts(by(eth0), eth0)
	unjoined.Groups = []host.InterfaceGroups{groupsAt(eth0)}
	theirs := facts(by(eth0), eth0)
	theirs.Groups = []host.InterfaceGroups{groupsAt(eth0, "239.1.2.3")}
	listened := func(f Facts) Facts {
		f.Observed.Listen = Listened{Since: time.Unix(0, 0), Until: time.Unix(3, 0), On: []int{2}}
		return f
	}
	testRule(t, "hops-too-small", []ruleTest{
		{"a group that stays", Facts{}, talk("224.0.0.114", 2), "ok", "no router"},
		{"enough", Facts{}, talkWith("239.1.2.3", 8), "ok", "7 routers"},
		{"nobody is known to be far", lan, talk("239.1.2.3", 2), "unknown", "--from"},
		{"somebody is, and nothing is known", Facts{}, wants("239.1.2.3", "10.2.0.9", 1), "unknown", ""},
		{"somebody is, and nobody listened", lan, wants("239.1.2.3", "10.2.0.9", 1), "unknown", "10.2.0.9"},
		{"somebody is, whose TTL it is", listened(lan), wants("239.1.2.3", "10.2.0.9", 1), "warning - -", "10.2.0.9|192.168.8.0/24|raise the TTL at 10.2.0.9: there run groupcast send --ttl 32 239.1.2.3"},
		{"somebody is, and our TTL does not matter", listened(lan), wants("239.1.2.3", "10.2.0.9", 32), "warning - -", "raise the TTL at 10.2.0.9"},
		{"somebody is to hear it", lan, reaches("239.1.2.3", "10.2.0.9", 1), "warning - hops 32", "10.2.0.9 is on no network|--ttl 32"},
		{"somebody is to hear it, with TTL enough", lan, reaches("239.1.2.3", "10.2.0.9", 32), "ok", ""},
		{"somebody far is heard", routed, wants("239.1.2.3", "10.2.0.9", 1), "ok", "10.2.0.9 is heard"},
		{"a peer outside the prefix", onLink, wants("239.1.2.3", "10.66.0.2", 1), "ok", ""},
		{"a /31 by IPv6 route", listened(onLink), wants("ff05::114", "2001:db8:9::7", 1), "warning - -", "via fe80::1"},
		{"one of several subnets on the wire, with the TTL most start with", untouched(1), talk("239.1.2.3", 2), "unknown", ""},
		{"heard through a router", untouched(31), talk("239.1.2.3", 2), "warning - hops 32", "10.2.0.9 was heard"},
		{"the route has a gateway, within the prefix", listened(onLink), wants("239.1.2.3", "192.168.8.77", 1), "warning - -", "via 192.168.8.1"},
		{"TTL 0, joined", lan, talkWith("239.1.2.3", 0), "warning eth0 hops 1", "nothing that is sent by eth0 leaves"},
		{"TTL 0, joined nowhere", unjoined, sendOnly("239.1.2.3", 0), "warning eth0 hops 1", "does not stay on this host"},
		{"TTL 0, joined by others", theirs, sendOnly("239.1.2.3", 0), "warning eth0 hops 1", "nothing that is sent by eth0 leaves"},
		{"TTL 0, and joins are not known", lan, sendOnly("239.1.2.3", 0), "unknown", ""},
		{"TTL 0, by lo", lan, sendBy(talkWith("239.1.2.3", 0), lo), "ok", ""},
		{"somebody is near", lan, wants("239.1.2.3", "192.168.8.226", 1), "ok", "192.168.8.226"},
		{"the other end of a tunnel", peer, wants("239.1.2.3", "203.0.113.5", 1), "ok", ""},
		{"somebody was heard from far", routed, talk("239.1.2.3", 2), "warning - hops 32", "10.2.0.9 was heard by eth0"},
		{"another program here", local, talk("239.1.2.3", 2), "unknown", ""},
	})
	testRule(t, "never-routed", []ruleTest{
		{"a group that is routed", Facts{}, talk("239.1.2.3"), "ok", ""},
		{"TTL 1", Facts{}, talk("224.0.0.114"), "ok", "TTL 1"},
		{"somebody far", lan, wants("224.0.0.114", "10.2.0.9", 1), "failure - -", "10.2.0.9 is on no network|239.192.0.114"},
		{"somebody far, and nothing is known", Facts{}, wants("224.0.0.114", "10.2.0.9", 1), "unknown", ""},
		{"somebody near", lan, wants("224.0.0.114", "192.168.8.226", 1), "ok", ""},
		{"somebody outside the prefix is heard", routed, wants("224.0.0.114", "10.2.0.9", 1), "ok", "10.2.0.9 is heard"},
		{"a peer outside the prefix", onLink, wants("224.0.0.114", "10.66.0.2", 1), "ok", ""},
		{"TTL 255, as mDNS has to send", lan, wants("224.0.0.251", "192.168.8.226", 255), "ok", "RFC 5082"},
		{"TTL 255 of IPv6", lan, talkWith("ff02::fb", 255), "ok", "RFC 5082"},
		{"host only, and nothing is known", Facts{}, talk("ff01::114"), "unknown", ""},
		{"host only, by lo", lan, sendBy(talk("ff01::114", 1), lo), "ok", ""},
	})
}

// grew is that counters of the host grew by 9 each, in ten seconds.
func grew(f Facts, counters ...string) Facts {
	f.Observed = Observed{For: 10 * time.Second, Grown: map[string]uint64{}}
	for _, c := range counters {
		f.Observed.Grown[c] = 9
	}
	return f
}
