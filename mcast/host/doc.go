// Package host tells what this host is, without a socket of its own: its
// interfaces and the networks that they are on, where the kernel would send a
// datagram or join a group, which groups any program has joined, and what
// changes while a program runs.
//
// [Interfaces] and [RouteTo] are where to begin:
//
//	list, err := host.Interfaces()
//	eth0, err := host.Find(list, "eth0")
//	route, err := host.RouteTo(group, host.RouteOptions{IfIndex: eth0.Index})
//
// [Networks] answers what an address is to this host: its own, on a link, a
// broadcast address. [IGMP] and [MLD] read the memberships of all programs.
// [Watch] reports what happens to the interfaces.
//
// Everything is read from the network namespace of the calling thread, and
// nothing is kept: what is read is a value, true when it was read. Groups,
// ports and sockets are the matter of package mcast, which stands on this one.
package host
