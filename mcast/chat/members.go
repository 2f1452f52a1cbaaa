package chat

import (
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/frame"
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
	Again   bool // bridges bring again what came here by another way: it is no line if its words came lately
	Await   bool // a bridge sent it that brings frames, too: one of them may tell whose it is
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
// as plain text lately, the line takes over that row.
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
		Local:     t.From.IsValid() && !frame.Marked(t.From) && r.isOurs(t.From.Addr()), // the bridge may be on this host, and its members are not
		Member:    t.Member,
		Missed:    t.Missed,
		Earlier:   t.Earlier,
		Part:      t.Part,
	}
	if !t.Alone {
		if !t.Missed && !t.Earlier {
			r.pairs.noted(t.Text, t.At)
		}
		r.pair(&l, t, asText, t.pools()...)
	}
	r.place(&l, t)
	return l
}

// pools are where the plain text of what a member said may be.
func (t Told) pools() []netip.AddrPort {
	switch {
	case t.From.IsValid():
		return []netip.AddrPort{poolOf(t.From)}
	case t.Earlier:
		return nil // it is from a history
	}
	return []netip.AddrPort{bridges} // sent again by one who is no neighbour of its author, perhaps
}

// pair gives a line the row of what was said by another way, and else remembers it for
// those that are to come. met is that other way.
func (r *Room) pair(l *Line, t Told, as way, pools ...netip.AddrPort) (met *said) {
	for _, pool := range pools {
		if met = r.pairs.find(pool, t.Text, t.At, as); met != nil {
			l.ID, l.At = met.id, met.at
			l.Missed, l.Earlier = false, false // its words were there
			r.unhold(met)
			return met
		}
	}
	if l.ID = r.nextID(); !t.Missed && !t.Earlier && len(pools) > 0 && (t.From.IsValid() || as == asRelay) {
		r.pairs.add(&said{id: l.ID, at: t.At, came: as, direct: as == asText && pools[0] != bridges}, t.Text, pools...)
	}
	return nil
}

// place gives a line its place, and counts what came alone.
func (r *Room) place(l *Line, t Told) {
	if l.ID == 0 {
		l.ID = r.nextID()
	}
	if id := r.lineOf.Get(t.Before); id != nil && t.Before != (frame.Name{}) {
		l.Before = *id
	}
	l.Run = t.Name.Stream
	r.lineOf.Put(t.Name, l.ID)
	if t.Alone && !t.Missed && !t.Earlier {
		d := mcast.Datagram{At: t.At, From: t.From, To: t.To, IfIndex: t.IfIndex, Hops: t.Hops, Data: []byte(t.Text)}
		r.rate.add(d.At)
		r.groups.heard(d)
		r.count(d, l.Local)
	}
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
	if reach.Known = true; reach.By > 0 && o.line.Reach.By == 0 {
		r.counters.Reached++
	}
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
