package lab

import (
	"fmt"
	"net/netip"
)

// Named is a topology that has a name.
type Named struct {
	Name  string
	Title string // a line for a list

	// Make returns the topology, with that number of hosts where it can be
	// chosen, which is in a classroom: 1 to 250; 0: 30.
	Make func(hosts int) Topology
}

// maxClass is what a /24 has addresses for, with some to spare.
const maxClass = 250

// Topologies returns the topologies that have names.
func Topologies() []Named {
	return []Named{
		{"article", "A has two interfaces, and its default route does not lead to B's LAN", always(Article)},
		{"classroom", "hosts H1, H2, ... on one switch", classroom},
		{"routed", "A and B on one LAN, C and D on another, and a router between them", always(routed)},
		{"wan", "A, B and C on LANs of their own; the routers R1, R2 and R3 connect each LAN to one network between them", always(wan)},
		{"snooping", "A, B and C on a snooping switch that is the querier, too: it forwards a group to its members only", always(snooping(true))},
		{"snooping-no-querier", "the same without a querier: the switch's entries soon time out", always(snooping(false))},
		{"two-homed-both", "A has two interfaces on B's LAN, and receives everything twice that it joins on both", always(twoHomedBoth)},
		{"vpn", "A's VPN routes every address, groups included; B is on A's LAN", always(vpn)},
		{"ipv6", "A is on two LANs, with B on one and C on the other; all speak IPv4 and IPv6", always(ipv6)},
	}
}

// FindTopology returns the topology of that name. hosts is how many are
// wanted where that can be chosen, 0 to 250; 0: as many as it has by itself.
func FindTopology(name string, hosts int) (Topology, error) {
	if hosts < 0 || hosts > maxClass {
		return Topology{}, fmt.Errorf("lab: %d hosts: want 1 to %d", hosts, maxClass)
	}
	var names []string
	for _, t := range Topologies() {
		if t.Name == name {
			return t.Make(hosts), nil
		}
		names = append(names, t.Name)
	}
	return Topology{}, fmt.Errorf("lab: no topology %q%s", name, didYouMean(name, names))
}

func always(t Topology) func(int) Topology { return func(int) Topology { return t } }

// Article is the LAN that the pitfalls start from. A and B are on one switch, but
// A's default route leads out of its other interface, to another wire, and so do
// its multicast datagrams. Neither gateway exists.
var Article = Topology{
	Switches: []Switch{{Name: "lan"}, {Name: "other"}},
	Hosts: []Host{
		{
			Name:       "A",
			Interfaces: []Interface{wired("eth0", "lan", "192.168.8.164/24"), wired("eth1", "other", "169.254.167.41/16")},
			Routes:     []Route{byDefault("169.254.0.1", "eth1")},
		},
		{
			Name:       "B",
			Interfaces: []Interface{wired("eth0", "lan", "192.168.8.226/24")},
			Routes:     []Route{byDefault("192.168.8.1", "eth0")},
		},
	},
}

func classroom(hosts int) Topology {
	if hosts == 0 {
		hosts = 30
	}
	t := Topology{Switches: []Switch{{Name: "lan"}}}
	for i := 1; i <= hosts; i++ {
		t.Hosts = append(t.Hosts, member(fmt.Sprintf("H%d", i), "lan", fmt.Sprintf("192.168.1.%d/24", i)))
	}
	return t
}

var routed = Topology{
	Switches: []Switch{{Name: "left"}, {Name: "right"}},
	Hosts: []Host{
		behind("A", "left", "192.168.1.10/24", "192.168.1.1"),
		behind("B", "left", "192.168.1.11/24", "192.168.1.1"),
		{Name: "R", Router: true, Interfaces: []Interface{
			wired("eth0", "left", "192.168.1.1/24"), wired("eth1", "right", "192.168.2.1/24"),
		}},
		behind("C", "right", "192.168.2.10/24", "192.168.2.1"),
		behind("D", "right", "192.168.2.11/24", "192.168.2.1"),
	},
}

// wan is a tree: what a LAN sends goes up to the switch in the middle, which brings
// it to the routers that have joined it.
var wan = Topology{
	Switches: []Switch{{Name: "core", Snooping: true, Querier: true}, {Name: "one"}, {Name: "two"}, {Name: "three"}},
	Hosts: []Host{
		between(1, "one"), between(2, "two"), between(3, "three"),
		behind("A", "one", "192.168.1.10/24", "192.168.1.1"),
		behind("B", "two", "192.168.2.10/24", "192.168.2.1"),
		behind("C", "three", "192.168.3.10/24", "192.168.3.1"),
	},
}

// between is one of wan's three routers.
func between(n int, lan string) Host {
	h := Host{Name: fmt.Sprintf("R%d", n), Router: true, Interfaces: []Interface{
		wired("eth0", "core", fmt.Sprintf("10.0.0.%d/24", n)), wired("eth1", lan, fmt.Sprintf("192.168.%d.1/24", n)),
	}}
	for other := 1; other <= 3; other++ {
		if other != n {
			h.Routes = append(h.Routes, Route{
				Dst: netip.MustParsePrefix(fmt.Sprintf("192.168.%d.0/24", other)), Via: netip.MustParseAddr(fmt.Sprintf("10.0.0.%d", other)), Dev: "eth0",
			})
		}
	}
	return h
}

func snooping(querier bool) Topology {
	return Topology{
		Switches: []Switch{{Name: "lan", Snooping: true, Querier: querier}},
		Hosts: []Host{
			member("A", "lan", "192.168.1.10/24"), member("B", "lan", "192.168.1.11/24"), member("C", "lan", "192.168.1.12/24"),
		},
	}
}

var twoHomedBoth = Topology{
	Switches: []Switch{{Name: "lan"}},
	Hosts: []Host{
		{Name: "A", Routes: []Route{groupsBy("eth0")}, Interfaces: []Interface{
			wired("eth0", "lan", "192.168.1.10/24"), wired("eth1", "lan", "192.168.1.11/24"),
		}},
		member("B", "lan", "192.168.1.12/24"),
	},
}

// Two halves are longer prefixes than the default route, which stays.
var vpn = Topology{
	Switches: []Switch{{Name: "lan"}},
	Hosts: []Host{
		{
			Name:       "A",
			Interfaces: []Interface{wired("eth0", "lan", "192.168.8.164/24"), wired("tun0", "", "10.8.0.2/24")},
			Routes: []Route{
				byDefault("192.168.8.1", "eth0"),
				{Dst: netip.MustParsePrefix("0.0.0.0/1"), Dev: "tun0"},
				{Dst: netip.MustParsePrefix("128.0.0.0/1"), Dev: "tun0"},
			},
		},
		member("B", "lan", "192.168.8.226/24"),
	},
}

// The kernel gives each interface a link-local address besides.
var ipv6 = Topology{
	Switches: []Switch{{Name: "lan"}, {Name: "other"}},
	Hosts: []Host{
		{Name: "A", Routes: []Route{groupsBy("eth0")}, Interfaces: []Interface{
			wired("eth0", "lan", "192.168.1.10/24", "2001:db8:1::a/64"), wired("eth1", "other", "192.168.2.10/24", "2001:db8:2::a/64"),
		}},
		member("B", "lan", "192.168.1.11/24", "2001:db8:1::b/64"),
		member("C", "other", "192.168.2.12/24", "2001:db8:2::c/64"),
	},
}

func wired(name, on string, addrs ...string) Interface {
	i := Interface{Name: name, Switch: on}
	for _, a := range addrs {
		i.Addrs = append(i.Addrs, netip.MustParsePrefix(a))
	}
	return i
}

// member is a host whose groups go by its only interface.
func member(name, on string, addrs ...string) Host {
	return Host{Name: name, Interfaces: []Interface{wired("eth0", on, addrs...)}, Routes: []Route{groupsBy("eth0")}}
}

// behind is a member whose other datagrams go to a gateway.
func behind(name, on, addr, gateway string) Host {
	h := member(name, on, addr)
	h.Routes = append(h.Routes, byDefault(gateway, "eth0"))
	return h
}

func groupsBy(dev string) Route { return Route{Dst: netip.MustParsePrefix("224.0.0.0/4"), Dev: dev} }

func byDefault(gateway, dev string) Route {
	via := netip.MustParseAddr(gateway)
	return Route{Dst: defaultRoute(via), Via: via, Dev: dev}
}
