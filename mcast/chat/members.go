package chat

import (
	"hash/maphash"
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/internal/lru"
)

// maxNames is how many frames' lines are remembered, to put a line that was missing
// in its place.
const maxNames = 1024

// Means says by what means plain text came, where members take part in the talk. The
// zero Means is that of a talk without members.
type Means struct {
	Twin    bool // a member said it, whose frame brings it too
	Outside bool // only members speak there: see Line.Outside
	Aside   bool // it came to the port of frames, and is no datagram of the group's
}

// Framed says how an own line goes out among members.
type Framed struct {
	Name   frame.Name // of the frame that brings it
	Member Member     // oneself
	Part   [2]int
	Sealed bool // the frame alone brings it: its copy is a [Room.FrameBack]
}

// Told is a line of a member, as a frame brought it.
type Told struct {
	At      time.Time // its arrival; of an earlier line when its author said it
	Name    frame.Name
	Text    string
	Member  Member
	From    netip.AddrPort // that the frame came from; invalid: it came from a history
	To      netip.Addr     // the group
	IfIndex int
	Hops    int // TTL left; 0: unknown
	Missed  bool
	Earlier bool
	Before  frame.Name // a younger line of the same member; zero: there is none
	Part    [2]int
	// Alone says that no plain text comes with it, so that it counts as a datagram of
	// its sender's.
	Alone bool
}

// Tell makes a line of what a member said. If the same text came from the same source
// as plain text within the last five seconds, the line takes over that row.
func (r *Room) Tell(t Told) Line {
	l := Line{
		At:        t.At,
		Kind:      Heard,
		Text:      Describe(t.Text),
		Interface: r.InterfaceName(t.IfIndex),
		IfIndex:   t.IfIndex,
		From:      t.From,
		To:        t.To,
		Hops:      t.Hops,
		Local:     t.From.IsValid() && r.isOurs(t.From.Addr()),
		Member:    t.Member,
		Missed:    t.Missed,
		Earlier:   t.Earlier,
		Part:      t.Part,
	}
	if t.From.IsValid() && !t.Alone {
		if row, ok := r.pairs.frame(t.At, t.From, t.Text, !t.Missed && !t.Earlier); ok {
			l.ID, l.At = row.id, row.at
			l.Missed, l.Earlier = false, false // its words were there
		}
	}
	if l.ID == 0 {
		l.ID = r.nextID()
	}
	if id := r.lineOf.Get(t.Before); id != nil && t.Before != (frame.Name{}) {
		l.Before = *id
	}
	r.lineOf.Put(t.Name, l.ID)
	if t.Alone && !t.Missed && !t.Earlier {
		d := mcast.Datagram{At: t.At, From: t.From, To: t.To, IfIndex: t.IfIndex, Hops: t.Hops, Data: []byte(t.Text)}
		r.rate.add(d.At)
		r.groups.heard(d)
		r.count(d, l.Local)
	}
	return l
}

// Frame counts a frame that came, once: what became of it, members count.
func (r *Room) Frame(d mcast.Datagram) {
	r.counters.Read++
	r.counters.Bytes += uint64(len(d.Data))
	r.counters.Frames++
}

// FrameBack is [Room.Frame] for the loopback copy of an own frame. If that is an own
// line of a sealed room, the line is returned, with its copy back.
func (r *Room) FrameBack(d mcast.Datagram, name frame.Name) Line {
	r.Frame(d)
	d.Data = nameKey(name)
	if known, o := r.own.match(d, r.isOurs); known && o != nil {
		return r.copyBack(o, d)
	}
	return Line{}
}

// Ignore counts a datagram that came to the port of frames and is none, nor text: a
// numbered one, or one that another socket of this program brings too.
func (r *Room) Ignore(d mcast.Datagram) {
	r.counters.Read++
	r.counters.Bytes += uint64(len(d.Data))
	r.counters.Ignored++
}

// SayFramed is [Room.Say] among members. Which of them have the line, [Room.Reached]
// tells.
func (r *Room) SayFramed(at time.Time, text string, via Via, f Framed) Line {
	payload := text
	if f.Sealed {
		payload = string(nameKey(f.Name))
	}
	l := r.say(at, text, payload, via, &f)
	r.lineOf.Put(f.Name, l.ID)
	return l
}

// nameKey stands for the payload of a frame, which is not known when its line is made.
func nameKey(n frame.Name) []byte {
	b := append([]byte("\xfeMC"), n.Stream[:]...)
	for shift := 56; shift >= 0; shift -= 8 {
		b = append(b, byte(n.Number>>shift))
	}
	return b
}

// Reached says which members have the own line that a frame brought. It returns the
// zero Line when the line is too old to be remembered.
func (r *Room) Reached(name frame.Name, reach Reach) Line {
	id := r.lineOf.Peek(name)
	if id == nil {
		return Line{}
	}
	o := r.own.find(*id)
	if o == nil {
		return Line{}
	}
	reach.Known = true
	o.line.Reach = reach
	o.awaited = reach.By < reach.Of
	line := o.line
	if o.settled() {
		r.own.release(o)
		// What comes of it later has no text of its own.
		o.line.Cut = true
	}
	return line
}

// Twins are told apart by their source and text, for twinTime, since the frame may
// come first, or the plain text.
const (
	twinTime = 30 * time.Second // a frame that was lost on a starved host is repaired long after its plain text
	maxPairs = 1024
	mostRows = 8 // of equal texts of one source that wait for their frames
)

type pairKey struct {
	from netip.AddrPort
	text payloadKey
}

// row is a line that waits for its frame, or a frame that waits for its plain text.
type row struct {
	id uint64
	at time.Time
}

type pair struct{ plain, frames []row }

// pairs finds the frame that plain text belongs to, where its source is not known to be
// a member's yet.
type pairs struct {
	seed maphash.Seed
	seen *lru.Map[pairKey, pair]
}

func newPairs() pairs {
	return pairs{maphash.MakeSeed(), lru.New[pairKey, pair](maxPairs)}
}

func (p pairs) of(from netip.AddrPort, text string) *pair {
	both, _ := p.seen.Ensure(pairKey{from, payloadKey{maphash.String(p.seed, text), len(text)}})
	return both
}

// frame takes the row of the plain text that a frame brings as well; without one, the
// frame waits for it, if its author sends that now.
func (p pairs) frame(at time.Time, from netip.AddrPort, text string, now bool) (row, bool) {
	both := p.of(from, text)
	if r, ok := oldest(&both.plain, at); ok {
		return r, true
	}
	if now {
		wait(&both.frames, row{at: at})
	}
	return row{}, false
}

// text reports whether plain text is that of a frame that came before. If not, it waits
// for it, with the line that shows it.
func (p pairs) text(d mcast.Datagram) (twin bool) {
	_, twin = oldest(&p.of(d.From, string(d.Data)).frames, d.At)
	return twin
}

func (p pairs) shown(d mcast.Datagram, id uint64) {
	wait(&p.of(d.From, string(d.Data)).plain, row{id, d.At})
}

// oldest takes the oldest of those that may still be met.
func oldest(list *[]row, now time.Time) (row, bool) {
	for len(*list) > 0 {
		r := (*list)[0]
		*list = (*list)[1:]
		if age := now.Sub(r.at); age <= twinTime && age >= -twinTime {
			return r, true
		}
	}
	return row{}, false
}

func wait(list *[]row, r row) {
	if len(*list) == mostRows {
		*list = (*list)[1:]
	}
	*list = append(*list, r)
}
