//go:build !linux

package host

import (
	"errors"
	"fmt"
)

// IGMP would read which IPv4 groups are joined on every interface; this system
// does not tell without privileges, so the error is errors.ErrUnsupported.
func IGMP() ([]InterfaceGroups, error) {
	return nil, fmt.Errorf("mcast: groups of the host: %w", errors.ErrUnsupported)
}

// MLD is the same for IPv6.
func MLD() ([]InterfaceGroups, error) { return IGMP() }

// GroupsOf is the same for another process.
func GroupsOf(int) (igmp, mld []InterfaceGroups, err error) {
	_, err = IGMP()
	return nil, nil, err
}
