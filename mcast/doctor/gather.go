package doctor

import "github.com/groupcast/groupcast/mcast"

// Gather reads the facts about a group from the operating system, without
// privileges and without sending anything. The error is that of listing the
// interfaces; what the routing table could not say stands in the Answers.
// Heard is the caller's to fill.
func Gather(g mcast.Group) (Facts, error) {
	list, err := mcast.Interfaces()
	if err != nil {
		return Facts{}, err
	}
	f := Facts{Interfaces: list}
	f.Join.Route, f.Join.Err = mcast.RouteTo(g, mcast.RouteOptions{Join: true})
	f.Send.Route, f.Send.Err = mcast.RouteTo(g, mcast.RouteOptions{})
	return f, nil
}
