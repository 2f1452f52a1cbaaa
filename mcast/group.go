package mcast

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode"

	"github.com/groupcast/groupcast/mcast/host"
)

// DefaultPort is the UDP port of a group whose text form names none.
const DefaultPort = 1234

// DefaultGroup is the group that groupcast joins when no other is named. It lies
// in 224.0.0.0/24, the Local Network Control Block of RFC 5771: no router
// forwards it, at any TTL.
var DefaultGroup = Group{Addr: netip.AddrFrom4([4]byte{224, 0, 0, 114}), Port: DefaultPort}

// Group is a multicast group as a UDP program means it: the address that
// hosts join, the port that programs bind, and, for a source-specific group
// (RFC 4607), the one source that is asked for. It is comparable. The zone of
// an IPv6 link-local group is part of Addr.
type Group struct {
	Addr   netip.Addr
	Port   uint16
	Source netip.Addr // the zero Addr: any source
}

// Errors of ParseGroup, to be tested with errors.Is.
var (
	ErrNotAGroup    = errors.New("not an IP address, nor a registered name")
	ErrNotMulticast = errors.New("not a multicast address")
	ErrBadPort      = errors.New("not a UDP port from 1 to 65535")
)

// ParseGroup reads the text form [SOURCE@]GROUP[%ZONE][:PORT]: 224.0.0.114,
// 239.1.2.3:5000, 192.0.2.1@232.1.1.1:5000, ff02::114%eth0 or
// [ff02::114%eth0]:5000. Without a port it is DefaultPort. The error is
// ErrNotMulticast for a unicast group address and ErrBadPort for a port
// outside 1 to 65535.
//
// GROUP may be the name of a registered group, such as mdns, which has its own
// port; mdns6, or mdns%eth0, is that of IPv6.
func ParseGroup(s string) (Group, error) {
	g := Group{Port: DefaultPort}
	source, target, hasSource := strings.Cut(s, "@")
	if !hasSource {
		target = s
	}
	addr, port := splitPort(target)
	var err error
	if v4, zone, ok := strings.Cut(addr, "%"); ok {
		if a, err := netip.ParseAddr(v4); err == nil && a.Is4() {
			return Group{}, fmt.Errorf("group %q: zones are for IPv6; the interface %q is chosen beside the group", s, zone)
		}
	}
	if g.Addr, err = netip.ParseAddr(addr); err != nil {
		byName, ok := named(addr)
		if !ok {
			return Group{}, fmt.Errorf("group %q: %w: want [SOURCE@]GROUP[%%ZONE][:PORT], such as %s or mdns", s, ErrNotAGroup, DefaultGroup)
		}
		g = byName
	}
	if zone, port, ok := strings.Cut(g.Addr.Zone(), ":"); ok {
		return Group{}, fmt.Errorf("group %q: with a zone and a port it is [%s%%%s]:%s", s, g.Addr.WithZone(""), zone, port)
	}
	if strings.ContainsFunc(g.Addr.Zone(), notInZone) {
		return Group{}, fmt.Errorf("group %q: zone %q is not the name of an interface", s, g.Addr.Zone())
	}
	g.Addr = g.Addr.Unmap()
	if !g.Addr.IsMulticast() {
		return Group{}, fmt.Errorf("group %q: %s is %w (224.0.0.0 to 239.255.255.255, or ff00::/8)", s, g.Addr, ErrNotMulticast)
	}
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return Group{}, fmt.Errorf("group %q: port %q is %w", s, port, ErrBadPort)
		}
		g.Port = uint16(n)
	}
	if hasSource {
		if g.Source, err = netip.ParseAddr(source); err != nil {
			return Group{}, fmt.Errorf("group %q: source %q is not an IP address", s, source)
		}
		if g.Source = g.Source.Unmap(); g.Source.IsMulticast() || g.Source.IsUnspecified() {
			return Group{}, fmt.Errorf("group %q: source %s is not a unicast address", s, g.Source)
		}
		if g.Source.Is4() != g.Addr.Is4() {
			return Group{}, fmt.Errorf("group %q: source %s and group %s are of different IP versions", s, g.Source, g.Addr)
		}
	}
	return g, nil
}

// notInZone reports the characters that would make the text form ambiguous,
// or that no interface name has.
func notInZone(r rune) bool {
	return strings.ContainsRune("[]@%/", r) || unicode.IsSpace(r) || !unicode.IsPrint(r)
}

// splitPort cuts ADDR:PORT or [ADDR]:PORT; a bare IPv6 address has colons but
// no port. A colon with nothing behind it leaves the colon in addr, so that
// the caller refuses it.
func splitPort(s string) (addr, port string) {
	if inner, ok := strings.CutPrefix(s, "["); ok {
		if a, p, ok := strings.Cut(inner, "]:"); ok && p != "" {
			return a, p
		}
		if a, ok := strings.CutSuffix(inner, "]"); ok {
			return a, ""
		}
		return s, ""
	}
	if a, p, ok := strings.Cut(s, ":"); ok && p != "" && !strings.Contains(p, ":") {
		return a, p
	}
	return s, ""
}

// String returns the text form that ParseGroup reads, always with the port.
func (g Group) String() string {
	s := g.AddrPort().String()
	if g.Source.IsValid() {
		return g.Source.String() + "@" + s
	}
	return s
}

// AddrPort is where a datagram for the group is sent.
func (g Group) AddrPort() netip.AddrPort { return netip.AddrPortFrom(g.Addr, g.Port) }

// Wildcard is what a socket for the group is bound to: the unspecified address
// of its IP version, and its port.
func (g Group) Wildcard() netip.AddrPort {
	return netip.AddrPortFrom(host.Unspecified(g.Addr), g.Port)
}

// NeverRouted reports whether routers must not forward the group at any TTL:
// 224.0.0.0/24 (RFC 5771, section 4) and the interface-local and link-local
// scopes of IPv6 (RFC 4291, section 2.7).
func (g Group) NeverRouted() bool {
	return g.Addr.IsLinkLocalMulticast() || g.Addr.IsInterfaceLocalMulticast()
}

// HostOnly reports whether what is sent to the group never leaves the host: the
// interface-local scope of IPv6, ff01::/16, and its reserved scope, ff00::/16
// (RFC 4291, section 2.7; RFC 7346).
func (g Group) HostOnly() bool {
	if !g.Addr.Is6() || !g.Addr.IsMulticast() {
		return false
	}
	scope := g.Addr.As16()[1] & 0x0f
	return scope <= 1
}

// MarshalText implements encoding.TextMarshaler with the form of String.
func (g Group) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler with ParseGroup.
func (g *Group) UnmarshalText(text []byte) (err error) {
	*g, err = ParseGroup(string(text))
	return err
}
