package doctor

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
)

const (
	// doubleTime is how far apart the arrivals of one datagram by two interfaces
	// can be.
	doubleTime = time.Second
	// maxArrivals bounds the datagrams that are remembered.
	maxArrivals = 4096
)

// datagramKey is the same for all arrivals of one datagram.
type datagramKey struct {
	from    netip.AddrPort // without a zone, which is the interface
	content uint64
}

// arrivals are datagrams that came by one interface, and may come by another.
type arrivals struct {
	ifIndex int
	last    time.Time
	waiting int // for the arrival by another interface
}

type doubledBy struct {
	from       netip.AddrPort
	interfaces [2]int
}

// compare notes when a datagram came a moment ago by another interface: the same
// content from the same sender. A sender may send the same content repeatedly, so
// each arrival by one interface waits for one by another.
func (e *Evidence) compare(d Received) {
	from := netip.AddrPortFrom(d.From.Addr().WithZone(""), d.From.Port())
	a, _ := e.arrivals.Ensure(datagramKey{from, d.Content})
	recent := a.waiting > 0 && d.At.Sub(a.last) <= doubleTime
	switch {
	case recent && a.ifIndex != d.IfIndex:
		a.waiting--
		t, _ := e.doubled.Ensure(doubledBy{from, [2]int{min(a.ifIndex, d.IfIndex), max(a.ifIndex, d.IfIndex)}})
		t.add(d.At)
	case recent:
		a.waiting++
		a.last = d.At
	default:
		*a = arrivals{ifIndex: d.IfIndex, last: d.At, waiting: 1}
	}
}

// listDoubled lists the datagrams that came twice, by two interfaces. Datagrams of
// this host's own programs do not count: a program may send the same by each
// interface.
func (e *Evidence) listDoubled() []Doubled {
	list := make([]Doubled, 0, e.doubled.Len())
	for by, t := range e.doubled.All() {
		list = append(list, Doubled{From: by.from, Interfaces: by.interfaces, Datagrams: t.times})
	}
	slices.SortFunc(list, func(a, b Doubled) int {
		return cmp.Or(a.From.Compare(b.From), slices.Compare(a.Interfaces[:], b.Interfaces[:]))
	})
	return list
}
