package lab

import "net/netip"

// Topology is what Up builds: switches, and hosts attached to them. It is a
// plain value; Validate says whether it can be built.
type Topology struct {
	Switches []Switch
	Hosts    []Host
}

// Switch joins the interfaces that name it into one broadcast domain. It
// learns addresses and runs no spanning tree, so it forwards from the start.
type Switch struct {
	Name     string
	Snooping bool // forward a group only where it was joined (RFC 4541); off: flood
}

// Host is a computer. Its loopback interface lo is always there and up.
// rp_filter starts at 0, whatever it is on the machine outside.
type Host struct {
	Name       string
	Interfaces []Interface
	Routes     []Route // besides those that its addresses bring
}

// Interface is a network interface of a host. Attached to no switch it is a
// device that swallows what is sent by it, as a VPN's does when nobody is at
// the other end.
type Interface struct {
	Name   string         // 1 to 15 bytes
	Switch string         // "": none
	Addrs  []netip.Prefix // the interface's address with the length of its subnet; IPv6 ones are usable at once
	Down   bool           // leave it switched off
}

// Route is an entry of a host's main routing table.
type Route struct {
	Dst  netip.Prefix // 0.0.0.0/0 or ::/0: the default route
	Via  netip.Addr   // the zero Addr: Dst is on the link
	Dev  string       // the interface; "" is enough when Via tells it, or Type is not Unicast
	Type RouteType
}

// RouteType says what becomes of a datagram that a Route matches.
type RouteType string

// The types of routes (rtnetlink(7)), with the error that a send meets. A
// join without an interface meets ENODEV with all but the first.
const (
	Unicast     RouteType = ""            // it is sent
	Unreachable RouteType = "unreachable" // EHOSTUNREACH
	Blackhole   RouteType = "blackhole"   // EINVAL
	Prohibit    RouteType = "prohibit"    // EACCES
)

// Article is the LAN that the pitfalls start from. A and B are on one switch,
// but A's default route leads by its other interface, on another wire, and so
// do its multicast datagrams. Neither gateway exists.
var Article = Topology{
	Switches: []Switch{{Name: "lan"}, {Name: "other"}},
	Hosts: []Host{
		{
			Name: "A",
			Interfaces: []Interface{
				{Name: "eth0", Switch: "lan", Addrs: []netip.Prefix{netip.MustParsePrefix("192.168.8.164/24")}},
				{Name: "eth1", Switch: "other", Addrs: []netip.Prefix{netip.MustParsePrefix("169.254.167.41/16")}},
			},
			Routes: []Route{{Dst: netip.MustParsePrefix("0.0.0.0/0"), Via: netip.MustParseAddr("169.254.0.1"), Dev: "eth1"}},
		},
		{
			Name: "B",
			Interfaces: []Interface{
				{Name: "eth0", Switch: "lan", Addrs: []netip.Prefix{netip.MustParsePrefix("192.168.8.226/24")}},
			},
			Routes: []Route{{Dst: netip.MustParsePrefix("0.0.0.0/0"), Via: netip.MustParseAddr("192.168.8.1"), Dev: "eth0"}},
		},
	},
}
