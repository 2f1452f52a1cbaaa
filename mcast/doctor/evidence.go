package doctor

import (
	"hash/maphash"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/internal/lru"
	"github.com/groupcast/groupcast/mcast/stream"
)

// EvidenceTime is how far back evidence goes: older evidence is forgotten.
const EvidenceTime = 10 * time.Second

const (
	// senderTime is how far back it goes for senders: people pause.
	senderTime = 5 * time.Minute
	// maxEvidence bounds each kind of evidence, since anyone can forge it.
	maxEvidence = 1024
)

// Evidence collects the observations of a program about one group while it runs:
// the senders that it hears, the outcome of its own datagrams, and the readings of
// the host. [Evidence.Observed] sums them up for [Facts.Observed] and [Diagnose].
//
// It has no socket and no clock; it learns the time from its arguments. Each kind
// of evidence is bounded, and the entry that was used longest ago makes room for a
// new one: forged senders do not push out a sender that goes on sending. Only
// [Evidence.Hash] may be called by several goroutines at once.
type Evidence struct {
	seed     maphash.Seed
	senders  *lru.Map[netip.AddrPort, senderTally]
	strays   *lru.Map[netip.Addr, tally]
	doubled  *lru.Map[doubledBy, tally]
	arrivals *lru.Map[datagramKey, arrivals]
	tally    *stream.Tally
	kept     netip.Addr // a host that is not forgotten
	sent     []outgoing // the last maxEvidence, in the order of their IDs
	readings []reading  // of the last EvidenceTime, and one from before, the oldest first
	latest   reading
	members  *Members
	unheard  unheard
}

type senderTally struct {
	Sender
	last time.Time
}

// tally counts evidence that is forgotten EvidenceTime after the last of it.
type tally struct {
	times int
	last  time.Time
}

func (t *tally) add(at time.Time) { *t = tally{t.times + 1, at} }

// NewEvidence returns an empty Evidence. A program that changes its group begins
// a new one.
func NewEvidence() *Evidence {
	return &Evidence{
		seed:     maphash.MakeSeed(),
		senders:  lru.New[netip.AddrPort, senderTally](maxEvidence),
		strays:   lru.New[netip.Addr, tally](maxEvidence),
		doubled:  lru.New[doubledBy, tally](maxEvidence),
		arrivals: lru.New[datagramKey, arrivals](maxArrivals),
		tally:    newTally(),
	}
}

// Received is a datagram that arrived.
type Received struct {
	At      time.Time
	From    netip.AddrPort
	To      netip.Addr
	IfIndex int    // it came by; 0: not known
	Hops    int    // TTL left; 0: not known
	Local   bool   // from another program of this host
	Outside bool   // from no network of the interface it came by: behind a router
	Bytes   int    // of payload
	Content uint64 // Evidence.Hash of the payload
	Series  bool   // one of a series that ends by itself, as pings do
	Payload []byte // as far as it was kept, to read its number; nil: it is not looked at. It is not kept
	Drops   uint32 // how many datagrams the socket had dropped when this one was queued; 0: none or not known
}

// Hash returns the number that stands for a payload in a [Received]. Another
// Evidence has other numbers. Any goroutine may call it at any time.
func (e *Evidence) Hash(payload []byte) uint64 { return maphash.Bytes(e.seed, payload) }

// Hear notes a datagram to the group. Own copies are for [Evidence.Outcome].
func (e *Evidence) Hear(d Received) {
	s, _ := e.senders.Ensure(d.From)
	*s = senderTally{last: d.At, Sender: Sender{
		From: d.From, IfIndex: d.IfIndex, Hops: d.Hops, Datagrams: s.Datagrams + 1, Local: d.Local, Outside: d.Outside,
	}}
	e.tally.Add(d.stream())
	if !d.Local {
		e.compare(d)
	}
}

// HearElsewhere notes a datagram to the group that came by an interface on which
// this program has not joined it, and another one has.
func (e *Evidence) HearElsewhere(d Received) { e.tally.Add(d.stream()) }

func (d Received) stream() *stream.Datagram {
	return &stream.Datagram{
		At: d.At, Group: netip.AddrPortFrom(d.To.WithZone(""), 0), From: d.From, IfIndex: d.IfIndex, Hops: d.Hops, Bytes: d.Bytes,
		Content: d.Content, Local: d.Local, Outside: d.Outside, Series: d.Series,
		Payload: d.Payload, Drops: d.Drops,
	}
}

// heard lists who was heard until now, and who fell silent.
func (e *Evidence) heard(now time.Time) []stream.Row {
	e.tally.Tick(now)
	return e.tally.Snapshot()
}

// HearStray notes a datagram to a group that only others have joined.
func (e *Evidence) HearStray(to netip.Addr, at time.Time) {
	t, _ := e.strays.Ensure(to)
	t.add(at)
}

// ForgetStrays forgets the groups that only others have joined.
func (e *Evidence) ForgetStrays() { e.strays = lru.New[netip.Addr, tally](maxEvidence) }

// Relisten forgets how regularly anybody was heard: from now on others are, since
// the program has joined elsewhere, or hears other sources. That a steady sender is
// silent since then has this cause.
func (e *Evidence) Relisten() { e.tally = newTally() }

func newTally() *stream.Tally {
	return stream.New(stream.Config{Rows: maxEvidence, Numbers: true})
}

// Left forgets who was heard by an interface that the program is not joined on any
// more.
func (e *Evidence) Left(ifIndex int) { e.tally.Left(ifIndex) }

// Stood says that the program stood until now, and heard nobody meanwhile.
func (e *Evidence) Stood(now time.Time) { e.tally.Stood(now) }

// Keep names the host that is to be heard: that it was is never forgotten. The
// zero Addr: none is named.
func (e *Evidence) Keep(host netip.Addr) { e.kept = host.Unmap().WithZone("") }

// Forget forgets old evidence: strays and doubled datagrams after [EvidenceTime],
// senders after five minutes of silence. It keeps the readings of the last
// EvidenceTime, and one from before.
func (e *Evidence) Forget(now time.Time) {
	for len(e.readings) > 1 && now.Sub(e.readings[1].at) >= EvidenceTime {
		e.readings = slices.Delete(e.readings, 0, 1)
	}
	for from, s := range e.senders.All() {
		if now.Sub(s.last) > senderTime {
			e.senders.Delete(from)
		}
	}
	e.tally.Forget(now, senderTime, e.kept)
	forget(e.strays, now)
	forget(e.doubled, now)
}

func forget[K comparable](tallies *lru.Map[K, tally], now time.Time) {
	for key, t := range tallies.All() {
		if now.Sub(t.last) > EvidenceTime {
			tallies.Delete(key)
		}
	}
}

// listSenders lists the senders that were heard, in the order of their addresses.
func (e *Evidence) listSenders() []Sender {
	list := make([]Sender, 0, e.senders.Len())
	for _, s := range e.senders.All() {
		list = append(list, s.Sender)
	}
	slices.SortFunc(list, func(a, b Sender) int { return a.From.Compare(b.From) })
	return list
}

// Hosts lists the addresses of other hosts that were heard, the latest first,
// no more than most.
func (e *Evidence) Hosts(most int) []netip.Addr {
	var list []netip.Addr
	for from, s := range e.senders.All() {
		if len(list) == most {
			break
		}
		if a := from.Addr().Unmap(); !s.Local && !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	return list
}

// Strays counts the datagrams to groups that only others have joined.
func (e *Evidence) Strays() map[netip.Addr]int {
	counts := make(map[netip.Addr]int, e.strays.Len())
	for group, t := range e.strays.All() {
		counts[group] = t.times
	}
	return counts
}
