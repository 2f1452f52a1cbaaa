package session

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
)

// mirror opens the sockets on the ports of frames, and joins on them what is joined on
// the ports of plain text. The caller holds s.mu.
func (s *Session) mirror(joined map[netip.AddrPort][]mcast.Membership) {
	wanted := map[netip.AddrPort][]mcast.Membership{} // by what the socket is bound to
	for _, at := range slices.SortedFunc(maps.Keys(s.talks), netip.AddrPort.Compare) {
		t := s.talks[at]
		if t.never {
			continue
		}
		bound := netip.AddrPortFrom(host.Unspecified(at.Addr()), t.port)
		if err := s.openFrames(bound); err != nil {
			s.turnOff(t, err)
			continue
		}
		if wanted[bound] == nil {
			wanted[bound] = []mcast.Membership{}
		}
		for _, m := range joined[at] {
			m.Port = t.port
			if !holds(wanted[bound], m) {
				wanted[bound] = append(wanted[bound], m)
			}
		}
		if t.off != "" {
			t.off, t.since = "", time.Now()
			if t.conv == nil { // its goroutine is not there yet, and nobody else has it
				t.begin(s.rooms[at])
			}
		}
	}
	for bound, conn := range s.frames {
		if _, stays := wanted[bound]; !stays {
			conn.Close()
			delete(s.frames, bound)
			continue
		}
		s.mirrorOn(conn, wanted[bound])
	}
}

// unmirror leaves a group on an interface on the ports of frames, until align is
// called: the kernel reports a group that is joined anew only when no other socket
// holds it. The caller holds s.mu.
func (s *Session) unmirror(group netip.Addr, on string) {
	for _, conn := range s.frames {
		for _, m := range conn.Memberships() {
			if m.Addr == group && m.Interface.Name == on {
				conn.Leave(m.Group, m.Interface)
			}
		}
	}
}

// openFrames opens the socket for frames on a port, if there is none.
func (s *Session) openFrames(bound netip.AddrPort) error {
	if s.frames[bound] != nil {
		return nil
	}
	c, err := mcast.Listen(s.life, mcast.Config{Addr: bound.Addr(), Port: bound.Port(), ReadBuffer: s.asked, Trace: s.trace})
	if err != nil {
		return err
	}
	s.frames[bound] = c
	s.done.Go(func() { s.readAs(c, forFrames) })
	return nil
}

// turnOff says once why there are no frames in a conversation.
func (s *Session) turnOff(t *talk, err error) {
	why := fmt.Sprintf("port %d, where frames go, cannot be opened: %s", t.port, mcast.Reason(err))
	hint := offHint(t)
	if errors.Is(err, mcast.ErrPortInUse) {
		holder := "another program"
		if h, ok := host.Holder(netip.AddrPortFrom(host.Unspecified(t.at.Addr()), t.port)); ok && h.Program != "" {
			holder = chat.CleanRow(h.Program)
		} else if ok {
			holder = fmt.Sprintf("a program of user %d", h.UID)
		}
		why = fmt.Sprintf("port %d, where frames go, is held by %s, which does not share it", t.port, holder)
	}
	if first := t.off == "it begins"; first {
		s.ring.Put(s.room.Problem(time.Now(), "members are off: "+why, hint))
	}
	t.off = why
}

// holds reports whether a membership is among others.
func holds(list []mcast.Membership, m mcast.Membership) bool {
	return slices.ContainsFunc(list, func(other mcast.Membership) bool {
		return other.Group == m.Group && other.Interface.Index == m.Interface.Index
	})
}

// mirrorOn joins on a socket what is wanted, and leaves the rest.
func (s *Session) mirrorOn(conn *mcast.Conn, wanted []mcast.Membership) {
	for _, m := range slices.Concat(conn.Memberships(), conn.Lost()) {
		if !holds(wanted, m) {
			conn.Leave(m.Group, m.Interface) // it may be gone with its interface
		}
	}
	have := conn.Memberships()
	for _, m := range wanted {
		key := membershipKey{m.Group, m.Interface.Name}
		if !holds(have, m) {
			err := conn.Join(m.Group, m.Interface)
			if err != nil && !errors.Is(err, mcast.ErrJoined) && !s.framesFailed[key] {
				s.framesFailed[key] = true
				s.putProblem(err)
			}
			if err != nil {
				continue
			}
			delete(s.framesFailed, key)
		}
		if !m.Source.IsValid() {
			s.mirrorBlocks(conn, m)
		}
	}
}

// mirrorBlocks blocks on a membership what is blocked in the conversations that it is
// for.
func (s *Session) mirrorBlocks(conn *mcast.Conn, m mcast.Membership) {
	var wanted []netip.Addr
	for at, t := range s.talks {
		g := mcast.Group{Addr: at.Addr(), Port: at.Port()}
		if plain := s.keep.Conn(g); at.Addr() == m.Addr && t.port == m.Port && plain != nil {
			wanted = append(wanted, plain.Blocked(g, m.Interface)...)
		}
	}
	blocked := conn.Blocked(m.Group, m.Interface)
	change := func(list, not []netip.Addr, do func(mcast.Group, host.Interface) error) {
		for _, source := range list {
			if slices.Contains(not, source) {
				continue
			}
			g := m.Group
			g.Source = source
			if err := do(g, m.Interface); err != nil {
				s.putProblem(err)
			}
		}
	}
	change(wanted, blocked, conn.Block)
	change(blocked, wanted, conn.Unblock)
}
