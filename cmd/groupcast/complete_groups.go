package main

import (
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
)

// completeGroups offers the groups that programs of this host have joined, with
// the ports of their sockets, and those that have a name. Of an address that is
// begun it also offers the registered groups.
func completeGroups(_ *cobra.Command, _ []string, part string) ([]string, cobra.ShellCompDirective) {
	offered := []offer{{group: mcast.DefaultGroup, what: "the default"}}
	root := os.DirFS("/")
	v4, _ := host.IGMP()
	sockets4, _ := host.ReadSockets(root, false)
	v6, _ := host.MLD()
	sockets6, _ := host.ReadSockets(root, true)
	offered = append(offered, joinedGroups(v4, sockets4)...)
	offered = append(offered, joinedGroups(v6, sockets6)...)
	if strings.HasPrefix(part, "2") || strings.HasPrefix(part, "[") {
		list, _ := host.Interfaces()
		offered = append(offered, registeredGroups(list)...)
	}
	var out []string
	seen := map[mcast.Group]bool{}
	for _, o := range offered {
		if name := o.group.String(); !seen[o.group] && chat.Clean(name) == name { // else it could not be typed
			seen[o.group] = true
			out = append(out, o.String())
		}
	}
	for _, r := range mcast.RegisteredGroups() {
		if r.Port != 0 {
			out = append(out, r.Name+"\t"+r.Title)
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// offer is a group, and what is known about it.
type offer struct {
	group mcast.Group
	what  string
}

// String is the offer as a shell is given it.
func (o offer) String() string { return o.group.String() + "\t" + chat.Clean(o.what) }

// joinedGroups are the groups of one IP version that programs have joined, each
// with every port that it may be heard at.
func joinedGroups(memberships []host.InterfaceGroups, sockets []host.Socket) (offers []offer) {
	on := map[netip.Addr][]string{} // the interfaces it is joined on
	var addrs []netip.Addr
	for _, i := range memberships {
		for _, g := range i.Groups {
			if ofTheKernel(g.Addr) {
				continue
			}
			addr := g.Addr.WithZone("")
			if addr.IsLinkLocalMulticast() && addr.Is6() || addr.IsInterfaceLocalMulticast() {
				addr = addr.WithZone(i.Name)
			}
			if on[addr] == nil {
				addrs = append(addrs, addr)
			}
			on[addr] = append(on[addr], i.Name)
		}
	}
	for _, addr := range addrs {
		for _, port := range portsOf(addr, addrs, sockets) {
			g := mcast.Group{Addr: addr, Port: port}
			offers = append(offers, offer{g, "joined on " + strings.Join(on[addr], ", ") + strings.TrimPrefix(g.Label(), g.String())})
		}
	}
	return offers
}

// ofTheKernel reports whether the kernel joins a group itself: all hosts (RFC
// 1112, RFC 4291 2.7.1), and the solicited-node addresses, ff02::1:ff00:0/104.
func ofTheKernel(group netip.Addr) bool {
	group = group.WithZone("")
	return group == netip.AddrFrom4([4]byte{224, 0, 0, 1}) ||
		group == netip.IPv6LinkLocalAllNodes() || group == netip.MustParseAddr("ff01::1") ||
		netip.MustParsePrefix("ff02::1:ff00:0/104").Contains(group)
}

// portsOf are the ports a group may be heard at. A socket that is bound to the
// group has the group's port. One that is bound to all addresses can be that of any
// group, since the kernel does not tell which socket joined what: if the group is
// registered with such a port it is that one, and one that is registered for another
// group joined here is not this group's. A port that the kernel chose (from 32768
// on, ip(7)) is that of a client. If nothing is bound it is the port of the group's
// name, or else the default.
func portsOf(group netip.Addr, joined []netip.Addr, sockets []host.Socket) (ports []uint16) {
	var bound, all, own []uint16
	for _, s := range sockets {
		switch port := s.Local.Port(); {
		case s.Local.Addr().WithZone("") == group.WithZone(""):
			bound = append(bound, port)
		case !s.Local.Addr().IsUnspecified() || port == 0 || port >= firstEphemeral:
		case registeredAt(group, port):
			own = append(own, port)
		case !slices.ContainsFunc(joined, func(other netip.Addr) bool { return registeredAt(other, port) }):
			all = append(all, port)
		}
	}
	switch ports = append(bound, own...); {
	case len(ports) == 0 && len(all) > 0:
		ports = all
	case len(ports) == 0:
		ports = []uint16{usualPort(group)}
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}

// firstEphemeral is the first of the ports that Linux chooses by itself
// (net.ipv4.ip_local_port_range).
const firstEphemeral = 32768

func registeredAt(group netip.Addr, port uint16) bool {
	r, ok := mcast.Group{Addr: group, Port: port}.Registered()
	return ok && r.Port == port
}

// usualPort is the port of a registered group, or else the default.
func usualPort(group netip.Addr) uint16 {
	for _, r := range mcast.RegisteredGroups() {
		if r.Port != 0 && registeredAt(group, r.Port) {
			return r.Port
		}
	}
	return mcast.DefaultPort
}

// registeredGroups are those with a port; of IPv6 on each interface that can carry
// groups.
func registeredGroups(list []host.Interface) (offers []offer) {
	for _, r := range mcast.RegisteredGroups() {
		if r.Port == 0 {
			continue
		}
		if g, ok := r.Group(false); ok {
			offers = append(offers, offer{g, r.Title})
		}
		g, ok := r.Group(true)
		for _, i := range list {
			if ok && i.Usable(g.Addr) {
				offers = append(offers, offer{mcast.Group{Addr: g.Addr.WithZone(i.Name), Port: g.Port}, r.Title})
			}
		}
	}
	return offers
}
