package doctor

import "time"

// readingEvery is the least time between two readings that are kept.
const readingEvery = time.Second

// reading is the facts of the host at a time.
type reading struct {
	at    time.Time // when it had been read
	facts Facts
}

// base is the oldest reading that is kept, which Observed compares the latest one
// with; the zero reading before the first.
func (e *Evidence) base() reading {
	if len(e.readings) == 0 {
		return reading{}
	}
	return e.readings[0]
}

// Read notes a reading of the host that ended at a time.
func (e *Evidence) Read(f Facts, at time.Time) {
	e.latest = reading{at, f}
	e.unheard.read(e.members, at)
	if n := len(e.readings); n == 0 || at.Sub(e.readings[n-1].at) >= readingEvery {
		e.readings = append(e.readings, e.latest)
	}
}

// Observed sums up the evidence, and how the latest reading differs from the
// oldest that is kept; it is the zero Observed before the second reading. Sends
// becomes its Sent, once Left and Queue are filled in from the counters of the two
// readings. [Evidence.Sent] makes it, before the latest reading begins.
func (e *Evidence) Observed(sends map[int]Sent) Observed {
	base := e.base()
	if !e.latest.at.After(base.at) {
		return Observed{}
	}
	seen := growth(base.facts, e.latest.facts, e.latest.at.Sub(base.at))
	for index, s := range sends {
		was, known := base.facts.Links[index]
		is, still := e.latest.facts.Links[index]
		if known && still && is.Sent >= was.Sent && is.QueueDrops >= was.QueueDrops {
			left := int(is.Sent - was.Sent)
			s.Left, s.Queue = &left, is.QueueDrops-was.QueueDrops
			sends[index] = s
		}
	}
	seen.Sent, seen.Senders, seen.Doubled, seen.Strays = sends, e.listSenders(), e.listDoubled(), e.Strays()
	seen.Heard = e.heard(e.latest.at)
	if e.members != nil {
		m := *e.members
		if !e.unheard.since.IsZero() {
			m.Unheard = e.latest.at.Sub(e.unheard.since)
		}
		seen.Members = &m
	}
	return seen
}
