package mcast

import "net/netip"

// DefaultReadBuffer is the receive buffer, in bytes, that [Listen] asks for unless
// [Config] names another. Linux grants at most net.core.rmem_max.
const DefaultReadBuffer = 4 << 20

// Config says how [Listen] opens its socket. The zero value is right for sending
// over IPv4: a port of the kernel's choice on all addresses, loopback copies on,
// TTL 1.
type Config struct {
	// Addr is the address to bind; it also chooses between IPv4 and IPv6.
	// The zero Addr is 0.0.0.0, all addresses of IPv4;
	// netip.IPv6Unspecified() is all of IPv6. A socket bound to a unicast
	// address hears no multicast, and sends from that address. One bound to a
	// group hears nothing else (not on Windows). A link-local address of IPv6
	// needs a zone; to hear such a group on several interfaces, bind
	// netip.IPv6Unspecified().
	Addr netip.Addr
	// Port is the UDP port to bind; 0 leaves it to the kernel. A port that is
	// named is shared with other programs that share it too (SO_REUSEADDR):
	// each of them gets a copy of every multicast datagram, and one of them,
	// on Linux the last to bind, every unicast one. If another program of the
	// same user shares it by SO_REUSEPORT only, that is set as well on Linux;
	// then the unicast ones are shared out by sender.
	Port uint16
	// Exclusive binds Port without sharing it.
	Exclusive bool
	// Remote connects the socket: it sends to that address only and hears
	// nothing else, and LocalAddr is the address that it sends from. When a
	// datagram is refused (ICMP port unreachable), the next call fails with
	// ECONNREFUSED, once, and sends nothing. The socket stays connected and
	// works again when the other side is back. The zero AddrPort: not
	// connected.
	Remote netip.AddrPort
	// ReadBuffer and WriteBuffer are the sizes of the kernel's buffers to ask
	// for, in bytes. 0 means DefaultReadBuffer, and for WriteBuffer the
	// system's default. The methods of the same names return the size granted.
	ReadBuffer, WriteBuffer int
	// ReadSize is how many bytes of each datagram Read keeps, 1 to 65535; 0
	// means all. A longer one is cut and marked Truncated.
	ReadSize int
	// GRO lets the kernel join datagrams of one sender that come one after another
	// (UDP_GRO, udp(7)), as those of SendSegments on the same host do. Read takes them
	// apart again, so that nothing changes but the cost: those that came joined have
	// one At and one Drops, and where the kernel drops them Stats.Dropped counts one.
	// Linux only, from 5.0 on; elsewhere it is errors.ErrUnsupported.
	GRO bool
	// TellDrops fills Datagram.Drops (SO_RXQ_OVFL). It costs nothing until the
	// kernel drops the first datagram, and then a control message with each one.
	// Linux only; elsewhere Drops stays 0, as Stats.Dropped does.
	TellDrops bool
	// MulticastAll leaves IP_MULTICAST_ALL on (IPv6: option 29,
	// IPV6_MULTICAST_ALL), as a program does that sets nothing: datagrams of
	// groups that only other programs have joined are let in too, and marked
	// Stray. Linux only; elsewhere it is errors.ErrUnsupported.
	MulticastAll bool
	// NoLoopback switches off the copies of sent datagrams that members of the
	// group on this host get (IP_MULTICAST_LOOP).
	NoLoopback bool
	// Hops is the TTL of multicast that is sent, 1 to 255; 0 means 1, which
	// no router forwards. To send with TTL 0, call SetHops.
	Hops int
	// QueueErrors makes a send fail with ENOBUFS when the interface's queue is
	// full. Without it such a send succeeds, and the datagram is lost
	// (IP_RECVERR, ip(7)). The same option lets in the ICMP errors of unicast
	// sends; without PeerError the Conn discards them. Linux only; elsewhere it
	// is errors.ErrUnsupported.
	QueueErrors bool
	// PeerError is called with each error that comes back about a single
	// datagram, and its sender (IP_RECVERR, ip(7)): the peer refused it, a router
	// could not deliver it, or no neighbour answered. On a Conn that is not
	// connected it has no other effect: no Read and no Send fails because of a
	// datagram to another peer. On a connected Conn the next call fails all the
	// same. It implies QueueErrors.
	//
	// A goroutine that Reads or Sends calls it, never two at a time. It must not
	// use the Conn. A Read that waits calls it at once and goes on waiting;
	// without a Read or a Send it is not called.
	//
	// Linux only. Elsewhere it is errors.ErrUnsupported for a Conn that is not
	// connected, and never called for one that is.
	PeerError func(PeerError)
	// Trace receives every system call on the socket.
	Trace *Trace

	reusePort bool // SO_REUSEPORT besides SO_REUSEADDR
}

// shares reports whether the port is to be shared: one that was named, unless
// it is wanted alone.
func (cfg Config) shares() bool { return cfg.Port != 0 && !cfg.Exclusive }

// queuesErrors reports whether the kernel is to keep errors of sends.
func (cfg Config) queuesErrors() bool { return cfg.QueueErrors || cfg.PeerError != nil }
