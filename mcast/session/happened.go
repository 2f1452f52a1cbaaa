package session

import (
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/members"
)

// MemberEvent is what became of a member, for a program that reads a talk as
// data. Its notices say the same, and tell of many at once together.
type MemberEvent struct {
	At     time.Time
	Kind   MemberEventKind
	Member chat.Member
	Back   bool   // MemberJoined: it was gone
	Said   bool   // MemberLeft: it said so; else it was not heard for long
	Was    string // MemberRenamed: its name before; safe to show
	Pinned string // MemberClash: the fingerprint of the key that the name belongs to
	Lost   int    // MemberLost: how many of its lines could not be had
}

// MemberEventKind is the kind of an [MemberEvent].
type MemberEventKind string

// The kinds of events.
const (
	MemberJoined  MemberEventKind = "joined"
	MemberLeft    MemberEventKind = "left"
	MemberRenamed MemberEventKind = "renamed"
	MemberClash   MemberEventKind = "clash" // its name belongs to another key
	MemberLost    MemberEventKind = "lost"
)

// maxEvents wait for the next batch.
const maxEvents = 1024

// note keeps an event for the next batch, if it is one. The caller holds s.mu.
func (s *Session) note(now time.Time, e members.Event) {
	one := MemberEvent{At: now}
	switch e := e.(type) {
	case members.Joined:
		one.Kind, one.Member, one.Back = MemberJoined, memberOf(e.Who, e.New), e.Back
	case members.Left:
		one.Kind, one.Member, one.Said = MemberLeft, memberOf(e.Who, false), e.Said
	case members.Renamed:
		one.Kind, one.Member, one.Was = MemberRenamed, memberOf(e.Who, false), chat.CleanRow(e.Was)
	case members.Clash:
		one.Kind, one.Member, one.Pinned = MemberClash, memberOf(e.Who, false), e.Pinned
	case members.Lost:
		one.Kind, one.Member, one.Lost = MemberLost, memberOf(e.Who, false), e.Lines
	default:
		return
	}
	if s.happened.list = append(s.happened.list, one); len(s.happened.list) > maxEvents {
		s.happened.dropOldest()
	}
	s.ring.Wake()
}
