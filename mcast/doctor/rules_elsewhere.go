package doctor

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/groupcast/groupcast/mcast/host"
)

// joinedElsewhere: a membership is of one interface (RFC 3376, section 3), and
// the sender is behind another. Nothing fails, and nothing is heard.
//
// A probe that joins where the sender is cures other programs while it looks
// (IP_MULTICAST_ALL is on in most). So what is heard speaks for an interface only
// if it was joined there without the probe, and Facts.Groups has to be read
// while no probe runs.
func joinedElsewhere(f Facts, in Intent) []Finding {
	const name = "joined-elsewhere"
	group := in.Group.Addr.WithZone("")
	from := cmp.Or(in.From, in.Group.Source) // with its zone, unlike in.wants
	theirs, known := f.joinedByOthers(in)
	switch {
	case known && joinedByKernel(group):
		return fine(name, fmt.Sprintf("the kernel itself has joined %s on every interface", group))
	case !from.IsValid():
		return f.sendsElsewhere(in, theirs, known)
	case slices.ContainsFunc(f.Interfaces, func(i host.Interface) bool { return owns(i, from) }):
		return fine(name, fmt.Sprintf("%s is this host", from))
	}
	own := in.Joined
	if len(own) == 0 {
		for _, i := range in.Wanted {
			own = append(own, i.Index)
		}
	}
	behind, why, ok := f.behind(from)
	if !ok {
		return unknown(name, fmt.Sprintf("behind which interface %s is cannot be said: %s", from, why), "groupcast interfaces")
	}
	var out []Finding
	for _, side := range []struct {
		joined []int
		whose  string
		own    bool
	}{{own, "", true}, {theirs, "by other programs ", false}} {
		if len(side.joined) == 0 || f.reaches(side.joined, from, behind) {
			continue
		}
		on := f.namesOf(in, side.joined)
		finding := Finding{
			Name: name, Verdict: Warning, Interface: behind.Name,
			Title:    fmt.Sprintf("%s is joined %son %s only, and %s is behind %s", group, side.whose, on, from, behind.Name),
			Evidence: fmt.Sprintf("%s; what comes by an interface is heard if the group is joined on that one", why),
			Hints: []string{
				fmt.Sprintf("join on %s: groupcast listen -i %s %s", behind.Name, behind.Name, in.Group),
				fmt.Sprintf("or let %s send to the network of %s", from, on),
			},
		}
		if side.own {
			finding.Fix = &Fix{UseInterface: behind.Name}
		} else {
			finding.Evidence += fmt.Sprintf(" (%s has it on %s)", in.groupsFile(), on)
			finding.Hints[0] = fmt.Sprintf("let the program join on %s: by its setting of an interface, or MCAST_JOIN_GROUP with index %d", behind.Name, behind.Index)
		}
		out = append(out, finding)
	}
	switch {
	case len(out) > 0:
		return out
	case !known && len(own) == 0:
		return unknown(name, f.unread(FromGroups))
	case len(own) == 0 && len(theirs) == 0:
		return fine(name, fmt.Sprintf("nobody has joined %s", group))
	}
	return fine(name, fmt.Sprintf("%s is behind %s, and %s is joined there", from, behind.Name, group))
}

// reaches reports whether a sender is heard by one of these interfaces.
func (f Facts) reaches(joined []int, from netip.Addr, behind host.Interface) bool {
	for _, index := range joined {
		i, ok := host.ByIndex(f.Interfaces, index)
		if index == behind.Index || ok && from.Zone() == "" && !f.isPort(index) && covers(i, from) {
			return true
		}
	}
	return slices.ContainsFunc(f.Observed.Senders, func(s Sender) bool {
		return s.is(from) && slices.Contains(joined, s.IfIndex)
	})
}

// behind is the interface that a host is on the network of, and how that is
// known. Behind a router it is not: routers may forward its groups to any network
// of this host.
func (f Facts) behind(from netip.Addr) (i host.Interface, why string, ok bool) {
	if zone := from.Zone(); zone != "" {
		i, ok = byName(f.Interfaces, zone)
		return i, "its address names " + zone, ok
	}
	if from.IsLinkLocalUnicast() && from.Is6() {
		return i, "a link-local address without a zone may be anywhere", false
	}
	if back, known := f.Back[from]; known {
		if back.Err != nil {
			return i, back.Err.Error(), false
		}
		i, ok = host.ByIndex(f.Interfaces, back.Route.IfIndex)
		switch {
		case back.Route.Match.Gateway.IsValid(), back.Route.Match.Found && back.Route.Match.Dst.Bits() == 0, !ok:
			return i, "a router is between", false
		case back.Route.Match.Found, covers(i, from):
			return i, fmt.Sprintf("the route to %s leads by %s", from, i.Name), true
		}
	}
	for _, i := range f.Interfaces {
		if covers(i, from) && !f.isPort(i.Index) {
			return i, fmt.Sprintf("%s is on the network of %s", from, i.Name), true
		}
	}
	return i, "it is on no network of this host", false
}

// joinedByOthers lists the interfaces that other programs have joined the group
// on. Those that the kernel forwards groups between are left out: what a multicast
// router joins there is for others.
func (f Facts) joinedByOthers(in Intent) (list []int, known bool) {
	for _, at := range f.Groups {
		if in.othersAt(at) > 0 && !slices.Contains(f.Router, at.Index) {
			list = append(list, at.Index)
		}
	}
	return list, f.Groups != nil
}

// othersAt is how many sockets of other programs have joined the group on an
// interface.
func (in Intent) othersAt(at host.InterfaceGroups) int {
	group := in.Group.Addr.WithZone("")
	users := at.Users(group)
	if _, own := in.membership(group, at.Index); in.Live && (own || slices.Contains(in.Joined, at.Index)) {
		users--
	}
	return users
}

// sendsElsewhere notes that what a program sends may leave by another interface
// than it has joined on. That is a note, not a finding: its own choice
// (IP_MULTICAST_IF) cannot be read, and on a healthy host with several networks
// programs do choose.
func (f Facts) sendsElsewhere(in Intent, theirs []int, known bool) []Finding {
	const name = "joined-elsewhere"
	ask := doctorCommand(in, "--from ADDRESS")
	out, ok := host.ByIndex(f.Interfaces, f.Send.Route.IfIndex)
	switch {
	case !known:
		return unknown(name, f.unread(FromGroups), ask)
	case len(theirs) > 0 && ok && f.Send.Err == nil && !slices.Contains(theirs, out.Index):
		return unknown(name, fmt.Sprintf("another program joined %s on %s; what it sends would leave by %s if it chose no interface, and its choice (IP_MULTICAST_IF) cannot be read",
			in.Group.Addr.WithZone(""), f.namesOf(in, theirs), out.Name), ask)
	}
	return unknown(name, "no sender is named", ask)
}

func (f Facts) namesOf(in Intent, indexes []int) string {
	var names []string
	for _, index := range indexes {
		names = append(names, f.nameOf(in, index))
	}
	return enumerate(names)
}
