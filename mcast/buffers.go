package mcast

import (
	"fmt"

	"github.com/groupcast/groupcast/mcast/host"
)

// ReadBuffer is the receive buffer that the system granted, in bytes. Linux
// reports twice what it was asked for, and charges each datagram's own
// bookkeeping to it (socket(7)).
func (c *Conn) ReadBuffer() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.readBuffer
}

// SetReadBuffer asks for another receive buffer, 1 byte or more; ReadBuffer tells
// what was granted, which on Linux is less than asked for where net.core.rmem_max
// is, and no error. The BSDs refuse what is above their limit. Datagrams that
// wait to be read are not lost.
func (c *Conn) SetReadBuffer(bytes int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := fmt.Errorf("%d bytes: want 1 or more", bytes)
	if bytes > 0 {
		err = c.askReadBuffer(bytes)
	}
	if err != nil {
		return &OpError{Op: "set read buffer", Target: c.local.String(), Err: host.Cause(err)}
	}
	return nil
}

// askReadBuffer asks for a receive buffer, and notes what was granted.
func (c *Conn) askReadBuffer(bytes int) error {
	s := c.sock
	err := s.trace.do("setsockopt", "SO_RCVBUF", bytes, func() error { return s.udp.SetReadBuffer(bytes) })
	if err == nil {
		c.readBuffer = granted(s.udp, readBufferOption, bytes)
	}
	return err
}

// WriteBuffer is the send buffer that the system grants, in bytes.
func (c *Conn) WriteBuffer() int { return granted(c.sock.udp, writeBufferOption, 0) }

// setBuffers asks for the kernel's buffers. Linux grants what it can; the BSDs
// refuse what is above their limit, so the default is halved there until it is
// granted.
func (c *Conn) setBuffers() error {
	s, asked, atLeast := c.sock, c.cfg.ReadBuffer, c.cfg.ReadBuffer
	if asked == 0 {
		asked, atLeast = DefaultReadBuffer, 64<<10
	}
	err := c.askReadBuffer(asked)
	for err != nil && asked/2 >= atLeast {
		asked /= 2
		err = c.askReadBuffer(asked)
	}
	if err != nil {
		return fmt.Errorf("receive buffer of %d bytes: %w", asked, err)
	}
	if n := c.cfg.WriteBuffer; n > 0 {
		if err := s.trace.do("setsockopt", "SO_SNDBUF", n, func() error { return s.udp.SetWriteBuffer(n) }); err != nil {
			return fmt.Errorf("send buffer of %d bytes: %w", n, err)
		}
	}
	return nil
}
