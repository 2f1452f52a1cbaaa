package doctor

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// outside reports whether a router is between this host and an address. The
// kernel's route says so, for it also knows peers, tunnels and networks that
// share the wire; only where it was not asked do the interfaces' prefixes. A
// host that was heard across no router is not outside, whatever they say.
func (f Facts) outside(a netip.Addr) bool {
	a = a.Unmap()
	if a.IsLinkLocalUnicast() || a.IsLoopback() || f.heardOnLink(a) {
		return false
	}
	if m := f.Back[a].Route.Match; f.Back[a].Err == nil && m.Found {
		switch {
		case m.Gateway.IsValid():
			return true
		case m.Dst.Bits() > 0:
			return false
		}
	}
	return !slices.ContainsFunc(f.Interfaces, func(i host.Interface) bool { return covers(i, a) })
}

// heardOnLink reports whether a host was heard with nothing between: from a
// network of the interface, or with the TTL 255, which no router leaves (RFC 5082).
func (f Facts) heardOnLink(a netip.Addr) bool {
	return slices.ContainsFunc(f.Observed.Senders, func(s Sender) bool {
		return s.is(a) && (!s.Outside || s.Hops == 255)
	})
}

// heardHost sums up what was heard of a host; ok is false if nothing was.
func (f Facts) heardHost(a netip.Addr) (heard Sender, ok bool) {
	for _, s := range f.Observed.Senders {
		if s.is(a) {
			s.Datagrams += heard.Datagrams
			heard, ok = s, true
		}
	}
	return heard, ok
}

// is reports whether it is a socket of another host, which has the address.
func (s Sender) is(a netip.Addr) bool {
	return !s.Local && s.From.Addr().Unmap().WithZone("") == a.Unmap().WithZone("")
}

// beyond reports whether a sender that was heard is behind a router. A group that
// is never routed comes through none. A TTL that programs start with was not
// taken from on the way, and 1, with which most do, tells nothing.
func (f Facts) beyond(s Sender, g mcast.Group) bool {
	untouched := slices.Contains([]int{1, 32, 64, 128, 255}, s.Hops)
	return s.Outside && !s.Local && !g.NeverRouted() && !untouched && f.outside(s.From.Addr())
}

// heardText says that a host is heard, and how.
func (f Facts) heardText(in Intent, s Sender) string {
	text := fmt.Sprintf("%s is heard by %s (datagrams: %d", s.From.Addr().Unmap(), f.nameOf(in, s.IfIndex), s.Datagrams)
	if s.Hops != 0 {
		text += fmt.Sprintf(", TTL left: %d", s.Hops)
	}
	return text + ")"
}

// whereIs says by which way a host is reached.
func (f Facts) whereIs(a netip.Addr) string {
	if back, asked := f.Back[a]; asked && back.Err == nil && back.Route.Match.Gateway.IsValid() {
		return fmt.Sprintf("the way to %s is the %s", a, back.Route.Match)
	}
	return fmt.Sprintf("%s is on no network of this host (%s)", a, f.networks(a))
}
