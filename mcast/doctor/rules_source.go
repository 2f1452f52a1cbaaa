package doctor

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/groupcast/groupcast/mcast/host"
)

// wrongSource: datagrams carry a source address that is not of the interface they
// leave by, so receivers with a reverse path filter drop them; or not of the
// network of the other hosts there. Known from the source in the kernel's route,
// and from the senders that were heard.
func wrongSource(f Facts, in Intent) []Finding {
	const name = "wrong-source"
	out, ok := f.egress(in)
	if !ok {
		return f.unsent(name, in)
	}
	send := f.Send
	if in.Send != 0 {
		send = f.By[in.Send]
	}
	source, own := send.Route.Source, out.Addr(in.Group.Addr)
	switch {
	case send.Err != nil:
		return unknown(name, fmt.Sprintf("the kernel does not say which source a send by %s has: %s", out.Name, reason(send.Err)))
	case out.Loopback() && (!source.IsValid() || !owns(out, source)):
		return fine(name, fmt.Sprintf("what is sent by %s stays on this host, whatever its source", out.Name))
	case !source.IsValid():
		return unknown(name, fmt.Sprintf("it is not known which source a send by %s has: %s", out.Name, f.unread(FromRoutes)))
	case owns(out, source):
		if found := f.strangeHere(in, out, source); found != nil {
			return []Finding{*found}
		}
		return fine(name, fmt.Sprintf("what leaves by %s carries %s, an address of it", out.Name, source))
	case !own.IsValid():
		return unknown(name, fmt.Sprintf("%s has no address of its own that it could carry (no-address)", out.Name))
	}
	verdict, whose := Failure, "of no interface of this host"
	if n := slices.IndexFunc(f.Interfaces, func(i host.Interface) bool { return owns(i, source) }); n >= 0 {
		verdict, whose = Warning, "of "+f.Interfaces[n].Name
	} else if covers(out, source) {
		verdict = Warning
	}
	return []Finding{{
		Name:    name,
		Verdict: verdict,
		Title:   fmt.Sprintf("what leaves by %s carries %s, an address %s", out.Name, source, whose),
		Evidence: fmt.Sprintf("asked for a route to %s, the kernel answers: by %s, source %s (%s), and %s has %s; a receiver whose way back to %s leads elsewhere drops it (reverse-path)",
			in.Group.Addr, out.Name, source, cmp.Or(send.Route.Match.String(), "no route decides"), out.Name, own, source),
		Hints:     []string{f.sourceOf(out, own, in)},
		Interface: out.Name,
	}}
}

// sourceOf is how what leaves by out gets the source own. The src of a route
// counts as long as the interface is left to the routing table.
func (f Facts) sourceOf(out host.Interface, own netip.Addr, in Intent) string {
	switch {
	case in.Group.Addr.Is6():
		return "choose the source: " + f.sourceOf6(out, own, in)
	case in.Send != 0:
		return "name no interface (-i default), and let a route choose interface and source; " + f.routeBy(out, own, in.Group)
	}
	return "choose the source; " + f.routeBy(out, own, in.Group)
}

// sourceOf6 gives the route that decides a source. Each interface has a route for all
// groups, with metric 256, and ip(8) makes others with 1024, which lose.
func (f Facts) sourceOf6(out host.Interface, own netip.Addr, in Intent) string {
	m := f.Send.Route.Match
	if in.Send != 0 {
		m = f.By[in.Send].Route.Match
	}
	dst, table := netip.MustParsePrefix("ff00::/8"), localTable
	if m.Found && m.Dst.Addr().IsMulticast() {
		dst, table = m.Dst, m.Table
	}
	return fmt.Sprintf("ip -6 route replace multicast %s dev %s src %s%s metric 1", dst, out.Name, own, inTable(table))
}

// strangeHere finds that the source is an address of the interface, and all
// who were heard there are in another of its networks.
func (f Facts) strangeHere(in Intent, out host.Interface, source netip.Addr) *Finding {
	if in.Group.Addr.Is6() {
		return nil // of link-local addresses everyone has one
	}
	var theirs netip.Prefix
	var heard []string
	for _, s := range f.Observed.Senders {
		if s.Local || s.IfIndex != out.Index {
			continue
		}
		from := s.From.Addr().Unmap()
		if slices.ContainsFunc(out.Addrs, func(p netip.Prefix) bool { return p.Contains(source) && p.Contains(from) }) {
			return nil
		}
		n := slices.IndexFunc(out.Addrs, func(p netip.Prefix) bool { return p.Contains(from) })
		if n < 0 {
			return nil // behind a router, or with a wrong source itself
		}
		theirs = out.Addrs[n]
		heard = append(heard, from.String())
	}
	if len(heard) == 0 {
		return nil
	}
	n := slices.IndexFunc(out.Addrs, func(p netip.Prefix) bool { return p.Addr() == source })
	slices.Sort(heard)
	found := &Finding{
		Name: "wrong-source", Verdict: Warning, Interface: out.Name,
		Title: fmt.Sprintf("what leaves by %s carries %s, and the others there are in %s", out.Name, source, theirs.Masked()),
		Evidence: fmt.Sprintf("heard by %s: %s; it has %s as well, and the kernel answers: source %s",
			out.Name, enumerate(slices.Compact(heard)), theirs, source),
		Hints: []string{"the first address counts, so let it stand last: " + standLast(out, out.Addrs[n])},
	}
	if in.Send == 0 {
		found.Hints = append(found.Hints, "or "+f.sourceOf(out, theirs.Addr(), in))
	}
	return found
}

// standLast takes an address from an interface and gives it back, behind the
// others. The kernel deletes the others of its subnet with it, unless it is told to
// make one of them the first (promote_secondaries).
func standLast(out host.Interface, a netip.Prefix) string {
	command := fmt.Sprintf("ip addr del %[1]s dev %[2]s && ip addr add %[1]s dev %[2]s", a, out.Name)
	if sharesSubnet(out, a) {
		command = fmt.Sprintf("sysctl -w %s=1 && %s", settingName("ipv4", out.Name, "promote_secondaries"), command)
	}
	return command
}

// sharesSubnet reports whether an interface has another address of the same subnet.
func sharesSubnet(i host.Interface, a netip.Prefix) bool {
	return slices.ContainsFunc(i.Addrs, func(p netip.Prefix) bool { return p != a && p.Masked() == a.Masked() })
}
