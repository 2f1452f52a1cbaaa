package bridge

import (
	crand "crypto/rand"
	"errors"
	"maps"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/frame"
)

// frameway is the frames of one group on one LAN.
type frameway struct {
	passage *passage
	group   mcast.Group // of frames: on the port after the plain one
	send    func(data []byte) error
	sites   siteWatch // guarded by mu

	mu      sync.Mutex
	carrier *FrameCarrier // nil: frames are not carried
	off     string        // why not
	refused bool          // from the begin, because no port is left for them
	atLAN   map[Why]uint64
	atSites map[Why]uint64
	next    time.Time // Due is called at the latest
	away    bool      // the hub, as the carrier was told
}

// framesOf is where the frames of a conversation are sent. It is false where no port is
// left for them.
func framesOf(g mcast.Group) (mcast.Group, bool) {
	if g.Port == 65535 {
		return mcast.Group{}, false
	}
	g.Port++
	return g, true
}

func newFrameway(p *passage, cfg Config, send func(g mcast.Group, data []byte) error) *frameway {
	w := &frameway{passage: p, sites: newSiteWatch(p.lan.port.Site), atLAN: map[Why]uint64{}, atSites: map[Why]uint64{}}
	g, ok := framesOf(p.group)
	w.group = g
	switch {
	case cfg.PlainOnly != nil && cfg.PlainOnly(p.group):
		w.off = "only plain text is carried"
		return w
	case !ok:
		w.off, w.refused = "no port is left for them after 65535", true
		return w
	}
	for _, other := range cfg.Groups {
		if other.AddrPort() == g.AddrPort() {
			w.off, w.refused = "their port is that of "+other.String()+", which is carried, too", true
			return w
		}
	}
	w.send = func(data []byte) error { return send(g, data) }
	var seed [32]byte
	_, _ = crand.Read(seed[:]) // it never fails
	w.carrier = NewFrameCarrier(FrameCarrierConfig{
		Group: p.group, Site: p.lan.port.Site, Bridge: p.lan.engine.name, Nick: nickOf(p.lan.port.Site), Identity: frame.NewIdentity(seed),
		Random: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())), Rate: cfg.Rate, Burst: cfg.Burst,
	}, time.Now())
	return w
}

// nickOf is the nickname of a site's bridge.
func nickOf(site string) string {
	if nick, err := frame.Nick(site); err == nil {
		return nick
	}
	name, _, _ := strings.Cut(site, "/")
	return name[:min(len(name), frame.MaxNick)]
}

// turnOff carries no frames any more.
func (w *frameway) turnOff(why string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.carrier, w.off = nil, why
}

// on says whether frames are carried.
func (w *frameway) on() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.carrier != nil
}

// leads says whether frames were carried at that time: of the bridge that leads, and of the
// one that led last while the hub is away. What is kept waits in it then. The caller holds
// mu, and there is a carrier.
func (w *frameway) leads(at time.Time) bool {
	l := w.passage.lan
	holds := l.holds(at)
	return w.carrier.GoesOn(time.Now(), !holds && l.lease.Kept()) || holds
}

// goesOn is leads for plain text.
func (w *frameway) goesOn(at time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.carrier != nil && w.leads(at)
}

// heard takes a datagram that came on the port of frames.
func (w *frameway) heard(d mcast.Datagram) {
	w.mu.Lock()
	if w.carrier == nil {
		w.mu.Unlock()
		return
	}
	now := time.Now() // not before: times that the carrier is given do not go back
	d.At = now.Add(-max(now.Round(0).Sub(d.At), 0))
	cfg := &w.passage.lan.engine.cfg
	from, leads := plain(d.From), w.leads(d.At)
	var v FrameVerdict
	switch {
	case d.Stray:
		v.Why = NotHere
	case from.Port() != Mark && len(cfg.From) > 0 && !contains(cfg.From, from.Addr()):
		v.Why = NotAllowed
	case from.Port() != Mark && cfg.SendOnly:
		if v = w.carrier.Heard(now, d, false); v.Why == Standby {
			v.Why = OneWay
		}
	default:
		v = w.carrier.Heard(now, d, leads)
	}
	failed := w.does(&v)
	if v.Why == Standby && w.passage.lan.otherLeader() == "" {
		v.Why = Lost
	}
	w.atLAN[v.Why]++
	w.mu.Unlock()
	w.told(now, v.Why, failed, nil, Event{From: d.From, Hops: d.Hops, Bytes: len(d.Data), Frame: kindOf(d.Data)})
}

// plain takes note of plain text that was carried. What became no RELAY counts with the
// frames that were not carried.
func (w *frameway) plain(d mcast.Datagram) {
	w.mu.Lock()
	if w.carrier == nil {
		w.mu.Unlock()
		return
	}
	now := time.Now()
	v := w.carrier.Plain(now, d, w.leads(d.At))
	failed := w.does(&v)
	if v.Why != "" {
		w.atLAN[v.Why]++
	}
	w.mu.Unlock()
	w.told(now, v.Why, failed, nil, Event{From: d.From, Hops: d.Hops, Bytes: len(d.Data)})
}

// arrived takes a parcel of a site.
func (w *frameway) arrived(p *Parcel) {
	w.mu.Lock()
	if w.carrier == nil {
		w.mu.Unlock()
		return
	}
	now := time.Now()
	if !p.Earlier {
		w.sites.heard(now, p.Site)
	}
	cfg, leads := &w.passage.lan.engine.cfg, w.leads(now)
	v := w.carrier.Arrived(now, *p, leads && !cfg.ListenOnly)
	if v.Why == Standby && leads {
		v.Why = OneWay
	}
	if v.Why != "" {
		v.Brought = append(v.Brought, Brought{*p, v.Why})
	}
	failed := w.does(&v)
	w.countBrought(&v)
	w.mu.Unlock()
	w.toldBrought(now, &v, failed)
}

// countBrought counts what became of parcels of sites. The caller holds mu.
func (w *frameway) countBrought(v *FrameVerdict) {
	for i := range v.Brought {
		b := &v.Brought[i]
		if b.Why == Standby && w.passage.lan.otherLeader() == "" {
			b.Why = Lost
		}
		w.atSites[b.Why]++
	}
}

// toldBrought tells what became of them.
func (w *frameway) toldBrought(now time.Time, v *FrameVerdict, failed error) {
	via := netip.AddrPortFrom(w.passage.lan.address(), Mark)
	for i := range v.Brought {
		p := &v.Brought[i].Parcel
		w.told(now, v.Brought[i].Why, nil, p, Event{Via: via, Bytes: len(p.Data), Frame: kindOf(p.Data)})
	}
	w.told(now, "", failed, nil, Event{})
}

// does what a verdict wants, and notes what came of it: a frame that is not given to the
// hub is lost, and one that is not sent is unsent. It returns what is to be told of a failed
// send. The caller holds mu.
func (w *frameway) does(v *FrameVerdict) (failed error) {
	e := w.passage.lan.engine
	if !e.cfg.SendOnly {
		for _, p := range v.Keep {
			if e.cfg.Link.Keep(p) != nil && v.Why == Carried {
				v.Why = Lost
			}
		}
		for _, p := range v.Pass {
			if e.cfg.Link.Pass(p) != nil && v.Why == Carried {
				v.Why = Lost
			}
		}
	}
	if e.cfg.ListenOnly {
		v.Send = nil
		v.unsent(nil, OneWay)
	}
	for _, data := range v.Send {
		err := w.send(data)
		first := w.passage.lan.sent(err)
		if err != nil {
			v.unsent(data, Unsent)
		}
		if first {
			failed = errors.Join(failed, err)
		}
	}
	w.sooner()
	return failed
}

// unsent notes of parcels that they are not sent into the LAN after all: of the one with that
// Data, or of all.
func (v *FrameVerdict) unsent(data []byte, why Why) {
	for i := range v.Brought {
		if b := &v.Brought[i]; b.Why == Resent && (data == nil || &data[0] == &b.Parcel.Data[0]) {
			b.Why = why
		}
	}
}

// sooner looks whether Due is to be called earlier than was said. The caller holds mu.
func (w *frameway) sooner() {
	if next := w.carrier.NextDue(time.Now()); next.Before(w.next) {
		w.next = next
		w.passage.lan.engine.wake()
	}
}

// due does what is due, and returns when it is to be called again at the latest.
func (w *frameway) due() time.Time {
	w.mu.Lock()
	now := time.Now()
	if w.carrier == nil {
		w.mu.Unlock()
		return now.Add(time.Hour)
	}
	if w.next.After(now) {
		defer w.mu.Unlock()
		return w.next
	}
	v, next := w.carrier.Due(now, w.leads(now))
	w.next = next
	failed := w.does(&v)
	w.countBrought(&v)
	for _, why := range v.Untold {
		w.atLAN[why]++
	}
	next = w.next
	w.mu.Unlock()
	w.toldBrought(now, &v, failed)
	return next
}

// tick finds out how the sites stand. joined are those whose LANs are this one.
func (w *frameway) tick(now time.Time, joined []string, reached bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.carrier == nil {
		return
	}
	t := time.Now()
	w.sites.hello = w.carrier.helloEvery()
	if list, changed := w.sites.judge(now, joined, reached && w.carrier.Sounds(t)); changed {
		w.carrier.SetSites(t, list)
		w.sooner()
	}
	if w.away == reached {
		w.away = !reached
		w.carrier.SetAway(t, w.away)
		w.sooner()
	}
}

// news adds how the sites stand.
func (w *frameway) news(silent map[string]time.Time, here map[string]bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sites.silent(silent)
	w.sites.here(here)
}

// setInterface notes the interface of the LAN.
func (w *frameway) setInterface(index int, name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.carrier != nil {
		w.carrier.SetInterface(time.Now(), index, name)
	}
}

// leave says to all sites and to the LAN that this bridge ends.
func (w *frameway) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.carrier == nil {
		return
	}
	v := w.carrier.Leave(time.Now())
	_ = w.does(&v) // it ends
	w.carrier = nil
}

// met takes note that a bridge of a site has joined, or left.
func (w *frameway) met(now time.Time, p *Presence) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sites.met(now, p)
}

// siteHeard takes note that something came of a site.
func (w *frameway) siteHeard(now time.Time, site string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sites.heard(now, site)
}

// kindOf is the kind of a frame; 0: it is none.
func kindOf(data []byte) frame.Kind {
	h, err := frame.Parse(data)
	if err != nil {
		return 0
	}
	return h.Kind
}

// told tells what became of a frame.
func (w *frameway) told(now time.Time, why Why, failed error, p *Parcel, ev Event) {
	e := w.passage.lan.engine
	ev.At, ev.Site, ev.Group = now, w.passage.lan.port.Site, w.group
	if e.cfg.Each && why != "" {
		ev.Kind, ev.Why, ev.Frames, ev.Parcel = kindOfEvent(why), why, true, p
		e.tell(ev)
	}
	if failed != nil {
		e.tell(Event{Kind: EventError, At: now, Site: ev.Site, Group: w.group, Err: failed})
	}
}

func kindOfEvent(why Why) EventKind {
	switch why {
	case Carried:
		return EventCarried
	case Resent:
		return EventResent
	}
	return EventDropped
}

// status adds how the frames stand.
func (w *frameway) status(s *Status) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.NoFrames, s.FramesAtLAN, s.FramesAtSites = w.off, maps.Clone(w.atLAN), maps.Clone(w.atSites)
}
