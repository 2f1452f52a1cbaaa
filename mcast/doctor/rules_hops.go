package doctor

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"
)

// hopsToCross is enough for a network of a campus, and what UNIX hosts took for
// one site (RFC 1112 leaves it to the program).
const hopsToCross = 32

// hopsTooSmall: another host is behind a router, and datagrams cross none; known
// from the program's own TTL, and from addresses that are on no network of this
// host.
func hopsTooSmall(f Facts, in Intent) []Finding {
	const name = "hops-too-small"
	switch {
	case in.Group.NeverRouted():
		return fine(name, fmt.Sprintf("no router forwards %s, at any TTL", in.Group.Addr))
	case in.Hops > 1:
		return fine(name, fmt.Sprintf("TTL %d crosses up to %d routers", in.Hops, in.Hops-1))
	case in.From.IsValid() && f.Interfaces == nil:
		return unknown(name, noInterfaces)
	}
	who := ""
	if in.From.IsValid() && f.outside(in.From) {
		who = fmt.Sprintf("%s is on no network of this host (%s)", in.From, f.networks(in.From))
	}
	for _, s := range f.Observed.Senders {
		if who == "" && s.Outside && !s.Local {
			who = fmt.Sprintf("%s was heard by %s, and is on no network of it (datagrams: %d)", s.From.Addr(), f.nameOf(in, s.IfIndex), s.Datagrams)
		}
	}
	switch {
	case who == "" && in.From.IsValid():
		return fine(name, fmt.Sprintf("%s is on a network of this host, with no router between", in.From))
	case who == "":
		return unknown(name, fmt.Sprintf("TTL %d crosses no router, and it is not known whether there is one between", in.Hops),
			"name a host that is to be heard: groupcast doctor --from ADDRESS")
	}
	return []Finding{{
		Name:     name,
		Verdict:  Warning,
		Title:    fmt.Sprintf("TTL %d crosses no router, and somebody is behind one", in.Hops),
		Evidence: fmt.Sprintf("%s; the first router drops what is sent with TTL %d", who, in.Hops),
		Hints: []string{fmt.Sprintf("send with more: --hops %d, or /hops %d", hopsToCross, hopsToCross),
			"if there is no router between, one of the two has a wrong address or prefix length: compare ip addr on both"},
		Fix: &Fix{Hops: hopsToCross},
	}}
}

// networks are this host's, of an address's IP version.
func (f Facts) networks(like netip.Addr) string {
	var list []string
	for _, i := range f.Interfaces {
		for _, p := range i.Addrs {
			if p.Addr().Is4() == like.Is4() && !p.Addr().IsLoopback() {
				list = append(list, p.Masked().String())
			}
		}
	}
	return cmp.Or(strings.Join(list, ", "), "it has none")
}

// neverRouted: more hops were asked for than the group can use, or a host that
// is to be heard is behind a router; known from the group alone, and from
// where that host is.
func neverRouted(f Facts, in Intent) []Finding {
	const name = "never-routed"
	if in.Group.HostOnly() {
		return hostOnly(name, f, in)
	}
	if !in.Group.NeverRouted() {
		return fine(name, fmt.Sprintf("routers may forward %s", in.Group.Addr))
	}
	scope := "224.0.0.0/24 stays on its own network (RFC 5771, section 4)"
	advice := "to cross routers, use a group of 239.0.0.0/8 (RFC 2365), such as 239.192.0.114"
	if in.Group.Addr.Is6() {
		scope = "ff01::/16 and ff02::/16 stay on their host and link (RFC 4291, section 2.7)"
		advice = "to cross routers, use a group of ff05::/16 (site) or ff08::/16 (organisation), such as ff05::114"
	}
	from := cmp.Or(in.From, in.Group.Source)
	switch {
	case from.IsValid() && f.Interfaces == nil:
		return unknown(name, noInterfaces)
	case from.IsValid() && f.outside(from):
		return []Finding{{
			Name:     name,
			Verdict:  Failure,
			Title:    fmt.Sprintf("%s cannot be heard in %s: a router is between, and none forwards it", from, in.Group.Addr),
			Evidence: fmt.Sprintf("%s is on no network of this host (%s), and %s", from, f.networks(from), scope),
			Hints:    []string{advice},
		}}
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
