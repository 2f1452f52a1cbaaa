package session

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
)

// Do carries out what the user asked for. It may block for a system call. Its
// result comes back through [Session.Next] as lines; so does a failure, and then
// Do returns nil. It is called by one goroutine at a time.
func (s *Session) Do(ctx context.Context, a Action) error {
	if say, ok := a.(Say); ok {
		s.say(ctx, say.Text)
		return nil
	}
	if err := s.change(a); err != nil {
		s.Problem(err)
	}
	s.align()
	s.mu.Lock()
	s.steadied.forget() // what was mended is gone at once
	s.mu.Unlock()
	s.refresh()
	return nil
}

// change carries out the actions that change a setting.
func (s *Session) change(a Action) error {
	switch a := a.(type) {
	case Join:
		return s.joinGroup(a)
	case Leave:
		return s.leaveGroup(a)
	case UseInterface:
		return s.useInterface(a.Interface)
	case SetLoopback:
		return s.setLoopback(a.On)
	case SetHops:
		return s.setHops(a.Hops)
	case Source:
		return s.hearOnly(a.Addr)
	case Block:
		return s.block(a.Addr, a.On)
	case Ping:
		return s.ping(a.Count)
	case SetNick:
		return s.setNick(a.Nick)
	case Verify:
		return s.verify(a.Name, a.On)
	case ShareFacts:
		return s.shareFacts(a.On)
	case AgreeFacts:
		return s.agree(a.Name, a.Yes)
	case Save:
		return s.save(a)
	case ApplyFix:
		return s.applyFix(a.Finding)
	}
	return nil
}

// say sends one line, byte exact, and puts it in the talk with the way that
// the kernel gives it at this moment. Among members it also goes out as a frame, and
// it may wait.
func (s *Session) say(ctx context.Context, text string) {
	t, err := s.withFrames()
	switch {
	case err != nil:
		s.Problem(&mcast.Advised{Err: err, Advice: "nothing leaves as plain text while a key is given"})
		return
	case t != nil:
		t.say(ctx, text)
		return
	}
	u := s.utter(text, nil)
	u.Err = u.by.Send(u.Data, u.To, u.via)
	s.capture.sent(u.Datagram)
	if u.Err != nil {
		s.refused(u)
	}
}

// utterance is a line on its way out.
type utterance struct {
	Datagram
	line uint64 // its ID
	by   *mcast.Conn
	via  mcast.Via
}

// utter puts a line in the talk, as sent; framed is how it goes out among members, or
// nil.
func (s *Session) utter(text string, framed *chat.Framed) utterance {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, out, sender := time.Now(), s.way(), s.senders[host.Unspecified(s.group.Addr)]
	s.stir(now)
	via := chat.Via{
		IfIndex:   out.IfIndex,
		Interface: out.Interface,
		Source:    out.Source,
		Stays:     out.Stays,
		Loopback:  (s.loopback || s.send.Loopback()) && s.hears(out.Source), // lo ignores the option
	}
	var line chat.Line
	if framed != nil {
		line = s.room.SayFramed(now, text, via, *framed)
	} else {
		line = s.room.Say(now, text, via)
	}
	s.ring.Put(line)
	noteSent(s.evidence, line, text, !s.loopback)
	return utterance{
		Datagram: Datagram{
			At:        now,
			From:      netip.AddrPortFrom(out.Source, sender.LocalAddr().Port()),
			To:        s.group.AddrPort(),
			Interface: chat.Clean(out.Interface),
			IfIndex:   out.IfIndex,
			Hops:      s.hops,
			Data:      []byte(text),
		},
		line: line.ID, by: sender, via: mcast.ViaChoice(s.choice(), s.group.Addr),
	}
}

// refused says in the talk that the kernel did not take a line.
func (s *Session) refused(u utterance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if failed := s.room.Failed(u.line, mcast.Plain(u.Err), s.hint(u.Err)); failed.ID != 0 {
		s.ring.Put(failed)
		noteOutcome(s.evidence, failed, u.Err)
	}
}

func (s *Session) joinGroup(a Join) error {
	keys := s.cfg.Interfaces
	switch {
	case a.Interface != "":
		keys = []string{a.Interface}
	case a.Group.Addr.Zone() != "":
		keys = nil // the zone says it
	}
	c, err := s.chooseNow(keys, a.Group)
	if err != nil {
		return &mcast.OpError{Op: "join", Target: a.Group.String(), Err: err}
	}
	a.Group.Addr = a.Group.Addr.WithZone("")
	if err := s.roomsOf(a.Group); err != nil {
		return &mcast.OpError{Op: "join", Target: a.Group.String(), Err: err}
	}
	joined, err := s.join(a.Group, c, a.ListenOnly)
	if err != nil {
		return err
	}
	s.recent.add(a.Group)
	snap := s.Snapshot()
	if a.Group != snap.Group {
		s.notice(fmt.Sprintf("looking at %s on %s; what you type still goes to %s", a.Group, chat.InterfaceList(joined), snap.Group), "")
	} else {
		s.notice(JoinedText(a.Group, sendingFirst(joined, snap.Sends)), "")
	}
	return nil
}

func (s *Session) chooseNow(keys []string, g mcast.Group) (host.Choice, error) {
	list, err := host.Interfaces()
	if err != nil {
		return host.Choice{}, err
	}
	return host.Choose(list, keys, g.Addr)
}

func (s *Session) leaveGroup(a Leave) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := a.Group
	if !g.Addr.IsValid() {
		g = s.group
	}
	left, err := s.keep.Leave(g, a.Interface)
	if len(left) == 0 {
		return err
	}
	g = withoutZone(g)
	members := s.keep.Memberships()
	s.put(fmt.Sprintf("left %s on %s", g, chat.InterfaceList(left)), "")
	switch {
	case g != s.group || len(s.keep.On(g)) > 0:
	case len(members) > 0:
		s.talkIn(members[len(members)-1].Group)
		s.put(fmt.Sprintf("talking in %s now", s.group), "")
	default:
		s.put("no group is joined: you can send, but you receive nothing", "join again: /join GROUP")
	}
	return err
}

// useInterface sends by one interface from now on, and is joined there;
// other memberships stay. "default" leaves sending to the kernel again.
func (s *Session) useInterface(key string) error {
	s.mu.Lock()
	group := s.group
	s.mu.Unlock()
	if key == host.KernelDefault {
		s.setSend(host.Choice{})
		return nil
	}
	c, err := s.chooseNow([]string{key}, group)
	if err != nil {
		return &mcast.OpError{Op: "send", Target: group.String(), Err: err}
	}
	if err := s.joinAlso(group, c.Joins); err != nil {
		return err
	}
	s.setSend(c)
	return nil
}

func (s *Session) setSend(c host.Choice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.send, s.source, s.lo, s.byUser = c.Send, c.Source, false, nil
	if c.ByUser {
		s.byUser = c.Joins
	}
}

func (s *Session) eachSender(set func(*mcast.Conn) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.senders {
		if err := set(c); err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) setHops(n int) error {
	if err := s.eachSender(func(c *mcast.Conn) error { return c.SetHops(n) }); err != nil {
		return err
	}
	s.mu.Lock()
	s.hops = n
	s.mu.Unlock()
	hint := ""
	if n == 0 {
		hint = "a datagram stays on this host if the group is joined on the outgoing interface; else Linux sends it"
	}
	s.notice(fmt.Sprintf("sends with ttl %d", n), hint)
	return nil
}

func (s *Session) setLoopback(on bool) error {
	if err := s.eachSender(func(c *mcast.Conn) error { return c.SetLoopback(on) }); err != nil {
		return err
	}
	s.mu.Lock()
	s.loopback = on
	s.mu.Unlock()
	if on {
		s.notice("own copies (loopback) on: other programs on this host hear you", "")
	} else {
		s.notice("own copies (loopback) off: no other program on this host hears you", "")
	}
	return nil
}
