//go:build unix

package mcast

import (
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// Discard ends the receiving: what arrives from now on goes to nobody and is
// counted nowhere. It returns how many datagrams the kernel had taken and nobody
// has read; they are gone. With Stats.Datagrams and Stats.Dropped that is every
// datagram that came. A Read that is under way ends first, so end its context.
// The Conn can only be closed after it.
//
// It connects the socket to the discard port of this host, so that no datagram
// is for it any more, and reads until nothing is left. On a connected Conn it
// only reads.
func (c *Conn) Discard() (unread int, err error) {
	c.reading <- struct{}{}
	defer func() { <-c.reading }()
	raw, err := c.sock.udp.SyscallConn()
	if err != nil {
		return 0, &OpError{Op: "discard", Target: c.local.String(), Err: err}
	}
	nobody := netip.MustParseAddrPort("127.0.0.1:9")
	if c.cfg.Addr.Is6() {
		nobody = netip.MustParseAddrPort("[::1]:9")
	}
	err = raw.Control(func(fd uintptr) {
		if sa, err := sockaddr(fd, nobody); err == nil && !c.cfg.Remote.IsValid() {
			// Without lo some may still come.
			_ = c.sock.trace.do("connect", "", "{"+nobody.String()+"}", func() error { return unix.Connect(int(fd), sa) })
		}
		if c.cfg.GRO {
			unread = c.reader.discard(fd)
			return
		}
		var b [1]byte
		for unread < maxDiscarded {
			_, _, err := unix.Recvfrom(int(fd), b[:], unix.MSG_DONTWAIT)
			switch err {
			case nil:
				unread++
			case unix.EINTR:
			default:
				return
			}
		}
	})
	if unread > 0 && c.sock.trace.on() {
		c.sock.trace.Call(Call{At: time.Now(), Name: "recvfrom", Option: "MSG_DONTWAIT", Result: fmt.Sprintf("%d datagrams, one a call", unread)})
	}
	if err != nil {
		return unread, &OpError{Op: "discard", Target: c.local.String(), Err: err}
	}
	return unread, nil
}

// maxDiscarded ends a Discard that others go on filling. A buffer of 64 MiB holds
// fewer.
const maxDiscarded = 1 << 20
