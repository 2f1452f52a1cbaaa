package session

import (
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
)

// RefreshEvery is how often the host's facts are read anew, and findings change,
// while something is said or heard.
const RefreshEvery = 2 * time.Second

// Reading the facts takes some milliseconds, on a host with hundreds of
// interfaces or thousands of sockets more. The pause grows with that: to five
// percent of the time, as long as what is observed meanwhile is not forgotten,
// and to much less while nothing is said or heard and no interface changes.
const (
	refreshAtLeast = evidenceTime / 2
	idleShare      = 1000 // so many times as long as the reading takes
	idleAtLeast    = 20 * time.Second
	changePause    = 50 * time.Millisecond // after a change of an interface: mostly there are several
)

// pause is how long the facts hold that took so long to read.
func pause(took time.Duration, idle bool) time.Duration {
	if idle {
		return min(max(RefreshEvery, idleShare*took), idleAtLeast)
	}
	return max(RefreshEvery, min(20*took, refreshAtLeast))
}

// tick reads the facts anew and gives up on copies that did not come back.
func (s *Session) tick() {
	defer s.recoverPanic()
	facts := time.NewTimer(RefreshEvery)
	defer facts.Stop()
	s.expect(RefreshEvery)
	changed := s.changed
	read := time.Now()
	var rested time.Time // a change before then waits for it
	expiry := time.NewTimer(chat.CopyTimeout)
	defer expiry.Stop()
	for {
		select {
		case <-s.life.Done():
			return
		case <-changed:
			s.reset(facts, max(changePause, time.Until(rested)))
			changed = nil // until then
		case <-s.woken:
			s.reset(facts, max(0, time.Until(read.Add(RefreshEvery)), time.Until(rested)))
			expiry.Reset(chat.CopyTimeout / 4)
		case <-facts.C:
			began := time.Now()
			s.refresh()
			read = time.Now()
			rested = read.Add(min(20*read.Sub(began), refreshAtLeast))
			s.reset(facts, pause(read.Sub(began), s.rest(read)))
			changed = s.changed
		case <-expiry.C:
			if s.expire() {
				expiry.Reset(chat.CopyTimeout / 4)
			}
		}
	}
}

// stir notes that something was said or heard, so that the facts are read as
// often as that needs. The caller holds s.mu.
func (s *Session) stir(now time.Time) {
	s.active = now
	if s.idle {
		s.idle = false
		select {
		case s.woken <- struct{}{}:
		default: // it is known already
		}
	}
}

// rest reports whether nothing was said or heard for so long that there is no
// evidence to be looked at.
func (s *Session) rest(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = now.Sub(s.active) > evidenceTime
	return s.idle
}

// expire gives up on copies that did not come back, and reports whether others
// are waited for or may be soon.
func (s *Session) expire() (more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for _, line := range s.room.Expire(now) {
		s.ring.Put(line)
		if line.Kind == chat.Own {
			noteOutcome(s.evidence, line, nil)
		}
	}
	return !s.idle || s.room.Pending() > 0 || s.room.Held() > 0
}
