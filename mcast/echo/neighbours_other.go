//go:build !linux

package echo

import (
	"errors"
	"net/netip"
	"syscall"
)

// kernel is of Linux only. Elsewhere answers are sent without a question about
// their neighbours.
type kernel struct{ sendBuffer int }

func openKernel(syscall.RawConn, netip.AddrPort) (*kernel, error) { return nil, errors.ErrUnsupported }

func (*kernel) close()                      {}
func (*kernel) queued() int                 { return 0 }
func (*kernel) neighbour(destination) state { return resolved }
