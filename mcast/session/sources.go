package session

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
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
	on := s.joinedOn(from)
	fail := func(err error) error { return &mcast.OpError{Op: "join", Target: to.String(), Err: err} }
	switch {
	case source.IsValid() && (source.IsMulticast() || source.IsUnspecified()):
		return fail(ErrNoUnicast)
	case from == to && len(on) > 0:
		return fail(mcast.ErrJoined)
	case len(on) == 0:
		return fail(mcast.ErrNotJoined)
	}
	for _, i := range on {
		if !present(i) {
			return &mcast.OpError{Op: "join", Target: to.String(), Interface: i.Name, Err: host.ErrNoInterface}
		}
	}
	l := s.listeners[from.Wildcard()]
	blocked := map[int][]netip.Addr{}
	for n, i := range on {
		blocked[i.Index] = l.Blocked(from, i)
		if err := swap(l, from, to, i); err != nil {
			for _, i := range on[:n] {
				err = errors.Join(err, swap(l, to, from, i))
			}
			return errors.Join(err, blockAll(l, from, on[:n+1], blocked))
		}
	}
	for _, m := range l.Lost() {
		if m.Group == from {
			l.Leave(from, m.Interface) // or it would be joined the old way when its interface is back
		}
	}
	s.follows(from, to)
	text := fmt.Sprintf("hearing %s only from %s, on %s", withoutSource(to), to.Source, chat.InterfaceList(on))
	if !to.Source.IsValid() {
		text = fmt.Sprintf("hearing %s from every source, on %s", to, chat.InterfaceList(on))
	}
	s.ring.Put(s.room.Notice(time.Now(), text, ""))
	return nil
}

// present reports whether an interface is there now. One that is being deleted
// cannot be joined the other way, nor again the one way; what becomes of its
// membership is for Follow to say.
func present(i host.Interface) bool {
	list, err := host.Interfaces()
	_, there := host.ByIndex(list, i.Index)
	return there || err != nil || i.Index == 0
}

// swap leaves one group on an interface and joins the other there, or stays in
// the one.
func swap(l *mcast.Conn, leave, join mcast.Group, on host.Interface) error {
	if err := l.Leave(leave, on); err != nil {
		return err
	}
	err := l.Join(join, on)
	if err != nil && !errors.Is(err, mcast.ErrJoined) {
		return errors.Join(err, l.Join(leave, on))
	}
	return nil
}

// blockAll blocks what was blocked before the group was left.
func blockAll(l *mcast.Conn, g mcast.Group, on []host.Interface, blocked map[int][]netip.Addr) error {
	var errs []error
	for _, i := range on {
		for _, g.Source = range blocked[i.Index] {
			if err := l.Block(g, i); !errors.Is(err, mcast.ErrBlocked) {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// follows makes a group that is the current one, heard another way, the current
// one. The caller holds s.mu.
func (s *Session) follows(from, to mcast.Group) {
	s.group = to
	s.widely[to] = s.widely[from]
	delete(s.widely, from)
	for at := range s.left {
		if at.group == from {
			delete(s.left, at)
			s.left[place{to, at.on}] = true
		}
	}
}

// block stops hearing a source of the current group, or hears it again, on
// every interface where the group is joined: on all or on none.
func (s *Session) block(source netip.Addr, stop bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, op, text := s.group, "block", "%s is not heard any more in %s"
	change, undo := (*mcast.Conn).Block, (*mcast.Conn).Unblock
	already := mcast.ErrBlocked
	if !stop {
		op, text = "unblock", "%s is heard again in %s"
		change, undo = undo, change
		already = mcast.ErrNotBlocked
	}
	on := s.joinedOn(g)
	heardFrom := g.Source
	g.Source = source.Unmap().WithZone("")
	fail := func(err error) error { return &mcast.OpError{Op: op, Target: g.String(), Err: err} }
	switch {
	case !source.IsValid() || source.IsMulticast() || source.IsUnspecified():
		return fail(ErrNoUnicast)
	case len(on) == 0:
		return fail(mcast.ErrNotJoined)
	case heardFrom.IsValid():
		return fail(ErrOneSource)
	}
	l := s.listeners[g.Wildcard()]
	var done []host.Interface
	for _, i := range on {
		err := change(l, g, i)
		switch {
		case err == nil:
			done = append(done, i)
		case !errors.Is(err, already):
			for _, i := range done {
				err = errors.Join(err, undo(l, g, i))
			}
			return err
		}
	}
	if len(done) == 0 {
		return fail(already)
	}
	s.ring.Put(s.room.Notice(time.Now(), fmt.Sprintf(text, g.Source, withoutSource(g)), ""))
	return nil
}

// blocked lists the sources of a group that are not heard. The caller holds
// s.mu.
func (s *Session) blocked(g mcast.Group) []netip.Addr {
	var all []netip.Addr
	for _, i := range s.joinedOn(g) {
		for _, source := range s.listeners[g.Wildcard()].Blocked(g, i) {
			if !slices.Contains(all, source) {
				all = append(all, source)
			}
		}
	}
	return all
}

// hears reports whether the current group is heard from a source, so that a
// copy of what is sent with it can come back. The caller holds s.mu.
func (s *Session) hears(source netip.Addr) bool {
	if s.group.Source.IsValid() {
		return s.group.Source == source
	}
	return !slices.Contains(s.blocked(s.group), source)
}

func withoutSource(g mcast.Group) mcast.Group {
	g.Source = netip.Addr{}
	return g
}
