package members

import (
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// baseline is a passing number of the stream that was heard before the gone time, or
// none: what names a higher one is no recording.
func (x *stream) baseline() uint64 { return x.marks[0].high }

// mark remembers the highest passing number from time to time.
func (x *stream) mark(now, gone at) {
	if now-x.marks[2].at < gone/2 {
		return
	}
	x.marks[0], x.marks[1], x.marks[2] = x.marks[1], x.marks[2], mark{now, x.loss.high}
}

// proves reports whether a digest names something that was sent or first heard lately:
// what is played again from a recording names old numbers only.
func (c *Conversation) proves(x *stream, digest []frame.Entry, now, gone at) bool {
	for i := range digest {
		e := &digest[i]
		if e.Passing == 0 {
			continue
		}
		y := c.table.byRef[e.Ref]
		switch {
		case y == nil || y == x:
		case y.self:
			if when, _, _, ok := c.sent.get(e.Passing); ok && now-when <= gone {
				return true
			}
		case y.in == &c.table.fresh && e.Passing > y.baseline():
			return true
		}
	}
	return false
}

// proved takes in that a HELLO is no recording.
func (c *Conversation) proved(x *stream, now at) {
	t := &c.table
	if x.in == &t.fresh {
		x.proof = now
		t.fresh.put(x)
		return
	}
	if t.fresh.n >= MaxMembers-1 {
		x.over = now
		return
	}
	back := x.wasMember
	x.proof, x.freshAt, x.wasMember, x.over = now, now, true, 0
	t.fresh.put(x)
	c.flip(x)
	c.giveSlot(x)
	if back {
		x.mine = cell{mark: x.round.count, from: c.sent.last}
	}
	c.placeOf(x, now)
	first := c.pin(x)
	c.emit(Joined{Who: c.who(x), New: first && !back, Back: back})
	if x.clash {
		c.emit(Clash{Who: c.who(x), Pinned: x.pinned, Both: x.both})
	}
	if back {
		c.hellos.trigger(c, now)
	}
	c.gap(x, x.ifIndex, now)
}

// flip adds a stream to the sum of members, or takes it away.
func (c *Conversation) flip(x *stream) {
	for i := range x.ref {
		c.table.sum[i] ^= x.ref[i]
	}
	c.table.version++
}

// pin looks up whom a nickname belongs to, and reports whether it was not known.
func (c *Conversation) pin(x *stream) (first bool) {
	x.clash, x.both, x.pinned = false, false, ""
	if bridges(x) {
		return false // several at a site have its name
	}
	if c.cfg.Pins == nil || x.nick == "" || !x.named {
		return c.cfg.Pins == nil && x.named
	}
	if x.nick == c.cfg.Nick && x.key != c.cfg.Author.Public() {
		x.clash, x.both, x.pinned = true, true, frame.Fingerprint(c.cfg.Author.Public())
		return false
	}
	if x.bits&(frame.BitBrief|frame.BitHostName) != 0 {
		if pinned, ok := c.cfg.Pins.Pinned(x.nick); ok {
			x.clash, x.pinned = pinned != x.key, frame.Fingerprint(pinned)
		} else if other := c.namesake(x, x.nick); other != nil {
			x.clash, x.both, x.pinned = true, true, frame.Fingerprint(other.key)
		}
		return !x.clash
	}
	pinned, first := c.cfg.Pins.Pin(x.nick, x.key)
	if x.clash = pinned != x.key; x.clash {
		x.pinned = frame.Fingerprint(pinned)
	}
	return first
}

// pretends reports whether one who is no member goes by a nickname that is known to be
// another's. Nothing is pinned for it: whoever signs a HELLO could take any name so.
func (c *Conversation) pretends(x *stream, nick string) bool {
	if nick == "" || !x.named {
		return false
	}
	if nick == c.cfg.Nick && x.key != c.cfg.Author.Public() {
		return true
	}
	if c.cfg.Pins != nil {
		if pinned, ok := c.cfg.Pins.Pinned(nick); ok {
			return pinned != x.key
		}
	}
	return c.namesake(x, nick) != nil
}

// namesake is another member of a nickname with another key that is not told apart
// yet; nil: there is none.
func (c *Conversation) namesake(x *stream, nick string) *stream {
	for y := c.table.fresh.first; y != nil; y = y.next {
		if y != x && y.named && !y.clash && !bridges(y) && y.nick == nick && y.key != x.key {
			return y
		}
	}
	return nil
}

// placeOf numbers the streams of one key: "ada", "ada #2".
func (c *Conversation) placeOf(x *stream, now at) {
	t := &c.table
	id := person(x.name)
	x.younger, x.place = nil, 0
	list := c.people(id)
	if len(list) > 0 {
		x.place = freePlace(list)
		c.doubles = now
		if o := list[0]; len(list) == 1 && now-time.Hour < 5*time.Second && o.place == 0 && x.loss.high > c.passed(o) {
			// We came when both were there: the one that has sent more is the first one.
			o.place, x.place = x.place, 0
		}
	}
	if head := t.people[id]; head == nil {
		t.people[id] = x
	} else {
		for head.younger != nil {
			head = head.younger
		}
		head.younger = x
	}
}

// people is the fresh streams of a key, ourselves among them.
func (c *Conversation) people(id uint64) (list []*stream) {
	if id == person(c.self.name) {
		list = append(list, c.self)
	}
	for y := c.table.people[id]; y != nil; y = y.younger {
		list = append(list, y)
	}
	return list
}

func (c *Conversation) passed(x *stream) uint64 {
	if x.self {
		return c.sent.last
	}
	return x.loss.high
}

// freePlace is 0, or the least from 2 on that none of them has.
func freePlace(list []*stream) int {
	var taken [MaxMembers + 2]bool
	taken[1] = true
	for _, y := range list {
		taken[y.place] = true
	}
	return slices.Index(taken[:], false)
}

// went takes in that a member is gone.
func (c *Conversation) went(x *stream, said bool) {
	t := &c.table
	if x.in != &t.fresh {
		return
	}
	who := c.who(x)
	names := map[*stream]string{}
	for _, y := range c.people(person(x.name)) {
		names[y] = c.who(y).String()
	}
	t.gone.put(x)
	c.flip(x)
	c.freeSlot(x)
	c.speakers.forget(x)
	id := person(x.name)
	if t.people[id] == x {
		if t.people[id] = x.younger; x.younger == nil {
			delete(t.people, id)
		}
	} else {
		for y := t.people[id]; y != nil; y = y.younger {
			if y.younger == x {
				y.younger = x.younger
			}
		}
	}
	x.younger = nil
	c.emit(Left{Who: who, Said: said})
	if list := c.people(id); len(list) == 1 && list[0].place != 0 {
		was := names[list[0]]
		list[0].place = 0
		if now := c.who(list[0]); !now.Self && now.String() != was {
			c.emit(Renamed{Who: now, Was: was})
		}
	}
	c.lines.changed(c)
}

// expire judges who is gone.
func (c *Conversation) expire(now at) {
	if now < c.judge {
		return
	}
	t := &c.table
	for x := t.fresh.first; x != nil && now-x.proof > c.goneTime(); x = t.fresh.first {
		c.went(x, false)
	}
	if c.doubles <= now {
		c.expireOld(now)
	}
}

// expireOld judges who is the old one of two streams of one key: the one that is silent
// since the other was heard, if the other's clock is ahead of it. A program that was
// killed and began anew is gone sooner like that.
func (c *Conversation) expireOld(now at) {
	c.doubles = forever
	latest := map[uint64]*stream{person(c.self.name): c.self}
	for x := c.table.fresh.first; x != nil; x = x.next {
		id := person(x.name)
		if y := latest[id]; y == nil || !y.self && y.helloAt < x.helloAt {
			latest[id] = x
		}
	}
	quiet := c.quietTime()
	for x := c.table.fresh.first; x != nil; {
		next := x.next
		if y := latest[person(x.name)]; y != x && (y.self || y.wall > x.wall) {
			if now-x.helloAt >= quiet {
				c.went(x, false)
			} else {
				c.doubles = min(c.doubles, x.helloAt+quiet)
			}
		}
		x = next
	}
	if c.doubles != forever {
		c.doubles = max(c.doubles, now+time.Second)
	}
}

// presence is what is known of a stream.
func (c *Conversation) presence(x *stream, now at) Presence {
	if now < c.judge && c.judged != 0 {
		now = c.judged // as it was
	}
	switch {
	case x.in == &c.table.gone || x.left != 0:
		return Gone
	case now-x.helloAt > c.quietTime():
		return Quiet
	}
	switch c.hears(x, &x.mine, c.self, now) {
	case HearsIt:
		return Live
	case HearsNot:
		return OneWay
	}
	return NotKnown
}
