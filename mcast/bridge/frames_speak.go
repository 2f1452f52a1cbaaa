package bridge

import (
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/members"
)

// Leave says that this bridge ends, if it speaks. Nothing is said after it.
func (c *FrameCarrier) Leave(now time.Time) (v FrameVerdict) {
	t := c.at(now)
	if c.silent {
		return v
	}
	c.speak(t, c.conv.Leave(now), &v)
	return v
}

// speak sends the bridge's own frames, and the repairs that it makes.
func (c *FrameCarrier) speak(now since, outs []members.Out, v *FrameVerdict) {
	for _, o := range outs {
		h, err := frame.Parse(o.Data)
		if err != nil {
			continue
		}
		name, hash := frame.Name{Stream: h.Stream, Number: h.Number}, c.seen.hash(o.Data)
		way, _ := c.crosses(&h)
		into := !c.lone
		switch e := c.seen.find(name, hash); {
		case way == stays:
		case way != keeps:
			v.Pass = append(v.Pass, c.parcel(o.Data, false, false))
		case e == nil:
			v.Keep = append(v.Keep, c.parcel(o.Data, true, false))
		default:
			ref := h.Stream.Ref()
			if into = into && (!c.beyond.wants(now, &h, ref) || c.here.wants(now, &h, ref)); c.againTo(now, &h, ref, e) {
				v.Pass = append(v.Pass, c.parcel(o.Data, false, true))
			}
		}
		if into {
			v.Send = append(v.Send, o.Data)
		}
		c.sent(now, name, hash, into)
	}
}

// sent remembers a frame that is sent into the LAN, or only to others.
func (c *FrameCarrier) sent(now since, name frame.Name, hash uint32, into bool) {
	e := c.seen.add(name, hash)
	if into {
		e.sent = now
		e.echo = min(e.echo+1, 8)
	}
}

// againTo reports whether a frame that crossed is to be passed once more, because other
// sites asked for it.
func (c *FrameCarrier) againTo(now since, h *frame.Header, ref frame.Ref, e *seenFrame) bool {
	if !c.beyond.wants(now, h, ref) || e.again != 0 && now-e.again < againApart {
		return false
	}
	if h.Tag&1 == 1 && e.again != 0 && now-e.again < askedFor {
		return false // who asked cannot be told: once is enough
	}
	if !c.budget.again.take(now, againRate) {
		return false
	}
	e.again = now
	c.beyond.numbers.Delete(askedNumber{ref, h.Number})
	return true
}
