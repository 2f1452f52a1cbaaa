package session

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/members"
)

// Errors of actions of members, to be tested with errors.Is.
var (
	ErrNoMembers = errors.New("members are off")
	ErrNobody    = errors.New("nobody here has this name")
	ErrSeveral   = errors.New("several have this name")
	ErrBeyond    = errors.New("facts stop at the bridge")
)

// membersNow is who is in the current group. The caller holds no lock.
func (s *Session) membersNow() Members {
	if s.cfg.Members == nil {
		return Members{Plain: true, Off: "only plain text is sent and read"}
	}
	s.mu.Lock()
	t := s.current()
	m := Members{Off: "the group is not joined"}
	if t != nil {
		m = Members{On: t.off == "", Off: t.off, Plain: t.plain, Port: t.port, Notices: slices.Clone(t.notices), Others: slices.Clone(t.others)}
		m.Sealed = t.sealed
	}
	s.mu.Unlock()
	if !m.On {
		return m
	}
	t.mu.Lock()
	m.Snapshot = t.look(time.Now())
	if len(m.Members) == 0 {
		m.Invite = t.invitation()
	}
	t.mu.Unlock()
	m.Hears = map[string]int{}
	for _, way := range m.Ways {
		if way.Tried || len(way.Heard) > 0 {
			m.Hears[way.Name] = len(way.Heard) - way.Bridges
		}
	}
	return m
}

// evidence is what members say of each other, for the doctor.
func (m Members) evidence() *doctor.Members {
	if !m.On {
		return nil
	}
	out := &doctor.Members{Count: len(m.Members) + m.More, Port: m.Port, Interval: m.Interval, Back: m.Back}
	for _, site := range m.Sites {
		out.Sites = append(out.Sites, doctor.MembersSite{Name: chat.CleanRow(site.Name), Here: site.Here, Away: site.Away, Joined: site.Joined, Since: site.Since})
	}
	for _, w := range m.Ways {
		way := doctor.MembersWay{IfIndex: w.Index, Chosen: w.Chosen, Tried: w.Tried}
		for _, who := range w.Heard {
			way.Heard = append(way.Heard, nameOf(who))
		}
		out.Ways = append(out.Ways, way)
	}
	here := map[netip.Addr]bool{}
	for _, other := range m.Members {
		if other.Afar {
			out.Count--
			continue
		}
		here[other.From.Addr().Unmap().WithZone("")] = true
	}
	for _, gone := range m.Gone {
		if a := gone.From.Addr().Unmap().WithZone(""); a.IsValid() && !here[a] {
			out.Left = append(out.Left, a)
		}
	}
	for _, other := range m.Members {
		if other.Afar {
			continue
		}
		var hears []string
		if other.Presence == members.OneWay {
			hears = m.heardOf(other.Ref)
		}
		out.Members = append(out.Members, doctor.Member{
			Name: nameOf(other.Who), From: other.From, IfIndex: other.IfIndex, Sends: chat.CleanRow(other.Sends), Theirs: chat.CleanRow(other.Theirs),
			Unproven: other.Unproven, Hears: hears,
			HearsUs: other.Presence == members.Live, OneWay: other.Presence == members.OneWay, Quiet: other.Presence == members.Quiet,
			LostIn: other.LostIn, LostOut: other.LostOut,
		})
	}
	return out
}

// mostHeard is how many members the doctor is told that one hears.
const mostHeard = 16

// heardOf lists whom a member hears beside us, by its column of the matrix. It is nil
// where nobody is known to be heard and that is not known of all, or nobody else is
// there.
func (m Members) heardOf(ref frame.Ref) (names []string) {
	column := slices.IndexFunc(m.Matrix, func(r members.Row) bool { return r.Who.Ref == ref })
	if column < 0 {
		return nil
	}
	known, open := false, false // who is not heard, and of whom it is not known
	for n, r := range m.Matrix {
		if n == column || r.Who.Self || column >= len(r.Cells) {
			continue
		}
		switch r.Cells[column].Hears {
		case members.HearsIt:
			if names = append(names, nameOf(r.Who)); len(names) == mostHeard {
				return names
			}
		case members.HearsNot:
			known = true
		default:
			open = true
		}
	}
	if known && !open && names == nil {
		return []string{}
	}
	return names
}

// nickNow is the own nickname.
func (s *Session) nickNow() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.nick
}

// eachTalk does something in every conversation that has begun.
func (s *Session) eachTalk(do func(*talk)) {
	b := s.board.Load()
	if b == nil {
		return
	}
	for _, t := range b.talks {
		t.mu.Lock()
		if t.conv != nil && !t.left {
			do(t)
			t.dirty = true
			t.viewed = time.Time{}
			t.poke()
		}
		t.mu.Unlock()
	}
}

func (s *Session) setNick(name string) error {
	if s.cfg.Members == nil {
		return &mcast.Advised{Err: fmt.Errorf("nick: %w", ErrNoMembers), Advice: "start without --plain-only"}
	}
	nick, err := frame.Nick(name)
	if err != nil {
		return errors.New("nick: " + strings.TrimPrefix(err.Error(), frame.ErrRange.Error()+": "))
	}
	s.mu.Lock()
	s.nick = nick
	s.mu.Unlock()
	now := time.Now()
	s.eachTalk(func(t *talk) { t.conv.SetNick(now, nick) })
	s.notice("you are called "+nick+" now", "")
	return nil
}

// memberNamed is the member with a name as lists show it.
func (s *Session) memberNamed(op, name string) (members.Member, error) {
	fail := func(err error, hint string) (members.Member, error) {
		return members.Member{}, &mcast.Advised{Err: fmt.Errorf("%s %s: %w", op, name, err), Advice: hint}
	}
	m := s.membersNow()
	var found []members.Member
	for _, other := range slices.Concat(m.Members, m.Gone) {
		if nameOf(other.Who) == name {
			found = append(found, other)
		}
	}
	if len(found) == 0 {
		for _, other := range slices.Concat(m.Members, m.Gone) {
			if strings.EqualFold(nameOf(other.Who), name) {
				found = append(found, other)
			}
		}
	}
	switch {
	case !m.On:
		return fail(ErrNoMembers, m.Off)
	case len(found) == 0:
		return fail(ErrNobody, "/who lists who is here")
	case slices.ContainsFunc(found, func(o members.Member) bool { return o.Key != found[0].Key }):
		return fail(ErrSeveral, "/who shows their fingerprints, which differ")
	}
	return found[0], nil
}

// verify remembers that the user compared a fingerprint.
func (s *Session) verify(name string, on bool) error {
	fail := func(err error, hint string) error {
		return &mcast.Advised{Err: fmt.Errorf("verify %s: %w", name, err), Advice: hint}
	}
	found, err := s.memberNamed("verify", name)
	switch {
	case err != nil:
		return err
	case s.cfg.Members.Pins == nil:
		return fail(errors.New("no file keeps keys"), "")
	}
	err = s.cfg.Members.Pins.Verify(found.Key, on)
	text := fmt.Sprintf("%s is verified: the key %s is theirs", nameOf(found.Who), found.Fingerprint)
	if !on {
		text = fmt.Sprintf("%s is not verified any more", nameOf(found.Who))
	}
	s.eachTalk(func(*talk) {})
	s.notice(text, "")
	if err != nil {
		return fail(err, "it holds until this program ends")
	}
	return nil
}

// goodbye says in every conversation that this member leaves.
func (s *Session) goodbye() {
	s.aligning.Lock()
	defer s.aligning.Unlock()
	s.mu.Lock()
	all := slices.Collect(maps.Values(s.talks))
	s.mu.Unlock()
	for _, t := range all {
		t.leave()
	}
}
