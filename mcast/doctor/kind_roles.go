package doctor

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/groupcast/groupcast/mcast/host"
)

var alonePage = KindPage{
	Name:    "alone",
	Title:   "a host without a network",
	Known:   "lo is the only interface, and you did not name it. It is a container without a network, or a new network namespace.",
	Carries: "Programs of this host receive each other (-i lo). For anything else the host needs an interface.",
}

func isAlone(f Facts, in Intent) (k Kind, ok bool) {
	others := slices.ContainsFunc(f.Interfaces, func(i host.Interface) bool { return !i.Loopback() })
	wanted := slices.ContainsFunc(in.Wanted, host.Interface.Loopback) || in.Group.Addr.Zone() != ""
	if len(f.Interfaces) == 0 || others || wanted {
		return k, false
	}
	name := f.Interfaces[0].Name
	return Kind{
		Title:    fmt.Sprintf("this host has no network: %s is its only interface", name),
		Evidence: "no other interface is there, as in a container without a network, or in a network namespace that was just made",
		Carries:  []string{fmt.Sprintf("between programs of this host: -i %s", name), "beyond it nothing does, until it is given an interface"},
	}, true
}

var unaddressedPage = KindPage{
	Name:    "no-address",
	Title:   "a host with a cable and no address",
	Known:   "An interface is up with a link, and no interface but lo has an address of the group's IP version, not even a link-local one: DHCP has not replied, or nobody has set one.",
	Carries: "An address. Until then IPv6 may work, because its link-local addresses need no DHCP: ff02::114 with the interface as zone.",
}

func isUnaddressed(f Facts, in Intent) (k Kind, ok bool) {
	g := in.Group.Addr
	var wires []host.Interface
	for _, i := range f.Interfaces {
		switch {
		case i.Loopback():
		case i.Addr(g).IsValid():
			return k, false
		case i.Up() && i.Carrier() && f.leads(i):
			wires = append(wires, i)
		}
	}
	if len(wires) == 0 || !g.IsValid() {
		return k, false
	}
	version, do := "IPv4", "ip addr add"
	if g.Is6() {
		version, do = "IPv6", "ip -6 addr add"
	}
	wire := wires[0]
	k.Title = fmt.Sprintf("this host has a cable and no address: %s has a link, and no %s address", wire.Name, version)
	if len(wires) > 1 {
		k.Title = fmt.Sprintf("this host has %d cables and no address: %s have links, and no %s address", len(wires), namesAll(wires), version)
	}
	k.Evidence = fmt.Sprintf("no interface but lo has an %s address: DHCP has not answered, or nobody has set one", version)
	k.Carries = []string{fmt.Sprintf("an address of its network, by DHCP or by hand: %s ADDRESS/LENGTH dev %s", do, wire.Name)}
	if g.Is4() && slices.ContainsFunc(wire.Addrs, func(p netip.Prefix) bool { return p.Addr().Is6() }) {
		k.Carries = append(k.Carries, fmt.Sprintf("until then IPv6, for which it has one: groupcast ff02::114%%%s", wire.Name))
	}
	return k, true
}

func namesAll(list []host.Interface) string {
	var names []string
	for _, i := range list {
		names = append(names, i.Name)
	}
	return enumerate(names)
}

var macvlanPage = KindPage{
	Name:    "macvlan",
	Title:   "a container that is on the LAN itself",
	Known:   "The outgoing interface is a macvlan, macvtap or ipvlan whose parent is in another network namespace.",
	Carries: "The LAN. The container receives and is received like any host there. The only exception is the computer that it runs on, because the kernel forwards nothing between a macvlan and its parent. That computer needs a macvlan of its own.",
}

func isMacvlanChild(f Facts, in Intent) (k Kind, ok bool) {
	i, _, ok := f.wayOut(in)
	l := f.Links[i.Index]
	if !ok || !l.Elsewhere || !isMacvlan(l.Kind) {
		return k, false
	}
	return Kind{
		Title:    fmt.Sprintf("this is a container or namespace that is on the LAN itself, by the %s %s: the computer that it runs on is the only host it never hears", l.Kind, i.Name),
		Evidence: fmt.Sprintf("%s is a %s on interface #%d of another network namespace, and the kernel passes nothing between the two", i.Name, l.Kind, l.Parent),
		Carries: []string{
			"to and from the LAN nothing more is needed",
			fmt.Sprintf("to and from the computer that it runs on: a %s of that computer's own, on the same card", l.Kind),
		},
	}.unlessHeard(f, in, i), true
}

var multicastRouterPage = KindPage{
	Name:    "multicast-router",
	Title:   "a multicast router",
	Known:   "The kernel forwards groups between two interfaces or more (/proc/net/ip_mr_vif, ip6_mr_vif): a daemon such as smcrouted or pimd has set this up.",
	Carries: "The groups that the daemon forwards, if their datagrams arrive with a TTL above 1. It never forwards 224.0.0.0/24 and ff02::/16. Datagrams with TTL 1 reach the router, and not the networks behind it.",
}

func isMulticastRouter(f Facts, in Intent) (k Kind, ok bool) {
	if len(f.Router) < 2 {
		return k, false
	}
	between, file := describeAll(f.listed(f.Router), in.Group), "/proc/net/ip_mr_vif"
	if in.Group.Addr.Is6() {
		file = "/proc/net/ip6_mr_vif"
	}
	k = Kind{
		Title:    "this host is a multicast router: it forwards groups between " + between,
		Evidence: fmt.Sprintf("%s lists them; memberships of its daemon are no programs'", file),
		Carries:  []string{"what its daemon was told to forward (ip mroute show), if it comes with a TTL above 1"},
	}
	if in.Group.NeverRouted() {
		k.Carries = []string{fmt.Sprintf("nothing carries %s from one of its networks to another: no router forwards it", in.Group.Addr)}
	}
	return k, true
}

var unicastRouterPage = KindPage{
	Name:    "unicast-router",
	Title:   "a router, or a host of containers, that forwards unicast only",
	Known:   "net.ipv4.ip_forward (net.ipv6.conf.all.forwarding) is 1, /proc/net/ip_mr_vif does not list two interfaces, and the host of --from is behind an interface where the group is not joined.",
	Carries: "A join on the interface to the other host. Or a daemon that forwards groups, such as smcrouted or pimd, with a TTL above 1.",
}

func isUnicastRouter(f Facts, in Intent) (k Kind, ok bool) {
	found := Seen(noMulticastRouter(f, in))
	if len(found) == 0 {
		return k, false
	}
	return Kind{
		Title:    fmt.Sprintf("this host is a router for unicast only: no group crosses it, so what %s sends ends at %s", in.From, found[0].Interface),
		Evidence: found[0].Evidence,
		Carries:  found[0].Hints,
	}, true
}
