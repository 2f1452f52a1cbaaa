//go:build !linux

package igmp

import (
	"errors"
	"net/netip"
)

// Asker sends queries out of one interface, see [OpenAsker].
type Asker struct{}

func openAsker(int, netip.Addr) (*Asker, error) { return nil, errors.ErrUnsupported }

func (*Asker) send([]byte, netip.Addr) error { return errors.ErrUnsupported }

// Close ends it.
func (*Asker) Close() error { return nil }
