package doctor

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/groupcast/groupcast/mcast/host"
)

// bridgePort: the group is joined on the port of a bridge, where nothing arrives,
// for the bridge takes the datagrams; known from the port's master. A program that
// has joined on the bridge as well misses nothing. Other programs' joins are looked
// at, too.
func bridgePort(f Facts, in Intent) []Finding {
	const name = "bridge-port"
	indexes := slices.Clone(in.Joined)
	if i, ok := f.egress(in); ok && !slices.Contains(indexes, i.Index) {
		indexes = append(indexes, i.Index)
	}
	theirs, _ := f.joinedByOthers(in)
	if joinedByKernel(in.Group.Addr.WithZone("")) {
		theirs = nil
	}
	own := len(indexes)
	for _, index := range theirs {
		if !slices.Contains(indexes, index) {
			indexes = append(indexes, index)
		}
	}
	list := f.listed(indexes)
	return f.checkLinks(name, list, linkCheck{
		none: "no interface is joined on, or sent by",
		well: "none is a port of a bridge that is not joined on: " + describeAll(list, in.Group),
		check: func(i host.Interface, l Link) (found Finding, ok bool) {
			bridge, ok := host.ByIndex(f.Interfaces, l.Master)
			if !ok || f.Links[bridge.Index].Kind != "bridge" {
				return found, false
			}
			if slices.Contains(in.Joined, bridge.Index) || slices.Index(indexes, i.Index) >= own {
				return Finding{
					Verdict:  Warning,
					Title:    fmt.Sprintf("another program has joined %s on %s, a port of the bridge %s: nothing is heard on it", in.Group.Addr.WithZone(""), i.Name, bridge.Name),
					Evidence: fmt.Sprintf("%s has the group on %s, whose master is %s (ip link show dev %s), which has what arrives there", in.groupsFile(), i.Name, bridge.Name, i.Name),
					Hints:    []string{fmt.Sprintf("let the program join on %s, by its setting of an interface", bridge.Name)},
				}, slices.Contains(theirs, i.Index) && !slices.Contains(theirs, bridge.Index)
			}
			return Finding{
				Verdict:  Failure,
				Title:    fmt.Sprintf("%s is a port of the bridge %s: nothing is heard on it", i.Name, bridge.Name),
				Evidence: fmt.Sprintf("the master of %s is %s (ip link show dev %s), which has what arrives there", i.Name, bridge.Name, i.Name),
				Hints:    useInterface(bridge),
				Fix:      &Fix{UseInterface: bridge.Name},
			}, true
		},
	})
}

// macvlan: an interface and those that are made on it never hear each other;
// known from the kind of the interface, and what it is made on.
func macvlan(f Facts, in Intent) []Finding {
	const name = "macvlan"
	list := f.concerned(in)
	well := "none is a macvlan on another of them: " + describeAll(list, in.Group)
	for _, i := range list {
		if l := f.Links[i.Index]; l.Elsewhere && isMacvlan(l.Kind) {
			well = fmt.Sprintf("%s is a %s: it reaches the whole LAN but the host that it runs on; --from ADDRESS checks that one", i.Name, l.Kind)
		}
	}
	return f.checkLinks(name, list, linkCheck{
		none: "no interface matters to it",
		well: well,
		check: func(i host.Interface, l Link) (found Finding, ok bool) {
			parent, here := host.ByIndex(list, l.Parent)
			switch {
			case !isMacvlan(l.Kind):
				return found, false
			case l.Elsewhere:
				if !in.asksFor(f, i) {
					return found, false
				}
				return Finding{
					Verdict:  Warning,
					Title:    fmt.Sprintf("%s is a %s: it and the host that it runs on do not receive each other", i.Name, l.Kind),
					Evidence: fmt.Sprintf("%s is a %s on interface #%d of another network namespace, and the kernel passes nothing between the two", i.Name, l.Kind, l.Parent),
					Hints:    []string{fmt.Sprintf("let the host talk by one of its own, as root there: ip link add link PARENT name %s0 type %s mode %s", l.Kind, l.Kind, siblings(l.Kind))},
				}, true
			}
			return Finding{
				Verdict:  Warning,
				Title:    fmt.Sprintf("%s and %s never hear each other", parent.Name, i.Name),
				Evidence: fmt.Sprintf("%s is a %s on %s (ip -details link show dev %s), and the kernel passes nothing between the two", i.Name, l.Kind, parent.Name, i.Name),
				Hints:    useInterface(parent),
			}, here
		},
	})
}

func isMacvlan(kind string) bool {
	return slices.Contains([]string{"macvlan", "macvtap", "ipvlan"}, kind)
}

// siblings is the mode in which two of one parent hear each other. That of a
// macvlan is vepa unless it is named, which needs a switch that sends back.
func siblings(kind string) string {
	if kind == "ipvlan" {
		return "l2"
	}
	return "bridge"
}

// asksFor reports whether the host that a macvlan runs on may be the one that is
// asked about: a host of the macvlan's own network that was not heard. Which
// address its parent has cannot be read from here.
func (in Intent) asksFor(f Facts, i host.Interface) bool {
	for _, a := range []netip.Addr{in.From, in.To} {
		_, heard := f.heardHost(a)
		if a.IsValid() && !heard && (covers(i, a) || f.Back[a].Err == nil && f.Back[a].Route.IfIndex == i.Index && !f.Back[a].Route.Match.Gateway.IsValid()) {
			return true
		}
	}
	return false
}

// linkCheck is a rule that checks the link of each of some interfaces.
type linkCheck struct {
	check func(host.Interface, Link) (found Finding, ok bool) // Name and Interface are filled in
	none  string                                              // the evidence when there is no interface to check
	well  string                                              // the evidence when nothing is found
}

// checkLinks is the findings of a rule about the interfaces of list.
func (f Facts) checkLinks(name string, list []host.Interface, c linkCheck) []Finding {
	var out []Finding
	for _, i := range list {
		if found, ok := c.check(i, f.Links[i.Index]); ok {
			found.Name, found.Interface = name, i.Name
			out = append(out, found)
		}
	}
	return f.concludeLinks(name, list, out, c.none, c.well)
}

// concludeLinks returns the findings of a rule about the interfaces of list: out,
// if there are any. Otherwise it is unknown if a link is not known, and fine if
// all are, with none as the evidence when the list is empty, and else well.
func (f Facts) concludeLinks(name string, list []host.Interface, out []Finding, none, well string) []Finding {
	switch why := f.unlinked(list); {
	case len(out) > 0:
		return out
	case why != "":
		return unknown(name, why)
	case len(list) == 0:
		return fine(name, none)
	}
	return fine(name, well)
}

// unlinked says why the link of one of some interfaces is not known; "" when all
// are known.
func (f Facts) unlinked(list []host.Interface) string {
	switch {
	case f.Interfaces == nil:
		return noInterfaces
	case f.Links == nil:
		return f.unread(FromLinks)
	}
	for _, i := range list {
		if _, ok := f.Links[i.Index]; !ok && !i.Loopback() {
			return "the kind of the interface " + i.Name + " is not known"
		}
	}
	return ""
}
