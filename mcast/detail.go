package mcast

import (
	"net"
	"runtime"

	"github.com/groupcast/groupcast/mcast/host"
)

// SetDetail leaves out of each datagram the details that cost the most, or takes
// them in again, as they are from the start: the TTL (Hops is 0 without it) and
// the time at which the kernel took it in (Linux; without it At is when it was
// read). Destination and interface come either way. It may be called while
// another goroutine reads. Datagrams that wait to be read follow the new rule;
// one that was taken in without a time has that of its reading.
func (c *Conn) SetDetail(on bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.setDetail(on && !c.bulk); err != nil {
		return &OpError{Op: "set detail", Target: c.local.String(), Err: host.Cause(err)}
	}
	c.detailOff = !on
	return nil
}

// SetBulk makes reading cheap at high rates, from some 50,000 datagrams a second
// on, or ends that: without detail, as after SetDetail(false), and with a nap of
// 50 to 150 µs before the next call after a batch that was not full (Linux), so
// that datagrams gather. At 10,000 a second the nap costs more than it saves. The
// receive buffer has to hold what comes meanwhile. Deadlines, Close and the end
// of a context are noticed after the nap.
//
// It may be called while another goroutine reads; a call that changes nothing
// costs nothing. [BulkSwitch] decides when to.
func (c *Conn) SetBulk(on bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bulk == on {
		return nil
	}
	if err := c.setDetail(!on && !c.detailOff); err != nil {
		return &OpError{Op: "set bulk", Target: c.local.String(), Err: host.Cause(err)}
	}
	c.reader.setNap(on)
	c.bulk = on
	return nil
}

// setDetail asks for the control messages, or no longer. The caller holds c.mu.
func (c *Conn) setDetail(on bool) error {
	if c.closed {
		return net.ErrClosed
	}
	if on == (!c.detailOff && !c.bulk) {
		return nil
	}
	s := c.sock
	err := s.trace.do("setsockopt", s.options().hopsInfo, flag(on), func() error { return s.receiveHops(on) })
	if err != nil && runtime.GOOS != "windows" {
		return err
	}
	s.receiveTimes(on)
	return nil
}
