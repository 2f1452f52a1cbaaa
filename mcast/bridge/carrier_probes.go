package bridge

import (
	"net/netip"
	"slices"
	"time"

	"golang.org/x/time/rate"
)

const (
	probeEvery  = 10 * time.Second // at most one probe in that time
	answerAfter = time.Second      // but one more, to see whether a proven joint is one both ways
	renewEvery  = 30 * time.Second // while a proof is fresh
	probeFor    = 10 * time.Second // so long a report of a probe counts

	maxSent      = 4  // own probes
	maxHeard     = 32 // probes of others
	maxNotes     = 64 // reports of probes that this bridge does not know yet
	notesOfSite  = 8
	maxFrom      = 4  // addresses that a probe came from
	maxReporters = 64 // sites that heard it
)

// sighting is what is known of a probe.
type sighting struct {
	probe     Probe
	at        time.Time // sent, or first heard
	own       bool      // this bridge sent it
	site      string    // that said it had sent it; "": none yet
	from      []netip.AddrPort
	reporters []reporter // other sites that heard it
	said      bool       // an own one: the sites know of it
}

type reporter struct {
	site string
	from netip.AddrPort // whom it came from there
}

type note struct {
	Report
	at time.Time
}

// probing is the part of a [Carrier] that has to do with probes.
//
// Two digests of its number prove a joint, so that nobody on a LAN can forge one. Who
// sends it says so: then who hears it, also a standby, knows whose LAN comes out here. Who
// hears it says so: then the prober, and each standby of it, knows where its LAN comes out.
type probing struct {
	sent, heard []sighting
	notes       []note
	lastProbe   time.Time
	answer      bool // a joint is new: see whether it is one both ways
	reports     *rate.Limiter
}

func newProbing() probing { return probing{reports: rate.NewLimiter(2, 20)} }

// mayProbe is true if the last probe is so long ago.
func (c *Carrier) mayProbe(now time.Time, after time.Duration) bool {
	return !c.cfg.ListenOnly && (c.lastProbe.IsZero() || now.Sub(c.lastProbe) >= after)
}

// probe adds one to v.
func (c *Carrier) probe(now time.Time, v *Verdict) {
	p := Probe{Bridge: c.cfg.Bridge, Nonce: c.cfg.Nonce()}
	c.sent = push(c.sent, maxSent, sighting{probe: p, at: now, own: true})
	c.lastProbe, c.answer = now, false
	v.Probe = p.Bytes()
	c.say(v)
}

// say adds to v that an own probe was sent, if that is not said and v has room. If it is
// for a stranger, then that is named, and probes too.
func (c *Carrier) say(v *Verdict) {
	for i := range c.sent {
		if s := &c.sent[i]; !s.said && v.Report == nil {
			s.said = true
			v.Report = c.report(s.probe, sentIt, netip.AddrPortFrom(c.ask(s.at), Mark))
		}
	}
}

// heardProbe decides about a probe.
func (c *Carrier) heardProbe(now time.Time, p Probe, from netip.AddrPort, leads bool) Verdict {
	if s := find(c.sent, now, p.Nonce); s != nil {
		if from.Port() == Mark { // a mirror that keeps sources cannot be told from the loopback
			return Verdict{Why: Own}
		}
		s.addFrom(from)
		c.conclude(now, s)
		return Verdict{Why: IsProbe}
	}
	v := Verdict{Why: IsProbe}
	s := find(c.heard, now, p.Nonce)
	if s == nil {
		c.heard = push(c.heard, maxHeard, sighting{probe: p, at: now})
		s = &c.heard[len(c.heard)-1]
		for _, n := range c.notes {
			if now.Sub(n.at) < probeFor {
				c.match(s, n.Report)
			}
		}
		if c.reports.AllowN(now, 1) {
			v.Report = c.report(p, heardIt, from)
		}
		if leads && s.site != c.cfg.Site && c.mayProbe(now, probeEvery) {
			c.probe(now, &v) // to see the other direction
		}
	}
	s.addFrom(from)
	c.conclude(now, s)
	return v
}

// Reported takes what a bridge says of a probe. The Verdict may have a Report.
func (c *Carrier) Reported(now time.Time, r Report, leads bool) (v Verdict) {
	if r.Site == c.cfg.Site && r.Bridge == c.cfg.Bridge || r.Site == "" || len(r.Site) > maxName || len(r.Bridge) > maxName {
		return v
	}
	r.From = plain(r.From)
	c.Met(now, r.Site, r.Addr)
	c.say(&v)
	for _, list := range [][]sighting{c.sent, c.heard} {
		for i := range list {
			if s := &list[i]; now.Sub(s.at) < probeFor && c.match(s, r) {
				c.conclude(now, s)
				return v
			}
		}
	}
	c.keep(now, r)
	if leads && r.Site != c.cfg.Site && r.From.Port() == Mark && c.owns(r.From.Addr()) {
		c.answer = true // what is sent again here comes out there
	}
	return v
}

// match adds to s what r says of it. It is false if r is of another probe.
func (c *Carrier) match(s *sighting, r Report) bool {
	switch r.Probe.Nonce {
	case digest(s.probe.Nonce, r.Site, heardIt):
		known := slices.ContainsFunc(s.reporters, func(o reporter) bool { return o.site == r.Site })
		if r.Site != c.cfg.Site && !known && len(s.reporters) < maxReporters {
			s.reporters = append(s.reporters, reporter{r.Site, r.From})
		}
		return true
	case digest(s.probe.Nonce, r.Site, sentIt):
		if s.site == "" && !s.own {
			s.site = r.Site
		}
		return true
	}
	return false
}

// conclude takes the proofs from what is known of a probe.
func (c *Carrier) conclude(now time.Time, s *sighting) {
	switch {
	case s.own || s.site == c.cfg.Site:
		for _, r := range s.reporters {
			c.goesOut(s.at, r.site, r.from)
		}
		for _, from := range s.from {
			if from.Port() != Mark {
				c.mirror(s.at, from)
			}
		}
	case s.site != "":
		for _, from := range s.from {
			c.comes(s.at, s.site, from)
		}
	}
	c.judge(now)
}

func (c *Carrier) report(p Probe, w word, from netip.AddrPort) *Report {
	p.Nonce = digest(p.Nonce, c.cfg.Site, w)
	return &Report{Group: c.cfg.Group, Probe: p, Site: c.cfg.Site, Bridge: c.cfg.Bridge, From: from, Addr: c.addr()}
}

// addr is the one that the bridge sends from.
func (c *Carrier) addr() netip.Addr {
	switch {
	case len(c.cfg.Addrs) > 0:
		return c.cfg.Addrs[0].WithZone("")
	case c.cfg.Group.Addr.Is4():
		return netip.IPv4Unspecified()
	}
	return netip.IPv6Unspecified()
}

// keep remembers a report whose probe is perhaps heard yet. No site takes the room of all.
func (c *Carrier) keep(now time.Time, r Report) {
	of := 0
	for _, n := range c.notes {
		if n.Site == r.Site {
			of++
		}
	}
	if of >= notesOfSite {
		i := slices.IndexFunc(c.notes, func(n note) bool { return n.Site == r.Site })
		c.notes = slices.Delete(c.notes, i, i+1)
	}
	c.notes = push(c.notes, maxNotes, note{r, now})
}

func (s *sighting) addFrom(from netip.AddrPort) {
	if len(s.from) < maxFrom && !slices.Contains(s.from, from) {
		s.from = append(s.from, from)
	}
}

func find(list []sighting, now time.Time, nonce uint64) *sighting {
	for i := range list {
		if s := &list[i]; s.probe.Nonce == nonce && now.Sub(s.at) < probeFor {
			return s
		}
	}
	return nil
}

// push appends v to a list of at most n, without its oldest if need be.
func push[T any](list []T, n int, v T) []T {
	if len(list) >= n {
		list = slices.Delete(list, 0, len(list)-n+1)
	}
	return append(list, v)
}
