package doctor

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// wrongEgress: datagrams leave by an interface where the other hosts are not;
// known from the members that say by which they hear this host, from the senders that
// were heard by each, and from the addresses and kinds of the interfaces.
func wrongEgress(f Facts, in Intent) []Finding {
	found := f.leavesWrong(in)
	if also := f.byOthers(in); also != "" {
		found[0].Evidence += "; " + also
	}
	return found
}

func (f Facts) leavesWrong(in Intent) []Finding {
	const name = "wrong-egress"
	out, ok := f.egress(in)
	if !ok {
		return f.unsent(name, in)
	}
	if found, ok := f.heardElsewhere(out, in); ok {
		return []Finding{found}
	}
	if by := f.hearUsBy(out.Index); len(by) > 0 {
		return fine(name, fmt.Sprintf("sends leave by %s (%s), and members say that they hear you there: %s", describe(out, in.Group), f.choice(in), people(by)))
	}
	best, ok := f.best(in.Group)
	if out.Loopback() && (!ok || best.Loopback() || in.chose()) {
		return fine(name, "sends stay on this host: "+out.Name)
	}
	if !ok || best.Index == out.Index {
		return fine(name, fmt.Sprintf("sends leave by %s (%s), and no usable interface is better", describe(out, in.Group), f.choice(in)))
	}
	because, verdict := f.doubt(out, best, in)
	if because == "" && f.heardOnlyBy(best, out) {
		return unknown(name, fmt.Sprintf("sends leave by %s (%s), and others are heard by %s alone: whether somebody is at %s is not known", describe(out, in.Group), f.choice(in), best.Name, out.Name))
	}
	if because == "" {
		return fine(name, fmt.Sprintf("sends leave by %s (%s), and nothing speaks for another interface", describe(out, in.Group), f.choice(in)))
	}
	return []Finding{{
		Name:      name,
		Verdict:   verdict,
		Title:     fmt.Sprintf("sends leave by %s, the LAN %s", describe(out, in.Group), f.whereabouts(best, out, in.Group)),
		Evidence:  f.choice(in) + "; " + because,
		Hints:     f.ways(f.candidates(best, out, in.Group), in.Group),
		Interface: out.Name,
		Fix:       &Fix{UseInterface: best.Name},
	}}
}

// heardElsewhere is the finding that members hear this host by another interface
// alone. They were given time to answer.
func (f Facts) heardElsewhere(out host.Interface, in Intent) (Finding, bool) {
	m := f.Observed.Members
	chosen, ok := m.chosen()
	if !ok || chosen.IfIndex != out.Index || !chosen.Tried || len(f.remote(chosen.Heard)) > 0 || m.Interval <= 0 || m.Unheard < 2*m.Interval {
		return Finding{}, false
	}
	type way struct {
		host.Interface
		heard []string
	}
	var better []way
	for _, w := range m.Ways {
		i, there := host.ByIndex(f.Interfaces, w.IfIndex)
		if heard := f.remote(w.Heard); there && !w.Chosen && len(heard) > 0 && i.Usable(in.Group.Addr) {
			better = append(better, way{i, heard})
		}
	}
	if len(better) == 0 {
		return Finding{}, false
	}
	slices.SortStableFunc(better, func(a, b way) int { return len(b.heard) - len(a.heard) })
	var says []string
	var ways []host.Interface
	for n, w := range better {
		you := ""
		if n == 0 {
			you = verb(len(w.heard), " hears you", " hear you")
		}
		says, ways = append(says, fmt.Sprintf("%s%s by %s", people(w.heard), you, w.Name)), append(ways, w.Interface)
	}
	return Finding{
		Name:    "wrong-egress",
		Verdict: Failure,
		Title:   fmt.Sprintf("your words leave by %s, where no member hears you; %s", out.Name, enumerate(says)),
		Evidence: fmt.Sprintf("%s; signs of life left by %s for %s, and members that answered name none of them; they name those that left by %s",
			f.choice(in), describe(out, in.Group), span(m.Unheard), better[0].Name),
		Hints:     f.ways(ways, in.Group),
		Interface: out.Name,
		Fix:       &Fix{UseInterface: better[0].Name},
	}, true
}

// doubt says why best is better than out; "" when nothing says so. A sender that
// was heard is a proof. The interfaces' addresses and kinds are only a reason to
// ask, and a user who chose an interface is asked only if best has a routable
// address.
func (f Facts) doubt(out, best host.Interface, in Intent) (because string, _ Verdict) {
	here, there := out.Addr(in.Group.Addr), best.Addr(in.Group.Addr)
	routable := !there.IsLinkLocalUnicast()
	tunnel := out.Flags&net.FlagPointToPoint != 0 && best.Flags&net.FlagPointToPoint == 0
	linkLocal := here.IsLinkLocalUnicast() && routable
	if in.chose() {
		tunnel = tunnel && routable
		linkLocal = linkLocal && here.Is4() // of IPv6 every interface has one
	}
	switch {
	case f.heardOnlyBy(best, out) && !in.From.IsValid() && !f.ofContainers(best): // who asks about receiving, or hears a container, may have nobody else to send to
		return fmt.Sprintf("others are heard by %s (datagrams: %d), nobody by %s", best.Name, f.Heard[best.Index], out.Name), Failure
	case f.Heard[out.Index] > 0 && in.chose():
		return "", OK
	case out.Loopback():
		return fmt.Sprintf("%s leads nowhere but to this host, %s is a network", out.Name, best.Name), Warning
	case linkLocal:
		return fmt.Sprintf("%s has only the link-local address %s, %s has %s", out.Name, here, best.Name, there), Warning
	case tunnel:
		return fmt.Sprintf("%s is a point-to-point link, as VPNs have, %s is a network", out.Name, best.Name), Warning
	case in.chose():
	case f.halfOfAll(out):
		return fmt.Sprintf("%s has half of all addresses by %s, as VPNs take them beside the default route, %s is a network", out.Name, f.Send.Route.Match, best.Name), Warning
	case f.exitNode(out):
		return fmt.Sprintf("%s looks like a VPN's, and its %s is a rule's, which comes before main, %s is a network", out.Name, f.Send.Route.Match, best.Name), Warning
	case f.ofContainers(out):
		return fmt.Sprintf("%s is a bridge for containers or virtual machines of this host, %s leads to a network", out.Name, best.Name), Warning
	}
	return "", OK
}

// heardOnlyBy reports whether others were heard by the one interface, and nobody
// by the other.
func (f Facts) heardOnlyBy(one, other host.Interface) bool {
	return f.Heard[one.Index] > 0 && f.Heard[other.Index] == 0
}

// chose reports whether the user chose the interface that sends leave by.
func (in Intent) chose() bool { return in.Send != 0 || in.Group.Addr.Zone() != "" }

// choice names the one who chose the interface that sends leave by.
func (f Facts) choice(in Intent) string {
	switch {
	case in.Send != 0:
		return "you chose it"
	case in.Group.Addr.Zone() != "":
		return "the group's zone names it"
	}
	return "the kernel chose it: " + cmp.Or(f.Send.Route.Match.String(), "its routing says so")
}

// whereabouts says where the LAN is, or, where several interfaces are as good,
// may be.
func (f Facts) whereabouts(best, out host.Interface, g mcast.Group) string {
	var names []string
	for _, i := range f.candidates(best, out, g) {
		names = append(names, i.Name)
	}
	if len(names) < 2 {
		return "is at " + best.Name
	}
	return "may be at " + strings.Join(names, " or ")
}

// candidates are best and the interfaces that are as good, but for out; best
// alone where others were heard by it.
func (f Facts) candidates(best, out host.Interface, g mcast.Group) []host.Interface {
	if f.Heard[best.Index] > 0 {
		return []host.Interface{best}
	}
	var list []host.Interface
	for _, i := range f.Interfaces {
		if i.Index != out.Index && i.Usable(g.Addr) && f.preference(i, g) == f.preference(best, g) {
			list = append(list, i)
		}
	}
	return list
}

// ways are the hints to send by each of some interfaces.
func (f Facts) ways(list []host.Interface, g mcast.Group) (hints []string) {
	for _, i := range list {
		hints = append(append(hints, useInterface(i)...), f.routeBy(i, netip.Addr{}, g))
	}
	return hints
}

// halfOfAll reports whether the kernel chose an interface by one of two routes
// that are halves of all addresses: groups are in the upper one.
func (f Facts) halfOfAll(i host.Interface) bool {
	m := f.Send.Route.Match
	return i.Index == f.Send.Route.IfIndex && m.Found && m.Dst.Bits() == 1
}

// ofContainers reports whether an interface is the bridge of containers or
// virtual machines, by the names that Docker and libvirt give.
func (f Facts) ofContainers(i host.Interface) bool {
	named := i.Name == "docker0" || strings.HasPrefix(i.Name, "br-") || strings.HasPrefix(i.Name, "virbr")
	link, known := f.Links[i.Index]
	return named && (!known || link.Kind == "bridge")
}

func useInterface(i host.Interface) []string {
	return []string{fmt.Sprintf("send and join by %s: -i %s, or /interface %s", i.Name, i.Name, i.Name)}
}

// joinSendMismatch: datagrams leave by an interface on which the group is not
// joined, so this host hears the group on one network and talks on another; known
// from the program's own joins and the interface that its sends leave by.
func joinSendMismatch(f Facts, in Intent) []Finding {
	const name = "join-send-mismatch"
	if len(in.Joined) == 0 {
		return fine(name, "it joins nothing, so that there is nothing to differ from")
	}
	out, ok := f.egress(in)
	if !ok {
		return f.unsent(name, in)
	}
	if slices.Contains(in.Joined, out.Index) {
		return fine(name, fmt.Sprintf("sends leave by %s, and %s is joined there", out.Name, in.Group.Addr))
	}
	joined := f.listed(in.Joined)
	if len(joined) == 0 {
		return unknown(name, "none of the interfaces that the group is joined on is there")
	}
	var names []string
	target := joined[0]
	for _, i := range joined {
		names = append(names, i.Name)
		if f.preference(i, in.Group) > f.preference(target, in.Group) {
			target = i
		}
	}
	if in.Send != 0 && !out.Loopback() || target.Loopback() {
		target = out // chosen for sending, so it is the join that is missing
	}
	on := strings.Join(names, ", ")
	return []Finding{{
		Name:      name,
		Verdict:   Warning,
		Title:     fmt.Sprintf("sends leave by %s, but %s is joined on %s", out.Name, in.Group.Addr, on),
		Evidence:  fmt.Sprintf("a join does not choose where sends leave; own copies are made on %s, where the group is not joined, so none comes back", out.Name),
		Hints:     useInterface(target),
		Interface: out.Name,
		Fix:       &Fix{UseInterface: target.Name},
	}}
}

// noZone: a link-local group of IPv6 goes by whichever interface came up first;
// known from the group, and the interfaces that it could mean.
func noZone(f Facts, in Intent) []Finding {
	const name = "no-zone"
	switch g := in.Group.Addr; {
	case !g.Is6():
		return fine(name, "zones are of IPv6")
	case in.Group.HostOnly():
		return fine(name, fmt.Sprintf("%s stays on this host", g))
	case g.Zone() != "":
		return fine(name, "the zone is "+g.Zone())
	case in.Send != 0:
		return fine(name, "an interface was chosen to send by, which says as much")
	case f.Interfaces == nil:
		return unknown(name, noInterfaces)
	case f.Send.Route.Match.Dst.Bits() > 8:
		return fine(name, f.Send.Route.Match.String()+" decides, which somebody made for it")
	}
	usable := slices.DeleteFunc(slices.Clone(f.Interfaces), func(i host.Interface) bool {
		return !i.Usable(in.Group.Addr) || f.isPort(i.Index)
	})
	best, ok := f.best(in.Group)
	if len(usable) < 2 || !ok {
		return fine(name, "no two interfaces are usable, so that it can mean one only")
	}
	var zones, names []string
	for _, i := range usable {
		zones, names = append(zones, in.Group.Addr.WithZone(i.Name).String()), append(names, "-i "+i.Name)
	}
	hints := []string{"name the zone of the LAN that is meant with the group: " + strings.Join(zones, " or "), "or the interface: " + strings.Join(names, " or ")}
	fix := &Fix{UseInterface: best.Name}
	if equal := f.candidates(best, host.Interface{}, in.Group); len(equal) > 1 {
		fix = nil // which is meant cannot be known
	}
	now := ""
	if out, ok := f.egress(in); ok {
		now = fmt.Sprintf("; now it is %s, by %s, and another after that was down", out.Name, cmp.Or(f.Send.Route.Match.String(), "the system's choice"))
	}
	return []Finding{{
		Name:    name,
		Verdict: Warning,
		Title:   fmt.Sprintf("%s has no zone: it goes by whichever interface came up first", in.Group.Addr),
		Evidence: fmt.Sprintf("every interface has a route ff00::/8 for all groups, and the first counts; these are usable: %s%s",
			describeAll(usable, in.Group), now),
		Hints: hints,
		Fix:   fix,
	}}
}
