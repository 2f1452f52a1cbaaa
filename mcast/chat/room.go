package chat

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/internal/lru"
)

// Room is one conversation. Its methods take in what happened, and return lines to
// show. It learns the time only from their arguments, and that may run backwards.
// Two goroutines must not use a Room at once.
type Room struct {
	names    map[int]string // of interfaces, safe to show, by index
	networks host.Networks
	ports    []uint16
	own      ownLines
	senders  senders                   // other hosts
	local    senders                   // this host, by its other programs
	ping     func(payload []byte) bool // a request of an own ping; nil: there was none
	groups   groups
	rate     rate
	counters Counters
	lastID   uint64

	pairs  pairs
	held   held
	relays relays
	lineOf *lru.Map[frame.Name, uint64] // the IDs of lines that frames brought
}

// NewRoom returns a Room in which nothing was heard or said.
func NewRoom() *Room {
	return &Room{
		own: newOwnLines(), senders: newSenders(MaxSenders), local: newSenders(maxLocal),
		pairs: newPairs(), lineOf: lru.New[frame.Name, uint64](maxNames),
	}
}

// SetInterfaces sets the interfaces: their names, this host's addresses, and the
// networks it is on.
func (r *Room) SetInterfaces(list []host.Interface) {
	r.networks = host.NetworksOf(list)
	r.names = make(map[int]string, len(list))
	for _, ifi := range list {
		r.names[ifi.Index] = safeName(ifi.Name)
	}
}

// AddPort adds a source port of own datagrams. There is one for each IP version.
func (r *Room) AddPort(port uint16) { r.ports = append(r.ports, port) }

// SetPing says how requests of the own ping are known. They are sent by a socket of
// their own, and what the group brings back of them is an own copy.
func (r *Room) SetPing(isRequest func(payload []byte) bool) { r.ping = isRequest }

// Receive takes in a datagram and counts it once: as the copy of an own line or
// of an own ping, as a stray, or as a text. It returns the line to show, a new one
// for a text, or an own line whose copy this is, and how the datagram came. A
// line without an ID is none: there is nothing to show.
//
// A copy carries our port, one of our addresses and what we said; one that
// comes twice, or ten seconds late, shows nothing. Our port and address with other
// words are another program's, or another host's with a duplicate address, and
// are shown.
func (r *Room) Receive(d mcast.Datagram) (Line, Arrival) { return r.receive(d, nil) }

// ReceiveAmong is [Room.Receive] where members take part. Plain text that a frame
// brings too is counted as its twin, and is no line.
func (r *Room) ReceiveAmong(d mcast.Datagram, m Means) (Line, Arrival) { return r.receive(d, &m) }

func (r *Room) receive(d mcast.Datagram, m *Means) (Line, Arrival) {
	r.counters.Read++
	r.counters.Bytes += uint64(len(d.Data))
	if r.ping != nil && r.isOurs(d.From.Addr()) && r.ping(d.Data) {
		r.counters.OwnCopies++
		return Line{}, r.ownCopy(d)
	}
	if slices.Contains(r.ports, d.From.Port()) {
		if known, o := r.own.match(d, r.isOurs); known {
			r.counters.OwnCopies++
			if o == nil {
				return Line{}, r.ownCopy(d)
			}
			return r.copyBack(o, d), r.ownCopy(d)
		}
	}
	came := r.arrival(d)
	r.rate.add(d.At)
	if d.To.IsMulticast() && !d.Stray && (m == nil || !m.Aside) {
		r.groups.heard(d)
	}
	if came.Stray {
		r.counters.Strays++
		return Line{}, came
	}
	r.count(d, came.Local)
	among := m != nil && !m.Outside && !came.Direct
	pool := poolOf(d.From)
	again := among && r.pairs.noted(string(d.Data), d.At) && m.Again && pool == bridges
	if among && (r.pairs.find(pool, string(d.Data), d.At, asPlain) != nil || m.Twin || again) {
		r.counters.Twins++
		came.Twin = true
		return Line{}, came
	}
	r.counters.Texts++
	line := Line{
		ID:        r.nextID(),
		At:        d.At,
		Kind:      Heard,
		Text:      Describe(string(d.Data)),
		Interface: r.InterfaceName(d.IfIndex),
		IfIndex:   d.IfIndex,
		From:      d.From,
		To:        d.To,
		Hops:      d.Hops,
		Direct:    came.Direct,
		Local:     came.Local,
		Outside:   m != nil && m.Outside,
	}
	if among {
		s := &said{id: line.ID, at: d.At, came: asPlain, direct: pool != bridges}
		r.pairs.add(s, string(d.Data), pool)
		if m.Await && pool == bridges && r.hold(s, line) {
			came.Held = true
			return Line{}, came
		}
	}
	return line, came
}

// count counts a datagram for its sender.
func (r *Room) count(d mcast.Datagram, local bool) {
	who := r.senders
	if local {
		who = r.local
	}
	if who.heard(d, r.InterfaceName(d.IfIndex)) {
		r.counters.Evicted++
	}
}

// isOurs reports whether a source address is this host's. The unspecified one
// is what an interface without an address sends with.
func (r *Room) isOurs(source netip.Addr) bool {
	return r.networks.Ours(source) || source.IsUnspecified()
}

// copyBack completes an own line with what its copy tells: it comes in by the
// interface that the line went out by, and carries the source that it carried.
func (r *Room) copyBack(o *ownLine, d mcast.Datagram) Line {
	if o.line.Copy == CopyMissing {
		r.counters.Missing--
	}
	o.line.Copy = CopyBack
	o.line.After = max(0, d.At.Sub(o.sent))
	o.line.Source = d.From.Addr()
	if d.IfIndex != 0 {
		o.line.IfIndex, o.line.Interface = d.IfIndex, r.InterfaceName(d.IfIndex)
	}
	line := o.line
	if o.settled() {
		r.own.release(o)
	}
	return line
}

// Via is the interface that an own line is expected to leave through.
type Via struct {
	IfIndex   int    // 0: not known
	Interface string // its name
	Source    netip.Addr
	Loopback  bool // a copy of it will come back
	Stays     bool // it does not leave this host
}

// Say makes an own line of text, whose bytes are the payload, just before it
// is sent. Call Failed when the kernel then refuses it.
func (r *Room) Say(at time.Time, text string, via Via) Line {
	return r.say(at, text, text, via, nil)
}

// say makes an own line whose copy has a payload; framed is nil where there are no
// members.
func (r *Room) say(at time.Time, text, payload string, via Via, framed *Framed) Line {
	l := Line{
		ID:        r.nextID(),
		At:        at,
		Kind:      Own,
		Text:      Describe(text),
		Interface: safeName(via.Interface),
		IfIndex:   via.IfIndex,
		Source:    via.Source,
		Stays:     via.Stays,
	}
	if !via.Loopback {
		l.Copy = CopyOff
	}
	if framed != nil {
		if !framed.Sealed {
			r.pairs.noted(text, at)
		}
		l.Member, l.Part = framed.Member, framed.Part
	}
	r.counters.Sent++
	if l.Stays {
		r.counters.Stayed++
	}
	r.counters.SentSize += uint64(len(text))
	if r.own.add(at, payload, l, len(text), framed != nil) {
		r.counters.Missing++
	}
	return l
}

// Failed says that the kernel refused the own line with this ID, why, and what
// to do. It returns the zero Line when a copy of it is back, so that the
// kernel cannot have refused it, or when it is too old to be remembered.
func (r *Room) Failed(id uint64, why, hint string) Line {
	o := r.own.fail(id)
	if o == nil {
		return Line{}
	}
	if o.line.Copy == CopyMissing {
		r.counters.Missing--
	}
	r.counters.Sent--
	if o.line.Stays {
		r.counters.Stayed--
	}
	r.counters.SentSize -= uint64(o.size)
	r.counters.Failed++
	if hint != "" {
		why += "; " + hint
	}
	o.line.Copy = CopyNone
	o.line.Hint = SanitizeString(why)
	line := o.line
	if o.settled() {
		r.own.release(o)
	}
	return line
}

// Notice makes a line in which groupcast itself says what happened, with a
// hint on what to do or "".
func (r *Room) Notice(at time.Time, text, hint string) Line {
	return r.remark(Notice, at, text, hint)
}

// Problem is [Room.Notice] for a failure.
func (r *Room) Problem(at time.Time, text, hint string) Line {
	return r.remark(Problem, at, text, hint)
}

func (r *Room) remark(kind Kind, at time.Time, text, hint string) Line {
	return Line{ID: r.nextID(), At: at, Kind: kind, Text: SanitizeString(text), Hint: SanitizeString(hint)}
}

// Expire returns the own lines whose copy did not come within [CopyTimeout], now
// [CopyMissing]. A copy that comes within ten seconds still completes its line. It also
// returns the lines that were held back for a second, and the parts of a relayed text
// whose others did not come within 30 s.
func (r *Room) Expire(now time.Time) []Line {
	lines, late := r.own.expire(now)
	r.counters.Missing += uint64(late)
	lines = append(lines, r.release(func(l Line) bool { return now.Sub(l.At).Abs() >= holdTime })...)
	return append(lines, r.expireParts(now)...)
}

// Snapshot returns a copy of what the room knows, as of now. It is quick
// enough for every frame of a screen.
func (r *Room) Snapshot(now time.Time) Snapshot {
	senders := min(r.senders.Len(), maxSnapshotSenders)
	histories := newHistories(now, 1+senders+r.local.Len()+len(r.groups))
	history := histories.of(&r.rate)
	return Snapshot{
		Senders:      r.senders.latest(senders, histories),
		SendersTotal: r.senders.Len(),
		Local:        r.local.latest(maxLocal, histories),
		Counters:     r.counters,
		Rate:         current(history),
		History:      history,
		Pending:      r.own.pending,
		Groups:       r.groups.traffic(histories),
	}
}

// Pending is how many own lines wait for their copy.
func (r *Room) Pending() int { return r.own.pending }

func (r *Room) nextID() uint64 {
	r.lastID++
	return r.lastID
}

// InterfaceName returns an interface's name, safe to show; "#7" when only the
// index is known, and "" when not even that is.
func (r *Room) InterfaceName(index int) string {
	if index == 0 {
		return ""
	}
	if name, ok := r.names[index]; ok {
		return name
	}
	return fmt.Sprintf("#%d", index)
}

// safeName makes a name fit for a terminal: the kernel allows ESC in it.
func safeName(name string) string { return SanitizeString(name).String() }

// Describe sanitises a payload, and says so when there is nothing to see.
func Describe(payload string) Text {
	text := SanitizeString(payload)
	switch {
	case payload == "":
		return Text{"(empty, 0 bytes)"}
	case strings.IndexFunc(text.s, isVisible) >= 0:
		return text
	case len(payload) == 1:
		return Text{"(blank, 1 byte)"}
	}
	return Text{fmt.Sprintf("(blank, %d bytes)", len(payload))}
}

func isVisible(r rune) bool {
	return !unicode.IsSpace(r) && !unicode.Is(unicode.Variation_Selector, r)
}
