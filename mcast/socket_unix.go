//go:build unix

package mcast

import (
	"net"

	"golang.org/x/sys/unix"
)

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
