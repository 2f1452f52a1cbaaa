package session

import (
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/members"
	"github.com/groupcast/groupcast/mcast/mesh"
)

// MembersConfig says how this program is a member of conversations.
type MembersConfig struct {
	Nick     string         // as frame.Nick made it
	HostName bool           // Nick is the host's name, which nobody chose
	Brief    bool           // the identity is for this run alone
	Identity frame.Identity // who signs
	// Keys are those of a conversation, as frame.SealedRoom names it: the first seals,
	// all open; none: the room is open. Of a passphrase they are derived, which takes
	// a while the first time: no lock is to be held. Its error means that nothing may be
	// said there. Calls may come at the same time. nil: every room is open.
	Keys      func(conversation string) ([]frame.RoomKey, error)
	FramePort uint16 // 0: the group's port + 1
	Pins      Pins   // nil: no name is pinned
	// History is what was kept in earlier runs, and keeps what comes. nil: nothing is.
	History History
	// Anyway sends frames also to groups that a standard uses.
	Anyway bool
	// Pings says which pings of a group are answered, by this program alone. nil: none.
	Pings PingGuard
	// Invite says how to get a second member into a group, for one who is alone there.
	// nil: by groupcast GROUP elsewhere.
	Invite func(mcast.Group) string
	// Mesh measures who hears whom in the group that the session begins with, from the
	// start: see [Session.Mesh]. Group, Sealed, Random, OnLink and Clean of it are the
	// session's to fill. nil: nothing is measured.
	Mesh *mesh.Config
	// ShareFacts gives facts of this host to members that ask: those that the user
	// verified, and in a sealed room all.
	ShareFacts bool
	// AskUser says that a user reads notices and can answer them: then members may ask
	// without ShareFacts, and are told nothing before the user agrees.
	AskUser bool
}

// PingGuard decides which pings are answered, as echo.ForMember does. Calls come one at
// a time.
type PingGuard interface {
	SetInterfaces([]host.Interface)
	Answers(now time.Time, d *mcast.Datagram) bool
}

// Pins are those of members, for one who can verify a key.
type Pins interface {
	members.Pins
	// Verify remembers that the user compared the key's fingerprint; on false forgets
	// that. Its error is told, and holds for later runs only: for this one the key is
	// what the user said.
	Verify(key [32]byte, on bool) error
}

// History keeps frames beyond a run. Calls come one at a time.
type History interface {
	// Frames gives the frames of a conversation that are kept, the oldest first.
	Frames(conversation string, each func(datagram []byte) error) error
	// Append keeps one. Its error is told once, and the talk goes on.
	Append(conversation string, at time.Time, datagram []byte) error
}
