package hub

import (
	"net"
	"net/netip"

	"github.com/groupcast/groupcast/mcast/host"
)

// urlOf is the address by which sites reach a hub that listens on at; nil: nowhere.
func urlOf(cfg Config, at net.Addr) string {
	listens, port := "", "4222"
	if at != nil {
		listens, port, _ = net.SplitHostPort(at.String())
	}
	name := listens
	if len(cfg.URLs) > 0 {
		name = cfg.URLs[0]
		if h, p, err := net.SplitHostPort(name); err == nil {
			name, port = h, p
		}
	} else if a, err := netip.ParseAddr(listens); err != nil || a.IsUnspecified() {
		name = thisHost()
	}
	if len(name) > 1 && name[0] == '[' && name[len(name)-1] == ']' {
		name = name[1 : len(name)-1]
	}
	return "tls://" + net.JoinHostPort(name, port)
}

// thisHost is the address that this host has for others.
func thisHost() string {
	// Connecting a UDP socket sends nothing. It asks for the route to an address that is
	// for documentation (RFC 5737).
	if c, err := net.Dial("udp4", "192.0.2.1:9"); err == nil {
		defer c.Close()
		if a := c.LocalAddr().(*net.UDPAddr).AddrPort().Addr(); !a.IsLoopback() {
			return a.String()
		}
	}
	list, _ := host.Interfaces()
	for _, v4 := range []bool{true, false} {
		for _, i := range list {
			for _, p := range i.Addrs {
				if a := p.Addr().WithZone(""); a.Is4() == v4 && a.IsGlobalUnicast() {
					return a.String()
				}
			}
		}
	}
	return "127.0.0.1"
}
