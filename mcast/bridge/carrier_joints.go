package bridge

import (
	"maps"
	"net/netip"
	"slices"
	"time"
)

const (
	proofFor = 60 * time.Second // a proof is fresh
	settle   = 2 * time.Second  // so long a joint in one direction may still become one both ways

	maxPeers    = 256 // sites whose LANs are joined with this one
	maxBringers = 64  // reflectors
	maxNamed    = 256 // senders on a LAN that a router joins
)

// joint is how another site's LAN is joined with this one.
type joint int

const (
	apart   joint = iota
	inOnly        // what the other LAN has comes out here
	outOnly       // what this LAN has comes out there
	both
)

type peer struct {
	in, out time.Time      // the last probe that came in, and that went out
	by      netip.AddrPort // who brought one last
	is      joint
	since   time.Time
	told    joint // by a Finding
}

// bringer is who brought a probe into this LAN: one of another site, or one of this site's
// own, then it is a mirror.
type bringer struct {
	site string
	by   netip.AddrPort
	at   time.Time
	// strange is when it last brought a probe that no site claims: so it brings what
	// another hub's bridges send again.
	strange time.Time
}

// joints is the part of a [Carrier] that knows which LANs are joined already.
//
// Both ways: the site whose name sorts higher stops; the other carries for both LANs, what
// is brought here too, and sends again for both. It does not send again what the stopped
// one has just carried.
//
// Into this LAN only: it has already all that the other LAN has, also what is sent again
// there of third sites, so nothing is sent again here; and what is brought is not carried,
// for the other site does. (Carried, it would be sent again there, brought here, and so
// on, without end.) What is heard here is carried, and comes back, once.
//
// Out of this LAN only: that is the other site's to mind.
//
// Each of both judges by itself, from the same probes and reports; where one knows less
// for a moment, the other's rules still hold, and a few copies more or less come. When all
// bridges of the site that carries for both end, the one that stopped learns it as the
// proof's end, up to 60 s later. Probes have the TTL of what is sent again: of a router
// that both do not pass, they prove nothing.
type joints struct {
	peers    map[string]*peer
	bringers []bringer
	senders  map[netip.Addr]time.Time // senders that a site named whose LAN a router joins to this one
	stopped  bool                     // another site carries and sends again for this LAN
	silent   bool                     // nothing is sent again
}

func newJoints() joints {
	return joints{peers: make(map[string]*peer), senders: make(map[netip.Addr]time.Time)}
}

func fresh(now, proof time.Time) bool { return !proof.IsZero() && now.Sub(proof) < proofFor }

func (c *Carrier) peer(site string) *peer {
	p, ok := c.peers[site]
	if !ok {
		if len(c.peers) >= maxPeers {
			dropOldest(c.peers, func(p *peer) time.Time { return p.since })
		}
		p = &peer{}
		c.peers[site] = p
	}
	return p
}

// comes is the proof that what the site's LAN has comes out here.
func (c *Carrier) comes(at time.Time, site string, by netip.AddrPort) {
	p := c.peer(site)
	if !fresh(at, p.in) && !fresh(at, p.out) {
		c.answer = true
	}
	p.in, p.by = at, by
	c.brings(at, site, by)
}

// goesOut is the proof that what this LAN has comes out at the site.
func (c *Carrier) goesOut(at time.Time, site string, by netip.AddrPort) {
	p := c.peer(site)
	p.out = at
	if !p.by.IsValid() {
		p.by = by
	}
}

// mirror is the proof that what this LAN has comes out there once more.
func (c *Carrier) mirror(at time.Time, by netip.AddrPort) { c.brings(at, c.cfg.Site, by) }

func (c *Carrier) brings(at time.Time, site string, by netip.AddrPort) {
	for i, b := range c.bringers {
		if b.site == site && b.by == by {
			c.bringers[i].at = at
			return
		}
	}
	c.bringers = push(c.bringers, maxBringers, bringer{site: site, by: by, at: at})
}

// judge finds out what the proofs that are fresh now mean.
func (c *Carrier) judge(now time.Time) {
	c.stopped, c.silent = false, false
	c.bringers = slices.DeleteFunc(c.bringers, func(b bringer) bool { return !fresh(now, b.at) })
	for site, p := range c.peers {
		is := apart
		switch in, out := fresh(now, p.in), fresh(now, p.out); {
		case in && out:
			is = both
			c.stopped = c.stopped || site < c.cfg.Site
		case in:
			is = inOnly
			c.silent = true
		case out:
			is = outOnly
		case p.told == apart:
			delete(c.peers, site)
			continue
		}
		if is != p.is {
			p.is, p.since = is, now
		}
	}
	if !c.silent {
		clear(c.senders)
	}
}

// proven is true while any joint is.
func (c *Carrier) proven() bool {
	for _, p := range c.peers {
		if p.is != apart {
			return true
		}
	}
	return len(c.bringers) > 0
}

// comesIn is true while what the site's LAN has comes out here.
func (c *Carrier) comesIn(site string) bool {
	p := c.peers[site]
	return p != nil && (p.is == inOnly || p.is == both)
}

// Joined are the sites whose LANs are this one in both directions.
func (c *Carrier) Joined() (sites []string) {
	for site, p := range c.peers {
		if p.is == both {
			sites = append(sites, site)
		}
	}
	return sites
}

// renewalDue is true if a probe is to be sent so that no proof ends that still holds. One
// that was not answered is repeated.
func (c *Carrier) renewalDue(now time.Time) bool {
	if !c.proven() {
		return false
	}
	if now.Sub(c.lastProbe) >= renewEvery {
		return true
	}
	due := func(proof time.Time) bool { return fresh(now, proof) && now.Sub(proof) >= renewEvery }
	for _, p := range c.peers {
		if due(p.out) {
			return true
		}
	}
	return slices.ContainsFunc(c.bringers, func(b bringer) bool { return b.site == c.cfg.Site && due(b.at) })
}

// findJoints tells what has changed. A standby notes it only: the leader tells it.
func (c *Carrier) findJoints(now time.Time, leads bool) (fs []Finding) {
	for _, site := range slices.Sorted(maps.Keys(c.peers)) {
		p := c.peers[site]
		if p.is == p.told || p.is != both && p.is != apart && now.Sub(p.since) < settle {
			continue
		}
		p.told = p.is
		f := Finding{Name: JoinedAlready, Site: c.cfg.Site, Other: site, From: p.by}
		switch p.is {
		case apart:
			f.Name = JoinedNoMore
		case both:
			f.Stops = max(site, c.cfg.Site)
		}
		if leads {
			fs = append(fs, f)
		}
	}
	return fs
}
