package mcast

import (
	"errors"
	"net"

	"golang.org/x/sys/windows"
)

// portTaken reports whether bind failed for another socket's sake: one that
// does not share gives WSAEACCES.
func portTaken(err error) bool {
	return errors.Is(err, windows.WSAEADDRINUSE) || errors.Is(err, windows.WSAEACCES)
}

// alreadyGone reports whether leaving failed because the system has forgotten
// the membership.
func alreadyGone(err error) bool { return errors.Is(err, windows.WSAEADDRNOTAVAIL) }

// exclusiveAddrUse is SO_EXCLUSIVEADDRUSE of winsock2.h: ^SO_REUSEADDR.
const exclusiveAddrUse = ^windows.SO_REUSEADDR

// prepare sets what must be set before bind. On Windows SO_REUSEADDR alone
// shares a port, and takes it from a socket that did not say it wants it for
// itself.
func prepare(fd uintptr, share bool) error {
	option := exclusiveAddrUse
	if share {
		option = windows.SO_REUSEADDR
	}
	return windows.SetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, option, 1)
}

func grantedReadBuffer(udp *net.UDPConn, asked int) int {
	rc, err := udp.SyscallConn()
	if err != nil {
		return asked
	}
	granted := asked
	rc.Control(func(fd uintptr) {
		if n, err := windows.GetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, windows.SO_RCVBUF); err == nil {
			granted = n
		}
	})
	return granted
}
