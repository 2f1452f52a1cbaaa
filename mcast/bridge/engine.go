package bridge

import (
	"context"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

const (
	askWithin    = time.Second            // for a call of a Register
	leaveWithin  = 500 * time.Millisecond // for giving the lease back at the end
	stepEvery    = 20 * time.Millisecond  // a lease is stepped
	maxSites     = 1024                   // that are told apart when they send too fast
	failingFor   = time.Second            // sends fail, and another bridge shall lead
	failsAgainIn = 5 * time.Second        // then this one may lead again
)

// engine is a Bridge without its sockets.
type engine struct {
	cfg   Config
	name  string
	began time.Time
	lans  []*lan

	telling sync.Mutex // one Tell at a time
}

func newEngine(cfg Config, send func(port int, g mcast.Group, data []byte) error) *engine {
	e := &engine{cfg: cfg, name: NewName(), began: time.Now()}
	for n, p := range cfg.Ports {
		l := &lan{engine: e, port: p, lease: NewLease(e.name)}
		if cfg.Register != nil {
			l.register = cfg.Register(p.Site)
			l.lease.Want(e.began, false) // until the interface is ready
		}
		for _, g := range cfg.Groups {
			l.passages = append(l.passages, &passage{
				lan: l, group: g,
				send: func(data []byte) error { return send(n, g, data) },
				carrier: NewCarrier(CarrierConfig{
					Group: g, Site: p.Site, Bridge: e.name, First: uint64(e.began.UnixNano()), Rate: cfg.Rate, Burst: cfg.Burst,
					MaxSize: cfg.MaxSize, From: cfg.From, ListenOnly: cfg.ListenOnly, SendOnly: cfg.SendOnly,
				}),
				limited: map[string]*reminder{}, atLAN: map[Why]uint64{}, atSites: map[Why]uint64{},
			})
		}
		e.lans = append(e.lans, l)
	}
	return e
}

// run carries until ctx ends. It closes the Link.
func (e *engine) run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { e.takeArrivals() })
	running.Go(func() { e.tick(ctx) })
	for _, l := range e.lans {
		running.Go(func() { l.keepLease(ctx) })
	}
	announced := make([]bool, len(e.lans))
	every(ctx, TickEvery, func() {
		for n, l := range e.lans {
			announced[n] = announced[n] || e.cfg.Link.Announce(l.presence(true)) == nil
		}
	})
	for n, l := range e.lans {
		if announced[n] {
			_ = e.cfg.Link.Announce(l.presence(false)) // a hub that is away learns nothing
		}
	}
	if err := e.cfg.Link.Close(); err != nil {
		e.tell(Event{Kind: EventError, Err: err})
	}
	running.Wait()
}

// every calls f at once and then every d, until ctx ends.
func every(ctx context.Context, d time.Duration, f func()) {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for {
		f()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (e *engine) takeArrivals() {
	for a := range e.cfg.Link.Arrivals() {
		now := time.Now()
		switch {
		case a.Message != nil:
			for _, l := range e.lans {
				if p := l.passage(a.Message.Group); p != nil {
					p.arrived(now, a.Message)
				}
			}
		case a.Report != nil:
			for _, l := range e.lans {
				if p := l.passage(a.Report.Group); p != nil {
					p.reported(now, *a.Report)
				}
			}
		case a.Presence != nil && a.Presence.Bridge != e.name:
			for _, l := range e.lans {
				for _, p := range l.passages {
					p.met(now, a.Presence)
				}
			}
			e.tell(Event{Kind: EventSite, Site: a.Presence.Site, Presence: a.Presence})
		}
	}
}

func (e *engine) tick(ctx context.Context) {
	every(ctx, TickEvery, func() {
		now := time.Now()
		for _, l := range e.lans {
			for _, p := range l.passages {
				p.tick(now)
			}
			l.tellLease() // also while a call of the Register is on its way
		}
	})
}

// tell calls Config.Tell.
func (e *engine) tell(ev Event) {
	if e.cfg.Tell == nil {
		return
	}
	if ev.At.IsZero() {
		ev.At = time.Now()
	}
	e.telling.Lock()
	defer e.telling.Unlock()
	e.cfg.Tell(ev)
}

func (e *engine) status() (list []Status) {
	for _, l := range e.lans {
		leads := l.holds(time.Now())
		for _, p := range l.passages {
			s := p.status()
			s.Leads = leads
			list = append(list, s)
		}
	}
	return list
}
