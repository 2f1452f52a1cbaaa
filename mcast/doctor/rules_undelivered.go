package doctor

import (
	"fmt"
	"net/netip"
	"slices"
)

// undelivered says that more multicast came in than IP passed on at all, or ""
// where that is not known, and what else than the group may have been dropped.
// Queries of IGMP are passed on as well, so they raise no alarm. What this host sends
// by lo to a group that nobody has joined there comes in, too, and is rightly
// dropped: so as much as this host sent proves nothing. IPv6 also counts
// groups that nobody has joined, which proves nothing.
func undelivered(f Facts, in Intent) (lost, others string) {
	const few = 5 // are between the two counters at any moment, one for each processor
	came, known := f.Observed.Grown["IpExt.InMcastPkts"]
	delivered, known2 := f.Observed.Grown["Ip.InDelivers"]
	if in.Group.Addr.Is6() || !known || !known2 || f.Observed.For <= 0 || f.Settings["net.ipv4.conf.all.mc_forwarding"] > 0 {
		return "", ""
	}
	passed := uint64(few)
	for _, counter := range []string{"Ip.InDelivers", "Ip.InUnknownProtos", "Ip.ReasmReqds", "Ip.ForwDatagrams", "IpExt.OutMcastPkts"} {
		passed += max(f.Observed.Grown[counter], f.Observed.AtMost[counter])
	}
	if came <= passed {
		return "", ""
	}
	lost = fmt.Sprintf("in %s IpExt.InMcastPkts grew by %d, Ip.InDelivers, which counts unicast as well, by %d only", f.Observed.lasted(), came, delivered)
	return lost, f.otherGroups(in)
}

// otherGroups describes the groups of IPv4 besides the program's own that somebody
// may have joined; "" if there are none. The kernel has joined 224.0.0.1 on each
// interface for IGMP's queries, which are few.
func (f Facts) otherGroups(in Intent) string {
	var list []string
	joined := f.Observed.Probed || in.Live
	add := func(group netip.Addr, by string) {
		text := group.String() + by
		switch {
		case group == in.Group.Addr:
			joined = true
		case group != netip.AddrFrom4([4]byte{224, 0, 0, 1}) && !slices.Contains(list, text):
			list = append(list, text)
		}
	}
	for _, i := range f.Groups {
		for _, g := range i.Groups {
			add(g.Addr, " is joined on "+i.Name)
		}
	}
	for _, m := range in.Memberships {
		if m.Group.Addr.Is4() {
			add(m.Group.Addr, " is joined on "+m.Interface.Name)
		}
	}
	if wanted := (Probe{Intent: in, For: f.Observed.For}); f.Observed.Probed && wanted.wantsControl() {
		add(controlGroup(in.Group).Addr, " was joined by the probe")
	}
	const most = 3
	switch {
	case f.Groups == nil:
		return f.unread(FromGroups)
	case !joined:
		list = append(list, in.Group.Addr.String()+" is joined by nobody")
	case len(list) > most:
		return fmt.Sprintf("%s; and %d more", enumerate(list[:most]), len(list)-most)
	}
	return enumerate(list)
}
