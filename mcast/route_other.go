//go:build !linux

package mcast

import (
	"errors"
	"fmt"
	"net"
)

// routeTo connects a UDP socket to the group, which sends nothing but makes
// the system choose a source address, and names the interface that has it.
func routeTo(g Group, opt RouteOptions) (Route, error) {
	switch {
	case !g.Addr.Is4():
		return Route{}, fmt.Errorf("IPv6 groups: %w", errors.ErrUnsupported)
	case opt.Join:
		return Route{}, fmt.Errorf("where a join would land: %w", errors.ErrUnsupported)
	}
	list, err := Interfaces()
	if err != nil {
		return Route{}, err
	}
	if opt.IfIndex != 0 {
		i, ok := ByIndex(list, opt.IfIndex)
		if !ok {
			return Route{}, ErrNoInterface
		}
		return Route{Interface: i.Name, IfIndex: i.Index, Source: i.Addr(g.Addr)}, nil
	}
	conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(g.AddrPort()))
	if err != nil {
		return Route{}, err
	}
	defer conn.Close()
	source := conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
	for _, i := range list {
		for _, p := range i.Addrs {
			if p.Addr() == source {
				return Route{Interface: i.Name, IfIndex: i.Index, Source: source}, nil
			}
		}
	}
	return Route{}, fmt.Errorf("source address %s: %w", source, ErrNoInterface)
}
