package bridge

import (
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/members"
)

// Heard decides about a datagram that came on the port of frames. leads says whether this
// bridge led when the kernel received it. Parcels have a copy of its Data.
func (c *FrameCarrier) Heard(now time.Time, d mcast.Datagram, leads bool) FrameVerdict {
	t := c.at(now)
	from := plain(d.From)
	if d.Stray || d.Truncated || d.To.IsValid() && d.To.Unmap().WithZone("") != c.cfg.Group.Addr.Unmap().WithZone("") {
		return FrameVerdict{Why: NotHere}
	}
	h, err := frame.Parse(d.Data)
	if err != nil {
		return FrameVerdict{Why: NotBridged}
	}
	way, ok := c.crosses(&h)
	name, hash := frame.Name{Stream: h.Stream, Number: h.Number}, c.seen.hash(d.Data)
	if from.Port() == Mark {
		return c.heardMarked(now, d, &h, name, hash, way)
	}
	switch {
	case !ok:
		return FrameVerdict{Why: Forged}
	case way == stays:
		return FrameVerdict{Why: NotBridged}
	}
	if c.open(&h) {
		if why := c.heardOpen(now, d, from, &h); why != "" {
			return FrameVerdict{Why: why}
		}
	}
	if way != keeps {
		c.atHome(t, h.Stream, "")
	}
	switch {
	case !leads:
		return FrameVerdict{Why: Standby}
	case way != keeps && ageOf(now, d) > lateAfter:
		return FrameVerdict{Why: Late}
	}
	return c.carry(t, d, from.Addr(), &h, name, hash, way)
}

// heardMarked decides about what a bridge sent: this one, or another one, of which it is
// heard what a bridge as a member would hear.
func (c *FrameCarrier) heardMarked(now time.Time, d mcast.Datagram, h *frame.Header, name frame.Name, hash uint32, way kindOfFrame) FrameVerdict {
	if e := c.seen.find(name, hash); e != nil && e.echo > 0 {
		e.echo--
		return FrameVerdict{Why: Own}
	}
	c.other = c.at(now)
	if way == stays && h.Kind != frame.KindSites {
		return FrameVerdict{Why: Marked}
	}
	taken := true
	if c.open(h) {
		switch c.receive(now, datagramOf(now, d), false) {
		case members.Taken, members.Repair, members.Again:
		default:
			taken = false
		}
	}
	if taken && way != stays {
		c.seen.add(name, hash).sent = c.at(now) // it is in the LAN
	}
	return FrameVerdict{Why: Marked}
}

// heardOpen takes a frame of the open room in. It returns why it is not carried; "": it may
// be.
func (c *FrameCarrier) heardOpen(now time.Time, d mcast.Datagram, from netip.AddrPort, h *frame.Header) Why {
	switch c.receive(now, datagramOf(now, d), false) {
	case members.Taken, members.Repair:
		if c.taken == nil {
			return Own // somebody has the key, and the stream is another one now
		}
		if b, ok := c.taken.Body.(*frame.Text); ok {
			c.relays.said(c.at(now), from, b.Text)
		}
	case members.Again:
		if frame.SpaceOf(h.Number) != frame.Kept {
			return Duplicate
		}
		if string(c.conv.Frame(h.Stream.Ref(), h.Number)) != string(d.Data) {
			return Duplicate // what is not held cannot be compared
		}
	case members.Own:
		if frame.SpaceOf(h.Number) != frame.Kept {
			return Own
		}
	case members.Forged, members.BadBody, members.Malformed, members.NotFrame, members.Newer, members.OtherRoom:
		return Forged
	default:
		return Limited
	}
	return ""
}

// datagramOf is a datagram as a member takes it.
func datagramOf(now time.Time, d mcast.Datagram) members.Datagram {
	return members.Datagram{Data: d.Data, From: plain(d.From), IfIndex: d.IfIndex, Age: ageOf(now, d)}
}

// ageOf is how long it waited to be read.
func ageOf(now time.Time, d mcast.Datagram) time.Duration {
	if d.At.IsZero() {
		return 0
	}
	return max(0, now.Sub(d.At))
}

// carry decides about a frame that may cross.
func (c *FrameCarrier) carry(now since, d mcast.Datagram, from netip.Addr, h *frame.Header, name frame.Name, hash uint32, way kindOfFrame) FrameVerdict {
	ref := h.Stream.Ref()
	if e := c.seen.find(name, hash); e != nil {
		if way == keeps && c.againTo(now, h, ref, e) {
			return FrameVerdict{Why: Carried, Pass: []Parcel{c.parcel(d.Data, false, true)}}
		}
		return FrameVerdict{Why: Duplicate}
	}
	if way == asksFor {
		c.noteNeed(now, h, &c.here)
		if c.holdsAll(h) || h.Tag&1 == 1 && c.here.first(now, h.Stream) {
			return FrameVerdict{Why: Answered}
		}
	}
	if !c.budget.allows(now, h.Stream, from, way == keeps) {
		return FrameVerdict{Why: Limited}
	}
	c.seen.add(name, hash)
	if way == keeps {
		return FrameVerdict{Why: Carried, Keep: []Parcel{c.parcel(d.Data, true, false)}}
	}
	return FrameVerdict{Why: Carried, Pass: []Parcel{c.parcel(d.Data, false, false)}}
}

// noteNeed takes in what the last datagram asks for.
func (c *FrameCarrier) noteNeed(now since, h *frame.Header, by *asked) {
	if h.Tag&1 == 1 {
		by.room(now, h.Tag)
	} else if need := c.need(); need != nil {
		by.need(now, need)
	}
}

// need is what the last datagram asks for; nil: nothing.
func (c *FrameCarrier) need() *frame.Need {
	if c.taken == nil {
		return nil
	}
	need, _ := c.taken.Body.(*frame.Need)
	return need
}

// holdsAll reports whether this bridge answers the NEED that was the last datagram.
func (c *FrameCarrier) holdsAll(h *frame.Header) bool {
	need := c.need()
	if h.Tag&1 == 1 || need == nil {
		return false
	}
	for n := range eachNeeded(need) {
		if c.conv.Frame(n.ref, n.number) == nil {
			return false
		}
	}
	return true
}
