package chat

import (
	"container/list"
	"net/netip"

	"github.com/groupcast/groupcast/mcast"
)

// MaxSenders is how many senders a Room remembers. Source addresses are easily
// forged, so without a bound anyone could fill the memory.
const MaxSenders = 1024

// senders is the table of who was heard: at most MaxSenders, of which the
// least recently heard makes room for a new one.
type senders struct {
	byAddr map[netip.AddrPort]*list.Element
	order  *list.List // of *sender, most recently heard first
}

// sender is a Sender as it is kept: without Rate and History.
type sender struct {
	Sender
	rate rate
}

func newSenders() senders {
	return senders{byAddr: make(map[netip.AddrPort]*list.Element), order: list.New()}
}

func (s *senders) len() int { return s.order.Len() }

// heard counts a datagram for its sender. It reports whether another sender
// was forgotten for it.
func (s *senders) heard(d mcast.Datagram, ifName string) (evicted bool) {
	e := s.byAddr[d.From]
	switch {
	case e != nil:
		s.order.MoveToFront(e)
	case s.order.Len() < MaxSenders:
		e = s.order.PushFront(&sender{Sender: Sender{From: d.From, First: d.At}})
		s.byAddr[d.From] = e
	default:
		e = s.order.Back()
		evicted = true
		delete(s.byAddr, e.Value.(*sender).From)
		*e.Value.(*sender) = sender{Sender: Sender{From: d.From, First: d.At}}
		s.byAddr[d.From] = e
		s.order.MoveToFront(e)
	}
	who := e.Value.(*sender)
	who.Interface, who.IfIndex, who.Hops = ifName, d.IfIndex, d.Hops
	who.Datagrams++
	who.Bytes += uint64(len(d.Data))
	who.Last = d.At
	who.rate.add(d.At)
	return evicted
}

// latest copies at most n senders, the most recently heard first.
func (s *senders) latest(n int, h *histories) []Sender {
	out := make([]Sender, 0, n)
	for e := s.order.Front(); e != nil && len(out) < n; e = e.Next() {
		kept := e.Value.(*sender)
		who := kept.Sender
		who.History = h.of(&kept.rate)
		who.Rate = current(who.History)
		out = append(out, who)
	}
	return out
}
