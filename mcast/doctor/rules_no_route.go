package doctor

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"syscall"

	"github.com/groupcast/groupcast/mcast/host"
)

// noRoute: no interface was chosen, and the routing table has no answer; known
// from the kernel's error when it is asked for a route to the group.
func noRoute(f Facts, in Intent) []Finding {
	const name = "no-route"
	send := f.Send
	if alone := f.noNetwork(name, in); alone != nil {
		return alone
	}
	if in.Send != 0 {
		send = f.By[in.Send]
		if in.Group.Addr.Is4() {
			send = RouteResult{}
		}
	}
	out, listed := f.egress(in)
	if found := f.sentNowhere(in); len(found) > 0 && send.Err == nil {
		return found
	}
	switch {
	case send.Err != nil && !errors.Is(send.Err, errors.ErrUnsupported):
	case send.Route.IfIndex != 0:
		return fine(name, fmt.Sprintf("sends leave by %s: %s", f.nameOf(in, send.Route.IfIndex),
			cmp.Or(send.Route.Match.String(), "the system says so")))
	case in.Send != 0 && in.Group.Addr.Is4():
		return fine(name, "an interface was chosen, so that IPv4 needs no route to the group")
	default:
		return unknown(name, "it is not known where sends would leave: "+f.unread(FromRoutes))
	}
	if in.Send != 0 && (!listed || out.Ready(in.Group.Addr) != nil) {
		return unknown(name, fmt.Sprintf("%s, which was chosen, is not ready: %s", f.nameOf(in, in.Send), reason(send.Err)))
	}
	why := reason(send.Err)
	finding := Finding{
		Name:     name,
		Verdict:  Failure,
		Title:    "sends go nowhere: " + why,
		Evidence: fmt.Sprintf("asked for a route to %s, the kernel says: %s", in.Group.Addr, why),
		Hints:    []string{"bring up a network, or talk on this host alone: -i lo"},
	}
	if in.Send != 0 {
		finding.Evidence = fmt.Sprintf("asked for a route to %s by %s, the kernel says: %s", in.Group.Addr, out.Name, why)
		finding.Interface = out.Name
		if errors.Is(send.Err, syscall.EADDRNOTAVAIL) {
			finding.Hints = []string{"none of its addresses can be used yet: the kernel looks for another host that has them, which takes a second or two once there is a link: ip -6 addr show dev " + out.Name + " tentative"}
			return []Finding{finding}
		}
		finding.Hints = []string{fmt.Sprintf("give it the route that every interface has: ip -6 route add multicast ff00::/8 dev %s table local", out.Name)}
		return []Finding{finding}
	}
	if f.Join.Err != nil {
		finding.Evidence += "; a join without an interface fails as well"
	}
	if best, ok := f.best(in.Group); ok {
		finding.Hints = append(useInterface(best), f.routeBy(best, netip.Addr{}, in.Group))
		finding.Fix = &Fix{UseInterface: best.Name}
	}
	if forbidden := !errors.Is(send.Err, syscall.ENETUNREACH); forbidden && in.Group.Addr.Is4() {
		finding.Hints = append(finding.Hints, "or see which route says so, and delete it: ip route show table all | grep -E 'unreachable|blackhole|prohibit'")
	}
	return []Finding{finding}
}

// noNetwork finds that lo is all that there is, and was not asked for.
func (f Facts) noNetwork(name string, in Intent) []Finding {
	others := slices.ContainsFunc(f.Interfaces, func(i host.Interface) bool { return !i.Loopback() })
	asked := slices.ContainsFunc(in.Wanted, host.Interface.Loopback) || in.Group.Addr.Zone() != ""
	if len(f.Interfaces) == 0 || others || asked || in.Live || in.Send == 0 && f.Send.Route.IfIndex == 0 { // the kernel says why
		return nil
	}
	return []Finding{{
		Name: name, Verdict: Warning, Interface: f.Interfaces[0].Name,
		Title:    "this host has no network: only programs on it can hear each other",
		Evidence: fmt.Sprintf("%s is the only interface, as in a container without a network, or in a network namespace that was just made", f.Interfaces[0].Name),
		Hints:    []string{"bring up a network, or ask for this host alone: -i " + f.Interfaces[0].Name},
	}}
}

// sentNowhere returns a finding for datagrams by an interface that is ready, which
// the kernel refused because it has no route.
func (f Facts) sentNowhere(in Intent) (out []Finding) {
	for _, index := range f.sentBy() {
		err := f.Observed.Sent[index].Err
		i, listed := host.ByIndex(f.Interfaces, index)
		if !noWay(err) || !listed || i.Ready(in.Group.Addr) != nil {
			continue
		}
		hint := fmt.Sprintf("see what the routing table says: ip route get %s oif %s", in.Group.Addr.WithZone(""), i.Name)
		if i.Loopback() && in.Group.Addr.Is6() {
			hint = "Linux has no route for IPv6 groups on lo; an IPv4 group works there"
		}
		out = append(out, Finding{
			Name: "no-route", Verdict: Failure, Interface: i.Name,
			Title:    fmt.Sprintf("sends by %s go nowhere: %s", i.Name, reason(err)),
			Evidence: fmt.Sprintf("sending to %s by %s, the kernel says: %s", in.Group.AddrPort(), i.Name, reason(err)),
			Hints:    []string{hint},
		})
	}
	return out
}
