package mcast

import (
	"fmt"
	"net/netip"
	"strconv"

	"github.com/groupcast/groupcast/mcast/host"
)

// needsZone reports whether an address of IPv6 can be bound and connected only
// with the interface that it is of: a link-local address (RFC 4007, section 6)
// or a group of interface-local or link-local scope.
func needsZone(a netip.Addr) bool {
	return a.Is6() && a.Zone() == "" && (a.IsLinkLocalUnicast() || a.IsLinkLocalMulticast() || a.IsInterfaceLocalMulticast())
}

// interfaceName is the name of an interface for a message: "" for index 0,
// "#7" for one that is gone. It asks the socket, which may live in another
// network namespace than the calling thread.
func (s *socket) interfaceName(index int) string {
	if index == 0 {
		return ""
	}
	var name string
	s.raw.Control(func(fd uintptr) { name = ifName(fd, index) })
	if name == "" {
		name = fmt.Sprintf("#%d", index)
	}
	return name
}

// zoneIndex is the interface that a zone names, or gives the index of, as the
// socket's network namespace has it.
func (s *socket) zoneIndex(zone string) (index int, err error) {
	closed := s.raw.Control(func(fd uintptr) { index, err = zoneIndex(fd, zone) })
	if closed != nil {
		return 0, closed
	}
	return index, err
}

func zoneIndex(fd uintptr, zone string) (int, error) {
	if index := ifIndex(fd, zone); index != 0 {
		return index, nil
	}
	if index, err := strconv.Atoi(zone); err == nil {
		return index, nil
	}
	return 0, fmt.Errorf("zone %q: %w", zone, host.ErrNoInterface)
}
