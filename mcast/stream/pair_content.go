package stream

import (
	"time"

	"github.com/groupcast/groupcast/mcast/internal/quantile"
)

const (
	// pairMatches is how many datagrams of both legs must be the same before losses
	// are counted without numbers.
	pairMatches = 64
	// pairChain is how many datagrams are looked at for one that is the same.
	pairChain = 8
	// pairUnlike is how many of each leg, with nothing of them the same, show that
	// these are no legs of one stream.
	pairUnlike = 128
)

// pairContent compares two legs without numbers, by a hash of payload and length. A
// slot of the ring has, from the lowest bit on, which legs brought it, whether one did
// so again, 29 bits of the hash, and the microsecond of the first arrival.
type pairContent struct {
	PairRow
	skews [2]quantile.Times

	ring       []uint64
	older      []uint16 // the place before, of the same 16 bits of the hash
	latest     []uint16 // by these bits
	low, next  uint64   // places: the first that is not judged, that of the next datagram
	from       [2]uint64
	matches    int
	first      bool // the next match is the first
	pending    [2]uint64
	sinceMatch [2]int
	unlike     [2]int
	outFor     time.Duration
	apart      bool
	clock      time.Duration
	marks      pairMarks
}

const (
	pairAgain     = 4
	pairHashShift = 3
	pairHashMask  = 1<<29 - 1
)

// byContent counts a datagram without a number.
func (p *Pair) byContent(x int, s *legSeen) {
	if p.content == nil {
		p.content = &pairContent{ring: make([]uint64, pairRing), older: make([]uint16, pairRing), latest: make([]uint16, pairRing), first: true, clock: p.clock}
	}
	l := &p.legs[x]
	l.From, l.IfIndex, l.Hops = s.from, int(s.ifIndex), int(s.hops)
	p.content.add(x, s)
}

func (c *pairContent) matched() bool { return c.matches >= pairMatches }

// strange reports whether nothing is the same on both legs.
func (c *pairContent) strange() bool {
	return !c.matched() && c.unlike[0] >= pairUnlike && c.unlike[1] >= pairUnlike
}

// add counts a datagram.
func (c *pairContent) add(x int, s *legSeen) {
	bit, hash := uint64(1)<<x, s.content>>16&pairHashMask
	at := uint32(s.at / 1000)
	head := &c.latest[uint16(s.content)]
	if place, found := c.find(*head, hash); found {
		slot := &c.ring[place%pairRing]
		later := time.Duration(int32(at-uint32(*slot>>pairTimeShift))) * time.Microsecond
		switch judged := place < c.low; {
		case judged && (*slot&bit != 0 || later > 2*pairTime): // the sender says the same again
		case judged:
			*slot |= bit
			c.Late[x]++
			c.sinceMatch[x]++
			return
		case *slot&bit != 0:
			*slot |= pairAgain
			c.Duplicates[x]++
			return
		default:
			c.match(x, place, later)
			*slot |= bit
			return
		}
	}
	if c.next-c.low >= pairRing {
		c.judge()
	}
	c.sinceMatch[x]++
	c.unlike[x]++
	c.ring[c.next%pairRing] = uint64(at)<<pairTimeShift | hash<<pairHashShift | bit
	c.older[c.next%pairRing] = *head
	*head = uint16(c.next)
	c.next++
}

// find is the place of the latest datagram with a hash.
func (c *pairContent) find(at uint16, hash uint64) (place uint64, found bool) {
	before := c.next
	for range pairChain {
		age := (before - 1 - uint64(at)) & (pairRing - 1)
		if before < age+1 || c.next-(before-1-age) > pairRing {
			return 0, false
		}
		before -= age + 1
		if slot := c.ring[before%pairRing]; slot>>pairHashShift&pairHashMask == hash && slot&3 != 0 {
			return before, true
		}
		at = c.older[before%pairRing]
	}
	return 0, false
}

// match notes that the second leg brought a datagram as well.
func (c *pairContent) match(x int, place uint64, later time.Duration) {
	if c.first {
		c.first = false
		c.from[1-x], c.from[x] = place, c.next
	}
	c.matches++
	if c.ring[place%pairRing]&pairAgain == 0 {
		first := 1 - x
		if later < 0 { // it was only read later
			first, later = x, -later
		}
		c.skews[first].Add(later)
	}
	c.Lost[0] += c.pending[0]
	c.Lost[1] += c.pending[1]
	c.pending, c.sinceMatch, c.outFor, c.apart = [2]uint64{}, [2]int{}, 0, false
}

// judge counts the oldest.
func (c *pairContent) judge() {
	slot, place := c.ring[c.low%pairRing], c.low
	c.low++
	if !c.matched() || c.first {
		return
	}
	switch slot & 3 {
	case 1:
		if place >= c.from[0] {
			c.Compared++
			c.pending[1]++
		}
	case 2:
		if place >= c.from[1] {
			c.Compared++
			c.pending[0]++
		}
	case 3:
		c.Compared++
	}
}

// tick judges what came 2 s ago.
func (c *pairContent) tick(clock time.Duration) {
	passed := clock - c.clock
	c.clock = clock
	if upTo, due := c.marks.due(clock); due {
		for c.low < upTo {
			c.judge()
		}
	}
	c.marks.add(clock, c.next)
	if c.sinceMatch[0] < pairOut || c.sinceMatch[1] < pairOut {
		c.outFor = 0
	} else if c.outFor += passed; c.outFor >= pairTime && c.matched() {
		c.pending, c.first, c.apart = [2]uint64{}, true, true
	}
}

// row is what was found. While nothing is the same the latest losses are not known.
func (c *pairContent) row() PairRow {
	row := c.PairRow
	for x := range row.Lost {
		if c.sinceMatch[0] < pairOut || c.sinceMatch[1] < pairOut {
			row.Lost[x] += c.pending[x]
		}
		row.Skew[x] = skewOf(&c.skews[x])
	}
	return row
}
