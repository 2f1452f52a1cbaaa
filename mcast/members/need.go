package members

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// Asking, in numbers of docs/protocol.md.
const (
	asksAtOnce   = 64 // names
	asksEach     = 8  // of a stream, before another one has its turn
	asksOfClaim  = 10
	refusedTime  = 30 * time.Second // after that, what nobody had is asked for again, if it is claimed still
	needApart    = 100 * time.Millisecond
	giveUp       = 60 * time.Second
	giveUpListed = 180 * time.Second // also when others say that they have it: it may be that they gave it up
	shareAfter   = 300 * time.Millisecond
	shareMost    = 500 // older lines that a newcomer asks for
)

// ask is a number that is asked for.
type ask struct {
	x     *stream
	n     uint64
	due   at
	tries int
}

// needs is what is missing here.
type needs struct {
	active []ask
	gappy  []*stream // something of them is missing
	last   at        // that a NEED was sent
	share  at        // when it is settled from where on new streams are asked for; 0: none is new
	fill   bool      // there may be more to ask for
}

// backoff is a wait after RFC 5401, section 3.2.3: few of a group are quick.
func (c *Conversation) backoff() at {
	lambda := math.Log(float64(c.table.fresh.n+1)) + 1
	most := backoffTime.Seconds()
	grown := math.Exp(lambda) - 1
	x := c.cfg.Random.Float64()*lambda/most + lambda/(most*grown)
	return at(most / lambda * math.Log(x*grown*most/lambda) * float64(time.Second))
}

// again is the wait before the next NEED for the same.
func again(tries int, factor float64) at {
	wait := 500 * time.Millisecond
	switch tries {
	case 1:
		wait = 200 * time.Millisecond
	case 2:
		wait = 400 * time.Millisecond
	}
	return at(float64(wait) * factor)
}

// gap takes in that numbers of a stream may be missing.
func (c *Conversation) gap(x *stream, ifIndex int, now at) {
	k := &x.kept
	if x.self {
		return
	}
	if !x.fresh(c) && !k.vouched {
		return // nobody who is here speaks of it: it may be a recording
	}
	if k.pending {
		if k.top() > k.low && c.needs.share == 0 {
			c.needs.share = now + shareAfter
		}
		k.ifIndex = ifIndex
		return
	}
	if k.missing() <= 0 {
		return
	}
	k.show(now)
	k.ifIndex = ifIndex
	if !k.gappy {
		k.gappy = true
		c.needs.gappy = append(c.needs.gappy, x)
	}
	c.needs.fill = true
}

// settle shares what a newcomer asks for among the streams that are new.
func (c *Conversation) settle(now at) {
	c.needs.share = 0
	var list []*stream
	for _, x := range c.table.order {
		if k := &x.kept; k.pending && (x.fresh(c) || k.vouched) && k.top() > k.low {
			list = append(list, x)
		}
	}
	slices.SortStableFunc(list, func(a, b *stream) int {
		return cmp.Compare(a.kept.top()-a.kept.low, b.kept.top()-b.kept.low)
	})
	left := uint64(shareMost)
	for i, x := range list {
		k := &x.kept
		part := min(k.top()-k.low, left/uint64(len(list)-i))
		left -= part
		k.settle(part)
		c.table.changed(x)
		c.gap(x, k.ifIndex, now)
	}
}

// refill decides what to ask for next.
func (c *Conversation) refill(now at) {
	n := &c.needs
	if !n.fill {
		return
	}
	n.fill = false
	n.gappy = slices.DeleteFunc(n.gappy, func(x *stream) bool {
		x.kept.gappy = x.kept.missing() > 0
		return !x.kept.gappy
	})
	if len(n.gappy) == 0 || len(n.active) >= asksAtOnce {
		return
	}
	due := now + c.backoff()
	for _, most := range []int{asksEach, asksAtOnce} {
		for _, x := range n.gappy {
			n.choose(x, most, due)
		}
	}
	// Whose turn is next differs from time to time.
	n.gappy = append(n.gappy[1:], n.gappy[0])
}

// choose asks for more numbers of a stream, the oldest first.
func (n *needs) choose(x *stream, most int, due at) {
	k := &x.kept
	missing := k.missing()
	if k.next <= k.low || k.next > k.top() {
		k.next = k.low + 1
	}
	span := k.top() - k.low
	for range span {
		if k.asked >= most || k.asked >= missing || len(n.active) >= asksAtOnce {
			return
		}
		if number := k.next; !k.window.has(number) && n.find(x, number) < 0 {
			n.active = append(n.active, ask{x: x, n: number, due: due})
			k.asked++
		}
		if k.next++; k.next > k.top() {
			k.next = k.low + 1
		}
	}
}

func (n *needs) find(x *stream, number uint64) int {
	if x.kept.asked == 0 {
		return -1
	}
	return slices.IndexFunc(n.active, func(a ask) bool { return a.x == x && a.n == number })
}

func (n *needs) remove(i int) {
	n.active[i].x.kept.asked--
	last := len(n.active) - 1
	n.active[i] = n.active[last]
	n.active[last] = ask{}
	n.active = n.active[:last]
	n.fill = true
}

// came takes in that a number came, or is given up.
func (n *needs) came(x *stream, number uint64) {
	if i := n.find(x, number); i >= 0 {
		n.remove(i)
	}
}

// passed drops what is no longer asked for.
func (n *needs) passed(x *stream) {
	if x.kept.asked == 0 {
		return
	}
	for i := len(n.active) - 1; i >= 0; i-- {
		if a := n.active[i]; a.x == x && (x.kept.has(a.n) || a.n > x.kept.top()) {
			n.remove(i)
		}
	}
}

func (n *needs) forget(x *stream) {
	for i := len(n.active) - 1; i >= 0; i-- {
		if n.active[i].x == x {
			n.remove(i)
		}
	}
	if i := slices.Index(n.gappy, x); i >= 0 {
		n.gappy = slices.Delete(n.gappy, i, i+1)
	}
}

// heard takes in that somebody else asked for what is missing here too.
func (n *needs) heard(x *stream, number uint64, factor float64, now at) {
	if i := n.find(x, number); i >= 0 {
		a := &n.active[i]
		a.tries++
		a.due = now + again(a.tries, factor)
	}
}

// dueAt is when a NEED is to be sent.
func (n *needs) dueAt() at {
	first := forever
	for i := range n.active {
		first = min(first, n.active[i].due)
	}
	if first != forever && n.last != 0 {
		first = max(first, n.last+needApart)
	}
	if n.share != 0 {
		first = min(first, n.share)
	}
	return first
}

// sendNeed sends a NEED if one is due.
func (c *Conversation) sendNeed(now at) {
	n := &c.needs
	if n.share != 0 && n.share <= now {
		c.settle(now)
	}
	c.refill(now)
	if len(n.active) == 0 || n.last != 0 && now < n.last+needApart {
		return
	}
	first := 0
	for i := range n.active {
		if n.active[i].due < n.active[first].due {
			first = i
		}
	}
	if n.active[first].due > now {
		return
	}
	way := c.wayOf(n.active[first].x.kept.ifIndex)
	for i := 0; i < len(n.active); i++ {
		if n.active[i].due <= now+needApart && c.hopeless(n.active[i], now) {
			i = -1 // more than one may be gone
		}
	}
	waiting := 0
	for _, x := range n.gappy {
		waiting += x.kept.missing()
	}
	var names []frame.Range
	factor := c.factor()
	for i := len(n.active) - 1; i >= 0; i-- {
		a := &n.active[i]
		if a.due > now+needApart || c.wayOf(a.x.kept.ifIndex) != way {
			continue
		}
		names = append(names, frame.Range{Ref: a.x.ref, From: a.n, To: a.n})
		a.tries++
		a.due = now + again(a.tries, factor)
		if a.tries%8 == 0 && a.n <= a.x.kept.known && waiting > asksAtOnce {
			n.remove(i) // others have their turn
		}
	}
	c.refill(now)
	if len(names) == 0 {
		return
	}
	n.last = now
	c.sendPassing(&frame.Need{Ranges: ranges(names)}, way, now)
	if c.bridged(now) {
		c.notEverywhere() // a bridge that has what is asked for answers instead of other sites
	}
}

// ranges joins names that follow each other.
func ranges(names []frame.Range) []frame.Range {
	slices.SortFunc(names, func(a, b frame.Range) int {
		if d := bytes.Compare(a.Ref[:], b.Ref[:]); d != 0 {
			return d
		}
		return cmp.Compare(a.From, b.From)
	})
	out := names[:1]
	for _, r := range names[1:] {
		if last := &out[len(out)-1]; last.Ref == r.Ref && last.To+1 == r.From {
			last.To = r.To
		} else {
			out = append(out, r)
		}
	}
	return out
}
