package kernel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// pathEvents are those that a path is made of.
var pathEvents = []string{
	"fib/fib_table_lookup", "fib6/fib6_table_lookup", "net/netif_rx", "net/netif_receive_skb", "net/net_dev_queue", "net/net_dev_start_xmit",
	"skb/kfree_skb", "sock/sk_data_ready", "udp/udp_fail_queue_rcv_skb",
}

// Run makes the call with its thread traced, and returns the path. An error of
// the call itself is in Path.Err; the error of Run is one of tracing. The trace is
// an instance of its own in tracefs, of 64 KiB for each CPU, and is gone when Run
// returns, or when the process is killed.
//
// A send is one datagram, and leaves this host if its route does. It never waits:
// if the socket has no room, that is Path.Err.
func Run(ctx context.Context, c Config) (Path, error) {
	if !c.Target.IsValid() || c.Target.Port() == 0 {
		return Path{}, fmt.Errorf("kernel: target %s: it has no port", c.Target)
	}
	if c.Size == 0 {
		c.Size = MinSize + rand.IntN(512)
	}
	if c.Size < MinSize || c.Size > MaxSize {
		return Path{}, fmt.Errorf("kernel: size %d: want %d to %d octets", c.Size, MinSize, MaxSize)
	}
	root, err := OpenTracefs()
	if err != nil {
		return Path{}, err
	}
	defer root.Close()
	i, err := newInstance(root)
	if err != nil {
		return Path{}, err
	}
	p, err := i.run(ctx, c)
	return p, errors.Join(err, i.close())
}

func (i *instance) run(ctx context.Context, c Config) (Path, error) {
	missing, err := i.enable(pathEvents...)
	if err != nil {
		return Path{}, err
	}
	call, err := prepare(c)
	if err != nil {
		return Path{}, err
	}
	defer call.close()
	// The trace is of one thread. No other goroutine may run on it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := i.write("set_event_pid", strconv.Itoa(unix.Gettid())); err != nil {
		return Path{}, err
	}
	if ctx.Err() != nil {
		return Path{}, ctx.Err()
	}
	if err := i.write("tracing_on", "1"); err != nil {
		return Path{}, err
	}
	called := call.do()
	if err := i.write("tracing_on", "0"); err != nil {
		return Path{}, err
	}
	trace, err := i.trace(c.Text)
	if err != nil {
		return Path{}, err
	}
	p := Follow(c.op(), c.Target, c.Size, trace.Events)
	p.returned(called)
	p.Source = call.source()
	p.Kernel, p.Date = kernelName(), time.Now()
	p.Skipped, p.Overrun, p.Missing = trace.Skipped, max(i.overrun(), trace.Lost), missing
	if len(trace.Events) == 0 {
		return p, fmt.Errorf("kernel: trace: %w", ErrNothingSeen)
	}
	return p, nil
}

// trace reads the buffer.
func (i *instance) trace(text io.Writer) (Trace, error) {
	f, err := i.open("trace", unix.O_RDONLY)
	if err != nil {
		return Trace{}, err
	}
	defer f.Close()
	var from io.Reader = f
	if text != nil {
		from = io.TeeReader(f, text)
	}
	return Parse(from)
}

// kernelName is "Linux 6.18.44", with what a distribution adds.
func kernelName() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "Linux"
	}
	end := func(b []byte) string {
		b, _, _ = bytes.Cut(b, []byte{0})
		return printable(string(b))
	}
	return end(u.Sysname[:]) + " " + end(u.Release[:])
}

// call is a socket with a call that is yet to be made on it.
type call struct {
	fd     int
	config Config
	to     unix.Sockaddr
	oob    []byte
}

func prepare(c Config) (*call, error) {
	family := unix.AF_INET
	if is6(c.Target.Addr()) {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("kernel: %w", os.NewSyscallError("socket", err))
	}
	k := &call{fd: fd, config: c}
	k.to = k.sockaddr(c.Target)
	if c.IfIndex == 0 && !c.Source.IsValid() {
		return k, nil
	}
	switch {
	case c.op() == Connect && c.IfIndex != 0:
		err = os.NewSyscallError("setsockopt SO_BINDTOIFINDEX", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_BINDTOIFINDEX, c.IfIndex))
	case family == unix.AF_INET:
		info := unix.Inet4Pktinfo{Ifindex: int32(c.IfIndex)}
		if c.Source.IsValid() {
			info.Spec_dst = c.Source.Unmap().As4()
		}
		k.oob = unix.PktInfo4(&info)
	default:
		info := unix.Inet6Pktinfo{Ifindex: uint32(c.IfIndex)}
		if c.Source.IsValid() {
			info.Addr = c.Source.As16()
		}
		k.oob = unix.PktInfo6(&info)
	}
	if err != nil {
		k.close()
		return nil, fmt.Errorf("kernel: %w", err)
	}
	return k, nil
}

func is6(a netip.Addr) bool { return a.Is6() && !a.Is4In6() }

func (k *call) sockaddr(a netip.AddrPort) unix.Sockaddr {
	if is6(a.Addr()) {
		return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16(), ZoneId: uint32(k.config.IfIndex)}
	}
	return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().Unmap().As4()}
}

// do makes the call.
func (k *call) do() error {
	if k.config.op() == Connect {
		return os.NewSyscallError("connect", unix.Connect(k.fd, k.to))
	}
	_, err := unix.SendmsgN(k.fd, payload(k.config.Size), k.oob, k.to, unix.MSG_DONTWAIT)
	return os.NewSyscallError("sendmsg", err)
}

// source asks for the source address of the datagram: a socket that is connected
// has it, and the connect sends nothing.
func (k *call) source() netip.Addr {
	if k.config.Source.IsValid() {
		return k.config.Source.WithZone("")
	}
	if k.config.op() == Send {
		if k.config.IfIndex != 0 {
			_ = unix.SetsockoptInt(k.fd, unix.SOL_SOCKET, unix.SO_BINDTOIFINDEX, k.config.IfIndex)
		}
		if unix.Connect(k.fd, k.to) != nil {
			return netip.Addr{}
		}
	}
	name, err := unix.Getsockname(k.fd)
	if err != nil {
		return netip.Addr{}
	}
	var a netip.Addr
	switch name := name.(type) {
	case *unix.SockaddrInet4:
		a = netip.AddrFrom4(name.Addr)
	case *unix.SockaddrInet6:
		a = netip.AddrFrom16(name.Addr)
	}
	if a.IsUnspecified() {
		return netip.Addr{}
	}
	return a
}

func (k *call) close() { unix.Close(k.fd) }
