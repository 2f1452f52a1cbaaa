package mcast

import (
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
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

// told is what the kernel tells of one datagram. The control messages begin where a
// long of C may.
type told struct {
	control [controlSize]byte
	name    [unix.SizeofSockaddrInet6]byte
	_       [4]byte
}

// reader fetches datagrams with recvmmsg(2), up to BatchSize in one call, into
// memory that it makes once.
type reader struct {
	raw    syscall.RawConn
	size   int         // bytes kept of a message
	stride int         // between the places of two
	errors *errorQueue // nil: errors are not asked for
	zones  zones

	nap     atomic.Bool // see Conn.SetBulk
	partial bool        // the last call brought less than it had room for

	joined *joined // nil: the kernel joins nothing

	msgs []mmsghdr // what the kernel fills; it points into the next two
	told []told
	data []byte

	// The closure that calls the kernel is made once, too: these are its
	// arguments and its results.
	receive func(fd uintptr) bool
	dst     []Datagram
	handle  func(n int) bool // see each; nil: read
	room    int              // messages that one call may bring
	got     int
	errno   unix.Errno
}

// newReader makes a reader that keeps size bytes of each payload. Destination,
// interface, hops, time and drops come if the socket is set so.
func newReader(udp *net.UDPConn, size int, errors *errorQueue) (*reader, error) {
	raw, err := udp.SyscallConn()
	if err != nil {
		return nil, err
	}
	r := &reader{raw: raw, size: size, errors: errors}
	r.zones.ask = func(index uint32) string { return zoneName(raw, index) }
	r.receive = r.receiveAll
	return r, nil
}

// init makes the memory. The pages behind data are touched only as far as
// datagrams reach.
func (r *reader) init() {
	r.msgs = make([]mmsghdr, BatchSize)
	r.told = make([]told, BatchSize)
	// An odd number of cache lines apart: the beginnings, which small datagrams never
	// leave, must not all fall into one set of the cache.
	r.stride = (r.size+63)/64*64 | 64
	r.data = make([]byte, BatchSize*r.stride)
	iovs := make([]unix.Iovec, BatchSize)
	for i := range r.msgs {
		iovs[i].Base = &r.data[i*r.stride]
		iovs[i].SetLen(r.size)
		hdr := &r.msgs[i].hdr
		hdr.Name = &r.told[i].name[0]
		hdr.Control = &r.told[i].control[0]
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
	if r.room = len(r.dst); r.joined != nil {
		r.room = len(r.msgs)
	}
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

// mostCalls is how many calls a read makes before it lets Close and deadlines have
// their say, which come by the poller.
const mostCalls = 16

// receiveAll calls the kernel as often as handle wants more, and reports whether the
// read ends. Without handle it does, after one call, and so it does with an error
// queue, because a call that finds nothing looks for errors. After a batch that was
// not full the poller waits, unless the next call naps first.
func (r *reader) receiveAll(fd uintptr) bool {
	for range mostCalls {
		if !r.recvmmsg(fd) {
			return false
		}
		r.take()
		if r.errno != 0 || r.handle == nil || !r.handle(r.got) || r.errors != nil {
			return true
		}
		if r.got < len(r.dst) && !r.nap.Load() {
			return false
		}
	}
	return true
}

// take makes datagrams of what recvmmsg brought.
func (r *reader) take() {
	now := time.Now()
	wall := now.UnixNano()
	for i := range r.got {
		r.datagram(i, &r.dst[i], now, wall)
		r.rewind(i)
	}
}

// recvmmsg reports whether there was something; if not, the poller waits for
// it. The call never blocks, so that it may do without telling the scheduler
// (RawSyscall), which after an idle gap costs more than the call. MSG_TRUNC as a
// flag makes the length of a message that of the datagram, however much was kept.
func (r *reader) recvmmsg(fd uintptr) bool {
	if r.partial && r.nap.Load() {
		_ = unix.Nanosleep(&napTime, nil)
	}
	r.partial = false
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, fd,
			uintptr(unsafe.Pointer(&r.msgs[0])), uintptr(r.room), unix.MSG_DONTWAIT|unix.MSG_TRUNC, 0, 0)
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
		r.partial = r.got < r.room
		return true
	}
}

// napTime is long enough for datagrams to gather at rates where a call for each
// few of them costs the most. The kernel makes it some 50 µs longer (PR_SET_TIMERSLACK).
var napTime = unix.NsecToTimespec(50_000)

// setNap makes the reader wait a moment before it reads on after a batch that was
// not full. Any goroutine may call it.
func (r *reader) setNap(on bool) { r.nap.Store(on) }

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

// datagram makes d of message i, read at now, which is wall in nanoseconds since
// 1970, and returns the length of the datagrams that the kernel joined in it.
func (r *reader) datagram(i int, d *Datagram, now time.Time, wall int64) (joined int) {
	m := &r.msgs[i]
	t := &r.told[i]
	end := min(int(m.len), r.size)
	// One by one: the whole struct would be made elsewhere and copied.
	d.At = now
	if m.hdr.Namelen == unix.SizeofSockaddrInet4 && binary.NativeEndian.Uint16(t.name[:]) == unix.AF_INET {
		d.From = netip.AddrPortFrom(netip.AddrFrom4([4]byte(t.name[4:8])), binary.BigEndian.Uint16(t.name[2:]))
	} else {
		d.From = parseName(t.name[:min(m.hdr.Namelen, unix.SizeofSockaddrInet6)], &r.zones, now)
	}
	d.To = netip.Addr{}
	d.IfIndex, d.Hops, d.Drops = 0, 0, 0
	d.Data = r.data[i*r.stride:][:end:end]
	d.Size = int(m.len)
	d.Truncated, d.Stray = m.hdr.Flags&unix.MSG_TRUNC != 0, false
	stamp, joined := parseControl(t.control[:min(m.hdr.Controllen, controlSize)], d)
	if stamp != 0 && stamp < wall {
		d.At = now.Add(time.Duration(stamp - wall))
	}
	return joined
}
