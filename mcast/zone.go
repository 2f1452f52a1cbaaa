package mcast

import (
	"fmt"
	"net"
	"strconv"

	"github.com/groupcast/groupcast/mcast/host"
)

// zoneIndex is the interface that a zone names, or gives the index of.
func zoneIndex(zone string) (int, error) {
	if i, err := net.InterfaceByName(zone); err == nil {
		return i.Index, nil
	}
	if n, err := strconv.Atoi(zone); err == nil {
		return n, nil
	}
	return 0, fmt.Errorf("zone %q: %w", zone, host.ErrNoInterface)
}
