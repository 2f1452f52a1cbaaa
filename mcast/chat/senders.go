package chat

import (
	"net/netip"
	"slices"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/internal/lru"
)

// MaxSenders is how many senders a Room remembers, and MaxPorts how many ports of
// each. Source addresses and ports are easily forged, so without a bound anyone
// could fill the memory.
const (
	MaxSenders = 1024
	MaxPorts   = 64
)

// maxLocal is how many addresses of this host are remembered as senders. They are
// apart from the others, so that no flood pushes them out, nor they others.
const maxLocal = 16

// senders is the table of who was heard, by host: of those that are too many the
// least recently heard makes room for a new one.
type senders struct {
	*lru.Map[netip.Addr, sender]
}

// sender is a Sender as it is kept: without Rate and History.
type sender struct {
	Sender
	rate rate
}

func newSenders(most int) senders {
	return senders{lru.New[netip.Addr, sender](most)}
}

// heard counts a datagram for its sender. It reports whether another sender
// was forgotten for it.
func (s senders) heard(d mcast.Datagram, ifName string) (evicted bool) {
	who, evicted := s.Ensure(d.From.Addr())
	if who.Datagrams == 0 {
		who.Addr, who.First = d.From.Addr(), d.At
	}
	who.Interface, who.IfIndex, who.Hops = ifName, d.IfIndex, d.Hops
	who.Datagrams++
	who.Bytes += uint64(len(d.Data))
	who.Last = d.At
	who.rate.add(d.At)
	who.heardFrom(d.From.Port())
	return evicted
}

// heardFrom puts a port before the others of its host.
func (s *sender) heardFrom(port uint16) {
	n := slices.Index(s.Ports, port)
	switch {
	case n >= 0:
	case len(s.Ports) < MaxPorts:
		n = len(s.Ports)
		s.Ports = append(s.Ports, port)
	default:
		n, s.MorePorts = MaxPorts-1, true
	}
	copy(s.Ports[1:], s.Ports[:n])
	s.Ports[0] = port
}

// latest copies at most n senders, the most recently heard first.
func (s senders) latest(n int, h *histories) []Sender {
	out := make([]Sender, 0, n)
	for _, kept := range s.All() {
		if len(out) == n {
			break
		}
		who := kept.Sender
		who.Ports = slices.Clone(who.Ports)
		who.History = h.of(&kept.rate)
		who.Rate = current(who.History)
		out = append(out, who)
	}
	return out
}
