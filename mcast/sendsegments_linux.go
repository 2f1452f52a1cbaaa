package mcast

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"sync"
	"time"
	"unsafe"

	"github.com/groupcast/groupcast/mcast/host"
	"golang.org/x/sys/unix"
)

// What one call may send joined: the kernel takes 64 datagrams at least
// (UDP_MAX_SEGMENTS), and together no more than fit in one packet of either IP
// version.
const (
	mostJoined      = 64
	mostJoinedBytes = 65535 - 40 - 8
)

// joiner is the memory of SendSegments.
type joiner struct {
	mu      sync.Mutex
	apart   [BatchSize]Outgoing
	control segmentControl
}

// segmentControl is the control message of UDP_SEGMENT, behind the largest that a
// Via may need.
type segmentControl struct {
	info [info6Space]byte
	hdr  unix.Cmsghdr
	size uint16
}

// info6Space is CMSG_SPACE(sizeof(struct in6_pktinfo)) on 32 and on 64 bits.
const info6Space = (unix.SizeofCmsghdr + unix.SizeofInet6Pktinfo + unsafe.Sizeof(uintptr(0)) - 1) &^ (unsafe.Sizeof(uintptr(0)) - 1)

// SendSegments sends data as datagrams of size bytes, 1 or more, the last with what
// is left, and gives the kernel up to 64 of them in one piece, which it cuts as late
// as it can (UDP_SEGMENT, udp(7)). That costs a fraction of SendBatch. The price is
// that they leave in one burst, so that they are lost together where a queue is
// full: it is for bulk, and not for what is paced. Where the kernel refuses a piece
// (EIO, EINVAL, EMSGSIZE: the interface cannot, or size is more than its MTU) they
// are sent one by one.
//
// It returns how many datagrams the kernel took; if that is less than all, the error
// is about the next. It waits while the send buffer is full, as Send does. Linux only,
// from 4.18 on; elsewhere it is errors.ErrUnsupported.
func (c *Conn) SendSegments(data []byte, size int, to netip.AddrPort, via Via) (n int, err error) {
	if size < 1 {
		return 0, &OpError{Op: "send", Target: to.String(), Err: fmt.Errorf("datagrams of %d bytes: want 1 or more", size)}
	}
	j := &c.joined
	j.mu.Lock()
	defer j.mu.Unlock()
	most := min(mostJoined, mostJoinedBytes/size) * size
	for len(data) > size && most > size {
		piece := data[:min(len(data), most)]
		err := c.sendJoined(piece, size, to, via)
		if refusedJoined(err) {
			break
		}
		if err != nil {
			c.refused.Add(1)
			return n, &OpError{Op: "send", Target: to.String(), Interface: c.sock.interfaceName(via.IfIndex), Err: host.Cause(err)}
		}
		sent := (len(piece) + size - 1) / size
		c.sent.Add(uint64(sent))
		n += sent
		data = data[len(piece):]
	}
	defer clear(j.apart[:])
	for len(data) > 0 {
		count := 0
		for ; count < len(j.apart) && len(data) > 0; count++ {
			end := min(size, len(data))
			j.apart[count] = Outgoing{Data: data[:end], To: to, Via: via}
			data = data[end:]
		}
		sent, err := c.SendBatch(j.apart[:count])
		if n += sent; err != nil {
			return n, err
		}
	}
	return n, nil
}

// refusedJoined reports whether the same datagrams may pass one by one.
func refusedJoined(err error) bool {
	for _, errno := range []unix.Errno{unix.EIO, unix.EINVAL, unix.EMSGSIZE, unix.ENOPROTOOPT, unix.EOPNOTSUPP} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

// sendJoined sends one piece. It needs c.joined.mu.
func (c *Conn) sendJoined(piece []byte, size int, to netip.AddrPort, via Via) error {
	b := &c.batch
	b.mu.Lock()
	defer b.mu.Unlock()
	b.try = false
	if b.raw == nil {
		if err := b.init(c); err != nil {
			return err
		}
	}
	b.zone = ""
	b.want, b.sent, b.errno, b.retry = 0, 0, 0, sendRetry{}
	if err := b.add(c, &Outgoing{Data: piece, To: to, Via: via}); err != nil {
		return err
	}
	c.joined.control.behind(&b.msgs[0].hdr, size)
	b.want = 1
	var start time.Time
	if c.sock.trace.on() || c.sock.trace.wantsSent() {
		start = time.Now()
	}
	err := b.raw.Write(b.send)
	if b.errno != 0 {
		err = b.errno
	}
	clear(b.iovs[:1])
	if c.sock.trace.on() {
		args := fmt.Sprintf("{%d bytes in datagrams of %d", len(piece), size)
		if !b.connected {
			args += " to " + to.String()
		}
		c.sock.trace.Call(Call{
			At: start, Took: time.Since(start), Name: "sendmmsg", Option: "UDP_SEGMENT", Args: args + "}",
			Result: strconv.Itoa(len(piece)) + " bytes", Err: host.Cause(err),
		})
	}
	if err == nil && c.sock.trace.wantsSent() {
		for ; len(piece) > 0; piece = piece[min(size, len(piece)):] {
			c.tellSent(start, piece[:min(size, len(piece))], to, via)
		}
	}
	return err
}

// behind puts the message behind those that are there.
func (s *segmentControl) behind(h *unix.Msghdr, size int) {
	s.hdr = unix.Cmsghdr{Level: unix.SOL_UDP, Type: unix.UDP_SEGMENT}
	s.hdr.SetLen(unix.CmsgLen(2))
	s.size = uint16(size)
	all := unsafe.Slice((*byte)(unsafe.Pointer(s)), unsafe.Sizeof(*s))
	before := int(h.Controllen)
	if before > 0 {
		copy(s.info[len(s.info)-before:], unsafe.Slice(h.Control, before))
	}
	h.Control = &all[len(s.info)-before]
	h.SetControllen(before + unix.CmsgSpace(2))
}
