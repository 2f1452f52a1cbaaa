// Package members knows who is in a conversation, who hears whom, and which lines are
// missing, and says what is to be sent so that nobody misses one. It is given every
// datagram, the time and its randomness: it has no socket, no clock and no screen, and
// does the same each time. docs/protocol.md describes what it does.
package members

import (
	"math/rand/v2"
	"net/netip"
	"strconv"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// Bounds: nothing here grows with what strangers send.
const (
	MaxStreams = 2048     // remembered
	MaxMembers = 1024     // of them fresh: a stream that has no room is heard, and not listed
	MaxKept    = 2048     // frames kept of a stream
	MaxBytes   = 16 << 20 // of all kept frames
	Window     = 1024     // numbers of a stream that are told apart from a repeat
)

// Config is what a member of a conversation starts with.
type Config struct {
	Rooms  []*frame.Room       // the first seals what is said, all are opened; one at least
	Author frame.Author        // who says it
	Anew   func() frame.Author // makes another stream of the same identity, when somebody uses this one; nil: frames end then
	Nick   string              // as frame.Nick made it
	Bits   frame.Bits
	Random *rand.Rand // for waits
	Pins   Pins       // nil: no name is pinned

	// Ours reports whether an address is this host's. What other programs of this host
	// hear says nothing about an interface. nil: no address is.
	Ours func(netip.Addr) bool

	// Free reports whether the frames of a source pass no budget of its: whoever gives
	// them to Receive bounds them. nil: none does.
	Free func(netip.Addr) bool
	// NoEcho says that own datagrams do not come back to Receive by loopback.
	NoEcho bool

	// Decode verifies a datagram. nil: frame.Room.Decode. A simulation of many
	// members shares what is verified.
	Decode func(*frame.Room, []byte) (*frame.Frame, error)
	// Encode makes a frame. nil: frame.Room.Encode. A simulation of many members for
	// hours signs none.
	Encode func(*frame.Room, frame.Author, uint64, frame.Body) ([]byte, error)
	// Kept is called with each frame that closes a gap or comes new, and each own one
	// that is kept: for a history. nil: none is.
	Kept func(*frame.Frame)
	// Frames is called with each frame of another that is new and was taken in, after
	// it was: for what a talk does not need, as a measurement. It must not call
	// anything of the Conversation but Peer. nil: it is not.
	Frames func(now time.Time, f *frame.Frame, d Datagram)
}

// Pins remembers which key a nickname belongs to.
type Pins interface {
	// Pin remembers the key of a nickname seen for the first time, and reports which
	// key the name is pinned to, that key or another one, and whether it was new.
	Pin(nick string, key [32]byte) (pinned [32]byte, first bool)
	// Pinned is the key of a nickname, if it has one.
	Pinned(nick string) (key [32]byte, ok bool)
	// NickOf is the nickname that is pinned to a key, of several the one that was seen
	// last.
	NickOf(key [32]byte) (nick string, ok bool)
	// Verified reports whether the user said that the key is that person's.
	Verified(key [32]byte) bool
}

// Interface is one of this host's, as its HELLOs announce it.
type Interface struct {
	Index int
	Name  string
}

// Datagram is one that arrived: on the port of frames, or on that of plain text with
// the magic of a frame.
type Datagram struct {
	Data    []byte
	From    netip.AddrPort
	IfIndex int
	// Age is for how long it waited to be read, as in the queue of a program that was
	// stopped. Negative: 0.
	Age time.Duration
}

// Outcome is what became of a datagram: exactly one of these.
type Outcome uint8

// The outcomes.
const (
	NotFrame  Outcome = iota // another magic: plain text, or a numbered datagram
	Taken                    // new, and taken in
	Repair                   // a kept one that was missing
	Again                    // its name was taken in before
	Own                      // our own, by loopback
	Newer                    // of another version
	Malformed                // too short, too long, with flags that are not known
	OtherRoom                // of another room, or open in a sealed one
	Forged                   // tag, key or signature are wrong
	BadBody                  // signed, but it cannot be read, or is out of range
	TooMany                  // more than its source may send, or than can be checked
	NoRoom                   // of a stream for which there is no room
	Muted                    // of one that sent too much that cannot be read
	outcomes                 // how many there are
)

// Out is a frame to be sent.
type Out struct {
	Data    []byte
	IfIndex int            // 0: by the interface that sends leave by
	To      netip.AddrPort // invalid: the group, on the port of frames
}

// Who is a member, as a line or a list names it. Names come from the network: they
// reach a terminal only through the sanitiser.
type Who struct {
	Ref         frame.Ref
	Key         [32]byte
	Nick        string
	Place       int    // from 2: "#2", another stream of the same key and nickname; 0: the only one or the first
	Fingerprint string // of the key, such as "7f3c 91ab 02de 44c0"
	Clash       bool   // the nickname is pinned to another key: shown as "alice~7f3c"
	Self        bool
	Bridge      bool // it says that it is a bridge, and has said no line. The nickname is that of its site
}

// String is the name to show: "alice", "alice #2" or "alice~7f3c".
func (w Who) String() string {
	name := w.Nick
	if name == "" && len(w.Fingerprint) >= 4 {
		return "~" + w.Fingerprint[:4]
	}
	if w.Clash && len(w.Fingerprint) >= 4 {
		name += "~" + w.Fingerprint[:4]
	}
	if w.Place > 1 {
		name += " #" + strconv.Itoa(w.Place)
	}
	return name
}

// Event is something that happened: one of the types below.
type Event interface{ event() }

// The events.
type (
	// Joined is a member heard for the first time, or again after it was gone.
	Joined struct {
		Who  Who
		New  bool // its key was never seen here before
		Back bool
	}
	// Left is a member that is gone.
	Left struct {
		Who  Who
		Said bool // it said so; else it was not heard for long
	}
	// Renamed is a member with another nickname.
	Renamed struct {
		Who Who
		Was string
	}
	// Clash is a nickname that is pinned to another key, or that another member has
	// whose key is for its run alone.
	Clash struct {
		Who    Who
		Pinned string // the fingerprint of the first
		Both   bool   // both are here, and the nickname belongs to neither
	}
	// Said is a line of a member.
	Said struct {
		Who         Who
		Name        frame.Name
		Text        string
		Time        time.Time      // by the author's clock
		Off         time.Duration  // by how much that clock differs from ours, if by more than 5 s
		From        netip.AddrPort // of the author; of a line that another may have sent again, that of the author's last frame; invalid: not known
		IfIndex     int
		Part, Parts int        // 0: it is whole
		Repaired    bool       // it was missing, and was sent again
		Earlier     bool       // it was said before we came, or is from a history
		Before      frame.Name // a younger line of the same author that was shown already; zero: none
	}
	// Relayed is a RELAY, which a bridge sends.
	Relayed struct {
		Said
		Source    string         // where it was said, as the bridge tells it
		Addr      netip.AddrPort // the same
		Site      string         // of the bridge, as it or the bridge of this LAN tells; "": who relays it does not say that it is a bridge
		Where     Where
		Interface string // by which the bridge heard it, as it tells it; "": not told
	}
	// Heard tells of an own line who has it, as far as that is known. It comes again
	// when that changes, until all have it or are gone.
	Heard struct {
		Name    frame.Name
		By, Of  int
		Missing []Who // of those, at most 8
	}
	// Lost is lines of a member that could not be had.
	Lost struct {
		Who   Who
		Lines int
	}
	// NewerVersion is a frame of another version, told once a minute for a source.
	NewerVersion struct {
		From    netip.Addr
		Version byte
	}
	// AnotherRoom is frames of another room in this group, told once a minute for a
	// source, of sealed and of open rooms each.
	AnotherRoom struct {
		From   netip.Addr
		Bridge bool // a bridge sent them: From is its address
		Sealed bool // that room is sealed
	}
	// Cloned is a signed frame of our own stream that we did not send: there is a copy
	// of this program. We have another stream since.
	Cloned struct{ From netip.Addr }
	// CameBack is a frame of this LAN that a bridge sent into it again, told once a minute
	// for a source: sites are joined by something else as well.
	CameBack struct{ From netip.Addr }
	// ClockOff is a member whose clock is off by more than 5 s, told once.
	ClockOff struct {
		Who Who
		By  time.Duration
	}
)

// newestLikely is the highest version of frames that there may be once.
const newestLikely = 9

// Likely reports whether frames of that version may be: what has another number there
// is something else, or damaged.
func (e NewerVersion) Likely() bool { return e.Version >= 2 && e.Version <= newestLikely }

func (Joined) event()       {}
func (Left) event()         {}
func (Renamed) event()      {}
func (Clash) event()        {}
func (Said) event()         {}
func (Relayed) event()      {}
func (Heard) event()        {}
func (Lost) event()         {}
func (NewerVersion) event() {}
func (AnotherRoom) event()  {}
func (Cloned) event()       {}
func (CameBack) event()     {}
func (ClockOff) event()     {}

// Presence is what is known of a member.
type Presence uint8

// The presences.
const (
	NotKnown Presence = iota // fresh, and not yet known whether it hears us
	Live                     // it hears us, and we hear it
	OneWay                   // we hear it, and it does not hear us
	Quiet                    // not heard for three intervals
	Gone                     // not heard for six, or it said so
)

// Snapshot is what is known of a conversation at one time. Its slices are its own.
type Snapshot struct {
	Self     Member
	Members  []Member   // others that are not gone, those of this site first, by site and name, at most MaxMembers
	More     int        // heard, and not listed: there was no room
	Gone     []Member   // lately, at most 16, each key once, and none that is here by another stream
	Bridges  []Member   // those that say that they are bridges: they are in none of the others, nor in the Matrix
	Sites    []Site     // that bridges join, this one first, then by name; none: no bridge of this LAN tells
	Back     netip.Addr // the bridge that lately sent into this LAN what had been heard there; invalid: none did
	Interval time.Duration
	Matrix   []Row // of self and Members, in that order, without those that are unproven, at most MaxRows
	Missing  int   // kept frames known to be missing here
	Sealed   bool
	Kept     int      // frames kept for repair
	Ways     []Way    // that own HELLOs leave by
	Counters Counters // of datagrams
}

// Member is one member as of a Snapshot.
type Member struct {
	Who
	Presence  Presence
	Verified  bool           // the user said that the key is this person's
	From      netip.AddrPort // of its last frame
	IfIndex   int            // ours, that it was last heard by
	Theirs    string         // its interface that it hears us by; "": not known
	Sends     string         // its interface that it sends by, as it says
	RoundTrip time.Duration  // to it and back; 0: not known
	LostIn    int            // per mille of its last 64 passing frames that did not come here; -1: not known
	LostOut   int            // of ours that did not come there, as it says; -1: not known
	Last      time.Time      // that it was heard
	Since     time.Time
	Texts     int // lines of it
	Repaired  int // of them, those that were sent again
	Bits      frame.Bits
	Plain     netip.AddrPort   // that its plain text comes from
	Speaks    []netip.AddrPort // all that it came from lately, at most 4: of several interfaces
	Site      string           // where it is, as the bridge of this LAN tells, or it, if it is a bridge; "": not known
	Afar      bool             // it is heard by a bridge. From is the bridge's, and nothing for it alone can be sent there
	Unproven  bool             // it names nothing that was sent lately: it hears nobody, or somebody replays a recording of it
}

// Row is what all listed members hear of one: Speaks has a cell for each member, in
// the order of the matrix.
type Row struct {
	Who   Who
	Site  string // as of a Member
	Afar  bool
	Cells []Cell
}

// Cell is what one member hears of another.
type Cell struct {
	Hears     Hears
	Interface string        // of the one that hears
	Lost      int           // per mille; -1: not known
	Ago       time.Duration // since the one that hears said so
}

// Hears is whether one member hears another.
type Hears uint8

// The states of a Cell.
const (
	HearsNotKnown Hears = iota
	HearsSelf           // the same member
	HearsIt
	HearsNot // its whole digest was seen, and the other was not in it
)

// Way is an interface by which own HELLOs left, and who hears them there.
type Way struct {
	Interface
	Chosen  bool  // what is said leaves by it
	Tried   bool  // a HELLO left by it
	Heard   []Who // members of other hosts whose answers name a HELLO that left by it, at most 16
	Bridges int   // of Heard, those that are bridges
}

// Counters counts datagrams, each in exactly one of them.
type Counters struct {
	Read     uint64 // their sum
	Outcomes [outcomes]uint64
	Sent     uint64 // frames
	Repairs  uint64 // of them, those that were sent again
}
