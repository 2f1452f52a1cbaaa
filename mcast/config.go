package mcast

import "net/netip"

// DefaultReadBuffer is how many bytes of receive buffer Listen asks for when
// Config does not say. Linux grants at most net.core.rmem_max.
const DefaultReadBuffer = 4 << 20

// Config says how Listen opens its socket. The zero value is right for
// sending over IPv4: a port of the kernel's choice on all addresses, own
// copies on, TTL 1.
type Config struct {
	// Addr is the address to bind; it also chooses between IPv4 and IPv6.
	// The zero Addr is 0.0.0.0, all addresses of IPv4;
	// netip.IPv6Unspecified() is all of IPv6. A socket bound to a unicast
	// address hears no multicast; one bound to a group hears nothing else
	// (not on Windows).
	Addr netip.Addr
	// Port is the UDP port to bind; 0 leaves it to the kernel. A port that is
	// named is shared with other programs that share it too (SO_REUSEADDR):
	// each of them gets a copy of every multicast datagram, and one of them,
	// on Linux the last to bind, every unicast one.
	Port uint16
	// Exclusive binds Port without sharing it.
	Exclusive bool
	// Remote connects the socket: it sends to that address only and hears
	// nothing else, and LocalAddr is the address that it sends from. That a
	// datagram was refused (ICMP port unreachable) is told by the next call,
	// once, as ECONNREFUSED; that call sends nothing. The socket stays
	// connected, and what is sent when the other side is back is answered. The
	// zero AddrPort: not connected.
	Remote netip.AddrPort
	// ReadBuffer and WriteBuffer are the kernel's buffers to ask for, in
	// bytes; 0 means DefaultReadBuffer, and what the system gives. The methods
	// of the same names tell what was granted.
	ReadBuffer, WriteBuffer int
	// ReadSize is how many bytes of each datagram Read keeps, 1 to 65535; 0
	// means all. A longer one is cut and marked Truncated.
	ReadSize int
	// MulticastAll leaves IP_MULTICAST_ALL on (IPv6: option 29,
	// IPV6_MULTICAST_ALL), as a program does that sets nothing: datagrams of
	// groups that only other programs have joined are let in too, and marked
	// Stray. Linux only; elsewhere it is errors.ErrUnsupported.
	MulticastAll bool
	// NoLoopback switches off the copies that this host's own members of a
	// group get of what is sent (IP_MULTICAST_LOOP).
	NoLoopback bool
	// Hops is the TTL of multicast that is sent, 1 to 255; 0 means 1, which
	// no router forwards. To send with TTL 0, call SetHops.
	Hops int
	// QueueErrors makes a send that finds the interface's queue full fail with
	// ENOBUFS; else it is a success, and the datagram is lost (IP_RECVERR,
	// ip(7)). The same option lets in the ICMP errors of unicast sends: they
	// are discarded if PeerError does not want them. Linux only; elsewhere it
	// is errors.ErrUnsupported.
	QueueErrors bool
	// PeerError is told what came back about single datagrams, and by whom
	// (IP_RECVERR, ip(7)): of a refused one as of one that a router could not
	// deliver, or that found no neighbour to go to. Nothing else comes of it on
	// a Conn that is not connected: no Read and no Send fails because of a
	// datagram to another peer. On a connected one the next call fails all the
	// same. Errors of sends are told as with QueueErrors.
	//
	// It is called by a goroutine that Reads or Sends, never by two at a time,
	// and must not use the Conn. So somebody must Read or Send to be told; a
	// Read that waits tells at once, and goes on waiting.
	//
	// Linux only. Elsewhere it is errors.ErrUnsupported for a Conn that is not
	// connected, and never called for one that is.
	PeerError func(PeerError)
	// Trace is told of every call on the socket.
	Trace *Trace
}

// shares reports whether the port is to be shared: one that was named, unless
// it is wanted alone.
func (cfg Config) shares() bool { return cfg.Port != 0 && !cfg.Exclusive }

// queuesErrors reports whether the kernel is to keep errors of sends.
func (cfg Config) queuesErrors() bool { return cfg.QueueErrors || cfg.PeerError != nil }
