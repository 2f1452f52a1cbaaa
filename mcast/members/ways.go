package members

import (
	"fmt"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// maxWays is how many interfaces HELLOs leave by, and name, at most.
const maxWays = 8

// ways are the interfaces that frames leave by. A way is a place in slots, which is
// kept as long as the interface is there; 0 is the one that the kernel chooses.
type ways struct {
	list   []Interface
	chosen int
	slots  [maxWays + 1]int // indexes of interfaces; 0: not in use
	tried  [maxWays + 1]bool
	turn   int
}

// slot is the place of an interface; -1: it has none.
func (w *ways) slot(ifIndex int) int {
	if ifIndex == 0 {
		return 0
	}
	for i, index := range w.slots[1:] {
		if index == ifIndex {
			return i + 1
		}
	}
	return -1
}

// SetInterfaces says which interfaces this host hears the group by, and by which of
// them sends leave: chosen, or by index 0 as the kernel chooses. HELLOs go to the others
// too while nobody hears the chosen one.
func (c *Conversation) SetInterfaces(now time.Time, list []Interface, chosen int) {
	t := c.begin(now)
	w := &c.ways
	if chosen == w.chosen && slices.Equal(list, w.list) {
		return
	}
	more := chosen != w.chosen || slices.ContainsFunc(list, func(i Interface) bool { return !slices.Contains(w.list, i) })
	w.list, w.chosen = slices.Clone(list), chosen
	indexes := []int{chosen}
	for _, i := range list {
		if len(indexes) < maxWays && i.Index != chosen {
			indexes = append(indexes, i.Index)
		}
	}
	for s := 1; s < len(w.slots); s++ {
		if w.slots[s] != 0 && !slices.Contains(indexes, w.slots[s]) {
			w.slots[s], w.tried[s] = 0, false
			for _, x := range c.table.order {
				x.ways[s] = 0
			}
			for i := range c.sent.ring {
				if r := &c.sent.ring[i]; r.slot == s {
					r.slot = -1 // it left by none of those that are there
				}
			}
		}
	}
	for _, index := range indexes {
		if w.slot(index) < 0 {
			w.slots[slices.Index(w.slots[1:], 0)+1] = index
		}
	}
	if more {
		c.hellos.trigger(c, t)
	}
}

// wayOf is the interface for an answer to what came by one; 0: it is the one by which
// sends leave, or is not known.
func (c *Conversation) wayOf(ifIndex int) int {
	if ifIndex == c.ways.chosen || c.ways.slot(ifIndex) < 0 {
		return 0
	}
	return ifIndex
}

// ours reports whether a member is another program of this host: it hears every
// interface of it.
func (c *Conversation) ours(x *stream) bool { return c.cfg.Ours != nil && c.cfg.Ours(x.from.Addr()) }

// heardBy reports whether a member of another host that is here heard us lately by a
// way.
func (c *Conversation) heardBy(slot int, now at) bool {
	if slot < 0 {
		return false
	}
	gone := c.goneTime()
	for x := c.table.fresh.last; x != nil; x = x.prev {
		if !c.ours(x) && x.ways[slot] != 0 && now-x.ways[slot] <= gone {
			return true
		}
	}
	return false
}

// leaving is the interfaces that the next HELLO leaves by: the one that sends leave by
// comes last, so that it is the one that answers name if both are heard.
func (c *Conversation) leaving(now at) []int {
	w := &c.ways
	var list []int
	if !c.heardBy(w.slot(w.chosen), now) {
		for _, i := range w.list {
			if i.Index != w.chosen && i.Index != 0 && w.slot(i.Index) > 0 {
				list = append(list, i.Index)
			}
		}
		if len(list) > 1 {
			w.turn++
			list = append(list[w.turn%len(list):], list[:w.turn%len(list)]...)
		}
	}
	return append(list, 0)
}

// interfaces is what a HELLO that leaves by one calls them, and their indexes.
func (c *Conversation) interfaces(ifIndex int) (names []string, indexes []int) {
	w := &c.ways
	if ifIndex == 0 {
		ifIndex = w.chosen
	}
	for _, i := range w.list {
		if i.Index == ifIndex {
			names, indexes = append(names, i.Name), append(indexes, i.Index)
		}
	}
	if len(names) == 0 && ifIndex != 0 {
		names, indexes = append(names, fmt.Sprintf("#%d", ifIndex)), append(indexes, ifIndex)
	}
	for _, i := range w.list {
		if len(names) < maxWays-1 && !slices.Contains(indexes, i.Index) {
			names, indexes = append(names, i.Name), append(indexes, i.Index)
		}
	}
	return names, indexes
}

// sent remembers the last own passing numbers.
type sent struct {
	last uint64 // without 1<<63
	ring [Window]struct {
		number uint64
		at     at
		slot   int
		tail   uint64 // the last bytes, which tell whether a copy is ours
	}
}

func (s *sent) get(number uint64) (when at, slot int, tail uint64, ok bool) {
	r := &s.ring[number%Window]
	return r.at, r.slot, r.tail, number != 0 && r.number == number
}

// until is the last number that was sent by a time, of the last [Window]; 0: none.
func (s *sent) until(t at) uint64 {
	for n := s.last; n > 0 && s.last-n < Window; n-- {
		if when, _, _, ok := s.get(n); ok && when <= t {
			return n
		}
	}
	return 0
}

// NotSent takes in that a frame that Due, Say or Leave gave was not sent. A host
// that nobody spoke to is not called deaf.
func (c *Conversation) NotSent(now time.Time, data []byte) {
	c.begin(now)
	h, err := frame.Parse(data)
	if err != nil || h.Stream != c.self.name || frame.SpaceOf(h.Number) != frame.Passing {
		return
	}
	number := h.Number - frame.FirstPassing + 1
	_, slot, _, ok := c.sent.get(number)
	if !ok || slot < 0 {
		return
	}
	c.sent.ring[number%Window].slot = -1 // it is not lost for those who miss it
	c.ways.tried[slot] = false
	if slot != max(c.ways.slot(c.ways.chosen), 0) {
		return
	}
	c.hellos.failed = c.now
	for _, x := range c.table.order {
		x.mine.mark, x.mine.from = x.round.count, c.sent.last
	}
}

func tail(data []byte) uint64 { return be64(data[len(data)-8:]) }

// sendPassing sends a body under the next passing number. way is the index of an
// interface, or 0.
func (c *Conversation) sendPassing(b frame.Body, way int, now at) {
	number := c.sent.last + 1
	data, err := c.encode(frame.FirstPassing-1+number, b)
	if err != nil {
		c.failed = err
		return
	}
	c.sentPassing(number, data, way, now)
}

// sentPassing sends a passing frame and remembers when, and by which way.
func (c *Conversation) sentPassing(number uint64, data []byte, way int, now at) {
	c.sent.last = number
	r := &c.sent.ring[number%Window]
	r.number, r.at, r.tail = number, now, tail(data)
	if way == 0 {
		r.slot = max(c.ways.slot(c.ways.chosen), 0)
	} else {
		r.slot = max(c.ways.slot(way), 0)
	}
	c.ways.tried[r.slot] = true
	c.send(data, way)
}

// elsewhere marks which of the passing numbers before the next one left by another
// interface than this one.
func (c *Conversation) elsewhere(way int) (mask uint64) {
	slot := c.ways.slot(way)
	if way == 0 {
		slot = c.ways.slot(c.ways.chosen)
	}
	for i := range uint64(64) {
		if i >= c.sent.last {
			break
		}
		if _, by, _, ok := c.sent.get(c.sent.last - i); ok && by != max(slot, 0) {
			mask |= 1 << i
		}
	}
	return mask
}

func (c *Conversation) send(data []byte, ifIndex int) {
	c.outs = append(c.outs, Out{Data: data, IfIndex: ifIndex})
	c.counters.Sent++
}
