package stream

import (
	"math"
	"time"

	"github.com/groupcast/groupcast/mcast/internal/quantile"
)

// pairAdded is what a number is to a run.
type pairAdded uint8

const (
	pairFresh     pairAdded = iota // the leg brought it for the first time
	pairRepeat                     // it brought it before
	pairBelow                      // it is judged already
	pairElsewhere                  // it is far from the run
)

// pairRun compares two legs by their numbers. A slot of the ring has, from the lowest
// bit on, which legs brought its number, 30 bits of the RTP timestamp, and the
// microsecond of the first arrival.
type pairRun struct {
	PairRow // counts, also of the runs before
	skews   [2]quantile.Times

	begun     bool
	bits      uint8
	ring      []uint64
	low, high uint64    // numbers: the first that is not judged, the highest so far, both without wraps
	in        [2]bool   // the leg is compared, from the number
	from      [2]uint64 // on
	top       [2]uint64 // the highest number of a leg
	pending   [2]pairPending

	highAt   int64 // when high came
	rate     float64
	markAt   int64 // rate is measured from here on
	markHigh uint64
	marks    pairMarks // what was the highest when
}

// pairPending is what was judged since a leg brought something: it may be that it is
// too far behind.
type pairPending struct {
	compared   uint64
	lost, both uint64 // by that leg alone, by both
}

const (
	// maxPairRate is more than comes of one stream in a second. Numbers that lie cannot
	// make more work than that.
	maxPairRate = 1e6
	// maxLeap is more numbers than both legs can miss in a week.
	maxLeap = 1 << 40

	pairStampShift = 2
	pairStampMask  = 1<<30 - 1
	pairTimeShift  = 32
)

// is reports whether a datagram may be of the run.
func (r *pairRun) is(s *legSeen) bool {
	return r.begun && r.ID == s.id && r.bits == s.bits && r.Format == s.format
}

// start begins a run that is behind a number.
func (r *pairRun) start(c *candidate, high uint64) {
	if r.ring == nil {
		r.ring = make([]uint64, pairRing)
	}
	*r = pairRun{PairRow: r.PairRow, skews: r.skews, ring: r.ring, begun: true, bits: c.bits, high: high, low: high + 1, markHigh: high}
	r.Format, r.ID = c.format, c.id
}

// add counts a number of a leg.
func (r *pairRun) add(x int, s *legSeen) pairAdded {
	d := distance(s.number, r.high, int(r.bits))
	if r.bits < 48 && (d > nearby || d < -nearby) {
		d = r.unwrap(d, s.at)
	}
	switch {
	case d > maxJump && !r.leaps(d, s.at), d > maxLeap, d <= -pairRing:
		return pairElsewhere
	case d > 0:
		r.advance(r.high+uint64(d), s.at)
		d = 0
	}
	n := r.high + uint64(d)
	if int64(n-r.low) < 0 {
		if r.in[x] {
			r.Late[x]++
		}
		return pairBelow
	}
	slot, bit := &r.ring[n%pairRing], uint64(1)<<x
	switch old := *slot & 3; {
	case old&bit != 0:
		r.Duplicates[x]++
		return pairRepeat
	case old == 0:
		*slot = uint64(uint32(s.at/1000))<<pairTimeShift | uint64(s.stamp&pairStampMask)<<pairStampShift | bit
	default:
		*slot |= bit
		r.match(x, *slot, s)
	}
	if !r.in[x] {
		r.in[x], r.from[x], r.top[x] = true, n, n
	}
	if int64(n-r.top[x]) > 0 {
		r.top[x] = n
	}
	if r.pending[x] != (pairPending{}) {
		r.settle(x)
	}
	return pairFresh
}

// match notes that the second leg brought a number as well.
func (r *pairRun) match(x int, slot uint64, s *legSeen) {
	later := time.Duration(int32(uint32(s.at/1000)-uint32(slot>>pairTimeShift))) * time.Microsecond
	first := 1 - x
	if later < 0 { // it was only read later
		first, later = x, -later
	}
	r.skews[first].Add(later)
	if stamp := uint32(slot>>pairStampShift) & pairStampMask; s.stamp != 0 && stamp != 0 {
		r.Stamps = stamp != s.stamp&pairStampMask
	}
}

// doubtful reports whether the legs may be half a wrap apart: so many numbers come in
// the time that a pair may be apart, and their timestamps say no more.
func (r *pairRun) doubtful() bool {
	return r.Stamps && r.rate*pairTime.Seconds() >= float64(uint64(1)<<(r.bits-1))
}

// ahead is how far a number is above the highest one, if a leg may be so far ahead that is
// back while the other one, which is behind, was first; else 0.
func (r *pairRun) ahead(s *legSeen) int64 {
	d := distance(s.number, r.high, int(r.bits))
	if d <= maxJump || d >= pairRing || float64(d) > 1.25*r.rate*pairTime.Seconds() {
		return 0
	}
	return d
}

// lead goes on so far above the highest number.
func (r *pairRun) lead(d, at int64) {
	r.markAt, r.markHigh = at, r.high+uint64(d)
	r.advance(r.high+uint64(d), at)
}

// leaps reports whether so many numbers were to be expected since the last one.
func (r *pairRun) leaps(d, at int64) bool {
	return float64(d) <= 4*r.rate*float64(at-r.highAt)/1e9
}

// unwrap adds the wraps of a time in which neither leg brought anything.
func (r *pairRun) unwrap(d, at int64) int64 {
	turn := float64(uint64(1) << r.bits)
	missed := r.rate * float64(at-r.highAt) / 1e9
	if missed < turn/2 {
		return d
	}
	if turns := math.Round((missed - float64(d)) / turn); turns >= 1 && missed < maxLeap {
		d += int64(turns) << r.bits
		r.About = true
	}
	return d
}

// advance makes a number the highest one.
func (r *pairRun) advance(to uint64, at int64) {
	for int64(to-r.low) >= pairRing && int64(r.high-r.low) >= 0 {
		r.judge(r.ring[r.low%pairRing], r.low, 1)
		r.low++
	}
	clear := r.high + 1
	if skipped := int64(to-r.low) - (pairRing - 1); skipped > 0 { // they never were in the ring
		r.judge(0, r.low, uint64(skipped))
		r.low += uint64(skipped)
		clear = r.low
	}
	for ; clear != to+1; clear++ {
		r.ring[clear%pairRing] = 0
	}
	r.pace(to, at)
	r.high, r.highAt = to, at
}

// pace measures how many numbers come in a second.
func (r *pairRun) pace(to uint64, at int64) {
	passed := at - r.markAt
	switch {
	case r.markAt == 0 || passed < 0 || at-r.highAt > int64(gapTime):
		r.markAt, r.markHigh = at, to
	case passed >= 250e6:
		rate := float64(to-r.markHigh) * 1e9 / float64(passed)
		if r.rate > 0 {
			rate = (rate + r.rate) / 2
		}
		r.rate, r.markAt, r.markHigh = min(rate, maxPairRate), at, to
	}
}

// judge counts so many numbers from n on.
func (r *pairRun) judge(slot, n, count uint64) {
	if !r.in[0] || !r.in[1] || r.doubtful() {
		return
	}
	from := r.from[0]
	if int64(r.from[1]-from) > 0 {
		from = r.from[1]
	}
	if early := int64(from - n); early > 0 {
		if uint64(early) >= count {
			return
		}
		count -= uint64(early)
	}
	missing := 0 // the leg that must be there, so that it is known
	switch slot & 3 {
	case 0:
		if int64(r.top[0]-r.top[1]) > 0 {
			missing = 1
		}
		r.pending[missing].both += count
	case 1:
		missing = 1
		r.pending[missing].lost += count
	case 2:
		r.pending[missing].lost += count
	default:
		r.Compared += count
		return
	}
	r.pending[missing].compared += count
}

// settle counts the losses of a leg that is there.
func (r *pairRun) settle(x int) {
	r.pending[x].addTo(&r.PairRow, x)
	r.pending[x] = pairPending{}
}

func (p *pairPending) addTo(r *PairRow, x int) {
	r.Compared += p.compared
	r.Lost[x] += p.lost + p.both
	r.Lost[1-x] += p.both
	r.LostBoth += p.both
}

// leave ends that a leg is compared: what it seemed to lose is not known.
func (r *pairRun) leave(x int) {
	r.pending[x] = pairPending{}
	r.in[x] = false
}

// tick judges what was passed 2 s ago.
func (r *pairRun) tick(clock time.Duration) {
	if upTo, due := r.marks.due(clock); due {
		for int64(upTo-r.low) >= 0 {
			r.judge(r.ring[r.low%pairRing], r.low, 1)
			r.low++
		}
	}
	r.marks.add(clock, r.high)
}

// finish judges all that is left.
func (r *pairRun) finish(apart [2]bool) {
	for x, away := range apart {
		if away {
			r.leave(x)
		}
	}
	for int64(r.high-r.low) >= 0 {
		r.judge(r.ring[r.low%pairRing], r.low, 1)
		r.low++
	}
	r.settle(0)
	r.settle(1)
}

// row is what was found. Of a leg that is out the latest losses are not known.
func (r *pairRun) row(out [2]bool) PairRow {
	row := r.PairRow
	for x := range out {
		if !out[x] {
			r.pending[x].addTo(&row, x)
		}
		row.Skew[x] = skewOf(&r.skews[x])
	}
	return row
}
