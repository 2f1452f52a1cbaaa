package doctor

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
)

// received is what a probe keeps of a datagram that arrived: all but its payload.
type received struct {
	at      time.Time
	from    netip.AddrPort
	to      netip.Addr
	ifIndex int
	hops    int
	content uint64 // a hash of it
}

// mostSenders are remembered; a flood of forged addresses must not fill the
// memory.
const mostSenders = 1000

// audience is who was heard in the group, and what came twice.
type audience struct {
	networks host.Networks
	senders  map[netip.AddrPort]*Sender
	doubles  doubles
}

func newAudience(networks host.Networks) *audience {
	return &audience{networks: networks, senders: map[netip.AddrPort]*Sender{}, doubles: newDoubles()}
}

// hear returns the sender of a datagram, nil when there are too many.
func (a *audience) hear(d received) *Sender {
	s := a.senders[d.from]
	if s == nil {
		if len(a.senders) >= mostSenders {
			return nil
		}
		s = &Sender{From: d.from, Local: a.networks.Ours(d.from.Addr())}
		a.senders[d.from] = s
	}
	s.IfIndex, s.Hops = d.ifIndex, d.hops
	s.Outside = !s.Local && a.networks.Outside(d.from.Addr(), d.ifIndex)
	s.Datagrams++
	if !s.Local {
		a.doubles.hear(d)
	}
	return s
}

func (a *audience) list() []Sender {
	out := []Sender{}
	for _, s := range a.senders {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b Sender) int { return a.From.Compare(b.From) })
	return out
}

// doubles finds datagrams that came by two interfaces: the same content from
// the same sender, within a second.
type doubles struct {
	waiting map[copyOf]first
	found   map[pair]int
}

type copyOf struct {
	from    netip.AddrPort
	content uint64
}

// first is what came by one interface, and may come by another.
type first struct {
	ifIndex int
	at      time.Time
	times   int
}

type pair struct {
	from       netip.AddrPort
	interfaces [2]int
}

const (
	doubleTime  = time.Second
	mostWaiting = 4096
)

func newDoubles() doubles { return doubles{map[copyOf]first{}, map[pair]int{}} }

func (d *doubles) hear(a received) {
	from := netip.AddrPortFrom(a.from.Addr().WithZone(""), a.from.Port()) // the zone is the interface
	key := copyOf{from, a.content}
	w := d.waiting[key]
	recent := w.times > 0 && a.at.Sub(w.at) <= doubleTime
	switch {
	case recent && w.ifIndex != a.ifIndex:
		on := [2]int{min(w.ifIndex, a.ifIndex), max(w.ifIndex, a.ifIndex)}
		d.found[pair{from, on}]++
		w.times--
	case recent:
		w.at = a.at
		w.times++
	default:
		w = first{a.ifIndex, a.at, 1}
	}
	if _, known := d.waiting[key]; !known && len(d.waiting) >= mostWaiting {
		d.forget(a.at)
	}
	d.waiting[key] = w
}

// forget makes room: what is too old goes, or, under a flood, everything.
func (d *doubles) forget(now time.Time) {
	maps.DeleteFunc(d.waiting, func(_ copyOf, w first) bool { return w.times == 0 || now.Sub(w.at) > doubleTime })
	if len(d.waiting) >= mostWaiting {
		clear(d.waiting)
	}
}

func (d *doubles) list() []Doubled {
	out := []Doubled{}
	for p, n := range d.found {
		out = append(out, Doubled{From: p.from, Interfaces: p.interfaces, Datagrams: n})
	}
	slices.SortFunc(out, func(a, b Doubled) int {
		return cmp.Or(a.From.Compare(b.From), slices.Compare(a.Interfaces[:], b.Interfaces[:]))
	})
	return out
}
