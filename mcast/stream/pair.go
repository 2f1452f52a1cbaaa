package stream

import (
	"net/netip"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast/internal/quantile"
)

const (
	// pairRing is how many numbers of a pair are kept: those below are judged.
	pairRing = 1 << 16
	// pairTime is how long a number is waited for, once a later one came.
	pairTime = 2 * time.Second
	// pairStep is the longest time that one Tick counts: while the program itself
	// stood, nothing could come.
	pairStep = 250 * time.Millisecond
	// pairLeft is how long a leg has brought nothing of the stream that is compared
	// before both legs can go over to another.
	pairLeft = 500 * time.Millisecond
	// pairConfirm is how many datagrams make a stream one that may be compared.
	pairConfirm = 3
	// pairOut is how many datagrams in a row, for pairTime, show that a leg is beyond
	// what can be compared.
	pairOut = 16
	// pairPlain is how many datagrams without a number show that a leg has none.
	pairPlain = 64
)

// PairState is whether the legs of a [Pair] can be compared.
type PairState string

// The states of a pair. Losses are counted in Compared only.
const (
	PairWaiting  PairState = "waiting"  // for both legs to be heard, and for what they have in common
	PairCompared PairState = "compared" // by number, or by content
	PairFormats  PairState = "formats"  // the legs are numbered in different formats, or one of them is not
	PairStreams  PairState = "streams"  // they are numbered alike, and are different streams: other IDs
	PairApart    PairState = "apart"    // one is further behind the other than 65,536 numbers, half a wrap of their width, or 2 s
	PairContents PairState = "contents" // they have no numbers, and nothing that one brings came by the other
)

// PairRow is what a [Pair] found. Index 0 is leg A, 1 is leg B. Counts are of what
// was judged: each number after 2 s, or when it left the ring.
type PairRow struct {
	State      PairState
	Format     Format    // by which they are compared; Unnumbered: by content, or not at all
	ID         uint64    // of the stream, where the format has one
	ByContent  bool      // they have no numbers: compared by a hash of the payload. What neither leg brought is not known then
	Compared   uint64    // numbers that were judged; with ByContent datagrams
	Lost       [2]uint64 // of them, those that a leg did not bring. It falls only where a leg turns out to be further behind than what is compared
	LostBoth   uint64    // of them, those that neither brought: what a receiver of both loses
	About      bool      // the losses are partly estimated, by rate and time: both legs were silent for longer than the numbers count
	Duplicates [2]uint64 // numbers that a leg brought again
	Late       [2]uint64 // they came after they were judged, or again then
	Restarts   int       // both legs went over to another stream, or began anew
	Skew       [2]Skew   // 0: by how much A brought what B brought later; 1: the other way round
	Stamps     bool      // RTP: the same number has another timestamp on the other leg, as no pair by SMPTE ST 2022-7 has
	Behind     int       // the leg that is behind, of PairApart
	Apart      uint64    // by so many numbers; 0: not known
	SamePath   bool      // both legs are received by one interface, from one address, with the same TTL: nothing shows separate paths
	Legs       [2]PairLeg
}

// Skew is how far apart the legs bring the same datagram.
type Skew struct {
	Count         uint64
	P50, P99, Max time.Duration
}

// PairLeg is what is known of one leg.
type PairLeg struct {
	Datagrams uint64
	Last      time.Time  // when the last one came; zero: none
	Silent    bool       // the other leg brought datagrams for 2 s since, and the stream did not end
	Format    Format     // of its numbers
	Plain     bool       // it has no numbers
	ID        uint64     // of its latest stream
	From      netip.Addr // its source
	IfIndex   int        // it comes by
	Hops      int        // TTL left; 0: not known
}

// Pair compares two legs that carry the same stream, as those of SMPTE ST 2022-7. Each
// leg is fed by a Tally, see [Config.Legs]; the Tallies may be in two goroutines.
//
// Of several streams it compares the first that both legs have.
type Pair struct {
	mu      sync.Mutex
	feeds   [2]Leg
	clock   time.Duration // since the first Tick, without what pairStep leaves out
	ticked  time.Time
	both    time.Duration // when both legs had been heard
	legs    [2]pairLeg
	run     pairRun
	content *pairContent // nil: nothing without numbers came
}

type pairLeg struct {
	PairLeg
	heard      time.Duration // by clock
	alone      uint64        // datagrams of the other leg since
	ended      bool
	plain      int // datagrams without a number since one with a number
	candidates [8]candidate
	latest     candidate     // what it brought last
	inRun      time.Duration // when it brought something of the run
	repeats    int           // old numbers in a row
	repeated   time.Duration // when the first of them came,
	before     [2]uint64     // and what was late and twice until then
	out        int           // datagrams in a row that cannot be compared
	outFor     time.Duration
	apart      bool // they are too many
}

// candidate is a stream of a leg that may be compared.
type candidate struct {
	format Format
	bits   uint8
	id     uint64
	first  uint64 // number
	last   uint64
	count  int // 0: no candidate
	heard  time.Duration
}

// NewPair returns a pair of which nothing was heard.
func NewPair() *Pair {
	p := &Pair{}
	p.feeds[0].pair, p.feeds[1].pair, p.feeds[1].side = p, p, 1
	return p
}

// Leg is one side, 0 or 1, for [Config.Legs] of one Tally.
func (p *Pair) Leg(side int) *Leg { return &p.feeds[side] }

// take takes in what a leg brought.
func (p *Pair) take(x int, s *legSeen) {
	l, other := &p.legs[x], &p.legs[1-x]
	if l.Datagrams == 0 && other.Datagrams > 0 {
		p.both = p.clock
	}
	if !s.held {
		l.Datagrams++
		other.alone++
	}
	l.heard, l.alone = p.clock, 0
	if at := time.Unix(0, s.at); at.After(l.Last) {
		l.Last = at
	}
	if l.ended = s.end; s.end {
		return
	}
	if s.bits == 0 {
		if p.run.begun && s.from != l.From {
			return // of another sender
		}
		if l.plain++; l.plain > pairOut && p.run.begun { // its numbers ended
			l.out++
		}
		if l.plain > pairPlain/4 || p.content != nil {
			p.byContent(x, s)
		}
		return
	}
	l.plain = 0
	compared := p.run.is(s) && p.inRun(x, s)
	if compared || !p.run.begun {
		l.From, l.IfIndex, l.Hops = s.from, int(s.ifIndex), int(s.hops)
	}
	if compared {
		return
	}
	c := l.candidate(s, p.clock)
	l.latest = *c
	if c.count < pairConfirm {
		return
	}
	l.out++
	p.begin(x, c)
}

// inRun counts a datagram of the stream that is compared, and reports whether it is
// one.
func (p *Pair) inRun(x int, s *legSeen) bool {
	l := &p.legs[x]
	if l.repeats == 0 {
		l.repeated, l.before = p.clock, [2]uint64{p.run.Late[x], p.run.Duplicates[x]}
	}
	if d := p.run.ahead(s); d > 0 {
		one := *s
		c := l.find(&candidate{format: s.format, bits: s.bits, id: s.id, last: s.number}, p.clock)
		if c != nil && distance(s.number, c.last, int(s.bits)) <= maxStep {
			p.run.lead(d, s.at)
			if distance(s.number, c.first, int(s.bits)) != int64(c.count) {
				c.count = 0 // which of them came is not known
			}
			for ; c.count > 0; c.count-- { // the others came as well
				one.number = s.number - uint64(c.count)
				p.run.add(x, &one)
			}
		}
	}
	switch p.run.add(x, s) {
	case pairElsewhere:
		return false
	case pairFresh:
		l.repeats, l.out, l.outFor, l.apart = 0, 0, 0, false
	case pairBelow:
		l.out++
		l.repeats++
	case pairRepeat:
		l.repeats++
	}
	if l.repeats >= anewAfter || l.repeats >= anewSlow && p.clock-l.repeated >= pairTime {
		return false // it may have begun anew: an encoder may keep its SSRC
	}
	l.inRun = p.clock
	l.latest = candidate{format: s.format, bits: s.bits, id: s.id, last: s.number, count: pairConfirm, heard: p.clock}
	return true
}

// candidate is the stream that a datagram is of.
func (l *pairLeg) candidate(s *legSeen, clock time.Duration) *candidate {
	worst := &l.candidates[0]
	for n := range l.candidates {
		c := &l.candidates[n]
		if c.count > 0 && c.format == s.format && c.id == s.id && c.bits == s.bits {
			switch d := distance(s.number, c.last, int(s.bits)); {
			case d > maxJump || d < -maxJump:
				if s.id == 0 {
					continue // another counter
				}
				c.count, c.first, c.last = 0, s.number, s.number
			case d > 0:
				c.last = s.number
			}
			c.count++
			c.heard = clock
			return c
		}
		if c.worth(clock) < worst.worth(clock) {
			worst = c
		}
	}
	*worst = candidate{s.format, s.bits, s.id, s.number, s.number, 1, clock}
	return worst
}

// maxJump is how far a number is at most from that before it, in a stream that may be
// compared.
const maxJump = 1024

// worth is how much one of them should stay.
func (c *candidate) worth(clock time.Duration) int {
	if c.count == 0 || clock-c.heard >= pairTime {
		return 0
	}
	return c.count
}

func (c *candidate) lives(clock time.Duration) bool {
	return c.count >= pairConfirm && clock-c.heard < pairTime
}

// begin begins to compare a stream of a leg, if the other leg has it as well and both
// are done with that before.
func (p *Pair) begin(x int, c *candidate) {
	if p.run.begun && (p.clock-p.legs[0].inRun < pairLeft || p.clock-p.legs[1].inRun < pairLeft) {
		return
	}
	other := p.legs[1-x].find(c, p.clock)
	if other == nil {
		return
	}
	ahead := distance(c.last, other.last, int(c.bits))
	if ahead >= pairRing || ahead <= -pairRing {
		return
	}
	if p.run.begun {
		p.run.finish([2]bool{p.legs[0].apart, p.legs[1].apart})
		p.run.Restarts++
		for n := range p.legs {
			if l := &p.legs[n]; l.repeats >= anewSlow && p.run.ID == c.id { // they were of the new run
				p.run.Late[n], p.run.Duplicates[n] = l.before[0], l.before[1]
			}
		}
	}
	p.run.start(c, other.last+uint64(max(ahead, 0)))
	for n := range p.legs {
		l := &p.legs[n]
		l.inRun, l.repeats, l.out, l.outFor, l.apart = p.clock, 0, 0, 0, false
	}
	*c, *other = candidate{}, candidate{}
}

// find is the same stream among those of a leg, or nil.
func (l *pairLeg) find(c *candidate, clock time.Duration) *candidate {
	for n := range l.candidates {
		o := &l.candidates[n]
		if o.lives(clock) && o.format == c.format && o.id == c.id && o.bits == c.bits {
			if d := distance(c.last, o.last, int(c.bits)); d < pairRing && d > -pairRing {
				return o
			}
		}
	}
	return nil
}

// Tick judges what came 2 s ago. It is to be called about each 100 ms.
func (p *Pair) Tick(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ticked.IsZero() {
		p.ticked = now
	}
	passed := min(max(now.Sub(p.ticked), 0), pairStep)
	p.ticked = now
	p.clock += passed
	for x := range p.legs {
		l := &p.legs[x]
		if l.out == 0 {
			l.outFor = 0
			continue
		}
		if l.outFor += passed; l.outFor >= pairTime && l.out >= pairOut {
			l.apart = true
			p.run.leave(x)
		}
	}
	if p.run.begun {
		p.run.tick(p.clock)
	}
	if p.content != nil {
		p.content.tick(p.clock)
	}
}

// Row is what was found so far.
func (p *Pair) Row() PairRow {
	p.mu.Lock()
	defer p.mu.Unlock()
	var r PairRow
	if c := p.content; c != nil && c.matched() && (!p.run.begun || p.legs[0].plain >= pairPlain && p.legs[1].plain >= pairPlain) {
		r = c.row()
		r.ByContent = true
	} else {
		r = p.run.row([2]bool{p.legs[0].out >= pairOut, p.legs[1].out >= pairOut})
	}
	for x := range p.legs {
		l, other := &p.legs[x], &p.legs[1-x]
		r.Legs[x] = l.PairLeg
		r.Legs[x].Plain = l.plain >= pairPlain
		r.Legs[x].Format, r.Legs[x].ID = l.latest.format, l.latest.id
		r.Legs[x].Silent = l.Datagrams > 0 && !l.ended && other.heard-l.heard >= pairTime && p.clock-other.heard < pairTime && l.alone >= pairOut
	}
	a, b := &r.Legs[0], &r.Legs[1]
	r.SamePath = a.From.IsValid() && a.From == b.From && a.IfIndex == b.IfIndex && (a.Hops == b.Hops || a.Hops == 0 || b.Hops == 0)
	r.State = p.state(&r)
	return r
}

// state says whether the legs can be compared, and if not why.
func (p *Pair) state(r *PairRow) PairState {
	a, b := &p.legs[0], &p.legs[1]
	switch {
	case a.Datagrams == 0 || b.Datagrams == 0:
		return PairWaiting
	case r.ByContent:
		if p.content.apart {
			return PairApart
		}
		return PairCompared
	case p.run.begun && !a.apart && !b.apart && p.run.doubtful():
		return PairApart
	case p.run.begun && !a.apart && !b.apart:
		return PairCompared
	case p.clock-p.both < pairTime:
		return PairWaiting
	case r.Legs[0].Plain && r.Legs[1].Plain:
		if p.content != nil && p.content.strange() {
			return PairContents
		}
		return PairWaiting
	case r.Legs[0].Plain != r.Legs[1].Plain && (r.Legs[0].Plain || a.latest.count > 0) && (r.Legs[1].Plain || b.latest.count > 0):
		return PairFormats
	case a.latest.count == 0 || b.latest.count == 0:
		return PairWaiting
	case a.latest.format != b.latest.format || a.latest.bits != b.latest.bits:
		return PairFormats
	case a.latest.id != b.latest.id:
		return PairStreams
	}
	d := distance(a.latest.last, b.latest.last, int(a.latest.bits))
	if r.Behind = 1; d < 0 {
		r.Behind, d = 0, -d
	}
	r.Apart = uint64(d)
	return PairApart
}

func skewOf(t *quantile.Times) Skew {
	return Skew{Count: t.Count, P50: t.Quantile(0.5), P99: t.Quantile(0.99), Max: t.Max}
}
