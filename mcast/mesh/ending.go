package mesh

import (
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// Bounds of reports.
const (
	maxWholeReport = 128 // members, up to which a report has all rows
	maxLossyParts  = 4   // of a report of more
)

// ending is the end of the measurement, as far as it has come.
type ending struct {
	at       at // 0: it goes on
	wait     at // random: not all reports come at once
	until    at // it is over then
	frozen   bool
	frozenAt at
	number   uint64 // of the last part of the report
	over     bool
	overAt   at
}

// End ends the measurement: no more numbered datagrams are sent, and the report of this
// member goes to the others.
func (e *Engine) End(now time.Time) {
	t := e.begin(now)
	if e.ending.at != 0 {
		return
	}
	all := perMember(0, 100*time.Millisecond, e.crowd())
	e.ending.at, e.ending.wait = t, e.within(all)
	e.ending.until = t + all + reportTime
	e.own.endAt = t
}

// Over reports whether the measurement has ended: the reports of all who are here came,
// or the time for that is over. It may be reported, and the group left.
func (e *Engine) Over() bool { return e.ending.over }

// end does what is due at the end.
func (e *Engine) end(t at) at {
	n := &e.ending
	if n.at == 0 || n.over {
		return forever
	}
	if !n.frozen {
		// Who ends at about the same time is waited for, so that its end is in the report.
		due := n.at + othersEnd + n.wait
		if !e.othersGoOn() {
			due = min(due, max(n.at+max(settleTime, n.wait), e.lastEnd()+settleTime/2+n.wait))
		}
		if t < due {
			return due
		}
		e.refreshed = 0
		e.refresh(t)
		e.report(t)
	}
	if t >= n.until || e.allTold() {
		n.over, n.overAt = true, t
		return forever
	}
	return n.until
}

// othersGoOn reports whether somebody who is here still sends.
func (e *Engine) othersGoOn() bool {
	for _, p := range e.order {
		if p.listed && p.heard && !p.gone && p.hear.begun && p.hear.endedAt == 0 && !p.told.done {
			return true
		}
	}
	return false
}

func (e *Engine) lastEnd() (t at) {
	for _, p := range e.order {
		t = max(t, p.hear.endedAt)
	}
	return t
}

// allTold reports whether the report of all who are here came, and ours came to all.
func (e *Engine) allTold() bool {
	for _, p := range e.order {
		if p.listed && !p.gone && (!p.told.done || p.heard && p.upTo < e.ending.number) {
			return false
		}
	}
	return e.unheardTold() && (e.deafTo() || !e.needed())
}

// deafTo reports whether somebody who reported is not heard here.
func (e *Engine) deafTo() bool {
	for _, p := range e.order {
		if p.told.done && (!p.hear.begun || p.hear.lastAt < e.ending.at-p.hear.mute() && p.endedAt() >= e.ending.at-p.hear.mute()) {
			return true
		}
	}
	return false
}

// needed reports whether a member that is still here does not hear another one: what that
// one reported comes to it from those who stay. It leaves when it has all.
func (e *Engine) needed() bool {
	if len(e.order) > maxWholeReport {
		return false
	}
	for _, by := range e.order {
		if !by.told.done || !by.heard || by.gone || by.left {
			continue
		}
		for _, from := range e.order {
			if from == by || !from.told.done || !from.hear.begun {
				continue
			}
			if r := by.told.rows[from.ref]; r == nil || r.at-span64(r.row.Ago) < from.hear.lastAt-from.hear.mute() {
				return true
			}
		}
	}
	return false
}

// unheardTold reports whether the reports came of those who are not heard here, or not
// any more, but by others: somebody sends them again.
func (e *Engine) unheardTold() bool {
	for _, o := range e.order {
		if !o.listed || o.gone && !o.told.done {
			continue
		}
		for ref, r := range o.told.rows {
			p := e.peers[ref]
			if e.own.is(ref) || p != nil && (p.told.done || p.left) {
				continue
			}
			if r.at-span64(r.row.Ago) > e.ending.at-silentTime/3 {
				return false
			}
		}
	}
	return true
}

// report sends the rows, once. After it nothing is counted any more, so that all have
// the same.
func (e *Engine) report(t at) {
	n := &e.ending
	n.frozen, n.frozenAt = true, t
	names, indexes := e.interfaces()
	var rows []frame.Row
	few := e.crowd() <= maxWholeReport
	for _, p := range e.order {
		if p.listed && p.hear.begun && (few || p.hear.lost() > 0 || p.hear.quiet(t)) {
			rows = append(rows, p.rowAt(t, names, indexes))
		}
	}
	around := e.row(t)
	var parts []*frame.Report
	for first := true; first || len(rows) > 0; first = false {
		b := &frame.Report{Stats: *around, Time: uint64(max(0, e.latest.UnixMilli())), Part: 63, Parts: 63, Nick: e.conv.Self().Nick}
		b.Rows = rows[:min(len(rows), maxRows)]
		fit := e.conv.Room().Fit(b)
		if fit == 0 && len(rows) > 0 || len(parts) == maxParts || !few && len(parts) == maxLossyParts {
			break
		}
		b.Rows, rows = rows[:fit], rows[fit:]
		parts = append(parts, b)
	}
	if few {
		parts = append(parts, e.ways(t, around)...)
	}
	for i, b := range parts {
		b.Part, b.Parts = uint64(i+1), uint64(len(parts))
		if number, err := e.conv.Keep(e.latest, b); err == nil {
			n.number = number
		}
	}
}

const (
	maxParts = 64 // of a report
	maxWays  = 24 // of a part: as many fit in any case
)

// ways is the parts of a report that say what probes to the others brought.
func (e *Engine) ways(t at, around *frame.Stats) (parts []*frame.Report) {
	var list []frame.Way
	for _, p := range e.order {
		if u := p.uni.known(t); p.listed && u.Sent > 0 {
			w := frame.Way{Ref: p.ref, Sent: u.Sent, Answered: min(u.Answered, u.Sent), RoundTrip: uint64(u.RoundTrip / time.Microsecond)}
			if u.Refused {
				w.Refused = 1
			}
			list = append(list, w)
		}
	}
	for n := 0; len(list) > 0; list = list[n:] {
		n = min(len(list), maxWays)
		parts = append(parts, &frame.Report{Stats: *around, Time: uint64(max(0, e.latest.UnixMilli())), Nick: e.conv.Self().Nick, Ways: list[:n]})
	}
	return parts
}

// takeWays takes in what a member says of its unicast ways.
func (e *Engine) takeWays(p *peer, list []frame.Way) {
	for _, w := range list {
		if e.peers[w.Ref] == nil && !e.own.is(w.Ref) || len(p.told.ways) > MaxPeers {
			continue
		}
		if p.told.ways == nil {
			p.told.ways = map[frame.Ref]Unicast{}
		}
		p.told.ways[w.Ref] = Unicast{
			Sent: w.Sent, Answered: w.Answered, Refused: w.Refused == 1,
			RoundTrip: time.Duration(min(w.RoundTrip, 1e12)) * time.Microsecond,
		}
	}
}

// roomForUnheard makes room for one of whom nothing came here but its report.
func (e *Engine) roomForUnheard() {
	n := 0
	var oldest *peer
	for _, p := range e.order {
		if !p.heard && !p.listed {
			if n++; oldest == nil {
				oldest = p
			}
		}
	}
	if n >= maxUnproven {
		e.forget(oldest)
	}
}

// maxUnproven is how many there may be of whom nothing came here but their report, and
// who are not known to be members.
const maxUnproven = 64

// takeReport takes in a part of a member's report, whoever sent it again.
func (e *Engine) takeReport(f *frame.Frame, b *frame.Report, t at) {
	ref := f.Stream.Ref()
	if e.peers[ref] == nil {
		e.roomForUnheard()
	}
	p := e.ensure(ref, t)
	if p == nil {
		return
	}
	k := &p.told
	part, of := max(b.Part, 1), max(b.Parts, 1)
	if k.done || k.of != 0 && k.of != of || of > maxParts || k.parts&(1<<(part-1)) != 0 {
		return
	}
	p.last = t
	p.nick = b.Nick
	k.of = of
	k.parts |= 1 << (part - 1)
	e.takeStats(p, &b.Stats, true, t)
	e.takeWays(p, b.Ways)
	if k.parts == 1<<of-1 {
		k.done, k.doneAt = true, t
	}
}
