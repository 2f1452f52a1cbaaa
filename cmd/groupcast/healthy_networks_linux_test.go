package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast/lab"
)

// healthy are the networks of TestNoFalseAlarms: plain ones, and those that
// are unusual in one way each.
var healthy = slices.Concat(plainNetworks, addressNetworks, routeNetworks, linkNetworks, firewallNetworks, programNetworks)

var plainNetworks = []healthyNetwork{
	{name: "a LAN of three", where: topologyNamed("classroom", 3)},
	{name: "a class of six", where: topologyNamed("classroom", 6)},
	{name: "two LANs with a router between them", where: topologyNamed("routed", 0), ask: "239.1.2.3"},
	{name: "the same two LANs", where: topologyNamed("routed", 0), ask: "224.0.0.114"},
	{name: "the same, from the other LAN, with a larger TTL", where: topologyNamed("routed", 0), ask: "--ttl 8 --from 192.168.2.10 239.1.2.3", hosts: "A",
		setup: "C& hold -hops 8 -to 239.1.2.3:1234 0.0.0.0:0"},
	{name: "their router, while a group crosses it", where: topologyNamed("routed", 0), ask: "239.1.2.3", hosts: "R",
		setup: "C& groupcast listen 239.1.2.3\nA& hold -hops 8 -to 239.1.2.3:1234 0.0.0.0:0"},
	{name: "a switch that does IGMP snooping, and asks", where: topologyNamed("snooping", 0), ask: "239.1.2.3"},
	{name: "a switch that asks by IGMPv2", where: onSwitch("snooping querier igmp 2"), ask: "239.1.2.3"},
	{name: "a switch that floods only what it knows the members of", where: onSwitch("snooping querier flood off"), ask: "239.1.2.3"},
	{name: "two LANs with IPv4 and IPv6, a host on both", where: topologyNamed("ipv6", 0)},
	{name: "the same, by IPv6", where: topologyNamed("ipv6", 0), ask: "ff02::114%eth0"},
	{name: "the article's LAN, with a route for groups", where: mended},
	{name: "a LAN that takes 100 ms", where: pair("192.168.1.10/24 delay 100ms", "192.168.1.11/24", "route 224.0.0.0/4 dev eth0"), ask: "239.1.2.3", hosts: "A"},
}

// mended is the article's LAN after its fix.
func mended() lab.Topology {
	t := lab.Article
	t.Hosts = slices.Clone(t.Hosts)
	a := &t.Hosts[0]
	a.Routes = append(slices.Clone(a.Routes), lab.Route{Dst: netip.MustParsePrefix("224.0.0.0/4"), Dev: "eth0"})
	return t
}

// onSwitch is the topology snooping, on a switch of another kind.
func onSwitch(words string) func() lab.Topology {
	text := strings.ReplaceAll(topologyNamed("snooping", 0)().String(), "snooping querier", words)
	return drawn(text)
}

// bSends is B, which speaks in a group.
const bSends = "B& hold -to 239.1.2.3:1234 0.0.0.0:0"

var addressNetworks = []healthyNetwork{
	{name: "a wire of two, /31", where: pair("10.0.0.0/31", "10.0.0.1/31", "route default via 10.0.0.1 dev eth0"),
		ask: "--from 10.0.0.1 239.1.2.3", hosts: "A", setup: bSends},
	{name: "an address with /32 and a route on the link", where: pair("10.66.0.1/32", "10.66.0.2/32", "route 10.66.0.2/32 dev eth0\nroute 224.0.0.0/4 dev eth0"),
		ask: "--from 10.66.0.2 239.1.2.3", hosts: "A", setup: bSends + "\nB: ip route add 10.66.0.1/32 dev eth0"},
	{name: "an address and its peer's", where: pair("", "10.66.0.2/32", "route 224.0.0.0/4 dev eth0"),
		ask: "--from 10.66.0.2 239.1.2.3", hosts: "A", setup: "A: ip addr add 10.66.0.1 peer 10.66.0.2/32 dev eth0\nB: ip route add 10.66.0.1/32 dev eth0\n" + bSends},
	{name: "two subnets on one wire", where: pair("10.0.1.1/24 10.0.2.1/24", "10.0.2.2/24", "route 224.0.0.0/4 dev eth0 src 10.0.2.1"),
		ask: "--from 10.0.2.2 239.1.2.3", hosts: "A", setup: bSends},
	{name: "two subnets on one wire, a host of each", where: pair("10.0.1.1/24", "10.0.2.2/24", "route 10.0.2.0/24 dev eth0\nroute 224.0.0.0/4 dev eth0"),
		ask: "--from 10.0.2.2 239.1.2.3", hosts: "A", setup: "B: ip route add 10.0.1.0/24 dev eth0\n" + bSends},
	{name: "two addresses of one subnet", where: pair("10.0.1.1/24 10.0.1.7/24", "10.0.1.2/24", "route default via 10.0.1.254 dev eth0"), ask: "239.1.2.3", hosts: "A"},
	{name: "link-local addresses alone", where: pair("169.254.3.4/16", "169.254.7.8/16", "route 224.0.0.0/4 dev eth0"), hosts: "A"},
	{name: "IPv6 alone, without any but link-local addresses", where: pair("", "", ""), ask: "ff02::114%eth0"},
	{name: "IPv6 alone, with ULAs", where: pair("fd12:3456::1/64", "fd12:3456::2/64", ""), ask: "ff05::114%eth0"},
	{name: "IPv6 switched off", where: pair("192.168.1.10/24", "192.168.1.11/24", "route default via 192.168.1.1 dev eth0\nsysctl net.ipv6.conf.all.disable_ipv6=1"), hosts: "A"},
}

// onLAN is A with a default route by the LAN.
const onLAN = "route default via 192.168.1.1 dev eth0\n"

func lanOf(more string) func() lab.Topology {
	return pair("192.168.1.10/24", "192.168.1.11/24", onLAN+more)
}

// uplinks is A with a second LAN, and no routes.
const uplinks = "eth1 on other 10.1.0.10/24\n"

// wg is A with a VPN: a device of its own.
const wg = "wg0 on - 10.8.0.2/32 mtu 1420\n"

var routeNetworks = []healthyNetwork{
	{name: "no route but that for groups", where: pair("192.168.1.10/24", "192.168.1.11/24", "route 224.0.0.0/4 dev eth0"), hosts: "A"},
	{name: "two uplinks, the LAN's with the lower metric", where: pair("192.168.1.10/24", "192.168.1.11/24", uplinks), hosts: "A", ask: "239.1.2.3",
		setup: "A: ip route add default via 192.168.1.1 metric 100 && ip route add default via 10.1.0.1 metric 200"},
	{name: "two uplinks, and the LAN chosen", where: pair("192.168.1.10/24", "192.168.1.11/24", uplinks+"route default via 10.1.0.1"), hosts: "A", ask: "-i eth0 239.1.2.3"},
	{name: "two uplinks with equal weight, and the LAN chosen", where: pair("192.168.1.10/24", "192.168.1.11/24", uplinks), hosts: "A", ask: "-i eth0 239.1.2.3",
		setup: "A: ip route add default nexthop via 192.168.1.1 nexthop via 10.1.0.1"},
	{name: "a rule by mark", where: lanOf(uplinks), hosts: "A", ask: "239.1.2.3",
		setup: "A: ip route add default via 10.1.0.1 table 100 && ip rule add fwmark 7 table 100"},
	{name: "a rule by user", where: lanOf(uplinks), hosts: "A", ask: "239.1.2.3",
		setup: "A: ip route add default via 10.1.0.1 table 100 && ip rule add uidrange 0-0 ipproto tcp table 100"},
	{name: "a rule by source", where: lanOf(uplinks), hosts: "A", ask: "239.1.2.3",
		setup: "A: ip route add default via 10.1.0.1 table 100 && ip rule add from 10.1.0.10 table 100"},
	{name: "a VPN for its own network", where: lanOf(wg + "route 10.8.0.0/16 dev wg0"), hosts: "A", ask: "239.1.2.3"},
	{name: "a VPN for everything as wg-quick makes it, and a route for groups", where: lanOf(wg + "route 224.0.0.0/4 dev eth0"), hosts: "A", ask: "239.1.2.3",
		setup: "A: ip route add default dev wg0 table 51820 && ip rule add not fwmark 51820 table 51820 && ip rule add table main suppress_prefixlength 0"},
	{name: "a VPN for everything, and the LAN chosen", where: lanOf(wg + "route 0.0.0.0/1 dev wg0\nroute 128.0.0.0/1 dev wg0"), hosts: "A", ask: "-i eth0 239.1.2.3"},
	{name: "an exit node's table, which groups do not use", where: lanOf(wg), hosts: "A", ask: "239.1.2.3",
		setup: "A: ip route add default dev wg0 table 52 && ip route add throw 224.0.0.0/4 table 52 && ip rule add priority 5270 table 52"},
	{name: "reverse paths looked at strictly", where: lanOf("sysctl net.ipv4.conf.all.rp_filter=1"), hosts: "A", ask: "--from 192.168.1.11 239.1.2.3", setup: bSends},
	{name: "reverse paths looked at loosely", where: lanOf("sysctl net.ipv4.conf.all.rp_filter=2"), hosts: "A", ask: "--from 192.168.1.11 239.1.2.3", setup: bSends},
	{name: "a host that forwards, on one LAN", where: lanOf("sysctl net.ipv4.ip_forward=1"), hosts: "A", ask: "--from 192.168.1.11 239.1.2.3", setup: bSends},
}

var linkNetworks = []healthyNetwork{
	{name: "Docker without containers", where: lanOf(""), hosts: "A", setup: "A: ip link add docker0 type bridge && ip addr add 172.17.0.1/16 dev docker0 && ip link set docker0 up"},
	{name: "Docker with a container, asked on its host", where: docker, hosts: "A"},
	{name: "two containers of one host", where: docker, hosts: "box", ask: "--from 172.17.0.3 239.1.2.3", setup: dockerUp + "\nbox2& hold -to 239.1.2.3:1234 0.0.0.0:0"},
	{name: "a macvlan device beside its parent", where: lanOf(""), hosts: "A", ask: "-i eth0 --from 192.168.1.11 239.1.2.3",
		setup: "A: ip link add link eth0 name mac0 type macvlan mode bridge && ip addr add 192.168.1.20/32 dev mac0 && ip link set mac0 up\n" + bSends},
	{name: "a macvlan device that talks to others than its parent", where: lanOf(""), hosts: "A", ask: "-i mac0 --from 192.168.1.11 239.1.2.3",
		setup: "A: ip link add link eth0 name mac0 type macvlan mode bridge && ip addr add 192.168.1.20/24 dev mac0 && ip link set mac0 up\n" + bSends},
	{name: "a bridge that has the address", where: pair("", "192.168.1.11/24", ""), hosts: "A", ask: "239.1.2.3",
		setup: "A: ip link add br0 type bridge && ip link set br0 up && ip link set eth0 master br0 && ip addr add 192.168.1.10/24 dev br0 && ip route add default via 192.168.1.1"},
	{name: "50 interfaces", where: lanOf(fifty()), hosts: "A", ask: "239.1.2.3"},
	{name: "an MTU of 9000", where: pair("192.168.1.10/24 mtu 9000", "192.168.1.11/24 mtu 9000", onLAN), hosts: "A", ask: "--size 8000 239.1.2.3"},
	{name: "an MTU of 576", where: pair("192.168.1.10/24 mtu 576", "192.168.1.11/24 mtu 576", onLAN), hosts: "A", ask: "--size 500 239.1.2.3"},
	{name: "an interface that takes every frame", where: lanOf(""), hosts: "A", ask: "239.1.2.3", setup: "A: ip link set eth0 promisc on allmulticast on"},
	{name: "an interface that is down, and nobody needs", where: lanOf("eth1 on other 10.1.0.10/24 down"), hosts: "A", ask: "239.1.2.3"},
	{name: "a network for another purpose, without an address", where: lanOf("eth1 on other"), hosts: "A", ask: "239.1.2.3"},
}

// fifty are interfaces besides eth0 that are on no wire.
func fifty() string {
	var b strings.Builder
	for i := range 49 {
		fmt.Fprintf(&b, "net%d on - 10.50.%d.1/24\n", i, i)
	}
	return b.String()
}

// docker is a host with a bridge that containers are on, as Docker's default
// network is.
var docker = drawn(`
switch lan
switch docker0
host A
  eth0 on lan 192.168.1.10/24
  docker0 on docker0 172.17.0.1/16
  route default via 192.168.1.1 dev eth0
  sysctl net.ipv4.ip_forward=1
host B
  eth0 on lan 192.168.1.11/24
host box
  eth0 on docker0 172.17.0.2/16
  route default via 172.17.0.1 dev eth0
host box2
  eth0 on docker0 172.17.0.3/16
  route default via 172.17.0.1 dev eth0
`)

// dockerUp is what Docker lets its host do with what containers send.
const dockerUp = "A: nft 'add table ip nat; add chain ip nat post { type nat hook postrouting priority 100; }; add rule ip nat post ip saddr 172.17.0.0/16 oifname != docker0 masquerade'"

// strict is a firewall that lets in what it is told, besides what everybody
// needs.
func strict(rules string) string {
	return "A: nft 'add table inet filter; add chain inet filter input { type filter hook input priority 0; policy drop; }; " +
		"add rule inet filter input iif lo accept; add rule inet filter input ct state established,related accept; " +
		"add rule inet filter input meta l4proto { icmp, ipv6-icmp, igmp } accept; add rule inet filter input " + rules + "'"
}

// others is what the LAN says besides, in groups that A has joined.
const others = "A& hold -join 239.255.255.250,239.7.7.7 0.0.0.0:1900\n" +
	"B& hold -to 239.255.255.250:1900 0.0.0.0:0\nB& hold -to 239.7.7.7:7777 0.0.0.0:0\n"

var firewallNetworks = []healthyNetwork{
	{name: "a strict firewall with this group open", where: lanOf(""), hosts: "A", ask: "239.1.2.3",
		setup: strict("ip daddr 239.1.2.3 udp dport 1234 accept") + "\n" + others + bSends},
	{name: "a strict firewall with this group open, and nobody speaks in it", where: lanOf(""), hosts: "A", ask: "239.1.2.3",
		setup: strict("ip daddr 239.1.2.3 udp dport 1234 accept") + "\n" + others},
	{name: "a firewall as ufw has it, for mDNS", where: lanOf(""), hosts: "A", ask: "--ttl 255 224.0.0.251:5353",
		setup: strict("ip daddr { 224.0.0.251, 239.255.255.250 } udp dport { 5353, 1900 } accept") +
			"\nB& hold -to 224.0.0.251:5353 0.0.0.0:5353\n" + others},
	{name: "a firewall that drops other groups", where: lanOf(""), hosts: "A", ask: "239.1.2.3",
		setup: "A: nft 'add table inet filter; add chain inet filter input { type filter hook input priority 0; }; add rule inet filter input ip daddr 239.255.255.250 drop'\n" + others + bSends},
	{name: "a firewall that forwards nothing", where: lanOf(""), hosts: "A", ask: "239.1.2.3",
		setup: "A: nft 'add table inet filter; add chain inet filter forward { type filter hook forward priority 0; policy drop; }'\n" + bSends},
	{name: "masquerade for everybody", where: lanOf(""), hosts: "A", ask: "239.1.2.3",
		setup: "A: nft 'add table ip nat; add chain ip nat post { type nat hook postrouting priority 100; }; add rule ip nat post ip saddr 172.17.0.0/16 masquerade'\n" + bSends},
}

var programNetworks = []healthyNetwork{
	{name: "10,000 datagrams a second", where: lanOf(""), hosts: "A", ask: "239.1.2.3", alone: true,
		setup: "B& hold -every 1ms -burst 10 -to 239.1.2.3:1234 0.0.0.0:0"},
	{name: "others' groups, at ports that nobody has", where: lanOf(""), hosts: "A", ask: "239.1.2.3", setup: others},
	{name: "mDNS, with its TTL of 255", where: lanOf(""), hosts: "A", ask: "--ttl 255 224.0.0.251:5353",
		setup: "A& hold -reuseport -join 224.0.0.251 0.0.0.0:5353\nA& hold -reuseport -join 224.0.0.251 0.0.0.0:5353\nB& hold -to 224.0.0.251:5353 0.0.0.0:5353"},
	{name: "a server on the port, which never joined", where: lanOf(""), hosts: "A", ask: "239.1.2.3:7000", setup: "A& hold 0.0.0.0:7000"},
	{name: "a sender on the port", where: lanOf(""), hosts: "A", ask: "239.1.2.3:7000", setup: "A& hold -to 239.1.2.3:7000 0.0.0.0:7000"},
	{name: "a server at 127.0.0.1, on the port", where: lanOf(""), hosts: "A", ask: "239.1.2.3:7000", setup: "A& hold 127.0.0.1:7000"},
	{name: "a client on the port, connected to a server", where: lanOf(""), hosts: "A", ask: "239.1.2.3:7000", setup: "A& hold -connect 192.168.1.11:7000 192.168.1.10:7000"},
	{name: "two that listen", where: lanOf(""), hosts: "A", ask: "239.1.2.3", setup: "A& groupcast listen 239.1.2.3\nA& groupcast listen 239.1.2.3\n" + bSends},
	{name: "a program with two sockets", where: lanOf(""), hosts: "A", ask: "239.1.2.3", setup: "A& hold -twice -join 239.1.2.3 0.0.0.0:1234\n" + bSends},
	{name: "a program in two groups", where: lanOf(""), hosts: "A", ask: "239.1.2.3", setup: "A& hold -join 239.1.2.3,239.1.2.4 0.0.0.0:1234\n" + bSends},
	{name: "one source of a group", where: lanOf(""), hosts: "A", ask: "192.168.1.11@232.1.2.3", setup: "B& hold -to 232.1.2.3:1234 0.0.0.0:0"},
	{name: "a group of others, spoken in at a port that nobody has, and this one", where: lanOf(""), hosts: "A", ask: "239.1.2.3",
		setup: "A& hold -join 239.9.9.9 0.0.0.0:9000\nB& hold -to 239.9.9.9:9001 0.0.0.0:0\n" + bSends},
	{name: "a system that hides /sys", where: lanOf(""), hosts: "A", ask: "239.1.2.3", hides: "/sys"},
	{name: "a system that hides /proc", where: lanOf(""), hosts: "A", ask: "239.1.2.3", hides: "/proc", setup: bSends},
}
