//go:build !linux

package echo

import (
	"errors"
	"net/netip"
	"syscall"
)

// setFilter needs Linux: elsewhere a flood is read, and not answered.
func setFilter(syscall.RawConn, []netip.Prefix) error { return errors.ErrUnsupported }
