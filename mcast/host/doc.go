// Package host reads the network configuration of this host: its interfaces and
// their networks, the kernel's routes for a datagram or a join, the groups that
// any program has joined, and the changes while a program runs.
//
// Begin with [Interfaces] and [RouteTo]:
//
//	list, err := host.Interfaces()
//	eth0, err := host.Find(list, "eth0")
//	route, err := host.RouteTo(group.AddrPort(), host.RouteOptions{IfIndex: eth0.Index})
//
// [Networks] tells whether an address is this host's own, on a link, or a
// broadcast address. [IGMP] and [MLD] read the memberships of all programs,
// [ReadSockets] and [Holder] their UDP sockets. [Watch] reports changes of the
// interfaces.
//
// Every call reads the network namespace of the calling thread and returns a
// value, which was true at that moment. The package keeps nothing and opens no
// UDP socket: groups and what is done with sockets belong to package mcast, which
// imports this one.
package host
