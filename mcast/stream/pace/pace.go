// Package pace says when the datagrams of many streams are due. It has no clock
// and no socket: [Schedule.Next] takes the time.
//
// The streams take turns: with 100 streams of 10 datagrams a second each one of them
// is due every millisecond. Times are counted from the beginning, so that a schedule
// does not drift, however late its caller is each time.
package pace

import (
	"math"
	"time"
)

// Overdue is how late a datagram may be. A datagram that is later is not sent any
// more, nor are those that were due meanwhile: a sender that was stopped, or that
// is too slow for its rate, goes on with what is due then, and does not flood the
// network to catch up.
const Overdue = 100 * time.Millisecond

// Schedule is when the datagrams of some streams are due. It is for one goroutine.
type Schedule struct {
	begun   time.Time
	streams int
	rate    float64 // turns a second, of all streams; infinite: always
	next    uint64  // turn
	skipped []uint64
	latest  time.Duration
}

// New is a schedule of a number of streams, 1 or more, of perSecond datagrams a
// second each, more than 0 and 1e9 at the most; infinite: one is always due. The
// first is due at begun.
func New(begun time.Time, streams int, perSecond float64) *Schedule {
	return &Schedule{begun: begun, streams: streams, rate: perSecond * float64(streams), skipped: make([]uint64, streams)}
}

// Turns are datagrams that are due: N of them, one of a stream after the other, from
// stream First on, and after the last stream the first again.
type Turns struct {
	First, N int
	Wait     time.Duration // with N 0: until the next is due
	Skipped  uint64        // that were overdue, just now
}

// Next takes what is due, most turns at the most.
func (s *Schedule) Next(now time.Time, most int) (t Turns) {
	first := s.next
	n := uint64(most)
	if !math.IsInf(s.rate, 1) {
		until := s.turns(now.Sub(s.begun)) // turns that were due until now
		if until > s.next {
			late := now.Sub(s.at(s.next))
			if late > Overdue {
				t.Skipped = until - s.next
				s.skip(until)
				first = s.next
				late = 0
			}
			s.latest = max(s.latest, late)
		}
		if until <= s.next {
			t.Wait = max(s.at(s.next).Sub(now), 0)
			n = 0
		} else {
			n = min(n, until-s.next)
		}
	}
	s.next += n
	t.First, t.N = int(first%uint64(s.streams)), int(n)
	return t
}

// turns is how many turns are due until a time after the beginning, it included.
func (s *Schedule) turns(since time.Duration) uint64 {
	if since < 0 {
		return 0
	}
	n := uint64(since.Seconds() * s.rate)
	// Both ways of rounding must agree with at: what is said to be due in 0 s is due.
	for n > 0 && s.at(n-1).Sub(s.begun) > since {
		n--
	}
	for s.at(n).Sub(s.begun) <= since {
		n++
	}
	return n
}

// at is when a turn is due.
func (s *Schedule) at(turn uint64) time.Time {
	ns := float64(turn) / s.rate * float64(time.Second)
	if ns > math.MaxInt64/2 {
		ns = math.MaxInt64 / 2 // 146 years: a rate may be small
	}
	return s.begun.Add(time.Duration(ns))
}

// skip goes on with a later turn.
func (s *Schedule) skip(to uint64) {
	n, streams := to-s.next, uint64(s.streams)
	for i := range s.skipped {
		s.skipped[i] += n / streams
	}
	for i := range n % streams {
		s.skipped[(s.next+i)%streams]++
	}
	s.next = to
}

// Skipped is how many datagrams of a stream were overdue, and not sent therefore.
func (s *Schedule) Skipped(stream int) uint64 { return s.skipped[stream] }

// Latest is how long after it was due one was taken by Next, at the most; those that
// were skipped do not count.
func (s *Schedule) Latest() time.Duration { return s.latest }
