package mesh

import (
	"encoding/binary"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/members"
	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/stream/pace"
)

// atOnce is how many own datagrams leave at once at most.
const atOnce = 64

// ends is when the end is sent, after it.
var ends = [3]time.Duration{0, 100 * time.Millisecond, 300 * time.Millisecond}

// own is the numbered datagrams of this member.
type own struct {
	ref     frame.Ref
	was     frame.Ref // of the stream before, which somebody else uses too
	pace    *pace.Schedule
	next    uint64 // number
	unsent  uint64
	skipped uint64 // that were overdue, and were not sent
	endAt   at     // 0: it has not ended
	ended   int    // of ends
}

func (o *own) is(ref frame.Ref) bool { return ref == o.ref || ref == o.was && ref != frame.Ref{} }

// refOf is the ref of a member that a numbered datagram names as its stream.
func refOf(id uint64) (r frame.Ref) {
	binary.BigEndian.PutUint64(r[:], id)
	return r
}

// sendOwn makes the numbered datagrams that are due.
func (e *Engine) sendOwn(t at) ([]members.Out, at) {
	o := &e.own
	if ref := e.conv.Self().Ref; ref != o.ref {
		o.was, o.ref, o.next = o.ref, ref, 0
	}
	if o.endAt != 0 {
		return e.sendEnd(t)
	}
	if o.pace == nil {
		begin := e.start.Add(startAfter + e.within(time.Duration(float64(time.Second)/e.cfg.Rate)))
		o.pace = pace.New(begin, 1, e.cfg.Rate)
	}
	var outs []members.Out
	turns := o.pace.Next(e.latest, atOnce)
	o.skipped += turns.Skipped
	for range turns.N {
		outs = append(outs, members.Out{Data: e.numbered(o.next, false)})
		o.next++
	}
	if turns.N > 0 {
		turns.Wait = time.Duration(float64(time.Second) / e.cfg.Rate / 2) // asked again, it is exact
		if next := o.pace.Next(e.latest, 0); next.Wait > 0 {
			turns.Wait = next.Wait
		}
	}
	return outs, t + turns.Wait
}

// sendEnd says three times how many were sent.
func (e *Engine) sendEnd(t at) ([]members.Out, at) {
	o := &e.own
	var outs []members.Out
	for o.ended < len(ends) && o.endAt+ends[o.ended] <= t {
		outs = append(outs, members.Out{Data: e.numbered(o.next, true)})
		o.ended++
	}
	if o.ended < len(ends) {
		return outs, o.endAt + ends[o.ended]
	}
	return outs, forever
}

func (e *Engine) numbered(n uint64, end bool) []byte {
	data := make([]byte, e.cfg.Size)
	stream.Header{
		Stream: binary.BigEndian.Uint64(e.own.ref[:]), Number: n, Sent: time.Duration(e.latest.UnixNano()),
		Promise: max(10*time.Millisecond, time.Duration(2*float64(time.Second)/e.cfg.Rate)), End: end,
	}.Put(data)
	return data
}
