package mcast

import "slices"

// whereJoined joins without an interface and finds out where that was. The
// kernel does not say, but it counts the users of each group on each
// interface; where several counts grew, the route decides. The zero Interface
// stands for not known.
func whereJoined(g Group, join func() error) (Interface, error) {
	before, _ := hostGroups(g)
	if err := join(); err != nil {
		return Interface{}, err
	}
	after, _ := hostGroups(g)
	route, _ := RouteTo(g, RouteOptions{Join: true})
	where := Interface{Index: route.IfIndex, Name: route.Interface}
	var grown []HostGroups
	for _, now := range after {
		n := slices.IndexFunc(before, func(s HostGroups) bool { return s.Index == now.Index })
		was := 0
		if n >= 0 {
			was = before[n].users(g.Addr)
		}
		if now.users(g.Addr) > was {
			grown = append(grown, now)
		}
	}
	if len(grown) > 0 && !slices.ContainsFunc(grown, func(s HostGroups) bool { return s.Index == where.Index }) {
		where = Interface{Index: grown[0].Index, Name: grown[0].Name}
	}
	return where, nil
}

// hostGroups is what the host has joined of the group's IP version.
func hostGroups(g Group) ([]HostGroups, error) {
	if g.Addr.Is4() {
		return IGMP()
	}
	return MLD()
}
