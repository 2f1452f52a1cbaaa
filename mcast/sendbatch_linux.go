package mcast

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"github.com/groupcast/groupcast/mcast/host"
	"golang.org/x/sys/unix"
)

// batcher sends with sendmmsg(2), up to BatchSize datagrams in one call, from
// memory that it makes once.
type batcher struct {
	mu        sync.Mutex
	raw       syscall.RawConn
	try       bool // do not wait for room: see TrySendBatch
	errors    *errorQueue
	connected bool
	zone      string // the last that this call asked for; "": none
	index     int    // its interface

	msgs  []mmsghdr // what the kernel reads; it points into the next four
	iovs  []unix.Iovec
	names []unix.RawSockaddrInet6 // struct sockaddr_in fits as well
	info4 []info4
	info6 []info6

	// The closure that calls the kernel is made once, too: these are its
	// argument and its results.
	send  func(fd uintptr) bool
	once  func(fd uintptr) // send, for try
	want  int
	sent  int
	errno syscall.Errno
	retry sendRetry
}

// info4 and info6 are the control messages that choose interface and source
// (ip(7), RFC 3542, section 6).
type info4 struct {
	hdr  unix.Cmsghdr
	info unix.Inet4Pktinfo
}

type info6 struct {
	hdr  unix.Cmsghdr
	info unix.Inet6Pktinfo
}

// SendBatch sends datagrams as Send does, with one call (sendmmsg(2)) for
// BatchSize of them, and allocates nothing. It returns how many the kernel
// took; if that is n and less than all of them, the error is about list[n], and
// list[n+1:] can be sent still. It waits while the send buffer is full, as Send
// does.
//
// On a connected Conn an error about an earlier datagram that comes while a
// batch is sent is only noticed with Config.PeerError.
func (c *Conn) SendBatch(list []Outgoing) (n int, err error) { return c.sendBatch(list, false) }

func (c *Conn) sendBatch(list []Outgoing, try bool) (n int, err error) {
	b := &c.batch
	b.mu.Lock()
	defer b.mu.Unlock()
	b.try = try
	if b.raw == nil {
		if err := b.init(c); err != nil {
			return 0, &OpError{Op: "send", Err: host.Cause(err)}
		}
	}
	b.zone = "" // it may be another interface by now
	for n < len(list) && err == nil {
		var sent int
		sent, err = c.sendSome(list[n:])
		n += sent
	}
	c.sent.Add(uint64(n))
	if err != nil {
		c.refused.Add(1)
		err = &OpError{Op: "send", Target: list[n].To.String(), Interface: c.sock.interfaceName(list[n].Via.IfIndex), Err: host.Cause(err)}
	}
	return n, err
}

// sendSome sends as many as fit in one call, up to the first that fails. It
// needs c.batch.mu.
func (c *Conn) sendSome(list []Outgoing) (n int, err error) {
	b := &c.batch
	list = list[:min(len(list), BatchSize)]
	b.want, b.sent, b.errno, b.retry = 0, 0, 0, sendRetry{}
	for b.want < len(list) && err == nil {
		if err = b.add(c, &list[b.want]); err == nil {
			b.want++
		}
	}
	if b.want == 0 {
		return 0, err
	}
	traced, start := c.sock.trace.on() || c.sock.trace.wantsSent(), time.Time{}
	if traced {
		start = time.Now()
	}
	var call error
	if b.try {
		call = b.raw.Control(b.once) // Write would get the poller ready to wait
	}
	if !b.try || b.errno == unix.EAGAIN { // Write knows of the deadline
		b.errno = 0
		call = b.raw.Write(b.send)
	}
	if b.errno != 0 {
		call = b.errno
	}
	for i := 0; i < b.want; i++ {
		b.iovs[i].Base = nil // what was sent is not to be kept in memory
	}
	if traced && c.sock.trace.on() {
		args := fmt.Sprintf("{%d datagrams, the first of %d bytes", b.want, len(list[0].Data))
		if !b.connected {
			args += " to " + list[0].To.String()
		}
		args += "}"
		c.sock.trace.Call(Call{
			At: start, Took: time.Since(start), Name: "sendmmsg", Args: args,
			Result: strconv.Itoa(b.sent) + " datagrams", Err: host.Cause(call),
		})
	}
	for i := 0; traced && c.sock.trace.wantsSent() && i < b.sent; i++ {
		c.tellSent(start, list[i].Data, list[i].To, list[i].Via)
	}
	if call != nil {
		err = call
	}
	return b.sent, err
}

// init makes the memory.
func (b *batcher) init(c *Conn) (err error) {
	if b.raw, err = c.sock.udp.SyscallConn(); err != nil {
		return err
	}
	b.errors, b.connected = c.errors, c.cfg.Remote.IsValid()
	b.send = b.sendmmsg
	b.once = func(fd uintptr) { b.sendmmsg(fd) }
	b.msgs = make([]mmsghdr, BatchSize)
	b.iovs = make([]unix.Iovec, BatchSize)
	b.names = make([]unix.RawSockaddrInet6, BatchSize)
	if c.cfg.Addr.Is4() {
		b.info4 = make([]info4, BatchSize)
	} else {
		b.info6 = make([]info6, BatchSize)
	}
	for i := range b.msgs {
		hdr := &b.msgs[i].hdr
		hdr.Iov = &b.iovs[i]
		hdr.SetIovlen(1)
		if !b.connected {
			hdr.Name = (*byte)(unsafe.Pointer(&b.names[i]))
		}
	}
	return nil
}

// add makes the next message of a datagram.
func (b *batcher) add(c *Conn, o *Outgoing) error {
	to, via, err := c.checkSend(len(o.Data), o.To, o.Via)
	if zone := to.Addr().Zone(); err == nil && zone != "" {
		var index int
		if index, err = b.zoneIndex(c.sock, zone); err == nil {
			to, via, err = inZone(to, via, index)
		}
	}
	if err != nil {
		return err
	}
	i := b.want
	b.iovs[i].Base = unsafe.SliceData(o.Data)
	b.iovs[i].SetLen(len(o.Data))
	hdr := &b.msgs[i].hdr
	if !b.connected {
		hdr.Namelen = b.name(i, to)
	}
	b.control(i, via)
	return nil
}

// name makes a struct sockaddr_in or sockaddr_in6 and returns its length.
func (b *batcher) name(i int, to netip.AddrPort) uint32 {
	if to.Addr().Is4() {
		sa := (*unix.RawSockaddrInet4)(unsafe.Pointer(&b.names[i]))
		*sa = unix.RawSockaddrInet4{Family: unix.AF_INET, Port: networkOrder(to.Port()), Addr: to.Addr().As4()}
		return unix.SizeofSockaddrInet4
	}
	b.names[i] = unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: networkOrder(to.Port()), Addr: to.Addr().As16()}
	return unix.SizeofSockaddrInet6
}

func networkOrder(port uint16) uint16 {
	return binary.NativeEndian.Uint16([]byte{byte(port >> 8), byte(port)})
}

// control makes the control message of a Via, if it chooses anything.
func (b *batcher) control(i int, via Via) {
	hdr := &b.msgs[i].hdr
	hdr.Control = nil
	hdr.SetControllen(0)
	switch {
	case via == Via{}:
	case b.info4 != nil:
		m := &b.info4[i]
		m.hdr = unix.Cmsghdr{Level: unix.IPPROTO_IP, Type: unix.IP_PKTINFO}
		m.hdr.SetLen(unix.CmsgLen(unix.SizeofInet4Pktinfo))
		m.info = unix.Inet4Pktinfo{Ifindex: int32(via.IfIndex)}
		if via.Source.IsValid() {
			m.info.Spec_dst = via.Source.As4()
		}
		hdr.Control = (*byte)(unsafe.Pointer(m))
		hdr.SetControllen(unix.CmsgSpace(unix.SizeofInet4Pktinfo))
	default:
		m := &b.info6[i]
		m.hdr = unix.Cmsghdr{Level: unix.IPPROTO_IPV6, Type: unix.IPV6_PKTINFO}
		m.hdr.SetLen(unix.CmsgLen(unix.SizeofInet6Pktinfo))
		m.info = unix.Inet6Pktinfo{Ifindex: uint32(via.IfIndex)}
		if via.Source.IsValid() {
			m.info.Addr = via.Source.As16()
		}
		hdr.Control = (*byte)(unsafe.Pointer(m))
		hdr.SetControllen(unix.CmsgSpace(unix.SizeofInet6Pktinfo))
	}
}

// sendmmsg sends what is left of the batch and reports whether it is done; if
// not, the poller waits for room. The call never blocks, see reader.recvmmsg.
//
// The kernel stops at a datagram that fails and does not say why, unless it is
// the first. So it is asked again: an error of the datagram's own comes again.
func (b *batcher) sendmmsg(fd uintptr) bool {
	for b.sent < b.want {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, fd,
			uintptr(unsafe.Pointer(&b.msgs[b.sent])), uintptr(b.want-b.sent), unix.MSG_DONTWAIT, 0, 0)
		switch {
		case errno == unix.EINTR:
		case errno == unix.EAGAIN:
			if b.try {
				b.errno = errno
			}
			return b.try
		case errno != 0:
			if b.errors == nil || !b.retry.again(b.errors, errno) {
				b.errno = errno
				return true
			}
		default:
			b.sent += int(n)
			b.retry = sendRetry{}
			if b.sent < b.want && b.errors != nil && b.pending() {
				return true
			}
		}
	}
	return true
}

// pending tells what is queued after a batch that was cut short, perhaps by a
// pending error, which is gone with that. On a connected socket it is the
// error of the next datagram, as it would have been for Send.
func (b *batcher) pending() bool {
	drained := b.errors.drain()
	if b.connected {
		b.errno = drained.last
	}
	return b.errno != 0
}

// zoneIndex is the interface of a zone. It asks once for a zone that comes again
// and again in one call of SendBatch.
func (b *batcher) zoneIndex(s *socket, zone string) (int, error) {
	if b.zone == zone {
		return b.index, nil
	}
	index, err := s.zoneIndex(zone)
	if err == nil {
		b.zone, b.index = zone, index
	}
	return index, err
}
