package chat

import (
	"github.com/groupcast/groupcast/mcast"
)

// Arrival says how a datagram came. The zero Arrival is the usual one: from
// another host of a network that this host is on, to a group that is joined.
type Arrival struct {
	OwnCopy bool // the loopback copy of an own line, or of a request of an own ping
	Stray   bool // by another program's membership
	Direct  bool // to an address of this host, not to a group
	Local   bool // from another program of this host
	Twin    bool // plain text of a member, whose frame brings it too
	Held    bool // plain text that a bridge sent, held back for the frame that brings it too
	Outside bool // its source is on no network of the interface it came by: a router passed it on, or it is forged
}

// ownCopy says how an own copy came.
func (r *Room) ownCopy(d mcast.Datagram) Arrival {
	return Arrival{OwnCopy: true, Stray: d.Stray, Direct: r.networks.Ours(d.To)}
}

// arrival says how a datagram came that is no own copy.
func (r *Room) arrival(d mcast.Datagram) Arrival {
	a := Arrival{
		Stray:  d.Stray,
		Direct: r.networks.Ours(d.To),
		Local:  r.isOurs(d.From.Addr()),
	}
	a.Outside = !a.Local && (a.Direct || d.To.IsMulticast()) && r.networks.Outside(d.From.Addr(), d.IfIndex)
	return a
}
