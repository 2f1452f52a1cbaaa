//go:build !linux

package mcast

import (
	"errors"
	"net/netip"
)

// joiner has nothing to keep here.
type joiner struct{}

// SendSegments is errors.ErrUnsupported here; Linux has it.
func (c *Conn) SendSegments([]byte, int, netip.AddrPort, Via) (n int, err error) {
	return 0, &OpError{Op: "send", Target: c.local.String(), Err: errors.ErrUnsupported}
}
