package session

import (
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
)

// maxBack is of how many hosts the way back is asked, a system call each.
const maxBack = 16

// observedFor is how far back evidence goes.
const observedFor = doctor.EvidenceTime

// observed is what a session saw of the current group. It learns the time only
// from its callers.
type observed struct{ *doctor.Evidence }

func newObserved() *observed { return &observed{doctor.NewEvidence()} }

// look takes in what the host said at a time, and returns how that differs from
// before, with what was seen meanwhile; sends are what became of own lines.
func (o *observed) look(f doctor.Facts, at time.Time, sends map[int]doctor.Sent) doctor.Observed {
	o.Read(f, at)
	return o.Observed(sends)
}

// said notes an own line that is on its way out. What becomes of it is known
// already where no copy can tell.
func (o *observed) said(line chat.Line, size int, known bool) {
	o.Send(doctor.Outgoing{ID: line.ID, At: line.At, IfIndex: line.IfIndex, Size: size, NoCopy: known})
}

// became notes what became of an own line.
func (o *observed) became(line chat.Line, refused error) {
	out := doctor.Outcome{Err: refused}
	if line.Copy == chat.CopyBack {
		out.Copied, out.IfIndex = true, line.IfIndex
	}
	o.Outcome(line.ID, out)
}

// heard notes a datagram to the current group that is no own copy.
func (o *observed) heard(d mcast.Datagram, came chat.Arrival) {
	o.Hear(doctor.Received{
		At: d.At, From: d.From, To: d.To, IfIndex: d.IfIndex, Hops: d.Hops,
		Local: came.Local, Outside: came.Outside, Content: o.Hash(d.Data),
	})
}

// stray notes a datagram of a group that only others have joined.
func (o *observed) stray(d mcast.Datagram) { o.HearStray(d.To, d.At) }

func (o *observed) sent(now time.Time, joined []int) map[int]doctor.Sent { return o.Sent(now, joined) }
func (o *observed) size(now time.Time) int                               { return o.LargestSent(now) }
func (o *observed) hosts() []netip.Addr                                  { return o.Hosts(maxBack) }
func (o *observed) forget(now time.Time)                                 { o.Forget(now) }
