package bridge

import (
	"net/netip"
	"slices"
	"time"
)

// broughtOneWay is true of a datagram that is proven to come from a LAN whose site carries
// it. A reflector that brings also what a stopped site has leaves that open: then it is
// what other sites are known to have said, and what is not known yet crosses once more
// rather than not at all.
func (c *Carrier) broughtOneWay(now time.Time, from netip.AddrPort, h uint64) bool {
	if !c.silent {
		return false
	}
	oneWay, stopped := false, false
	for _, b := range c.bringers {
		p := c.peers[b.site]
		switch {
		case p == nil:
		case p.is == both:
			stopped = stopped || b.by == from
		case p.is == inOnly:
			oneWay = oneWay || b.by == from || b.by.Port() == Mark && c.beyond(from.Addr(), b.by.Addr())
		}
	}
	return oneWay && (!stopped || c.payloads.takeCopy(now, h, true))
}

// beyond is true of a sender that a router brought, if it brought the prober, too.
func (c *Carrier) beyond(a, prober netip.Addr) bool {
	if len(c.cfg.Networks) > 0 && !contains(c.cfg.Networks, prober) {
		return !contains(c.cfg.Networks, a)
	}
	_, ok := c.senders[a]
	return ok
}

// named remembers a sender on the LAN of a site which comes out here only.
func (c *Carrier) named(now time.Time, site string, a netip.Addr) {
	if !c.silent || c.peers[site] == nil || c.peers[site].is != inOnly {
		return
	}
	if _, ok := c.senders[a]; !ok && len(c.senders) >= maxNamed {
		dropOldest(c.senders, func(t time.Time) time.Time { return t })
	}
	c.senders[a] = now
}

// isCopy is true of a datagram that a proven reflector has brought of what was sent here.
// Of a mirror as many are expected as were sent. Where another hub's bridges are behind a
// reflector, their copies of the same datagrams come, too: any number.
func (c *Carrier) isCopy(now time.Time, from netip.AddrPort, h uint64) bool {
	for _, b := range c.bringers {
		if b.by == from && fresh(now, b.strange) {
			return c.payloads.takeCopy(now, h, true)
		}
	}
	return c.mirrored(from) && c.payloads.takeCopy(now, h, false)
}

// mirrored is true of a sender that is proven to bring what this LAN has.
func (c *Carrier) mirrored(from netip.AddrPort) bool {
	return slices.ContainsFunc(c.bringers, func(b bringer) bool { return b.by == from && b.site == c.cfg.Site })
}

// noteStrange takes from a probe that nobody claims who brings those of another hub.
func (c *Carrier) noteStrange(now time.Time) {
	for i := range c.bringers {
		for _, s := range c.heard {
			if age := now.Sub(s.at); s.site == "" && age >= answerWithin && age < probeFor && slices.Contains(s.from, c.bringers[i].by) {
				c.bringers[i].strange = s.at
			}
		}
	}
}
