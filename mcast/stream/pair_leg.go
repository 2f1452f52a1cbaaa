package stream

import (
	"hash/maphash"
	"net/netip"
)

// Leg is one side of a [Pair]. It collects what comes, so that the Pair is locked once
// for many datagrams.
type Leg struct {
	pair    *Pair
	side    int
	seen    [64]legSeen
	waiting int
}

// legSeen is a datagram of a leg.
type legSeen struct {
	at         int64 // ns since 1970
	number     uint64
	id         uint64
	content    uint64 // a hash of the payload, where there is no number
	format     Format
	from       netip.Addr
	stamp      uint32 // RTP
	ifIndex    int32
	bits, hops uint8
	held       bool // it was counted when it came, before its format was known
	end        bool
}

// pairSeed is of the hashes of payloads.
var pairSeed = maphash.MakeSeed()

// pair notes what a datagram says, for the pair that the row is a leg of.
func (t *Tally) pair(l *Leg, s *Seen, d *Datagram, held bool) {
	if s.Again {
		return
	}
	to := t.next(l)
	*to = legSeen{
		at: s.At.UnixNano(), number: s.Number, id: s.ID, format: s.Format, from: d.From.Addr(), stamp: s.Stamp,
		ifIndex: int32(d.IfIndex), bits: uint8(s.Bits), hops: uint8(min(max(d.Hops, 0), 255)), end: s.End, held: held,
	}
	if s.Bits == 0 {
		to.content = contentOf(d)
	}
}

// pairPlain notes a datagram without a number.
func (t *Tally) pairPlain(l *Leg, d *Datagram) {
	*t.next(l) = legSeen{at: d.At.UnixNano(), content: contentOf(d), from: d.From.Addr(), ifIndex: int32(d.IfIndex), hops: uint8(min(max(d.Hops, 0), 255))}
}

func contentOf(d *Datagram) uint64 {
	return maphash.Bytes(pairSeed, d.Payload) + uint64(d.Bytes)*0x9E3779B97F4A7C15
}

// next is where a leg has room for one more.
func (t *Tally) next(l *Leg) *legSeen {
	switch l.waiting {
	case 0:
		t.legs = append(t.legs, l)
	case len(l.seen):
		l.flush()
	}
	l.waiting++
	return &l.seen[l.waiting-1]
}

// Flush hands what came to the pairs, see [Config.Legs]. It is to be called after each
// batch of datagrams.
func (t *Tally) Flush() {
	for n, l := range t.legs {
		l.flush()
		t.legs[n] = nil
	}
	t.legs = t.legs[:0]
}

func (l *Leg) flush() {
	l.pair.mu.Lock()
	defer l.pair.mu.Unlock()
	for n := range l.seen[:l.waiting] {
		l.pair.take(l.side, &l.seen[n])
	}
	l.waiting = 0
}
