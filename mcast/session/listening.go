package session

import (
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
)

// lateTime is how late the facts must be read to show that the program itself
// stood: it was stopped, or the computer slept.
const lateTime = 500 * time.Millisecond

// listening is what the session hears, and since when.
type listening struct {
	since   time.Time
	on      []int        // indexes of the interfaces
	source  netip.Addr   // the only one that is heard; the zero Addr: all are
	blocked []netip.Addr // that are not heard
	due     time.Time    // when the facts are to be read next
}

// listen notes what is heard from now on. When that has changed, who was heard
// before and is not heard now has not fallen silent. The caller holds s.mu.
func (s *Session) listen(now time.Time) {
	l, on, blocked := &s.listening, host.Indexes(s.keep.On(s.group)), s.keep.Blocked(s.group)
	stays := func(index int) bool { return slices.Contains(on, index) }
	if s.evidence != s.listened || !slices.ContainsFunc(l.on, stays) || l.source != s.group.Source || !slices.Equal(l.blocked, blocked) {
		s.evidence.Relisten()
		s.evidence.Keep(s.group.Source)
		s.listened = s.evidence
		*l = listening{since: now, source: s.group.Source, blocked: blocked, due: l.due}
	}
	for _, index := range l.on {
		if !stays(index) {
			s.evidence.Left(index)
		}
	}
	l.on = on
	// Wall clocks: a computer that sleeps stops the other one.
	if !l.due.IsZero() && now.Round(0).Sub(l.due.Round(0)) > lateTime {
		s.evidence.Stood(now)
	}
}

// heardUntil is since when, and where, the session listens.
func (l listening) heardUntil(now time.Time) doctor.Listened {
	if len(l.on) == 0 {
		return doctor.Listened{}
	}
	return doctor.Listened{Since: l.since, Until: now, On: l.on}
}

// reset sets the timer of the reading.
func (s *Session) reset(facts *time.Timer, in time.Duration) {
	facts.Reset(in)
	s.expect(in)
}

// expect notes when the facts are to be read next.
func (s *Session) expect(in time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listening.due = time.Now().Add(in)
}
