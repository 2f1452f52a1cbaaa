package bridge

import (
	"slices"
	"sync"
	"sync/atomic"
)

// inbox is how many arrivals a Link of a [Wire] holds for whoever takes them.
const inbox = 4096

// Wire connects bridges of one process. The zero Wire is ready.
type Wire struct {
	mu    sync.Mutex
	links []*wireLink
}

// Join returns a Link to all others of the wire.
func (w *Wire) Join() Link {
	l := &wireLink{wire: w, arrivals: make(chan Arrival, inbox)}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.links = append(w.links, l)
	return l
}

func (w *Wire) give(a Arrival) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.links {
		select {
		case l.arrivals <- a:
		default:
			l.lost.Add(1)
		}
	}
}

type wireLink struct {
	wire     *Wire
	arrivals chan Arrival
	lost     atomic.Uint64
}

func (l *wireLink) Publish(m Message) error {
	m.Data = slices.Clone(m.Data)
	l.wire.give(Arrival{Message: &m})
	return nil
}

// Keep gives it at once: what the bridges of one process hold is all the history there is.
func (l *wireLink) Keep(p Parcel) error {
	p.Kept = true
	return l.Pass(p)
}

func (l *wireLink) Pass(p Parcel) error {
	p.Data = slices.Clone(p.Data)
	l.wire.give(Arrival{Parcel: &p})
	return nil
}

func (l *wireLink) Keeping() Keeping { return Keeping{} }

func (l *wireLink) Report(r Report) error {
	l.wire.give(Arrival{Report: &r})
	return nil
}

func (l *wireLink) Announce(p Presence) error {
	l.wire.give(Arrival{Presence: &p})
	return nil
}

func (l *wireLink) Arrivals() <-chan Arrival { return l.arrivals }

func (l *wireLink) Lost() uint64 { return l.lost.Load() }

func (l *wireLink) Close() error {
	l.wire.mu.Lock()
	defer l.wire.mu.Unlock()
	if n := slices.Index(l.wire.links, l); n >= 0 {
		l.wire.links = slices.Delete(l.wire.links, n, n+1)
		close(l.arrivals)
	}
	return nil
}
