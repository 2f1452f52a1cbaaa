package stream

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/internal/lru"
)

const (
	// maxEvents wait for Tick at most.
	maxEvents = 4096
	// reflectTime is how long after an own datagram its bytes from another source
	// count as a reflection.
	reflectTime = time.Second
	// maxOwn bounds the own datagrams that are remembered.
	maxOwn = 1024
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
	Payload []byte // as far as it was kept, to read its number; nil: it is not looked at. It is not kept
	Drops   uint32 // how many datagrams the socket had dropped when this one was queued (SO_RXQ_OVFL); 0: none or not known
	Local   bool   // from a program of this host
	Outside bool   // from no network of the interface it came by
	Series  bool   // one of a series that ends by itself, as pings do: its end is no silence
}

// Key is what a row is about. Two interfaces on one wire are two rows.
type Key struct {
	Group, From netip.AddrPort
	IfIndex     int
	Sub         int // 0; 1 to 3: further streams that one socket sends
}

// Host is the address of the source, without its port and zone.
func (k Key) Host() netip.Addr { return k.From.Addr().Unmap().WithZone("") }

// Row is what was heard of one source in one group on one interface.
type Row struct {
	Key
	Local, Outside   bool // as the latest datagram
	Datagrams        int  // without those that say the end, unless nothing else was heard
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
	Copied           *Copied       // nil: nothing is known of copies now
	Numbers          Numbers
	Ports            int // of the source, where the row is about all of them, and From has none; set by who adds them up
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
	if r.Copied != nil && r.Copied.Times > 0 {
		return true
	}
	// Of more, it is judged how they come now.
	return r.Datagrams < 4*judgeCopies && r.Twice >= 3 && 10*r.Twice >= 4*r.Datagrams && 10*r.Twice <= 6*r.Datagrams
}

// Config says what a [Tally] does.
type Config struct {
	Rows    int            // at most: the one that was heard longest ago makes room for a new one, and is counted in [Tally.Others]
	PerHost int            // rows of one source address at most; 0: it may have all
	Every   time.Duration  // Tick is called at that interval, and one that comes a second late shows that the program stood; 0: whenever
	Numbers bool           // read the numbers of payloads
	Seq     Seq            // where the number is, as the user says; the zero Seq: find out
	Legs    func(Key) *Leg // of a new row: the leg of a [Pair] that it is, nil if of none; nil: there are no pairs. It must not call the Tally
	Copies  int            // datagrams that are remembered to know copies of them, 4,096 at most; 0: as many; below 0: none
	MaxGap  time.Duration  // the silence that is told of any sender, steady or not; 0: of steady ones, by how they send
}

// Seq says where a datagram has its number. The zero Seq: not given.
type Seq struct {
	Offset       int // bytes before it
	Bits         int // 8, 16, 32 or 64
	LittleEndian bool
}

// Tally counts datagrams by group, source and interface. It is not safe for
// concurrent use.
type Tally struct {
	cfg     Config
	bench   *bench // nil: numbers are not read
	table   table
	copying copying
	own     *lru.Map[uint64, time.Time]
	base    time.Time // when the first datagram came
	counted uint64    // datagrams

	events     []Event // that the next Tick tells
	eventsLost uint64
	ticked     time.Time
	lossDue    bool      // this Tick is the first in its second
	resumed    time.Time // silences count from then on

	damaged, newer uint64
	ends           uint64 // datagrams that are in no row
	unreadable     []Unreadable

	legs []*Leg // that wait for Flush
}

// maxUnreadable bounds the sockets whose faulty datagrams are told one by one.
const maxUnreadable = 64

// Unreadable counts what came of a socket that has no row, since none of its
// datagrams could be read.
type Unreadable struct {
	Key
	Damaged, Newer uint64 // as those of the Tally
}

// row is a stream. The first one of a socket knows the socket's others.
type row struct {
	Row
	gaps   gaps
	w      window
	beat   beat
	alarm  *alarm // nil: it was never silent, and lost nothing
	judged int    // datagrams when it was looked at
	series bool   // its datagrams are

	serial  uint32  // no other row has it
	copied  *copied // nil: nothing of its datagrams is one
	mirror  *mirror // nil: it does not seem to repeat others
	repeats repeats

	recogniser recogniser
	leg        *Leg      // nil: it is in no pair
	subs       []*row    // further streams of the socket
	placed     time.Time // in ages
	place      [2]int32
	next       *row // in the chain of table.index
	hash       uint32

	tentative       bool   // it may be a stray number, a restart, or a stream of its own
	held            *Seen  // what a tentative one began with
	begun, numbered uint64 // Tally.counted when it began, and when its numbers went on last
}

// New returns an empty Tally.
func New(cfg Config) *Tally {
	t := &Tally{cfg: cfg, own: lru.New[uint64, time.Time](maxOwn), copying: newCopying(cfg.Copies)}
	t.table = newTable(max(cfg.Rows, 1), cfg.PerHost)
	if cfg.Numbers {
		t.bench = newBench(cfg.Seq)
	}
	return t
}

// Own notes that this program sent a datagram with that content.
func (t *Tally) Own(content uint64, at time.Time) { t.own.Put(content, at) }

// Keep lets the last row of a group stay when rows have to make room.
func (t *Tally) Keep(group netip.AddrPort) { t.table.keep(group) }

// Add notes a datagram. It keeps nothing of it.
func (t *Tally) Add(d *Datagram) {
	if t.counted++; t.counted == 1 {
		t.base = d.At
	}
	root := t.table.find(d.Group, d.From, d.IfIndex)
	numbered := t.bench != nil && d.Payload != nil
	if root == nil {
		if numbered && t.faulty(d) {
			return
		}
		if root = t.table.make(d); root == nil {
			t.table.others.Datagrams++
			t.table.others.Bytes += uint64(d.Bytes)
			return
		}
		root.begin(t, d)
		if numbered {
			root.recogniser = t.bench.recogniser(d.Group.Port())
			if t.cfg.Legs != nil {
				root.leg = t.cfg.Legs(root.Key)
			}
		}
	}
	r, end := root, false
	if numbered {
		r, end = t.read(root, d)
	}
	// An end is said several times, at other times than those of the datagrams.
	if end && r.Datagrams > 0 {
		t.ends++
		return
	}
	r.count(t, d)
}

// faulty counts a datagram that begins as those of send --rate and is damaged, or of
// a newer version. It makes no row.
func (t *Tally) faulty(d *Datagram) bool {
	if !isOwn(d.Payload) {
		return false
	}
	damaged, newer := ownFault(d.Payload, d.Bytes)
	t.fault(damaged, newer)
	if damaged || newer {
		t.noteUnreadable(d, damaged, newer)
	}
	return damaged || newer
}

func (t *Tally) noteUnreadable(d *Datagram, damaged, newer bool) {
	key := Key{Group: d.Group, From: d.From, IfIndex: d.IfIndex}
	at := slices.IndexFunc(t.unreadable, func(u Unreadable) bool { return u.Key == key })
	if at < 0 {
		if len(t.unreadable) == maxUnreadable {
			return
		}
		at = len(t.unreadable)
		t.unreadable = append(t.unreadable, Unreadable{Key: key})
		t.tell(Event{Kind: NotRead, Key: key, At: d.At})
	}
	if damaged {
		t.unreadable[at].Damaged++
	} else {
		t.unreadable[at].Newer++
	}
}

func (t *Tally) fault(damaged, newer bool) {
	if damaged {
		t.damaged++
	}
	if newer {
		t.newer++
	}
}

// begin makes an empty row that of a datagram, which is counted later.
func (r *row) begin(t *Tally, d *Datagram) {
	r.First, r.Last, r.begun = d.At, d.At, t.counted
	if t.bench != nil && !r.tentative {
		t.tell(Event{Kind: First, Key: r.Key, At: d.At})
	}
}

// count counts a datagram of a stream.
func (r *row) count(t *Tally, d *Datagram) {
	since := d.At.Sub(t.base)
	if r.Datagrams == 0 {
		r.beat.last, r.beat.mark, r.beat.n = since, since, -1
	} else if gap := max(since-r.beat.last, 0); !r.back(t, d.At, gap) {
		r.gaps.add(gap)
		if gap > r.Gap {
			r.Gap, r.GapAt = gap, r.Last
		}
	}
	// A clock that is set back must not hide a silence.
	if since > r.beat.last || since < r.beat.last-time.Second {
		r.Last = d.At
		r.beat.count(since)
	} else {
		r.beat.n++
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
	t.compare(r, d, since)
	if d.Content == 0 {
		return
	}
	if at := t.own.Peek(d.Content); at != nil && !d.Local && d.At.Sub(*at) <= reflectTime {
		r.Reflected++
	}
}

// streams yields the streams of a socket, the first one first.
func (r *row) streams() []*row {
	if len(r.subs) == 0 {
		return []*row{r}
	}
	return append([]*row{r}, r.subs...)
}

// heard is when a socket was heard last.
func (r *row) heard() time.Time {
	last := r.Last
	for _, s := range r.subs {
		if s.Last.After(last) {
			last = s.Last
		}
	}
	return last
}

// view is the row for others to see. What a tentative stream brought is counted with
// the socket's first.
func (r *row) view() Row {
	v := r.Row
	v.Numbers = r.w.numbers()
	if c := r.copied; c != nil && c.Copied != (Copied{Hops: c.Hops, Paths: c.Paths}) {
		now := c.Copied
		v.Copied = &now
	}
	for _, s := range r.subs {
		if s.tentative {
			v.Datagrams += s.Datagrams
			v.Bytes += s.Bytes
			v.Numbers.Stray += s.w.Distinct
			if s.Last.After(v.Last) {
				v.Last = s.Last
			}
		}
	}
	return v
}

// Forget forgets who was not heard for so long, but for one host; the zero Addr:
// none.
func (t *Tally) Forget(now time.Time, after time.Duration, but netip.Addr) {
	t.forget(func(r *row) bool { return now.Sub(r.heard()) > after && r.Host() != but })
}

// Left removes the sources that were heard on an interface.
func (t *Tally) Left(ifIndex int) { t.forget(func(r *row) bool { return r.IfIndex == ifIndex }) }

func (t *Tally) forget(which func(*row) bool) {
	var gone []*row
	for _, r := range t.table.all.list {
		if which(r) {
			gone = append(gone, r)
		}
	}
	for _, r := range gone {
		t.table.remove(r)
	}
}

// Each calls f with each row, in no order. The Row is good until f returns.
func (t *Tally) Each(f func(*Row)) {
	var v Row // one for all: f is not known, so each would be on the heap
	for _, root := range t.table.all.list {
		v = root.view()
		f(&v)
		for _, s := range root.subs {
			if !s.tentative {
				v = s.view()
				f(&v)
			}
		}
	}
}

// Rows is how many rows there are, with those of streams that are not certain yet.
func (t *Tally) Rows() int { return t.table.count }

// Snapshot lists the rows, by source, group, interface and stream. It is never nil.
func (t *Tally) Snapshot() []Row {
	list := make([]Row, 0, t.table.count)
	t.Each(func(r *Row) { list = append(list, *r) })
	slices.SortFunc(list, func(a, b Row) int {
		return cmp.Or(a.From.Compare(b.From), a.Group.Compare(b.Group), cmp.Compare(a.IfIndex, b.IfIndex), cmp.Compare(a.Sub, b.Sub))
	})
	return list
}

// Detail is what is known of a row beyond it; known is false if there is no such row.
func (t *Tally) Detail(key Key) (detail Detail, known bool) {
	root := t.table.find(key.Group, key.From, key.IfIndex)
	if root == nil {
		return Detail{}, false
	}
	for _, r := range root.streams() {
		if r.tentative || r.Sub != key.Sub {
			continue
		}
		if l := r.w.losses; l != nil {
			detail.Bursts, detail.Lengths = l.list(), l.lengths
		}
		detail.Gaps = r.gaps.bars()
		detail.Why = root.recogniser.why()
		return detail, true
	}
	return Detail{}, false
}

// Others adds up the rows that made room for others: with those of Snapshot they are
// all that came, but for [Tally.Ends] and what Forget and Left forgot.
func (t *Tally) Others() Others { return t.table.others }

// Damaged counts datagrams that begin as those of send --rate and have a wrong
// checksum.
func (t *Tally) Damaged() uint64 { return t.damaged }

// Newer counts datagrams of a newer version of send --rate.
func (t *Tally) Newer() uint64 { return t.newer }

// Ends counts datagrams that said no more than that their stream ends, and are in
// the count of none.
func (t *Tally) Ends() uint64 { return t.ends }

// Unreadable lists up to 64 sockets of which something came while nothing of them
// could be read: it begins as send --rate does, and is damaged or of a newer version.
func (t *Tally) Unreadable() []Unreadable { return slices.Clone(t.unreadable) }

// EventsLost counts events that nobody fetched by Tick before there were 4,096.
func (t *Tally) EventsLost() uint64 { return t.eventsLost }

// tell keeps an event for the next Tick.
func (t *Tally) tell(e Event) {
	if len(t.events) >= maxEvents {
		t.eventsLost++
		return
	}
	t.events = append(t.events, e)
}
