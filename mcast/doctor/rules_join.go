package doctor

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// tooManyGroups: a socket of Linux holds net.ipv4.igmp_max_memberships groups,
// and the kernel does not tell which socket has joined what.
func tooManyGroups(f Facts, in Intent) []Finding {
	const name, setting = "too-many-groups", "net.ipv4.igmp_max_memberships"
	limit, known := f.Settings[setting]
	finding := Finding{Name: name, Verdict: Failure, Hints: []string{
		fmt.Sprintf("as root, for sockets opened from then on: sysctl -w %s=%d", setting, max(2*limit, 100)),
	}}
	switch {
	case errors.Is(f.Observed.Joined, mcast.ErrTooManySources):
		return unknown(name, "the probe joins a second source for its own copies, and there is no room for it (net.ipv4.igmp_max_msf, net.ipv6.mld_max_msf); a program that names one source has room")
	case errors.Is(f.Observed.Joined, syscall.ENOBUFS):
		finding.Title = "the kernel has no room for one more membership"
		finding.Evidence = fmt.Sprintf("joining %s: %s", in.Group.Addr, reason(f.Observed.Joined))
		if in.Group.Addr.Is6() {
			finding.Hints = nil // there is no such limit
		}
		finding.Hints = append(finding.Hints, "memberships and their sources are also charged to net.core.optmem_max, which root can raise (sysctl -w), for sockets opened from then on")
		return []Finding{finding}
	}
	if full := f.fullFilter(name, in); full != nil {
		return full
	}
	switch {
	case in.Group.Addr.Is6():
		return fine(name, "IPv6 has no limit of groups for a socket, but the memory that net.core.optmem_max gives it")
	case !known:
		return unknown(name, f.unread(FromSettings))
	case limit <= 0:
		finding.Title = "no socket of this host may join a group"
		finding.Evidence = fmt.Sprintf("%s = %d", setting, limit)
		return []Finding{finding}
	case f.Groups == nil:
		return unknown(name, f.unread(FromGroups))
	}
	joined := f.memberships(in)
	sockets := len(f.Sockets)
	evidence := fmt.Sprintf("%s = %d for each socket; the programs of this host hold %d memberships", setting, limit, joined)
	switch {
	case joined < limit:
		return fine(name, evidence+"; groupcast takes one more socket when one is full")
	case len(f.Router) > 0:
		return unknown(name, evidence+", which a multicast router may need, and it is not seen by which sockets")
	case f.Sockets != nil && 2*joined < limit*sockets: // many sockets with a few each
		return unknown(name, fmt.Sprintf("%s by up to %d sockets, and it is not seen by which", evidence, sockets))
	}
	finding.Verdict = Warning
	finding.Title = "a program may have as many groups as one socket holds: the next join fails with ENOBUFS"
	finding.Evidence = evidence + ", and who has which is not seen"
	finding.Hints = append(finding.Hints, "or one more socket for each further 20 groups, as groupcast does by itself")
	return []Finding{finding}
}

// fullFilter finds that the one socket that has joined the group on an interface has
// named as many sources as its filter holds: the next gives ENOBUFS. The first is
// taken whatever the limit is (ip_mc_source).
func (f Facts) fullFilter(name string, in Intent) (out []Finding) {
	setting := "net.ipv4.igmp_max_msf"
	if in.Group.Addr.Is6() {
		setting = "net.ipv6.mld_max_msf"
	}
	limit, known := f.Settings[setting]
	if !known {
		return nil
	}
	group := in.Group.Addr.WithZone("")
	for _, i := range f.Interfaces {
		sources := map[netip.Addr]bool{}
		for _, filter := range f.Filters {
			if filter.IfIndex == i.Index && filter.Group == group {
				sources[filter.Source] = true
			}
		}
		if len(sources) < max(limit, 1) || f.users(group, i.Index) != 1 {
			continue // several sockets may share them
		}
		out = append(out, Finding{
			Name: name, Verdict: Warning, Interface: i.Name,
			Title:    fmt.Sprintf("the socket that has joined %s on %s names as many sources as its filter holds: the next fails with ENOBUFS", group, i.Name),
			Evidence: fmt.Sprintf("%s = %d; sources of it in the kernel's list: %d, and one socket has joined it there", setting, limit, len(sources)),
			Hints: []string{
				fmt.Sprintf("as root, for what is asked from then on: sysctl -w %s=%d", setting, max(2*limit, 64)),
				"or join for all sources, and look at each datagram's own",
			},
		})
	}
	return out
}

// memberships counts the memberships of other programs: the Users of each group,
// less the program's own.
func (f Facts) memberships(in Intent) int {
	count := 0
	for _, at := range f.Groups {
		for _, g := range at.Groups {
			if !joinedByKernel(g.Addr) {
				count += g.Users
			}
		}
	}
	for _, m := range in.Memberships {
		if m.Addr.Is4() == in.Group.Addr.Is4() {
			count--
		}
	}
	return max(count, 0)
}

// joinedByKernel reports the groups that the kernel joins itself, on hosts, on
// routers and on bridges that look for routers (RFC 4286).
func joinedByKernel(group netip.Addr) bool {
	b := group.As16()
	switch {
	case group.Is4():
		return group == netip.AddrFrom4([4]byte{224, 0, 0, 1}) || group == netip.AddrFrom4([4]byte{224, 0, 0, 106})
	case b[1]&0xf0 == 0 && [13]byte(b[2:15]) == [13]byte{}: // ff0X::
		return b[15] == 1 || b[15] == 2 || b[15] == 0x6a
	}
	return solicitedNode.Contains(group.WithZone(""))
}

// solicitedNode is where a host is asked for its own addresses (RFC 4291,
// section 2.7.1).
var solicitedNode = netip.MustParsePrefix("ff02::1:ff00:0/104")

// sameMAC: the network card and the switches cannot tell the group from
// another that is joined here.
func sameMAC(f Facts, in Intent) []Finding {
	const name = "same-mac"
	if f.Groups == nil {
		return unknown(name, f.unread(FromGroups))
	}
	mac := hardwareAddr(in.Group.Addr)
	var out []Finding
	for _, index := range in.concerns(f) {
		i, ok := host.ByIndex(f.Interfaces, index)
		if !ok || i.Flags&(net.FlagLoopback|net.FlagPointToPoint) != 0 {
			continue // no link-layer addresses there
		}
		var names []string
		finding := Finding{
			Name: name, Verdict: Warning, Interface: i.Name,
			Hints: []string{
				"take a group that differs in the low 23 bits (IPv6: 32)",
				"in other programs: setsockopt IP_MULTICAST_ALL = 0 keeps the other group's datagrams out (IPv6: IPV6_MULTICAST_ALL)",
			},
		}
		for _, g := range f.groupsOn(index) {
			if g == in.Group.Addr.WithZone("") || hardwareAddr(g) != mac {
				continue
			}
			names = append(names, g.String())
			if own, ok := in.membership(g, index); ok && finding.Fix == nil {
				finding.Fix = &Fix{Leave: &Place{Group: own, Interface: i.Name}}
				if in.Live {
					finding.Hints = append(finding.Hints, fmt.Sprintf("leave it: /leave %s", own))
				}
			}
		}
		if len(names) == 0 {
			continue
		}
		finding.Title = fmt.Sprintf("on the wire %s looks like %s, which is joined on %s as well", in.Group.Addr.WithZone(""), enumerate(names), i.Name)
		finding.Evidence = fmt.Sprintf("both are %s there: a network card and a switch that let one in let the other in", mac)
		out = append(out, finding)
	}
	if len(out) == 0 {
		return fine(name, fmt.Sprintf("no other group with %s is joined", mac))
	}
	return out
}

// hardwareAddr is the multicast address of an Ethernet that a group has: the
// low 23 bits of an IPv4 group (RFC 1112, section 6.4), the low 32 of an IPv6
// group (RFC 2464, section 7).
func hardwareAddr(group netip.Addr) string {
	b := group.As16()
	if group.Is4() {
		return net.HardwareAddr{0x01, 0x00, 0x5e, b[13] & 0x7f, b[14], b[15]}.String()
	}
	return net.HardwareAddr{0x33, 0x33, b[12], b[13], b[14], b[15]}.String()
}

// groupsOn lists the groups that any program has joined on an interface.
func (f Facts) groupsOn(index int) (list []netip.Addr) {
	for _, at := range f.Groups {
		if at.Index != index {
			continue
		}
		for _, g := range at.Groups {
			list = append(list, g.Addr)
		}
	}
	return list
}

// users is how many sockets have joined a group on an interface.
func (f Facts) users(group netip.Addr, index int) int { return users(f.Groups, group, index) }

func users(groups []host.InterfaceGroups, group netip.Addr, index int) int {
	for _, at := range groups {
		if at.Index == index {
			return at.Users(group.WithZone(""))
		}
	}
	return 0
}

// membership is the program's own of a group on an interface; index 0: on any.
func (in Intent) membership(group netip.Addr, index int) (mcast.Group, bool) {
	for _, m := range in.Memberships {
		if m.Addr.WithZone("") == group && (index == 0 || m.Interface.Index == index) {
			return m.Group, true
		}
	}
	return mcast.Group{}, false
}

// othersGroups: with IP_MULTICAST_ALL a socket hears at its port whatever any
// program of the host has joined.
func othersGroups(f Facts, in Intent) []Finding {
	const name = "others-groups"
	var strays []string
	for group, n := range f.Observed.Strays {
		if n > 0 {
			strays = append(strays, fmt.Sprintf("%s (datagrams: %d)", group, n))
		}
	}
	slices.Sort(strays)
	finding := Finding{
		Name: name, Verdict: Warning,
		Hints: []string{"in other programs: setsockopt IP_MULTICAST_ALL = 0 (IPv6: IPV6_MULTICAST_ALL), or look at each datagram's destination (IP_PKTINFO)"},
	}
	if !in.MulticastAll {
		if len(strays) == 0 {
			return fine(name, "IP_MULTICAST_ALL = 0 on groupcast's sockets; where a system has no such option, each datagram's destination is looked at")
		}
		finding.Title = "other programs at this port hear groups that they never joined; groupcast does not"
		finding.Evidence = "a socket with IP_MULTICAST_ALL = 1, the default, heard " + enumerate(strays) + ", which another program has joined"
		return []Finding{finding}
	}
	finding.Fix = &Fix{MulticastAllOff: true}
	finding.Hints = append([]string{"switch it off: leave --multicast-all out"}, finding.Hints...)
	if len(strays) > 0 {
		finding.Verdict = Failure
		finding.Title = "it hears groups that it never joined"
		finding.Evidence = "IP_MULTICAST_ALL = 1, and it heard " + enumerate(strays) + ", which another program has joined"
		return []Finding{finding}
	}
	if f.Groups == nil {
		return unknown(name, "IP_MULTICAST_ALL = 1, and what other programs have joined is not known: "+f.unread(FromGroups))
	}
	others := f.othersPlaces(in)
	if len(others) == 0 {
		return fine(name, "IP_MULTICAST_ALL = 1, but no other program has joined a group")
	}
	finding.Title = "it hears what other programs of this host have joined, if it comes to this port"
	finding.Evidence = "IP_MULTICAST_ALL = 1, and others have joined " + enumerate(others)
	return []Finding{finding}
}

// othersPlaces names the groups that the program has not joined, or not on
// that interface, and others have.
func (f Facts) othersPlaces(in Intent) (list []string) {
	for _, at := range f.Groups {
		for _, g := range at.Groups {
			_, own := in.membership(g.Addr, at.Index)
			if own || joinedByKernel(g.Addr) || g.Addr == in.Group.Addr.WithZone("") && slices.Contains(in.Joined, at.Index) {
				continue
			}
			list = append(list, g.Addr.String()+" on "+at.Name)
		}
	}
	slices.Sort(list)
	return list
}
