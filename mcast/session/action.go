package session

import (
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/members"
	"github.com/groupcast/groupcast/mcast/stream"
)

// Batch is what happened since the last one. Lines that came faster than the
// screen took them are lost to it, and counted.
type Batch struct {
	Lines     []chat.Line   // in order; an Own line whose ID was seen before replaces that one
	Dropped   uint64        // lines lost since the last batch
	Events    []MemberEvent // what became of members, in order
	Unnoted   uint64        // events lost since the last batch
	Datagrams []Datagram    // sent and received, in order
	Unseen    uint64        // datagrams lost to the screen since the last batch
	Calls     []mcast.Call
	Untold    uint64 // calls lost to the screen since the last batch
}

// Datagram is one that was sent or received, for the view of datagrams.
type Datagram struct {
	At        time.Time
	Sent      bool // by this program; its copy is another Datagram
	From, To  netip.AddrPort
	Interface string // by which it came or left; safe to show
	IfIndex   int
	Hops      int          // TTL: left in what was received, set in what was sent; 0: unknown
	Data      []byte       // the payload, its own memory
	Truncated bool         // the payload was longer than Data
	Arrival   chat.Arrival // of what was received
	Err       error        // why it was not sent
}

// Snapshot is the state that the screen shows beside the talk.
type Snapshot struct {
	Group      mcast.Group // where the input line goes
	Groups     []mcast.Group
	Interfaces []Interface
	Sends      Egress      // where sends leave now
	Kernel     Egress      // where they would leave if the kernel chose
	Network    doctor.Kind // the kind of network that the host is in; the zero Kind: nothing special
	Loopback   bool
	Hops       int              // TTL of what is sent
	ReadBuffer int              // bytes that the kernel granted for datagrams not yet read
	Dropped    uint64           // datagrams that found it full
	Findings   []doctor.Finding // what is wrong, worst first
	Checked    int              // pitfalls that were looked at,
	Unknown    int              // and of them those that nothing is known of
	Heard      []stream.Row     // other hosts in Group, with times, as of Findings; not to be changed
	Listened   doctor.Listened  // since when they are heard
	Blocked    []netip.Addr     // sources of Group that are not heard, because the user blocked them
	Recent     []mcast.Group    // joined before, in earlier runs too; the latest first
	Room       chat.Snapshot
	Members    Members // of Group
}

// Members is who is in the current group, as far as members tell each other: Self, and the
// others in the Members of members.Snapshot, with the nickname that each gave itself.
type Members struct {
	members.Snapshot
	On      bool           // frames are sent and read
	Off     string         // why not, in a sentence; "": On
	Plain   bool           // not, because the user or the group wants it so: Off says which
	Port    uint16         // of frames
	Notices []string       // what stays to be said, such as a newer version
	Others  []OtherRoom    // whose frames came and cannot be read, at most 8, in the order that they came
	Hears   map[string]int // members that hear own HELLOs, by the name of our interface; see Ways
	Invite  string         // how to get another member, while there is none: see [MembersConfig]
}

// OtherRoom is a host that sends frames of another room to the group.
type OtherRoom struct {
	From   netip.Addr
	Sealed bool // that room is sealed
}

// Interface is one network interface and what the program does with it.
type Interface struct {
	host.Interface
	Joined bool         // Group is joined here
	IGMP   int          // version spoken on it: 1 to 3; 0: not known
	Asked  int          // version of IGMP in which the kernel was asked lately: 1 or 2; 0: not known
	Wire   Wire         // who asks there, and who answers for Group; zero: not known
	Err    error        // why the join did not work, or nil
	Groups []netip.Addr // all that programs of this host have joined there, as the kernel tells; nil: not known
}

// Egress is a way out of the host.
type Egress struct {
	IfIndex   int
	Interface string
	Source    netip.Addr // the address that datagrams carry
	Because   string     // "you chose it", "default route via 169.254.0.1"
	Stays     bool       // nothing leaves: the TTL is 0, and the group is joined there
	Err       error      // there is none
}

// MaxPings is the largest Count of a Ping.
const MaxPings = 100

// Action is something that the user asks for.
type Action interface{ action() }

// The actions.
type (
	// Say sends a line of text to the current group.
	Say struct{ Text string }
	// Join joins a group, on one interface or, if Interface is "", where the
	// session joins by default, and makes it the current group; with
	// ListenOnly the current group stays.
	Join struct {
		Group      mcast.Group
		Interface  string
		ListenOnly bool
	}
	// Leave leaves a group, on one interface or, if Interface is "", on all.
	// The zero Group is the current one.
	Leave struct {
		Group     mcast.Group
		Interface string
	}
	// UseInterface sends out of this interface from now on and joins there;
	// "default" leaves sending to the kernel again.
	UseInterface struct{ Interface string }
	// SetLoopback switches own copies on or off.
	SetLoopback struct{ On bool }
	// SetHops sets the TTL of what is sent, 0 to 255.
	SetHops struct{ Hops int }
	// Source hears the current group from this source only (RFC 4607); the
	// zero Addr hears all again.
	Source struct{ Addr netip.Addr }
	// Block stops hearing a source of the current group, On false hears it
	// again.
	Block struct {
		Addr netip.Addr
		On   bool
	}
	// Save writes lines of the talk to a new file as plain text.
	Save struct {
		File  string
		Lines []chat.Line
	}
	// Ping asks everyone in the current group for echoes, from 1 to MaxPings
	// times, by the way that sends leave, and tells in the talk who answered. It
	// goes on after Do has returned; there is one at a time.
	Ping struct{ Count int }
	// SetNick is another nickname for oneself, as frame.Nick takes it.
	SetNick struct{ Nick string }
	// Verify says that the user compared a member's fingerprint; On false takes it
	// back. Name is as a list shows it.
	Verify struct {
		Name string
		On   bool
	}
	// ShareFacts gives facts of this host to members that ask, or only to those that
	// AgreeFacts named.
	ShareFacts struct{ On bool }
	// AgreeFacts says whether a member gets facts of this host. Name is as a list shows
	// it.
	AgreeFacts struct {
		Name string
		Yes  bool
	}
	// ApplyFix carries out a finding's fix.
	ApplyFix struct{ Finding doctor.Finding }
)

func (Say) action() {}

func (Join) action() {}

func (Leave) action() {}

func (UseInterface) action() {}

func (SetLoopback) action() {}

func (SetHops) action() {}

func (Source) action() {}

func (Block) action() {}

func (Save) action() {}

func (Ping) action() {}

func (SetNick) action() {}

func (Verify) action() {}

func (ShareFacts) action() {}

func (AgreeFacts) action() {}

func (ApplyFix) action() {}
