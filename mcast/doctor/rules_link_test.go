package doctor

import (
	"net"
	"net/netip"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast/host"
)

// asksAbout is an intent that asks for a host to be heard.
func asksAbout(in Intent, from string) Intent {
	in.From = netip.MustParseAddr(from)
	return in
}

func withSetting(f Facts, name string, value int) Facts {
	f.Settings = map[string]int{name: value}
	return f
}

func TestLinkRules(t *testing.T) {
	lan, in := facts(by(eth0), eth0), talk("224.0.0.114", 2)
	br0 := iface(10, "br0", up, "192.168.8.10/24")
	off := iface(1, "lo", net.FlagLoopback)
	const broadcast = net.FlagBroadcast | net.FlagMulticast
	unplugged := iface(2, "eth0", broadcast|net.FlagUp, "192.168.8.164/24")
	unicast := iface(2, "eth0", net.FlagBroadcast|net.FlagUp|net.FlagRunning, "192.168.8.164/24")
	ported := Facts{
		Interfaces: []host.Interface{lo, eth0, br0}, Send: by(br0),
		Links: map[int]Link{2: {Kind: "veth", Elsewhere: true, Master: 10}, 10: {Kind: "bridge", Bridge: &Bridge{Ports: []int{2}}}},
	}
	bonded := Facts{
		Interfaces: []host.Interface{lo, eth0, br0}, Send: by(br0),
		Links: map[int]Link{2: {Master: 10}, 10: {Kind: "bond"}},
	}

	again := facts(by(eth0), iface(9, "eth0", up, "192.168.8.164/24"))
	again.Observed.Lost = again.Interfaces[1:]
	testRule(t, "interface-down", []ruleTest{
		{"nothing is known", Facts{}, in, "unknown", ""},
		{"up", lan, in, "ok", "eth0 (192.168.8.164)"},
		{"lo is off", Facts{Interfaces: []host.Interface{off, eth0}, Send: by(eth0)}, in, "warning lo -", "ip link set lo up"},
		{"lo is off, and joined on", Facts{Interfaces: []host.Interface{off}}, sendBy(talk("224.0.0.114", 1), off), "failure lo -", ""},
		{"nothing but lo", Facts{Interfaces: []host.Interface{lo}}, talk("224.0.0.114"), "ok", ""},
		{"no carrier, so that lo stands in", facts(by(lo), unplugged), talk("224.0.0.114", 1), "warning eth0 -", "no carrier|no other network is usable"},
		{"multicast is off, so that lo stands in", facts(by(lo), unicast), talk("224.0.0.114", 1), "warning eth0 -", "ip link set eth0 multicast on"},
		{"a card that is off, so that lo stands in", withLinks(facts(by(lo), iface(2, "eth0", broadcast)), map[int]Link{2: {}}), talk("224.0.0.114", 1), "warning eth0 -", "ip link set eth0 up"},
		{"no tunnel is missed", withLinks(facts(by(lo), iface(2, "ifb0", broadcast)), map[int]Link{2: {Kind: "ifb"}}), talk("224.0.0.114", 1), "ok", ""},
		{"made again, by name", facts(by(eth0), iface(9, "eth0", up, "192.168.8.164/24")), sendBy(in, eth0), "ok", ""},
		{"made again, not named", again, in, "ok", ""},
		{"gone for good", facts(nowhere(syscall.ENETUNREACH)), sendBy(in, eth0), "failure eth0 -", "eth0 is gone"},
		{"no carrier, and lo by choice", facts(by(lo), unplugged), sendBy(talk("224.0.0.114", 1), lo), "ok", ""},
	})
	testRule(t, "no-address", []ruleTest{
		{"nothing is known", Facts{}, in, "unknown", ""},
		{"it has one", lan, in, "ok", "192.168.8.164"},
		{"lo has none", Facts{Interfaces: []host.Interface{iface(1, "lo", up|net.FlagLoopback)}}, talk("224.0.0.114", 1), "warning lo -", "127.0.0.1/8 dev lo"},
		{"IPv6 is off", withSetting(facts(by(eth0), eth0), "net.ipv6.conf.eth0.disable_ipv6", 1), talk("ff05::114", 2), "warning eth0 -", "sysctl -w net.ipv6.conf.eth0.disable_ipv6=0"},
		{"none, so that lo stands in", facts(by(lo), iface(2, "eth0", broadcast|up)), talk("224.0.0.114", 1), "warning eth0 -", "eth0 has no IPv4 address"},
	})
	theirs := func(on ...host.InterfaceGroups) Facts {
		f := ported
		f.Groups = on
		return f
	}
	running := talk("224.0.0.114", 2)
	running.Live = true
	testRule(t, "bridge-port", []ruleTest{
		{"another program joined on a port", theirs(groupsAt(eth0, "224.0.0.114")), sendBy(talk("224.0.0.114", 10), br0), "warning eth0 -", "another program|the bridge br0|/proc/net/igmp"},
		{"another program joined on both", theirs(groupsAt(eth0, "224.0.0.114"), groupsAt(br0, "224.0.0.114")), sendBy(talk("224.0.0.114", 10), br0), "ok", ""},
		{"its own join, which the kernel lists, too", theirs(groupsAt(eth0, "224.0.0.114")), running, "failure eth0 use br0", ""},
		{"the kernel's own joins", theirs(groupsAt(eth0)), sendBy(talk("224.0.0.1", 10), br0), "ok", ""},
		{"nothing is known", Facts{}, in, "unknown", ""},
		{"links were not read", lan, in, "unknown", "RTM_GETLINK"},
		{"no port", withLinks(lan, map[int]Link{2: {}}), in, "ok", "eth0"},
		{"joined on a port", ported, in, "failure eth0 use br0", "master of eth0 is br0"},
		{"joined on a port and the bridge", ported, talk("224.0.0.114", 2, 10), "ok", ""},
		{"sent by a port", ported, sendBy(talk("224.0.0.114"), eth0), "failure eth0 use br0", ""},
		{"the port of a bond", bonded, in, "ok", ""},
	})

	child := iface(11, "mac0", up, "192.168.8.11/24")
	family := withLinks(facts(by(eth0), eth0, child), map[int]Link{2: {}, 11: {Kind: "macvlan", Parent: 2}})
	testRule(t, "macvlan", []ruleTest{
		{"nothing is known", Facts{}, in, "unknown", ""},
		{"none", withLinks(lan, map[int]Link{2: {}}), in, "ok", ""},
		{"one link was not read", withLinks(lan, map[int]Link{}), in, "unknown", "eth0"},
		{"of another namespace", withLinks(lan, map[int]Link{2: {Kind: "macvlan", Parent: 4, Elsewhere: true}}), in, "ok", "the host that it runs on"},
		{"of another namespace, and a host there is not heard", withLinks(lan, map[int]Link{2: {Kind: "macvlan", Parent: 4, Elsewhere: true}}),
			asksAbout(in, "192.168.8.1"), "warning eth0 -", "the host that it runs on|#4|type macvlan mode bridge"},
		{"of another namespace, and a host there is heard", withLinks(heardBy(by(eth0), eth0, "192.168.8.1"), map[int]Link{2: {Kind: "macvlan", Parent: 4, Elsewhere: true}}),
			asksAbout(in, "192.168.8.1"), "ok", ""},
		{"of another namespace, and a host far away", withLinks(lan, map[int]Link{2: {Kind: "macvlan", Parent: 4, Elsewhere: true}}), asksAbout(in, "203.0.113.1"), "ok", ""},
		{"with its parent", family, talk("224.0.0.114", 2, 11), "warning mac0 -", "eth0 and mac0"},
		{"without its parent", family, in, "ok", ""},
	})

	twin := iface(12, "eth5", up, "192.168.8.165/24")
	far := iface(13, "eth6", up, "10.0.0.1/8")
	doubled := facts(by(eth0), eth0, far)
	doubled.Observed.Doubled = []Doubled{{From: netip.MustParseAddrPort("192.168.8.226:1234"), Interfaces: [2]int{2, 13}, Datagrams: 4}}
	testRule(t, "two-on-one-lan", []ruleTest{
		{"joined once", Facts{}, in, "ok", ""},
		{"nothing is known", Facts{}, talk("224.0.0.114", 2, 3), "unknown", ""},
		{"the same subnet", facts(by(eth0), eth0, twin), talk("224.0.0.114", 2, 12), "warning eth5 leave eth5", "192.168.8.0/24"},
		{"the same subnet, and the second sends", facts(by(twin), eth0, twin), talk("224.0.0.114", 2, 12), "warning eth0 leave eth0", ""},
		{"different subnets", facts(by(eth0), eth0, far), talk("224.0.0.114", 2, 13), "ok", "10.0.0.1"},
		{"different subnets, but each came twice", doubled, talk("224.0.0.114", 2, 13), "warning eth6 leave eth6", "192.168.8.226:1234 that came by both: 4"},
		{"a link-local one tells nothing", facts(by(eth0), eth0, eth1), talk("224.0.0.114", 2, 3), "unknown", "eth1"},
		{"lo is a network of its own", facts(by(eth0), eth0), talk("224.0.0.114", 1, 2), "ok", ""},
	})
}
