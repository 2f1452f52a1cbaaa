package mcast_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// load is what a worker does each time it is told to.
type load struct {
	port        uint16
	count, size int // datagrams, and bytes of each
}

func (l load) group() netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{239, 1, 1, 1}), l.port)
}

// A worker gets ready and returns what handles count datagrams.
type worker func(l load, lo host.Interface) (func() error, error)

var workers = map[string]worker{
	"bulk":   receiving(mcast.Config{}, true),
	"detail": receiving(mcast.Config{}, false),
	"drops":  receiving(mcast.Config{TellDrops: true}, true), // once some were dropped
	"net": func(l load, lo host.Interface) (func() error, error) {
		udp, err := plainMember(l, lo, 0)
		data := make([]byte, kept)
		return func() error {
			for range l.count {
				if _, _, err := udp.ReadFromUDPAddrPort(data); err != nil {
					return err
				}
			}
			return nil
		}, err
	},
	"x/net": func(l load, lo host.Interface) (func() error, error) {
		udp, err := plainMember(l, lo, ipv4.FlagDst|ipv4.FlagInterface)
		if err != nil {
			return nil, err
		}
		pc, msgs := ipv4.NewPacketConn(udp), make([]ipv4.Message, mcast.BatchSize)
		for i := range msgs {
			msgs[i] = ipv4.Message{Buffers: [][]byte{make([]byte, kept)}, OOB: make([]byte, 192)}
		}
		return func() error {
			for have := 0; have < l.count; {
				n, err := pc.ReadBatch(msgs[:min(len(msgs), l.count-have)], 0)
				if err != nil {
					return err
				}
				for _, m := range msgs[:n] {
					var cm ipv4.ControlMessage
					if err := cm.Parse(m.OOB[:m.NN]); err != nil {
						return err
					}
				}
				have += n
			}
			return nil
		}, nil
	},

	"barest": func(l load, lo host.Interface) (func() error, error) { // a loop in Go that only calls the kernel
		udp, err := plainMember(l, lo, ipv4.FlagDst|ipv4.FlagInterface)
		if err != nil {
			return nil, err
		}
		raw, err := udp.SyscallConn()
		const room = kept + 64
		msgs, data := make([]mmsghdr, mcast.BatchSize), make([]byte, mcast.BatchSize*room)
		for i := range msgs {
			iov := &unix.Iovec{Base: &data[i*room], Len: room}
			name, control := make([]byte, unix.SizeofSockaddrInet4), make([]byte, 192)
			msgs[i].hdr = unix.Msghdr{Iov: iov, Iovlen: 1, Name: &name[0], Namelen: unix.SizeofSockaddrInet4, Control: &control[0], Controllen: 192}
		}
		return func() error {
			for have := 0; have < l.count; {
				n := 0
				err := raw.Read(func(fd uintptr) bool {
					for i := range msgs {
						msgs[i].hdr.Namelen, msgs[i].hdr.Controllen = unix.SizeofSockaddrInet4, 192
					}
					got, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&msgs[0])), uintptr(min(len(msgs), l.count-have)), unix.MSG_DONTWAIT, 0, 0)
					if errno == 0 {
						n = int(got)
					}
					return errno == 0
				})
				if err != nil {
					return err
				}
				have += n
			}
			return nil
		}, err
	},

	"SendBatch": sendBatches,
	"SendSegments": func(l load, lo host.Interface) (func() error, error) {
		c, via, err := sender(lo)
		most := min(mcast.BatchSize, 65487/l.size)
		data := make([]byte, most*l.size)
		return func() error {
			for left := l.count; left > 0; left -= most {
				if _, err := c.SendSegments(data[:min(left, most)*l.size], l.size, l.group(), via); err != nil {
					return err
				}
			}
			return nil
		}, err
	},
	"send net": func(l load, lo host.Interface) (func() error, error) {
		udp, err := net.ListenUDP("udp4", nil)
		oob := (&ipv4.ControlMessage{IfIndex: lo.Index, Src: net.IPv4(127, 0, 0, 1)}).Marshal()
		data := make([]byte, l.size)
		return func() error {
			for range l.count {
				if _, _, err := udp.WriteMsgUDPAddrPort(data, oob, l.group()); err != nil {
					return err
				}
			}
			return nil
		}, err
	},
	"WriteBatch": func(l load, lo host.Interface) (func() error, error) {
		udp, err := net.ListenUDP("udp4", nil)
		if err != nil {
			return nil, err
		}
		oob := (&ipv4.ControlMessage{IfIndex: lo.Index, Src: net.IPv4(127, 0, 0, 1)}).Marshal()
		pc, msgs, to := ipv4.NewPacketConn(udp), make([]ipv4.Message, mcast.BatchSize), net.UDPAddrFromAddrPort(l.group())
		for i := range msgs {
			msgs[i] = ipv4.Message{Buffers: [][]byte{make([]byte, l.size)}, OOB: oob, Addr: to}
		}
		return func() error {
			for left := l.count; left > 0; left -= len(msgs) {
				if _, err := pc.WriteBatch(msgs[:min(left, len(msgs))], 0); err != nil {
					return err
				}
			}
			return nil
		}, nil
	},
}

// receiving reads with a Conn.
func receiving(cfg mcast.Config, bulk bool) worker {
	return func(l load, lo host.Interface) (func() error, error) {
		cfg.Port, cfg.ReadSize = l.port, kept
		c, err := mcast.Listen(context.Background(), cfg)
		if err != nil {
			return nil, err
		}
		raw, err := c.SyscallConn()
		err = errors.Join(err, c.Join(mcast.Group{Addr: l.group().Addr(), Port: l.port}, lo), c.SetBulk(bulk))
		if err != nil {
			return nil, err
		}
		batch := make([]mcast.Datagram, mcast.BatchSize)
		if cfg.TellDrops {
			err = overflow(c, l, lo, batch)
		}
		if err := errors.Join(err, forceBuffer(raw.Control)); err != nil {
			return nil, err
		}
		return func() error {
			have := 0
			for got, err := range c.Batches(context.Background(), batch) {
				if err != nil {
					return err
				}
				if have += len(got); have >= l.count {
					break
				}
			}
			return nil
		}, nil
	}
}

// overflow makes the kernel drop datagrams, so that it tells of drops from then on.
func overflow(c *mcast.Conn, l load, lo host.Interface, batch []mcast.Datagram) error {
	if err := c.SetReadBuffer(1); err != nil {
		return err
	}
	l.count = 100
	send, err := sendBatches(l, lo)
	for err == nil && c.Stats().Dropped == 0 {
		err = send()
	}
	if err != nil {
		return err
	}
	c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	for err == nil {
		_, err = c.Read(context.Background(), batch)
	}
	return c.SetReadDeadline(time.Time{})
}

func sendBatches(l load, lo host.Interface) (func() error, error) {
	c, via, err := sender(lo)
	list := make([]mcast.Outgoing, mcast.BatchSize)
	for i := range list {
		list[i] = mcast.Outgoing{Data: make([]byte, l.size), To: l.group(), Via: via}
	}
	return func() error {
		for left := l.count; left > 0; left -= len(list) {
			if _, err := c.SendBatch(list[:min(left, len(list))]); err != nil {
				return err
			}
		}
		return nil
	}, err
}

func sender(lo host.Interface) (*mcast.Conn, mcast.Via, error) {
	c, err := mcast.Listen(context.Background(), mcast.Config{})
	return c, mcast.Via{IfIndex: lo.Index, Source: netip.AddrFrom4([4]byte{127, 0, 0, 1})}, err
}

// plainMember is a socket of package net that has joined the group on lo.
func plainMember(l load, lo host.Interface, flags ipv4.ControlFlags) (*net.UDPConn, error) {
	udp, err := net.ListenUDP("udp4", &net.UDPAddr{Port: int(l.port)})
	if err != nil {
		return nil, err
	}
	raw, err := udp.SyscallConn()
	if err != nil {
		return nil, err
	}
	pc := ipv4.NewPacketConn(udp)
	err = pc.JoinGroup(&net.Interface{Index: lo.Index, Name: lo.Name}, &net.UDPAddr{IP: l.group().Addr().AsSlice()})
	if err == nil && flags != 0 {
		err = pc.SetControlMessage(flags, true)
	}
	return udp, errors.Join(err, forceBuffer(raw.Control))
}

// forceBuffer makes room for everything that is sent while a receiver stands.
func forceBuffer(control func(func(fd uintptr)) error) error {
	var set error
	err := control(func(fd uintptr) {
		set = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 512<<20)
	})
	return errors.Join(err, set)
}

// benchWorker does what twin.c does, and tells of allocations as well.
func benchWorker(what string) {
	var l load
	name := ""
	fmt.Sscan(what, &l.port, &l.count, &l.size)
	name = strings.SplitN(what, " ", 4)[3]
	fail := func(err error) {
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
			os.Exit(1)
		}
	}
	list, err := host.Interfaces()
	fail(err)
	lo, err := host.Find(list, "lo")
	fail(err)
	work, err := workers[name](l, lo)
	fail(err)
	fmt.Println("ready")
	var before, after runtime.MemStats
	for in := bufio.NewReader(os.Stdin); ; {
		if _, err := in.ReadString('\n'); err != nil {
			return
		}
		runtime.ReadMemStats(&before)
		cpu, start := processTime(unix.CLOCK_PROCESS_CPUTIME_ID), time.Now()
		fail(work())
		took := time.Since(start)
		cpu = processTime(unix.CLOCK_PROCESS_CPUTIME_ID) - cpu
		runtime.ReadMemStats(&after)
		fmt.Println(l.count, int64(cpu), int64(took), after.Mallocs-before.Mallocs)
	}
}
