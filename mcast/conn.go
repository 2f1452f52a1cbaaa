package mcast

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

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
	// IPV6_MULTICAST_ALL), as a program does that sets nothing: groups that
	// others have joined are heard too, and marked Stray. Linux only; elsewhere
	// it is errors.ErrUnsupported.
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

// Conn is a UDP socket that can join groups. All of its methods may be called
// at the same time from several goroutines, except that only one Read runs at
// a time.
type Conn struct {
	sock  *socket
	cfg   Config
	local netip.AddrPort

	reading chan struct{} // holds a token while a Read runs
	reader  *reader
	wake    *wake
	errors  *errorQueue // nil: not asked for
	batch   batcher

	mu         sync.RWMutex // guards what was set: the kernel cannot be asked for it
	members    map[memberKey]*member
	joins      uint64    // members made so far, for their order
	lost       []*member // whose interface was deleted; Follow joins them again
	extra      []*socket // that hold the groups for which sock has no room
	all        bool      // others' groups are wanted
	others     bool      // they get through: IP_MULTICAST_ALL is on
	loopback   bool
	hops       int
	readBuffer int
	closed     bool

	filtering                                                   atomic.Bool // datagrams of groups not joined get through, or did
	datagrams, bytes, strays, truncated, dropped, sent, refused atomic.Uint64
}

// Stats counts what went through a Conn since it was opened.
type Stats struct {
	Datagrams  uint64 // read
	Bytes      uint64 // of payload read
	Strays     uint64 // of them, marked Stray
	Truncated  uint64 // of them, marked Truncated
	Dropped    uint64 // not read: the receive buffer was full, or the checksum was wrong (SO_MEMINFO; Linux only)
	Sent       uint64 // datagrams that the kernel took
	SendErrors uint64 // datagrams that it refused
}

// Listen opens a UDP socket. ctx bounds the opening only. The socket joins
// nothing; it gets no datagrams by memberships of other programs
// (IP_MULTICAST_ALL=0, where the system has it) unless Config.MulticastAll
// says so.
//
// The error is an OpError; it is ErrPortInUse when another socket holds the
// port without sharing it.
func Listen(ctx context.Context, cfg Config) (*Conn, error) {
	if !cfg.Addr.IsValid() {
		cfg.Addr = netip.IPv4Unspecified()
		if cfg.Remote.Addr().Is6() {
			cfg.Addr = netip.IPv6Unspecified()
		}
	}
	cfg.Addr = cfg.Addr.Unmap()
	at := netip.AddrPortFrom(cfg.Addr, cfg.Port)
	fail := func(err error) (*Conn, error) {
		return nil, &OpError{Op: "listen", Target: at.String(), Err: err}
	}
	if err := ctx.Err(); err != nil {
		return fail(err)
	}
	if cfg.ReadBuffer < 0 || cfg.WriteBuffer < 0 {
		return fail(fmt.Errorf("buffers of %d and %d bytes: want 0 or more", cfg.ReadBuffer, cfg.WriteBuffer))
	}
	if cfg.Hops < 0 || cfg.Hops > 255 {
		return fail(fmt.Errorf("%d: %w", cfg.Hops, ErrHopsOutside))
	}
	if cfg.ReadSize < 0 || cfg.ReadSize > maxDatagram {
		return fail(fmt.Errorf("read size %d: want 0 to %d bytes", cfg.ReadSize, maxDatagram))
	}
	if cfg.ReadSize == 0 {
		cfg.ReadSize = maxDatagram
	}
	udp, err := open(ctx, cfg)
	if err != nil {
		if err = cause(err); portTaken(err) {
			err = fmt.Errorf("%w: %w", ErrPortInUse, err)
		}
		return fail(err)
	}
	c := &Conn{
		sock:     &socket{protocol: protocolOf(udp, cfg.Addr.Is4()), udp: udp, trace: cfg.Trace},
		cfg:      cfg,
		local:    udp.LocalAddr().(*net.UDPAddr).AddrPort(),
		reading:  make(chan struct{}, 1),
		wake:     &wake{udp: udp},
		members:  map[memberKey]*member{},
		all:      cfg.MulticastAll,
		loopback: !cfg.NoLoopback,
		hops:     max(cfg.Hops, 1),
	}
	if err := c.configure(); err != nil {
		udp.Close()
		return fail(cause(err))
	}
	return c, nil
}

// maxDatagram is the largest IP datagram, in bytes.
const maxDatagram = 65535

func (c *Conn) configure() (err error) {
	if err := c.setBuffers(); err != nil {
		return err
	}
	s, names := c.sock, c.sock.options()
	// Where the system has no such control messages (Windows), datagrams come
	// without destination, interface and TTL.
	err = s.trace.do("setsockopt", names.info+", "+names.hopsInfo, 1, s.receiveControl)
	if err != nil && runtime.GOOS != "windows" {
		return fmt.Errorf("control messages: %w", err)
	}
	if err := c.SetLoopback(c.loopback); err != nil {
		return err
	}
	if err := c.SetHops(c.hops); err != nil {
		return err
	}
	c.others = !canRefuseOthers || c.all
	c.filtering.Store(c.others)
	if c.errors, err = newErrorQueue(s.udp, c.cfg); err != nil {
		return err
	}
	read := func() (err error) {
		c.reader, err = newReader(s.udp, c.cfg.ReadSize, c.errors)
		return err
	}
	if runtime.GOOS == "linux" {
		return s.trace.do("setsockopt", "SO_TIMESTAMPNS", 1, read)
	}
	return read()
}

// cause strips the layers that repeat what an OpError already says.
func cause(err error) error {
	for inner := err; inner != nil; {
		err = inner
		switch e := err.(type) {
		case *OpError:
			inner = e.Err
		case *net.OpError:
			inner = e.Err
		case *os.SyscallError:
			inner = e.Err
		default:
			inner = nil
		}
	}
	// x/net has an error of its own for it, which it does not export.
	if err != nil && strings.HasSuffix(err.Error(), " implemented on "+runtime.GOOS+"/"+runtime.GOARCH) {
		err = fmt.Errorf("%w: %w", errors.ErrUnsupported, err)
	}
	return err
}

// LocalAddr is the address and port that the socket is bound to.
func (c *Conn) LocalAddr() netip.AddrPort { return c.local }

// RemoteAddr is what the socket is connected to; the zero AddrPort if it is
// not.
func (c *Conn) RemoteAddr() netip.AddrPort { return c.cfg.Remote }

// SyscallConn gives the socket for options that Conn has no method for; see
// net.UDPConn. What Conn sets itself is not to be changed by it.
func (c *Conn) SyscallConn() (syscall.RawConn, error) { return c.sock.udp.SyscallConn() }

// Stats returns the counters so far.
func (c *Conn) Stats() Stats {
	return Stats{
		Datagrams:  c.datagrams.Load(),
		Bytes:      c.bytes.Load(),
		Strays:     c.strays.Load(),
		Truncated:  c.truncated.Load(),
		Dropped:    c.kernelDrops(),
		Sent:       c.sent.Load(),
		SendErrors: c.refused.Load(),
	}
}

// kernelDrops is what the socket counted, or had counted when it was closed.
func (c *Conn) kernelDrops() uint64 {
	if n, err := kernelDrops(c.sock.udp); err == nil {
		c.dropped.Store(n)
	}
	return c.dropped.Load()
}

// SetReadDeadline makes a Read that is under way or follows end at t with
// os.ErrDeadlineExceeded; the zero Time: never.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.wake.setDeadline(t) }

// Close closes the socket, which leaves every group. A Read that is under way
// ends with net.ErrClosed, and so does a second Close.
func (c *Conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return &OpError{Op: "close", Target: c.local.String(), Err: net.ErrClosed}
	}
	c.closed = true
	c.wake.close()
	c.kernelDrops() // the last chance
	for _, s := range c.extra {
		s.trace.do("close", "", nil, s.udp.Close)
	}
	c.extra = nil
	return c.sock.trace.do("close", "", nil, c.sock.udp.Close)
}
