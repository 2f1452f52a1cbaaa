package chat

import (
	"net/netip"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/internal/lru"
)

// MaxSenders is how many senders a Room remembers. Source addresses are easily
// forged, so without a bound anyone could fill the memory.
const MaxSenders = 1024

// senders is the table of who was heard: at most MaxSenders, of which the
// least recently heard makes room for a new one.
type senders struct {
	*lru.Map[netip.AddrPort, sender]
}

// sender is a Sender as it is kept: without Rate and History.
type sender struct {
	Sender
	rate rate
}

func newSenders() senders {
	return senders{lru.New[netip.AddrPort, sender](MaxSenders)}
}

// heard counts a datagram for its sender. It reports whether another sender
// was forgotten for it.
func (s senders) heard(d mcast.Datagram, ifName string) (evicted bool) {
	who, evicted := s.Ensure(d.From)
	if who.Datagrams == 0 {
		who.From, who.First = d.From, d.At
	}
	who.Interface, who.IfIndex, who.Hops = ifName, d.IfIndex, d.Hops
	who.Datagrams++
	who.Bytes += uint64(len(d.Data))
	who.Last = d.At
	who.rate.add(d.At)
	return evicted
}

// latest copies at most n senders, the most recently heard first.
func (s senders) latest(n int, h *histories) []Sender {
	out := make([]Sender, 0, n)
	for _, kept := range s.All() {
		if len(out) == n {
			break
		}
		who := kept.Sender
		who.History = h.of(&kept.rate)
		who.Rate = current(who.History)
		out = append(out, who)
	}
	return out
}
