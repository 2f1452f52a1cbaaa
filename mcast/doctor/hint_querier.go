package doctor

import "fmt"

// askForMembers says what helps where a switch forgets a member. A querier may
// run, and its queries not arrive: then a second one is the wrong remedy.
func (f Facts) askForMembers(in Intent, index int) []string {
	protocol := "IGMP"
	if in.Group.Addr.Is6() {
		protocol = "MLD"
	}
	see := fmt.Sprintf("first see whether there is a querier: it sends queries every 125 s (RFC 3376, section 8.2), and as root groupcast igmp -i %s shows it",
		in.labelOf(f, index))
	if f.bridgeHears(index) {
		see = "there is a querier, and the bridge here receives its queries, so do not switch on another"
	}
	return []string{
		see,
		fmt.Sprintf("if it gets no report of this host, this host drops its queries, or its own reports: let %s through its firewall, in and out", protocol),
		"if there is none, switch on a querier on the switch or the router, or on a Linux bridge (mcast_querier 1), or switch snooping off there (mcast_snooping 0)",
		"if the silence began when another member behind the same port left the group, that port has fast leave: switch it off there",
		"until then leave and join again every minute",
	}
}

// bridgeHears reports whether the bridge that is the interface, or has it as a
// port, knows of a querier.
func (f Facts) bridgeHears(index int) bool {
	l := f.Links[index]
	if l.Bridge == nil {
		l = f.Links[l.Master]
	}
	return l.Bridge != nil && (l.Bridge.Heard || l.Bridge.Querier)
}
