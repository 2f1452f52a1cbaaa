package chat

import (
	"net/netip"
	"slices"

	"github.com/groupcast/groupcast/mcast"
)

// maxGroups bounds the groups whose traffic a Room counts: the first that were
// heard. A datagram of another group counts as any other, but not by group.
const maxGroups = 1024

// groups is the traffic by group, in the order of their addresses.
type groups []*groupTraffic

// groupTraffic is a Traffic as it is kept: without Rate and History.
type groupTraffic struct {
	Traffic
	rate rate
}

// heard counts a datagram for the group that it was sent to.
func (g *groups) heard(d mcast.Datagram) {
	to := d.To.WithZone("")
	n, found := slices.BinarySearchFunc(*g, to, func(t *groupTraffic, to netip.Addr) int {
		return t.Group.Compare(to)
	})
	if !found {
		if len(*g) == maxGroups {
			return
		}
		*g = slices.Insert(*g, n, &groupTraffic{Traffic: Traffic{Group: to}})
	}
	t := (*g)[n]
	t.Datagrams++
	t.Bytes += uint64(len(d.Data))
	t.rate.add(d.At)
}

// traffic copies them.
func (g groups) traffic(h *histories) []Traffic {
	out := make([]Traffic, len(g))
	for n, kept := range g {
		out[n] = kept.Traffic
		out[n].History = h.of(&kept.rate)
		out[n].Rate = current(out[n].History)
	}
	return out
}
