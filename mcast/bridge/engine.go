package bridge

import (
	"context"
	"errors"
	"maps"
	"net/netip"
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

// setInterface notes what the interface is like: the address that is sent from, all with
// their networks, and the MTU.
func (p *passage) setInterface(sends netip.Addr, all []netip.Prefix, mtu int) {
	addrs, nets := []netip.Addr{sends}, make([]netip.Prefix, 0, len(all))
	for _, a := range all {
		addrs, nets = append(addrs, a.Addr()), append(nets, a.Masked())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sends = sends
	p.carrier.SetAddrs(addrs)
	p.carrier.SetNetworks(nets)
	p.mtu = mtu
}

// lan is one LAN of a bridge.
type lan struct {
	engine   *engine
	port     Port
	register Register // nil: this bridge always leads
	lease    *Lease
	passages []*passage

	mu    sync.Mutex
	addr  netip.Addr
	led   bool // as it was told
	ready bool // the interface carries, and the groups are joined
	// Sends fail since then; zero: the last one did not.
	failing time.Time
	until   time.Time // this bridge does not lead before, because sends failed
}

// passage is one group on one LAN.
type passage struct {
	lan   *lan
	group mcast.Group
	send  func(data []byte) error

	mu      sync.Mutex
	carrier *Carrier
	limited map[string]*reminder // by the site, "" is the LAN
	atLAN   map[Why]uint64
	atSites map[Why]uint64
	last    time.Time
	sends   netip.Addr // from there
	mtu     int
	overMTU bool // it was told
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

func (l *lan) passage(g mcast.Group) *passage {
	for _, p := range l.passages {
		if p.group == g {
			return p
		}
	}
	return nil
}

func (l *lan) presence(joined bool) Presence {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Presence{Site: l.port.Site, Bridge: l.engine.name, Addr: l.addr, Joined: joined, Groups: l.engine.cfg.Groups, At: time.Now()}
}

// holds says whether this bridge led the LAN at that time.
func (l *lan) holds(at time.Time) bool { return l.register == nil || l.lease.Holds(at) }

// keepLease asks the Register what the Lease wants, until ctx ends. Then it gives the
// lease back.
func (l *lan) keepLease(ctx context.Context) {
	if l.register == nil {
		return
	}
	every(ctx, stepEvery, func() {
		l.lease.Want(time.Now(), l.able())
		l.askOnce(ctx)
		l.tellLease()
	})
	l.lease.Want(time.Now(), false)
	end, cancel := context.WithTimeout(context.Background(), leaveWithin)
	defer cancel()
	l.askOnce(end)
}

func (l *lan) askOnce(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	ask := l.lease.Step(time.Now())
	var e Entry
	var err error
	switch ask.Kind {
	case AskNothing:
		return
	case AskGet:
		e, err = l.register.Get(ctx)
	case AskUpdate:
		e.Revision, err = l.register.Update(ctx, l.engine.name, ask.Revision)
	case AskDelete:
		err = l.register.Delete(ctx, ask.Revision)
	}
	l.lease.Answered(time.Now(), e, err)
}

// tellLease tells when this bridge begins or ceases to lead.
func (l *lan) tellLease() {
	if l.register == nil {
		return
	}
	l.mu.Lock()
	now := time.Now()
	leads := l.holds(now)
	changed := leads != l.led
	l.led = leads
	l.mu.Unlock()
	if changed {
		l.engine.tell(Event{Kind: EventLease, At: now, Site: l.port.Site, Leads: leads, Leader: l.otherLeader()})
	}
}

// otherLeader is the other bridge that leads, as far as is known; "": none.
func (l *lan) otherLeader() string {
	if name := l.lease.Leader(); name != l.engine.name {
		return name
	}
	return ""
}

// unled is true of a datagram that no bridge of the site takes.
func (l *lan) unled(v Verdict) bool { return v.Why == Standby && l.otherLeader() == "" }

// able says whether this bridge can lead the LAN: its groups are joined and sends leave.
func (l *lan) able() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if !l.failing.IsZero() && now.Sub(l.failing) >= failingFor {
		l.until, l.failing = now.Add(failsAgainIn), time.Time{} // nobody sends meanwhile
	}
	return l.ready && !now.Before(l.until)
}

// setReady notes how the interface is.
func (l *lan) setReady(ready bool, addr netip.Addr) {
	l.mu.Lock()
	if ready != l.ready {
		l.failing, l.until = time.Time{}, time.Time{} // sends fail while an interface is down
	}
	l.ready, l.addr = ready, addr
	l.mu.Unlock()
	if l.register != nil && !ready {
		l.lease.Want(time.Now(), false) // at once
	}
}

// sendInto sends into the LAN. first says that it failed and the send before did not.
func (p *passage) sendInto(data []byte) (err error, first bool) {
	err = p.send(data)
	l := p.lan
	l.mu.Lock()
	defer l.mu.Unlock()
	first = err != nil && l.failing.IsZero()
	switch {
	case err == nil:
		l.failing = time.Time{}
	case first && l.ready:
		l.failing = time.Now()
	}
	return err, first
}

// heard takes a datagram from the LAN.
func (p *passage) heard(now time.Time, d mcast.Datagram) {
	// The kernel's time has no monotonic reading: as an age it may be compared.
	age := max(now.Round(0).Sub(d.At), 0)
	d.At = now.Add(-age)
	p.mu.Lock()
	v := p.carrier.Heard(now, d, p.lan.holds(d.At))
	if v.Why == Carried && p.publish(v.Message) != nil {
		v.Why = Lost
	}
	if p.lan.unled(v) {
		v.Why = Lost
	}
	p.count(now, p.atLAN, v.Why, "")
	if v.Why != Own && v.Why != Marked && v.Why != IsProbe {
		p.last = now
	}
	failed := p.rest(v)
	p.mu.Unlock()
	p.told(now, v, failed, v.Message, Event{From: d.From, Hops: d.Hops, Bytes: len(d.Data)})
}

func (p *passage) publish(m *Message) error { return p.lan.engine.cfg.Link.Publish(*m) }

// arrived takes a message of a site.
func (p *passage) arrived(now time.Time, m *Message) {
	p.mu.Lock()
	v := p.carrier.Arrived(now, *m, p.lan.holds(now))
	var failed error
	if v.Why == Resent {
		err, first := p.sendInto(v.Data)
		if err != nil {
			v.Why = Unsent
		}
		if first {
			failed = err
		}
		if f, over := p.over(m); over && err == nil {
			v.Findings = append(v.Findings, f)
		}
	}
	if p.lan.unled(v) {
		v.Why = Lost
	}
	p.count(now, p.atSites, v.Why, m.Site)
	failed = errors.Join(failed, p.rest(v))
	via := netip.AddrPortFrom(p.sends, Mark)
	p.mu.Unlock()
	p.told(now, v, failed, m, Event{From: m.From, Via: via, Hops: m.Hops, Bytes: len(m.Data)})
}

// count counts what became of a datagram of a site; "": of the LAN.
func (p *passage) count(now time.Time, door map[Why]uint64, why Why, site string) {
	door[why]++
	if why != Limited {
		return
	}
	r := p.limited[site]
	if r == nil {
		if len(p.limited) >= maxSites {
			return
		}
		r = new(reminder)
		p.limited[site] = r
	}
	r.add(now)
}

// overRates are the findings of datagrams that came too fast.
func (p *passage) overRates(now time.Time) (list []Finding) {
	for site, r := range p.limited {
		if n, due := r.take(now); due {
			list = append(list, Finding{Name: OverRate, Site: p.lan.port.Site, Other: site, Count: n})
		}
	}
	return list
}

// over is the finding, once, that a message leaves in fragments.
func (p *passage) over(m *Message) (Finding, bool) {
	if p.overMTU || p.mtu == 0 || len(m.Data) <= p.mtu-headersOf(p.group) {
		return Finding{}, false
	}
	p.overMTU = true
	return Finding{Name: OverMTU, Site: p.lan.port.Site, Other: m.Site, From: m.From, Count: len(m.Data)}, true
}

// headersOf is the length in bytes of the IP and UDP headers of a datagram to g.
func headersOf(g mcast.Group) int {
	if g.Addr.Is6() {
		return 40 + 8
	}
	return 20 + 8
}

func (p *passage) reported(now time.Time, r Report) {
	p.mu.Lock()
	v := p.carrier.Reported(now, r, p.lan.holds(now))
	failed := p.rest(v)
	p.mu.Unlock()
	p.told(now, v, failed, nil, Event{})
}

func (p *passage) met(now time.Time, other *Presence) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.carrier.Met(now, other.Site, other.Addr)
}

func (p *passage) tick(now time.Time) {
	p.mu.Lock()
	v := p.carrier.Tick(now, p.lan.holds(now))
	v.Findings = append(v.Findings, p.overRates(now)...)
	failed := p.rest(v)
	p.mu.Unlock()
	p.told(now, v, failed, nil, Event{})
}

// rest does what a Verdict wants besides, and returns what is to be told of a failed send.
// The caller holds mu.
func (p *passage) rest(v Verdict) (failed error) {
	if v.Probe != nil {
		if err, first := p.sendInto(v.Probe); first {
			failed = err
		}
	}
	if v.Report != nil {
		_ = p.lan.engine.cfg.Link.Report(*v.Report) // if it is lost, the prober probes again
	}
	return failed
}

func (l *lan) address() netip.Addr {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.addr
}

// told tells of a Verdict.
func (p *passage) told(now time.Time, v Verdict, failed error, m *Message, ev Event) {
	e := p.lan.engine
	ev.At, ev.Site, ev.Group = now, p.lan.port.Site, p.group
	if e.cfg.Each && v.Why != "" {
		ev.Why, ev.Message = v.Why, m
		switch v.Why {
		case Carried:
			ev.Kind = EventCarried
		case Resent:
			ev.Kind = EventResent
		default:
			ev.Kind = EventDropped
		}
		e.tell(ev)
	}
	for _, f := range v.Findings {
		e.tell(Event{Kind: EventFinding, At: now, Site: ev.Site, Group: p.group, Finding: &f})
	}
	if failed != nil {
		e.tell(Event{Kind: EventError, At: now, Site: ev.Site, Group: p.group, Err: failed})
	}
}

func (p *passage) status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Status{
		Site: p.lan.port.Site, Bridge: p.lan.engine.name, Addr: p.lan.address(), Interface: p.lan.port.Interface, Group: p.group,
		Since: p.lan.engine.began, AtLAN: maps.Clone(p.atLAN), AtSites: maps.Clone(p.atSites), Last: p.last,
	}
	for _, n := range s.AtLAN {
		s.Heard += n
	}
	for _, n := range s.AtSites {
		s.Arrived += n
	}
	return s
}
