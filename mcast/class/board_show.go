package class

import (
	"sync"
	"time"
)

// waker lets those who wait look again.
type waker struct {
	mu sync.Mutex
	ch chan struct{}
}

func newWaker() *waker { return &waker{ch: make(chan struct{})} }

func (w *waker) wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.ch)
	w.ch = make(chan struct{})
}

func (w *waker) next() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ch
}

// Changed returns a channel that is closed when the Board or a Net may be another than it
// is now. Take the channel before you look.
func (c *Class) Changed() <-chan struct{} { return c.changes.next() }

// Board is the class as a board shows it, without its networks.
func (c *Class) Board() Board {
	b := Board{Private: c.cfg.Private, Log: c.log.copy()}
	if l := c.cfg.Lesson; l != nil {
		b.Lesson, b.Title = l.Name, l.Title
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	b.Locked = c.lockedNow()
	b.Seats = make([]BoardSeat, len(c.places))
	now := time.Now()
	for n, p := range c.places {
		s := &b.Seats[n]
		if s.Seat = p.name; p.seat == nil {
			continue
		}
		state := p.seat.state()
		s.Name, s.Since, s.Pages, s.Running, s.Looked = state.Name, state.Since, state.Pages, state.Running, state.Looked
		if x := p.seat.exercise; x != nil {
			progress := x.record.progress(now)
			s.Progress = &progress
		}
	}
	return b
}

// SeatAt is who sits there now. The error is ErrSeat, also where nobody does, or ErrOver.
func (c *Class) SeatAt(seat string) (*Seat, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return nil, ErrOver
	}
	if p := c.placeNamed(seat); p != nil && p.seat != nil {
		return p.seat, nil
	}
	return nil, ErrSeat
}

func (c *Class) placeNamed(name string) *place {
	for _, p := range c.places {
		if p.name == name {
			return p
		}
	}
	return nil
}

// seatAt is who sits there; nil: nobody.
func (c *Class) seatAt(name string) *Seat {
	s, _ := c.SeatAt(name)
	return s
}

// nameAt is the name of who sits there; "": nobody.
func (c *Class) nameAt(place string) string {
	if s := c.seatAt(place); s != nil {
		return s.name
	}
	return ""
}

// networkOf is the network of a seat, or "": the shared one, and who sit in it.
func (c *Class) networkOf(seat string) (*network, []*Seat, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch p := c.placeNamed(seat); {
	case c.over:
		return nil, nil, ErrOver
	case seat == "" && c.shared != nil:
		var seats []*Seat
		for _, p := range c.places {
			if p.seat != nil {
				seats = append(seats, p.seat)
			}
		}
		return c.shared, seats, nil
	case p != nil && p.seat != nil && c.shared == nil:
		return p.network, []*Seat{p.seat}, nil
	}
	return nil, nil, ErrSeat
}

// tell says what happened: to the teacher, and in the board's log.
func (c *Class) tell(e Event) { c.tellWith(e, "") }

func (c *Class) tellWith(e Event, undo string) {
	e.At = time.Now()
	c.events.put(e)
	c.log.add(e, undo)
	c.changes.wake()
}
