package session

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/members"
)

// board is what the readers of sockets need to know of the conversations.
type board struct {
	talks []*talk                 // where frames are sent and read
	plain map[netip.AddrPort]bool // the groups that are joined, with their ports
}

// conversation is the address of the one that a group belongs to, and its name.
func conversation(g mcast.Group) netip.AddrPort {
	return netip.AddrPortFrom(g.Addr.Unmap().WithZone(""), g.Port)
}

// roomsOf are the rooms of a conversation: the first seals. Of a passphrase they are
// derived, which takes a while, so that no lock is held.
func (s *Session) roomsOf(g mcast.Group) error {
	at := conversation(g)
	s.mu.Lock()
	_, known := s.rooms[at]
	s.mu.Unlock()
	if s.cfg.Members == nil || known {
		return nil
	}
	var keys []frame.RoomKey
	if s.cfg.Members.Keys != nil {
		var err error
		if keys, err = s.cfg.Members.Keys(at.String()); err != nil {
			return err
		}
	}
	rooms := make([]*frame.Room, 0, len(keys)+1)
	for _, key := range keys {
		rooms = append(rooms, frame.SealedRoom(key, at.String()))
	}
	if len(rooms) == 0 {
		rooms = append(rooms, frame.OpenRoom(at.String()))
	}
	s.mu.Lock()
	s.rooms[at] = rooms
	s.mu.Unlock()
	return nil
}

// align brings the conversations in line with what is joined, where, and with the way
// that sends leave. Whoever changes any of that calls it afterwards, without s.mu.
func (s *Session) align() {
	if s.cfg.Members == nil {
		return
	}
	s.aligning.Lock()
	defer s.aligning.Unlock()
	s.mu.Lock()
	if s.life.Err() != nil {
		s.mu.Unlock()
		return
	}
	joined := map[netip.AddrPort][]mcast.Membership{}
	for _, m := range s.keep.Memberships() {
		joined[conversation(m.Group)] = append(joined[conversation(m.Group)], m)
	}
	for _, conn := range s.keep.Conns() {
		for _, m := range conn.Lost() { // the talk goes on when its interface is back
			if at := conversation(m.Group); joined[at] == nil {
				joined[at] = []mcast.Membership{}
			}
		}
	}
	var ended []*talk
	for at, t := range s.talks {
		if _, stays := joined[at]; !stays {
			ended = append(ended, t)
			delete(s.talks, at)
		}
	}
	for at := range joined {
		if s.talks[at] == nil {
			s.talks[at] = s.newTalk(at)
		}
	}
	s.mirror(joined)
	ways := map[*talk]members.Out{}
	next := &board{plain: map[netip.AddrPort]bool{}}
	for at, t := range s.talks {
		next.plain[at] = true
		if t.off == "" {
			next.talks = append(next.talks, t)
			ways[t] = members.Out{IfIndex: s.chosen(t)}
		}
	}
	slices.SortFunc(next.talks, func(a, b *talk) int { return a.at.Compare(b.at) })
	s.board.Store(next)
	s.mu.Unlock()
	for _, t := range ended {
		t.leave()
	}
	for _, t := range next.talks {
		t.setWays(interfacesOf(joined[t.at]), ways[t].IfIndex)
	}
}

func interfacesOf(list []mcast.Membership) (on []members.Interface) {
	for _, m := range list {
		i := members.Interface{Index: m.Interface.Index, Name: m.Interface.Name}
		if !slices.Contains(on, i) {
			on = append(on, i)
		}
	}
	return on
}

// chosen is the interface that sends to a conversation leave by; 0: not known. The
// caller holds s.mu.
func (s *Session) chosen(t *talk) int {
	var port uint16
	if sender := s.senders[host.Unspecified(t.at.Addr())]; sender != nil {
		port = sender.LocalAddr().Port()
	}
	return WayOut(mcast.Group{Addr: t.at.Addr(), Port: t.at.Port()}, s.choice(), port).IfIndex
}

// newTalk is the part in a conversation, not begun yet. The caller holds s.mu.
func (s *Session) newTalk(at netip.AddrPort) *talk {
	t := &talk{s: s, at: at, name: at.String(), wake: make(chan struct{}, 1), over: make(chan struct{})}
	for _, room := range s.rooms[at] {
		t.sealed = t.sealed || room.Sealed()
		t.tags = append(t.tags, room.Tag())
	}
	cfg, g := s.cfg.Members, mcast.Group{Addr: at.Addr(), Port: at.Port()}
	registered, is := g.Registered()
	t.port = cfg.FramePort
	if t.port == 0 {
		t.port = at.Port() + 1 // 0 after 65535
	}
	switch {
	case is && !cfg.Anyway:
		t.never, t.plain, t.off = true, true, fmt.Sprintf("%s is the group of a standard (%s): only plain text is sent there", g, registered.Name)
	case len(t.tags) == 0:
		t.never, t.off = true, "the keys of this group are not known"
	case t.port == 0:
		t.never, t.off = true, fmt.Sprintf("frames go to the next port, and there is none after %d", at.Port())
	case t.port == at.Port():
		t.never, t.off = true, fmt.Sprintf("frames cannot go to port %d, where plain text goes", t.port)
	default:
		t.off = "it begins"
	}
	if t.never && !t.plain {
		s.ring.Put(s.room.Problem(time.Now(), "members are off: "+t.off, offHint(t)))
	}
	return t
}

func offHint(t *talk) string {
	if t.sealed {
		return "nothing is said in this group: it would be plain text"
	}
	return "the talk goes on with plain text; --frame-port names another port for frames, the same for every member"
}

// current is the conversation of the current group, or nil. The caller holds s.mu.
func (s *Session) current() *talk { return s.talks[conversation(s.group)] }

// withFrames is the conversation of the current group, if frames are sent there; else
// why nothing at all may be said, or nil.
func (s *Session) withFrames() (*talk, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.current()
	switch {
	case t == nil && s.rooms[conversation(s.group)] == nil:
		return nil, nil
	case t == nil: // it was left, and would have been sealed
		if s.rooms[conversation(s.group)][0].Sealed() {
			return nil, fmt.Errorf("%w: the room of %s is sealed, and it is not joined", errNotSaid, s.group)
		}
		return nil, nil
	case t.off == "":
		return t, nil
	case t.sealed:
		return nil, fmt.Errorf("%w: the room of %s is sealed, and members are off: %s", errNotSaid, s.group, t.off)
	}
	return nil, nil
}
