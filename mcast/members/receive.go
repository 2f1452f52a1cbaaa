package members

import (
	"bytes"
	"errors"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// Receive takes in a datagram that arrived, and says what became of it.
func (c *Conversation) Receive(now time.Time, d Datagram) Outcome {
	t := c.begin(now)
	o := c.receive(t, &d)
	c.counters.Read++
	c.counters.Outcomes[o]++
	c.refill(t)
	return o
}

// receive checks in the order of docs/protocol.md: what costs little comes first, and
// nothing is remembered of what is not verified.
func (c *Conversation) receive(now at, d *Datagram) Outcome {
	h, err := frame.Parse(d.Data)
	switch {
	case err == nil:
	case errors.Is(err, frame.ErrNotFrame):
		return NotFrame
	case errors.Is(err, frame.ErrVersion):
		e := NewerVersion{From: d.From.Addr(), Version: d.Data[3]}
		what := noticeVersion
		if !e.Likely() {
			what = noticeOdd
		}
		if c.limits.tell(now, source(e.From), what) {
			c.emit(e)
		}
		return Newer
	default:
		return Malformed
	}
	known := false
	for _, r := range c.cfg.Rooms {
		known = known || r.Tag() == h.Tag
	}
	if !known {
		e := AnotherRoom{From: d.From.Addr(), Bridge: frame.Marked(d.From), Sealed: h.Tag&1 == 1}
		what := noticeOpen
		if e.Sealed {
			what = noticeSealed
		}
		if c.limits.tell(now, source(e.From), what) {
			c.emit(e)
		}
		return OtherRoom
	}
	if h.Stream == c.self.name {
		return c.own(h, d, now)
	}
	if c.limits.muted(now, person(h.Stream)) {
		return Muted
	}
	x := c.table.byRef[h.Stream.Ref()]
	if x != nil && x.named && x.name != h.Stream {
		return NoRoom
	}
	if x != nil && x.seen(h.Number) {
		c.repeated(x, h.Number, d, now)
		return Again
	}
	f, o := c.verify(h, d, x != nil && x.named, now)
	if f == nil {
		return o
	}
	if x == nil {
		if x = c.add(f.Stream.Ref(), now); x == nil {
			return NoRoom
		}
		if x.seen(h.Number) { // it was forgotten meanwhile
			return Again
		}
	}
	if !x.named {
		x.named, x.name = true, f.Stream
		copy(x.key[:], f.Author)
	}
	o = Taken
	switch frame.SpaceOf(f.Number) {
	case frame.Kept:
		o = c.keep(x, f, d, now)
	case frame.Passing:
		c.passing(x, f, d, now)
	default:
		x.direct.set(f.Number - frame.FirstDirect + 1)
	}
	if c.cfg.Frames != nil {
		c.cfg.Frames(c.latest, f, *d)
	}
	return o
}

// seen reports whether a number was taken in before.
func (x *stream) seen(number uint64) bool {
	switch frame.SpaceOf(number) {
	case frame.Kept:
		return x.kept.has(number)
	case frame.Passing:
		return x.passing.has(number - frame.FirstPassing + 1)
	case frame.Direct:
		return x.direct.has(number - frame.FirstDirect + 1)
	}
	return false // it is refused when its author is known
}

// verify looks at budgets, and then at the frame.
func (c *Conversation) verify(h frame.Header, d *Datagram, known bool, now at) (*frame.Frame, Outcome) {
	if free := c.cfg.Free != nil && c.cfg.Free(d.From.Addr()); !free && !c.limits.source(now, source(d.From.Addr())) || !c.limits.check(now, known) {
		return nil, TooMany
	}
	f, err := c.decode(d.Data)
	switch {
	case err == nil:
		return f, Taken
	case errors.Is(err, frame.ErrBody), errors.Is(err, frame.ErrRange):
		c.limits.bad(now, person(h.Stream))
		return nil, BadBody
	}
	return nil, Forged
}

// repeated takes in what came before: somebody repaired it, if it is that.
func (c *Conversation) repeated(x *stream, number uint64, d *Datagram, now at) {
	if frame.SpaceOf(number) == frame.Passing {
		c.heardBridge(x, d, d.From != x.from || d.IfIndex != x.ifIndex, now)
		return
	}
	it := x.frames[number]
	if it == nil || !bytes.Equal(it.data, d.Data) {
		return
	}
	if it.echo > 0 {
		it.echo-- // a copy of our own
		return
	}
	c.repairs.heard(it, d.From == x.from, now)
}

// own takes in a frame of our own stream: by loopback, or repaired by another, or by
// somebody who has our key and our stream.
func (c *Conversation) own(h frame.Header, d *Datagram, now at) Outcome {
	switch frame.SpaceOf(h.Number) {
	case frame.Kept:
		if it := c.self.frames[h.Number]; it != nil {
			if bytes.Equal(it.data, d.Data) {
				c.repeated(c.self, h.Number, d, now)
				return Own
			}
		} else if h.Number <= c.self.kept.known {
			return Own
		}
	case frame.Passing:
		number := h.Number - frame.FirstPassing + 1
		if _, _, end, ok := c.sent.get(number); ok && end == tail(d.Data) || !ok && number <= c.sent.last {
			c.heardBridge(c.self, d, true, now)
			return Own
		}
	case frame.Direct: // whoever gets one can send it back
		if h.Number-frame.FirstDirect < c.direct {
			return Own
		}
	}
	f, o := c.verify(h, d, true, now)
	if f == nil {
		return o
	}
	c.emit(Cloned{From: d.From.Addr()})
	c.anew(now)
	return Taken
}

// anew begins another stream. The old one is a stranger's from now on.
func (c *Conversation) anew(now at) {
	if c.cfg.Anew == nil {
		c.ended = true
		return
	}
	old := c.self
	old.self = false
	old.passing.raise(c.sent.last)
	old.passing.full()
	c.table.strangers.put(old)
	c.cfg.Author = c.cfg.Anew()
	c.makeSelf(now)
	c.sent, c.direct = sent{}, 0
	c.hellos.now = true
	c.lines = lines{}
	for _, x := range c.table.order {
		x.upTo, x.listed, x.firstListed, x.lostOut, x.ways = 0, 0, 0, -1, [maxWays + 1]at{}
		x.mine = cell{mark: x.round.count}
	}
}
