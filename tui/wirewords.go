package tui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/session"
)

// wireWords say what was seen of IGMP or MLD on the wire of an interface: what this
// host reported, and who asks. They say nothing of what was not seen.
type wireWords struct {
	wire session.Wire
	i    session.Interface
	six  bool
	now  time.Time
}

// unaskedAtLeast is how long nobody must have asked for that to be said: a querier
// counts as gone after 255 s (RFC 3376, section 8.5).
const unaskedAtLeast = 5 * time.Minute

// longestAge is as wide as an age is for most of a day: rows do not change their
// shape while it grows.
const longestAge = "59 min ago"

func (m *membership) wireOf(i session.Interface) wireWords {
	return wireWordsOf(i, m.snap, m.now)
}

func (m *hostmap) wireOf(i session.Interface) wireWords { return wireWordsOf(i, m.snap, m.now) }

// wireWordsOf are of an interface that is joined and works: of others nothing that
// was seen matters.
func wireWordsOf(i session.Interface, s session.Snapshot, now time.Time) wireWords {
	if !i.Joined || broken(i) != "" {
		return wireWords{}
	}
	return wireWords{wire: i.Wire, i: i, six: s.Group.Addr.Is6(), now: now}
}

func (w wireWords) known() bool { return w.reportedAt() != "" || len(w.querier("")) > 0 }

// protocol is the name of a version: "IGMPv3", "MLDv2".
func (w wireWords) protocol(version int) string {
	if w.six {
		return "MLDv" + strconv.Itoa(version)
	}
	return "IGMPv" + strconv.Itoa(version)
}

// speaks is the version that this host speaks, "" if it is not known.
func (w wireWords) speaks() string {
	switch {
	case w.wire.Reported.Version != 0:
		return w.protocol(w.wire.Reported.Version)
	case w.i.IGMP != 0 && !w.six:
		return w.protocol(w.i.IGMP)
	}
	return ""
}

func (w wireWords) reportedAt() string {
	if w.wire.Reported.Version == 0 {
		return ""
	}
	return "reported " + w.wire.Reported.Last.Format(time.TimeOnly)
}

// reported is "reported in IGMPv3 at 12:01:07", or shorter.
func (w wireWords) reported(room int, st *styles) string {
	if w.wire.Reported.Version == 0 {
		return ""
	}
	if text := w.reportedInFull(); st.cells(text) <= room {
		return text
	}
	return w.speaks() + ", " + w.reportedAt()
}

func (w wireWords) reportedInFull() string {
	return "reported in " + w.speaks() + " at " + w.wire.Reported.Last.Format(time.TimeOnly)
}

func (w wireWords) age() string { return ago(w.now.Sub(w.wire.Querier.Last)) }

// querier are words for who asks, from many to few.
func (w wireWords) querier(age string) []string {
	q := w.wire.Querier
	version := "v" + strconv.Itoa(q.Version)
	switch addr := clean(q.Addr.String()); {
	case q.Version != 0 && q.Self:
		return []string{"querier: this host (" + version + "), " + age, "querier: this host"}
	case q.Version != 0 && q.Addr.IsUnspecified():
		return []string{"querier: a switch (" + addr + ", " + version + "), " + age, "querier: a switch, " + age, "querier " + age}
	case q.Version != 0:
		return []string{"querier " + addr + " (" + version + "), " + age, "querier " + addr + ", " + age, "querier " + addr, "querier " + age}
	case !w.wire.Unasked.IsZero() && w.now.Sub(w.wire.Unasked) >= unaskedAtLeast:
		return []string{fmt.Sprintf("no querier seen in %d min", int(w.now.Sub(w.wire.Unasked)/time.Minute)), "no querier seen"}
	case w.i.Asked != 0 && !w.six:
		return []string{fmt.Sprintf("a v%d querier was heard lately", w.i.Asked), fmt.Sprintf("a v%d querier asked", w.i.Asked)}
	}
	return nil
}

// fitting is the first of some words that has room whatever its age; "" without any.
func (w wireWords) fitting(room int, st *styles, list func(age string) []string) string {
	now := list(w.age())
	for n, widest := range list(longestAge) {
		if st.cells(widest) <= room {
			return now[n]
		}
	}
	return ""
}

// asked is a row about who asks.
func (w wireWords) asked(room int, st *styles) string { return w.fitting(room, st, w.querier) }

// state is what to say of an interface beside its name, instead of the usual words:
// in a short row who asks as well.
func (w wireWords) state(usual string, room int, short bool, st *styles) string {
	var parts []string
	if v := w.speaks(); v != "" {
		parts = append(parts, v)
	}
	bare := strings.Join(parts, "")
	if at := w.reportedAt(); at != "" {
		parts = append(parts, at)
	}
	full := strings.Join(parts, ", ")
	if said := w.fitting(room, st, func(age string) (list []string) {
		words := w.querier(age)
		for _, said := range words[:min(len(words), 2)] { // those with an age, where there is one
			list = append(list, full+st.dot+said)
		}
		for _, said := range words {
			list = append(list, bare+st.dot+said)
		}
		return list
	}); said != "" && short {
		return strings.TrimPrefix(said, st.dot)
	}
	if w.wire.Reported.Version == 0 {
		return usual
	}
	for _, said := range []string{"joined" + st.dot + full, full} {
		if st.cells(said) <= room {
			return said
		}
	}
	return usual
}

// asks is a row of the map about who asks on a wire.
func (w wireWords) asks(room int, st *styles) string {
	q := w.wire.Querier
	if q.Version == 0 {
		return w.asked(room, st)
	}
	who := clean(q.Addr.String())
	switch {
	case q.Self:
		who = "this host"
	case q.Addr.IsUnspecified():
		who = "a switch, " + who
	}
	row := "? asks: " + who + " (v" + strconv.Itoa(q.Version) + ")"
	for _, more := range []string{w.every() + ", " + w.age(), ", " + w.age()} {
		if st.cells(row+more) <= room {
			return row + more
		}
	}
	return st.cut(row, max(0, room))
}

// every is ", every 125 s" where that is known.
func (w wireWords) every() string {
	if s := w.wire.Querier.Interval / time.Second; s > 0 {
		return fmt.Sprintf(", every %d s", s)
	}
	return ""
}

// inFull is all that is known, for one who chooses an interface.
func (w wireWords) inFull() string {
	var say []string
	if w.wire.Reported.Version != 0 {
		say = append(say, w.reportedInFull())
	}
	q := w.wire.Querier
	switch {
	case q.Version != 0:
		who := clean(q.Addr.String())
		switch {
		case q.Self:
			who = "this host"
		case q.Addr.IsUnspecified():
			who = "a switch (" + who + ")"
		}
		text := who + " sends queries in " + w.protocol(q.Version) + w.every()
		if q.Robustness > 0 {
			text += ", robustness " + strconv.Itoa(q.Robustness)
		}
		say = append(say, text)
	case w.i.Asked != 0 && !w.six:
		say = append(say, fmt.Sprintf("a v%d querier was heard lately", w.i.Asked))
	}
	switch n := len(w.wire.Others) + w.wire.More; {
	case n > 0:
		text := "members seen by their reports: " + thousands(uint64(n))
		if w.wire.AtLeast {
			text += " or more"
		}
		say = append(say, text)
	case w.wire.SeesAll && !w.wire.AtLeast:
		say = append(say, "reports of other hosts are seen here, of this group none")
	}
	return strings.Join(say, "; ")
}
