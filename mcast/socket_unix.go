//go:build unix

package mcast

import (
	"errors"
	"net"

	"golang.org/x/sys/unix"
)

// portTaken reports whether bind failed for another socket's sake.
func portTaken(err error) bool { return errors.Is(err, unix.EADDRINUSE) }

// alreadyGone reports whether leaving failed because the kernel has forgotten
// the membership, as it does when it deletes the interface.
func alreadyGone(err error) bool {
	return errors.Is(err, unix.EADDRNOTAVAIL) || errors.Is(err, unix.ENODEV)
}

// grantedReadBuffer asks the system what it made of the wish; asked if it
// does not tell.
func grantedReadBuffer(udp *net.UDPConn, asked int) int {
	rc, err := udp.SyscallConn()
	if err != nil {
		return asked
	}
	granted := asked
	rc.Control(func(fd uintptr) {
		if n, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF); err == nil {
			granted = n
		}
	})
	return granted
}
