package doctor

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast"
)

// Diagnose names the pitfalls that a program with this intent is in, worst
// first. It looks at nothing but its arguments.
func Diagnose(f Facts, in Intent) []Finding {
	rules := []func(Facts, Intent) []Finding{
		noRoute,
		interfaceDown,
		noAddress,
		wrongEgress,
		joinSendMismatch,
		loopbackOff,
		neverRouted,
	}
	var out []Finding
	for _, rule := range rules {
		out = append(out, rule(f, in)...)
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
func (f Facts) egress(in Intent) (out mcast.Interface, ok bool) {
	index := in.Send
	if index == 0 {
		index = f.Send.Route.IfIndex
	}
	return mcast.ByIndex(f.Interfaces, index)
}

// Best is the interface that a user most likely means by "the LAN": one that
// others were heard by, else one with a routable address, else one that is
// not a tunnel. ok is false when none is usable.
func (f Facts) Best(g mcast.Group) (best mcast.Interface, ok bool) {
	for _, i := range f.Interfaces {
		if i.Usable(g.Addr) && (!ok || f.preference(i, g) > f.preference(best, g)) {
			best, ok = i, true
		}
	}
	return best, ok
}

func (f Facts) preference(i mcast.Interface, g mcast.Group) int {
	score := 0
	if i.Loopback() {
		score -= 8
	}
	if f.Heard[i.Index] > 0 {
		score += 4
	}
	if !i.Addr(g.Addr).IsLinkLocalUnicast() {
		score += 2
	}
	if i.Flags&net.FlagPointToPoint == 0 {
		score++
	}
	return score
}

// wrongEgress: the datagrams leave by an interface where the others are not.
// The kernel's choice is doubted for what the interface is; the user's own
// choice only for what was heard.
func wrongEgress(f Facts, in Intent) []Finding {
	out, ok := f.egress(in)
	if !ok || out.Loopback() {
		return nil
	}
	best, ok := f.Best(in.Group)
	if !ok || best.Index == out.Index {
		return nil
	}
	chosen := "you chose it"
	if in.Send == 0 {
		chosen = "the kernel chose it: " + cmp.Or(f.Send.Route.Match.String(), "its routing says so")
	}
	addr := func(i mcast.Interface) netip.Addr { return i.Addr(in.Group.Addr) }
	var because string
	verdict := Warning
	switch {
	case f.Heard[best.Index] > 0 && f.Heard[out.Index] == 0:
		verdict = Failure
		because = fmt.Sprintf("others are heard by %s (datagrams: %d), nobody by %s", best.Name, f.Heard[best.Index], out.Name)
	case in.Send != 0:
		return nil
	case addr(out).IsLinkLocalUnicast() && !addr(best).IsLinkLocalUnicast():
		because = fmt.Sprintf("%s has only the link-local address %s, %s has %s", out.Name, addr(out), best.Name, addr(best))
	case out.Flags&net.FlagPointToPoint != 0 && best.Flags&net.FlagPointToPoint == 0:
		because = fmt.Sprintf("%s is a point-to-point link, as VPNs have, %s is a network", out.Name, best.Name)
	default:
		return nil
	}
	return []Finding{{
		Name:      "wrong-egress",
		Verdict:   verdict,
		Title:     fmt.Sprintf("sends leave by %s, the LAN %s", describe(out, in.Group), f.whereabouts(best, out, in.Group)),
		Evidence:  chosen + "; " + because,
		Hints:     append(useInterface(best), routeBy(best, in.Group)),
		Interface: out.Name,
		Fix:       &Fix{UseInterface: best.Name},
	}}
}

// whereabouts says where the LAN is, or, where several interfaces are as good,
// may be.
func (f Facts) whereabouts(best, out mcast.Interface, g mcast.Group) string {
	var names []string
	for _, i := range f.Interfaces {
		if i.Index != out.Index && i.Usable(g.Addr) && f.preference(i, g) == f.preference(best, g) {
			names = append(names, i.Name)
		}
	}
	if len(names) < 2 || f.Heard[best.Index] > 0 {
		return "is at " + best.Name
	}
	return "may be at " + strings.Join(names, " or ")
}

func useInterface(i mcast.Interface) []string {
	return []string{fmt.Sprintf("send and join by %s: -i %s, or /interface %s", i.Name, i.Name, i.Name)}
}

func routeBy(i mcast.Interface, g mcast.Group) string {
	if g.Addr.Is6() {
		return "name the zone with the group: " + g.Addr.WithZone(i.Name).String()
	}
	return "for every program of this host: ip route add 224.0.0.0/4 dev " + i.Name
}

// noRoute: no interface was chosen, and the routing table has no answer.
func noRoute(f Facts, in Intent) []Finding {
	if in.Send != 0 || f.Send.Err == nil || errors.Is(f.Send.Err, errors.ErrUnsupported) {
		return nil
	}
	why := reason(f.Send.Err)
	finding := Finding{
		Name:     "no-route",
		Verdict:  Failure,
		Title:    "sends go nowhere: " + why,
		Evidence: fmt.Sprintf("asked for a route to %s, the kernel says: %s", in.Group.Addr, why),
		Hints:    []string{"bring up a network, or talk on this host alone: -i lo"},
	}
	if f.Join.Err != nil {
		finding.Evidence += "; a join without an interface fails as well"
	}
	if best, ok := f.Best(in.Group); ok {
		finding.Hints = append(useInterface(best), routeBy(best, in.Group))
		finding.Fix = &Fix{UseInterface: best.Name}
	}
	return []Finding{finding}
}

// joinSendMismatch: what is sent does not pass where the group is joined, so
// this host hears the group on one network and talks on another.
func joinSendMismatch(f Facts, in Intent) []Finding {
	out, ok := f.egress(in)
	if !ok || len(in.Joined) == 0 || slices.Contains(in.Joined, out.Index) {
		return nil
	}
	var names []string
	var target mcast.Interface
	for _, index := range in.Joined {
		i, ok := mcast.ByIndex(f.Interfaces, index)
		if !ok {
			continue
		}
		names = append(names, i.Name)
		if target.Index == 0 || f.preference(i, in.Group) > f.preference(target, in.Group) {
			target = i
		}
	}
	switch {
	case len(names) == 0:
		return nil
	case in.Send != 0 && !out.Loopback(), target.Loopback():
		target = out // chosen for sending, so it is the join that is missing
	}
	on := strings.Join(names, ", ")
	return []Finding{{
		Name:      "join-send-mismatch",
		Verdict:   Warning,
		Title:     fmt.Sprintf("sends leave by %s, but %s is joined on %s", out.Name, in.Group.Addr, on),
		Evidence:  fmt.Sprintf("a join does not choose where sends leave; own copies are made on %s, where the group is not joined, so none comes back", out.Name),
		Hints:     useInterface(target),
		Interface: out.Name,
		Fix:       &Fix{UseInterface: target.Name},
	}}
}

// loopbackOff: the other programs of this host do not hear what it sends.
func loopbackOff(f Facts, in Intent) []Finding {
	if in.Loopback {
		return nil
	}
	if out, ok := f.egress(in); ok && out.Loopback() {
		return nil // the kernel ignores the option there
	}
	return []Finding{{
		Name:     "loopback-off",
		Verdict:  Warning,
		Title:    "own copies are off: no other program on this host hears you",
		Evidence: "IP_MULTICAST_LOOP (IPV6_MULTICAST_LOOP) = 0 on the socket that sends",
		Hints:    []string{"switch it on: --loopback, or /loopback on"},
		Fix:      &Fix{LoopbackOn: true},
	}}
}

// neverRouted: more hops were asked for than the group can use.
func neverRouted(f Facts, in Intent) []Finding {
	if out, ok := f.egress(in); in.Group.HostOnly() && ok && !out.Loopback() {
		return []Finding{{
			Name:     "never-routed",
			Verdict:  Warning,
			Title:    in.Group.Addr.String() + " never leaves this host",
			Evidence: "ff00::/16 and ff01::/16 are of reserved and of interface-local scope (RFC 4291, section 2.7): the kernel sends nothing out of " + out.Name,
			Hints:    []string{"to be heard on the link, use a group of ff02::/16, such as ff02::114"},
		}}
	}
	if in.Hops <= 1 || !in.Group.NeverRouted() {
		return nil
	}
	scope := "224.0.0.0/24 stays on its own network (RFC 5771, section 4)"
	advice := "to cross routers, use a group of 239.0.0.0/8 (RFC 2365), such as 239.0.0.114"
	if in.Group.Addr.Is6() {
		scope = "ff01::/16 and ff02::/16 stay on their host and link (RFC 4291, section 2.7)"
		advice = "to cross routers, use a group of ff05::/16 (site) or ff08::/16 (organisation), such as ff05::114"
	}
	return []Finding{{
		Name:     "never-routed",
		Verdict:  Warning,
		Title:    fmt.Sprintf("no router forwards %s, at any TTL", in.Group.Addr),
		Evidence: fmt.Sprintf("TTL %d was asked for, and %s", in.Hops, scope),
		Hints:    []string{advice},
	}}
}

// interfaceDown: an interface that the program counts on is off, has no link,
// or is gone.
func interfaceDown(f Facts, in Intent) []Finding {
	var out []Finding
	for _, index := range in.concerns(f) {
		i, ok := mcast.ByIndex(f.Interfaces, index)
		switch {
		case !ok:
			out = append(out, Finding{
				Name:      "interface-down",
				Verdict:   Failure,
				Title:     in.nameOf(index) + " is gone",
				Evidence:  fmt.Sprintf("it had index %d, and was deleted, its memberships with it", index),
				Hints:     []string{"make it again under its name, or choose another: /interface NAME; groupcast interfaces lists them"},
				Interface: in.nameOf(index),
			})
		case errors.Is(i.Ready(in.Group.Addr), mcast.ErrInterfaceDown):
			finding := Finding{
				Name:      "interface-down",
				Verdict:   Failure,
				Title:     i.Name + " is down",
				Evidence:  "it is switched off (no IFF_UP)",
				Hints:     []string{"ip link set " + i.Name + " up"},
				Interface: i.Name,
			}
			if i.Up() {
				finding.Title = i.Name + " has no carrier"
				finding.Evidence = "it is up, but has no link (no IFF_RUNNING); sends seem to work, and own copies still come back"
				finding.Hints = []string{"check the cable, the access point, or the other end of a virtual wire"}
			}
			out = append(out, finding)
		}
	}
	return out
}

// noAddress: it joins, hears and sends, with source 0.0.0.0.
func noAddress(f Facts, in Intent) []Finding {
	version, example := "IPv4", "192.0.2.1/24"
	if in.Group.Addr.Is6() {
		version, example = "IPv6", "2001:db8::1/64"
	}
	var out []Finding
	for _, index := range in.concerns(f) {
		i, ok := mcast.ByIndex(f.Interfaces, index)
		if !ok || !errors.Is(i.Ready(in.Group.Addr), mcast.ErrNoAddress) {
			continue
		}
		out = append(out, Finding{
			Name:      "no-address",
			Verdict:   Warning,
			Title:     i.Name + " has no " + version + " address",
			Evidence:  "what leaves by it carries another interface's address, or none at all, and nobody can answer",
			Hints:     []string{fmt.Sprintf("give it one: ip addr add %s dev %s (an address of your network)", example, i.Name)},
			Interface: i.Name,
		})
	}
	return out
}

// nameOf is what the user called an interface that is gone.
func (in Intent) nameOf(index int) string {
	if i, ok := mcast.ByIndex(in.Wanted, index); ok {
		return i.Name
	}
	return fmt.Sprintf("#%d", index)
}

// concerns lists the interfaces that matter to the program: named, joined, or
// sent by. If it has none of its own, all of the host's but lo matter.
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
			if !i.Loopback() {
				list = append(list, i.Index)
			}
		}
	}
	slices.Sort(list)
	list = slices.Compact(list)
	return slices.DeleteFunc(list, func(index int) bool { return index == 0 }) // where the system does not tell
}

func describe(i mcast.Interface, g mcast.Group) string {
	if a := i.Addr(g.Addr); a.IsValid() {
		return fmt.Sprintf("%s (%s)", i.Name, a)
	}
	return i.Name
}

// reason is the innermost error: the kernel's own word.
func reason(err error) string {
	if op, ok := errors.AsType[*mcast.OpError](err); ok {
		return op.Err.Error()
	}
	return err.Error()
}
