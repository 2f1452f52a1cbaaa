//go:build !linux

package mcast

import (
	"errors"
	"fmt"
)

// IGMP would read the state of every interface from the kernel; this system
// does not tell without privileges, so the error is errors.ErrUnsupported.
func IGMP() ([]IGMPState, error) {
	return nil, fmt.Errorf("mcast: IGMP state: %w", errors.ErrUnsupported)
}
