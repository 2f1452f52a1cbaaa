package doctor

import "fmt"

// answersBlocked: the unicast answers to what is sent to the group are dropped as
// they come in. A filter that keeps state does not take them for answers, since
// they come from an address that nothing was sent to. It is never certain: packets
// that IP counts and hands to nobody can be of groups that nobody here has joined
// as well, which a switch without snooping sends here all the same.
func answersBlocked(f Facts, in Intent) []Finding {
	const name = "answers-blocked"
	ask := doctorCommand(in, "--probe") + ", while somebody answers: groupcast echo " + in.Group.String()
	if in.Group.Addr.Is6() {
		return unknown(name, "the counters of IPv6 do not distinguish unicast from multicast that no program has joined")
	}
	came, known := f.Observed.Grown["Ip.InReceives"]
	if !known || f.Observed.For <= 0 {
		return unknown(name, "nobody has looked while something was sent and answered", ask)
	}
	if f.Settings["net.ipv4.ip_forward"] > 0 {
		return unknown(name, "this host is a router, and its counters are of the traffic of others as well", ask)
	}
	handed := f.Observed.Grown["IpExt.InMcastPkts"] + f.Observed.Grown["IpExt.InBcastPkts"]
	// Multicast that was let in is in InDelivers as well: what was heard is known to
	// be in both. Of the rest less is said to be unicast, never more.
	tried, both := 0, 0
	for _, s := range f.Observed.Sent {
		tried += s.Tried
		both += s.Copies
	}
	for _, s := range f.Observed.Senders {
		both += s.Datagrams
	}
	for _, counter := range []string{"Ip.InDelivers", "Ip.InUnknownProtos", "Ip.InHdrErrors", "Ip.InAddrErrors", "Ip.InDiscards", "Ip.ReasmReqds", "Ip.ForwDatagrams",
		"IpExt.InNoRoutes", "IpExt.InTruncatedPkts", "IpExt.InCsumErrors", "TcpExt.IPReversePathFilter"} {
		handed += max(f.Observed.Grown[counter], f.Observed.AtMost[counter])
	}
	unicast := came + uint64(both)
	unicast -= min(unicast, handed)
	switch {
	case !f.Observed.Probed, tried == 0:
		return unknown(name, "nothing was sent that could have been answered", ask)
	case unicast == 0:
		return unknown(name, "no packet was seen to be dropped; whether somebody answered is not known", ask)
	}
	return unknown(name, fmt.Sprintf("datagrams sent to the group: %d; %d packets came in that were handed to nobody: answers that a filter drops, or groups that nobody here has joined",
		tried, unicast), "if groupcast ping "+in.Group.String()+" hears no answer though somebody answers, look for the rule as root: nft list ruleset")
}
