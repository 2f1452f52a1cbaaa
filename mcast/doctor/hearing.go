package doctor

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/stream"
)

// leastListen is how long somebody must have listened before a host counts as not
// heard.
const leastListen = 2 * time.Second

// longPause is how long a talk must have been silent before a host that it asks
// for counts as not heard: people pause.
const longPause = 30 * time.Second

// Hearing is how it stands with a host that is to be heard, or that is to hear.
type Hearing string

// The states of a [Hearing].
const (
	Heard          Hearing = "heard"
	NotHeard       Hearing = "not heard"
	Stopped        Hearing = "stopped"
	HeardElsewhere Hearing = "heard by another interface"
	NotKnown       Hearing = "not known"
	Hears          Hearing = "hears this host" // it answered what was sent to the group
	IsMember       Hearing = "is a member"     // its report was seen; whether it hears is not known by that
	NoMember       Hearing = "is no member"    // it was asked, and did not report, where others' reports are seen
)

// Answer is the answer to the question about one host.
type Answer struct {
	Host  netip.Addr
	State Hearing
	Text  string // without the host
}

// String is the answer in one line: "10.0.0.1: heard: 40 datagrams in 4 s".
func (a Answer) String() string {
	if a.State == Stopped {
		return fmt.Sprintf("%s: %s", a.Host, a.Text) // which says so
	}
	return fmt.Sprintf("%s: %s: %s", a.Host, a.State, a.Text)
}

// wants is the host that is to be heard; the zero Addr: none is named.
func (in Intent) wants() netip.Addr { return cmp.Or(in.From, in.Group.Source).Unmap().WithZone("") }

// AnswerFrom says whether the host that is named is heard. Without one its Host is
// the zero Addr.
func (f Facts) AnswerFrom(in Intent) Answer {
	a := Answer{Host: in.wants(), State: NotKnown}
	if !a.Host.IsValid() {
		return a
	}
	o := f.Observed
	here, elsewhere := f.rowsOf(a.Host)
	switch {
	case len(here) > 0:
		last := here[0]
		a.State, a.Text = Heard, fmt.Sprintf("%s in %s, the last %s", counted(total(here)), span(o.Listen.Lasted()), o.ago(last.Last))
		if !last.SilentSince.IsZero() {
			a.State, a.Text = Stopped, f.stoppedText(in, last)
		}
	case o.Bound != nil:
		a.Text = "nobody could listen: " + reason(o.Bound)
	case o.Listen.Lasted() <= 0:
		a.Text = "nobody listened; --probe does"
	case len(elsewhere) > 0:
		a.State = HeardElsewhere
		a.Text = fmt.Sprintf("%s by %s, where another program has joined, and none by %s", counted(total(elsewhere)), f.nameOf(in, elsewhere[0].IfIndex), f.listenedOn(in))
	case len(f.byAnotherName(in, a.Host)) > 0:
		a.Text = fmt.Sprintf("what is sent to %s comes from link-local addresses, and one that was heard may be its own: %s", in.Group.Addr, enumerate(f.byAnotherName(in, a.Host)))
	case o.Listen.Lasted() < leastListen:
		a.Text = fmt.Sprintf("somebody listened for %s only", span(o.Listen.Lasted()))
	default:
		a.State, a.Text = NotHeard, fmt.Sprintf("not a datagram in %s", span(o.Listen.Lasted()))
		if o.Beside.from(a.Host) {
			a.Text += fmt.Sprintf("; it takes part as a member of groupcast: its frames come at port %d", o.Beside.Port)
		}
	}
	return a
}

// AnswerTo says whether the host that is named hears this one, as far as that can
// be known from here. Without one its Host is the zero Addr.
func (f Facts) AnswerTo(in Intent) Answer {
	a := Answer{Host: in.To, State: NotKnown}
	if !in.To.IsValid() {
		return a
	}
	here, elsewhere := f.rowsOf(in.To)
	back := 0
	for _, r := range append(here, elsewhere...) {
		back += r.Reflected
	}
	own := "ADDRESS-OF-THIS-HOST"
	if out, ok := f.egress(in); ok && out.Addr(in.Group.Addr).IsValid() && !out.Loopback() {
		own = out.Addr(in.Group.Addr).String()
	}
	switch {
	case slices.Contains(f.Observed.Answers, in.To):
		a.State, a.Text = Hears, "it answered what was sent to the group"
	case back > 0:
		a.State, a.Text = Hears, fmt.Sprintf("own datagrams came back from it: %d", back)
	default:
		if state, text := f.memberOnWire(in, in.To); state != NotKnown {
			a.State, a.Text = state, text
			return a
		}
		a.Text = fmt.Sprintf("from here it cannot be known whether it hears; at %s run groupcast doctor --probe --watch 10s --from %s %s, while this host sends", in.To, own, groupWord(in.Group))
	}
	return a
}

// rowsOf lists what was heard of a host, by interfaces that were listened on and by
// others, the latest first.
func (f Facts) rowsOf(host netip.Addr) (here, elsewhere []stream.Row) {
	for _, r := range f.Observed.Heard {
		switch {
		case r.Host() != host.Unmap().WithZone(""):
		case r.IfIndex == 0, slices.Contains(f.Observed.Listen.On, r.IfIndex), len(f.Observed.Listen.On) == 0:
			here = append(here, r)
		default:
			elsewhere = append(elsewhere, r)
		}
	}
	for _, list := range [][]stream.Row{here, elsewhere} {
		slices.SortStableFunc(list, func(a, b stream.Row) int { return b.Last.Compare(a.Last) })
	}
	return here, elsewhere
}

func (f Facts) listenedOn(in Intent) string {
	var list []string
	for _, index := range f.Observed.Listen.On {
		list = append(list, f.nameOf(in, index))
	}
	return enumerate(list)
}

// stoppedText is "stopped at 12:04:05, 13 s before the end", or in a talk, which
// has no end yet, "stopped at 12:04:05".
func (f Facts) stoppedText(in Intent, r stream.Row) string {
	if in.Live {
		return "stopped at " + r.SilentSince.Format(time.TimeOnly)
	}
	return fmt.Sprintf("stopped at %s, %s", r.SilentSince.Format(time.TimeOnly), f.Observed.ago(r.SilentSince))
}

// ago is how long before the end of the listening something was.
func (o Observed) ago(at time.Time) string {
	return span(max(o.Listen.Until.Sub(at), 0)) + " before the end"
}

// byInterface counts the datagrams of others by the interfaces that the group was
// joined on. A sender may have come by several.
func (o Observed) byInterface() map[int]uint64 {
	counts := map[int]uint64{}
	if o.Heard == nil {
		for _, s := range o.Senders {
			if !s.Local {
				counts[s.IfIndex] += uint64(s.Datagrams)
			}
		}
	}
	for _, r := range o.Heard {
		if !r.Local && (len(o.Listen.On) == 0 || slices.Contains(o.Listen.On, r.IfIndex)) {
			counts[r.IfIndex] += uint64(r.Datagrams)
		}
	}
	return counts
}

func total(rows []stream.Row) (n int) {
	for _, r := range rows {
		n += r.Datagrams
	}
	return n
}

func counted(n int) string {
	if n == 1 {
		return "1 datagram"
	}
	return fmt.Sprintf("%d datagrams", n)
}

// span is a time for people: 0.02 s, 0.2 s, 13 s, 4m10s.
func span(d time.Duration) string {
	switch {
	case d < 100*time.Millisecond:
		return stream.Digits(d.Seconds(), 2) + " s"
	case d < 9950*time.Millisecond:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", d.Seconds()), ".0") + " s"
	case d < 100*time.Second:
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}
