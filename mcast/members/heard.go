package members

import (
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// passing takes in a passing frame.
func (c *Conversation) passing(x *stream, f *frame.Frame, d *Datagram, now at) {
	number := f.Number - frame.FirstPassing + 1
	gone := c.goneTime()
	first := x.heardAt == 0
	x.passing.set(number)
	c.heardBridge(x, d, false, now)
	latest := number > x.loss.high || first
	x.loss.heard(number)
	if first {
		x.in.heard++
	}
	if !frame.Marked(d.From) {
		x.nearAt = now
	}
	if latest {
		if x.heardAt = now; x.nearAt == now || x.nearAt == 0 || now-x.nearAt > c.quietTime() {
			x.from, x.ifIndex = d.From, d.IfIndex // a bridge brings what was heard here, too, where this host or that one is on two LANs
		}
		x.mark(now, gone)
	}
	if x.in == &c.table.strangers {
		c.table.strangers.put(x)
	}
	if first {
		c.table.changed(x)
		c.hellos.trigger(c, now)
	}
	switch b := f.Body.(type) {
	case *frame.Hello:
		c.hellos.count(now)
		x.loss.elsewhere(number, b.Elsewhere)
		if number > x.hello {
			x.hello = number
			c.heardHello(x, f, b, d, now, gone)
		}
	case *frame.Sites:
		c.heardSites(x, b, d, now)
	case *frame.Need:
		c.asked(x, b, d.IfIndex, now)
	}
}

// heardHello takes in the latest HELLO of a stream.
func (c *Conversation) heardHello(x *stream, f *frame.Frame, b *frame.Hello, d *Datagram, now, gone at) {
	c.saysBits(x, b.Bits)
	x.helloAt, x.wall = now, b.Time
	x.hellos++
	was := x.nick
	x.nick = b.Nick
	x.sends = ""
	if len(b.Interfaces) > 0 {
		x.sends = b.Interfaces[0]
	}
	if now >= c.judge || c.judged == 0 { // else it may have waited while we were stopped
		off := time.Duration(int64(b.Time)-c.wall(now-max(0, d.Age)).UnixMilli()) * time.Millisecond
		if x.off = 0; off > 5*time.Second || off < -5*time.Second {
			x.off = off
		}
	}
	if b.Leaving {
		x.left = x.hello
		c.digest(x, b, len(f.Bytes), d, now, gone)
		c.went(x, true)
		c.table.changed(x)
		return
	}
	if x.left != 0 { // it says no more that it leaves: it had not meant it
		x.left = 0
	}
	proven := c.proves(x, b.Digest, now, gone)
	if proven {
		c.proved(x, now)
	}
	if x.in == &c.table.fresh {
		c.speakers.heard(x, d.From, b.PlainPort)
		if was != x.nick && was != "" && x.freshAt != now {
			x.nick = was
			before := c.who(x)
			x.nick = b.Nick
			c.pin(x)
			c.emit(Renamed{Who: c.who(x), Was: before.String()})
			if x.clash {
				c.emit(Clash{Who: c.who(x), Pinned: x.pinned, Both: x.both})
			}
		}
		if x.off != 0 && !x.offTold {
			x.offTold = true
			c.emit(ClockOff{Who: c.who(x), By: x.off})
		}
	}
	c.digest(x, b, len(f.Bytes), d, now, gone)
}

// saysBits takes in what a stream says that it can do.
func (c *Conversation) saysBits(x *stream, bits frame.Bits) {
	was := bridges(x)
	x.bits = bits
	if was != bridges(x) {
		c.noBridge(x)
	}
}

// talks takes in that a stream has said a line.
func (c *Conversation) talks(x *stream) {
	was := bridges(x)
	x.talked = true
	if was {
		c.noBridge(x)
	}
}

// noBridge takes in that a stream is no bridge any more, or is one now: who hears lines and
// whose a nickname is are judged anew.
func (c *Conversation) noBridge(x *stream) {
	c.table.version++
	if !x.fresh(c) || bridges(x) {
		return
	}
	if c.pin(x); x.clash {
		c.emit(Clash{Who: c.who(x), Pinned: x.pinned, Both: x.both})
	}
}

// digest takes in what a stream says that it has and hears.
func (c *Conversation) digest(x *stream, b *frame.Hello, size int, d *Datagram, now, gone at) {
	t := &c.table
	member := x.in == &t.fresh
	if member && b.Heard > uint64(c.told) {
		c.told = int(min(b.Heard+1, MaxMembers))
	}
	// The interfaces may be in another order each time.
	var by [8]int8
	for i := range by {
		by[i] = -1
	}
	for i, name := range b.Interfaces {
		by[i] = x.interfaceOf(name)
	}
	var row []cell
	if x.slot >= 0 {
		row = c.matrix.rows[x.slot]
	}
	goneMillis := uint64(gone / time.Millisecond)
	x.tellsRound(b, size)
	x.mine.upTo = c.sent.until(now - max(0, d.Age))
	if x.mine.upTo == 0 {
		x.mine.mark = x.round.count // what it told before we said anything says nothing of us
	}
	for l := range row {
		if y := c.matrix.slots[l]; y != nil {
			row[l].upTo = y.loss.high
		}
	}
	for i := range b.Digest {
		e := &b.Digest[i]
		y := t.byRef[e.Ref]
		if y == x {
			c.ownEntry(x, e, d, now)
			continue
		}
		top := e.AllUpTo + e.Ahead
		if y == nil {
			if !member || top == 0 {
				continue
			}
			if y = c.add(e.Ref, now); y == nil {
				continue
			}
			t.changed(y)
		}
		heard := e.Passing != 0 && e.Ago <= goneMillis
		if y.self {
			if heard {
				x.mine = cell{at: now, mark: x.round.count, from: e.Passing, upTo: x.mine.upTo, lost: int16(e.Lost), by: by[e.Interface&7]}
			}
			c.namesUs(x, e, now-max(0, d.Age))
			continue
		}
		if heard && row != nil && y.slot >= 0 {
			row[y.slot] = cell{at: now, mark: x.round.count, from: e.Passing, upTo: y.loss.high, lost: int16(e.Lost), by: by[e.Interface&7]}
		}
		if member {
			c.claim(y, e, top, d, now)
		}
	}
	if b.Heard > 0 && member && b.Heard == uint64(t.fresh.n) {
		sum := t.sum
		for i := range sum {
			sum[i] ^= x.ref[i] ^ c.self.ref[i]
		}
		if sum == b.RowSum {
			x.round.sumAt, x.round.sumMark = now, x.round.count
		}
	}
}

// maxEntry is how long an entry of a digest can be, in bytes.
const maxEntry = 48

// tellsRound counts how much of its digest a member has told. A frame in which another
// entry would have found room has all.
func (x *stream) tellsRound(b *frame.Hello, size int) {
	told := uint64(0)
	for i := range b.Digest {
		if b.Digest[i].Passing != 0 {
			told++
		}
	}
	if told >= b.Heard && size+maxEntry <= frame.MaxSize && len(b.Digest) < maxDigest {
		x.round.count += uint32(500 * x.rounds()) // two of them are enough, whatever is lost
		return
	}
	// The other half may be what is new, again and again.
	x.round.count += uint32(1000 * (told / 2) / max(b.Heard, told+1))
}

// interfaceOf is where the name of an interface is remembered.
func (x *stream) interfaceOf(name string) int8 {
	for i, n := range x.interfaces {
		if n == name {
			return int8(i)
		}
	}
	if len(x.interfaces) >= 2*maxWays {
		return -1
	}
	x.interfaces = append(x.interfaces, name)
	return int8(len(x.interfaces) - 1)
}

// ownEntry takes in what a stream says of itself: it is proof.
func (c *Conversation) ownEntry(x *stream, e *frame.Entry, d *Datagram, now at) {
	k := &x.kept
	n := e.AllUpTo + e.Ahead
	if k.refuted(n) {
		c.unlearn(x)
	}
	if !k.begun {
		k.begun, k.first = true, n
	}
	if n > k.known {
		lost := k.know(n)
		c.lost(x, lost)
		if lost > 0 {
			c.needs.passed(x)
		}
		c.table.changed(x)
		c.gap(x, d.IfIndex, now)
	}
	k.begin()
}

// claim takes in what a member says of another's kept frames.
func (c *Conversation) claim(y *stream, e *frame.Entry, top uint64, d *Datagram, now at) {
	k := &y.kept
	if e.AllUpTo > k.low && e.AllUpTo >= k.listed {
		k.listed, k.listedAt = e.AllUpTo, now
	}
	if top == 0 {
		return
	}
	first := !k.vouched
	k.vouched = true
	if !k.begun {
		k.begun, k.first = true, top
	}
	if k.refused != 0 && now-k.refusedAt >= refusedTime {
		k.refused = 0 // who has them may have been cut off
	}
	if top > k.known && top > k.refused && top > k.claimed {
		k.claimed = min(top, max(k.known, k.first)+Window)
		c.gap(y, d.IfIndex, now)
	} else if first {
		c.gap(y, d.IfIndex, now)
	}
}

// namesUs takes in what a stream says that it hears of us.
func (c *Conversation) namesUs(x *stream, e *frame.Entry, now at) {
	if e.AllUpTo > x.upTo && e.AllUpTo <= c.self.kept.known {
		x.upTo = e.AllUpTo
		c.lines.changed(c)
	}
	if e.Passing == 0 {
		x.lostOut, x.firstListed = -1, 0
		return
	}
	if x.firstListed == 0 {
		x.firstListed = e.Passing
	}
	if x.lostOut = -1; e.Passing >= x.firstListed+leastCounted-1 { // of fewer a digest tells 0
		x.lostOut = int(e.Lost)
	}
	when, slot, _, ok := c.sent.get(e.Passing)
	if !ok {
		return
	}
	x.listed = e.Passing
	if slot >= 0 {
		x.ways[slot] = when
	}
	trip := now - when - at(e.Ago)*time.Millisecond
	x.trip = max(trip, time.Millisecond)
}
