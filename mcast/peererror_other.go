//go:build !linux

package mcast

import (
	"net"
	"net/netip"
)

// errorQueue is Linux's. Elsewhere there is none.
type errorQueue struct{}

func newErrorQueue(*net.UDPConn, Config) (*errorQueue, error) { return nil, nil }

func (c *Conn) sendAgain(err error, _ []byte, _ netip.AddrPort, _ Via) error { return err }
