package session

import (
	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/ping"
)

// evidenceTime is how far back evidence goes.
const evidenceTime = doctor.EvidenceTime

// maxBack is of how many hosts the way back is asked, a system call each.
const maxBack = 16

// noteSent is evidence of an own line that is on its way out, and what it says.
// What becomes of it is known already where no copy can tell.
func noteSent(e *doctor.Evidence, line chat.Line, text string, known bool) {
	e.Send(doctor.Outgoing{ID: line.ID, At: line.At, IfIndex: line.IfIndex, Size: len(text), NoCopy: known, Content: e.Hash([]byte(text))})
}

// noteOutcome is evidence of what became of an own line.
func noteOutcome(e *doctor.Evidence, line chat.Line, refused error) {
	out := doctor.Outcome{Err: refused}
	if line.Copy == chat.CopyBack {
		out.Copied, out.IfIndex = true, line.IfIndex
	}
	e.Outcome(line.ID, out)
}

// noteHeard is evidence of a datagram to the current group that is no own copy.
func noteHeard(e *doctor.Evidence, d mcast.Datagram, came chat.Arrival) {
	e.Hear(doctor.Received{
		At: d.At, From: d.From, To: d.To, IfIndex: d.IfIndex, Hops: d.Hops,
		Local: came.Local, Outside: came.Outside, Bytes: max(d.Size, len(d.Data)), Content: e.Hash(d.Data), Series: ping.IsRequest(d.Data),
		Payload: d.Data, Drops: d.Drops,
	})
}
