// Package mcast sends and receives UDP datagrams in multicast groups, over
// IPv4 and IPv6, and tells where they really go.
//
// Call [Listen] for a [Conn]. Call [Conn.Join] with a [Group] for each interface
// to hear it on. Then call [Conn.Read] and [Conn.Send]:
//
//	group, err := mcast.ParseGroup("224.0.0.114:1234")
//	list, err := host.Interfaces()
//	eth0, err := host.Find(list, "eth0")
//	conn, err := mcast.Listen(ctx, mcast.Config{Port: group.Port})
//	err = conn.Join(group, eth0)
//	err = conn.Send([]byte("hello"), group.AddrPort(), mcast.Via{IfIndex: eth0.Index})
//	batch := make([]mcast.Datagram, mcast.BatchSize)
//	n, err := conn.Read(ctx, batch)
//
// The example names the interface twice, because a join does not choose where
// sends leave. [Conn.SendBatch] sends many datagrams with one system call.
// [Config].PeerError receives the errors that come back about single datagrams,
// and a [Trace] every system call on a Conn's sockets.
//
// Package [host] lists the interfaces, asks the kernel where a datagram or a
// join without an interface would go, and reports interfaces that come and go.
// [Conn.Follow] joins a group again when its interface has come back.
//
// Package session is a whole conversation, with members who sign what they say: its
// example is a bot. session.WayOut says in words why a send leaves where it does.
//
// Interfaces are chosen by index. A send chooses its interface with each
// datagram, so that two senders on one Conn do not race for a socket option. A
// Conn is of one IP version: a program that talks over both has two.
//
// # Other packages for it
//
// [net.ListenMulticastUDP] joins one group on one interface and is meant for
// simple programs, as its documentation says. It switches loopback copies off.
// It leaves IP_MULTICAST_ALL on, so that on Linux the socket hears the groups of
// other programs on the same port. It does not tell a datagram's group, its
// interface, or its TTL.
//
// This package stands on golang.org/x/net/ipv4 and ipv6, which have all the
// options, each by itself. It adds:
//
//   - IP_MULTICAST_ALL switched off, and ports that are shared
//   - more groups than one socket holds
//   - an error instead of a membership that silently narrows to one source
//   - errors that name the group, the interface and the cause
//   - the list of memberships, for which the kernel cannot be asked
//   - the number of datagrams that the kernel dropped
//   - on Linux, reading and sending in batches without allocations
//
// docs/dgram.md in the repository lists every call with its socket option and
// the kernel's rule for it.
//
// # What it leaves out
//
// Reliability, order and encryption: a datagram may be lost, doubled or
// forged. Names: addresses only, no DNS. Raw sockets, and multicast routing.
// Sockets bound to a device (SO_BINDTODEVICE) or load-balanced (SO_REUSEPORT
// on Linux), which is of no use for multicast, as each socket gets a copy.
// Changing the remote address of a connected Conn.
//
// # Systems
//
// Linux has all of it. Other systems lack some of it. Where a call can fail, it
// fails with [errors.ErrUnsupported]:
//
//   - There is no IP_MULTICAST_ALL to switch off or on. A datagram of a group
//     that only other programs have joined may come in. It is marked Stray if
//     the system tells its destination.
//   - A Conn holds as many groups as one socket does. [Conn.Stats] does not count
//     drops. [Conn.Read] returns one datagram. [host.Watch] compares the interfaces
//     every half second.
//   - [host.IGMP], [host.MLD] and [host.RouteTo] for a join are missing.
//   - Config.QueueErrors is missing, and so is Config.PeerError for a Conn that
//     is not connected. The next call of a connected one fails with
//     ECONNREFUSED, as everywhere; the address that refused is not known.
//   - [Conn.SendBatch] sends datagrams one by one.
//   - [Conn.Batches] saves no system call.
//   - The BSDs, for IPv4, and Windows take the interface of a send as the
//     socket's option only: [Conn.Send] sets it and sends under a lock, and
//     refuses Via.Source. macOS takes both with each datagram, as Linux does.
//   - Windows and the BSDs other than FreeBSD have no source-specific
//     membership and no [Conn.Block]. They join an IPv4 group by the interface's
//     first address, as x/net does there.
//   - Windows does not tell a datagram's destination, interface and TTL, and
//     does not bind to a group.
package mcast
