package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// kindOfNetwork is a network whose kind explains what its host asks about.
type kindOfNetwork struct {
	name  string
	where func() lab.Topology
	host  string
	setup string // as of healthyNetwork
	ask   string // the doctor's arguments
	kind  string // that it says; "": none
	found string // the warnings and failures
	carry bool   // it says what carries groups there
}

// boxes is a LAN, and a computer on it with containers behind its NAT, as engines
// and people make them.
var boxes = drawn(`
switch lan
switch docker0
switch br1
host A
  eth0 on lan 192.168.1.10/24 fd11::10/64
  docker0 on docker0 172.22.0.1/16 fd22::1/64
  br1 on br1 10.77.5.1/24
  sysctl net.ipv4.ip_forward=1
  sysctl net.ipv6.conf.all.forwarding=1
host B
  eth0 on lan 192.168.1.11/24 fd11::11/64
  route fd22::/64 via fd11::10
host box
  eth0 on docker0 172.22.0.9/16 fd22::9/64
  route default via 172.22.0.1 dev eth0
  route ::/0 via fd22::1 dev eth0
host neighbour
  eth0 on docker0 172.22.0.8/16
  route default via 172.22.0.1 dev eth0
host other
  eth0 on br1 10.77.5.9/24
  route default via 10.77.5.1 dev eth0
`)

const (
	masquerade = "A: nft 'add table ip nat; add chain ip nat post { type nat hook postrouting priority 100; }; add rule ip nat post ip saddr { 172.22.0.0/16, 10.77.5.0/24 } oifname eth0 masquerade'\n"
	calicos    = "A: ip addr add 10.1.200.7/32 dev eth0 && ip route add 169.254.1.1 dev eth0 scope link && ip route add default via 169.254.1.1 dev eth0\n"
	halves     = "tap0 on - 10.8.0.2/24\nroute 0.0.0.0/1 via 10.8.0.1 dev tap0\nroute 128.0.0.0/1 via 10.8.0.1 dev tap0\n"
	exitNode   = "A: ip route add default dev wg0 table 52 && ip rule add priority 5270 table 52\n"
	listens    = "--probe --watch 2500ms "
)

var kindsOfNetworks = []kindOfNetwork{
	{name: "a container, asked about the LAN", where: boxes, host: "box", setup: masquerade + bSends, ask: "--from 192.168.1.11 239.1.2.3",
		kind: "container", found: "virtual-network", carry: true},
	{name: "a container, listening for the LAN", where: boxes, host: "box", setup: masquerade + bSends, ask: listens + "--from 192.168.1.11 239.1.2.3",
		kind: "container", found: "not-heard virtual-network", carry: true},
	{name: "a container, listening by IPv6", where: boxes, host: "box", ask: listens + "--from fd11::11 ff05::114%eth0",
		kind: "container", found: "not-heard virtual-network", carry: true},
	{name: "a container, asked about a group of the link", where: boxes, host: "box", setup: masquerade, ask: "--from 192.168.1.11 224.0.0.114",
		kind: "container", found: "virtual-network", carry: true},
	{name: "a container, asked who hears it", where: boxes, host: "box", setup: masquerade, ask: "--to 192.168.1.11 239.1.2.3",
		kind: "container", found: "virtual-network", carry: true},
	{name: "a container, and its neighbour is heard", where: boxes, host: "box", setup: "neighbour& hold -to 239.1.2.3:1234 0.0.0.0:0",
		ask: listens + "--from 172.22.0.8 239.1.2.3", kind: "container"},
	{name: "a container of a network that anybody could have", where: boxes, host: "other", setup: masquerade + bSends, ask: listens + "--from 192.168.1.11 239.1.2.3",
		kind: "container", found: "not-heard hops-too-small", carry: true},
	{name: "a pod with /32", where: pair("", "10.1.0.1/24", ""), host: "A", setup: calicos, ask: listens + "--from 10.1.0.1 239.1.2.3",
		kind: "pod", found: "not-heard virtual-network", carry: true},
	{name: "a VPN with half of all addresses", where: lanOf(halves), host: "A", ask: "239.1.2.3", kind: "vpn", found: "wrong-egress", carry: true},
	{name: "an exit node's table", where: lanOf(wg), host: "A", setup: exitNode, ask: "239.1.2.3", kind: "vpn", found: "wrong-egress", carry: true},
	{name: "a host behind a plain router", where: topologyNamed("routed", 0), host: "A", ask: "239.1.2.3"},
	{name: "its multicast router", where: topologyNamed("routed", 0), host: "R", ask: "-i eth0 239.1.2.3", kind: "multicast-router", carry: true},
	{name: "the host of the containers", where: boxes, host: "A", ask: "-i eth0 --from 172.22.0.9 239.1.2.3", kind: "unicast-router", found: "joined-elsewhere no-multicast-router", carry: true},
	{name: "a cable without an address", where: pair("", "", ""), host: "A", ask: "239.1.2.3", kind: "no-address", found: "no-address", carry: true},
	{name: "no network", where: drawn("host A\n"), host: "A", ask: "239.1.2.3", kind: "alone", found: "no-route", carry: true},
}

// Where the kind of the network is the answer it is said, and no rule blames what
// does not matter there.
func TestKindsOfNetworks(t *testing.T) {
	together(t, kindsOfNetworks, func(n kindOfNetwork) string { return n.name }, func(t *testing.T, n kindOfNetwork) {
		l := labtest.Build(t, n.where())
		for line := range strings.Lines(n.setup) {
			if step(t, l, strings.TrimSpace(line)); t.Failed() {
				return
			}
		}
		args := append([]string{"doctor", "--json"}, strings.Fields(n.ask)...)
		lines := strings.Split(strings.TrimSpace(executeIn(t, l.Host(n.host), executable(t), args...)), "\n")
		var found []string
		for _, line := range lines[:len(lines)-1] {
			var f findingObject
			if err := json.Unmarshal([]byte(line), &f); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			if f.Type == "finding" {
				found = append(found, f.Name)
			}
		}
		slices.Sort(found)
		var last jsonDoctor
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
			t.Fatalf("%q: %v", lines[len(lines)-1], err)
		}
		kind, carry := "", false
		if last.Network != nil {
			kind, carry = last.Network.Kind, len(last.Network.Carries) > 0
		}
		want := strings.Fields(n.found)
		slices.Sort(want)
		if kind != n.kind || carry != n.carry || !slices.Equal(slices.Compact(found), want) {
			t.Errorf("it says %q (what carries groups: %t) and finds %q; want %q (%t) and %q\n%s", kind, carry, found, n.kind, n.carry, want, strings.Join(lines, "\n"))
		}
	})
}
