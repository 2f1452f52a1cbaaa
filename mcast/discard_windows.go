package mcast

import (
	"errors"
)

// Discard is for the systems where the receive buffer can be read without
// waiting; here it is errors.ErrUnsupported.
func (c *Conn) Discard() (unread int, err error) {
	return 0, &OpError{Op: "discard", Target: c.local.String(), Err: errors.ErrUnsupported}
}
