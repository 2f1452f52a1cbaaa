package mcast

import (
	"fmt"
	"net"
	"net/netip"
)

// Route is the kernel's answer to "where would this go?".
type Route struct {
	Interface string     // its name
	IfIndex   int        // from 1
	Source    netip.Addr // the source address that the datagram would carry; the zero Addr: none, or not told
	LoopsBack bool       // the kernel would deliver a copy on this host, because the group is joined on that interface
	Match     Match      // what decided
}

// Match is the entry of the routing table that decided. Found is false when
// none was needed, because the interface was chosen, or when the system does
// not tell.
type Match struct {
	Found   bool
	Dst     netip.Prefix // 0.0.0.0/0: the default route
	Gateway netip.Addr   // the zero Addr: on the link
	Table   int          // 254: main
}

// String says it as a reason: "default route via 169.254.0.1",
// "route 224.0.0.0/4", or "" when no route decided.
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
	return s
}

// RouteOptions says what is known about the datagram or the join that the
// route is asked for. The zero value asks for a plain send.
type RouteOptions struct {
	// Join asks as a join without an interface does: by the group's address
	// alone. Sending looks at more, so the two answers can differ.
	Join       bool
	IfIndex    int        // the interface chosen for sending; 0: the kernel chooses
	Source     netip.Addr // the source address chosen; the zero Addr: the kernel chooses
	SourcePort uint16     // for routing rules that look at ports; 0: not known
}

// RouteTo asks the kernel where a datagram to the group would leave, or where
// a join of it without an interface would land, and which route decides. No
// packet is sent.
//
// The error is an OpError with the kernel's own reason: ENETUNREACH (no
// route), EHOSTUNREACH, EINVAL or EACCES (an unreachable, blackhole or
// prohibit route). A join that meets any of them fails with ENODEV. Where the
// system cannot say where a join would land it is errors.ErrUnsupported.
func RouteTo(g Group, opt RouteOptions) (Route, error) {
	r, err := routeTo(g, opt)
	if err == nil && r.Interface == "" {
		r.Interface = interfaceName(r.IfIndex)
	}
	if err != nil {
		op := "route to"
		if opt.Join {
			op = "route for joining"
		}
		return Route{}, &OpError{Op: op, Target: g.String(), Interface: interfaceName(opt.IfIndex), Err: cause(err)}
	}
	return r, nil
}

// interfaceName names an interface for a message; "" for none, "#7" for one
// that is gone.
func interfaceName(index int) string {
	if index == 0 {
		return ""
	}
	if i, err := net.InterfaceByIndex(index); err == nil {
		return i.Name
	}
	return fmt.Sprintf("#%d", index)
}
