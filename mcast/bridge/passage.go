package bridge

import (
	"errors"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

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

// passage is one group on one LAN.
type passage struct {
	lan    *lan
	group  mcast.Group
	send   func(data []byte) error
	frames *frameway

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

// sendInto sends into the LAN. first says that it failed and the send before did not.
func (p *passage) sendInto(data []byte) (err error, first bool) {
	err = p.send(data)
	return err, p.lan.sent(err)
}

// heard takes a datagram from the LAN.
func (p *passage) heard(now time.Time, d mcast.Datagram) {
	// The kernel's time has no monotonic reading: as an age it may be compared.
	age := max(now.Round(0).Sub(d.At), 0)
	d.At = now.Add(-age)
	p.mu.Lock()
	leads := p.lan.holds(d.At)
	_, probe := ParseProbe(d.Data)
	goesOn := !leads && !probe && d.From.Port() != Mark && p.frames.goesOn(d.At)
	v := p.carrier.Heard(now, d, leads || goesOn)
	relays := v.Why == Carried
	if relays && (goesOn || p.publish(v.Message) != nil) {
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
	if relays {
		p.frames.plain(d) // also while the hub is away: what is kept waits
	}
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
	p.frames.siteHeard(now, m.Site)
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
	p.carrier.Met(now, other.Site, other.Addr)
	p.mu.Unlock()
	if len(other.Groups) == 0 || slices.Contains(other.Groups, p.group) {
		p.frames.met(now, other)
	}
}

func (p *passage) tick(now time.Time) {
	p.mu.Lock()
	v := p.carrier.Tick(now, p.lan.holds(now))
	v.Findings = append(v.Findings, p.overRates(now)...)
	failed := p.rest(v)
	joined := p.carrier.Joined()
	p.mu.Unlock()
	p.frames.tick(now, joined, p.lan.engine.reached())
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

// told tells of a Verdict.
func (p *passage) told(now time.Time, v Verdict, failed error, m *Message, ev Event) {
	e := p.lan.engine
	ev.At, ev.Site, ev.Group = now, p.lan.port.Site, p.group
	if e.cfg.Each && v.Why != "" {
		ev.Kind, ev.Why, ev.Message = kindOfEvent(v.Why), v.Why, m
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
	p.frames.status(&s)
	for _, n := range s.AtLAN {
		s.Heard += n
	}
	for _, n := range s.AtSites {
		s.Arrived += n
	}
	return s
}
