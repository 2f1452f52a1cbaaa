//go:build !linux

package host

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// routeTo connects a UDP socket to the address, which sends nothing but makes
// the system choose a source address, and names the interface that has it.
func routeTo(to netip.AddrPort, opt RouteOptions) (Route, error) {
	chosen, err := chosenInterface(to.Addr(), opt)
	switch {
	case err != nil:
		return Route{}, err
	case opt.Join && chosen != 0:
		return Route{IfIndex: chosen}, nil
	case opt.Join:
		return Route{}, fmt.Errorf("where a join would land: %w", errors.ErrUnsupported)
	}
	list, err := Interfaces()
	if err != nil {
		return Route{}, err
	}
	if chosen != 0 {
		return routeBy(list, chosen, to.Addr(), opt)
	}
	source, err := sourceFor(to)
	if err != nil {
		return Route{}, err
	}
	for _, i := range list {
		// A link-local address can be that of several interfaces; its zone is one.
		if zone := source.Zone(); zone != "" && zone != i.Name {
			continue
		}
		if slices.ContainsFunc(i.Addrs, func(p netip.Prefix) bool { return p.Addr() == source.WithZone("") }) {
			if opt.Source.IsValid() { // it does not choose the interface
				source = opt.Source
			}
			return Route{Interface: i.Name, IfIndex: i.Index, Source: source.WithZone("")}, nil
		}
	}
	return Route{}, fmt.Errorf("source address %s: %w", source, ErrNoInterface)
}

// routeBy is the route by an interface that was chosen. Which of several IPv6
// addresses it would be from is not told.
func routeBy(list []Interface, index int, to netip.Addr, opt RouteOptions) (Route, error) {
	i, ok := ByIndex(list, index)
	if !ok {
		return Route{}, ErrNoInterface
	}
	r := Route{Interface: i.Name, IfIndex: i.Index, Source: opt.Source}
	if !r.Source.IsValid() && to.Is4() {
		r.Source = i.Addr(to)
	}
	return r, nil
}

// sourceFor is the source address that the system chooses.
func sourceFor(to netip.AddrPort) (netip.Addr, error) {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		return netip.Addr{}, err
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap(), nil
}
