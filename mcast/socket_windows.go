package mcast

import (
	"net"

	"golang.org/x/sys/windows"
)

// prepare sets what must be set before bind. On Windows SO_REUSEADDR alone
// shares a port.
func prepare(fd uintptr, share bool) error {
	if !share {
		return nil
	}
	return windows.SetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, windows.SO_REUSEADDR, 1)
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
