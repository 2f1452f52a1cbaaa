package watch

import (
	"time"

	"github.com/groupcast/groupcast/mcast/stream"
)

const (
	// quietFor is for how long nothing came by an interface before its streams
	// count as silent together.
	quietFor = time.Second
	// liveFor is for how long a stream that says nothing counts as one that sends.
	liveFor = time.Minute
	// returnFor is for how long the streams of such an interface count as back
	// together.
	returnFor = 2 * time.Second
)

// lulls holds what fell silent and came back for one tick, so that what happens to
// all streams of an interface at once is one event. It has no clock.
type lulls struct {
	held  []Event
	quiet map[int]time.Time // interfaces that fell silent as a whole, with when they came back; the zero Time: they did not
}

// put holds an event, and reports whether it does: other kinds are told at once.
func (l *lulls) put(e Event) bool {
	_, quiet := l.quiet[e.IfIndex]
	if e.Kind != stream.Silent && (e.Kind != stream.Back || !quiet) {
		return false
	}
	l.held = append(l.held, e)
	return true
}

// take gives the events that were held since the last call. latest is when the last
// datagram came by an interface, cause why one carries nothing, "" if that is not
// known, and others how many streams of its interface are to be heard, beside those
// that an event is about.
func (l *lulls) take(now time.Time, latest func(ifIndex int) time.Time, cause func(ifIndex int) string, others func(Event) int) (out []Event) {
	for index, back := range l.quiet {
		if !back.IsZero() && now.Sub(back) > returnFor {
			delete(l.quiet, index)
		}
	}
	held := l.held
	l.held = nil
	type one struct {
		kind    stream.EventKind
		ifIndex int
	}
	together := map[one]int{} // place in out
	count := map[one]int{}
	for _, e := range held {
		count[one{e.Kind, e.IfIndex}]++
	}
	for _, e := range held {
		key := one{e.Kind, e.IfIndex}
		why := ""
		if e.Kind == stream.Silent {
			why = cause(e.IfIndex)
		}
		all := count[key] > 1 && (e.Kind == stream.Back || why != "" || now.Sub(latest(e.IfIndex)) >= quietFor)
		if !all {
			e.Text = why
			out = append(out, e)
			continue
		}
		at, known := together[key]
		if !known {
			together[key] = len(out)
			first := e
			first.Key, first.Group, first.Rate, first.Text = stream.Key{IfIndex: e.IfIndex}, -1, 0, why
			first.Each, first.Told = []stream.Event{e.Event}, now
			out = append(out, first)
			continue
		}
		out[at].join(e)
	}
	for key, at := range together {
		out[at].Of = len(out[at].Each) + others(out[at])
		if l.quiet == nil {
			l.quiet = map[int]time.Time{}
		}
		if key.kind == stream.Silent {
			l.quiet[key.ifIndex] = time.Time{}
		} else if l.quiet[key.ifIndex].IsZero() {
			l.quiet[key.ifIndex] = now
		}
	}
	return out
}

// join makes an event about one more stream.
func (e *Event) join(other Event) {
	e.Each = append(e.Each, other.Event)
	if other.At.Before(e.At) {
		e.At = other.At
	}
	e.For = max(e.For, other.For)
	e.Lost += other.Lost
	e.Kernel += other.Kernel
	e.AtLeast = e.AtLeast || other.AtLeast
	e.About = e.About || other.About
}
