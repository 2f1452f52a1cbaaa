package class

import (
	"context"
	"fmt"
	"time"
)

// lookInterval is how often a class looks at its seats.
const lookInterval = time.Second

// attend ends what is idle and paces what is busy, until the class is over.
func (c *Class) attend(ctx context.Context) {
	defer close(c.attended)
	var ended <-chan struct{}
	if c.shared != nil {
		s, _ := c.shared.stand()
		ended = s.lab.ended()
	}
	tick, networks := time.NewTicker(lookInterval), time.NewTicker(pollInterval)
	defer tick.Stop()
	defer networks.Stop()
	for {
		select {
		case now := <-tick.C:
			c.look(now)
		case now := <-networks.C:
			c.lookAtNetworks(now)
		case <-ended:
			c.tell(Event{Kind: "lab-ended", Text: "the lab has ended"})
			go c.Close()
			return
		case <-ctx.Done():
			return
		}
	}
}

// slowPause is the pause of screens when over half of the seats draw all the time.
const slowPause = 100 * time.Millisecond

func (c *Class) look(now time.Time) {
	seats := c.freeIdle(now)
	busy := 0
	for _, s := range seats {
		if s.look(now, c.cfg.Idle) {
			busy++
		}
	}
	pause := usualPause
	if 2*busy > len(c.places) {
		pause = slowPause
	}
	for _, s := range seats {
		s.setPause(pause)
	}
}

// lookAtNetworks asks those networks how they are that somebody looks at.
func (c *Class) lookAtNetworks(now time.Time) {
	c.mu.Lock()
	var seats []*Seat
	for _, p := range c.places {
		if p.seat != nil {
			seats = append(seats, p.seat)
		}
	}
	c.mu.Unlock()
	if c.shared != nil {
		c.shared.look(now, seats)
		return
	}
	for _, s := range seats {
		s.network.look(now, []*Seat{s})
	}
}

// freeIdle frees seats where nobody has typed for long, and returns the others that are
// taken.
func (c *Class) freeIdle(now time.Time) (taken []*Seat) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.places {
		switch {
		case p.seat == nil:
		case now.Sub(p.seat.lastKey()) >= c.cfg.Free:
			c.free(p, p.seat, "freed", "nobody typed for "+inWords(c.cfg.Free))
		default:
			taken = append(taken, p.seat)
		}
	}
	return taken
}

// inWords is a time as people say it.
func inWords(d time.Duration) string {
	n, unit := d.Hours(), "hour"
	switch {
	case d >= time.Hour && d%time.Hour == 0:
	case d >= time.Minute && d%time.Minute == 0:
		n, unit = d.Minutes(), "minute"
	default:
		return d.String()
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%.0f %s", n, unit)
}
