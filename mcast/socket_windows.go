package mcast

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/sys/windows"
)

const (
	readBufferOption  = windows.SO_RCVBUF
	writeBufferOption = windows.SO_SNDBUF
)

// exclusiveAddrUse is SO_EXCLUSIVEADDRUSE of winsock2.h: ^SO_REUSEADDR.
const exclusiveAddrUse = ^windows.SO_REUSEADDR

// prepare sets what must be set before bind. On Windows SO_REUSEADDR alone
// shares a port, and takes it from a socket that did not say it wants it for
// itself.
func prepare(fd uintptr, cfg Config) error {
	name, option := "SO_EXCLUSIVEADDRUSE", exclusiveAddrUse
	if cfg.shares() {
		name, option = "SO_REUSEADDR", windows.SO_REUSEADDR
	}
	return cfg.Trace.do("setsockopt", name, 1, func() error {
		return windows.SetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, option, 1)
	})
}

// portTaken reports whether bind failed for another socket's sake: one that
// does not share gives WSAEACCES.
func portTaken(err error) bool {
	return errors.Is(err, windows.WSAEADDRINUSE) || errors.Is(err, windows.WSAEACCES)
}

// alreadyGone reports whether leaving failed because the system has forgotten
// the membership.
func alreadyGone(err error) bool { return errors.Is(err, windows.WSAEADDRNOTAVAIL) }

// noRoom reports whether a join failed because the socket holds as many groups
// as it may.
func noRoom(err error) bool { return errors.Is(err, windows.WSAENOBUFS) }

// granted asks the system what it made of the wish for a buffer; asked if it
// does not tell.
func granted(udp *net.UDPConn, option, asked int) int {
	rc, err := udp.SyscallConn()
	if err != nil {
		return asked
	}
	rc.Control(func(fd uintptr) {
		if n, err := windows.GetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, option); err == nil {
			asked = n
		}
	})
	return asked
}

func bindGroup(netip.AddrPort, func(fd uintptr) error) (*net.UDPConn, error) {
	return nil, fmt.Errorf("bind a group's address: %w", errors.ErrUnsupported)
}

func setBroadcast(udp *net.UDPConn, on bool) error {
	rc, err := udp.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	if err := rc.Control(func(fd uintptr) {
		set = windows.SetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, windows.SO_BROADCAST, flag(on))
	}); err != nil {
		return err
	}
	return set
}
