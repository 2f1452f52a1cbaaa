// Package ends looks at both ends of a way at once: one host asks another for facts
// about it, and [Judge] says on which side what is sent is lost.
//
// [Question] asks, [Answerer] decides who is answered, and [End] is what is known of a
// host. None has a socket or a clock: they are given frames and times. The facts are
// encrypted for the asker alone (docs/protocol.md, "Measurements and questions").
package ends

import (
	"net/netip"

	"github.com/groupcast/groupcast/mcast/doctor"
)

// End is one host, as it is for one group.
type End struct {
	Facts    doctor.Facts
	Intent   doctor.Intent
	Findings []doctor.Finding // that its own doctor has seen, worst first
	Seen     Seen             // of the other end

	FirewallIn bool // a chain of its firewall drops something that comes in; false: none does, or it is not known

	Refused error // by the kernel: the last frame that was to leave for the group; nil: it took it
}

// Seen is what one end knows of the other by its frames. Both ends have one, each about
// the other.
type Seen struct {
	Here    bool       // frames of the other came lately
	From    netip.Addr // that they came from
	IfIndex int        // own interface that they came by
	Hops    int        // TTL left in the last one to the group; 0: not known
	LostIn  int        // per mille of its last 64 passing frames that did not come; -1: not known
	LostOut int        // of ours that did not come there, as it says; -1: not known
	Hears   bool       // it says that it hears us
	Deaf    bool       // it said twice whom it hears, without us
	Chosen  bool       // it says that it hears the interface that sends leave by
	Others  []int      // other own interfaces that it hears us by, at most 8
	Asked   Count      // questions of the other that came, or answers
}

// Count is how many came to the group, and how many to this host alone.
type Count struct{ Group, Alone uint64 }
