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

// rules are the rules of [Diagnose], in the order of [Names]. Each returns at
// least one finding, whatever it is given.
var rules = []struct {
	name  string
	check func(Facts, Intent) []Finding
}{
	{"wrong-egress", wrongEgress},
	{"no-route", noRoute},
	{"join-send-mismatch", joinSendMismatch},
	{"wrong-source", wrongSource},
	{"no-zone", noZone},
	{"loopback-off", loopbackOff},
	{"loopback-not-proof", loopbackNotProof},
	{"hops-too-small", hopsTooSmall},
	{"never-routed", neverRouted},
	{"over-mtu", overMTU},
	{"send-queue-full", sendQueueFull},
	{"firewall-out", firewallOut},
	{"membership-lost", membershipLost},
	{"joined-elsewhere", joinedElsewhere},
	{"too-many-groups", tooManyGroups},
	{"same-mac", sameMAC},
	{"others-groups", othersGroups},
	{"ssm-over-asm", ssmOverASM},
	{"source-blocked", sourceBlocked},
	{"igmp-version", igmpVersion},
	{"not-heard", notHeard},
	{"one-way", oneWay},
	{"stopped", stopped},
	{"unicast-bind", unicastBind},
	{"wrong-device", wrongDevice},
	{"port-shared", portShared},
	{"port-taken", portTaken},
	{"wrong-port", wrongPort},
	{"receive-overflow", receiveOverflow},
	{"bad-checksum", badChecksum},
	{"firewall-in", firewallIn},
	{"answers-blocked", answersBlocked},
	{"reverse-path", reversePath},
	{"no-way-back", noWayBack},
	{"no-querier", noQuerier},
	{"no-multicast-router", noMulticastRouter},
	{"reports-blocked", reportsBlocked},
	{"queries-blocked", queriesBlocked},
	{"interface-down", interfaceDown},
	{"flag-off", flagOff},
	{"no-address", noAddress},
	{"bridge-port", bridgePort},
	{"macvlan", macvlan},
	{"virtual-network", virtualNetwork},
	{"two-on-one-lan", twoOnOneLAN},
	{"duplicate-address", duplicateAddress},
	{"reflected", reflected},
	{"doubled", doubled},
}

// Diagnose returns the findings about every pitfall of [Names] for a program with
// this intent, the worst first. It looks at nothing but its arguments. A pitfall
// has one finding, or one for each place where it is seen.
func Diagnose(f Facts, in Intent) []Finding {
	var out []Finding
	for _, r := range rules {
		out = append(out, r.check(f, in)...)
	}
	for i := range out {
		out[i].Hints = f.typed(in, out[i].Hints)
		out[i].Commands = commandsOf(out[i].Hints)
	}
	slices.SortStableFunc(out, func(a, b Finding) int {
		return cmp.Compare(severity(b.Verdict), severity(a.Verdict))
	})
	return out
}

func severity(v Verdict) int {
	return slices.Index([]Verdict{OK, Unknown, Warning, Failure}, v)
}

// egress is the interface that sends leave by; ok is false when there is none,
// or when it is not listed.
func (f Facts) egress(in Intent) (out host.Interface, ok bool) {
	index := in.Send
	if index == 0 {
		index = f.Send.Route.IfIndex
	}
	return host.ByIndex(f.Interfaces, index)
}

// best is the interface that a user most likely means by "the LAN": one that
// others were heard by, else one with a routable address, else one that is
// not a tunnel; a bridge rather than its ports. ok is false when none is
// usable.
func (f Facts) best(g mcast.Group) (best host.Interface, ok bool) {
	for _, i := range f.Interfaces {
		if i.Usable(g.Addr) && (!ok || f.preference(i, g) > f.preference(best, g)) {
			best, ok = i, true
		}
	}
	return best, ok
}

func (f Facts) preference(i host.Interface, g mcast.Group) int {
	score := 0
	if i.Loopback() {
		score -= 8
	}
	if f.isPort(i.Index) {
		score -= 4
	}
	if f.Heard[i.Index] > 0 {
		score += 4
	}
	if !i.Addr(g.Addr).IsLinkLocalUnicast() {
		score += 2
	}
	if i.Flags&net.FlagPointToPoint == 0 && !f.halfOfAll(i) && !f.exitNode(i) && !f.ofContainers(i) {
		score++
	}
	return score
}

// isPort reports whether the interface is known to be the port of a bridge or
// a bond, which has the traffic in its stead.
func (f Facts) isPort(index int) bool { return f.Links[index].Master != 0 }

// nameOf is the name of an interface that is gone, as the user gave it.
func (in Intent) nameOf(index int) string {
	if i, ok := host.ByIndex(in.Wanted, index); ok {
		return i.Name
	}
	return fmt.Sprintf("#%d", index)
}

// nameOf is the name of an interface, also of one that is gone.
func (f Facts) nameOf(in Intent, index int) string {
	if i, ok := host.ByIndex(f.Interfaces, index); ok {
		return i.Name
	}
	return in.nameOf(index)
}

// concerns lists the interfaces that matter to the program: named, joined, or
// sent by. If it has none of its own, all of the host's matter but lo, ports,
// and bridges without any.
func (in Intent) concerns(f Facts) []int {
	list := slices.Clone(in.Joined)
	for _, i := range in.Wanted {
		list = append(list, i.Index)
	}
	if out, ok := f.egress(in); ok {
		list = append(list, out.Index)
	}
	if len(list) == 0 {
		for _, i := range f.Interfaces {
			if f.leads(i) {
				list = append(list, i.Index)
			}
		}
	}
	slices.Sort(list)
	list = slices.Compact(list)
	return slices.DeleteFunc(list, func(index int) bool { return index == 0 }) // where the system does not tell
}

// leads reports whether an interface can lead to others: lo does not, a port
// only by its bridge, and a bridge only by its ports.
func (f Facts) leads(i host.Interface) bool {
	bridge := f.Links[i.Index].Bridge
	return !i.Loopback() && !f.isPort(i.Index) && (bridge == nil || len(bridge.Ports) > 0)
}

// concerned are the interfaces of concerns that are there.
func (f Facts) concerned(in Intent) []host.Interface {
	return f.listed(in.concerns(f))
}

func (f Facts) listed(indexes []int) []host.Interface {
	var list []host.Interface
	for _, index := range indexes {
		if i, ok := host.ByIndex(f.Interfaces, index); ok {
			list = append(list, i)
		}
	}
	return list
}

// covers reports whether an address is of a network of the interface.
func covers(i host.Interface, a netip.Addr) bool {
	return slices.ContainsFunc(i.Addrs, func(p netip.Prefix) bool { return p.Contains(a.WithZone("")) })
}

// owns reports whether an address is the interface's own.
func owns(i host.Interface, a netip.Addr) bool {
	return slices.ContainsFunc(i.Addrs, func(p netip.Prefix) bool { return p.Addr().WithZone("") == a.WithZone("") })
}

func describe(i host.Interface, g mcast.Group) string {
	if a := i.Addr(g.Addr); a.IsValid() {
		return fmt.Sprintf("%s (%s)", i.Name, a)
	}
	return i.Name
}

// describeAll names interfaces with their addresses.
func describeAll(list []host.Interface, g mcast.Group) string {
	var names []string
	for _, i := range list {
		names = append(names, describe(i, g))
	}
	return strings.Join(names, ", ")
}
