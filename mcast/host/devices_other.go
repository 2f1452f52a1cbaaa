//go:build !linux

package host

import (
	"errors"
	"fmt"
)

// SocketDevices would read which UDP sockets at a port are bound to an interface;
// this system does not tell, so the error is errors.ErrUnsupported.
func SocketDevices(uint16) (map[uint64]int, error) {
	return nil, fmt.Errorf("mcast: sockets that are bound to an interface: %w", errors.ErrUnsupported)
}
