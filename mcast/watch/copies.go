package watch

import (
	"slices"

	"github.com/groupcast/groupcast/mcast/stream"
)

// copySlots are the datagrams that all sockets remember together, to know copies of
// them; leastCopySlots are those of each at least.
const copySlots, leastCopySlots = 4096, 64

// copied is what is told of copies of a stream's datagrams. A program of this host may
// send by all of its addresses, and the legs of a pair may be two sources of one group:
// that is told of none. The caller holds mu.
func (w *Watcher) copied(k stream.Key, c stream.Copied) (stream.Copied, bool) {
	if c.From.IsValid() && w.legsOfOne(k, stream.Key{Group: k.Group, From: c.From, IfIndex: k.IfIndex}) {
		return c, false
	}
	if c.From.IsValid() && w.nets.Ours(k.Host()) && w.nets.Ours(c.From.Addr()) {
		return c, false
	}
	return c, true
}

// legsOfOne reports whether two streams are the legs of a pair. The caller holds mu.
func (w *Watcher) legsOfOne(a, b stream.Key) bool {
	if len(w.pairs) == 0 {
		return false
	}
	one, other := w.groupOf(a), w.groupOf(b)
	return one != other && slices.ContainsFunc(w.pairs, func(p *pair) bool {
		return p.groups == [2]int{one, other} || p.groups == [2]int{other, one}
	})
}

// isCopies reports whether an event is about copies.
func isCopies(k stream.EventKind) bool {
	switch k {
	case stream.Copies, stream.CopiesEnded, stream.Reflection, stream.ReflectionEnded, stream.Storm, stream.StormEnded:
		return true
	}
	return false
}
