package echo

import (
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/internal/lru"
)

// The rule for sources that do not answer ARP (RFC 826) or neighbour discovery
// (RFC 4861). Linux keeps a datagram to such a neighbour for three seconds, and
// for all that time it takes room in the socket's send buffer. A hundred
// requests a second from forged addresses of the LAN are enough to fill it: then
// nobody gets an answer. So answers to neighbours that the kernel has not
// resolved may take half of the send buffer, and the others have the rest. A
// neighbour that the kernel has asked in vain may take a quarter only, and leaves
// the rest of the half to newcomers.
//
// A unicast client is mostly resolved before its first request arrives: the
// kernel makes an entry of the client's own ARP request. A client of a group
// sends none.

// state is what the kernel knows of the neighbour that a datagram goes to.
type state int

const (
	resolved   state = iota // the kernel has its link-layer address, or needs none
	unknown                 // the kernel has no entry
	unresolved              // the kernel is asking for the address, or has asked in vain
)

const (
	// maxNeighbours is the number of neighbours to remember of either kind.
	maxNeighbours = 1024
	// resolvedTime is how long a neighbour counts as resolved without another
	// question. The kernel needs 8 s to give up a neighbour that was resolved
	// (delay_first_probe_time and three probes, arp(7)).
	resolvedTime = 5 * time.Second
	// unresolvedTime is the same for one that is not. It is short: a client
	// that answers ARP does so within a round trip.
	unresolvedTime = 50 * time.Millisecond
)

// destination is where an answer goes, and how.
type destination struct {
	addr netip.Addr
	via  mcast.Via
}

func destinationOf(o *mcast.Outgoing) destination {
	return destination{o.To.Addr().WithZone(""), o.Via}
}

// neighbours remembers which destinations are resolved. Each kind has a memory
// of its own, so forged sources do not drive out the clients.
type neighbours struct {
	ask        func(destination) state // nil: the system does not tell
	resolved   *lru.Map[destination, time.Time]
	unresolved *lru.Map[destination, asked]
	refused    *lru.Map[netip.Addr, struct{}] // unresolved, and an answer had no room
	until      time.Time                      // the destination of the last question counts as resolved
}

// asked is an answer of the kernel that is not resolved.
type asked struct {
	at    time.Time
	state state
}

func newNeighbours(ask func(destination) state) *neighbours {
	return &neighbours{
		ask:        ask,
		resolved:   lru.New[destination, time.Time](maxNeighbours),
		unresolved: lru.New[destination, asked](maxNeighbours),
		refused:    lru.New[netip.Addr, struct{}](maxNeighbours),
	}
}

// state returns the state of the neighbour that an answer goes to.
func (n *neighbours) state(now time.Time, to destination) state {
	if n.ask == nil {
		n.until = now.Add(resolvedTime)
		return resolved
	}
	if at := n.resolved.Get(to); at != nil && now.Sub(*at) < resolvedTime {
		n.until = at.Add(resolvedTime)
		return resolved
	}
	n.until = time.Time{}
	if was := n.unresolved.Get(to); was != nil && now.Sub(was.at) < unresolvedTime {
		return was.state
	}
	is := n.ask(to)
	switch is {
	case resolved:
		n.resolved.Put(to, now)
		n.until = now.Add(resolvedTime)
		n.unresolved.Delete(to)
		n.refused.Delete(to.addr) // it answers after all
		return resolved
	case unknown:
		// The kernel drops entries when its table is full. The answer to a
		// neighbour that was resolved makes a new one.
		if n.resolved.Delete(to) {
			return resolved
		}
	default:
		n.resolved.Delete(to)
	}
	n.unresolved.Put(to, asked{now, is})
	return is
}

// asking notes that an answer makes the kernel ask for a neighbour, so that its
// state will be another one soon.
func (n *neighbours) asking(to destination) { n.unresolved.Delete(to) }
