package record

import (
	"math"
	"time"
)

// MaxRate is how many datagrams a second a replay sends at the most that is as
// fast as it can be, unless the pace has a rate of its own.
const MaxRate = 10000

// Pace is how fast a replay is. The zero Pace is as it was recorded.
type Pace struct {
	Speed  float64       // positive; 2: twice as fast; 0: 1; infinite: no pauses
	CapGap time.Duration // no pause of the replay is longer; 0: as long as they are
	Rate   float64       // datagrams a second at the most; 0: any, but MaxRate if Speed is infinite
}

// Schedule says when each datagram of a replay is due. It has no clock: times are
// given to it.
//
// As long as no pause is cut and no time runs back, a datagram is due at start +
// (its time - the first one's) / speed, so that a replay is as long as its
// recording, however many datagrams it has.
type Schedule struct {
	pace     Pace
	start    time.Time
	seen     bool
	base     time.Time     // in the recording, of the datagram that offset belongs to
	offset   time.Duration // of the replay, when base was due
	first    time.Time     // of this round
	before   time.Time     // the datagram's before, in the recording
	due      time.Duration // of that one, without the rate
	round    int           // datagrams of it
	slot     time.Duration // no datagram is due earlier: the rate's
	slotPart float64       // of a nanosecond
	any      bool          // slot holds
	back     int
	cut      int
}

// NewSchedule begins a replay: its first datagram is due at start.
func NewSchedule(start time.Time, pace Pace) *Schedule {
	if pace.Speed == 0 {
		pace.Speed = 1
	}
	if math.IsInf(pace.Speed, 1) && pace.Rate == 0 {
		pace.Rate = MaxRate
	}
	return &Schedule{pace: pace, start: start}
}

// Due is when the next datagram is due, which the capture has the time at of. One
// whose time is before that of the datagram before it is due with that one.
func (s *Schedule) Due(at time.Time) time.Time {
	if !s.seen {
		s.seen, s.round = true, 0
		s.base, s.first, s.before, s.offset = at, at, at, s.due
	}
	s.round++
	due := add(s.offset, s.scaled(at.Sub(s.base)))
	switch {
	case at.Before(s.before):
		s.back++
		s.base, s.offset = at, s.due
		due = s.due
	case s.pace.CapGap > 0 && due-s.due > s.pace.CapGap:
		s.cut++
		due = add(s.due, s.pace.CapGap)
		s.base, s.offset = at, due
	}
	s.before, s.due = at, due
	if s.pace.Rate > 0 {
		if !s.any || due > s.slot {
			s.slot, s.slotPart, s.any = due, 0, true
		}
		due = s.slot
		whole, part := math.Modf(1e9/s.pace.Rate + s.slotPart)
		s.slot, s.slotPart = add(s.slot, duration(whole)), part
	}
	return s.start.Add(due)
}

// Again begins another round: the next datagram is the recording's first. It is
// due after the one before by the mean pause of the round, so that a steady
// stream goes on steadily. Without a rate that is a 10,000th of a second at the
// least, and as many for a round that takes no time as it has datagrams: rounds
// without end flood nobody.
func (s *Schedule) Again() {
	var mean time.Duration
	if s.round > 1 {
		mean = s.scaled(max(s.before.Sub(s.first), 0)) / time.Duration(s.round-1)
		if s.pace.CapGap > 0 {
			mean = min(mean, s.pace.CapGap)
		}
	}
	const least = time.Second / MaxRate
	switch {
	case s.pace.Rate > 0 || mean >= least:
	case mean > 0:
		mean = least
	default:
		mean = least * time.Duration(s.round)
	}
	s.due = add(s.due, mean)
	s.seen = false
}

// Back is how many datagrams had a time before that of the one before them.
func (s *Schedule) Back() int { return s.back }

// Cut is how many pauses were longer than CapGap.
func (s *Schedule) Cut() int { return s.cut }

// scaled is a time of the recording as one of the replay.
func (s *Schedule) scaled(d time.Duration) time.Duration {
	switch {
	case s.pace.Speed == 1:
		return d
	case math.IsInf(s.pace.Speed, 1):
		return 0
	}
	return duration(float64(d) / s.pace.Speed)
}

// duration is so many nanoseconds, or the longest Duration.
func duration(ns float64) time.Duration {
	if ns >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(max(ns, math.MinInt64))
}

// add adds two Durations of which the first is not negative, and does not
// overflow: captures of strangers have any time.
func add(a, b time.Duration) time.Duration {
	if sum := a + b; b <= 0 || sum >= a {
		return sum
	}
	return math.MaxInt64
}
