package ping

import (
	"maps"
	"net/netip"
	"slices"
	"time"
)

// most is how many requests are remembered. Only a flood with a long timeout
// has more under way; its oldest are then given up.
const most = 1 << 16

// answer is a datagram that arrived, read as an answer.
type answer struct {
	at      time.Time
	from    netip.AddrPort
	ifIndex int
	hops    int
	size    int
	way     int    // that the request left by, or unknown
	seq     uint64 // 0: not told
	ours    bool   // it begins as our requests do
	same    bool   // it is one of our requests
}

// tracker knows the requests that are under way and their answers. It has no
// socket and no clock; it learns the time from its arguments.
type tracker struct {
	cfg    Config
	hasID  bool
	ways   []int // the interface of each; 0: the kernel's choice
	start  time.Time
	report func(Event)

	newest  uint64 // the sequence of the last request that was tried
	givenUp uint64 // up to here all are answered or given up

	// Of the last requests, by sequence&mask.
	mask   uint64
	sentAt [][]time.Duration // of each way, since start; notSent
	heard  bitset            // somebody has answered in time

	responders []*responder
	known      map[identity]*responder
	summary    Summary
}

const notSent = -1

// identity tells responders apart.
type identity struct {
	from netip.AddrPort
	way  int
}

type responder struct {
	Responder
	stats
	way      int
	expected bool   // it is the host that is asked
	first    uint64 // the first request that it answered; of one that is expected, 1
	answered bitset // by sequence&mask
	failed   bitset // an error is known, and it is its loss
}

type bitset []uint64

func (b bitset) has(n uint64) bool { return b[n/64]&(1<<(n%64)) != 0 }
func (b bitset) set(n uint64)      { b[n/64] |= 1 << (n % 64) }
func (b bitset) clear(n uint64)    { b[n/64] &^= 1 << (n % 64) }

func newTracker(cfg Config, hasID bool, start time.Time, report func(Event)) *tracker {
	t := &tracker{
		cfg: cfg, hasID: hasID, start: start, report: report,
		known:   map[identity]*responder{},
		summary: Summary{Errors: map[string]uint64{}},
	}
	remembered := most
	if !cfg.Flood {
		// Twice what can be under way, so that late ones are still known.
		for remembered = 1024; remembered < most && time.Duration(remembered)*cfg.Interval < 2*cfg.Timeout; {
			remembered *= 2
		}
	}
	t.mask = uint64(remembered - 1)
	t.heard = make(bitset, remembered/64)
	for _, via := range cfg.ways() {
		t.ways = append(t.ways, via.IfIndex)
		t.sentAt = append(t.sentAt, make([]time.Duration, remembered))
	}
	for way := range t.ways {
		if !cfg.Group {
			t.addResponder(identity{cfg.Target, way}).expected = true
		}
	}
	return t
}

// addResponder adds a responder; nil if there are too many. There is no first request
// yet that it has answered.
func (t *tracker) addResponder(id identity) *responder {
	if len(t.responders) == MaxResponders {
		return nil
	}
	r := &responder{
		Responder: Responder{From: id.from.Addr(), Port: id.from.Port(), IfIndex: t.ways[id.way]},
		way:       id.way,
		first:     t.newest + 1,
		answered:  make(bitset, len(t.heard)),
		failed:    make(bitset, len(t.heard)),
	}
	t.responders = append(t.responders, r)
	t.known[id] = r
	return r
}

// open begins the next request, and gives up the one whose place it takes.
func (t *tracker) open(now time.Time) (seq uint64) {
	seq = t.newest + 1
	if seq-t.givenUp > t.mask+1 {
		t.giveUp(now)
	}
	t.newest = seq
	slot := seq & t.mask
	for way := range t.sentAt {
		t.sentAt[way][slot] = notSent
	}
	t.heard.clear(slot)
	for _, r := range t.responders {
		r.answered.clear(slot)
		r.failed.clear(slot)
	}
	return seq
}

// sent says that the newest request left by a way; at is just before.
func (t *tracker) sent(way int, at time.Time) {
	if !t.wasSent(t.newest) {
		t.summary.Sent++
	}
	t.sentAt[way][t.newest&t.mask] = at.Sub(t.start)
	t.report(Event{Kind: KindSent, At: at, Seq: t.newest, From: t.cfg.Target, IfIndex: t.ways[way], Size: t.cfg.Size})
}

// sentBy reports when a request left by a way, if it did.
func (t *tracker) sentBy(way int, seq uint64) (time.Time, bool) {
	at := t.sentAt[way][seq&t.mask]
	return t.start.Add(at), at != notSent
}

// wasSent reports whether a request left by any way.
func (t *tracker) wasSent(seq uint64) bool {
	for way := range t.sentAt {
		if _, ok := t.sentBy(way, seq); ok {
			return true
		}
	}
	return false
}

// deadline is when a request is given up: Timeout after its last datagram left. A
// request that did not leave is given up at once.
func (t *tracker) deadline(seq uint64) time.Time {
	last := time.Duration(notSent)
	for way := range t.sentAt {
		last = max(last, t.sentAt[way][seq&t.mask])
	}
	if last == notSent {
		return t.start
	}
	return t.start.Add(last + t.cfg.Timeout)
}

// expire gives up the requests whose deadline has passed.
func (t *tracker) expire(now time.Time) {
	for t.givenUp < t.newest && !now.Before(t.deadline(t.givenUp+1)) {
		t.giveUp(now)
	}
}

// giveUp gives up the oldest request that still waits.
func (t *tracker) giveUp(now time.Time) {
	t.givenUp++
	seq := t.givenUp
	if !t.wasSent(seq) {
		return
	}
	missed := false
	for _, r := range t.responders {
		if t.waits(r, seq) {
			t.lose(r, seq, now)
			missed = true
		}
	}
	if !t.heard.has(seq & t.mask) {
		t.summary.Unanswered++
		if !missed && t.cfg.Group {
			t.report(Event{Kind: KindLost, At: now, Seq: seq})
		}
	}
}

// waits reports whether an answer of r to a request is missing.
func (t *tracker) waits(r *responder, seq uint64) bool {
	_, sent := t.sentBy(r.way, seq)
	slot := seq & t.mask
	return sent && seq >= r.first && !r.answered.has(slot) && !r.failed.has(slot)
}

func (t *tracker) lose(r *responder, seq uint64, now time.Time) {
	r.Lost++
	t.report(Event{Kind: KindLost, At: now, Seq: seq, From: r.AddrPort(), IfIndex: r.IfIndex})
}

// settled reports whether there is nothing left to wait for. In a group
// somebody new may answer until the last moment.
func (t *tracker) settled() bool {
	for seq := t.givenUp + 1; seq <= t.newest; seq++ {
		if t.cfg.Group || t.expects(seq) {
			return false
		}
	}
	return true
}

// expects reports whether a host's answer to a request is missing.
func (t *tracker) expects(seq uint64) bool {
	return slices.ContainsFunc(t.responders, func(r *responder) bool { return r.expected && t.waits(r, seq) })
}

// answeredNewest reports whether somebody has answered the newest request, or
// the host is known not to.
func (t *tracker) answeredNewest() bool {
	return t.heard.has(t.newest&t.mask) || !t.cfg.Group && t.wasSent(t.newest) && !t.expects(t.newest)
}

// untilNext is how long nothing happens unless somebody answers. While a flood
// goes on, each of its requests is time enough to give up old ones.
func (t *tracker) untilNext(now, due time.Time, sending bool) time.Duration {
	next := due
	if !sending || !t.cfg.Flood {
		if t.givenUp < t.newest {
			if d := t.deadline(t.givenUp + 1); !sending || d.Before(due) {
				next = d
			}
		}
	}
	return next.Sub(now)
}

// result is the summary so far.
func (t *tracker) result(now time.Time) Summary {
	s := t.summary
	s.Took = now.Sub(t.start)
	s.Errors = maps.Clone(t.summary.Errors)
	for seq := t.givenUp + 1; seq <= t.newest && !t.cfg.Group; seq++ {
		if t.wasSent(seq) && !t.heard.has(seq&t.mask) && !t.expects(seq) {
			s.Unanswered++
		}
	}
	s.Responders = make([]Responder, 0, len(t.responders))
	for _, r := range t.responders {
		out := r.Responder
		r.describe(&out)
		out.Sent = r.Received + r.Lost
		for seq := max(r.first, t.givenUp+1); seq <= t.newest; seq++ {
			if t.waits(r, seq) {
				out.Sent++
			}
		}
		s.Responders = append(s.Responders, out)
	}
	return s
}
