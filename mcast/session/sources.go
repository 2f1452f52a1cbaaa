package session

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
)

// hearOnly hears the current group from one source only (RFC 4607), or, with
// the zero Addr, from all of them again. Between leaving it one way and joining
// it the other, nothing is heard. When the other way does not work, all is as
// before.
func (s *Session) hearOnly(source netip.Addr) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, to := s.group, s.group
	to.Source = source.Unmap().WithZone("")
	on := s.keep.On(from)
	fail := func(err error) error { return &mcast.OpError{Op: "join", Target: to.String(), Err: err} }
	switch {
	case source.IsValid() && (source.IsMulticast() || source.IsUnspecified()):
		return fail(ErrNoUnicast)
	case from == to && len(on) > 0:
		return fail(mcast.ErrJoined)
	case len(on) == 0:
		return fail(mcast.ErrNotJoined)
	}
	if err := s.keep.hearOnly(from, to); err != nil {
		return err
	}
	s.group = to
	text := fmt.Sprintf("hearing %s only from %s, on %s", withoutSource(to), to.Source, chat.InterfaceList(on))
	if !to.Source.IsValid() {
		text = fmt.Sprintf("hearing %s from every source, on %s", to, chat.InterfaceList(on))
	}
	s.ring.Put(s.room.Notice(time.Now(), text, ""))
	return nil
}

// block stops hearing a source of the current group, or hears it again, on
// every interface where the group is joined: on all or on none.
func (s *Session) block(source netip.Addr, stop bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, op, text := s.group, "block", "%s is not heard any more in %s"
	if !stop {
		op, text = "unblock", "%s is heard again in %s"
	}
	joined, heardFrom := len(s.keep.On(g)) > 0, g.Source
	g.Source = source.Unmap().WithZone("")
	fail := func(err error) error { return &mcast.OpError{Op: op, Target: g.String(), Err: err} }
	switch {
	case !source.IsValid() || source.IsMulticast() || source.IsUnspecified():
		return fail(ErrNoUnicast)
	case !joined:
		return fail(mcast.ErrNotJoined)
	case heardFrom.IsValid():
		return fail(ErrOneSource)
	}
	if err := s.keep.block(g, stop); err != nil {
		return err
	}
	s.ring.Put(s.room.Notice(time.Now(), fmt.Sprintf(text, g.Source, withoutSource(g)), ""))
	return nil
}

// hears reports whether the current group is heard from a source, so that a
// copy of what is sent with it can come back. The caller holds s.mu.
func (s *Session) hears(source netip.Addr) bool {
	if s.group.Source.IsValid() {
		return s.group.Source == source
	}
	return !slices.Contains(s.keep.Blocked(s.group), source)
}
