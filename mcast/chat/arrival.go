package chat

import (
	"bytes"
	"net/netip"

	"github.com/groupcast/groupcast/mcast"
)

// Arrival says how a datagram came. The zero Arrival is the usual one: from
// another host of a network that this host is on, to a group that is joined.
type Arrival struct {
	OwnCopy bool // the loopback copy of an own line
	Frame   bool // of groupcast's member protocol
	Stray   bool // by another program's membership
	Direct  bool // to an address of this host, not to a group
	Local   bool // from another program of this host
	Outside bool // its source is on no network of the interface it came by: a router passed it on, or it is forged
}

// arrival says how a datagram came that is no own copy.
func (r *Room) arrival(d mcast.Datagram) Arrival {
	a := Arrival{
		Frame:  bytes.HasPrefix(d.Data, frameMagic),
		Stray:  d.Stray,
		Direct: r.ours[d.To],
		Local:  r.isOurs(d.From.Addr()),
	}
	a.Outside = !a.Local && (a.Direct || d.To.IsMulticast()) && r.isOutside(d.From.Addr(), d.IfIndex)
	return a
}

// isOutside reports whether a source is on none of an interface's networks.
// Link-local addresses are on every one, and where the interface has no address
// of that IP version, nothing is known.
func (r *Room) isOutside(source netip.Addr, index int) bool {
	if source.IsLinkLocalUnicast() {
		return false
	}
	source = source.WithZone("") // a Prefix contains none with a zone
	known := false
	for _, p := range r.interfaces[index].networks {
		if p.Contains(source) {
			return false
		}
		known = known || p.Addr().Is4() == source.Is4()
	}
	return known
}
