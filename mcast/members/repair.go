package members

import (
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// Repair, in numbers of docs/protocol.md.
const (
	repairAuthor = 10 * time.Millisecond  // at most, of the author
	repairOther  = 20 * time.Millisecond  // at least, of another holder
	repairHold   = 40 * time.Millisecond  // between two of the same frame
	backoffTime  = 100 * time.Millisecond // T of RFC 5401
	repairRate   = 200.0                  // a second
	repairBurst  = 64.0
	repairQueue  = 1024 // names that wait
	repairDeaf   = 3    // times that one member asks in a row, though the author answers
	needRate     = 128.0
	needBurst    = 128.0 // names a second that one member is served
)

// repairs are the frames to be sent again: a heap, the one that is due first first.
type repairs struct {
	queue []*item
	pace  bucket
}

func (r *repairs) swap(i, j int) {
	r.queue[i], r.queue[j] = r.queue[j], r.queue[i]
	r.queue[i].pos, r.queue[j].pos = i+1, j+1
}

func (r *repairs) up(i int) {
	for i > 0 && r.queue[i].due < r.queue[(i-1)/2].due {
		r.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
}

func (r *repairs) down(i int) {
	for {
		least := i
		for j := 2*i + 1; j <= 2*i+2 && j < len(r.queue); j++ {
			if r.queue[j].due < r.queue[least].due {
				least = j
			}
		}
		if least == i {
			return
		}
		r.swap(i, least)
		i = least
	}
}

func (r *repairs) add(it *item) {
	r.queue = append(r.queue, it)
	it.pos = len(r.queue)
	r.up(it.pos - 1)
}

func (r *repairs) cancel(it *item) {
	if it.pos == 0 {
		return
	}
	i, last := it.pos-1, len(r.queue)-1
	r.swap(i, last)
	r.queue[last] = nil
	r.queue = r.queue[:last]
	it.pos = 0
	if i < last {
		r.up(i)
		r.down(i)
	}
}

// heard takes in that somebody sent a frame again. Whoever asks again and again does not
// hear the author, whose repairs then spare nobody else's.
func (r *repairs) heard(it *item, byAuthor bool, now at) {
	if !byAuthor || it.asks < repairDeaf {
		r.cancel(it)
		it.hold = now + repairHold
	}
	r.pace.fill(now, repairRate, repairBurst)
	r.pace.tokens = max(r.pace.tokens-1, -repairBurst)
}

// due is when there is something to send; [forever] if there is not.
func (r *repairs) dueAt(now at) at {
	if len(r.queue) == 0 {
		return forever
	}
	return max(r.queue[0].due, r.pace.full(now, repairRate, repairBurst))
}

// sendRepairs sends those that are due, as far as the pace allows.
func (c *Conversation) sendRepairs(now at) {
	r := &c.repairs
	for len(r.queue) > 0 && r.queue[0].due <= now && r.pace.take(now, repairRate, repairBurst) {
		it := r.queue[0]
		r.cancel(it)
		it.hold = now + repairHold
		c.echoes(it)
		c.counters.Repairs++
		c.send(it.data, it.ifIndex)
	}
}

// asked takes in a NEED: what is here is sent again, unless others are quicker.
func (c *Conversation) asked(x *stream, n *frame.Need, ifIndex int, now at) {
	factor := c.factor() // one for all that is missing here too
	for _, r := range n.Ranges {
		y := c.table.byRef[r.Ref]
		if y == nil || r.To-r.From >= 64 {
			continue
		}
		for number := r.From; number <= r.To; number++ {
			it := y.frames[number]
			if it == nil {
				if !y.self && !y.kept.has(number) {
					c.needs.heard(y, number, factor, now)
				}
				continue
			}
			if it.asker != x.ref {
				it.asker, it.asks = x.ref, 0
			}
			it.asks++
			if now < it.hold || it.pos != 0 || len(c.repairs.queue) >= repairQueue {
				continue
			}
			if !x.asks.take(now, needRate, needBurst) {
				return
			}
			it.ifIndex = c.wayOf(ifIndex)
			if y.self {
				it.due = now + c.within(repairAuthor)
			} else {
				it.due = now + repairOther + c.backoff()
			}
			c.repairs.add(it)
		}
	}
}
