package lesson

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/groupcast/groupcast/mcast/lab"
)

// TopologyOf returns the topology of a lesson, of a scene, or of that name that
// lessons are built on. ok is false if there is none.
func TopologyOf(name string) (t lab.Topology, ok bool) {
	if t, err := findTopology(name, 0); err == nil {
		return t, true
	}
	if !slices.Contains(order, name) && !slices.Contains(scenes, name) {
		return t, false
	}
	l, err := Find(name)
	return l.Topology, err == nil
}

// findTopology returns the topology of that name: one of those below, which
// are as plain as a lesson wants them, or one of package lab.
func findTopology(name string, hosts int) (lab.Topology, error) {
	switch name {
	case "lan":
		return plainLAN, nil
	case "two-networks":
		return twoNetworks, nil
	case "two-routers":
		return twoRouters, nil
	case "two-queriers":
		return twoQueriers, nil
	case "snooping-mld":
		return snoopingMLD, nil
	case "two-rooms":
		return twoRooms, nil
	case "container":
		return container, nil
	}
	return lab.FindTopology(name, hosts)
}

// plainLAN is three hosts on one switch.
var plainLAN = lab.Topology{
	Switches: []lab.Switch{{Name: "lan"}},
	Hosts:    []lab.Host{onLAN("A", "192.168.1.10/24"), onLAN("B", "192.168.1.11/24"), onLAN("C", "192.168.1.12/24")},
}

// snoopingMLD is three hosts on a switch that knows the members of IPv6 groups, too.
var snoopingMLD = lab.Topology{
	Switches: []lab.Switch{{Name: "lan", Snooping: true, Querier: true, MLD: 2}},
	Hosts:    []lab.Host{onLAN6("A", 10), onLAN6("B", 11), onLAN6("C", 12)},
}

// onLAN6 has an IPv4 address and one of fd00:1::/64.
func onLAN6(name string, n int) lab.Host {
	h := onLAN(name, fmt.Sprintf("192.168.1.%d/24", n))
	h.Interfaces[0].Addrs = append(h.Interfaces[0].Addrs, netip.MustParsePrefix(fmt.Sprintf("fd00:1::%d/64", n)))
	return h
}

func onLAN(name, addr string) lab.Host {
	return lab.Host{
		Name:       name,
		Interfaces: []lab.Interface{{Name: "eth0", Switch: "lan", Addrs: []netip.Prefix{netip.MustParsePrefix(addr)}}},
		Routes:     []lab.Route{{Dst: netip.MustParsePrefix("224.0.0.0/4"), Dev: "eth0"}},
	}
}

// container is two hosts on one switch and a container, whose own wire to the
// switch is there but switched off.
var container = lab.Topology{
	Switches: []lab.Switch{{Name: "lan"}},
	Hosts:    []lab.Host{onLAN("A", "192.168.1.10/24"), onLAN("B", "192.168.1.11/24"), box},
}

var box = lab.Host{Name: "box", Interfaces: []lab.Interface{
	{Name: "eth0", Switch: "lan", Addrs: []netip.Prefix{netip.MustParsePrefix("192.168.1.13/24")}, Down: true},
}}

// twoRouters is two networks with two routers between them, which both forward
// every group: they do not agree on one that does.
var twoRouters = lab.Topology{
	Switches: []lab.Switch{{Name: "one"}, {Name: "two"}},
	Hosts: []lab.Host{
		behindRouter("A", "one", "192.168.1.10/24", "192.168.1.1"), behindRouter("C", "two", "192.168.2.10/24", "192.168.2.1"),
		routerBetween("R", "192.168.1.1/24", "192.168.2.1/24"), routerBetween("S", "192.168.1.2/24", "192.168.2.2/24"),
	},
}

// twoQueriers is two networks with two routers between them, one of which is elected to
// send queries on the second network, and to forward.
var twoQueriers = lab.Topology{
	Switches: []lab.Switch{{Name: "one"}, {Name: "two"}},
	Hosts: []lab.Host{
		inNetwork("A", "one", "192.168.1.10/24"), inNetwork("B", "two", "192.168.2.10/24"), inNetwork("C", "two", "192.168.2.11/24"),
		proxyBetween("R", "192.168.1.2/24", "192.168.2.2/24"), proxyBetween("S", "192.168.1.3/24", "192.168.2.3/24"),
	},
}

// twoRooms is two networks and a host that is on both, and forwards nothing.
var twoRooms = lab.Topology{
	Switches: []lab.Switch{{Name: "one"}, {Name: "two"}},
	Hosts: []lab.Host{
		inNetwork("A", "one", "192.168.1.10/24"), inNetwork("B", "one", "192.168.1.11/24"), inNetwork("C", "two", "192.168.2.10/24"),
		onBoth("X", "192.168.1.1/24", "192.168.2.1/24"),
	},
}

func inNetwork(name, network, addr string) lab.Host {
	h := onLAN(name, addr)
	h.Interfaces[0].Switch = network
	return h
}

func proxyBetween(name, one, two string) lab.Host {
	h := routerBetween(name, one, two)
	h.Flood = false
	return h
}

func behindRouter(name, network, addr, router string) lab.Host {
	return lab.Host{
		Name:       name,
		Interfaces: []lab.Interface{{Name: "eth0", Switch: network, Addrs: []netip.Prefix{netip.MustParsePrefix(addr)}}},
		Routes:     []lab.Route{{Dst: netip.MustParsePrefix("0.0.0.0/0"), Via: netip.MustParseAddr(router)}},
	}
}

func routerBetween(name, one, two string) lab.Host {
	return lab.Host{Name: name, Router: true, Flood: true, Interfaces: []lab.Interface{
		{Name: "eth0", Switch: "one", Addrs: []netip.Prefix{netip.MustParsePrefix(one)}},
		{Name: "eth1", Switch: "two", Addrs: []netip.Prefix{netip.MustParsePrefix(two)}},
	}}
}

// twoNetworks is two hosts that are both on the same two networks.
var twoNetworks = lab.Topology{
	Switches: []lab.Switch{{Name: "one"}, {Name: "two"}},
	Hosts:    []lab.Host{onBoth("A", "192.168.1.10/24", "10.1.0.10/24"), onBoth("B", "192.168.1.11/24", "10.1.0.11/24")},
}

func onBoth(name, one, two string) lab.Host {
	return lab.Host{Name: name, Interfaces: []lab.Interface{
		{Name: "eth0", Switch: "one", Addrs: []netip.Prefix{netip.MustParsePrefix(one)}},
		{Name: "eth1", Switch: "two", Addrs: []netip.Prefix{netip.MustParsePrefix(two)}},
	}}
}
