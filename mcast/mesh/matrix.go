package mesh

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// MaxPairs is how many pairs a Report has at most. Of more, those are left out that are
// well, and then those of which nothing is known; see Report.Left.
const MaxPairs = 65536

// Report is what is known now, or at the end. Timelines are in it when lines says so.
func (e *Engine) Report(now time.Time, lines bool) Report {
	t := e.begin(now)
	e.refreshed = 0
	e.refresh(t)
	end := t
	if e.ending.frozen {
		end = e.ending.frozenAt
	}
	r := Report{
		Group: e.cfg.Group, Sealed: e.cfg.Sealed, Began: e.start, MaxLoss: e.cfg.MaxLoss,
		Expect: e.cfg.Expect, Strays: e.strays, Unsent: e.own.unsent, Skipped: e.own.skipped,
	}
	r.Began = e.wall(time.Hour)
	if e.ending.at != 0 {
		r.Ended = e.wall(e.ending.at)
	}
	list := e.members(t, &r)
	r.Missing = e.missing(r.Members)
	for i, by := range list {
		for j, from := range list {
			if i == j {
				continue
			}
			p := e.pair(by, from, t, end, lines)
			p.By, p.From = i, j
			switch {
			case len(list)*(len(list)-1) <= MaxPairs || by == nil || from == nil:
			case p.Known == AllWell:
				r.Left.Well++
				continue
			case p.Known == NotKnown:
				r.Left.NotKnown++
				continue
			}
			if len(r.Pairs) >= MaxPairs {
				r.Left.NotKnown++
				continue
			}
			r.Pairs = append(r.Pairs, p)
		}
	}
	return r
}

// members fills the list of members, and returns who they are: nil is this one.
func (e *Engine) members(t at, r *Report) []*peer {
	for _, p := range e.order {
		p.endGuess = 0
	}
	for _, by := range e.order {
		for ref, row := range by.told.rows {
			if p := e.peers[ref]; p != nil && p.told.done {
				p.endGuess = max(p.endGuess, row.at-span64(row.row.Ago))
			}
		}
	}
	self := e.conv.Self()
	names, _ := e.conv.Interfaces()
	r.Members = []Member{{
		Name: e.name(self.String()), Fingerprint: self.Fingerprint, Self: true,
		First: r.Began, Last: e.wall(t), Rate: e.cfg.Rate, Interfaces: e.names(names), Done: e.ending.frozen, Gone: false,
	}}
	list := []*peer{nil}
	for _, p := range e.order {
		if p.listed {
			list = append(list, p)
		}
	}
	called := map[*peer]string{}
	for _, p := range list[1:] {
		called[p] = e.nameOf(p)
	}
	slices.SortFunc(list[1:], func(a, b *peer) int {
		return cmp.Or(cmp.Compare(called[a], called[b]), cmp.Compare(a.since, b.since), cmp.Compare(a.ref.String(), b.ref.String()))
	})
	for _, p := range list[1:] {
		m := Member{
			Name: called[p], Fingerprint: p.who.Fingerprint, Gone: p.gone, Done: p.told.done, Left: p.left,
			Interfaces: e.names(p.told.names), Clock: p.off, Rate: p.rate(t),
			First: e.wall(p.since), Last: e.wall(max(p.last, p.hear.lastAt, p.since)),
		}
		if p.from.IsValid() {
			m.Addr = p.from.Addr().Unmap()
		}
		r.Members = append(r.Members, m)
	}
	return list
}

func (e *Engine) names(list []string) (out []string) {
	for _, n := range list {
		out = append(out, e.name(n))
	}
	return out
}

func (e *Engine) name(s string) string { return e.cfg.Clean(s) }

// nameOf is what a member is called: by its HELLOs, or by its report where none came.
func (e *Engine) nameOf(p *peer) string {
	w := p.who
	if w.Nick == "" && p.nick != "" {
		w.Nick = p.nick
		for _, o := range e.order {
			w.Clash = w.Clash || o != p && o.who.Nick == p.nick && o.who.Key != w.Key
		}
		w.Clash = w.Clash || e.conv.Self().Nick == p.nick
	}
	return e.name(w.String())
}

// rate is how many datagrams a second a member sends, as they are numbered.
func (p *peer) rate(t at) float64 {
	h := &p.hear
	if d := h.passed - h.firstAt; h.begun && d >= 2*time.Second {
		return float64(h.high-h.first) / d.Seconds()
	}
	return 0
}

// missing is who was expected by name and never came.
func (e *Engine) missing(list []Member) (names []string) {
	for _, name := range e.cfg.Names {
		name = e.name(name)
		if !slices.ContainsFunc(list, func(m Member) bool { return m.Name == name || plainName(m.Name) == name }) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// plainName is a name without what tells several of one key apart.
func plainName(name string) string {
	name, _, _ = strings.Cut(name, " #")
	return name
}

// asked reports whether the group is joined for what a member sends.
func (e *Engine) asked(p *peer) bool {
	switch {
	case len(e.cfg.Sources) == 0:
		return true
	case p == nil:
		return e.cfg.Ours == nil || slices.ContainsFunc(e.cfg.Sources, e.cfg.Ours)
	}
	return slices.ContainsFunc(e.cfg.Sources, func(a netip.Addr) bool {
		return slices.ContainsFunc(p.addrs, func(s netip.AddrPort) bool { return s.Addr() == a.Unmap().WithZone("") })
	})
}

// pair is what one member received of another; nil is this one.
func (e *Engine) pair(by, from *peer, t, end at, lines bool) Pair {
	p := Pair{Spread: -1, Hops: -1}
	ref := e.own.ref
	if from != nil {
		ref = from.ref
	}
	switch {
	case by == nil:
		p.Unicast = from.uni.known(t)
		h := &from.hear
		p.Told = e.wall(end)
		if !h.begun {
			p.Known = HeardNever
			if !e.asked(from) {
				p.Known = NotAsked
			} else if from.heard && end-from.since < leastWhole {
				p.Known = NotKnown
			}
			return p
		}
		row := from.rowAt(end, nil, nil)
		e.fill(&p, &row, end, end, e.own.endAt, from)
		_, since := h.longest(end)
		p.SilenceAt = e.silenceAt(since, p.Silence)
		p.Interface = e.name(e.interfaceName(h.ifIndex))
		if lines {
			p.Line = h.line.intervals(e.wall)
		}
	default:
		k := &by.told
		r := k.rows[ref]
		p.Unicast = k.ways[ref]
		switch {
		case r != nil:
			var ended at
			if k.done {
				ended = by.hear.endedAt
			}
			e.fill(&p, &r.row, r.at, end, ended, from)
			p.Told = e.wall(max(r.at, min(k.wellAt, k.at)))
			p.SilenceAt = e.silenceAt(r.silenceAt, p.Silence)
			if r.by >= 0 && int(r.by) < len(k.names) {
				p.Interface = e.name(k.names[r.by])
			}
			if lines {
				p.Line = r.line.intervals(e.wall)
			}
		case !e.asked(from):
			p.Known = NotAsked
		case k.wellAt != 0 && (from == nil || from.hear.begun && from.hear.firstAt < k.wellAt):
			p.Known, p.Told = AllWell, e.wall(k.wellAt)
		case k.wholeAt != 0 && e.together(by, from, k.wholeAt) >= leastWhole:
			p.Known, p.Told = HeardNever, e.wall(k.wholeAt)
		}
	}
	return p
}

// leastWhole is how long two members are here before it means something that one
// tells nothing of the other.
const leastWhole = 4 * time.Second

// together is how long two had been sending when one told all its rows.
func (e *Engine) together(by, from *peer, whole at) at {
	since := max(by.since, time.Hour+startAfter)
	if from != nil {
		since = max(since, from.since)
		if from.hear.begun {
			since = max(since, from.hear.firstAt)
		}
	}
	return whole - since
}

// fill takes over a row that was told at a time, by one that ended at a time, or 0.
// What it heard after its end is more than nothing; a silence then says nothing.
func (e *Engine) fill(p *Pair, r *frame.Row, told, end, byEnded at, from *peer) {
	p.Known = Measured
	p.Sent, p.Received = r.Highest-r.First+1, r.Distinct
	p.Duplicates, p.Reordered = r.Duplicates, r.Reordered
	p.Spread = time.Duration(min(r.Spread, 1e12)) * time.Microsecond
	p.Silence = span64(r.Silence)
	if p.Hops = int(r.Hops); r.Hops == 0 {
		p.Hops = -1
	}
	p.Since = e.wall(told - span64(r.Age))
	last := told - span64(r.Ago)
	until, promise := told, at(0)
	if byEnded != 0 {
		until = min(until, byEnded)
	}
	if from != nil {
		promise = from.hear.promise
		if ended := from.endedAt(); ended != 0 {
			until = min(until, ended)
		}
	} else if e.own.endAt != 0 {
		until = min(until, e.own.endAt)
	}
	if until-last > mute(promise) {
		p.SilentFor, p.SilentAt = max(end-last, until-last), e.wall(last)
	}
}

// endedAt is when a member ended as it should; 0: it has not.
func (p *peer) endedAt() at {
	switch {
	case p.hear.endedAt != 0:
		return p.hear.endedAt
	case p.told.done && p.endGuess != 0: // nobody heard it later
		return p.endGuess
	case p.left:
		return p.goneAt
	}
	return 0
}

func (e *Engine) silenceAt(since at, silence time.Duration) time.Time {
	if since == 0 || silence <= time.Second {
		return time.Time{}
	}
	return e.wall(since)
}
