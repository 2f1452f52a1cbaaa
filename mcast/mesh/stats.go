package mesh

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/members"
)

const (
	maxRows       = 64 // of a frame: a CBOR array has no more elements
	maxInterfaces = 8
	maxNames      = 16 // of interfaces of one member
)

// stats is when a STATS is due.
type stats struct {
	last   at
	due    at // 0: not known yet
	factor float64
	n      int // that were sent
	cursor int
	wrong  uint64 // rows that cannot be true
}

// tells is what a member tells of what it hears.
type tells struct {
	number   uint64 // of its latest STATS
	at       at     // that it came
	names    []string
	rows     map[frame.Ref]*told
	unknown  int // of them, of streams that were not known then
	heard    uint64
	sum      frame.Ref
	lossless uint64
	sent     uint64
	wholeAt  at // its rows were all here
	wellAt   at // it heard all that we hear, and had lost nothing
	parts    uint64
	of       uint64
	done     bool
	doneAt   at
	ways     map[frame.Ref]Unicast // of a report
}

// told is a row as it was told.
type told struct {
	row       frame.Row
	at        at
	by        int8 // in names; -1: not known
	final     bool // of a report
	silenceAt at   // the longest silence began about then
	line      *line
}

// sendStats sends a STATS if one is due.
func (e *Engine) sendStats(t at) at {
	s := &e.stats
	if e.ending.frozen {
		return forever
	}
	if s.due == 0 {
		if first := time.Hour + statsFirst; t < first {
			return first
		}
		s.due = t + e.within(max(0, e.interval()-statsFirst-100*time.Millisecond))
		s.last, s.factor = s.due, 1
	} else if s.due <= t {
		if due := s.last + at(s.factor*float64(e.statsInterval())); due > t && s.last != s.due {
			s.due = due
			return s.due
		}
		b, rows := e.row(t), e.pick(t)
		b.Rows = rows.list
		n := e.conv.Room().Fit(b)
		b.Rows = b.Rows[:n]
		e.listed(rows, n)
		e.conv.Pass(e.latest, b) // of those that cannot be sent the next one says more
		s.last, s.factor = t, 0.75+e.cfg.Random.Float64()/2
		s.n++
		s.due = t + at(s.factor*float64(e.statsInterval()))
	}
	return s.due
}

// statsInterval is the time between two STATS. In the beginning, when nobody knows
// anything, it is shorter where few are there.
func (e *Engine) statsInterval() at {
	if e.stats.n < 4 {
		return perMember(time.Second, 100*time.Millisecond, e.crowd())
	}
	return e.interval()
}

// row is what a STATS says of all that is heard.
func (e *Engine) row(t at) *frame.Stats {
	b := &frame.Stats{}
	b.Heard, b.RowSum, b.Lossless = e.sum(t)
	if e.own.next > 0 {
		b.Sent = e.own.next - 1
	}
	b.Interfaces, _ = e.interfaces()
	return b
}

// interfaces is what a frame calls this host's interfaces, and their indexes.
func (e *Engine) interfaces() (names []string, indexes []int) {
	names, indexes = e.conv.Interfaces()
	for _, p := range e.order {
		if i := p.hear.ifIndex; p.hear.begun && len(names) < maxInterfaces && !slices.Contains(indexes, i) {
			names, indexes = append(names, e.interfaceName(i)), append(indexes, i)
		}
	}
	return names, indexes
}

// sum is who is heard, and how many of them without loss.
func (e *Engine) sum(t at) (n uint64, sum frame.Ref, lossless uint64) {
	for _, p := range e.order {
		h := &p.hear
		if !p.heard || !h.begun || t-h.lastAt > silentTime {
			continue
		}
		n++
		xor(&sum, p.ref)
		if h.lost() == 0 && !h.quiet(t) {
			lossless++
		}
	}
	return n, sum, lossless
}

func xor(sum *frame.Ref, ref frame.Ref) {
	for i := range sum {
		sum[i] ^= ref[i]
	}
}

// picked is the rows of a STATS, and whose they are.
type picked struct {
	list  []frame.Row
	of    []*peer
	turns []int
}

// pick chooses the rows of the next STATS: in turn one that got worse since it was told,
// the worst first, and all others round robin. So the first have half of it at most,
// wherever it is cut off.
func (e *Engine) pick(t at) (out picked) {
	names, indexes := e.interfaces()
	worse := make([]*peer, 0, maxRows)
	for _, p := range e.order {
		if h := &p.hear; p.counts(t) && (h.lost() > h.told.lost || h.quiet(t) && !h.told.quiet) {
			worse = append(worse, p)
		}
	}
	gain := func(p *peer) uint64 { return p.hear.lost() - min(p.hear.told.lost, p.hear.lost()) }
	slices.SortStableFunc(worse, func(a, b *peer) int { return cmp.Compare(gain(b), gain(a)) })
	taken := map[*peer]bool{}
	add := func(p *peer, turn int) {
		taken[p] = true
		out.list = append(out.list, p.rowAt(t, names, indexes))
		out.of, out.turns = append(out.of, p), append(out.turns, turn)
	}
	walked := 0
	for len(out.list) < maxRows {
		before := len(out.list)
		for len(worse) > 0 && len(out.list) == before {
			if !taken[worse[0]] {
				add(worse[0], 0)
			}
			worse = worse[1:]
		}
		for after := len(out.list); walked < len(e.order) && len(out.list) == after && after < maxRows; walked++ {
			p := e.order[(e.stats.cursor+walked)%len(e.order)]
			if !taken[p] && p.counts(t) {
				add(p, walked+1)
			}
		}
		if len(worse) == 0 && walked >= len(e.order) {
			break
		}
	}
	// Who has just come is not known to be a member yet, and would have no row before the
	// next time.
	for ref, u := range e.unheard.All() {
		if len(out.list) < maxRows && u.hear.distinct >= leastUnheard && t-u.hear.lastAt <= leastMute {
			p := &peer{ref: ref, hear: u.hear}
			out.list = append(out.list, p.rowAt(t, names, indexes))
			out.of, out.turns = append(out.of, p), append(out.turns, 0)
		}
	}
	return out
}

// leastUnheard is of how many datagrams one has a row that is not known to be a member.
const leastUnheard = 4

// counts reports whether a member has a row: one that was never more than heard has it
// as long as it is.
func (p *peer) counts(t at) bool {
	return p.hear.begun && (p.listed || p.heard && t-p.hear.lastAt <= silentTime)
}

// listed takes in how many of the rows found room.
func (e *Engine) listed(rows picked, n int) {
	walked := 0
	for i, p := range rows.of[:n] {
		p.hear.told.lost, p.hear.told.quiet = p.hear.lost(), p.hear.quiet(e.now)
		walked = max(walked, rows.turns[i])
	}
	if len(e.order) > 0 {
		e.stats.cursor = (e.stats.cursor + walked) % len(e.order)
	}
}

// rowAt is what is heard of a member.
func (p *peer) rowAt(t at, names []string, indexes []int) frame.Row {
	h := &p.hear
	silence, _ := h.longest(t)
	return frame.Row{
		Ref: p.ref, First: h.first, Highest: h.high, Distinct: h.distinct, Duplicates: h.twice, Reordered: h.late,
		Ago: millis(t - h.lastAt), Silence: millis(silence), Age: millis(t - h.firstAt), Spread: h.spread.most(),
		Interface: uint64(min(max(slices.Index(indexes, h.ifIndex), 0), max(len(names), 1)-1)), Hops: uint64(h.ttl),
	}
}

func millis(d at) uint64 { return uint64(max(0, d) / time.Millisecond) }

// beyond reports whether a frame is of a member beyond a bridge. Numbered datagrams and
// probes stop there, so that nothing of it can be measured here. A bridge repairs reports of
// this LAN as well.
func (e *Engine) beyond(now time.Time, f *frame.Frame, from netip.AddrPort) bool {
	if frame.SpaceOf(f.Number) != frame.Kept {
		return frame.Marked(from)
	}
	ref := f.Stream.Ref()
	if p := e.peers[ref]; p != nil && p.heard {
		return false
	}
	if peer, ok := e.conv.Peer(now, ref); ok && peer.From.IsValid() {
		return frame.Marked(peer.From)
	}
	return frame.Marked(from)
}

// Frame takes in a frame of another that the Conversation verified: it is the Frames of
// its Config.
func (e *Engine) Frame(now time.Time, f *frame.Frame, d members.Datagram) {
	t := e.begin(now)
	if e.beyond(now, f, d.From) {
		return
	}
	switch b := f.Body.(type) {
	case *frame.Hello:
		e.hello(f, b, &d, t)
	case *frame.Stats:
		if p := e.ensure(f.Stream.Ref(), t); p != nil && !p.told.done {
			e.speaking(p, d.From, t)
			if number := f.Number - frame.FirstPassing + 1; number > p.told.number {
				p.told.number = number
				e.takeStats(p, b, false, t)
			}
		}
	case *frame.Report:
		e.takeReport(f, b, t)
	case *frame.Probe:
		e.takeProbe(f, b, len(d.Data), t)
	}
}

// takeStats takes in what a member tells.
func (e *Engine) takeStats(p *peer, b *frame.Stats, final bool, t at) {
	k := &p.told
	k.at = t
	k.heard, k.sum, k.lossless, k.sent = b.Heard, b.RowSum, b.Lossless, max(b.Sent, k.sent)
	if !e.ending.frozen {
		p.hear.says(t, b.Sent, final)
	}
	var by [maxInterfaces]int8
	for i, name := range b.Interfaces[:min(len(b.Interfaces), maxInterfaces)] {
		by[i] = k.nameOf(name)
	}
	for i := range b.Rows {
		if r := &b.Rows[i]; r.Interface < maxInterfaces {
			e.takeRow(p, r, by[r.Interface], final, t)
		}
	}
	e.whole(p, t)
	n, sum, _ := e.sum(t)
	xor(&sum, e.own.ref)
	xor(&sum, p.ref)
	if b.Heard == n && b.Lossless == n && b.RowSum == sum && p.hear.begun {
		k.wellAt = t
	}
}

// nameOf is where the name of an interface is remembered; -1: nowhere.
func (k *tells) nameOf(name string) int8 {
	if i := slices.Index(k.names, name); i >= 0 {
		return int8(i)
	}
	if len(k.names) >= maxNames {
		return -1
	}
	k.names = append(k.names, name)
	return int8(len(k.names) - 1)
}

// beginLine begins the timeline of a row with what it says of the time before.
func (e *Engine) beginLine(p *peer, k *told, r *frame.Row, t at) {
	if !p.listed || e.lines >= maxLines {
		return
	}
	k.line = e.newLine()
	k.line.add(t-min(span64(r.Age), t-1), t-min(span64(r.Ago), t-1), r.Highest-r.First+1, r.Distinct)
}

// takeRow takes in one row. What cannot be true is left out: a member can only spoil
// what it tells itself.
func (e *Engine) takeRow(p *peer, r *frame.Row, by int8, final bool, t at) {
	k := &p.told
	if r.Ref == p.ref || r.Ago > r.Age+1 || r.Age > millis(t)+uint64(time.Hour/time.Millisecond)*24*365 ||
		e.own.ref == r.Ref && (r.Highest >= e.own.next || e.own.next == 0) || e.own.was == r.Ref {
		e.stats.wrong++
		return
	}
	if r.Ref == e.own.ref && !final && float64(e.own.next-r.Highest) <= 1+e.cfg.Rate*silentTime.Seconds() {
		if p.proof == 0 {
			e.refreshed = 0
		}
		p.proof = t
	}
	old := k.rows[r.Ref]
	if old != nil {
		if old.final && !final || old.row.First == r.First && r.Highest < old.row.Highest {
			return
		}
	} else {
		if e.peers[r.Ref] == nil && e.own.ref != r.Ref {
			if k.unknown >= maxUnknown {
				return
			}
			k.unknown++
		}
		lossless := r.Distinct > r.Highest-r.First
		if len(k.rows) >= surelyTold && (e.rows >= 2*maxTold || lossless && e.rows >= maxTold) {
			return
		}
		e.rows++
		old = &told{by: -1}
		e.beginLine(p, old, r, t)
		k.rows[r.Ref] = old
		old.silence(nil, r, t)
		old.row, old.at, old.by, old.final = *r, t, by, final
		return
	}
	if old.line == nil { // it was told by one that was no member yet
		e.beginLine(p, old, &old.row, old.at)
	}
	if old.row.First == r.First {
		old.line.add(old.at, t, r.Highest-old.row.Highest, r.Distinct-min(old.row.Distinct, r.Distinct))
	}
	old.silence(&old.row, r, t)
	old.row, old.at, old.by, old.final = *r, t, by, final
}

func span64(ms uint64) at { return at(min(ms, 1e12)) * time.Millisecond }

// silence finds out when the longest silence began, of which a row tells how long it was.
func (o *told) silence(was, r *frame.Row, t at) {
	last := max(1, t-span64(r.Ago)) // one was heard
	switch {
	case was != nil && r.Silence == was.Silence:
	case r.Silence <= r.Ago+1: // it goes on
		o.silenceAt = last
	case was != nil && was.Ago > 500 && o.at-span64(was.Ago)+span64(r.Silence) <= last+time.Second:
		o.silenceAt = o.at - span64(was.Ago) // it went on when it was told last
	default:
		o.silenceAt = max(1, last-span64(r.Silence))
	}
}

// whole finds out whether all rows of a member are here: by their sum and count, of
// those that it heard in the last half a minute.
func (e *Engine) whole(p *peer, t at) {
	k := &p.told
	var n uint64
	var sum frame.Ref
	for ref, r := range k.rows {
		if t-r.at+span64(r.row.Ago) <= silentTime {
			n++
			xor(&sum, ref)
		}
	}
	if n == k.heard && sum == k.sum {
		k.wholeAt = t
	}
}

// interfaceName is what this host calls an interface.
func (e *Engine) interfaceName(index int) string {
	names, indexes := e.conv.Interfaces()
	if i := slices.Index(indexes, index); i >= 0 && index != 0 {
		return names[i]
	}
	if index == 0 {
		return "?"
	}
	return fmt.Sprintf("#%d", index)
}
