package bridge

import (
	"crypto/sha256"
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/members"
)

// Arrived decides about a parcel of a site. leads says whether this bridge leads now. It
// keeps p.Data, and so does what is to be sent.
func (c *FrameCarrier) Arrived(now time.Time, p Parcel, leads bool) (v FrameVerdict) {
	t := c.at(now)
	if len(p.Site) > maxName || len(p.Bridge) > maxName || len(p.Data) > frame.MaxSize {
		return FrameVerdict{Why: TooLong}
	}
	h, err := frame.Parse(p.Data)
	if err != nil {
		return FrameVerdict{Why: Forged}
	}
	way, ok := c.crosses(&h)
	name, hash := frame.Name{Stream: h.Stream, Number: h.Number}, c.seen.hash(p.Data)
	switch {
	case !ok:
		return FrameVerdict{Why: Forged}
	case way == stays:
		return FrameVerdict{Why: NotBridged}
	case c.cfg.Trusted != nil && !c.cfg.Trusted(p):
		return FrameVerdict{Why: NotAllowed}
	case p.Earlier:
		return c.earlier(now, p, &h, name, hash, way)
	case p.Site == c.cfg.Site:
		if p.Bridge != c.cfg.Bridge && way == keeps {
			c.seen.add(name, hash) // the other bridge of this site has carried it
		}
		return FrameVerdict{Why: OwnSite}
	}
	if e := c.seen.find(name, hash); e != nil && !(p.Again && way == keeps && t-e.sent >= sentApart && c.here.wants(t, &h, h.Stream.Ref())) {
		return FrameVerdict{Why: Duplicate}
	}
	if c.inbox.waits(p.Site) || !c.inbox.pace.take(t, intoLAN) {
		cut, ok := c.inbox.put(p)
		if !ok {
			return FrameVerdict{Why: Limited}
		}
		c.seen.add(name, hash) // it is not put twice
		for _, p := range cut {
			v.Brought = append(v.Brought, Brought{p, Limited})
		}
		return v
	}
	v.Why = c.bring(now, p, leads, &v)
	return v
}

// earlier takes in a frame of the history.
func (c *FrameCarrier) earlier(now time.Time, p Parcel, h *frame.Header, name frame.Name, hash uint32, way kindOfFrame) FrameVerdict {
	if way != keeps {
		return FrameVerdict{Why: NotBridged}
	}
	if c.open(h) {
		err := c.conv.Load(now, p.Data)
		c.conv.Events()
		if err != nil {
			return FrameVerdict{Why: Forged}
		}
	}
	c.seen.add(name, hash)
	return FrameVerdict{Why: Held}
}

// bring takes a parcel in, and sends it into the LAN.
func (c *FrameCarrier) bring(now time.Time, p Parcel, leads bool, v *FrameVerdict) Why {
	t := c.at(now)
	h, err := frame.Parse(p.Data)
	if err != nil {
		return Forged
	}
	way, _ := c.crosses(&h)
	name, hash := frame.Name{Stream: h.Stream, Number: h.Number}, c.seen.hash(p.Data)
	if c.open(&h) {
		switch c.receive(now, members.Datagram{Data: p.Data, From: addressOf(p.Site)}, true) {
		case members.Taken, members.Repair, members.Again, members.Own:
		case members.Forged, members.BadBody, members.Malformed, members.NotFrame, members.Newer, members.OtherRoom:
			return Forged
		default:
			return Limited
		}
	}
	if way != keeps {
		c.atHome(t, h.Stream, p.Site)
	}
	e := c.seen.add(name, hash)
	if !leads {
		return Standby
	}
	if c.lone && way != keeps && c.open(&h) && !c.conv.Sounds(now, frame.BitBridge) {
		return Nobody
	}
	if way == asksFor {
		c.noteNeed(t, &h, &c.beyond)
		if c.holdsAll(&h) {
			return Answered
		}
	}
	e.sent = t
	e.echo = min(e.echo+1, 8)
	v.Send = append(v.Send, p.Data)
	return Resent
}

// addressOf stands for a site where a datagram has its source: in fd00::/8, which no LAN of
// a site has by chance.
func addressOf(site string) netip.AddrPort {
	hash := sha256.Sum256([]byte(site))
	hash[0] = 0xfd
	return netip.AddrPortFrom(netip.AddrFrom16([16]byte(hash[:16])), Mark)
}
