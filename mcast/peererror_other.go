//go:build !linux

package mcast

import (
	"net"
)

// errorQueue is Linux's. Elsewhere there is none.
type errorQueue struct{}

func newErrorQueue(*net.UDPConn, Config) (*errorQueue, error) { return nil, nil }
