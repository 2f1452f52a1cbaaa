//go:build !linux

package echo

import (
	"errors"
	"net/netip"
	"syscall"
)

// kernel is of Linux only. The BSDs keep one datagram for each neighbour that
// they do not know, and none of them takes room in the send buffer.
type kernel struct{ sendBuffer int }

func openKernel(syscall.RawConn, netip.AddrPort) (*kernel, error) { return nil, errors.ErrUnsupported }

func (*kernel) close()                      {}
func (*kernel) queued() int                 { return 0 }
func (*kernel) neighbour(destination) state { return resolved }
