package doctor

import "fmt"

// answersBlocked: the unicast answers to what is sent to the group are dropped as
// they come in; known from packets that IP counts and hands to nobody, as many as
// were sent. A filter that keeps state does not take them for answers, since they
// come from an address that nothing was sent to.
func answersBlocked(f Facts, in Intent) []Finding {
	const name = "answers-blocked"
	ask := doctorCommand(in, "--probe") + ", while somebody answers: groupcast echo " + in.Group.String()
	if in.Group.Addr.Is6() {
		return unknown(name, "the counters of IPv6 do not tell multicast that nobody has joined from unicast")
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
		return unknown(name, "no packet to this host alone was seen to be dropped; whether somebody answered is not known", ask)
	case unicast < uint64(tried) || unicast%uint64(tried) != 0:
		return unknown(name, fmt.Sprintf("%d packets to this host alone were dropped, which need not be answers to the %d datagrams that were sent", unicast, tried), ask)
	}
	return []Finding{{
		Name: name, Verdict: Warning,
		Title:    "packets to this host alone were dropped as they came in, as many as answers to its sends would be",
		Evidence: fmt.Sprintf("datagrams sent to the group: %d; Ip.InReceives grew by %d, of which %d were handed to no protocol and were no multicast or broadcast", tried, came, unicast),
		Hints: []string{
			"a filter that keeps state does not know them for answers: accept UDP from the LAN to the port that asks, in the chain that drops; nft list ruleset shows it, as root",
			"let the program ask from one fixed port, so that there is a port to open",
		},
	}}
}
