package main

import (
	"fmt"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/session"
)

// look asks by which way a datagram leaves now.
func (s *sender) look() { s.lookFrom(s.conn.LocalAddr().Port()) }

// lookFrom is look, for a socket with a port.
func (s *sender) lookFrom(port uint16) {
	s.way = session.WayOut(s.group, s.choice, port)
	s.zero = ""
	by, known := host.ByIndex(s.interfaces, s.way.IfIndex)
	switch {
	case s.set.ttl != 0, s.way.Err != nil:
		return
	case known && by.Loopback():
		s.zero = "it stays on this host, as everything on " + chat.Clean(by.Name) + " does"
		return
	}
	// RFC 1112, 6.1: TTL 0 is for this host only. Linux drops such a datagram where
	// it makes a copy for a member here, for IPv6 not without loopback, and lets it
	// out elsewhere (ip_mc_output, ip6_finish_output2).
	joined, err := s.joinedHere()
	switch {
	case err != nil:
		s.zero = noHops(s.way.Interface)
	case joined && (s.group.Addr.Is4() || s.set.loopback):
		s.way.Stays = true
	case joined:
		s.zero = fmt.Sprintf("it leaves by %s with TTL 0: without loopback the kernel does not check the TTL", chat.Clean(s.way.Interface))
	default:
		s.zero = fmt.Sprintf("TTL 0 does not keep it here: nobody on this host has joined the group on %s, so it leaves with TTL 0", chat.Clean(s.way.Interface))
	}
}

// joinedHere reports whether any program of this host has joined the group on
// the interface by which a send leaves.
func (s *sender) joinedHere() (bool, error) {
	read := host.IGMP
	if s.group.Addr.Is6() {
		read = host.MLD
	}
	list, err := read()
	for _, i := range list {
		if i.Index == s.way.IfIndex {
			return i.Has(s.group.Addr.WithZone("")), err
		}
	}
	return false, err
}

// wayText is where sends go, with what TTL 0 does to them.
func (s *sender) wayText() string {
	if s.zero != "" {
		return s.zero
	}
	return s.way.String()
}
