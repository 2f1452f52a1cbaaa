package tui

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/session"
)

// noSource says why an address cannot be a source in the current group; "": it
// can.
func noSource(a netip.Addr, s session.Snapshot) string {
	switch {
	case a.IsMulticast():
		return "a group: nobody sends from a multicast address"
	case a.IsUnspecified():
		return "not the address of a host"
	case s.Group.Addr.IsValid() && a.Is4() != s.Group.Addr.Is4():
		return fmt.Sprintf("%s, and the group %s is %s", version(a), s.Group.Addr, version(s.Group.Addr))
	}
	return ""
}

func version(a netip.Addr) string {
	if a.Is4() {
		return "IPv4"
	}
	return "IPv6"
}

// isBlocked reports whether a source is blocked in the current group. The
// kernel blocks an address whatever its zone.
func isBlocked(s session.Snapshot, a netip.Addr) bool {
	return slices.ContainsFunc(s.Blocked, func(b netip.Addr) bool { return b.WithZone("") == a.WithZone("") })
}

// withoutZone is the group as it is joined: the zone has become the interface.
func withoutZone(g mcast.Group) mcast.Group {
	g.Addr = g.Addr.WithZone("")
	return g
}
