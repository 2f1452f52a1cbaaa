package bridge

import (
	"net/netip"
	"time"
)

const (
	maxStrangers = 64
	maxFriends   = 256
	answerWithin = 2 * time.Second // a bridge of this hub has answered a probe by then
)

// stranger is an address in this LAN that sends from Mark.
type stranger struct {
	at    time.Time // last seen
	asked time.Time // a probe was sent
	told  bool      // nobody answered, and that was said
}

// friend is the address of a bridge of this hub.
type friend struct {
	at   time.Time
	site string
}

// strangers is the part of a [Carrier] that finds bridges which the sites do not know.
type strangers struct {
	seen    map[netip.Addr]stranger
	friends map[netip.Addr]friend
}

// heardMarked decides about a datagram that another bridge sent into this LAN. A standby
// hears its leader so, and asks nobody.
func (c *Carrier) heardMarked(now time.Time, from netip.Addr, asks bool) Verdict {
	v := Verdict{Why: Marked}
	s, ok := c.seen[from]
	if !ok {
		if len(c.seen) >= maxStrangers {
			dropOldest(c.seen, func(s stranger) time.Time { return s.at })
		}
		if !asks || c.friends[from].site == c.cfg.Site {
			s.asked, s.told = now, true
		}
	}
	s.at = now
	c.seen[from] = s
	if s.asked.IsZero() && c.mayProbe(now, probeEvery) {
		c.probe(now, &v)
	}
	return v
}

// Met takes the address of a bridge, on its LAN, that the Link has told of.
func (c *Carrier) Met(now time.Time, site string, addr netip.Addr) {
	addr = addr.Unmap().WithZone("")
	if !addr.IsValid() || addr.IsUnspecified() || len(site) > maxName {
		return
	}
	if _, ok := c.friends[addr]; !ok && len(c.friends) >= maxFriends {
		dropOldest(c.friends, func(f friend) time.Time { return f.at })
	}
	c.friends[addr] = friend{now, site}
}

// unasked is true if a probe is to be sent for a stranger.
func (c *Carrier) unasked() bool {
	for _, s := range c.seen {
		if s.asked.IsZero() {
			return true
		}
	}
	return false
}

// ask notes that a probe was sent, which all strangers hear that are bridges of this hub.
// It returns one of them, or else this bridge's own address: one of another LAN, whose
// datagrams a router brings, does not hear it, and is asked to probe itself.
func (c *Carrier) ask(at time.Time) netip.Addr {
	who := c.addr()
	for a, s := range c.seen {
		if s.asked.IsZero() {
			s.asked = at
			c.seen[a] = s
			who = a
		}
	}
	return who
}

// findSecondHub tells of strangers that have not answered.
func (c *Carrier) findSecondHub(now time.Time) []Finding {
	f := Finding{Name: SecondHub, Site: c.cfg.Site}
	for a, s := range c.seen {
		if s.told || s.asked.IsZero() || now.Sub(s.asked) < answerWithin {
			continue
		}
		s.told = true
		c.seen[a] = s
		if _, ok := c.friends[a]; ok {
			continue
		}
		f.Count++
		if !f.From.IsValid() || a.Less(f.From.Addr()) {
			f.From = netip.AddrPortFrom(a, Mark)
		}
	}
	if f.Count == 0 {
		return nil
	}
	return []Finding{f}
}
