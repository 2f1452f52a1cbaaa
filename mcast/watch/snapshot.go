package watch

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/stream"
)

// Target is a group that is watched.
type Target struct {
	Group mcast.Group
	Name  string // the user's, of a channel list; "": none. It may be anything: sanitise it before it is shown
}

// Snapshot is what a watch knows at one time.
type Snapshot struct {
	At, Began     time.Time
	Groups        []Group       // in the order in which they were asked for
	Streams       []Stream      // by group, source and interface
	Pairs         []Pair        // as in the Config
	Rate          float64       // datagrams a second, of all, in the last second
	Bits          float64       // bits of payload a second, the same
	Lost          uint64        // numbers that did not come, of all streams, without those the kernel dropped
	LostKernel    uint64        // numbers that did not come because a socket had no room
	Dropped       uint64        // datagrams that the sockets had no room for, numbered or not
	Others        uint64        // datagrams of senders for whom there was no row
	MadeRoom      stream.Others // the streams that made room for others; of its Datagrams some are of senders that never had a row
	Damaged       uint64        // our own format with a wrong checksum
	Newer         uint64        // our own format of a newer version
	Unreadable    []Unreadable  // up to 64 of each socket
	Bulk          bool          // a socket is read without TTL and time stamps, because so much comes
	ComparedOneIn int           // of how many datagrams of a socket one was looked at for copies when most came; 1: all of them
	EventsLost    uint64        // events that nobody fetched in time
	ReadBuffer    int           // the smallest of the sockets', in bytes, as [mcast.Conn.ReadBuffer] tells it
	Silences      int           // of all streams so far, ended or not
	Slow          int           // how often a stream brought less than Config.MinRate
}

// Unreadable is a sender of which nothing could be read so far when it was heard.
type Unreadable struct {
	stream.Unreadable
	Group     int    // in Snapshot.Groups; -1: in none of them
	Interface string // by which it is heard, "" if the name is not known
}

// Group is how it stands with a group that was asked for.
type Group struct {
	Target
	Joined    []string // names of interfaces
	Err       error    // why it is joined on none
	Heard     int      // streams
	Silent    int      // of them, those that are missed
	Datagrams uint64
	Ever      bool // something was heard, also of streams that had to make room since
}

// Stream is a row: what one socket sends to one group, received on one interface.
type Stream struct {
	stream.Row
	Group     int       // in Snapshot.Groups; -1: in none of them
	Interface string    // by which it is heard, "" if the name is not known
	Rate      float64   // datagrams in the last second
	Bits      float64   // of payload, the same
	History   []float64 // datagrams a second in each of the last 60 s, oldest first; shorter at the beginning; nil: not asked for
}

// byKey is the order of streams.
func byKey(a, b Stream) int {
	return cmp.Or(a.Key.Group.Compare(b.Key.Group), a.From.Compare(b.From), cmp.Compare(a.IfIndex, b.IfIndex), cmp.Compare(a.Sub, b.Sub))
}

// Snapshot tells how it stands.
func (w *Watcher) Snapshot() Snapshot { return w.snapshot(true) }

// Counts is a Snapshot without histories: of 16,384 streams they are 8 MiB.
func (w *Watcher) Counts() Snapshot { return w.snapshot(false) }

// Names is a Snapshot with the groups and pairs alone, and nothing counted of groups.
// It takes as long for many streams as for none.
func (w *Watcher) Names() Snapshot {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := Snapshot{At: time.Now(), Began: w.began, Groups: slices.Clone(w.groups)}
	w.addPairs(&s)
	return s
}

func (w *Watcher) snapshot(histories bool) Snapshot {
	s := Snapshot{At: time.Now(), Began: w.began}
	w.mu.Lock()
	defer w.mu.Unlock()
	streams := 0
	for _, e := range w.ears {
		streams += e.streams()
		s.Dropped += e.conn.Stats().Dropped
		if size := e.conn.ReadBuffer(); s.ReadBuffer == 0 || size < s.ReadBuffer {
			s.ReadBuffer = size
		}
		s.Bulk = s.Bulk || e.fast
	}
	s.Groups = slices.Clone(w.groups)
	s.EventsLost += w.queue.lost
	s.Slow = w.slow
	s.Streams = make([]Stream, 0, streams)
	for _, e := range w.ears {
		e.each(func(r *stream.Row) { s.Streams = append(s.Streams, Stream{Row: *r}) })
		e.addTo(&s)
	}
	for n := range s.Unreadable {
		u := &s.Unreadable[n]
		u.Group, u.Interface = w.groupOf(u.Key), w.names[u.IfIndex]
	}
	for n := range s.Streams {
		w.complete(&s, &s.Streams[n])
		if histories {
			s.Streams[n].History = w.meters.history(s.Streams[n].Key)
		}
	}
	for n := range s.Groups {
		s.Groups[n].Ever = w.heard[n] || s.Groups[n].Heard > 0
	}
	w.addPairs(&s)
	slices.SortFunc(s.Streams, byKey)
	return s
}

// complete adds to a row what a Tally does not know, and the row to the sums. The
// caller holds mu.
func (w *Watcher) complete(s *Snapshot, one *Stream) {
	row := &one.Row
	rate := w.meters.rate(row.Key)
	row.Local, row.Outside = w.nets.Ours(row.Host()), w.nets.Outside(row.Host(), row.IfIndex)
	if row.Copied != nil {
		c, told := w.copied(row.Key, *row.Copied)
		if !told {
			c.From, c.Later, c.Several, c.Repeats = netip.AddrPort{}, 0, false, false
		}
		if row.Copied = &c; c == (stream.Copied{Hops: c.Hops, Paths: c.Paths}) {
			row.Copied = nil
		}
	}
	one.Group, one.Interface = w.groupOf(row.Key), w.names[row.IfIndex]
	one.Rate, one.Bits = rate.Datagrams, rate.Bits
	s.Rate += one.Rate
	s.Silences += row.Silences
	s.Bits += one.Bits
	s.LostKernel += row.Numbers.LostKernel
	s.Lost += row.Numbers.Lost - min(row.Numbers.Lost, row.Numbers.LostKernel)
	if one.Group >= 0 {
		g := &s.Groups[one.Group]
		g.Heard++
		g.Datagrams += uint64(row.Datagrams)
		if !row.SilentSince.IsZero() {
			g.Silent++
		}
	}
}

// addPairs adds the pairs. The caller holds mu.
func (w *Watcher) addPairs(s *Snapshot) {
	for _, p := range w.pairs {
		s.Pairs = append(s.Pairs, w.pairOf(p, p.Row()))
	}
}
