package members

import (
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// Bounds of a Snapshot.
const (
	maxGone    = 16
	maxHearing = 16
)

// who is a stream, as it is named.
func (c *Conversation) who(x *stream) Who {
	w := Who{Ref: x.ref, Key: x.key, Nick: x.nick, Clash: x.clash, Self: x.self, Bridge: bridges(x)}
	if x.self {
		w.Nick = c.cfg.Nick
	} else if x.nick == "" && x.named && person(x.name) == person(c.self.name) {
		w.Nick = c.cfg.Nick // an earlier run of ours
	} else if x.nick == "" && x.named {
		if y := c.table.people[person(x.name)]; y != nil {
			w.Nick = y.nick
		} else {
			w.Nick = c.pinnedNick(x)
		}
	}
	if x.place != 0 && c.alike(x, w.Nick) {
		w.Place = x.place
	}
	if !x.self && !w.Bridge && x.in != &c.table.fresh && !w.Clash {
		w.Clash = c.pretends(x, w.Nick)
	}
	if x.named {
		if x.print == "" {
			x.print = frame.Fingerprint(x.key)
		}
		w.Fingerprint = x.print
	}
	return w
}

// pinnedNick is the nickname that a key had in earlier runs; "": none.
func (c *Conversation) pinnedNick(x *stream) string {
	if !x.looked && c.cfg.Pins != nil {
		x.looked = true
		x.known, _ = c.cfg.Pins.NickOf(x.key)
	}
	return x.known
}

// alike reports whether another stream of the key is here under the same nickname.
func (c *Conversation) alike(x *stream, nick string) bool {
	id := person(x.name)
	if id == person(c.self.name) && !x.self && nick == c.cfg.Nick {
		return true
	}
	for y := c.table.people[id]; y != nil; y = y.younger {
		if y != x && y.nick == nick {
			return true
		}
	}
	return false
}

// Snapshot is what is known now.
func (c *Conversation) Snapshot(now time.Time) Snapshot {
	t := c.at(now)
	tb := &c.table
	s := Snapshot{
		Self:     Member{Who: c.who(c.self), Presence: Live, LostIn: -1, LostOut: -1, Bits: c.cfg.Bits, Since: c.start, Last: now},
		Interval: c.interval(),
		Sealed:   c.cfg.Rooms[0].Sealed(),
		Kept:     c.store.n,
		Counters: c.counters,
	}
	s.Self.Sends = c.interfaceName(c.ways.chosen)
	s.Self.IfIndex = c.ways.chosen
	s.Self.Texts = int(c.self.kept.known)
	list := make([]*stream, 0, tb.fresh.n)
	for x := tb.fresh.first; x != nil; x = x.next {
		list = append(list, x)
	}
	for x := tb.strangers.last; x != nil; x = x.prev {
		switch {
		case x.over != 0 && t-x.over <= c.goneTime():
			s.More++
		case c.deaf(x, t):
			if len(list) < MaxMembers {
				list = append(list, x)
			} else {
				s.More++
			}
		}
	}
	c.sortBySite(list, t)
	rows := []*stream{c.self}
	for _, x := range list {
		if bridges(x) {
			s.Bridges = append(s.Bridges, c.member(x, t))
			continue
		}
		s.Members = append(s.Members, c.member(x, t))
		if x.slot >= 0 {
			rows = append(rows, x)
		}
	}
	s.Gone = c.goneNow(t)
	for _, y := range rows {
		row := Row{Who: c.who(y), Cells: c.row(y, rows, t)}
		row.Site, row.Afar = c.siteOf(y, t)
		s.Matrix = append(s.Matrix, row)
	}
	for _, x := range c.needs.gappy {
		s.Missing += max(0, x.kept.missing())
	}
	s.Ways = c.tellWays(t)
	s.Self.Site, _ = c.siteOf(c.self, t)
	s.Sites = c.tellSites(t)
	if at := c.sites.back; at != 0 && t-at <= doubleTime {
		s.Back = c.sites.backBy
	}
	return s
}

// goneNow is who went lately, the last one first: of each key the latest stream, and of
// none that is here.
func (c *Conversation) goneNow(now at) (list []Member) {
	told := map[uint64]bool{}
	for x := c.table.gone.last; x != nil && len(list) < maxGone; x = x.prev {
		id := person(x.name)
		if !told[id] && !bridges(x) && c.table.people[id] == nil && id != person(c.self.name) {
			list = append(list, c.member(x, now))
		}
		told[id] = true
	}
	return list
}

// deaf reports whether a stream sends HELLOs in which nothing is named that was sent
// lately: it hears nobody, or it is a recording. That is shown when it was said twice.
func (c *Conversation) deaf(x *stream, now at) bool {
	return x.helloAt != 0 && x.left == 0 && !x.wasMember && x.hellos > 1 &&
		now-x.helloAt <= c.goneTime() && c.hellos.sent != 0 && now-max(x.since, c.hellos.sent) > 2*c.interval()
}

func (c *Conversation) member(x *stream, now at) Member {
	m := Member{
		Who:      c.who(x),
		Presence: c.presence(x, now),
		From:     x.from,
		IfIndex:  x.ifIndex,
		Sends:    x.sends,
		LostIn:   x.loss.perMille(),
		LostOut:  x.lostOut,
		Texts:    x.texts,
		Repaired: x.repaired,
		Bits:     x.bits,
		Plain:    x.plain,
		Speaks:   slices.Clone(x.speaks),
		Unproven: !x.wasMember,
	}
	m.Site, m.Afar = c.siteOf(x, now)
	if x.named && c.cfg.Pins != nil {
		m.Verified = c.cfg.Pins.Verified(x.key)
	}
	if x.heardAt != 0 {
		m.Last = c.wall(x.heardAt)
	}
	m.Since = c.wall(x.since)
	if x.freshAt != 0 {
		m.Since = c.wall(x.freshAt)
	}
	if x.mine.at != 0 {
		m.RoundTrip = x.trip
		if by := x.mine.by; by >= 0 && int(by) < len(x.interfaces) {
			m.Theirs = x.interfaces[by]
		}
	}
	return m
}

// tellWays is the interfaces that HELLOs leave by, and who hears us there.
func (c *Conversation) tellWays(now at) []Way {
	w := &c.ways
	var out []Way
	add := func(i Interface, slot int) {
		way := Way{Interface: i, Chosen: i.Index == w.chosen, Tried: w.tried[slot]}
		for _, x := range c.lines.members(c) {
			if x.in == &c.table.fresh && !c.ours(x) && x.ways[slot] != 0 && now-x.ways[slot] <= c.goneTime() && len(way.Heard) < maxHearing {
				way.Heard = append(way.Heard, c.who(x))
				if bridges(x) {
					way.Bridges++
				}
			}
		}
		out = append(out, way)
	}
	found := false
	for _, i := range w.list {
		if slot := w.slot(i.Index); slot >= 0 {
			found = found || i.Index == w.chosen
			add(i, slot)
		}
	}
	if slot := w.slot(w.chosen); !found && slot >= 0 && w.tried[slot] {
		add(Interface{Index: w.chosen}, slot)
	}
	return out
}
