package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// hintedNetwork is a network with a finding whose commands are not those of its
// scene.
type hintedNetwork struct {
	healthyNetwork
	finding string
	want    []string // its commands, each of which is executed
}

// elsewhere is an interface of A where nobody is.
const elsewhere = "eth1 on other 169.254.7.1/16\n"

var hintedNetworks = []hintedNetwork{
	{healthyNetwork{name: "some groups have a route of their own", where: lanOf(elsewhere + "route 239.0.0.0/8 dev eth1"), ask: "239.1.2.3"},
		"wrong-egress", []string{"ip route replace 239.0.0.0/8 dev eth0"}},
	{healthyNetwork{name: "an exit node's table before main", where: lanOf(elsewhere), ask: "239.1.2.3",
		setup: "A: ip route add default dev eth1 table 52 && ip rule add priority 5270 table 52"},
		"wrong-egress", []string{"ip route add throw 224.0.0.0/4 table 52"}},
	{healthyNetwork{name: "an exit node's table, and main leads nowhere", where: pair("192.168.1.10/24", "192.168.1.11/24", elsewhere), ask: "239.1.2.3",
		setup: "A: ip route add default dev eth1 table 52 && ip rule add priority 5270 table 52"},
		"wrong-egress", []string{"ip route add throw 224.0.0.0/4 table 52 && ip route add 224.0.0.0/4 dev eth0"}},
	{healthyNetwork{name: "rules as wg-quick makes them", where: lanOf(elsewhere), ask: "239.1.2.3",
		setup: "A: ip route add default dev eth1 table 51820 && ip rule add not fwmark 51820 table 51820 && ip rule add table main suppress_prefixlength 0"},
		"wrong-egress", []string{"ip route add 224.0.0.0/4 dev eth0"}},
	{healthyNetwork{name: "a rule by mark, and two metrics", where: lanOf(elsewhere), ask: "239.1.2.3",
		setup: "A: ip route add default dev eth0 table 100 && ip rule add fwmark 7 table 100 && ip route add 224.0.0.0/4 dev eth1 metric 10 && ip route add 224.0.0.0/4 dev eth0 metric 100"},
		"wrong-egress", []string{"ip route add 224.0.0.0/4 dev eth0"}},
	{healthyNetwork{name: "a route in the table local", where: lanOf(elsewhere), ask: "239.1.2.3", setup: "A: ip route add 239.0.0.0/8 dev eth1 table local"},
		"wrong-egress", []string{"ip route replace 239.0.0.0/8 dev eth0 table local"}},
	{healthyNetwork{name: "groups that are forbidden", where: lanOf("route unreachable 239.0.0.0/8"), ask: "-i default 239.1.2.3"},
		"no-route", []string{"ip route replace 239.0.0.0/8 dev eth0"}},
	{healthyNetwork{name: "a rule that forbids groups", where: lanOf(""), ask: "-i default 239.1.2.3", setup: "A: ip rule add priority 5 to 224.0.0.0/4 unreachable"},
		"no-route", nil},
	{healthyNetwork{name: "a source, behind an exit node", where: pair("192.168.1.10/24", "192.168.1.11/24", uplinks), ask: "239.1.2.3",
		setup: "A: ip route add 224.0.0.0/4 dev eth0 src 10.1.0.10 table 52 && ip rule add priority 5270 table 52"},
		"wrong-source", []string{"ip route replace throw 224.0.0.0/4 table 52 && ip route add 224.0.0.0/4 dev eth0 src 192.168.1.10"}},
	{healthyNetwork{name: "a source of IPv6", where: pair("fd00:1::10/64", "fd00:1::11/64", "eth1 on other fd00:2::10/64"), ask: "ff05::114%eth0",
		setup: "A: ip -6 route add multicast ff05::/16 dev eth0 src fd00:2::10 table local metric 5"},
		"wrong-source", []string{"ip -6 route replace multicast ff05::/16 dev eth0 src fd00:1::10 table local metric 1"}},
	{healthyNetwork{name: "a socket with as many sources as its filter holds", where: lanOf("sysctl net.ipv4.igmp_max_msf=2"), ask: "239.1.2.3",
		setup: "A& groupcast listen 192.168.1.11@239.1.2.3 192.168.1.12@239.1.2.3"},
		"too-many-groups", []string{"sysctl -w net.ipv4.igmp_max_msf=64"}},
	{healthyNetwork{name: "a sender of another subnet, and reverse paths are looked at", where: pair("192.168.1.10/24", "10.9.9.1/24", "route 224.0.0.0/4 dev eth0\nsysctl net.ipv4.conf.eth0.rp_filter=1"),
		ask: "--from 10.9.9.1 239.1.2.3"},
		"reverse-path", []string{"sysctl -w net.ipv4.conf.eth0.rp_filter=0", "ip route add 10.9.9.1/32 dev eth0"}},
	{healthyNetwork{name: "a sender of another subnet", where: pair("192.168.1.10/24", "10.9.9.1/24", "route 224.0.0.0/4 dev eth0"),
		ask: "--probe --watch 2s 239.1.2.3", setup: "B: ip route add 224.0.0.0/4 dev eth0\n" + bSends},
		"no-way-back", []string{"ip route add 10.9.9.1/32 dev eth0"}},
	{healthyNetwork{name: "an address of IPv6 that another host has", where: pair("192.168.1.10/24 fd00::10/64", "192.168.1.11/24 fd00::11/64", ""), ask: "ff05::114%eth0",
		setup: "A: sysctl -qw net.ipv6.conf.eth0.accept_dad=1 net.ipv6.conf.eth0.dad_transmits=1 && ip addr add fd00::11/64 dev eth0 && until ip addr show dev eth0 dadfailed | grep -q fd00::11; do sleep 0.1; done"},
		"duplicate-address", []string{"ip addr del fd00::11/64 dev eth0"}},
	{healthyNetwork{name: "an interface that is down", where: lanOf(""), ask: "-i eth0 239.1.2.3", setup: "A: ip link set eth0 down"},
		"interface-down", []string{"ip link set eth0 up"}},
	{healthyNetwork{name: "an interface without its flag", where: lanOf(""), ask: "-i eth0 239.1.2.3", setup: "A: ip link set eth0 multicast off"},
		"flag-off", []string{"ip link set eth0 multicast on"}},
	{healthyNetwork{name: "an interface without IPv6", where: lanOf(""), ask: "ff02::114%eth0", setup: "A: sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1"},
		"no-address", []string{"sysctl -w net.ipv6.conf.eth0.disable_ipv6=0"}},
	{healthyNetwork{name: "an interface without a route for groups of IPv6", where: lanOf(""), ask: "ff02::114%eth0", setup: "A: ip -6 route del multicast ff00::/8 dev eth0 table local"},
		"no-route", []string{"ip -6 route add multicast ff00::/8 dev eth0 table local"}},
	{healthyNetwork{name: "a version of IGMP that names no sources", where: lanOf("sysctl net.ipv4.conf.eth0.force_igmp_version=2"), ask: "192.168.1.11@232.1.1.1"},
		"igmp-version", []string{"sysctl -w net.ipv4.conf.eth0.force_igmp_version=0"}},
	{healthyNetwork{name: "a version of MLD that names no sources", where: lanOf("sysctl net.ipv6.conf.all.force_mld_version=1"), ask: "fd00::11@ff35::1%eth0"},
		"igmp-version", []string{"sysctl -w net.ipv6.conf.all.force_mld_version=0"}},
	{healthyNetwork{name: "the others are in the second subnet", where: pair("10.5.5.5/24 10.5.5.6/24 192.168.1.10/24", "192.168.1.11/24", "route 224.0.0.0/4 dev eth0"),
		ask: "--probe --watch 2s 239.1.2.3", setup: bSends},
		"wrong-source", []string{
			"sysctl -w net.ipv4.conf.eth0.promote_secondaries=1 && ip addr del 10.5.5.5/24 dev eth0 && ip addr add 10.5.5.5/24 dev eth0",
			"ip route replace 224.0.0.0/4 dev eth0 src 192.168.1.10",
		}},
}

// What a hint says depends on what is there. Its command is executed as it is
// printed, and the kernel then does what the finding wanted.
func TestHintsWorkInOtherNetworks(t *testing.T) {
	together(t, hintedNetworks, func(n hintedNetwork) string { return n.name }, func(t *testing.T, n hintedNetwork) {
		for which := range max(len(n.want), 1) {
			n.try(t, which)
		}
	})
}

// try builds the network and executes one of the commands.
func (n hintedNetwork) try(t *testing.T, which int) {
	l := labtest.Build(t, n.where())
	for line := range strings.Lines(n.setup) {
		step(t, l, strings.TrimSpace(line))
	}
	a, program := l.Host("A"), executable(t)
	args := append([]string{"doctor", "--json"}, strings.Fields(n.ask)...)
	printed := commandsAbout(t, n.finding, executeIn(t, a, program, args...))
	if !slices.Equal(printed, n.want) {
		t.Fatalf("%q, want %q", printed, n.want)
	}
	if len(printed) == 0 {
		return
	}
	sound(t, printed[which])
	executeIn(t, a, "sh", "-e", "-c", printed[which])
	if n.finding == "interface-down" { // the carrier comes by itself
		labtest.Eventually(t, "eth0 has its carrier", func() bool { return labtest.Device(t, a, "eth0").Carrier() })
	}
	if again := executeIn(t, a, program, args...); findingsAbout(t, n.finding, again) != nil {
		t.Errorf("it is found after %q as well:\n%s", printed[which], again)
	}
}
