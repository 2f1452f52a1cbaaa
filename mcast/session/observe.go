package session

import (
	"cmp"
	"hash/maphash"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
)

const (
	// observedFor is how far back evidence goes: what is over is forgotten.
	observedFor = 10 * time.Second
	// sendersFor is the same for who was heard: people pause.
	sendersFor = 5 * time.Minute
	// countersLag is how long the counters of a network card may be behind
	// what was sent: drivers read them every two seconds or so.
	countersLag = 3 * time.Second
	// twiceWithin is how far apart one datagram's arrivals by two interfaces
	// can be.
	twiceWithin = time.Second
	// maxObserved bounds each kind of evidence, since anyone can forge it.
	maxObserved = 256
	// maxBack is of how many hosts the way back is asked, a system call each.
	maxBack = 16
)

// observed is what a session saw of the current group. It learns the time only
// from its callers.
type observed struct {
	facts   []past // of the last observedFor, and one from before, oldest first
	sends   []sent // the last maxObserved, in order of their lines
	senders map[netip.AddrPort]heardFrom
	strays  map[netip.Addr]seen
	doubled map[doubledBy]seen
	came    map[uint64]arrival // datagrams of the last second or two, by a hash of sender and content
	before  map[uint64]arrival
	swapped time.Time // when came was new
	seed    maphash.Seed
}

// past is what the host said at a time.
type past struct {
	at    time.Time // when it had been read
	facts doctor.Facts
}

// sent is an own line.
type sent struct {
	line    uint64 // its ID
	at      time.Time
	by      int // the interface it was to leave by
	size    int // bytes of payload
	known   bool
	copied  bool
	refused error
}

type heardFrom struct {
	doctor.Sender
	last time.Time
}

// seen counts what is forgotten when it is over.
type seen struct {
	times int
	last  time.Time
}

type doubledBy struct {
	from       netip.AddrPort
	interfaces [2]int
}

type arrival struct {
	at time.Time
	by int
}

func newObserved() *observed {
	return &observed{
		senders: map[netip.AddrPort]heardFrom{},
		strays:  map[netip.Addr]seen{},
		doubled: map[doubledBy]seen{},
		came:    map[uint64]arrival{},
		seed:    maphash.MakeSeed(),
	}
}

// base is what look compares with; the zero past if there is nothing yet.
func (o *observed) base() past {
	if len(o.facts) == 0 {
		return past{}
	}
	return o.facts[0]
}

// look takes in what the host said at a time, and returns how it differs from
// base, with what was seen meanwhile; sends are what became of own lines.
func (o *observed) look(f doctor.Facts, at time.Time, sends map[int]doctor.Sent) doctor.Observed {
	base := o.base()
	if n := len(o.facts); n == 0 || at.Sub(o.facts[n-1].at) >= RefreshEvery/2 {
		o.facts = append(o.facts, past{at, f})
	}
	if base.at.IsZero() {
		return doctor.Observed{}
	}
	seen := doctor.Growth(base.facts, f, at.Sub(base.at))
	seen.Sent = sends
	for index, one := range sends {
		was, known := base.facts.Links[index]
		is, still := f.Links[index]
		if known && still && is.Sent >= was.Sent && is.QueueDrops >= was.QueueDrops {
			left := int(is.Sent - was.Sent)
			one.Left, one.Queue = &left, is.QueueDrops-was.QueueDrops
			sends[index] = one
		}
	}
	for _, h := range o.senders {
		seen.Senders = append(seen.Senders, h.Sender)
	}
	slices.SortFunc(seen.Senders, func(a, b doctor.Sender) int { return a.From.Compare(b.From) })
	for by, c := range o.doubled {
		seen.Doubled = append(seen.Doubled, doctor.Doubled{From: by.from, Interfaces: by.interfaces, Datagrams: c.times})
	}
	slices.SortFunc(seen.Doubled, func(a, b doctor.Doubled) int {
		return cmp.Or(a.From.Compare(b.From), slices.Compare(a.Interfaces[:], b.Interfaces[:]))
	})
	seen.Strays = make(map[netip.Addr]int, len(o.strays))
	for group, c := range o.strays {
		seen.Strays[group] = c.times
	}
	return seen
}

// said notes an own line that is on its way out. What becomes of it is known
// already where no copy can tell.
func (o *observed) said(line chat.Line, size int, known bool) {
	if len(o.sends) == maxObserved {
		o.sends = slices.Delete(o.sends, 0, 1)
	}
	o.sends = append(o.sends, sent{line: line.ID, at: line.At, by: line.IfIndex, size: size, known: known})
}

// became notes what became of an own line.
func (o *observed) became(line chat.Line, refused error) {
	n, found := slices.BinarySearchFunc(o.sends, line.ID, func(s sent, id uint64) int { return cmp.Compare(s.line, id) })
	if !found {
		return
	}
	s := &o.sends[n]
	s.known, s.copied, s.refused = true, line.Copy == chat.CopyBack, refused
	if s.copied {
		s.by = line.IfIndex
	}
}

// sent adds up what became of own lines by now, by interface. Of those that
// the kernel took only such count as its counters show by now and base does
// not, and only where a copy was to come back: where the group is joined.
func (o *observed) sent(now time.Time, joined []int) map[int]doctor.Sent {
	out, since := map[int]doctor.Sent{}, o.base().at
	for _, s := range o.sends {
		one := out[s.by]
		switch {
		case !s.known || now.Sub(s.at) > observedFor || s.by == 0:
			continue
		case s.refused != nil:
			one.Tried++
			one.Err = s.refused
		case now.Sub(s.at) < countersLag || !s.at.After(since) || !slices.Contains(joined, s.by):
			continue
		default:
			one.Tried++
			if s.copied {
				one.Copies++
			}
		}
		out[s.by] = one
	}
	return out
}

// size is that of the largest payload that was said lately.
func (o *observed) size(now time.Time) (largest int) {
	for _, s := range o.sends {
		if now.Sub(s.at) <= observedFor {
			largest = max(largest, s.size)
		}
	}
	return largest
}

// heard notes a datagram to the current group that is no own copy.
func (o *observed) heard(d mcast.Datagram, came chat.Arrival) {
	h, known := o.senders[d.From]
	if !known && len(o.senders) == maxObserved {
		for any := range o.senders {
			delete(o.senders, any)
			break
		}
	}
	o.senders[d.From] = heardFrom{last: d.At, Sender: doctor.Sender{
		From: d.From, IfIndex: d.IfIndex, Hops: d.Hops, Datagrams: h.Datagrams + 1, Local: came.Local, Outside: came.Outside,
	}}
	o.twice(d)
}

// twice notes when a datagram came a moment ago by another interface.
func (o *observed) twice(d mcast.Datagram) {
	if d.At.Sub(o.swapped) > twiceWithin || len(o.came) >= maxObserved {
		o.before, o.came, o.swapped = o.came, map[uint64]arrival{}, d.At
	}
	from := netip.AddrPortFrom(d.From.Addr().WithZone(""), d.From.Port()) // the zone is the interface
	var h maphash.Hash
	h.SetSeed(o.seed)
	maphash.WriteComparable(&h, from)
	h.Write(d.Data)
	key := h.Sum64()
	first, found := o.came[key]
	if !found {
		first, found = o.before[key]
	}
	o.came[key] = arrival{d.At, d.IfIndex}
	if found && first.by != d.IfIndex && d.At.Sub(first.at) <= twiceWithin {
		by := doubledBy{from, [2]int{min(first.by, d.IfIndex), max(first.by, d.IfIndex)}}
		tally(o.doubled, by, d.At)
	}
}

// hosts lists the addresses of other hosts that were heard, the latest first,
// no more than maxBack.
func (o *observed) hosts() (list []netip.Addr) {
	others := slices.DeleteFunc(slices.Collect(maps.Values(o.senders)), func(h heardFrom) bool { return h.Local })
	slices.SortFunc(others, func(a, b heardFrom) int {
		return cmp.Or(b.last.Compare(a.last), a.From.Compare(b.From))
	})
	for _, h := range others {
		if a := h.From.Addr().Unmap(); len(list) < maxBack && !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	return list
}

// stray notes a datagram of a group that only others have joined.
func (o *observed) stray(d mcast.Datagram) { tally(o.strays, d.To, d.At) }

// tally counts a thing, if there is room for it.
func tally[K comparable](counts map[K]seen, what K, at time.Time) {
	if c, known := counts[what]; known || len(counts) < maxObserved {
		counts[what] = seen{c.times + 1, at}
	}
}

// forget lets go of what is over.
func (o *observed) forget(now time.Time) {
	for len(o.facts) > 1 && now.Sub(o.facts[1].at) >= observedFor {
		o.facts = slices.Delete(o.facts, 0, 1)
	}
	for from, h := range o.senders {
		if now.Sub(h.last) > sendersFor {
			delete(o.senders, from)
		}
	}
	forget(o.strays, now)
	forget(o.doubled, now)
}

func forget[K comparable](counts map[K]seen, now time.Time) {
	for what, c := range counts {
		if now.Sub(c.last) > observedFor {
			delete(counts, what)
		}
	}
}
