package lab

import (
	"net/netip"
	"time"
)

// Topology is what Up builds: switches, and hosts attached to them. It is a
// plain value; Validate says whether it can be built, ParseTopology reads one.
type Topology struct {
	Switches []Switch
	Hosts    []Host
}

// Switch joins the interfaces that name it into one broadcast domain. It
// learns addresses and runs no spanning tree, so it forwards from the start.
type Switch struct {
	Name     string
	Snooping bool // forward a group only where it was joined (RFC 4541); off: flood

	// Querier lets a snooping switch ask who is a member, by IGMP; IPv6 groups
	// it floods unless MLD is set. Without, it is one whose querier has gone: it
	// forgets each member MemberTime after the join, and floods 224.0.0.0/24 only.
	Querier bool

	// IGMP is the version that its querier speaks, 2 or 3; 0: 3. Members
	// answer in it (RFC 3376, section 7.2.1).
	IGMP int

	// MLD is the version of MLD in which its querier asks as well, 1 or 2; 0: it
	// does not. It asks from a link-local address of the switch, which no host can
	// reach.
	MLD int

	// Limit is how many groups a snooping switch keeps for each port, of IPv4 and
	// IPv6 together, 0 to 65535; 0: any number. 224.0.0.0/24 takes no place, and
	// each IPv6 address of a host takes one (its solicited-node group). What is
	// joined beyond them is not forwarded to the port, and nobody is told. Linux
	// 6.3 is the first to have it.
	Limit int

	// FastLeave lets a snooping switch forget a port with the first IGMPv2
	// leave that comes by it, and not ask whether there is another member
	// behind it. With IGMPv3 it knows each member, and forgets no port that
	// still has one.
	FastLeave bool

	// NoFlood lets it drop the groups that it knows no member of, and those
	// that it keeps no members of: 224.0.0.0/24, and what IPv6 finds its
	// neighbours with. Without Snooping it is every group. With a querier unknown
	// groups of IPv4 beyond 224.0.0.0/24 are dropped anyway.
	NoFlood bool

	// On is another switch, of those before it, that it hangs on with one
	// cable; "": none.
	On string
}

// MemberTime is how long a snooping switch without a querier knows a member
// that it has heard of. On real ones it is 260 s (RFC 3376, section 8.4).
const MemberTime = 5 * time.Second

// Host is a computer. Its loopback interface lo is always there and up.
// rp_filter starts at 0, whatever it is on the machine outside.
type Host struct {
	Name       string
	Interfaces []Interface
	Routes     []Route // besides those that its addresses bring

	// Router lets it forward between all its interfaces: unicast datagrams by
	// its routes, and IPv4 multicast ones as an IGMP proxy (RFC 4605). On its
	// upstream interface it is a host that has joined what is wanted below, of
	// the sources that are wanted there. On the others it asks who is a member,
	// every 2 s, by IGMPv3 unless IGMP or the querier of a switch there is 2 or 1.
	// What comes from below goes up, and down to where it has members; what comes
	// from above goes down to where it has members. Of two routers that are above
	// one LAN the lower address asks, and forwards alone.
	//
	// Both cost a hop, and 224.0.0.0/24 is never forwarded (RFC 5771, section 4).
	// IPv6 multicast is not forwarded.
	Router bool

	// Upstream is the interface of a router that leads to the root of the tree;
	// "": the one on the switch that stands first in the topology.
	Upstream string

	// Flood lets a router forward IPv4 groups to every other interface, whether
	// or not anybody there has joined, and ask nobody.
	Flood bool

	// IGMP is the version that it speaks, 1 or 2, whatever the querier's; 0:
	// the querier's, or 3. Linux holds on to no 3: its force_igmp_version of 3
	// means the same as 0 (ip-sysctl).
	IGMP int

	// MLD is the version that it speaks, 1 or 2, whatever the querier's; 0: the
	// querier's, or 2 (force_mld_version in ip-sysctl).
	MLD int

	// Sysctls are settings by their names, such as net.ipv4.conf.all.rp_filter;
	// only those that begin with net. Slashes may stand for the dots. They are
	// written before there are interfaces, and those of interfaces after.
	Sysctls map[string]string
}

// Interface is a network interface of a host. Attached to no switch it is a
// device that discards what is sent out of it, as a VPN's does when nobody is at
// the other end.
type Interface struct {
	Name   string         // 1 to 15 bytes
	Switch string         // "": none
	Addrs  []netip.Prefix // the interface's address with the length of its subnet; IPv6 ones are usable at once
	Down   bool           // leave it switched off
	MTU    int            // bytes, 576 to 9000, from 1280 on with IPv6 addresses; 0: 1500
	Loss   int            // per cent of the frames that reach it, 0 to 100, see Link.Drop
	Delay  time.Duration  // of what reaches it, 0 to MaxDelay, see Link.Delay
}

// MaxDelay is the longest delay of an interface.
const MaxDelay = 10 * time.Second

// Route is an entry of a host's routing tables.
type Route struct {
	Dst   netip.Prefix // 0.0.0.0/0 or ::/0: the default route
	Via   netip.Addr   // the zero Addr: Dst is on the link
	Dev   string       // the interface; "" is enough when Via tells it, or Type is not Unicast
	Src   netip.Addr   // what is sent by it has this source, if its program chose none; the zero Addr: an address of Dev
	Table int          // 0: the main one; others are looked at where a Rule says so
	Type  RouteType
}

// Rule lets IPv4 datagrams of a protocol be routed by a table of their own,
// and by the main one where that has no answer. A join is of no protocol, so a
// rule can part the way of a join from that of a send.
type Rule struct {
	Protocol int // as in the IP header: 17 is UDP
	Table    int
}

// RouteType says what becomes of a datagram that a Route matches.
type RouteType string

// The types of routes (rtnetlink(7)), with the error that a send meets. A
// join without an interface meets ENODEV with those that have one.
const (
	Unicast     RouteType = ""            // it is sent
	Unreachable RouteType = "unreachable" // EHOSTUNREACH
	Blackhole   RouteType = "blackhole"   // EINVAL
	Prohibit    RouteType = "prohibit"    // EACCES
	Throw       RouteType = "throw"       // none: the next table decides
)
