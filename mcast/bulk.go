package mcast

import "time"

// The rates, in datagrams a second, between which a [BulkSwitch] stays as it is.
const (
	bulkOver  = 50_000
	bulkUnder = 25_000
)

// BulkSwitch decides when to call [Conn.SetBulk]: on where more than 50,000
// datagrams a second were read for a second, and off where fewer than 25,000
// were. The zero BulkSwitch is off.
type BulkSwitch struct {
	on    bool
	since time.Time // when the present second began
	had   uint64    // datagrams until then
}

// Look takes the time and how many datagrams were read until then
// (Stats.Datagrams), and returns whether reading is to be bulk. It judges once a
// second, or as often as it is called if that is less.
func (s *BulkSwitch) Look(now time.Time, datagrams uint64) (on bool) {
	took := now.Sub(s.since)
	if s.since.IsZero() || took < 0 || datagrams < s.had { // the first, or a clock that was set back
		s.since, s.had = now, datagrams
		return s.on
	}
	if took < time.Second {
		return s.on
	}
	switch rate := float64(datagrams-s.had) / took.Seconds(); {
	case rate > bulkOver:
		s.on = true
	case rate < bulkUnder:
		s.on = false
	}
	s.since, s.had = now, datagrams
	return s.on
}
