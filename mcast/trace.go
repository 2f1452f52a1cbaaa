package mcast

import (
	"fmt"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
)

// Trace receives every system call that a Conn makes on its sockets, in their
// order, for teaching and for finding faults. It leaves out questions that change
// nothing (getsockname, getsockopt), and what Go's runtime does with the
// descriptor (epoll, fcntl). A nil Trace costs nothing, and so does a nil Call.
type Trace struct {
	// Call is called after each system call, by the goroutine that made it.
	// It must not use the Conn. It is not called for reads that find nothing yet.
	Call func(Call)
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
