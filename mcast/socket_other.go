//go:build !linux

package mcast

import (
	"errors"
	"net"
)

// canRefuseOthers: these systems cannot be asked to give a socket the
// datagrams of its own groups only.
const canRefuseOthers = false

func takeOthers(uintptr, bool, bool, *Trace) error { return errors.ErrUnsupported }

// kernelDrops is not told by these systems.
func kernelDrops(*net.UDPConn) (uint64, error) { return 0, errors.ErrUnsupported }
