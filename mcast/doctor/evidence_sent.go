package doctor

import (
	"cmp"
	"slices"
	"time"
)

// countersLag is how long the counters of a network card may be behind: drivers
// read them every two seconds or so.
const countersLag = 3 * time.Second

// Outgoing is an own datagram that is on its way out.
type Outgoing struct {
	ID      uint64 // greater than those before
	At      time.Time
	IfIndex int    // it is to leave by; 0: not known
	Size    int    // bytes of payload
	NoCopy  bool   // no own copy is to come back, so its outcome is known
	Content uint64 // Evidence.Hash of the payload; 0: not told
}

// Outcome says what became of an own datagram. The zero Outcome: the kernel took
// it, and no own copy came back.
type Outcome struct {
	Copied  bool
	IfIndex int   // with Copied: it came back by; 0: by the one it was to leave by
	Err     error // what the kernel refused it with
}

type outgoing struct {
	Outgoing
	Outcome
	known bool // Outcome is
}

// by is the interface that the datagram left by, as far as is known.
func (o outgoing) by() int { return cmp.Or(o.Outcome.IfIndex, o.Outgoing.IfIndex) }

// Send notes an own datagram that is on its way out.
func (e *Evidence) Send(o Outgoing) {
	if len(e.sent) == maxEvidence {
		e.sent = e.sent[1:] // append moves the rest now and then
	}
	e.sent = append(e.sent, outgoing{Outgoing: o, known: o.NoCopy})
	if o.Content != 0 {
		e.tally.Own(o.Content, o.At)
	}
}

// Outcome notes the outcome of an own datagram. Outcomes of one datagram add up: a
// copy may come late, and even of a datagram that the kernel refuses since a queue
// is full, for the copy is made first. An ID that is not remembered is ignored.
func (e *Evidence) Outcome(id uint64, out Outcome) {
	n, found := slices.BinarySearchFunc(e.sent, id, func(o outgoing, id uint64) int { return cmp.Compare(o.ID, id) })
	if !found {
		return
	}
	o := &e.sent[n]
	o.known = true
	if out.Err != nil {
		o.Err = out.Err
	}
	if out.Copied {
		o.Copied, o.Outcome.IfIndex = true, out.IfIndex
	}
}

// Sent adds up the outcomes of own datagrams of the last [EvidenceTime], by the
// index of the interface. Datagrams that the kernel took count only on the joined
// interfaces, where a copy was to come back; and only if the interface's counters
// show them by now and did not show them in the oldest reading.
func (e *Evidence) Sent(now time.Time, joined []int) map[int]Sent {
	since := e.base().at
	return e.sum(func(o outgoing) bool {
		age := now.Sub(o.At)
		switch {
		case !o.known || age > EvidenceTime || o.by() == 0:
			return false
		case o.Err != nil:
			return true
		}
		return age >= countersLag && o.At.After(since) && slices.Contains(joined, o.by())
	})
}

// sums adds up all own datagrams, also those whose outcome is not known yet.
func (e *Evidence) sums() map[int]Sent { return e.sum(func(outgoing) bool { return true }) }

// sum adds up the own datagrams that count.
func (e *Evidence) sum(counts func(outgoing) bool) map[int]Sent {
	sums := map[int]Sent{}
	for _, o := range e.sent {
		if !counts(o) {
			continue
		}
		s := sums[o.by()]
		s.Tried++
		if o.Err != nil {
			s.Err = o.Err
		}
		if o.Copied {
			s.Copies++
		}
		sums[o.by()] = s
	}
	return sums
}

// LargestSent is the size of the largest payload of the last ten seconds, in
// bytes; 0: nothing was sent.
func (e *Evidence) LargestSent(now time.Time) (size int) {
	for _, o := range e.sent {
		if now.Sub(o.At) <= EvidenceTime {
			size = max(size, o.Size)
		}
	}
	return size
}
