package igmp

import (
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/internal/tap"
)

// read takes the packets of a tap until the end. An interface that is switched off
// or gone is another's matter: see follow.
func (w *Watcher) read(t *tap.Tap, take func(tap.Packet)) {
	for {
		p, err := t.Read(w.ended)
		switch {
		case err == nil:
			take(p)
		case errors.Is(err, tap.ErrDown):
		default:
			w.fail(err)
			return
		}
	}
}

// message is a packet of IGMP or MLD.
func (w *Watcher) message(p tap.Packet) {
	s := Seen{At: p.At, Interface: p.Interface, Out: p.Out, Link: slices.Clone(p.Link)}
	m, err := Decode(p.Data)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.at(p.Interface) == nil {
		return // it waited, and its interface is gone
	}
	if err == nil {
		w.tell(w.view.Add(m, s))
		return
	}
	family := IGMP
	if len(p.Data) > 0 && p.Data[0]>>4 == 6 {
		family = MLD
	}
	reason := "other"
	if refused, ok := errors.AsType[*DecodeError](err); ok {
		reason = string(refused.Reason)
	}
	w.view.Bad(family, reason, s)
}

// often is how often the view is told of the same sender to 224.0.0.251.
const often = 5 * time.Second

// neighbourOf returns what takes the packets that are sent to 224.0.0.251 on one
// interface, for one goroutine.
func (w *Watcher) neighbourOf() func(tap.Packet) {
	told := map[netip.Addr]time.Time{}
	return func(p tap.Packet) {
		const source = 12
		if p.Out || len(p.Data) < source+4 {
			return
		}
		from := netip.AddrFrom4([4]byte(p.Data[source:]))
		if p.At.Sub(told[from]) < often {
			return
		}
		if len(told) >= usual.hosts {
			clear(told) // they are told again, which is right too
		}
		told[from] = p.At
		w.know(Neighbour{Interface: p.Interface, Addr: from, Link: slices.Clone(p.Link), At: p.At})
	}
}

// meet looks at the neighbours over IPv6 again and again: those that have answered
// lately are there.
func (w *Watcher) meet(every time.Duration) {
	again := time.NewTicker(every)
	defer again.Stop()
	for {
		select {
		case <-w.ended.Done():
			return
		case <-again.C:
			w.meetOnce()
		}
	}
}

// meetOnce looks at them in the calling thread's namespace. Without the list the
// sight stays unknown, which is true.
func (w *Watcher) meetOnce() {
	list, _ := reachable(time.Now())
	for _, n := range list {
		w.know(n)
	}
}

func (w *Watcher) know(n Neighbour) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.at(n.Interface) != nil {
		w.tell(w.view.Neighbour(n))
	}
}
