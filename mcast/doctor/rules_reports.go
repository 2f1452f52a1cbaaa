package doctor

import (
	"fmt"
	"net/netip"
)

// reportsBlocked: the host's own reports do not leave, and so no switch or router
// learns that it has joined; known from what the kernel counts as a probe joins. A
// filter on output drops a packet after OutRequests counts it, and before
// OutTransmits and OutMcastPkts do. A drop at the interface's egress is in none.
func reportsBlocked(f Facts, in Intent) []Finding {
	const name = "reports-blocked"
	probe := doctorCommand(in, "--probe")
	if why, never := f.neverReported(in); never {
		return fine(name, why)
	}
	if in.Group.Addr.Is4() && neverPruned(in.Group.Addr) && f.unreported() {
		return unknown(name, "net.ipv4.igmp_link_local_mcast_reports = 0: this host reports no group of 224.0.0.0/24; a switch that prunes these as well, which RFC 4541 tells it not to, does not know of the membership")
	}
	r := f.Observed.Reports
	if seen := f.reportsOnWire(name, in, r); len(seen) > 0 {
		return seen
	}
	switch {
	case !f.Observed.Probed, r == nil && len(in.Joined) == 0:
		return unknown(name, "nobody has joined the group while the counters were looked at", probe)
	case r == nil:
		return unknown(name, "somebody had joined the group before, and the kernel reports only the first; or the counters are not known")
	}
	reports, ip := "IpExt.OutMcastPkts", "Ip"
	if in.Group.Addr.Is6() {
		reports, ip = mldReports2, "Ip6"
	}
	left, known := r.Grown[reports]
	if in.Group.Addr.Is6() {
		left += r.Grown[mldReports1]
	}
	given, known2 := r.Grown[ip+".OutRequests"]
	passed, known3 := r.Grown[ip+".OutTransmits"]
	where := f.ready(r.First, in)
	if !known || !known2 || !known3 || len(where) == 0 {
		return unknown(name, "the kernel does not count what it needs: "+f.unread(FromCounters))
	}
	counted := fmt.Sprintf("in the second after joining on %s %s.OutRequests grew by %d, %s.OutTransmits by %d, %s by %d",
		names(where), ip, given, ip, passed, reports, left)
	dropped := given - min(given, passed)
	each := uint64(len(where))
	switch {
	case left == 0 && dropped >= each:
		finding := Finding{
			Name: name, Verdict: Failure, Interface: where[0].Name,
			Title:    "reports of the membership do not leave this host: a rule on output drops them",
			Evidence: counted,
			Hints: []string{
				"find the rule, as root: nft list chains, and those with hook output",
				"let out " + reporting(in.Group.Addr),
			},
		}
		if heard := f.heardFrom(); len(heard) > 0 {
			finding.Verdict = Warning
			finding.Evidence += "; the group is heard all the same: no switch or router on the way sends queries, yet"
		}
		return []Finding{finding}
	case left >= each && dropped == 0:
		return fine(name, counted)
	}
	return unknown(name, counted+", which other traffic may be", probe+", once more")
}

func reporting(group netip.Addr) string {
	if group.Is6() {
		return "MLD's reports: ICMPv6 of the types 131, 132 and 143"
	}
	return "IGMP: IP protocol 2, to 224.0.0.22 and to the groups"
}

// neverReported: the groups of all hosts, which everybody is a member of (RFC 3376,
// section 5; RFC 3810, section 6), and those that do not leave the host.
func (f Facts) neverReported(in Intent) (why string, ok bool) {
	group := in.Group.Addr.WithZone("")
	if group == netip.AddrFrom4([4]byte{224, 0, 0, 1}) || group == netip.IPv6LinkLocalAllNodes() || group.IsInterfaceLocalMulticast() {
		return fmt.Sprintf("%s is never reported, and needs no report", group), true
	}
	return "", false
}

// unreported: the kernel is told not to report the groups of 224.0.0.0/24.
func (f Facts) unreported() bool {
	on, known := f.Settings["net.ipv4.igmp_link_local_mcast_reports"]
	return known && on == 0
}

// queriesBlocked: what is sent to all hosts is dropped as it comes in, and the
// queries of IGMP with it; known where the group itself is let in, and no other is
// joined, so that nothing else can have been dropped.
func queriesBlocked(f Facts, in Intent) []Finding {
	const name = "queries-blocked"
	if seen := f.queriesOnWire(name, in); len(seen) > 0 {
		return seen
	}
	if in.Group.Addr.Is6() {
		queries, known := f.Observed.Grown["Icmp6.InGroupMembQueries"]
		if known && queries > 0 {
			return fine(name, fmt.Sprintf("in %s %d queries of MLD came in", f.Observed.lasted(), queries))
		}
		return unknown(name, "no counter shows whether a querier sends queries that do not get in")
	}
	watch := doctorCommand(in, "--probe --watch 5m")
	lost, others := undelivered(f, in)
	switch {
	case !f.Observed.Probed && !in.Live:
		return unknown(name, "queries of IGMP are counted nowhere", watch)
	case lost == "":
		return unknown(name, "no multicast was seen to be dropped, nor a query to come in", watch)
	case others != "":
		return unknown(name, lost+"; it may be of another group: "+others)
	}
	heard := f.heardFrom()
	for _, index := range f.sentBy() {
		if s := f.Observed.Sent[index]; s.Tried > 0 && s.Copies == s.Tried {
			heard = append(heard, fmt.Sprintf("own copies by %s, %d of %d", in.labelOf(f, index), s.Copies, s.Tried))
		}
	}
	if len(heard) == 0 {
		return unknown(name, lost+", and whether the group itself is let in is not known", watch)
	}
	return []Finding{{
		Name: name, Verdict: Warning,
		Title:    "what is sent to all hosts is dropped as it comes in, and the queries of IGMP with it",
		Evidence: fmt.Sprintf("%s; the group is let in (%s), and no other is joined but 224.0.0.1, which queries are sent to", lost, enumerate(heard)),
		Hints: []string{
			"let IGMP in: accept IP protocol 2 in the chain that drops; nft list ruleset shows it, as root",
			"a querier need not be switched on: as long as queries are dropped, this host answers none",
		},
	}}
}
