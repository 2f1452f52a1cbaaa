package mcast

import (
	"cmp"
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// hasMulticastAll tells whether the system has IP_MULTICAST_ALL, by which a
// socket keeps strays out.
const hasMulticastAll = true

// prepare sets what must be set before bind. IP_MULTICAST_ALL is on by
// default, and then a socket gets the datagrams of every group that any
// program on the host has joined (ip(7)).
func prepare(fd uintptr, cfg Config) error {
	if cfg.shares() {
		err := cfg.Trace.do("setsockopt", "SO_REUSEADDR", 1, func() error {
			return unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
		})
		if err != nil {
			return err
		}
	}
	if cfg.reusePort {
		err := cfg.Trace.do("setsockopt", "SO_REUSEPORT", 1, func() error {
			return unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
		})
		if err != nil {
			return err
		}
	}
	if cfg.queuesErrors() {
		if err := setRecvErr(fd, cfg.Addr.Is4(), cfg.Trace); err != nil {
			return err
		}
	}
	if cfg.MulticastAll {
		return nil
	}
	return setMulticastAll(fd, cfg.Addr.Is4(), false, cfg.Trace)
}

func setRecvErr(fd uintptr, is4 bool, trace *Trace) error {
	level, option, name := unix.IPPROTO_IP, unix.IP_RECVERR, "IP_RECVERR"
	if !is4 {
		level, option, name = unix.IPPROTO_IPV6, unix.IPV6_RECVERR, "IPV6_RECVERR"
	}
	return trace.do("setsockopt", name, 1, func() error { return unix.SetsockoptInt(int(fd), level, option, 1) })
}

// setMulticastAll lets in datagrams of groups that the socket has not joined,
// or keeps them out.
func setMulticastAll(fd uintptr, is4, on bool, trace *Trace) error {
	level, option, name := unix.IPPROTO_IP, unix.IP_MULTICAST_ALL, "IP_MULTICAST_ALL"
	if !is4 {
		level, option, name = unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_ALL, "IPV6_MULTICAST_ALL"
	}
	err := trace.do("setsockopt", name, flag(on), func() error {
		return unix.SetsockoptInt(int(fd), level, option, flag(on))
	})
	if errors.Is(err, unix.ENOPROTOOPT) {
		return nil // emulated kernels do not know it
	}
	return err
}

// receiveTimes asks for the time at which the kernel took each datagram in, or
// no longer. Emulated kernels do not all have it: the time of reading does then.
func (s *socket) receiveTimes(on bool) {
	s.trace.do("setsockopt", "SO_TIMESTAMPNS", flag(on), func() error { return s.setOption(unix.SO_TIMESTAMPNS, flag(on)) })
}

// tellDrops asks for Datagram.Drops, which stays 0 where a kernel does not have it.
func (s *socket) tellDrops() {
	s.trace.do("setsockopt", "SO_RXQ_OVFL", 1, func() error { return s.setOption(unix.SO_RXQ_OVFL, 1) })
}

// receiveJoined lets the kernel join datagrams.
func (s *socket) receiveJoined() error {
	err := s.trace.do("setsockopt", "UDP_GRO", 1, func() error { return s.setOptionOf(unix.SOL_UDP, unix.UDP_GRO, 1) })
	if errors.Is(err, unix.ENOPROTOOPT) {
		return fmt.Errorf("joined datagrams (UDP_GRO): %w", errors.ErrUnsupported)
	}
	return err
}

// setOption sets an option of level SOL_SOCKET.
func (s *socket) setOption(option, value int) error {
	return s.setOptionOf(unix.SOL_SOCKET, option, value)
}

func (s *socket) setOptionOf(level, option, value int) error {
	var set error
	err := s.raw.Control(func(fd uintptr) { set = unix.SetsockoptInt(int(fd), level, option, value) })
	return cmp.Or(err, set)
}

// kernelDrops reads how many datagrams found the receive buffer full
// (SK_MEMINFO_DROPS of SO_MEMINFO, in linux/sock_diag.h): a number of 32 bits,
// which begins again at 0.
func kernelDrops(raw syscall.RawConn) (uint32, error) {
	const drops = 8
	var info [drops + 1]uint32
	size := uint32(unsafe.Sizeof(info))
	err := raw.Control(func(fd uintptr) {
		unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO,
			uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	})
	return info[drops], err
}
