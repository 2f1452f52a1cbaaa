package mcast

import (
	"errors"
	"net/netip"
	"syscall"
)

// sendAgain tells what is queued when a send has failed, and sends again if
// that was for another datagram's sake.
func (c *Conn) sendAgain(err error, data []byte, to netip.AddrPort, via Via) error {
	var retry sendRetry
	for errno := syscall.Errno(0); errors.As(err, &errno) && retry.again(c.errors, errno); {
		err = c.send(data, to, via)
	}
	return err
}
