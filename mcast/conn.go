package mcast

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
)

// Conn is a UDP socket that can join groups. Several goroutines may call its
// methods at the same time; only one [Conn.Read] runs at a time, and others
// wait for it.
type Conn struct {
	sock  *socket
	cfg   Config
	local netip.AddrPort

	reading chan struct{} // holds a token while a Read runs
	reader  *reader
	wake    *wake
	drops   dropCounter
	errors  *errorQueue // nil: not asked for
	batch   batcher
	joined  joiner

	outgoing sync.Mutex // guards the socket's outgoing interface, where a send cannot choose its own

	mu      sync.RWMutex // guards what was set: the kernel cannot be asked for it
	members map[memberKey]*member
	joins   uint64    // members made so far, for their order
	lost    []*member // whose interface was deleted; Follow joins them again
	extra   []*socket // that hold the groups for which sock has no room
	// Strays are datagrams that came by another program's membership.
	detailOff, bulk bool // see SetDetail and SetBulk
	straysWanted    bool // by the user
	straysLetIn     bool // IP_MULTICAST_ALL is on, or the system has no such option
	readBuffer      int
	closed          bool

	hops, unicastHops atomic.Int32 // as they were set; unicastHops 0: not

	straysPossible                                     atomic.Bool // they are let in, or were and may wait to be read
	datagrams, bytes, strays, truncated, sent, refused atomic.Uint64
}

// Stats counts what went through a Conn since it was opened.
type Stats struct {
	Datagrams  uint64 // datagrams read
	Bytes      uint64 // payload bytes read
	Strays     uint64 // datagrams read that were marked Stray
	Truncated  uint64 // datagrams read that were marked Truncated
	Dropped    uint64 // datagrams that the kernel dropped: the receive buffer was full, or the checksum was wrong (SO_MEMINFO; Linux only)
	Sent       uint64 // datagrams that the kernel took
	SendErrors uint64 // datagrams that the kernel refused
}

// Listen opens a UDP socket. ctx bounds the opening only. The socket joins
// nothing. It keeps out datagrams that come by memberships of other programs
// (IP_MULTICAST_ALL=0, where the system has it), unless Config.MulticastAll
// lets them in.
//
// The error is an [OpError]. It is [ErrPortInUse] when another socket holds the
// port without sharing it.
func Listen(ctx context.Context, cfg Config) (*Conn, error) {
	cfg.Remote = unmapped(cfg.Remote)
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
	for _, addr := range []netip.Addr{cfg.Addr, cfg.Remote.Addr()} {
		if needsZone(addr) {
			return fail(fmt.Errorf("%s: %w, such as %s%%eth0", addr, ErrNoZone, addr))
		}
	}
	if cfg.ReadBuffer < 0 || cfg.WriteBuffer < 0 {
		return fail(fmt.Errorf("buffers of %d and %d bytes: want 0 or more", cfg.ReadBuffer, cfg.WriteBuffer))
	}
	if err := checkHops(cfg.Hops, 0); err != nil {
		return fail(err)
	}
	if cfg.ReadSize < 0 || cfg.ReadSize > maxDatagram {
		return fail(fmt.Errorf("read size %d: want 0 to %d bytes", cfg.ReadSize, maxDatagram))
	}
	if cfg.ReadSize == 0 {
		cfg.ReadSize = maxDatagram
	}
	udp, err := openShared(ctx, cfg)
	if err != nil {
		if err = host.Cause(err); portTaken(err) {
			err = fmt.Errorf("%w: %w", ErrPortInUse, err)
		}
		return fail(err)
	}
	sock, err := newSocket(udp, cfg.Addr.Is4(), cfg.Trace)
	if err != nil {
		udp.Close()
		return fail(host.Cause(err))
	}
	c := &Conn{
		sock:         sock,
		drops:        dropCounter{read: func() (uint32, error) { return kernelDrops(sock.raw) }},
		cfg:          cfg,
		local:        udp.LocalAddr().(*net.UDPAddr).AddrPort(),
		reading:      make(chan struct{}, 1),
		wake:         &wake{udp: udp},
		members:      map[memberKey]*member{},
		straysWanted: cfg.MulticastAll,
	}
	if err := c.configure(); err != nil {
		udp.Close()
		return fail(host.Cause(err))
	}
	return c, nil
}

func (c *Conn) configure() (err error) {
	if err := c.setBuffers(); err != nil {
		return err
	}
	s, names := c.sock, c.sock.options()
	// Where the system has no such control messages (Windows), datagrams come
	// without destination, interface and TTL.
	err = s.trace.do("setsockopt", names.hopsInfo, 1, func() error { return s.receiveHops(true) })
	if err == nil {
		err = s.trace.do("setsockopt", names.info, 1, s.receiveInfo)
	}
	if err != nil && runtime.GOOS != "windows" {
		return fmt.Errorf("control messages: %w", err)
	}
	if err := c.SetLoopback(!c.cfg.NoLoopback); err != nil {
		return err
	}
	if err := c.SetHops(max(c.cfg.Hops, 1)); err != nil {
		return err
	}
	c.straysLetIn = !hasMulticastAll || c.straysWanted
	c.straysPossible.Store(c.straysLetIn)
	if c.errors, err = newErrorQueue(s.udp, c.cfg); err != nil {
		return err
	}
	if c.cfg.TellDrops {
		s.tellDrops()
	}
	if c.reader, err = newReader(s.udp, c.cfg.ReadSize, c.errors); err != nil {
		return err
	}
	s.receiveTimes(true)
	if c.cfg.GRO {
		c.reader.split()
		return s.receiveJoined()
	}
	return nil
}

// LocalAddr is the address and port that the socket is bound to.
func (c *Conn) LocalAddr() netip.AddrPort { return c.local }

// RemoteAddr is the address that the socket is connected to (Config.Remote); the
// zero AddrPort if it is not connected.
func (c *Conn) RemoteAddr() netip.AddrPort { return c.cfg.Remote }

// SyscallConn gives the socket, as [net.UDPConn.SyscallConn] does, for options
// that Conn has no method for. Options that Conn sets itself must not be changed
// with it.
func (c *Conn) SyscallConn() (syscall.RawConn, error) { return c.sock.udp.SyscallConn() }

// Stats returns the counters so far.
func (c *Conn) Stats() Stats {
	return Stats{
		Datagrams:  c.datagrams.Load(),
		Bytes:      c.bytes.Load(),
		Strays:     c.strays.Load(),
		Truncated:  c.truncated.Load(),
		Dropped:    c.drops.count(),
		Sent:       c.sent.Load(),
		SendErrors: c.refused.Load(),
	}
}

// SetReadDeadline ends the present and all later calls of [Conn.Read] at t with
// [os.ErrDeadlineExceeded]. With the zero Time there is no deadline.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.wake.setDeadline(t) }

// SetWriteDeadline ends the present and all later calls of [Conn.Send] and
// [Conn.SendBatch] at t with [os.ErrDeadlineExceeded], if they wait for room in
// the send buffer, and those after t at once. With the zero Time there is no
// deadline.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.sock.udp.SetWriteDeadline(t) }

// Close closes the socket, which leaves every group. A [Conn.Read] that waits ends
// with [net.ErrClosed], and so does a second Close.
func (c *Conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return &OpError{Op: "close", Target: c.local.String(), Err: net.ErrClosed}
	}
	c.closed = true
	c.wake.close()
	c.drops.count() // the last chance
	for _, s := range c.extra {
		s.trace.do("close", "", nil, s.udp.Close)
	}
	c.extra = nil
	return c.sock.trace.do("close", "", nil, c.sock.udp.Close)
}
