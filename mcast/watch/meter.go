package watch

import (
	"time"

	"github.com/groupcast/groupcast/mcast/stream"
)

const (
	sumsASecond    = int(time.Second / sumEvery)
	historySeconds = 60
	rateSeconds    = 10 // over which Config.MinRate is judged
	rateTolerance  = 0.9
)

// reading is how much of a stream has come until now.
type reading struct {
	stream.Key
	sum
	quiet bool // it is silent, or has ended: how much it brings is not judged
}

type sum struct{ datagrams, bytes uint64 }

// meters know how much each stream brought lately. They are read 4 times a second.
type meters struct {
	times  [sumsASecond + 1]time.Time // of the latest sums, at the place of their round
	second time.Time                  // when the latest second of the histories ended
	round  int
	of     map[stream.Key]*meter
}

type meter struct {
	round   int                     // when it was read last
	sums    [sumsASecond + 1]sum    // as times
	second  sum                     // until the latest second ended
	history [historySeconds]float32 // datagrams a second, at the place of their second
	bits    [rateSeconds]float32    // the same of bits
	seconds int                     // in history since it began
	judged  int                     // of them, those in a row that are judged
	slow    bool
}

func newMeters(began time.Time) *meters {
	m := &meters{of: map[stream.Key]*meter{}, second: began}
	m.times[0] = began
	return m
}

// begin begins a reading of all streams. The end of a second is every fourth.
func (m *meters) begin(now time.Time) {
	m.round++
	m.times[m.round%len(m.times)] = now
}

func (m *meters) secondEnds() bool { return m.round%sumsASecond == 0 }

// read takes one stream.
func (m *meters) read(r reading) {
	one := m.of[r.Key]
	if one == nil || r.datagrams < one.second.datagrams { // it had to make room meanwhile
		one = &meter{}
		m.of[r.Key] = one
	}
	one.round = m.round
	one.sums[m.round%len(one.sums)] = r.sum
	if r.quiet {
		one.judged = -1
	}
	if !m.secondEnds() {
		return
	}
	took := m.now().Sub(m.second).Seconds()
	if took > 0 {
		one.history[one.seconds%historySeconds] = float32(float64(r.datagrams-one.second.datagrams) / took)
		one.bits[one.seconds%rateSeconds] = float32(8 * float64(r.bytes-one.second.bytes) / took)
		if one.seconds++; one.seconds > 1 && !r.quiet { // the first began before the stream did
			one.judged++
		}
	}
	one.second = r.sum
}

// end ends the reading: streams that were not read are gone. changed is called with
// each one that began, or ceased, to bring less than the bound.
func (m *meters) end(bound Rate, changed func(key stream.Key, slow bool, rate Rate)) {
	for key, one := range m.of {
		if one.round != m.round {
			delete(m.of, key)
			continue
		}
		if !m.secondEnds() || one.judged < rateSeconds || bound == (Rate{}) {
			continue
		}
		had := one.over10()
		slow := had.Datagrams < rateTolerance*bound.Datagrams || had.Bits < rateTolerance*bound.Bits
		if slow != one.slow {
			one.slow = slow
			changed(key, slow, had)
		}
	}
	if m.secondEnds() {
		m.second = m.now()
	}
}

// stood forgets what is judged: the watch itself stood.
func (m *meters) stood() {
	for _, one := range m.of {
		one.judged = -1
	}
}

func (m *meters) now() time.Time { return m.times[m.round%len(m.times)] }

// over10 is the mean of the latest 10 seconds.
func (m *meter) over10() (r Rate) {
	for n := 1; n <= rateSeconds; n++ {
		r.Datagrams += float64(m.history[(m.seconds-n)%historySeconds]) / rateSeconds
		r.Bits += float64(m.bits[(m.seconds-n)%rateSeconds]) / rateSeconds
	}
	return r
}

// rate is what a stream brought in the last second.
func (m *meters) rate(key stream.Key) (r Rate) {
	one := m.of[key]
	then := m.times[(m.round+1)%len(m.times)]
	if m.round < sumsASecond {
		then = m.times[0]
	}
	took := m.now().Sub(then).Seconds()
	if one == nil || took <= 0 {
		return r
	}
	now := one.sums[m.round%len(one.sums)]
	before := one.sums[(m.round+1)%len(one.sums)]
	if m.round < sumsASecond {
		before = sum{}
	}
	return Rate{Datagrams: float64(now.datagrams-before.datagrams) / took, Bits: 8 * float64(now.bytes-before.bytes) / took}
}

// history is what a stream brought in each of the latest seconds, oldest first.
func (m *meters) history(key stream.Key) []float64 {
	one := m.of[key]
	if one == nil || one.seconds == 0 {
		return nil
	}
	n := min(one.seconds, historySeconds)
	out := make([]float64, n)
	for i := range out {
		out[i] = float64(one.history[(one.seconds-n+i)%historySeconds])
	}
	return out
}
