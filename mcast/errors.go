package mcast

import (
	"errors"
	"fmt"
)

// Errors of Conn and Listen beside those of the kernel (syscall.Errno), to be
// tested with errors.Is.
var (
	ErrPortInUse   = errors.New("the port is in use and not shared")
	ErrTooLong     = fmt.Errorf("longer than the %d bytes that fit in an IPv4 UDP datagram", MaxPayload)
	ErrJoined      = errors.New("already joined there")
	ErrNotJoined   = errors.New("not joined there")
	ErrNoRoute     = errors.New("no route to the group")
	ErrHopsOutside = errors.New("hops (TTL) must be 0 to 255")
)

// MaxPayload is the largest UDP payload over IPv4, in bytes: 65,535 less the
// 20 of the IP header and the 8 of the UDP header.
const MaxPayload = 65507

// OpError says what was tried, for which group, on which interface.
type OpError struct {
	Op        string // "listen", "join", "leave", "send", "route", "read", "set loopback", "set hops"
	Target    string // a group, or another address; "" when the operation has none
	Interface string // its name; "" when it was left to the kernel
	Err       error
}

// Error reads "mcast: join 224.0.0.114:1234 on eth0: cause".
func (e *OpError) Error() string {
	s := "mcast: " + e.Op
	if e.Target != "" {
		s += " " + e.Target
	}
	if e.Interface != "" {
		s += " on " + e.Interface
	}
	return s + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *OpError) Unwrap() error { return e.Err }
