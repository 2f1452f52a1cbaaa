package members

import (
	"fmt"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// maxDigest is the most entries of a digest: a CBOR array has 64 elements at most.
const maxDigest = 64

// pick chooses which streams the next digest tells of: one's own; then, in turn, those
// that are new or changed, the newest first, and all others round robin. So the first
// have half of it at most, wherever it is cut off.
func (c *Conversation) pick(now at) []*stream {
	t := &c.table
	c.picks++
	list, turns := append(c.picked[:0], c.self), append(c.turns[:0], 0)
	gone := c.goneTime()
	news, walked := t.newest, 0
	for len(list) < maxDigest {
		before := len(list)
		for ; news != nil && len(list) == before; news = news.news.next {
			if x := news; x.picked != c.picks && c.tells(x, now, gone) {
				x.picked = c.picks
				list, turns = append(list, x), append(turns, 0)
			}
		}
		for before = len(list); walked < len(t.order) && len(list) < maxDigest && len(list) == before; walked++ {
			x := t.order[(t.cursor+walked)%len(t.order)]
			if x.picked != c.picks && c.tells(x, now, gone) {
				x.picked = c.picks
				list, turns = append(list, x), append(turns, walked+1)
			}
		}
		if news == nil && walked >= len(t.order) {
			break
		}
	}
	c.picked, c.turns = list, turns
	return list
}

// listed takes in how many of those that were picked found room.
func (c *Conversation) listed(n int) {
	t := &c.table
	walked := 0
	for i, x := range c.picked[:n] {
		t.listed(x)
		walked = max(walked, c.turns[i])
	}
	if len(t.order) > 0 {
		t.cursor = (t.cursor + walked) % len(t.order)
	}
}

// tells reports whether there is anything to tell of a stream.
func (c *Conversation) tells(x *stream, now, gone at) bool {
	return !x.self && (x.kept.known > 0 || x.heardAt != 0 && now-x.heardAt <= gone && x.left == 0)
}

// entries is what a HELLO that leaves by a way says of streams.
func (c *Conversation) entries(list []*stream, way int, now at) ([]frame.Entry, []string) {
	names, indexes := c.interfaces(way)
	out := make([]frame.Entry, len(list))
	gone := c.goneTime()
	for i, x := range list {
		k := &x.kept
		e := &out[i]
		*e = frame.Entry{Ref: x.ref, AllUpTo: k.low, Ahead: k.known - min(k.low, k.known)}
		if k.pending {
			e.AllUpTo, e.Ahead = 0, k.known
		}
		if x.self || x.heardAt == 0 || now-x.heardAt > gone || x.left != 0 {
			continue
		}
		at := slices.Index(indexes, x.ifIndex)
		if at < 0 && len(names) < maxWays {
			at = len(names)
			name := "?"
			if x.ifIndex != 0 {
				name = fmt.Sprintf("#%d", x.ifIndex)
			}
			names, indexes = append(names, name), append(indexes, x.ifIndex)
		}
		e.Passing = x.loss.high
		e.Ago = uint64((now - x.heardAt) / time.Millisecond)
		e.Interface = uint64(max(at, 0))
		e.Lost = uint64(max(x.loss.perMille(), 0))
	}
	return out, names
}
