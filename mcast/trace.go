package mcast

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
)

// Trace receives every system call that a Conn makes on its sockets, in their
// order, for teaching and for finding faults, and every datagram that passes, for
// recording. Of the calls it leaves out questions that change nothing (getsockname,
// getsockopt), and what Go's runtime does with the descriptor (epoll, fcntl). A nil
// Trace costs nothing, and so does a nil function of it.
type Trace struct {
	// Call is called after each system call, by the goroutine that made it.
	// It must not use the Conn. It is not called for reads that find nothing yet.
	Call func(Call)
	// Received is called with each batch that was read, strays among them, by the
	// goroutine that reads, before it has the batch itself. The batch is valid until
	// Received returns. Of the Conn it may ask for what does not wait: LocalAddr,
	// Stats.
	Received func(*Conn, []Datagram)
	// Sent is called with each datagram that the kernel took, by the goroutine that
	// sent it; the copy for this host may have been read before. Its Data is valid
	// until Sent returns. It may use the Conn as Received may.
	Sent func(*Conn, Departure)
}

// Departure is a datagram that the kernel took.
type Departure struct {
	At   time.Time      // when the call began that sent it
	To   netip.AddrPort // on a connected Conn its remote address
	Via  Via            // as it was asked for; what that leaves open the kernel chose
	Hops int            // the TTL that it was given; 0: that, or not known: of IPv6 unicast only what SetUnicastHops set is
	Data []byte
}

// Call is one system call on a socket. Joins and other options are called by
// their names in C.
type Call struct {
	At     time.Time     // when it began
	Took   time.Duration // 0 for reads, which mostly wait, and for what package net did
	Name   string        // "socket", "setsockopt", "bind", "connect", "sendmsg", "recvmmsg", "close"
	Option string        // of setsockopt: "MCAST_JOIN_GROUP"
	Args   any           // prints as "{224.0.0.114 on eth0 (2)}"; nil: none. Formatted only when it is read
	Result string        // when there is more to say than "ok": "5 bytes"
	Err    error         // the kernel's error; nil: it succeeded
	ByGo   bool          // package net does it unasked, with every socket of UDP
}

// String reads like a line of strace(1):
//
//	setsockopt MCAST_JOIN_GROUP {224.0.0.114 on eth0 (2)} = ok
func (c Call) String() string {
	s := c.Name
	if c.Option != "" {
		s += " " + c.Option
	}
	if args := c.Arguments(); args != "" {
		s += " " + args
	}
	switch {
	case c.Err != nil:
		s += " = " + c.Err.Error()
	case c.Result != "":
		s += " = " + c.Result
	default:
		s += " = ok"
	}
	if c.ByGo {
		s += " (by Go)"
	}
	return s
}

// Arguments are Args as text, "" for none.
func (c Call) Arguments() string {
	if c.Args == nil {
		return ""
	}
	return fmt.Sprint(c.Args)
}

func (t *Trace) on() bool { return t != nil && t.Call != nil }

// wantsSent reports whether each datagram that is sent is to be told.
func (t *Trace) wantsSent() bool { return t != nil && t.Sent != nil }

// tellSent tells of a datagram that the kernel took.
func (c *Conn) tellSent(at time.Time, data []byte, to netip.AddrPort, via Via) {
	if !to.IsValid() {
		to = c.cfg.Remote
	}
	to = unmapped(to)
	c.sock.trace.Sent(c, Departure{At: at, To: to, Via: via, Hops: c.hopsTo(to.Addr()), Data: data})
}

// hopsTo is the TTL of what is sent to an address; 0: that, or not known. A route
// of IPv6 may have a hop limit of its own, as a router advertised it.
func (c *Conn) hopsTo(to netip.Addr) int {
	if to.IsMulticast() {
		return int(c.hops.Load())
	}
	if n := c.unicastHops.Load(); n != 0 {
		return int(n)
	}
	if p, ok := c.sock.protocol.(ip4); ok {
		if n, err := p.TTL(); err == nil {
			c.unicastHops.Store(int32(n)) // of the whole host; it hardly ever changes
			return n
		}
	}
	return 0
}

// do makes a call and reports it. The arguments must not change after it.
func (t *Trace) do(name, option string, args any, call func() error) error {
	if !t.on() {
		return call()
	}
	start := time.Now()
	err := call()
	t.Call(Call{At: start, Took: time.Since(start), Name: name, Option: option, Args: args, Err: host.Cause(err)})
	return err
}
