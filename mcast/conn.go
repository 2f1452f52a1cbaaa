package mcast

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/net/ipv4"
)

// DefaultReadBuffer is how many bytes of receive buffer Listen asks for when
// Config does not say. Linux grants at most net.core.rmem_max.
const DefaultReadBuffer = 4 << 20

// Config says how Listen opens its socket. The zero value is right for
// sending: a port of the kernel's choice on all addresses, own copies on,
// TTL 1.
type Config struct {
	// Addr is the IPv4 address to bind; the zero Addr binds all. A socket
	// bound to a unicast address hears no multicast.
	Addr netip.Addr
	// Port is the UDP port to bind; 0 leaves it to the kernel. A port that is
	// named is shared with other programs that share it too (SO_REUSEADDR):
	// each of them gets a copy of every multicast datagram.
	Port uint16
	// Exclusive binds Port without sharing it.
	Exclusive bool
	// ReadBuffer is the receive buffer to ask for, in bytes; 0 means
	// DefaultReadBuffer. ReadBuffer of Conn tells what was granted.
	ReadBuffer int
	// NoLoopback switches off the copies that this host's own members of a
	// group get of what is sent (IP_MULTICAST_LOOP).
	NoLoopback bool
	// Hops is the TTL of multicast that is sent, 1 to 255; 0 means 1, which
	// no router forwards. To send with TTL 0, call SetHops.
	Hops int
}

// Conn is a UDP socket that can join groups. All of its methods may be called
// at the same time from several goroutines, except that only one Read runs at
// a time.
type Conn struct {
	udp        *net.UDPConn
	pc         *ipv4.PacketConn
	local      netip.AddrPort
	readBuffer int

	reading sync.Mutex
	batch   batch

	mu       sync.Mutex // guards what was set: the kernel cannot be asked for it
	joined   []Membership
	loopback bool
	hops     int

	datagrams, bytes, sent, sendErrors atomic.Uint64
}

// Stats counts what went through a Conn since it was opened.
type Stats struct {
	Datagrams  uint64 // read
	Bytes      uint64 // of payload read
	Sent       uint64 // datagrams that the kernel took
	SendErrors uint64 // datagrams that it refused
}

// Listen opens a UDP socket on IPv4. ctx bounds the opening only. The socket
// joins nothing; it gets no datagrams by memberships of other programs
// (IP_MULTICAST_ALL=0, where the system has it).
//
// The error is an OpError; it is ErrPortInUse when another socket holds the
// port without sharing it.
func Listen(ctx context.Context, cfg Config) (*Conn, error) {
	addr := cfg.Addr
	if !addr.IsValid() {
		addr = netip.IPv4Unspecified()
	}
	at := netip.AddrPortFrom(addr, cfg.Port)
	fail := func(err error) (*Conn, error) {
		return nil, &OpError{Op: "listen", Target: at.String(), Err: err}
	}
	if !addr.Is4() {
		return fail(fmt.Errorf("IPv6: %w", errors.ErrUnsupported))
	}
	if addr.IsMulticast() {
		return fail(fmt.Errorf("bind a group's address: %w", errors.ErrUnsupported))
	}
	if cfg.Hops < 0 || cfg.Hops > 255 {
		return fail(fmt.Errorf("%d: %w", cfg.Hops, ErrHopsOutside))
	}
	share := cfg.Port != 0 && !cfg.Exclusive
	lc := net.ListenConfig{Control: func(_, _ string, rc syscall.RawConn) error {
		var err error
		if cerr := rc.Control(func(fd uintptr) { err = prepare(fd, share) }); cerr != nil {
			return cerr
		}
		return err
	}}
	pc, err := lc.ListenPacket(ctx, "udp4", at.String())
	if err != nil {
		if err = cause(err); portTaken(err) {
			err = fmt.Errorf("%w: %w", ErrPortInUse, err)
		}
		return fail(err)
	}
	udp := pc.(*net.UDPConn)
	c := &Conn{
		udp:      udp,
		pc:       ipv4.NewPacketConn(udp),
		local:    udp.LocalAddr().(*net.UDPAddr).AddrPort(),
		loopback: !cfg.NoLoopback,
		hops:     max(cfg.Hops, 1),
	}
	if err := c.configure(cfg); err != nil {
		udp.Close()
		return fail(cause(err))
	}
	return c, nil
}

func (c *Conn) configure(cfg Config) error {
	if err := c.setReadBuffer(cfg.ReadBuffer); err != nil {
		return err
	}
	// Where the system has no such control messages (Windows), datagrams come
	// without destination, interface and TTL.
	flags := ipv4.FlagDst | ipv4.FlagInterface | ipv4.FlagTTL
	if err := c.pc.SetControlMessage(flags, true); err != nil && runtime.GOOS != "windows" {
		return fmt.Errorf("control messages: %w", err)
	}
	if err := c.pc.SetMulticastLoopback(c.loopback); err != nil {
		return fmt.Errorf("loopback: %w", err)
	}
	if err := c.pc.SetMulticastTTL(c.hops); err != nil {
		return fmt.Errorf("hops: %w", err)
	}
	return nil
}

// setReadBuffer asks for that many bytes. Linux grants what it can; the BSDs
// refuse what is above their limit, so the default is halved there until it is
// granted.
func (c *Conn) setReadBuffer(asked int) error {
	atLeast := asked
	if asked == 0 {
		asked, atLeast = DefaultReadBuffer, 64<<10
	}
	err := c.udp.SetReadBuffer(asked)
	for ; err != nil && asked/2 >= atLeast; asked /= 2 {
		err = c.udp.SetReadBuffer(asked / 2)
	}
	if err != nil {
		return fmt.Errorf("receive buffer of %d bytes: %w", asked, err)
	}
	c.readBuffer = grantedReadBuffer(c.udp, asked)
	return nil
}

// cause strips the layers that repeat what an OpError already says.
func cause(err error) error {
	if op, ok := errors.AsType[*OpError](err); ok {
		err = op.Err
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	if call, ok := errors.AsType[*os.SyscallError](err); ok {
		err = call.Err
	}
	return err
}

// LocalAddr is the address and port that the socket is bound to.
func (c *Conn) LocalAddr() netip.AddrPort { return c.local }

// ReadBuffer is the receive buffer that the system granted, in bytes. Linux
// reports twice what it was asked for, and charges each datagram's own
// bookkeeping to it (socket(7)).
func (c *Conn) ReadBuffer() int { return c.readBuffer }

// Stats returns the counters so far.
func (c *Conn) Stats() Stats {
	return Stats{
		Datagrams:  c.datagrams.Load(),
		Bytes:      c.bytes.Load(),
		Sent:       c.sent.Load(),
		SendErrors: c.sendErrors.Load(),
	}
}

// SetReadDeadline makes a Read that is under way or follows end at t with
// os.ErrDeadlineExceeded; the zero Time: never.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.udp.SetReadDeadline(t) }

// Close closes the socket, which leaves every group. A Read that is under way
// ends with net.ErrClosed.
func (c *Conn) Close() error { return c.udp.Close() }
