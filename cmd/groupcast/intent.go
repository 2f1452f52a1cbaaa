package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/session"
)

// intentOf is what groupcast would do with these flags; join is where the
// kernel joins.
func intentOf(g mcast.Group, c host.Choice, join doctor.RouteResult, set *settings) doctor.Intent {
	g.Addr = g.Addr.WithZone("") // c says it
	in := doctor.Intent{Group: g, Joined: host.Indexes(c.Joins), Send: c.Send.Index, Loopback: set.loopback, Hops: set.ttl, MulticastAll: set.multicastAll}
	if c.ByUser {
		in.Wanted = c.Joins
	}
	if len(c.Joins) == 1 && c.Joins[0].Index == 0 {
		in.Joined = nil
		if join.Err == nil {
			in.Joined = []int{join.Route.IfIndex}
		}
	}
	return in
}

// alone reports whether a host has nothing but lo.
func alone(list []host.Interface) bool {
	return !slices.ContainsFunc(list, func(i host.Interface) bool { return !i.Loopback() })
}

// choiceText says what groupcast itself would do with these flags.
func choiceText(g mcast.Group, c host.Choice) string {
	if len(c.Joins) == 0 {
		return "groupcast cannot join: " + host.ErrNothingUsable.Error()
	}
	on := strings.Join(chat.InterfaceNames(c.Joins), ", ")
	if c.Joins[0].Index == 0 {
		on = "the kernel's choice"
	}
	out := session.WayOut(g, c, 0)
	if out.Err != nil {
		return fmt.Sprintf("groupcast joins on %s, and its sends go nowhere: %s", on, mcast.Reason(out.Err))
	}
	return fmt.Sprintf("groupcast joins on %s; its %s", on, out.String())
}
