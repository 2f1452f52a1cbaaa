package mcast

import (
	"slices"

	"github.com/groupcast/groupcast/mcast/host"
)

// whereJoined joins without an interface and finds out where that was. The
// kernel does not say, but it counts the users of each group on each
// interface; where several counts grew, the route decides. The zero Interface
// stands for not known.
func whereJoined(g Group, join func() error) (host.Interface, error) {
	before, _ := hostGroups(g)
	if err := join(); err != nil {
		return host.Interface{}, err
	}
	after, _ := hostGroups(g)
	route, _ := host.RouteTo(g.AddrPort(), host.RouteOptions{Join: true})
	where := host.Interface{Index: route.IfIndex, Name: route.Interface}
	var grown []host.InterfaceGroups
	for _, now := range after {
		n := slices.IndexFunc(before, func(s host.InterfaceGroups) bool { return s.Index == now.Index })
		was := 0
		if n >= 0 {
			was = before[n].Users(g.Addr)
		}
		if now.Users(g.Addr) > was {
			grown = append(grown, now)
		}
	}
	if len(grown) > 0 && !slices.ContainsFunc(grown, func(s host.InterfaceGroups) bool { return s.Index == where.Index }) {
		where = host.Interface{Index: grown[0].Index, Name: grown[0].Name}
	}
	return where, nil
}

// hostGroups is what the host has joined of the group's IP version.
func hostGroups(g Group) ([]host.InterfaceGroups, error) {
	if g.Addr.Is4() {
		return host.IGMP()
	}
	return host.MLD()
}
