package host

import (
	"fmt"
	"net/netip"
	"strconv"
)

// The routing tables that every host has (rtnetlink(7)).
const (
	mainTable  = 254
	localTable = 255
)

// Route is the kernel's answer to "where would this go?".
type Route struct {
	Interface string     // its name
	IfIndex   int        // from 1
	Source    netip.Addr // the source address that the datagram would carry, without a zone; the zero Addr: none, or not told
	LoopsBack bool       // the kernel would deliver a copy on this host, because the group is joined on that interface
	Match     Match      // what decided
}

// Match is the entry of the routing table that decided. Found is false when
// none was needed, because the interface was chosen, or when the system does
// not tell. IPv6 needs one even then; every interface brings its own, which is
// ff00::/8 in the local table.
type Match struct {
	Found   bool
	Dst     netip.Prefix // 0.0.0.0/0 or ::/0: the default route
	Gateway netip.Addr   // the zero Addr: on the link
	Table   int          // 254: main, 255: local (rtnetlink(7))
}

// String says it as a reason: "default route via 169.254.0.1",
// "route 224.0.0.0/4", "route ff00::/8 in table local", or "" when no route
// decided. The main table goes without saying.
func (m Match) String() string {
	if !m.Found {
		return ""
	}
	s := "route " + m.Dst.String()
	if m.Dst.Bits() == 0 {
		s = "default route"
	}
	if m.Gateway.IsValid() {
		s += " via " + m.Gateway.String()
	}
	switch m.Table {
	case mainTable:
	case localTable:
		s += " in table local"
	default:
		s += fmt.Sprintf(" in table %d", m.Table)
	}
	return s
}

// RouteOptions says what is known about the datagram or the join that the
// route is asked for. The zero value asks for a plain send of this process:
// no mark, type of service 0, and its user, which routing rules look at too.
type RouteOptions struct {
	// Join asks as a join without an interface does: by the group's address
	// alone. Sending looks at more, so the two answers can differ.
	Join       bool
	IfIndex    int        // the interface chosen for sending, before the group's zone; 0: the zone or the kernel chooses
	Source     netip.Addr // the source address chosen for sending; the zero Addr: the kernel chooses
	SourcePort uint16     // for routing rules and multipath routes, which look at ports; 0: not known
}

// chosenInterface is the index of the interface that was named, so that it is
// not for the kernel to choose; 0: none.
func chosenInterface(to netip.Addr, opt RouteOptions) (int, error) {
	if opt.IfIndex != 0 && !opt.Join {
		return opt.IfIndex, nil
	}
	if to.Zone() == "" {
		return 0, nil
	}
	if index := indexOf(to.Zone()); index != 0 {
		return index, nil
	}
	if index, err := strconv.Atoi(to.Zone()); err == nil && nameOf(index) != "" {
		return index, nil
	}
	return 0, fmt.Errorf("interface %q: %w", to.Zone(), ErrNoInterface)
}
