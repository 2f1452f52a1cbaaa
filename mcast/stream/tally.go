package stream

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/internal/lru"
)

const (
	// reflectTime is how long after an own datagram its bytes from another source
	// count as a reflection.
	reflectTime = time.Second
	// maxOwn bounds the own datagrams that are remembered.
	maxOwn = 1024
	// lateTick is how late a Tick must be to show that the program itself stood.
	lateTick = time.Second
)

// Datagram is a datagram that came, without its payload.
type Datagram struct {
	At      time.Time
	Group   netip.AddrPort // it was sent to; port 0: not told
	From    netip.AddrPort
	IfIndex int    // it came by; 0: not known
	Hops    int    // TTL left; 0: not known
	Bytes   int    // of payload
	Content uint64 // a hash of the payload
	Local   bool   // from a program of this host
	Outside bool   // from no network of the interface it came by
	Series  bool   // one of a series that ends by itself, as pings do: its end is no silence
}

// Key is what a row is about. Two interfaces on one wire are two rows.
type Key struct {
	Group, From netip.AddrPort
	IfIndex     int
}

// Host is the address of the source, without its port and zone.
func (k Key) Host() netip.Addr { return k.From.Addr().Unmap().WithZone("") }

// Row is what was heard of one source in one group by one interface.
type Row struct {
	Key
	Local, Outside   bool // as the latest datagram
	Datagrams        int
	Bytes            uint64
	First, Last      time.Time
	Gap              time.Duration // the longest between two datagrams
	GapAt            time.Time     // when that gap began
	HopsMin, HopsMax int           // TTL left; 0: not known
	Steady           bool          // it sends so regularly that a silence means something
	SilentSince      time.Time     // when a steady sender was heard last, once it is missed; zero: it is not missed
	Silences         int           // of a steady sender, ended or not
	Reflected        int           // own datagrams that came from it
	Twice            int           // datagrams that came twice
	TwiceHops        bool          // with two TTLs
	Ports            int           // of the source, where the row is about all of them, and From has none; set by who adds them up
}

// Rate is datagrams a second, from the first to the last; 0: fewer than two came.
func (r Row) Rate() float64 {
	d := r.Last.Sub(r.First)
	if r.Datagrams < 2 || d <= 0 {
		return 0
	}
	return float64(r.Datagrams-1) / d.Seconds()
}

// Doubled reports whether the sender's datagrams come twice all the time: 40 to
// 60 % of what arrives repeats what came a moment before, and not three times only.
// People who type a line twice are no alarm, nor is a sender that says the same
// all the time.
func (r Row) Doubled() bool {
	return r.Twice >= 3 && 10*r.Twice >= 4*r.Datagrams && 10*r.Twice <= 6*r.Datagrams
}

// EventKind is what happened to a sender.
type EventKind string

// The kinds of events.
const (
	Silent  EventKind = "silent"  // a steady sender is missed, from At on
	Back    EventKind = "back"    // it is heard again, from At on
	Stopped EventKind = "stopped" // the program itself stood until At, and nothing is judged in that time
)

// Event is something that [Tally.Tick] tells once.
type Event struct {
	Kind EventKind
	Key  // of Silent and Back
	At   time.Time
}

// Tally counts datagrams by group, source and interface. It is not safe for
// concurrent use.
type Tally struct {
	every   time.Duration
	rows    *lru.Map[Key, row]
	own     *lru.Map[uint64, time.Time]
	events  []Event // of Back, which the next Tick tells
	ticked  time.Time
	resumed time.Time // silences count from then on
}

type row struct {
	Row
	gaps   gaps
	copies copies
	series bool      // its datagrams are
	again  int       // datagrams since a silence
	first  time.Time // of them
}

// New returns an empty Tally of at most so many rows: the one that was heard
// longest ago makes room for a new one. Tick is to be called at that interval, and
// one that comes a second late shows that the program stood; 0: whenever.
func New(rows int, every time.Duration) *Tally {
	return &Tally{every: every, rows: lru.New[Key, row](rows), own: lru.New[uint64, time.Time](maxOwn)}
}

// Own notes that this program sent a datagram with that content.
func (t *Tally) Own(content uint64, at time.Time) { t.own.Put(content, at) }

// Add notes a datagram.
func (t *Tally) Add(d Datagram) {
	r, _ := t.rows.Ensure(Key{d.Group, d.From, d.IfIndex})
	if r.Datagrams == 0 {
		r.Key, r.First, r.Last = Key{d.Group, d.From, d.IfIndex}, d.At, d.At
	} else if gap := max(d.At.Sub(r.Last), 0); !r.back(t, d.At, gap) {
		r.gaps.add(gap)
		if gap > r.Gap {
			r.Gap, r.GapAt = gap, r.Last
		}
	}
	if d.At.After(r.Last) {
		r.Last = d.At
	}
	r.Datagrams++
	r.Bytes += uint64(d.Bytes)
	r.Local, r.Outside, r.series = d.Local, d.Outside, d.Series
	if d.Hops > 0 {
		r.HopsMax = max(r.HopsMax, d.Hops)
		if r.HopsMin == 0 || d.Hops < r.HopsMin {
			r.HopsMin = d.Hops
		}
	}
	r.compare(d)
	if at := t.own.Peek(d.Content); at != nil && !d.Local && d.At.Sub(*at) <= reflectTime {
		r.Reflected++
	}
}

// back notes a datagram of a sender that is missed, and reports whether the gap
// before it is a silence, which says nothing about how regularly it sends. It is
// back with the third, from the first of them on.
func (r *row) back(t *Tally, at time.Time, gap time.Duration) (silence bool) {
	if r.SilentSince.IsZero() {
		return false
	}
	if gap >= r.gaps.bar() {
		r.again, r.first, silence = 0, at, true
		if gap > r.Gap {
			r.Gap, r.GapAt = gap, r.Last
		}
	}
	if r.again++; r.again == 3 {
		t.events = append(t.events, Event{Back, r.Key, r.first})
		r.SilentSince, r.again = time.Time{}, 0
	}
	return silence
}

// Tick looks who is missed. A silence counts from the sender's last datagram on.
func (t *Tally) Tick(now time.Time) []Event {
	events := t.events
	t.events = nil
	if t.every > 0 && !t.ticked.IsZero() && now.Sub(t.ticked) >= t.every+lateTick {
		t.resumed = now
		events = append(events, Event{Kind: Stopped, At: now})
	}
	t.ticked = now
	for key, r := range t.rows.All() {
		since := r.Last
		if t.resumed.After(since) {
			since = t.resumed
		}
		if r.series {
			r.Steady, r.SilentSince = false, time.Time{}
			continue
		}
		r.Steady = r.Steady || r.gaps.steady(r.Datagrams, r.Last.Sub(r.First))
		if r.Steady && r.SilentSince.IsZero() && now.Sub(since) >= r.gaps.bar() {
			r.SilentSince, r.again = r.Last, 0
			r.Silences++
			events = append(events, Event{Silent, key, r.Last})
		}
	}
	return events
}

// Stood says that the program itself stood until now: a silence counts from now
// on. Tick finds that out by itself where it is called at regular times.
func (t *Tally) Stood(now time.Time) { t.resumed = now }

// Forget forgets who was not heard for so long, but for one host; the zero Addr:
// none.
func (t *Tally) Forget(now time.Time, after time.Duration, but netip.Addr) {
	for key, r := range t.rows.All() {
		if now.Sub(r.Last) > after && key.Host() != but {
			t.rows.Delete(key)
		}
	}
}

// Left forgets who was heard by an interface.
func (t *Tally) Left(ifIndex int) {
	for key := range t.rows.All() {
		if key.IfIndex == ifIndex {
			t.rows.Delete(key)
		}
	}
}

// Snapshot lists the rows, by source, group and interface. It is never nil.
func (t *Tally) Snapshot() []Row {
	list := make([]Row, 0, t.rows.Len())
	for _, r := range t.rows.All() {
		list = append(list, r.Row)
	}
	slices.SortFunc(list, func(a, b Row) int {
		return cmp.Or(a.From.Compare(b.From), a.Group.Compare(b.Group), cmp.Compare(a.IfIndex, b.IfIndex))
	})
	return list
}
