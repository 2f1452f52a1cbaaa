//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package mcast

import "golang.org/x/sys/unix"

// prepare sets what must be set before bind. The BSDs want SO_REUSEPORT for a
// multicast port that several programs share.
func prepare(fd uintptr, cfg Config) error {
	if !cfg.shares() {
		return nil
	}
	set := func(name string, option int) error {
		return cfg.Trace.do("setsockopt", name, 1, func() error {
			return unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, option, 1)
		})
	}
	if err := set("SO_REUSEADDR", unix.SO_REUSEADDR); err != nil {
		return err
	}
	return set("SO_REUSEPORT", unix.SO_REUSEPORT)
}
