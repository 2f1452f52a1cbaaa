package mcast

import (
	"net"
	"os"
	"syscall"
	"time"
	"unsafe"

	"github.com/groupcast/groupcast/mcast/host"
	"golang.org/x/sys/unix"
)

// controlSize holds the control messages of one datagram. An IPv6 socket that
// takes IPv4 as well may get both families': 152 bytes with the timestamp.
const controlSize = 192

// mmsghdr is struct mmsghdr of recvmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
}

// reader fetches datagrams with recvmmsg(2), up to BatchSize in one call, into
// memory that it makes once.
type reader struct {
	raw    syscall.RawConn
	size   int
	errors *errorQueue // nil: errors are not asked for
	zones  zones

	msgs    []mmsghdr // what the kernel fills; it points into the next three
	names   []byte
	control []byte
	data    []byte

	// The closure that calls the kernel is made once, too: these are its
	// arguments and its results.
	receive func(fd uintptr) bool
	dst     []Datagram
	handle  func(n int) bool // see each; nil: read
	got     int
	errno   unix.Errno
}

// newReader makes a reader that keeps size bytes of each payload. It asks for
// timestamps; destination, interface and hops come if the socket is set so.
func newReader(udp *net.UDPConn, size int, errors *errorQueue) (*reader, error) {
	raw, err := udp.SyscallConn()
	if err != nil {
		return nil, err
	}
	err = raw.Control(func(fd uintptr) {
		// Emulated kernels do not all have it. The time of reading does then.
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	})
	if err != nil {
		return nil, err
	}
	r := &reader{raw: raw, size: size, errors: errors}
	r.zones.ask = func(index uint32) string { return zoneName(raw, index) }
	r.receive = func(fd uintptr) bool { return r.recvmmsg(fd) && r.take() }
	return r, nil
}

// init makes the memory. The pages behind data are touched only as far as
// datagrams reach.
func (r *reader) init() {
	r.msgs = make([]mmsghdr, BatchSize)
	r.names = make([]byte, BatchSize*unix.SizeofSockaddrInet6)
	r.control = make([]byte, BatchSize*controlSize)
	r.data = make([]byte, BatchSize*r.size)
	iovs := make([]unix.Iovec, BatchSize)
	for i := range r.msgs {
		iovs[i].Base = &r.data[i*r.size]
		iovs[i].SetLen(r.size)
		hdr := &r.msgs[i].hdr
		hdr.Name = &r.names[i*unix.SizeofSockaddrInet6]
		hdr.Control = &r.control[i*controlSize]
		hdr.Iov = &iovs[i]
		hdr.SetIovlen(1)
		r.rewind(i)
	}
}

// rewind restores what the kernel changes in a message: the room there is.
func (r *reader) rewind(i int) {
	hdr := &r.msgs[i].hdr
	hdr.Namelen = unix.SizeofSockaddrInet6
	hdr.SetControllen(controlSize)
	hdr.Flags = 0
}

// read waits for at least one datagram and returns what is ready, up to
// BatchSize and len(dst). Data is valid until the next read.
//
// At is when the kernel took the datagram in, and never later than the
// reading. It has a monotonic reading, so that it can be subtracted from
// time.Now and the like; that is exact unless the wall clock was set while the
// datagram waited.
func (r *reader) read(dst []Datagram) (int, error) {
	err := r.each(dst, nil)
	return r.got, err
}

// each gives the datagrams to handle, and may read on as long as handle returns
// true. It saves the system call that finds the socket empty: after a call that
// brought less than it had room for, the next datagram wakes the poller. A new
// read cannot save it, because it resets the poller.
func (r *reader) each(dst []Datagram, handle func(n int) bool) error {
	r.got, r.errno = 0, 0
	if len(dst) == 0 {
		if handle != nil {
			handle(0)
		}
		return nil
	}
	if r.msgs == nil {
		r.init()
	}
	r.dst, r.handle = dst[:min(len(dst), BatchSize)], handle
	if err := r.raw.Read(r.receive); err != nil {
		if err = r.readPast(err); err != nil {
			return err
		}
	}
	if r.errno != 0 {
		return os.NewSyscallError("recvmmsg", r.errno)
	}
	return nil
}

// take makes datagrams of what recvmmsg brought, and reports whether the read
// ends with them. Without handle it does. It also ends after a full batch,
// because more datagrams may be there, so that the poller must not wait; and
// with an error queue, because a call that finds nothing looks for errors.
func (r *reader) take() bool {
	now := time.Now()
	for i := range r.got {
		r.dst[i] = r.datagram(i, now)
		r.rewind(i)
	}
	return r.errno != 0 || r.handle == nil || !r.handle(r.got) || r.got == len(r.dst) || r.errors != nil
}

// recvmmsg reports whether there was something; if not, the poller waits for
// it. The call never blocks, so that it may do without telling the scheduler
// (RawSyscall), which after an idle gap costs more than the call.
func (r *reader) recvmmsg(fd uintptr) bool {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, fd,
			uintptr(unsafe.Pointer(&r.msgs[0])), uintptr(len(r.dst)), unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case unix.EINTR:
			continue
		case unix.EAGAIN:
			// It may have been an error that woke us. A connected socket says
			// so by its pending error, which emptying the queue would clear.
			if r.errors != nil && !r.errors.connected {
				r.errors.drain()
			}
			return false
		}
		if errno != 0 && r.errors != nil {
			r.errors.trace.failedRead(errno)
			r.errors.drain()
			if !r.errors.connected && fromICMP(errno) {
				continue // about an earlier datagram, to whomever
			}
		}
		r.got, r.errno = int(n), errno
		if errno != 0 {
			r.got = 0
		}
		return true
	}
}

// readPast reads where Go's poller refuses to, and returns any other error. The
// poller takes an event of EPOLLERR alone for a file that cannot be polled,
// until another event comes. An ICMP error that comes while the send buffer is
// full makes such an event.
func (r *reader) readPast(err error) error {
	for done := false; notPollable(err); {
		if cerr := r.raw.Control(func(fd uintptr) { done = r.receive(fd) }); done || cerr != nil {
			return cerr
		}
		time.Sleep(time.Millisecond)
		err = r.raw.Read(r.receive)
	}
	return err
}

// notPollable reports whether err is internal/poll.ErrNotPollable, which cannot
// be named.
func notPollable(err error) bool {
	cause := host.Cause(err)
	return cause != nil && cause.Error() == "not pollable"
}

// datagram makes a Datagram of message i, read at now.
func (r *reader) datagram(i int, now time.Time) Datagram {
	m := &r.msgs[i]
	name := r.names[i*unix.SizeofSockaddrInet6:][:min(m.hdr.Namelen, unix.SizeofSockaddrInet6)]
	control := r.control[i*controlSize:][:min(int(m.hdr.Controllen), controlSize)]
	end := int(m.len)
	d := Datagram{
		At:        now,
		Data:      r.data[i*r.size:][:end:end],
		Truncated: m.hdr.Flags&unix.MSG_TRUNC != 0,
	}
	d.From = parseName(name, &r.zones, now)
	if stamp := parseControl(control, &d); !stamp.IsZero() {
		if age := now.Sub(stamp); age > 0 {
			d.At = now.Add(-age)
		}
	}
	return d
}
