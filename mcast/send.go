package mcast

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
)

// Send sends data as one datagram, to a group, a host or a broadcast address;
// on a connected Conn to is its remote address, or the zero AddrPort. A control
// message chooses interface and source for this datagram alone (IP_PKTINFO,
// ip(7)); it is stronger than every option of the socket and than the routing
// table. A zone of to is the interface to leave by. A socket that is bound to a
// unicast address sends from it, unless via names another. FreeBSD and Windows
// have no such control message: Send sets the socket's option under a lock, and
// a Source is errors.ErrUnsupported.
//
// Send waits while the send buffer is full. The buffer is the socket's: one slow
// interface fills it, and sends by other interfaces wait as well, until
// [Conn.SetWriteDeadline] or [Conn.Close] ends them.
//
// No error means that the kernel took the datagram, not that anyone received
// it. The error is an OpError, ErrTooLong or the kernel's own:
//   - ENETUNREACH, EHOSTUNREACH, EINVAL, EACCES: no route, or an unreachable,
//     blackhole or prohibit route
//   - EPERM: a firewall on this host refused it
//   - ENOBUFS: the interface's queue is full (Linux tells with Config.QueueErrors
//     or Config.PeerError only), or the send buffer has no room for its fragments
//   - ENODEV, EADDRNOTAVAIL: the interface or the source address is gone
//   - os.ErrDeadlineExceeded: there was no room until the write deadline
//   - ErrZone: the destination's zone is another interface than via's
//   - ECONNREFUSED: what a connected socket sent before was refused; this
//     datagram was not sent, and the next one will be
func (c *Conn) Send(data []byte, to netip.AddrPort, via Via) error {
	if !to.IsValid() {
		to = c.cfg.Remote
	}
	var at time.Time
	if c.sock.trace.wantsSent() {
		at = time.Now()
	}
	err := c.send(data, to, via)
	if err != nil && c.errors != nil {
		err = c.sendAgain(err, data, to, via)
	}
	if err == nil {
		c.sent.Add(1)
		if c.sock.trace.wantsSent() {
			c.tellSent(at, data, to, via)
		}
		return nil
	}
	c.refused.Add(1)
	return &OpError{Op: "send", Target: to.String(), Interface: c.sock.interfaceName(via.IfIndex), Err: host.Cause(err)}
}

// traceSend tells of a call: to is the zero AddrPort where the socket is
// connected, and the kernel is given no address.
func (c *Conn) traceSend(start time.Time, data []byte, to netip.AddrPort, via Via, err error) {
	call := Call{At: start, Took: time.Since(start), Name: "sendmsg", Err: host.Cause(err)}
	args := fmt.Sprintf("%d bytes", len(data))
	if to.IsValid() {
		args += " to " + to.String()
	}
	if via.IfIndex != 0 {
		args += fmt.Sprintf(" by %s (%d)", c.sock.interfaceName(via.IfIndex), via.IfIndex)
	}
	if via.Source.IsValid() {
		args += " from " + via.Source.String()
	}
	call.Args = "{" + args + "}"
	if err == nil {
		call.Result = fmt.Sprintf("%d bytes", len(data))
	}
	c.sock.trace.Call(call)
}

// checkSend refuses what the kernel need not be asked for, and returns the
// destination and the Via as it takes them. A socket that is bound to a unicast
// address sends from it: a control message that names no source would override
// that of an IPv4 socket.
func (c *Conn) checkSend(size int, to netip.AddrPort, via Via) (netip.AddrPort, Via, error) {
	is4 := c.cfg.Addr.Is4()
	to, via.Source = unmapped(to), via.Source.Unmap()
	if err := checkPayload(size, is4); err != nil {
		return to, via, err
	}
	switch remote := c.cfg.Remote; {
	case remote.IsValid() && to.IsValid() && to != remote:
		return to, via, errNotRemote
	case remote.IsValid():
		to = netip.AddrPort{}
	case !to.IsValid():
		return to, via, errNoDestination
	case to.Addr().Is4() != is4:
		return to, via, ErrFamily
	}
	if via.Source.IsValid() && via.Source.Is4() != is4 {
		return to, via, fmt.Errorf("source %s: %w", via.Source, ErrFamily)
	}
	if local := c.local.Addr(); is4 && viaPerDatagram && via.IfIndex != 0 && !via.Source.IsValid() && !local.IsUnspecified() && !local.IsMulticast() {
		via.Source = local
	}
	return to, via, nil
}

// zoneIsVia reports whether the system takes the interface of a Via in place of
// the zone of a destination. Linux looks at the zone of link-local addresses
// only, and else at the Via.
func zoneIsVia(to netip.Addr) bool { return to.IsMulticast() || runtime.GOOS == "linux" }

// inZone takes a destination's zone, which is the interface with that index,
// for the interface.
func inZone(to netip.AddrPort, via Via, index int) (netip.AddrPort, Via, error) {
	if via.IfIndex != 0 && via.IfIndex != index {
		return to, via, fmt.Errorf("zone %s: %w", to.Addr().Zone(), ErrZone)
	}
	via.IfIndex = index
	return netip.AddrPortFrom(to.Addr().WithZone(""), to.Port()), via, nil
}

func (c *Conn) send(data []byte, to netip.AddrPort, via Via) error {
	to, via, err := c.checkSend(len(data), to, via)
	if err != nil {
		return err
	}
	if zone := to.Addr().Zone(); zone != "" && zoneIsVia(to.Addr()) {
		index, err := c.sock.zoneIndex(zone)
		if err == nil {
			to, via, err = inZone(to, via, index)
		}
		if err != nil {
			return err
		}
	}
	if via == (Via{}) && viaPerDatagram {
		return c.write(data, nil, to, via)
	}
	if oob := c.sock.control(via); len(oob) > 0 {
		return c.write(data, oob, to, via)
	}
	if via.Source.IsValid() {
		return fmt.Errorf("choose a source address: %w", errors.ErrUnsupported)
	}
	// The choice is the socket's, so it is made for every datagram, and no other
	// sender may come between it and the send. The lock is held while the send
	// waits for room, so it is not c.mu.
	c.outgoing.Lock()
	defer c.outgoing.Unlock()
	out := host.Interface{Index: via.IfIndex}
	err = c.sock.trace.do("setsockopt", c.sock.options().outgoing, via.IfIndex, func() error {
		return c.sock.SetMulticastInterface(netInterface(out))
	})
	if err != nil {
		return err
	}
	return c.write(data, nil, to, Via{})
}

// write is the call. A Trace tells of via, which is in oob.
func (c *Conn) write(data, oob []byte, to netip.AddrPort, via Via) error {
	if !c.sock.trace.on() {
		_, _, err := c.sock.udp.WriteMsgUDPAddrPort(data, oob, to)
		return err
	}
	start := time.Now()
	_, _, err := c.sock.udp.WriteMsgUDPAddrPort(data, oob, to)
	c.traceSend(start, data, to, via, err)
	return err
}

// SetLoopback switches on or off the copies that members of a group on this host
// get of what this Conn sends to it (IP_MULTICAST_LOOP). Sends out of the
// loopback interface always come back. On Windows the option is the receiver's.
func (c *Conn) SetLoopback(on bool) error {
	err := c.sock.trace.do("setsockopt", c.sock.options().loopback, flag(on), func() error { return c.sock.SetMulticastLoopback(on) })
	if err != nil {
		return &OpError{Op: "set loopback", Err: host.Cause(err)}
	}
	return nil
}

// SetHops sets the TTL of multicast that is sent, 0 to 255: 1 stays on the
// network it is sent to, more may cross as many routers less one. 0 is meant
// to stay on this host; Linux keeps it there only if the group is joined on
// the interface it is sent by, and else lets it out.
func (c *Conn) SetHops(n int) error {
	return c.setHops("set hops", c.sock.options().hops, n, 0, c.sock.setHops, &c.hops)
}

// SetUnicastHops sets the TTL of unicast and broadcast that is sent, 1 to 255.
// It begins as the system's own, mostly 64.
func (c *Conn) SetUnicastHops(n int) error {
	return c.setHops("set unicast hops", c.sock.options().unicastHops, n, 1, c.sock.setUnicastHops, &c.unicastHops)
}

func (c *Conn) setHops(op, option string, n, least int, set func(int) error, is *atomic.Int32) error {
	if err := checkHops(n, least); err != nil {
		return &OpError{Op: op, Err: err}
	}
	if err := c.sock.trace.do("setsockopt", option, n, func() error { return set(n) }); err != nil {
		return &OpError{Op: op, Err: host.Cause(err)}
	}
	is.Store(int32(n))
	return nil
}

// SetBroadcast allows or forbids sending to broadcast addresses
// (SO_BROADCAST); it is allowed from the start. Forbidden, such a send is
// EACCES. Multicast does not need it.
func (c *Conn) SetBroadcast(on bool) error {
	err := c.sock.trace.do("setsockopt", "SO_BROADCAST", flag(on), func() error { return setBroadcast(c.sock.udp, on) })
	if err != nil {
		return &OpError{Op: "set broadcast", Err: host.Cause(err)}
	}
	return nil
}
