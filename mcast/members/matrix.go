package members

import (
	"math"
)

// MaxRows is how many members the matrix has at most.
const MaxRows = 64

// cell is what a member says that it hears of another.
type cell struct {
	at   at     // that it named it last; 0: never
	mark uint32 // round.count then, or when one of the two came
	from uint64 // the passing number that it named, or that was the last one then
	upTo uint64 // the last one when it sent its last digest
	lost int16  // per mille
	by   int8   // index in stream.interfaces; -1: not known
}

// round is how much of its digest a member was seen to tell.
type round struct {
	count   uint32 // of rounds, in thousandths, at least
	sumAt   at     // that its row sum said that it hears all
	sumMark uint32 // count then
}

// matrix has cells for up to [MaxRows] members, by their slots: the first is ourselves.
type matrix struct {
	slots [MaxRows]*stream
	rows  [MaxRows][]cell // by who hears, then by who speaks

	poolAt at // that pool is of
	pool   float64
}

// giveSlot gives a member a place in the matrix, if there is one.
func (c *Conversation) giveSlot(x *stream) {
	m := &c.matrix
	for s, taken := range m.slots {
		if taken != nil {
			continue
		}
		m.slots[s], x.slot = x, s
		m.rows[s] = make([]cell, MaxRows)
		for l, y := range m.slots {
			if y == nil {
				continue
			}
			m.rows[s][l] = cell{mark: x.round.count, from: y.loss.high, by: -1}
			m.rows[l][s] = cell{mark: y.round.count, from: x.loss.high, by: -1}
		}
		return
	}
}

// freeSlot takes it back, and gives it to one that has none.
func (c *Conversation) freeSlot(x *stream) {
	if x.slot < 0 {
		return
	}
	c.matrix.slots[x.slot], c.matrix.rows[x.slot] = nil, nil
	x.slot = -1
	for y := c.table.fresh.first; y != nil; y = y.next {
		if y.slot < 0 {
			c.giveSlot(y)
			return
		}
	}
}

// hears is whether x hears y, by the cell of the two. Silence about y says something
// only when two rounds of what x hears went by without y, when y had sent so much that
// it was not just lost, and when x had the time to tell: two intervals since both were
// there. Who has just begun lists nobody yet.
func (c *Conversation) hears(x *stream, e *cell, y *stream, now at) Hears {
	r := &x.round
	at, mark := e.at, e.mark
	since := y.freshAt
	if y.self {
		since = c.hellos.sent
	}
	if r.sumAt > at && r.sumAt >= since {
		at, mark = r.sumAt, r.sumMark
	}
	if now-x.helloAt > c.goneTime() {
		return HearsNotKnown
	}
	if uint64(r.count-mark) >= 1000*x.rounds() && now-c.together(x, y, at) >= 2*c.interval() {
		least := max(x.surely(), c.matrix.usually(c, now))
		if !y.self {
			least = max(least, y.surely())
		}
		if e.upTo > e.from && float64(e.upTo-e.from) >= least {
			return HearsNot
		}
	}
	if at == 0 || now-at > c.goneTime() {
		return HearsNotKnown
	}
	return HearsIt
}

// together is since when x could have told that it hears y: it said so last then, or
// both are there since.
func (c *Conversation) together(x, y *stream, told at) at {
	begun := y.since
	switch {
	case y.self && c.hellos.sent == 0:
		return c.now
	case y.self:
		begun = max(c.hellos.sent, c.hellos.failed)
	case y.freshAt != 0:
		begun = y.freshAt
	}
	return max(told, begun, x.since, x.freshAt)
}

// rounds is how many rounds of its digest make silence about somebody mean something:
// two, and more when some of its frames are lost on their way here, so that it is an
// error in a hundred at most.
func (x *stream) rounds() uint64 {
	p := float64(x.loss.perMille()) / 1000
	if p <= 0.1 {
		return 2
	}
	return uint64(math.Ceil(min(64, math.Log(0.01)/math.Log(min(p, 0.99)))))
}

// surely is how many frames in a row are hardly lost, if as many are lost as of what
// comes from x: four where none are.
func (x *stream) surely() float64 {
	missed, all := x.loss.counts()
	if missed == 0 {
		return leastMissed
	}
	return max(leastMissed, inARow(1e-6, missed+1, all+3))
}

const leastMissed = 4

// inARow is how many frames in a row are lost with a probability.
func inARow(p float64, missed, all int) float64 {
	return math.Log(p) / math.Log(float64(missed)/float64(all))
}

// usually is the same for what comes from all members: who has not sent much may
// have lost nothing by chance.
func (m *matrix) usually(c *Conversation, now at) float64 {
	if m.poolAt == now {
		return m.pool
	}
	m.poolAt, m.pool = now, 0
	missed, all := 0, 0
	for x := c.table.fresh.first; x != nil; x = x.next {
		n, of := x.loss.counts()
		missed, all = missed+n, all+max(of-1, 0) // the first and the last one came in any case
	}
	if missed > 0 {
		m.pool = inARow(1e-7, missed+1, all+2)
	}
	return m.pool
}

// row is what all of the listed hear of y.
func (c *Conversation) row(y *stream, list []*stream, now at) []Cell {
	out := make([]Cell, len(list))
	for i, x := range list {
		o := &out[i]
		o.Lost = -1
		switch {
		case x == y:
			o.Hears = HearsSelf
		case x.self:
			if y.heardAt == 0 || now-y.heardAt > c.goneTime() {
				o.Hears = HearsNot
				continue
			}
			o.Hears, o.Lost, o.Interface = HearsIt, y.loss.perMille(), c.interfaceName(y.ifIndex)
		default:
			var e *cell
			if y.self {
				e = &x.mine
			} else {
				e = &c.matrix.rows[x.slot][y.slot]
			}
			if o.Hears = c.hears(x, e, y, now); o.Hears == HearsNotKnown {
				continue
			}
			if o.Ago = now - x.helloAt; o.Hears == HearsIt {
				o.Ago = now - max(e.at, x.round.sumAt)
			}
			if o.Hears == HearsIt && e.at != 0 {
				o.Lost = int(e.lost)
				if e.by >= 0 && int(e.by) < len(x.interfaces) {
					o.Interface = x.interfaces[e.by]
				}
			}
		}
	}
	return out
}

func (c *Conversation) interfaceName(index int) string {
	for _, i := range c.ways.list {
		if i.Index == index {
			return i.Name
		}
	}
	return ""
}
