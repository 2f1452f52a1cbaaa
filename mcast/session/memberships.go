package session

import (
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
)

// join joins g on every interface that was chosen for it, and makes it the
// current group unless it is only listened to. It fails only when nothing could
// be joined. Where else it could not be joined is said in the talk.
func (s *Session) join(g mcast.Group, c host.Choice, listenOnly bool) ([]host.Interface, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.openSender(g); err != nil {
		return nil, err
	}
	s.wires.add(c.Joins...)
	on, err := s.keep.Join(g, c)
	if err == nil && !listenOnly {
		s.talkIn(g)
	}
	return on, err
}

// joinAlso joins the current group on one more interface. On which others it is
// joined later does not change.
func (s *Session) joinAlso(g mcast.Group, on []host.Interface) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.openSender(g); err != nil {
		return err
	}
	s.wires.add(on...)
	_, err := s.keep.join(g, on)
	if err == nil {
		s.talkIn(g)
	}
	return err
}

// newKeeper makes the session's keeper, whose sockets are read by goroutines of
// their own.
func (s *Session) newKeeper() *Keeper {
	return &Keeper{
		Open: func(g mcast.Group) (*mcast.Conn, error) {
			at := g.Wildcard()
			return mcast.Listen(s.life, mcast.Config{
				Addr: at.Addr(), Port: at.Port(), ReadBuffer: s.asked, MulticastAll: s.allGroups, Trace: s.trace,
			})
		},
		Opened:  func(c *mcast.Conn) { s.done.Go(func() { s.readAs(c, forText) }) },
		Closing: func(c *mcast.Conn) { s.gone += c.Stats().Dropped },
		Tell:    s.tellEvent,
	}
}

// tellEvent says in the talk what happened to a membership. That an interface is
// down is no line of the talk: the screen shows its state. The caller holds
// s.mu.
func (s *Session) tellEvent(e Event) {
	switch e.Kind {
	case Failed:
		s.putProblem(e.Err)
	case Lost:
		s.put(e.Text, "it is joined again when the interface comes back")
	case Rejoined, Widened:
		s.put(e.Text, "")
	}
}

// putProblem says in the talk what did not work. The caller holds s.mu.
func (s *Session) putProblem(err error) {
	s.ring.Put(s.room.Problem(time.Now(), mcast.Plain(err), s.hint(err)))
}

// talkIn makes g the current group. What is known of the way to another group
// does not hold for it. The caller holds s.mu.
func (s *Session) talkIn(g mcast.Group) {
	if g == s.group {
		return
	}
	s.group = g
	s.evidence = doctor.NewEvidence()
	clear(s.heard)
	s.onWires = nil
}
