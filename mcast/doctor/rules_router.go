package doctor

import (
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/groupcast/groupcast/mcast/host"
)

// noMulticastRouter: this host forwards between its networks, unicast only: a
// datagram to a group ends on the network it was sent on. Known from the
// setting, from the interfaces that the kernel forwards groups between, and from
// the way to the host that is to be heard.
func noMulticastRouter(f Facts, in Intent) []Finding {
	const name = "no-multicast-router"
	key, none := "net.ipv4.ip_forward", "/proc/net/ip_mr_vif"
	if in.Group.Addr.Is6() {
		key, none = "net.ipv6.conf.all.forwarding", "/proc/net/ip6_mr_vif"
	}
	forwards, known := f.Settings[key]
	sender, heard := f.heardHost(in.From)
	switch {
	case in.Group.NeverRouted():
		return fine(name, fmt.Sprintf("no router forwards %s", in.Group.Addr))
	case heard:
		return fine(name, f.heardText(in, sender))
	case !known:
		return unknown(name, f.unread(FromSettings))
	case forwards == 0:
		return fine(name, key+" = 0: this host is no router")
	case f.Router == nil:
		return unknown(name, f.unread(FromRouter))
	case len(f.Router) > 1:
		return fine(name, "groups are forwarded between "+describeAll(f.listed(f.Router), in.Group))
	case !in.From.IsValid():
		return fine(name, fmt.Sprintf("%s = %d, and %s is empty: this host forwards unicast only, as it may; --from ADDRESS asks about one host", key, forwards, none))
	case len(in.Joined) == 0:
		return fine(name, "it joins nothing")
	}
	back, asked := f.Back[in.From]
	via, listed := host.ByIndex(f.Interfaces, back.Route.IfIndex)
	switch {
	case !asked || back.Err != nil || !listed:
		return unknown(name, f.wayTo(source{addr: in.From, back: back, known: asked && noWay(back.Err)}))
	case via.Loopback() || slices.Contains(in.Joined, via.Index):
		return fine(name, fmt.Sprintf("%s is reached by %s, and is not beyond this host", in.From, via.Name))
	}
	joined := describeAll(f.listed(in.Joined), in.Group)
	return []Finding{{
		Name: name, Verdict: Warning, Interface: via.Name,
		Title:    fmt.Sprintf("this host forwards unicast, and no groups: what %s sends ends at %s", in.From, via.Name),
		Evidence: fmt.Sprintf("%s = %d, %s lists no two interfaces, and %s is beyond %s, while %s is joined on %s", key, forwards, none, in.From, via.Name, in.Group.Addr, joined),
		Hints: []string{
			"join where it is: -i " + via.Name,
			"or let a daemon forward groups here, such as smcrouted or pimd, and send with a TTL above 1",
		},
	}}
}

// noWayBack: a host is heard, or to be heard, and nothing that is sent to its
// address leaves: groups need no route to their source, and answers do.
func noWayBack(f Facts, in Intent) []Finding {
	const name = "no-way-back"
	if f.Back == nil {
		return unknown(name, f.unread(FromRoutes))
	}
	if f.alone() {
		return unknown(name, "this host has no network (no-route)")
	}
	var out []Finding
	var good []string
	seen := map[netip.Addr]bool{}
	check := func(a netip.Addr, by int) {
		a = a.Unmap()
		heardBy := ""
		if by != 0 {
			heardBy = f.nameOf(in, by)
		}
		back, asked := f.Back[a]
		if !a.IsValid() || a.IsUnspecified() || a.IsLinkLocalUnicast() || seen[a] || !asked {
			return // a link-local address is reached by the link that it was heard by
		}
		seen[a] = true
		switch {
		case back.Err == nil:
			good = append(good, a.String())
			return
		case !noWay(back.Err):
			return
		case heardBy == "" && f.filtered(in, back):
			return // reverse-path says more
		}
		family := ""
		if a.Is6() {
			family = "-6 "
		}
		finding := Finding{
			Name: name, Verdict: Warning, Interface: heardBy,
			Title:    fmt.Sprintf("%s cannot be answered, even if it is heard", a),
			Evidence: fmt.Sprintf("asked for a route to %s, the kernel says: %s; hearing a group needs no route to its source, an answer does", a, reason(back.Err)),
			Hints:    []string{fmt.Sprintf("see which routes there are, and add one by the router between: ip %sroute show", family)},
		}
		if heardBy != "" {
			finding.Title = fmt.Sprintf("%s is heard by %s, and cannot be answered", a, heardBy)
			if way, ok := f.routeBack(host.Interface{Index: by, Name: heardBy}, a); ok {
				finding.Hints = append(finding.Hints, fmt.Sprintf("if it is on the wire of %s: %s", heardBy, way))
			}
		}
		out = append(out, finding)
	}
	for _, s := range f.Observed.Senders {
		if !s.Local && !f.left(s.From.Addr()) {
			check(s.From.Addr(), s.IfIndex)
		}
	}
	check(in.From, 0)
	check(in.Group.Source, 0)
	switch {
	case len(out) > 0:
		return out
	case len(good) > 0:
		return fine(name, "there is a way to "+enumerate(good))
	}
	return unknown(name, "no host is known that could be answered", byProbing)
}

// filtered reports whether a reverse path filter drops what has that way back.
func (f Facts) filtered(in Intent, back RouteResult) bool {
	return in.Group.Addr.Is4() && slices.ContainsFunc(f.reverseFilters(in), func(r reverseFilter) bool { return r.drops(back) })
}

// flagOff: IFF_MULTICAST is off on an interface that was chosen. Linux sends and
// joins all the same, but many programs pass such an interface over.
func flagOff(f Facts, in Intent) []Finding {
	const name = "flag-off"
	if f.Interfaces == nil {
		return unknown(name, noInterfaces)
	}
	indexes := append(slices.Clone(in.Joined), in.Send)
	for _, i := range in.Wanted {
		indexes = append(indexes, i.Index)
	}
	slices.Sort(indexes)
	list := f.listed(slices.Compact(indexes))
	var out []Finding
	for _, i := range list {
		if i.Loopback() || !i.Up() || i.Flags&net.FlagMulticast != 0 {
			continue
		}
		out = append(out, Finding{
			Name: name, Verdict: Warning, Interface: i.Name,
			Title:    i.Name + " has multicast switched off: it works here, and other programs pass it over",
			Evidence: fmt.Sprintf("%s lacks the flag MULTICAST (ip link show dev %s); the kernel does not look at it, but programs that look for an interface do", i.Name, i.Name),
			Hints:    []string{fmt.Sprintf("ip link set %s multicast on", i.Name)},
		})
	}
	switch {
	case len(out) > 0:
		return out
	case len(list) == 0:
		return fine(name, "no interface was chosen")
	}
	return fine(name, "none lacks the flag: "+describeAll(list, in.Group))
}
