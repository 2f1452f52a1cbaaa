package stream

import (
	"net/netip"
	"slices"
	"time"
)

const (
	// mirrorContents are the different datagrams that must come from another address
	// first, before a row is one that repeats; sameContents before it is told that two
	// addresses send the same.
	mirrorContents, sameContents = 8, 20
	// mirrorHeard is how many datagrams of a row are counted before older ones count
	// half.
	mirrorHeard = 32
	// honestTime is how long a row is none that repeats after the other one came later.
	honestTime = time.Minute
	// One row in slotsEach slots is looked at as one that may repeat another.
	slotsEach = 32
	// bridgePort is that of groupcast's bridges, which mark so what they carry.
	bridgePort = 1236
)

// mirror is a row whose datagrams came from another address before.
type mirror struct {
	row      *row
	serial   uint32
	from     netip.AddrPort
	several  bool
	level    level
	began    time.Duration
	last     time.Duration
	honest   time.Duration // until then
	copies   int           // different datagrams that came from elsewhere before
	streams  int           // of them, those with the same stream ID and number
	heard    int           // those, and others of the row
	latest   [mirrorContents]pairing
	pairings int
}

type level uint8

const (
	nothing  level = iota
	same           // two addresses send the same
	repeated       // the row repeats the other
)

// pairing is one datagram from two addresses.
type pairing struct {
	later time.Duration
	key   uint64
}

// follow counts a datagram that came from another address a moment ago.
func (t *Tally) follow(s *lately, r *row, since time.Duration) {
	later := since - s.at
	if later < 0 || later > repeatTime || r.From.Port() == bridgePort {
		return
	}
	m := t.mirrorOf(r, since)
	if m == nil {
		return
	}
	// Whoever repeats another is never first: both are honest.
	if o := s.row.mirror; o != nil && hostOf(o.from) == hostOf(r.From) {
		t.honest(o, since)
		t.honest(m, since)
	}
	m.last = since
	for n := range min(m.pairings, len(m.latest)) {
		if m.latest[n].key == s.key {
			return
		}
	}
	if m.pairings > 0 && hostOf(m.from) != hostOf(s.row.From) {
		m.several = true
	}
	m.from = s.row.From
	m.latest[m.pairings%len(m.latest)] = pairing{later: later, key: s.key}
	m.pairings++
	m.copies++
	if r.isOf(s.row) {
		m.streams++
	}
	m.own()
	m.judge(t, since)
}

// honest notes that two hosts send the same, now the one first and now the other.
func (t *Tally) honest(m *mirror, since time.Duration) {
	m.honest = since + honestTime
	m.copies, m.streams, m.heard, m.pairings = 0, 0, 0, 0
	if m.level != nothing {
		t.endMirror(m, since)
	}
}

// isOf reports whether two rows are of one stream, by an ID that is chosen at random,
// or of a clock.
func (r *row) isOf(other *row) bool {
	if !r.w.begun || !other.w.begun || r.w.ID == 0 || r.w.ID != other.w.ID || r.w.Format != other.w.Format {
		return false
	}
	switch r.w.Format {
	case Own, RTP, RTPTS, PTP:
		return true
	}
	return false
}

// mirrorOf is what is known of a row that may repeat another; nil: there is no room.
func (t *Tally) mirrorOf(r *row, since time.Duration) *mirror {
	if r.mirror != nil {
		return r.mirror
	}
	c := &t.copying
	m := (*mirror)(nil)
	if len(c.mirrors) < max(c.most/slotsEach, 4) {
		m = new(mirror)
		c.mirrors = append(c.mirrors, m)
	} else {
		for range 4 {
			c.turn = (c.turn + 1) % len(c.mirrors)
			if o := c.mirrors[c.turn]; o.gone() || since > o.honest && (since-o.last).Abs() > o.keptFor() {
				m = o
				break
			}
		}
		if m == nil {
			return nil
		}
		if !m.gone() {
			if m.level != nothing {
				t.endMirror(m, since)
			}
			m.row.mirror = nil
		}
	}
	*m = mirror{row: r, serial: r.serial}
	r.mirror = m
	return m
}

// keptFor is how long after the last copy a place is kept when others need it.
func (m *mirror) keptFor() time.Duration {
	if m.level == nothing {
		return 2 * repeatTime
	}
	return honestTime
}

// gone reports whether the row made room for others.
func (m *mirror) gone() bool { return m.row.serial != m.serial || m.row.mirror != m }

// own counts one more datagram of the row.
func (m *mirror) own() {
	if m.heard++; m.heard >= mirrorHeard {
		m.heard, m.copies, m.streams = m.heard/2, m.copies/2, m.streams/2
	}
}

// judge decides what a row is whose datagrams come from elsewhere before.
func (m *mirror) judge(t *Tally, since time.Duration) {
	if m.level == repeated || since < m.honest || m.pairings < len(m.latest) || 2*m.copies < m.heard {
		m.tellDelay()
		return
	}
	is := m.level
	switch {
	case m.streams >= mirrorContents && !m.twin():
		is = repeated
	case m.streams >= mirrorContents, m.pairings >= sameContents && 4*m.copies >= 3*m.heard && m.soon():
		is = same
	}
	if is != m.level {
		m.level, m.began = is, since
		m.tellDelay()
		kind := Reflection
		if is == same {
			kind = Copies
		}
		e := m.row.copiesEvent(kind, t, since)
		e.Copied.Times = 0
		t.tell(e)
		return
	}
	m.tellDelay()
}

// tellDelay keeps the row's Copied up to date.
func (m *mirror) tellDelay() {
	if m.level == nothing {
		return
	}
	c := m.row.copiedNow()
	c.From, c.Several, c.Repeats = m.from, m.several, m.level == repeated
	var all [mirrorContents]time.Duration
	for n := range m.latest {
		all[n] = m.latest[n].later
	}
	slices.Sort(all[:])
	c.Later = all[len(all)/2]
}

// soon reports whether all came soon after each other: hosts that play the same may be
// as far apart as people are who start them.
func (m *mirror) soon() bool {
	for n := range m.latest {
		if m.latest[n].later > copyTime {
			return false
		}
	}
	return true
}

// twin reports whether it seems that one host sends by two addresses: at once, and
// from one port.
func (m *mirror) twin() bool {
	for n := range m.latest {
		if m.latest[n].later >= time.Millisecond {
			return false
		}
	}
	return m.row.From.Port() == m.from.Port()
}

// endMirror ends what was told of a row.
func (t *Tally) endMirror(m *mirror, since time.Duration) {
	kind := ReflectionEnded
	if m.level == same {
		kind = CopiesEnded
	}
	e := m.row.copiesEvent(kind, t, since)
	e.Copied.Times = 0
	t.tell(e)
	c := m.row.copied
	c.From, c.Later, c.Several, c.Repeats = netip.AddrPort{}, 0, false, false
	m.level = nothing
}

// goesOn reports whether the other one was heard since its datagrams came last of the
// row as well. Where both are silent nothing ended.
func (t *Tally) goesOn(m *mirror) bool {
	other := t.table.find(m.row.Group, m.from, m.row.IfIndex)
	return other == nil || other.heard().Sub(t.base) > m.last+repeatTime
}

// settleCopies ends what was not confirmed for a while.
func (t *Tally) settleCopies(now time.Time) {
	c, since := &t.copying, now.Sub(t.base)
	c.mirrors = slices.DeleteFunc(c.mirrors, func(m *mirror) bool {
		if m.gone() {
			return true
		}
		quiet := (since - m.last).Abs()
		if m.level != nothing && (since-m.began).Abs() >= copiesLast && (4*m.copies < m.heard || quiet >= copiesLast && t.goesOn(m)) {
			t.endMirror(m, since)
		}
		if quiet < copiesLast || m.level != nothing || since < m.honest && quiet < honestTime {
			return false
		}
		m.row.mirror = nil
		return true
	})
	c.storms = slices.DeleteFunc(c.storms, func(r *row) bool {
		if r.copied == nil || !r.copied.Storm {
			return true // it made room
		}
		if (since - r.copied.stormed).Abs() < max(copiesLast, time.Duration(2*c.each)*time.Second) {
			return false
		}
		e := r.copiesEvent(StormEnded, t, since)
		r.copied.Storm = false
		t.tell(e)
		return true
	})
}
