package members

import "github.com/groupcast/groupcast/mcast/frame"

// item is a kept frame, for repair.
type item struct {
	x          *stream
	number     uint64
	kind       frame.Kind
	data       []byte
	prev, next *item // of all, by arrival
	before     *item // of its stream, by arrival
	after      *item

	hold    at        // no repair of it until then
	due     at        // a repair of it is due then
	pos     int       // in repairs.queue, from 1; 0: none is due
	ifIndex int       // by which the repair leaves
	echo    int       // copies of own sends that may come back by loopback
	asker   frame.Ref // who asked for it last
	asks    int       // how often in a row
}

// itemSize is what an item takes beside its data, in bytes.
const itemSize = 256

// store is the kept frames of all streams, by arrival.
type store struct {
	c           *Conversation
	first, last *item
	n, bytes    int
}

func (s *store) put(x *stream, f *frame.Frame) *item {
	it := &item{x: x, number: f.Number, kind: f.Kind, data: f.Bytes}
	if x.frames == nil {
		x.frames = map[uint64]*item{}
	}
	x.frames[f.Number] = it
	if it.prev = s.last; it.prev != nil {
		it.prev.next = it
	} else {
		s.first = it
	}
	s.last = it
	if it.before = x.latest; it.before != nil {
		it.before.after = it
	} else {
		x.oldest = it
	}
	x.latest = it
	s.n++
	s.bytes += len(it.data) + itemSize
	if len(x.frames) > MaxKept {
		s.drop(x.oldest)
	}
	for s.bytes > MaxBytes && s.first != it {
		s.drop(s.first)
	}
	return it
}

func (s *store) drop(it *item) {
	s.c.repairs.cancel(it)
	delete(it.x.frames, it.number)
	if it.prev != nil {
		it.prev.next = it.next
	} else {
		s.first = it.next
	}
	if it.next != nil {
		it.next.prev = it.prev
	} else {
		s.last = it.prev
	}
	if it.before != nil {
		it.before.after = it.after
	} else {
		it.x.oldest = it.after
	}
	if it.after != nil {
		it.after.before = it.before
	} else {
		it.x.latest = it.before
	}
	s.n--
	s.bytes -= len(it.data) + itemSize
}
