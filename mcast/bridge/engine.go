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
	leastWait    = time.Millisecond       // between calls of what is due of frames
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

	sites   siteNews // of the goroutine that ticks, as keeping
	keeping keepWatch
	woken   chan struct{}

	telling sync.Mutex // one Tell at a time
}

func newEngine(cfg Config, send func(port int, g mcast.Group, data []byte) error) *engine {
	e := &engine{cfg: cfg, name: NewName(), began: time.Now(), woken: make(chan struct{}, 1)}
	for n, p := range cfg.Ports {
		l := &lan{engine: e, port: p, lease: NewLease(e.name)}
		if cfg.Register != nil {
			l.register = cfg.Register(p.Site)
			l.lease.Want(e.began, false) // until the interface is ready
		}
		for _, g := range cfg.Groups {
			p := &passage{
				lan: l, group: g,
				send: func(data []byte) error { return send(n, g, data) },
				carrier: NewCarrier(CarrierConfig{
					Group: g, Site: p.Site, Bridge: e.name, First: uint64(e.began.UnixNano()), Rate: cfg.Rate, Burst: cfg.Burst,
					MaxSize: cfg.MaxSize, From: cfg.From, ListenOnly: cfg.ListenOnly, SendOnly: cfg.SendOnly,
				}),
				limited: map[string]*reminder{}, atLAN: map[Why]uint64{}, atSites: map[Why]uint64{},
			}
			p.frames = newFrameway(p, cfg, func(g mcast.Group, data []byte) error { return send(n, g, data) })
			l.passages = append(l.passages, p)
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
	running.Go(func() { e.keepFrames(ctx) })
	for _, l := range e.lans {
		running.Go(func() { l.keepLease(ctx) })
	}
	announced := make([]bool, len(e.lans))
	every(ctx, TickEvery, func() {
		for n, l := range e.lans {
			announced[n] = announced[n] || e.cfg.Link.Announce(l.presence(true)) == nil
		}
	})
	for _, l := range e.lans {
		for _, p := range l.passages {
			p.frames.leave()
		}
	}
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
		case a.Parcel != nil:
			for _, l := range e.lans {
				if p := l.passage(a.Parcel.Group); p != nil {
					p.frames.arrived(a.Parcel)
				}
			}
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
		for _, f := range e.find(now) {
			e.tell(Event{Kind: EventFinding, At: now, Site: f.Site, Finding: &f})
		}
	})
}

// find returns what is wrong with the hub and with other sites, whatever the group.
func (e *engine) find(now time.Time) []Finding {
	silent, here := map[string]time.Time{}, map[string]bool{}
	for _, l := range e.lans {
		for _, p := range l.passages {
			p.frames.news(silent, here)
		}
	}
	own := e.lans[0].port.Site
	return append(e.keeping.look(now, own, e.cfg.Link.Keeping()), e.sites.find(now, own, silent, here)...)
}

// reached says whether the other sites are, as far as the Link tells.
func (e *engine) reached() bool {
	r, tells := e.cfg.Link.(interface{ Reached() bool })
	return !tells || r.Reached()
}

// wake calls what is due of frames at another time than was said.
func (e *engine) wake() {
	select {
	case e.woken <- struct{}{}:
	default:
	}
}

// keepFrames does what is due of frames, until ctx ends.
func (e *engine) keepFrames(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-e.woken:
		}
		next := time.Now().Add(time.Minute)
		for _, l := range e.lans {
			for _, p := range l.passages {
				if at := p.frames.due(); at.Before(next) {
					next = at
				}
			}
		}
		timer.Reset(max(time.Until(next), leastWait))
	}
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
	keeping := e.cfg.Link.Keeping()
	for _, l := range e.lans {
		leads := l.holds(time.Now())
		for _, p := range l.passages {
			s := p.status()
			s.Leads, s.Keeping = leads, keeping
			list = append(list, s)
		}
	}
	return list
}
