package members

import (
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/internal/lru"
)

// stream is what is known of one stream: of its kept frames, of its passing ones, and
// of who hears whom by its digests.
type stream struct {
	ref   frame.Ref
	name  frame.Stream
	key   [32]byte
	named bool // name and key are known; else others spoke of the ref
	self  bool
	pos   int // in table.order
	slot  int // in the matrix; -1: none

	// It is in one of these lists.
	in         *list
	prev, next *stream
	picked     uint64   // in the digest of this count
	news       newsLink // changed since it was listed in a digest

	kept   kept
	frames map[uint64]*item
	oldest *item // of frames, by arrival
	latest *item

	passing window
	direct  narrow
	loss    loss
	heardAt at // that the highest passing number was heard
	since   at // that it was first heard of
	ifIndex int

	// By its HELLOs
	hello      uint64 // the number of the last one
	helloAt    at
	hellos     int
	proof      at // that a HELLO was last seen to be no recording
	over       at // and there was no room for it among the members
	freshAt    at
	wasMember  bool
	left       uint64 // the number of the HELLO that said so
	marks      [3]mark
	nick       string
	known      string // the nickname that is pinned to the key, for one without; "": none
	looked     bool   // whether there is one was looked up
	place      int
	clash      bool
	both       bool   // a clash with one who is here, and the nickname belongs to neither
	pinned     string // the fingerprint of the key that the nickname is pinned to
	print      string
	off        time.Duration // of its clock
	offTold    bool
	wall       uint64 // its clock
	bits       frame.Bits
	interfaces []string // distinct names, in the order in which they came; cells point there
	sends      string
	from       netip.AddrPort // of the last passing frame
	nearAt     at             // that one came from elsewhere than a bridge; 0: none did
	plain      netip.AddrPort
	speaks     []netip.AddrPort
	younger    *stream // with the same key, fresh later

	// What it hears of us
	mine        cell
	listed      uint64 // our passing number that it named last; 0: none
	firstListed uint64 // that it named first
	upTo        uint64 // it has all of ours up to this one
	lostOut     int    // per mille; -1: not known
	trip        time.Duration
	ways        [maxWays + 1]at // that it last named a number of ours, by the way that it had left by
	round       round
	texts       int
	talked      bool // it has said a line, and so is no bridge
	repaired    int
	asks        bucket
	lost        int // lines, to be told
}

// mark is the highest passing number at a time.
type mark struct {
	at   at
	high uint64
}

// newsLink is a place in the list of what is new.
type newsLink struct {
	prev, next *stream
	in         bool
}

// list is streams in an order, the oldest first.
type list struct {
	first, last *stream
	n           int
	heard       int // of them, those that were heard, not only spoken of
}

func (l *list) remove(x *stream) {
	if x.prev != nil {
		x.prev.next = x.next
	} else {
		l.first = x.next
	}
	if x.next != nil {
		x.next.prev = x.prev
	} else {
		l.last = x.prev
	}
	x.prev, x.next, x.in = nil, nil, nil
	l.n--
	if x.heardAt != 0 {
		l.heard--
	}
}

// put moves a stream to the end of the list.
func (l *list) put(x *stream) {
	if x.in == l && l.last == x {
		return
	}
	if x.in != nil {
		x.in.remove(x)
	}
	if x.prev = l.last; x.prev != nil {
		x.prev.next = x
	} else {
		l.first = x
	}
	l.last, x.in = x, l
	l.n++
	if x.heardAt != 0 {
		l.heard++
	}
}

// table is all streams that are remembered.
type table struct {
	byRef     map[frame.Ref]*stream
	order     []*stream // for the round robin of digests
	cursor    int
	newest    *stream // of what is new
	fresh     list    // members, the one whose proof is oldest first
	strangers list    // the one that was heard longest ago first
	gone      list    // members that went, the first one first
	sum       frame.Ref
	version   int                         // of the list of members
	people    map[uint64]*stream          // by the hash of the key: the first fresh stream of it
	graves    *lru.Map[uint64, [2]uint64] // the highest kept and passing number of what was forgotten
}

func newTable() table {
	return table{
		byRef:  map[frame.Ref]*stream{},
		people: map[uint64]*stream{},
		graves: lru.New[uint64, [2]uint64](2 * MaxStreams),
	}
}

func (x *stream) fresh(c *Conversation) bool { return x.in == &c.table.fresh }

// person is the hash of the key, as streams begin with it.
func person(s frame.Stream) uint64 { return be64(s[:8]) }

func be64(b []byte) uint64 {
	_ = b[7]
	return uint64(b[7]) | uint64(b[6])<<8 | uint64(b[5])<<16 | uint64(b[4])<<24 |
		uint64(b[3])<<32 | uint64(b[2])<<40 | uint64(b[1])<<48 | uint64(b[0])<<56
}

// add makes a stream. nil: there is no room.
func (c *Conversation) add(ref frame.Ref, now at) *stream {
	t := &c.table
	if len(t.order) >= MaxStreams {
		victim := t.strangers.first
		if victim == nil || t.gone.n > MaxStreams/4 {
			victim = t.gone.first
		}
		if victim == nil {
			return nil
		}
		c.forget(victim)
	}
	x := &stream{ref: ref, slot: -1, since: now, lostOut: -1, pos: len(t.order)}
	x.kept.pending = true
	if grave := t.graves.Peek(be64(ref[:])); grave != nil {
		x.kept.bury(grave[0])
		x.passing.raise(grave[1])
		x.passing.full()
		t.graves.Delete(be64(ref[:]))
	}
	t.byRef[ref] = x
	t.order = append(t.order, x)
	t.strangers.put(x)
	return x
}

// full makes all numbers up to the highest count as seen.
func (w *window) full() {
	for i := range w.bits {
		w.bits[i] = ^uint64(0)
	}
	// Those of the highest word that are to come are not.
	*w.word(w.high) = ^uint64(0) >> (63 - w.high%64)
}

// forget makes room. What is forgotten cannot be said again all the same, as long as
// there are not too many of them.
func (c *Conversation) forget(x *stream) {
	t := &c.table
	if x.kept.high != 0 || x.passing.high != 0 {
		t.graves.Put(be64(x.ref[:]), [2]uint64{x.kept.high, x.passing.high})
	}
	delete(t.byRef, x.ref)
	last := len(t.order) - 1
	t.order[x.pos] = t.order[last]
	t.order[x.pos].pos = x.pos
	t.order[last] = nil
	t.order = t.order[:last]
	x.in.remove(x)
	t.listed(x)
	c.needs.forget(x)
	for x.oldest != nil {
		c.store.drop(x.oldest)
	}
	c.freeSlot(x)
	c.speakers.forget(x)
}

// changed says that a stream is to be in one of the next digests.
func (t *table) changed(x *stream) {
	if t.newest == x {
		return
	}
	t.listed(x)
	x.news = newsLink{next: t.newest, in: true}
	if t.newest != nil {
		t.newest.news.prev = x
	}
	t.newest = x
}

// listed says that it was.
func (t *table) listed(x *stream) {
	if !x.news.in {
		return
	}
	if x.news.prev != nil {
		x.news.prev.news.next = x.news.next
	} else {
		t.newest = x.news.next
	}
	if x.news.next != nil {
		x.news.next.news.prev = x.news.prev
	}
	x.news = newsLink{}
}
