package mcast

import (
	"errors"

	"golang.org/x/sys/unix"
)

// prepare sets what must be set before bind. IP_MULTICAST_ALL is on by
// default, and then a socket gets the datagrams of every group that any
// program on the host has joined (ip(7)).
func prepare(fd uintptr, share bool) error {
	if share {
		if err := unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
			return err
		}
	}
	err := unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_MULTICAST_ALL, 0)
	if errors.Is(err, unix.ENOPROTOOPT) {
		return nil // emulated kernels do not know it
	}
	return err
}
