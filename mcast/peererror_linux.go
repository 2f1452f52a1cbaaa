package mcast

import (
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// errorQueue empties a socket's error queue (IP_RECVERR, ip(7)), which shares
// the receive buffer with what arrives: left alone it would make the socket
// deaf.
//
// The kernel reports an ICMP error twice: as an entry of the queue, and, a
// moment later, as the socket's pending error, which the next call fails with,
// whomever that is for. Who meets a pending error empties the queue.
type errorQueue struct {
	raw       syscall.RawConn
	report    func(PeerError) // nil: nobody wants to know
	trace     *Trace
	connected bool

	mu      sync.Mutex // one at a time empties the queue and tells
	receive func(fd uintptr)
	drained drained
	zones   zones
	msg     unix.Msghdr // what the kernel fills; it points into the next four
	iov     unix.Iovec
	name    [unix.SizeofSockaddrInet6]byte
	control [512]byte
	data    [64]byte
}

// drained is what was on the queue.
type drained struct {
	icmp    uint64        // entries so far that came by ICMP, whoever emptied the queue
	last    syscall.Errno // the error of the last of them, if it was there now
	tooLong bool          // there was one now that a send of this socket made before it failed
}

// newErrorQueue is nil if the errors were not asked for.
func newErrorQueue(udp *net.UDPConn, cfg Config) (*errorQueue, error) {
	if !cfg.queuesErrors() {
		return nil, nil
	}
	raw, err := udp.SyscallConn()
	if err != nil {
		return nil, err
	}
	q := &errorQueue{raw: raw, report: cfg.PeerError, trace: cfg.Trace, connected: cfg.Remote.IsValid()}
	q.zones.ask = func(index uint32) string { return zoneName(raw, index) }
	q.iov.Base = &q.data[0]
	q.iov.SetLen(len(q.data))
	q.msg.Iov = &q.iov
	q.msg.SetIovlen(1)
	q.msg.Name = &q.name[0]
	q.msg.Control = &q.control[0]
	q.receive = q.recvmsg
	return q, nil
}

// drain tells what is on the queue, and empties it.
func (q *errorQueue) drain() drained {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.drained = drained{icmp: q.drained.icmp}
	q.raw.Control(q.receive)
	return q.drained
}

// recvmsg empties the queue. The call never blocks, see reader.recvmmsg.
func (q *errorQueue) recvmsg(fd uintptr) {
	for {
		q.msg.Namelen = uint32(len(q.name))
		q.msg.SetControllen(len(q.control))
		q.msg.Flags = 0
		n, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, fd, uintptr(unsafe.Pointer(&q.msg)), unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
		switch {
		case errno == unix.EINTR:
			continue
		case errno != 0:
			return
		}
		name := q.name[:min(int(q.msg.Namelen), len(q.name))]
		control := q.control[:min(int(q.msg.Controllen), len(q.control))]
		e, errno, origin := parsePeerError(name, control, &q.zones, time.Now())
		switch origin {
		case unix.SO_EE_ORIGIN_ICMP, unix.SO_EE_ORIGIN_ICMP6:
			q.drained.icmp++
			q.drained.last = errno
		case unix.SO_EE_ORIGIN_LOCAL:
			q.drained.tooLong = q.drained.tooLong || errno == unix.EMSGSIZE
		default: // no error, such as a timestamp
			continue
		}
		if n > 0 && q.report != nil {
			e.Data = append(e.Data, q.data[:n]...)
		}
		if q.trace.on() {
			q.trace.Call(Call{At: e.At, Name: "recvmsg", Option: "MSG_ERRQUEUE", Args: "{" + e.String() + "}"})
		}
		if q.report != nil {
			q.report(e)
		}
	}
}

// parsePeerError reads an entry of the error queue, fetched at now: its name
// is whom the datagram was for, and the rest is in control messages.
func parsePeerError(name, control []byte, z *zones, now time.Time) (e PeerError, errno syscall.Errno, origin uint8) {
	e = PeerError{At: now, To: parseName(name, z, now)}
	var icmp Datagram // To: whom the ICMP message was for
	stamp, _ := parseControl(control, &icmp)
	if wall := now.UnixNano(); stamp != 0 && stamp < wall {
		e.At = now.Add(time.Duration(stamp - wall))
	}
	for len(control) > 0 {
		h, data, rest, err := unix.ParseOneSocketControlMessage(control)
		if err != nil {
			break
		}
		control = rest
		is4 := h.Level == unix.IPPROTO_IP && h.Type == unix.IP_RECVERR
		is6 := h.Level == unix.IPPROTO_IPV6 && h.Type == unix.IPV6_RECVERR
		if ee, ok := load[unix.SockExtendedErr](data); ok && (is4 || is6) {
			origin, errno = ee.Origin, syscall.Errno(ee.Errno)
			e.Err = errno
			e.From = parseName(data[unsafe.Sizeof(ee):], z, now).Addr()
			e.Type, e.Code = int(ee.Type), int(ee.Code)
		}
	}
	// When a neighbour does not answer ARP or NDP, this host sends the ICMP error
	// to itself: its source and its destination are the datagram's source.
	if own := icmp.To.IsValid() && e.From.WithZone("") == icmp.To && e.From.WithZone("") != e.To.Addr().WithZone(""); own {
		e.From = netip.Addr{}
	}
	if e.Local() {
		e.Type, e.Code = 0, 0
	}
	return e, errno, origin
}

// fromICMP reports whether an error can be one that ICMP brought (tables
// icmp_err_convert and tab_unreach of the kernel).
func fromICMP(errno syscall.Errno) bool {
	switch errno {
	case unix.ECONNREFUSED, unix.EHOSTUNREACH, unix.ENETUNREACH, unix.EACCES, unix.EMSGSIZE, unix.ENOPROTOOPT,
		unix.EOPNOTSUPP, unix.EHOSTDOWN, unix.ENONET, unix.EPROTO:
		return true
	}
	return false
}

// sendRetry counts the tries of one send that fails, perhaps only because of
// an earlier datagram.
type sendRetry struct {
	tries       int
	unexplained int    // the last of them, with no new ICMP error on the queue
	icmp        uint64 // ICMP errors until then
}

// mostTries is how often one send is tried while ICMP errors pour in.
const mostTries = 32

// again empties the queue and reports whether a send that failed is to be
// tried again. A pending error kept the kernel from looking at the datagram.
// An error that comes twice, with nothing new on the queue, is the datagram's
// own: one that comes once may be pending still, with its entry fetched before.
func (r *sendRetry) again(q *errorQueue, errno syscall.Errno) bool {
	drained := q.drain()
	r.tries++
	r.unexplained++
	if drained.icmp != r.icmp {
		r.unexplained, r.icmp = 0, drained.icmp
	}
	own := r.unexplained == 2 || drained.tooLong && errno == unix.EMSGSIZE
	return !q.connected && !own && fromICMP(errno) && r.tries < mostTries
}
