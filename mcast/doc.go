// Package mcast sends and receives UDP datagrams in multicast groups, over
// IPv4 and IPv6, and tells where they really go.
//
// Call [Listen] for a [Conn], then [Conn.Join] a [Group] on each interface that
// it is to be heard on, and [Conn.Read] and [Conn.Send]:
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
// The interface is there twice, because a join does not choose where sends
// leave. Package [host] has the interfaces, asks the kernel where a datagram or
// a join without an interface would go, and reports interfaces that come and
// go; [Conn.Follow] joins again what was lost with one. A [Trace] is called with
// each system call on a Conn's sockets. Config.PeerError is called with what came
// back about single datagrams, and [Conn.SendBatch] sends many at once.
//
// Interfaces are chosen by index, and for a send with each datagram, so that
// two senders on one Conn do not race for a socket option. A Conn is of one IP
// version: a program that talks over both has two.
//
// # What it is used instead of
//
// net.ListenMulticastUDP joins one group on one interface and is meant for
// simple programs, as its documentation says. It switches own copies off. It
// leaves IP_MULTICAST_ALL on, so that on Linux the socket hears the groups of
// other programs, if the port fits. It does not tell which group a datagram
// was for, by which interface it came, or with which TTL.
//
// golang.org/x/net/ipv4 and ipv6, on which this package stands, have all the
// options, each by itself. What is added to them: IP_MULTICAST_ALL off; ports
// shared; more groups than one socket holds; an error instead of a membership
// that silently narrows to one source; errors that name the group, the
// interface and the cause; what was joined, since the kernel does not tell a
// socket; the drops that it counts; reading that allocates nothing for each
// datagram on Linux. docs/dgram.md in the repository has every call beside the
// socket option and what the kernel does with it.
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
// Linux has all of it. Elsewhere, and marked by errors.ErrUnsupported where
// there is an error to mark:
//
//   - There is no IP_MULTICAST_ALL to switch off or on. A datagram of a group
//     that only other programs have joined is marked Stray, should it get
//     through, where its destination is known.
//   - A Conn holds as many groups as one socket does; Stats does not count
//     drops; a Read returns one datagram; host.Watch compares the interfaces
//     every half second.
//   - host.IGMP, host.MLD and host.RouteTo for a join are missing.
//   - Config.QueueErrors is missing, and so is Config.PeerError for a Conn that
//     is not connected. A connected one is told ECONNREFUSED by its next call,
//     as everywhere, but not who said so.
//   - SendBatch sends datagrams one by one.
//   - Batches saves no system call.
//   - The BSDs, for IPv4, and Windows take the interface of a send as the
//     socket's option only: Send sets it and sends under a lock, and Via.Source
//     is refused. macOS takes both with each datagram, as Linux does.
//   - Windows and the BSDs other than FreeBSD have no source-specific
//     membership and no Block, and join IPv4 by the interface's first address,
//     as x/net does there.
//   - Windows does not tell destination, interface and TTL of a datagram, nor
//     binds to a group.
package mcast
