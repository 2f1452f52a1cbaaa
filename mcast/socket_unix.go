//go:build unix

package mcast

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	readBufferOption  = unix.SO_RCVBUF
	writeBufferOption = unix.SO_SNDBUF
)

// portTaken reports whether bind failed for another socket's sake.
func portTaken(err error) bool { return errors.Is(err, unix.EADDRINUSE) }

// alreadyGone reports whether leaving failed because the kernel has forgotten
// the membership, as it does when it deletes the interface.
func alreadyGone(err error) bool {
	return errors.Is(err, unix.EADDRNOTAVAIL) || errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ENXIO)
}

// noRoom reports whether a join failed because the socket holds as many groups
// or sources as it may (igmp_max_memberships, igmp_max_msf, optmem_max).
func noRoom(err error) bool { return errors.Is(err, unix.ENOBUFS) || errors.Is(err, unix.ENOMEM) }

// granted asks the system what it made of the wish for a buffer; asked if it
// does not tell.
func granted(udp *net.UDPConn, option, asked int) int {
	rc, err := udp.SyscallConn()
	if err != nil {
		return asked
	}
	rc.Control(func(fd uintptr) {
		if n, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, option); err == nil {
			asked = n
		}
	})
	return asked
}

// bindGroup makes a socket and binds it to a group's address.
func bindGroup(at netip.AddrPort, prepare func(fd uintptr) error) (*net.UDPConn, error) {
	family := unix.AF_INET
	if at.Addr().Is6() {
		family = unix.AF_INET6
	}
	syscall.ForkLock.RLock()
	fd, err := unix.Socket(family, unix.SOCK_DGRAM, 0)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	f := os.NewFile(uintptr(fd), "udp "+at.String())
	defer f.Close()
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, err
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_BROADCAST, 1); err != nil {
		return nil, err
	}
	if err := prepare(uintptr(fd)); err != nil {
		return nil, err
	}
	sa, err := sockaddr(uintptr(fd), at)
	if err != nil {
		return nil, err
	}
	if err := unix.Bind(fd, sa); err != nil {
		return nil, err
	}
	conn, err := net.FilePacketConn(f)
	if err != nil {
		return nil, err
	}
	return conn.(*net.UDPConn), nil
}

func sockaddr(fd uintptr, at netip.AddrPort) (unix.Sockaddr, error) {
	if at.Addr().Is4() {
		return &unix.SockaddrInet4{Addr: at.Addr().As4(), Port: int(at.Port())}, nil
	}
	sa := &unix.SockaddrInet6{Addr: at.Addr().As16(), Port: int(at.Port())}
	if zone := at.Addr().Zone(); zone != "" {
		index, err := zoneIndex(fd, zone)
		if err != nil {
			return nil, err
		}
		sa.ZoneId = uint32(index)
	}
	return sa, nil
}

func setBroadcast(udp *net.UDPConn, on bool) error {
	rc, err := udp.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	if err := rc.Control(func(fd uintptr) {
		set = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_BROADCAST, flag(on))
	}); err != nil {
		return err
	}
	return set
}
