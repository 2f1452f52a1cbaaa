package session

import (
	"errors"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// purpose is what a group is joined for.
type purpose int

const (
	talk purpose = iota // it becomes the current group
	look                // to be listened to
)

// join joins g on every one of those interfaces, opening a socket for its port
// when it is the first there. It fails only when nothing could be joined.
// Where else it could not be joined is said in the talk.
func (s *Session) join(g mcast.Group, on []host.Interface, to purpose) ([]host.Interface, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.openSender(g); err != nil {
		return nil, err
	}
	l := s.listeners[g.Wildcard()]
	if l == nil {
		var err error
		l, err = mcast.Listen(s.life, mcast.Config{
			Addr: host.Unspecified(g.Addr), Port: g.Port, ReadBuffer: s.asked, MulticastAll: s.allGroups, Trace: s.trace,
		})
		if err != nil {
			return nil, ForGroup(err, g)
		}
	}
	failed := map[int]error{}
	var errs []error
	for _, i := range on {
		if err := s.joinOn(l, g, i); err != nil && !errors.Is(err, mcast.ErrJoined) {
			failed[i.Index] = err
			errs = append(errs, err)
		}
	}
	if len(errs) == len(on) {
		if s.listeners[g.Wildcard()] == nil {
			l.Close()
		}
		return nil, errors.Join(errs...)
	}
	if s.listeners[g.Wildcard()] == nil {
		s.listeners[g.Wildcard()] = l
		s.done.Go(func() { s.read(l) })
	}
	for _, err := range errs {
		s.ring.Put(s.room.Problem(time.Now(), mcast.Plain(err), s.hint(err)))
	}
	if to == talk {
		s.talkIn(g)
	}
	if g == s.group {
		maps.Copy(s.joinErrs, failed)
	}
	return s.joinedOn(g), nil
}

// joinOn joins g on one more interface, where the sources that are blocked on
// others are not heard either. The caller holds s.mu.
func (s *Session) joinOn(l *mcast.Conn, g mcast.Group, on host.Interface) error {
	return joinWithout(l, g, on, s.blocked(g))
}

// joinWithout joins g on an interface, where these sources are not to be heard.
func joinWithout(l *mcast.Conn, g mcast.Group, on host.Interface, blocked []netip.Addr) error {
	if err := l.Join(g, on); err != nil {
		return err
	}
	for _, source := range blocked {
		if err := l.Block(mcast.Group{Addr: g.Addr, Port: g.Port, Source: source}, on); err != nil {
			return errors.Join(err, l.Leave(g, on))
		}
	}
	return nil
}

// talkIn makes g the current group. What is known of the way to another group
// does not hold for it. The caller holds s.mu.
func (s *Session) talkIn(g mcast.Group) {
	if g == s.group {
		return
	}
	s.group = g
	s.observed = newObserved()
	clear(s.heard)
	clear(s.joinErrs)
}

// memberships of all groups; the caller holds s.mu.
func (s *Session) memberships() []mcast.Membership {
	var all []mcast.Membership
	for _, at := range slices.SortedFunc(maps.Keys(s.listeners), netip.AddrPort.Compare) {
		all = append(all, s.listeners[at].Memberships()...)
	}
	return all
}

// joinedOn lists the interfaces that g is joined on; the caller holds s.mu.
func (s *Session) joinedOn(g mcast.Group) []host.Interface {
	var on []host.Interface
	for _, m := range s.memberships() {
		if m.Group == g {
			on = append(on, m.Interface)
		}
	}
	return on
}

// remember notes whether a group that was joined is to be joined on interfaces
// to come, and forgets where it was left.
func (s *Session) remember(g mcast.Group, c host.Choice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.widely[g] = c.Everywhere()
	for _, i := range c.Joins {
		delete(s.left, place{g, i.Name})
	}
}
