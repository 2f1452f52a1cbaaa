package members

import (
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// What one needs that is a member for others: a bridge.

// SetSilent says whether nothing is sent for now: others speak for it. Everything received is
// taken in all the same. One that begins to speak sends its HELLO soon.
func (c *Conversation) SetSilent(now time.Time, silent bool) {
	t := c.begin(now)
	if silent == c.silent {
		return
	}
	c.silent = silent
	if c.silent {
		c.hush(t)
		return
	}
	c.hellos.begun, c.hellos.now = false, false
	c.hellos.first = t + firstLeast + c.within(firstMost-firstLeast)
	c.next = 0
}

// hush drops what was to be sent.
func (c *Conversation) hush(now at) {
	for len(c.repairs.queue) > 0 {
		c.repairs.cancel(c.repairs.queue[0])
	}
	c.outs = nil
	c.expire(now)
}

// Frame is the kept frame of a name, as it was received; nil: it is not held.
func (c *Conversation) Frame(ref frame.Ref, number uint64) []byte {
	x := c.table.byRef[ref]
	if x == nil || x.frames[number] == nil {
		return nil
	}
	return x.frames[number].data
}

// Aside queues a passing frame that does not go everywhere where the others go: the next HELLO says
// to the members that miss it that it is not lost. The error is that of Pass.
func (c *Conversation) Aside(now time.Time, b frame.Body) error {
	if err := c.Pass(now, b); err != nil {
		return err
	}
	c.notEverywhere()
	return nil
}

// notEverywhere says of the last passing frame that it does not go where others go.
func (c *Conversation) notEverywhere() { c.sent.ring[c.sent.last%Window].slot = -1 }

// Sounds reports whether a HELLO came lately from a stream that has none of the bits and
// did not say that it leaves. It may be a recording.
func (c *Conversation) Sounds(now time.Time, but frame.Bits) bool {
	t, gone := c.at(now), c.goneTime()
	for _, l := range []*list{&c.table.fresh, &c.table.strangers} {
		for x := l.last; x != nil; x = x.prev {
			if x.helloAt != 0 && t-x.helloAt <= gone && x.left == 0 && x.bits&but == 0 {
				return true
			}
		}
	}
	return false
}
