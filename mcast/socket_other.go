//go:build !linux

package mcast

import (
	"errors"
	"syscall"
)

// hasMulticastAll tells whether the system has IP_MULTICAST_ALL, by which a
// socket keeps strays out. These do not.
const hasMulticastAll = false

func setMulticastAll(uintptr, bool, bool, *Trace) error { return errors.ErrUnsupported }

// receiveTimes and tellDrops ask for what these systems do not tell.
func (*socket) receiveTimes(bool) {}
func (*socket) tellDrops()        {}

func (*socket) receiveJoined() error { return errors.ErrUnsupported }

// kernelDrops is not told by these systems.
func kernelDrops(syscall.RawConn) (uint32, error) { return 0, errors.ErrUnsupported }
