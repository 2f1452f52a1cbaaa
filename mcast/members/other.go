package members

import (
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// Other is what is known of another stream and of the ways between us.
type Other struct {
	Member
	Stream  frame.Stream
	Lately  bool  // its HELLOs came lately
	HearsBy []int // indexes of our interfaces that it heard us by lately, as it says; 0: the kernel chose it
}

// Other is what is known of a stream; false: nothing is, or it is our own.
func (c *Conversation) Other(now time.Time, ref frame.Ref) (Other, bool) {
	t := c.at(now)
	x := c.table.byRef[ref]
	if x == nil || x.self || !x.named {
		return Other{}, false
	}
	o := Other{Member: c.member(x, t), Stream: x.name, Lately: x.helloAt != 0 && x.left == 0 && t-x.helloAt <= c.quietTime()}
	for slot, index := range c.ways.slots {
		if x.ways[slot] != 0 && t-x.ways[slot] <= c.quietTime() && (slot == 0 || index != 0) {
			o.HearsBy = append(o.HearsBy, index)
		}
	}
	return o, true
}

// SetBits changes what our HELLOs say that we do.
func (c *Conversation) SetBits(now time.Time, bits frame.Bits, on bool) {
	t := c.begin(now)
	was := c.cfg.Bits
	c.cfg.Bits &^= bits
	if on {
		c.cfg.Bits |= bits
	}
	if c.cfg.Bits != was && !c.ended {
		c.hellos.trigger(c, t)
	}
}

// Stream is the own stream. It changes as Self does.
func (c *Conversation) Stream() frame.Stream { return c.self.name }

// WayOf is the interface for an answer to what came by one; 0: the one that sends leave
// by, or it is not known.
func (c *Conversation) WayOf(ifIndex int) int { return c.wayOf(ifIndex) }
