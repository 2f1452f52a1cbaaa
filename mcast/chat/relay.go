package chat

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// Origin is where plain text was said that a bridge passes on by a frame.
type Origin struct {
	Source netip.AddrPort // of the program that said it, at its site
	Site   string         // of the bridge; "": who relays it does not say that it is one
	By     string         // who relays it; safe to show, as Site is
	Where  Where
}

// Text is "10.2.0.7:4000 at room-2", of one at this site "10.2.0.7:4000", or "10.2.0.7:4000 by carol" of one who says not that it
// is a bridge; safe to show.
func (o Origin) Text() string {
	text := SanitizeString(o.Source.String()).Row()
	switch {
	case o.Where == AtThis:
		return text
	case o.Site != "":
		return text + " at " + o.Site
	}
	return text + " by " + o.By
}

// Where is at which site a bridge is.
type Where uint8

// The places.
const (
	Somewhere Where = iota // it is not known
	AtThis                 // here: the program itself may be heard
	AtAnother
)

// A long text comes in parts, up to 64 of them. They are one line, when all are there.
const (
	maxRelays = 32 // that wait for parts
	relayTime = 30 * time.Second
)

// relay is the parts of a text that came.
type relay struct {
	told   Told
	origin Origin
	parts  []string
	came   []bool
	got    int
	at     time.Time
}

// relays are the texts of which parts are missing, the oldest first.
type relays struct{ list []*relay }

// Len is how many there are.
func (r *relays) Len() int { return len(r.list) }

// first is the name of the frame of the first part.
func (t Told) first() frame.Name {
	return frame.Name{Stream: t.Name.Stream, Number: t.Name.Number - uint64(max(t.Part[0], 1)) + 1}
}

// Relay makes a line of plain text that a bridge passes on. Nothing is returned if that
// was heard from the program itself, or said here, or of a longer one while parts are
// missing.
func (r *Room) Relay(now time.Time, t Told, o Origin) []Line {
	if t.Part[1] <= 1 || t.Part[0] < 1 || t.Part[0] > t.Part[1] || uint64(t.Part[0]) > t.Name.Number {
		return r.relayed(t, o)
	}
	list := &r.relays.list
	n := slices.IndexFunc(*list, func(x *relay) bool { return x.told.first() == t.first() && len(x.parts) == t.Part[1] })
	var old []Line
	if n < 0 {
		if len(*list) == maxRelays {
			old = r.inParts((*list)[0])
			*list = slices.Delete(*list, 0, 1)
		}
		n = len(*list)
		*list = append(*list, &relay{told: t, origin: o, parts: make([]string, t.Part[1]), came: make([]bool, t.Part[1]), at: now})
	}
	x := (*list)[n]
	if i := t.Part[0] - 1; !x.came[i] {
		x.parts[i], x.came[i] = t.Text, true
		x.got++
	}
	if t.Part[0] == 1 {
		x.told, x.origin = t, o
	}
	x.told.Missed = x.told.Missed || t.Missed
	if x.got < len(x.parts) {
		return old
	}
	*list = slices.Delete(*list, n, n+1)
	whole := x.told
	whole.Name, whole.Text, whole.Part = x.told.first(), strings.Join(x.parts, ""), [2]int{}
	return append(old, r.relayed(whole, o)...)
}

// inParts are the parts of a text that never came whole.
func (r *Room) inParts(x *relay) (lines []Line) {
	for n, came := range x.came {
		if !came {
			continue
		}
		t := x.told
		t.Name, t.Text, t.Part = x.told.first(), x.parts[n], [2]int{n + 1, len(x.parts)}
		t.Name.Number += uint64(n)
		lines = append(lines, r.relayed(t, x.origin)...)
	}
	return lines
}

// expireParts gives up waiting for the parts of texts.
func (r *Room) expireParts(now time.Time) (lines []Line) {
	for len(r.relays.list) > 0 && now.Sub(r.relays.list[0].at).Abs() >= relayTime {
		x := r.relays.list[0]
		r.relays.list = slices.Delete(r.relays.list, 0, 1)
		lines = append(lines, r.inParts(x)...)
	}
	return lines
}

// relayed is a line of a text that a bridge passes on.
func (r *Room) relayed(t Told, o Origin) []Line {
	if o.Where != AtAnother && r.saidFrom(o.Source, t.Text) {
		return nil
	}
	l := Line{
		At:        t.At,
		Kind:      Heard,
		Text:      Describe(t.Text),
		Interface: r.InterfaceName(t.IfIndex),
		IfIndex:   t.IfIndex,
		From:      o.Source,
		To:        t.To,
		Local:     o.Where == AtThis && r.isOurs(o.Source.Addr()),
		Missed:    t.Missed,
		Earlier:   t.Earlier,
		Part:      t.Part,
		Origin:    o,
	}
	pools := []netip.AddrPort{poolOf(o.Source), bridges}
	switch o.Where {
	case AtThis:
		pools = pools[:1]
	case AtAnother:
		pools = pools[1:]
	}
	if !t.Alone {
		if met := r.pair(&l, t, asRelay, slices.Compact(pools)...); met != nil && met.direct {
			r.lineOf.Put(t.Name, met.id)
			return nil // who said it was heard
		}
	}
	r.place(&l, t)
	return []Line{l}
}

// saidFrom reports whether this program said a text lately, from that address.
func (r *Room) saidFrom(source netip.AddrPort, text string) bool {
	return slices.Contains(r.ports, source.Port()) && r.isOurs(source.Addr()) && r.own.says(text)
}
