package session

import (
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
)

// lookAgain is how long it takes until a port that could not be looked at is tried
// again.
const lookAgain = 30 * time.Second

// lookout is the look at the port of frames of the current group, while no frames are
// read there. Session.reading guards it.
type lookout struct {
	look  *doctor.Lookout // nil: none is wanted, or it cannot be
	group mcast.Group
	on    []int
	tried time.Time
}

// lookBeside begins to look at the port of frames, before the facts are read, or ends
// it. The caller holds s.reading.
func (s *Session) lookBeside(in doctor.Intent) {
	s.mu.Lock()
	t := s.current()
	wanted := s.life.Err() == nil && len(in.Joined) > 0 && (t == nil || t.off != "")
	interfaces := s.facts.Interfaces
	s.mu.Unlock()
	l, now := &s.beside, time.Now()
	if wanted && l.group == in.Group && slices.Equal(l.on, in.Joined) && (l.look != nil || now.Sub(l.tried) < lookAgain) {
		return
	}
	l.look.Close()
	*l = lookout{}
	if !wanted {
		return
	}
	var on []host.Interface
	for _, index := range in.Joined {
		if i, ok := host.ByIndex(interfaces, index); ok {
			on = append(on, i)
		}
	}
	*l = lookout{look: doctor.LookBeside(s.life, in.Group, on, s.trace), group: in.Group, on: in.Joined, tried: now}
}

// seenBeside is what came at the port of frames since a time. Where frames are read,
// the talk tells that. The caller holds s.reading and s.mu.
func (s *Session) seenBeside(since time.Time) *doctor.Beside {
	if t := s.current(); t != nil && t.off == "" {
		if t.since.Before(since) {
			return &doctor.Beside{Port: t.port}
		}
		return nil
	}
	return s.beside.look.Seen(since)
}
