package mcast

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/net/ipv4"
)

// hasControlMessages tells whether the system takes the way out with each
// datagram. FreeBSD and Windows do not.
var hasControlMessages = len((&ipv4.ControlMessage{IfIndex: 1}).Marshal()) > 0

// Via is the way out that a datagram is given. The zero Via leaves it to the
// kernel.
type Via struct {
	IfIndex int        // the interface to leave by; 0: as the kernel routes it
	Source  netip.Addr // the source address to carry, one of this host's; the zero Addr: as the kernel chooses
}

// Send sends data as one datagram. Its way is chosen for this datagram alone,
// by a control message (IP_PKTINFO, ip(7)), which is stronger than every
// option of the socket and than the routing table. FreeBSD
// and Windows have no such message: there it is the socket's option, set and
// used under a lock, and a Source is errors.ErrUnsupported.
//
// The error is an OpError: ErrTooLong above MaxPayload bytes, else the
// kernel's. No error means that the kernel took the datagram, not that anyone
// received it.
func (c *Conn) Send(data []byte, to netip.AddrPort, via Via) error {
	err := c.send(data, to, via)
	if err == nil {
		c.sent.Add(1)
		return nil
	}
	c.sendErrors.Add(1)
	return &OpError{Op: "send", Target: to.String(), Interface: interfaceName(via.IfIndex), Err: cause(err)}
}

func (c *Conn) send(data []byte, to netip.AddrPort, via Via) error {
	if len(data) > MaxPayload {
		return fmt.Errorf("%d bytes: %w", len(data), ErrTooLong)
	}
	if !to.Addr().Is4() {
		return fmt.Errorf("IPv6: %w", errors.ErrUnsupported)
	}
	if hasControlMessages {
		if via == (Via{}) {
			_, err := c.udp.WriteToUDPAddrPort(data, to)
			return err
		}
		oob := (&ipv4.ControlMessage{IfIndex: via.IfIndex, Src: via.Source.AsSlice()}).Marshal()
		_, _, err := c.udp.WriteMsgUDPAddrPort(data, oob, to)
		return err
	}
	if via.Source.IsValid() {
		return fmt.Errorf("choose a source address: %w", errors.ErrUnsupported)
	}
	// The choice is the socket's, so it is made for every datagram, and must
	// not be parted from the send by another sender's.
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.pc.SetMulticastInterface(Interface{Index: via.IfIndex}.byIndex()); err != nil {
		return err
	}
	_, err := c.udp.WriteToUDPAddrPort(data, to)
	return err
}

// SetLoopback switches on or off the copies that members of a group on this
// host get of what this Conn sends to it (IP_MULTICAST_LOOP). Sends by the
// loopback interface always come back. On Windows the option is the
// receiver's.
func (c *Conn) SetLoopback(on bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.pc.SetMulticastLoopback(on); err != nil {
		return &OpError{Op: "set loopback", Err: cause(err)}
	}
	c.loopback = on
	return nil
}

// SetHops sets the TTL of multicast that is sent, 0 to 255: 1 stays on the
// network it is sent to, more may cross as many routers less one. 0 is meant
// to stay on this host; Linux keeps it there only if the group is joined on
// the interface it is sent by, and else lets it out. Unicast keeps the
// system's own TTL.
func (c *Conn) SetHops(n int) error {
	if n < 0 || n > 255 {
		return &OpError{Op: "set hops", Err: fmt.Errorf("%d: %w", n, ErrHopsOutside)}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.pc.SetMulticastTTL(n); err != nil {
		return &OpError{Op: "set hops", Err: cause(err)}
	}
	c.hops = n
	return nil
}

// Loopback reports whether own copies are on.
func (c *Conn) Loopback() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.loopback
}

// Hops is the TTL of multicast that is sent.
func (c *Conn) Hops() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hops
}
