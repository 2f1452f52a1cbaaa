package stream

import "time"

const (
	// stormTimes is how often one datagram must come within a second to be one that
	// goes in circles, where it has a number; stormFalls how often in a row with fewer
	// hops than before, whatever it is.
	stormTimes, stormFalls = 16, 8
	// maxStorms are told at a time.
	maxStorms = 16
)

// storm notes a datagram that came again and again. A program may say the same as
// quickly as it likes, and so may several: it goes in circles if its TTL falls, if it has
// a number that is sent once, or if others send all of a sender's again, this more often
// than that one did.
func (t *Tally) storm(s *lately, r *row, since time.Duration) {
	falls, others := s.row == r && s.falls >= stormFalls, s.row != r && s.mine <= 2
	if others {
		r.copiedNow().Again = int(s.times)
	}
	if !falls && !r.numbers() && !(others && r.mirror != nil && r.mirror.level != nothing) {
		return
	}
	if r.copied != nil && r.copied.Storm {
		r.copied.stormed = since
		return
	}
	if len(t.copying.storms) >= maxStorms {
		return
	}
	t.copying.storms = append(t.copying.storms, r)
	c := r.copiedNow()
	c.Storm, c.stormed = true, since
	c.Storms++
	e := r.copiesEvent(Storm, t, since)
	e.Copied.Times, e.Falls, e.Count = 0, falls, int(s.times)
	if falls {
		e.Count = int(s.falls)
	}
	t.tell(e)
}
