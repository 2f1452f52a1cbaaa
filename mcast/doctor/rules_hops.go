package doctor

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// hopsToCross is enough for a network of a campus, and what UNIX hosts took for
// one site (RFC 1112 leaves it to the program).
const hopsToCross = 32

// hopsTooSmall: datagrams cross no router, and there is one between. What is to
// be heard (Intent.From) needs the TTL of its sender; the program's own is for
// what it sends. Known from the way to that host, and from senders that were
// heard from beyond a router.
func hopsTooSmall(f Facts, in Intent) []Finding {
	const name = "hops-too-small"
	switch {
	case in.Hops == 0 && in.Group.Addr.IsValid():
		return f.noHops(name, in)
	case in.Group.NeverRouted():
		return fine(name, fmt.Sprintf("no router forwards %s, at any TTL", in.Group.Addr))
	case in.From.IsValid():
		return f.hopsOf(name, in)
	case f.AnswerTo(in).State == Hears:
		return fine(name, f.AnswerTo(in).String())
	case f.unreached(in) != "":
		return unknown(name, f.unreached(in))
	case in.Hops > 1:
		return fine(name, fmt.Sprintf("TTL %d crosses up to %d routers", in.Hops, in.Hops-1))
	}
	who := ""
	n := slices.IndexFunc(f.Observed.Senders, func(s Sender) bool { return f.beyond(s, in.Group) })
	switch {
	case in.To.IsValid() && f.Interfaces == nil:
		return unknown(name, noInterfaces)
	case in.To.IsValid() && f.outside(in.To):
		who = f.whereIs(in.To)
	case in.To.IsValid():
		return fine(name, fmt.Sprintf("no router is between this host and %s", in.To))
	case n >= 0:
		s := f.Observed.Senders[n]
		who = fmt.Sprintf("%s was heard by %s, and is on no network of it (datagrams: %d)", s.From.Addr(), f.nameOf(in, s.IfIndex), s.Datagrams)
	default:
		return unknown(name, fmt.Sprintf("TTL %d crosses no router, and it is not known whether there is one between", in.Hops),
			"name a host that is to be heard: groupcast doctor --from ADDRESS")
	}
	return []Finding{{
		Name:     name,
		Verdict:  Warning,
		Title:    fmt.Sprintf("TTL %d crosses no router, and somebody is behind one", in.Hops),
		Evidence: fmt.Sprintf("%s; the first router drops datagrams with TTL %d", who, in.Hops),
		Hints:    []string{fmt.Sprintf("send with more: --ttl %d, or /hops %d", hopsToCross, hopsToCross), wrongPrefix},
		Fix:      &Fix{Hops: hopsToCross},
	}}
}

const wrongPrefix = "if there is no router between, one of the two has a wrong address or prefix length: compare ip addr on both"

// hopsOf is about a host that is to be heard: its TTL has to cross, not ours.
func (f Facts) hopsOf(name string, in Intent) []Finding {
	switch heard, ok := f.heardHost(in.From); {
	case ok:
		return fine(name, f.heardText(in, heard))
	case f.Interfaces == nil:
		return unknown(name, noInterfaces)
	case noWay(f.Back[in.From].Err):
		return unknown(name, fmt.Sprintf("no route leads to %s, so that it is not known whether a router is between (no-way-back)", in.From))
	case !f.outside(in.From):
		return fine(name, fmt.Sprintf("no router is between this host and %s", in.From))
	case f.unreached(in) != "":
		return unknown(name, f.unreached(in))
	case f.Observed.Listen.Lasted() < leastListen:
		return unknown(name, f.whereIs(in.From)+"; whether what it sends has a TTL that crosses routers shows when somebody listens", byProbing)
	}
	finding := Finding{
		Name:     name,
		Verdict:  Warning,
		Title:    fmt.Sprintf("%s is behind a router: what it sends with TTL 1 does not come here", in.From),
		Evidence: f.whereIs(in.From) + "; programs send to groups with TTL 1 unless they set it, and the first router drops that. The TTL of this host does not matter for receiving",
		Hints: []string{
			fmt.Sprintf("raise the TTL at %s: there run groupcast send --ttl %d %s", in.From, hopsToCross, in.Group),
			"if it is raised there, routers between have to forward groups: an entry for it, or PIM (no-multicast-router)",
			wrongPrefix,
		},
	}
	if b, ok := f.boxed(in); ok {
		finding.Hints = append(finding.Hints, fmt.Sprintf("if this is a container, whose way out is a veth (%s), no TTL helps: groupcast explain virtual-network", b.by.Name))
	}
	return []Finding{finding}
}

// unreached says why no TTL helps with the host that is asked about; "" where one
// may.
func (f Facts) unreached(in Intent) string {
	if b, a, ok := f.shut(in); ok {
		return fmt.Sprintf("this looks like %s, and %s is beyond: no TTL helps, for groups do not cross there (virtual-network)", b, a)
	}
	if a, by, ok := f.farBy(in); ok {
		return fmt.Sprintf("%s is reached by what looks like a VPN, %s: its ends say whether groups pass, and not the TTL", a, by.Name)
	}
	return ""
}

// noHops is about TTL 0. Linux keeps such a datagram only where it makes copies
// for members on this host (ip_mc_output, ip6_finish_output2); else it lets it
// out as it is.
func (f Facts) noHops(name string, in Intent) []Finding {
	out, ok := f.egress(in)
	switch {
	case !ok:
		return f.unsent(name, in)
	case out.Loopback():
		return fine(name, "sends stay on this host: "+out.Name)
	}
	joined := slices.Contains(in.Joined, out.Index) || f.Groups != nil && f.users(in.Group.Addr.WithZone(""), out.Index) > 0
	if in.Group.Addr.Is6() && !in.Loopback {
		joined = false // no copy is made
	}
	finding := Finding{
		Name: name, Verdict: Warning, Interface: out.Name,
		Title:    fmt.Sprintf("TTL 0: nothing that is sent by %s leaves this host", out.Name),
		Evidence: fmt.Sprintf("%s is joined on %s, where the kernel makes a copy for this host, and then drops what has TTL 0", in.Group.Addr, out.Name),
		Hints:    []string{"to be heard on the LAN: --ttl 1, or /hops 1"},
		Fix:      &Fix{Hops: 1},
	}
	switch {
	case joined:
	case f.Groups == nil:
		return unknown(name, fmt.Sprintf("TTL 0 stays on this host only if somebody has joined %s on %s: %s", in.Group.Addr, out.Name, f.unread(FromGroups)))
	default:
		finding.Title = fmt.Sprintf("TTL 0 does not stay on this host: what is sent by %s leaves with it", out.Name)
		finding.Evidence = fmt.Sprintf("%s is not joined on %s, and only where it is does the kernel look at the TTL; receivers take a datagram with TTL 0", in.Group.Addr, out.Name)
		finding.Hints = []string{"to stay on this host, send by lo: -i lo", "to be heard on the LAN: --ttl 1, or /hops 1"}
	}
	return []Finding{finding}
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
