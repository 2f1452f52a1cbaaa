package tui

import (
	"context"
	"net/netip"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
)

// Session is what the screen needs from the program behind it.
type Session interface {
	// Next blocks until there are lines to show, or until the context or the
	// session ends, which is an error (io.EOF for a session that ended well).
	Next(context.Context) (Batch, error)
	// Snapshot is a copy of the state, quick enough for every frame.
	Snapshot() Snapshot
	// Do carries out what the user asked for. It may block for a system call.
	// What it did comes back by Next as lines; so does what it could not do,
	// and then Do returns nil. An error means that the session is over.
	Do(context.Context, Action) error
}

// Batch is what happened since the last one.
type Batch struct {
	Lines   []chat.Line // in order; a Line whose ID was seen before replaces that one
	Dropped uint64      // lines lost since the last batch, because they came faster than they were taken
}

// Snapshot is the state that the screen shows beside the talk.
type Snapshot struct {
	Group      mcast.Group // where the input line goes
	Groups     []mcast.Group
	Interfaces []Interface
	Sends      Egress // where sends leave now
	Kernel     Egress // where they would leave if the kernel chose
	Loopback   bool
	Hops       int    // TTL of what is sent
	ReadBuffer int    // bytes that the kernel granted for datagrams not yet read
	Dropped    uint64 // datagrams that found it full
	Findings   []doctor.Finding
	Room       chat.Snapshot
}

// Interface is one network interface and what the program does with it.
type Interface struct {
	mcast.Interface
	Joined bool  // Group is joined here
	IGMP   int   // version spoken on it: 1 to 3; 0: not known
	Err    error // why the join did not work, or nil
}

// Egress is a way out of the host.
type Egress struct {
	IfIndex   int
	Interface string
	Source    netip.Addr // the address that datagrams carry
	Because   string     // "you chose it", "default route via 169.254.0.1"
	Err       error      // there is none
}

// Action is something that the user asks for.
type Action interface{ action() }

// The actions.
type (
	// Say sends a line of text to the current group.
	Say struct{ Text string }
	// Join joins a group, on one interface or, if Interface is "", where the
	// session joins by default, and makes it the current group.
	Join struct {
		Group     mcast.Group
		Interface string
	}
	// Leave leaves a group, on one interface or, if Interface is "", on all.
	// The zero Group is the current one.
	Leave struct {
		Group     mcast.Group
		Interface string
	}
	// UseInterface sends by this interface from now on and is joined there;
	// "default" leaves sending to the kernel again.
	UseInterface struct{ Interface string }
	// SetLoopback switches own copies on or off.
	SetLoopback struct{ On bool }
	// SetHops sets the TTL of what is sent, 0 to 255.
	SetHops struct{ Hops int }
	// ApplyFix carries out a finding's fix.
	ApplyFix struct{ Finding doctor.Finding }
)

func (Say) action()          {}
func (Join) action()         {}
func (Leave) action()        {}
func (UseInterface) action() {}
func (SetLoopback) action()  {}
func (SetHops) action()      {}
func (ApplyFix) action()     {}
