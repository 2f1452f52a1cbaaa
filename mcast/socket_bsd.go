//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package mcast

import "golang.org/x/sys/unix"

// prepare sets what must be set before bind. The BSDs want SO_REUSEPORT for a
// multicast port that several programs share.
func prepare(fd uintptr, share bool) error {
	if !share {
		return nil
	}
	if err := unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return err
	}
	return unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
}
