package chat

import (
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// Line is one row of the talk: something heard, something said, or a notice.
// A later Line with the same ID replaces an earlier one: an own line is shown
// when it is sent, again when its loopback copy is back, and when members have it; one
// that was heard as plain text, when a frame says which member said it.
type Line struct {
	ID        uint64 // from 1, in the order in which lines were first made
	At        time.Time
	Kind      Kind
	Text      Text
	Interface string // Heard: arrived by; Own: sent by. Safe to show; "#7" if only the index is known
	IfIndex   int

	// Heard
	From   netip.AddrPort
	To     netip.Addr // the group, or an address of this host when it was sent to us alone
	Hops   int        // TTL left; 0: unknown
	Direct bool       // sent to an address of this host, not to a group
	Local  bool       // said by another program of this host

	// Own
	Source netip.Addr    // the source address it carries; the zero Addr: not known
	Copy   Copy          // what became of the loopback copy
	After  time.Duration // with CopyBack: from the send to the copy's arrival
	Stays  bool          // it does not leave this host: its TTL is 0
	Cut    bool          // Text is the beginning of it: the line that this one replaces has it whole

	// Heard from a member, and Own while members are on
	Member  Member       // who said it; of an Own line oneself. The zero Member: a plain program
	Reach   Reach        // of an Own line: which members have it, as far as is known
	Missed  bool         // it was missing, and was sent again: repaired
	Earlier bool         // it was said before this program came, or is from a history
	Outside bool         // plain text where only members speak: in a sealed room, or on the port of frames
	Run     frame.Stream // of the frame that brought it: one run of the program of who said it; zero: none did
	Before  uint64       // the ID of a younger line of the same run, before which it belongs; 0: it is the last
	Part    [2]int       // part 2 of 3; zero: it is whole
	Origin  Origin       // of what a bridge passed on by a frame; zero: nobody did. From is that of the program

	// Notice, Problem, and an Own line that could not be sent
	Hint Text // what to do, or ""
}

// Member is who said a line, safe to show.
type Member struct {
	Name        string // "alice", "alice #2", "alice~7f3c"; "": a plain program
	Fingerprint string // of its key, such as "7f3c 91ab 02de 44c0"
	New         bool   // the first line of this key that was ever seen here
	Site        string // where it is, beyond a bridge; "": here, or not known
	Bridge      bool   // it says that it is a bridge: Name is that of its site
}

// Reach is how many of the members that were there have an own line.
type Reach struct {
	By, Of  int
	Missing string // those that have it not yet: "bob, carol and 3 more", safe to show
	Known   bool   // anything is known; there may be no members
}

// Size is the number of bytes of its texts. Memory is bounded by it, since one
// datagram can have 65,507 bytes.
func (l Line) Size() int { return len(l.Text.s) + len(l.Hint.s) }

// Kind is the kind of a [Line].
type Kind uint8

// The kinds of lines.
const (
	Heard   Kind = iota + 1 // from someone else
	Own                     // said here
	Notice                  // said by groupcast itself: joined, left, sends by eth0 now
	Problem                 // the same, when something did not work
)

// Copy tells about the loopback copy of an own line, which the sending host makes
// for itself before the wire. A copy proves nothing about the network (RFC 1112,
// section 6.1 leaves it to the host).
type Copy uint8

// What became of a copy.
const (
	CopyPending Copy = iota // sent, not back yet
	CopyBack                // back after Line.After
	CopyMissing             // not back within CopyTimeout, or 4,096 younger lines are out
	CopyOff                 // loopback is off: none is expected
	CopyNone                // the send itself failed: Line.Text says what was to be said, Line.Hint why, and what to do
)

// CopyTimeout is how long a loopback copy may take before it counts as
// missing. It normally takes well under a millisecond.
const CopyTimeout = time.Second
