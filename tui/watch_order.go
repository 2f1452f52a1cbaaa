package tui

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast/watch"
)

// watchOrder is an order of the rows.
type watchOrder uint8

const (
	asAsked watchOrder = iota
	troubleFirst
	byMostLost
	byRate
	byJitter
	bySender
	watchOrders
)

func (o watchOrder) String() string {
	return [...]string{"as asked for", "trouble first", "by loss", "by rate", "by jitter", "by sender"}[o]
}

// sorts goes to the next order.
func (t *watchTable) sorts() {
	t.order = (t.order + 1) % watchOrders
	t.arrange()
}

// setFilter shows only the rows that have all of these words.
func (t *watchTable) setFilter(filter string) {
	t.filterWords = filterWords(filter)
	t.arrange()
}

// arrange puts the rows that match in order, and finds the selected one again.
func (t *watchTable) arrange() {
	t.rows = t.rows[:0]
	for _, r := range t.all {
		if len(t.filterWords) == 0 || hasWords(t.words(r), t.filterWords) {
			t.rows = append(t.rows, r)
		}
	}
	compare := t.compare()
	slices.SortStableFunc(t.rows, func(a, b watchRow) int { return cmp.Or(compare(a, b), t.asAsked(a, b)) })
	t.at = max(0, slices.IndexFunc(t.rows, func(r watchRow) bool { return r.id == t.selected }))
}

// asAsked is the order of the groups on the command line; within one of them, and
// of others, that of the snapshot.
func (t *watchTable) asAsked(a, b watchRow) int {
	place := func(r watchRow) int {
		if r.group < 0 {
			return math.MaxInt
		}
		return r.group
	}
	return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a.stream, b.stream))
}

// compare is the order that was chosen. Rates and jitters are rounded: rows that
// send alike would change places all the time.
func (t *watchTable) compare() func(a, b watchRow) int {
	most := func(of func(*watch.Stream) uint64) func(a, b watchRow) int {
		value := func(r watchRow) uint64 {
			if r.stream < 0 {
				return 0
			}
			return of(&t.snap.Streams[r.stream])
		}
		return func(a, b watchRow) int { return cmp.Compare(value(b), value(a)) }
	}
	switch t.order {
	case troubleFirst:
		lost := most(func(s *watch.Stream) uint64 { return twoDigits(s.Numbers.Lost) })
		return func(a, b watchRow) int { return cmp.Or(cmp.Compare(t.trouble(b), t.trouble(a)), lost(a, b)) }
	case byMostLost:
		return most(func(s *watch.Stream) uint64 { return s.Numbers.Lost })
	case byRate:
		return most(func(s *watch.Stream) uint64 { return twoDigits(uint64(max(0, min(s.Rate*10, 1e18)))) })
	case byJitter:
		return most(func(s *watch.Stream) uint64 { return twoDigits(uint64(max(0, s.Numbers.Jitter))) })
	case bySender:
		return func(a, b watchRow) int {
			switch {
			case a.stream < 0 || b.stream < 0:
				return cmp.Compare(b.stream, a.stream) // nothing heard goes last
			}
			return t.snap.Streams[a.stream].From.Compare(t.snap.Streams[b.stream].From)
		}
	}
	return func(watchRow, watchRow) int { return 0 }
}

// trouble is how much is amiss with a row: the highest is the worst. What is lost and
// missed goes before groups in which nothing was ever heard, of which there may be
// many all the time.
func (t *watchTable) trouble(r watchRow) int {
	if r.stream < 0 {
		if t.snap.Groups[r.group].Err != nil {
			return 3
		}
		return 2
	}
	switch s := &t.snap.Streams[r.stream]; {
	case !s.SilentSince.IsZero():
		return 5
	case s.Numbers.Lost > 0:
		return 4
	case s.Copied.Notable():
		return 3
	case s.Silences > 0 || s.Numbers.Restarts > 0 || s.Numbers.Duplicates > 0:
		return 1
	}
	return 0
}

// words are what the filter looks at.
func (t *watchTable) words(r watchRow) string {
	var b strings.Builder
	b.WriteString(t.groupText(r))
	add := func(words ...string) {
		for _, w := range words {
			b.WriteByte(' ')
			b.WriteString(w)
		}
	}
	if r.stream < 0 {
		g := t.snap.Groups[r.group]
		add("nothing heard", clean(strings.Join(g.Joined, " ")))
		if g.Err != nil {
			add("not joined")
		}
		return b.String()
	}
	s := &t.snap.Streams[r.stream]
	add(rowFrom(&s.Row), clean(s.Interface), formatName(s.Numbers.Format))
	if !s.SilentSince.IsZero() {
		add("silent")
	}
	if s.Numbers.Lost > 0 {
		add("lost")
	}
	if s.Numbers.LostKernel > 0 {
		add("kernel")
	}
	if s.Copied.Notable() {
		add("copies")
	}
	if s.Numbers.Ended {
		add("ended")
	}
	return b.String()
}
