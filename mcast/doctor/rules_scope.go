package doctor

import (
	"cmp"
	"fmt"
)

// neverRouted: more hops were asked for than the group can use, or a host that
// is to be heard is behind a router; known from the group alone, and from
// where that host is. One that was heard in it is not behind a router.
func neverRouted(f Facts, in Intent) []Finding {
	const name = "never-routed"
	if in.Group.HostOnly() {
		return hostOnly(name, f, in)
	}
	if !in.Group.NeverRouted() {
		return fine(name, fmt.Sprintf("routers may forward %s", in.Group.Addr))
	}
	scope := "224.0.0.0/24 stays on its own network (RFC 5771, section 4)"
	advice := "to cross routers, use a group of 239.192.0.0/14 (RFC 2365), such as 239.192.0.114"
	if in.Group.Addr.Is6() {
		scope = "ff01::/16 and ff02::/16 stay on their host and link (RFC 4291, section 2.7)"
		advice = "to cross routers, use a group of ff05::/16 (site) or ff08::/16 (organisation), such as ff05::114"
	}
	from := cmp.Or(in.From, in.Group.Source)
	sender, heard := f.heardHost(from)
	switch {
	case heard:
		return fine(name, f.heardText(in, sender))
	case from.IsValid() && f.Interfaces == nil:
		return unknown(name, noInterfaces)
	case f.isShut(in):
		return unknown(name, f.unreached(in))
	case from.IsValid() && f.outside(from):
		return []Finding{{
			Name:     name,
			Verdict:  Failure,
			Title:    fmt.Sprintf("%s cannot be heard in %s: a router is between, and none forwards it", from, in.Group.Addr),
			Evidence: f.whereIs(from) + ", and " + scope,
			Hints:    []string{advice},
		}}
	case in.Hops == 255:
		return fine(name, "TTL 255 proves to receivers that no router was between (RFC 5082), as RFC 6762 demands for mDNS")
	case in.Hops <= 1:
		return fine(name, fmt.Sprintf("no router forwards %s, and TTL %d does not ask for it", in.Group.Addr, in.Hops))
	}
	return []Finding{{
		Name:     name,
		Verdict:  Warning,
		Title:    fmt.Sprintf("no router forwards %s, at any TTL", in.Group.Addr),
		Evidence: fmt.Sprintf("TTL %d was asked for, and %s", in.Hops, scope),
		Hints:    []string{advice},
	}}
}

func hostOnly(name string, f Facts, in Intent) []Finding {
	out, ok := f.egress(in)
	if !ok {
		return f.unsent(name, in)
	}
	if out.Loopback() {
		return fine(name, fmt.Sprintf("%s stays on this host, and so do sends by %s", in.Group.Addr, out.Name))
	}
	return []Finding{{
		Name:     name,
		Verdict:  Warning,
		Title:    in.Group.Addr.String() + " never leaves this host",
		Evidence: "ff00::/16 and ff01::/16 are of reserved and of interface-local scope (RFC 4291, section 2.7): the kernel sends nothing out of " + out.Name,
		Hints:    []string{"to be heard on the link, use a group of ff02::/16, such as ff02::114"},
	}}
}
