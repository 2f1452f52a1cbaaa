package stream

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"math/rand/v2"
	"net/netip"
	"time"
)

const (
	// copyTime is how far apart the two arrivals of one datagram by two paths are at
	// most, and its arrivals from two addresses where bytes are all that is known.
	copyTime = 50 * time.Millisecond
	// repeatTime is how long a datagram is remembered after it came last.
	repeatTime = time.Second
	// copySlots are the datagrams that are remembered at most, unless Config says fewer.
	copySlots = 4096
	// Of more than chosenEach datagrams a second for each slot, some are chosen by their
	// content, so that their copies are chosen as well: one in 64 at most.
	chosenEach, sparsest = 1, 64
	// judgeCopies are compared before a row is judged; twice in a row, so that a sender
	// that began anew is none that comes twice.
	judgeCopies = 16
	// copiesLast is how long a finding lasts at least, and after its last datagram.
	copiesLast = 5 * time.Second
)

// lately is a datagram that came lately, whoever sent it first.
type lately struct {
	key      uint64 // of group, interface, length and content; 0: empty
	row      *row   // that it came of first
	at, last time.Duration
	since    time.Duration // when the second began that times is of
	serial   uint32        // of row
	times    uint16
	mine     uint16 // of times, those from row
	hops     uint8  // of the latest from row; 0: not known
	falls    uint8  // arrivals from row in a row with fewer hops than the one before, none with more
	near     uint8  // arrivals from row in a row that are copyTime apart at most
}

// copying is the table of the latest datagrams of all rows. It is bounded, and made
// when it is needed.
type copying struct {
	most    int
	slots   []lately
	seed    maphash.Seed
	secret  [2]uint64
	mark    time.Duration // counted since
	counted int
	few     uint64 // the highest of each so far
	each    uint64 // one in so many is looked at, a power of two

	mirrors []*mirror
	turn    int // of mirrors, which is looked at next for room
	storms  []*row
}

func newCopying(most int) copying {
	if most < 0 {
		return copying{}
	}
	if most == 0 || most > copySlots {
		most = copySlots
	}
	return copying{each: 1, most: 1 << (bits.Len(uint(most)) - 1), seed: maphash.MakeSeed(), secret: [2]uint64{rand.Uint64(), rand.Uint64()}}
}

// repeats are the comparisons of a row since it was judged last.
type repeats struct {
	n, twice int16
	streak   int8
	hops     [2]uint8 // of the latest that came twice
	dup      uint64   // Numbers.Duplicates at the beginning
	counted  int      // Row.Datagrams then
}

// Copied is what is known of copies of a row's datagrams now.
type Copied struct {
	Times int    // so often each of its datagrams arrives; 0: once
	Hops  [2]int // with Times: TTLs of two arrivals; 0: not known
	Paths bool   // with Times: TTLs or numbers show that it does not send the same again

	From    netip.AddrPort // its datagrams come from there as well, and earlier; the zero AddrPort: they do not
	Later   time.Duration  // with From: by so much
	Repeats bool           // with From: it sends them again; else it may be that both send the same
	Several bool           // with From: other sources' as well

	Again  int  // so often a datagram that another sent once or twice arrived within a second; 0: none did 16 times
	Storms int  // so often it was told that one of its datagrams goes in circles
	Storm  bool // one of its datagrams arrives again and again: it goes in circles
}

// copied is a Copied with its times, since the first datagram of all.
type copied struct {
	Copied
	twice, stormed time.Duration // Times since then; the latest of Storm
}

func (r *row) copiedNow() *copied {
	if r.copied == nil {
		r.copied = new(copied)
	}
	return r.copied
}

// compare looks whether a datagram came a moment ago as well.
func (t *Tally) compare(r *row, d *Datagram, since time.Duration) {
	c, content := &t.copying, d.Content
	if c.most == 0 {
		return
	}
	if content == 0 && len(d.Payload) == 0 {
		return
	}
	if c.slots == nil {
		c.slots = make([]lately, c.most)
	}
	if c.skip(d, since) {
		return
	}
	if content == 0 {
		content = maphash.Bytes(c.seed, d.Payload)
	}
	key := c.key(d, content)
	s, known := c.find(key, since)
	m := r.mirror
	r.repeats.n++
	switch {
	case !known:
		*s = lately{key: key, row: r, serial: r.serial, at: since, since: since, hops: hopsOf(d), near: 1}
		if m != nil {
			m.own()
		}
	case s.row == r:
		r.again(s, hopsOf(d), since)
	case hostOf(s.row.From) != hostOf(r.From) && (!d.Local || !s.row.Local):
		t.follow(s, r, since)
	}
	if s.last = since; since-s.since > repeatTime || since < s.since {
		s.since, s.times, s.mine = since, 0, 0
	}
	if s.row == r {
		s.mine++
	}
	if s.times++; s.times >= stormTimes || s.falls >= stormFalls {
		t.storm(s, r, since)
	}
	if r.repeats.n >= judgeCopies {
		r.judgeCopies(t, since)
	}
}

func (c *copying) key(d *Datagram, content uint64) uint64 {
	g := d.Group.Addr().As16()
	where := binary.LittleEndian.Uint64(g[:]) ^ bits.RotateLeft64(binary.LittleEndian.Uint64(g[8:]), 17) ^
		uint64(d.Group.Port())<<48 ^ uint64(uint32(d.IfIndex))<<16 ^ uint64(d.Bytes)
	return max(fold(content^c.secret[0], where^c.secret[1]), 1)
}

// skip reports whether a datagram is none of those that are chosen, where so many come
// that the table would forget them too soon.
func (c *copying) skip(d *Datagram, since time.Duration) bool {
	c.counted++
	if passed := since - c.mark; passed >= time.Second || passed < 0 {
		rate, most := float64(c.counted)/max(seconds(passed), 1), float64(chosenEach*len(c.slots))
		for c.each > 1 && rate < 0.8*most*float64(c.each/2) {
			c.each /= 2
		}
		for c.each < sparsest && rate > most*float64(c.each) {
			c.each *= 2
		}
		c.few = max(c.few, c.each)
		c.mark, c.counted = since, 0
	}
	// In each second others, so that one that goes in circles is chosen sooner or later.
	return c.each > 1 && (c.ends(d)^uint64(c.mark/time.Second))&(c.each-1) != 0
}

// ComparedOneIn is of how many datagrams one was looked at for copies when most came: 1
// for all of them, 64 at most.
func (t *Tally) ComparedOneIn() int { return int(max(t.copying.few, 1)) }

// ends is a number for a datagram by its beginning and end, which costs less than one
// for all of it.
func (c *copying) ends(d *Datagram) uint64 {
	p := d.Payload
	switch n := len(p); {
	case d.Content != 0:
		return fold(d.Content^c.secret[0], c.secret[1])
	case n < 16:
		return maphash.Bytes(c.seed, p)
	default:
		word := binary.LittleEndian.Uint64
		h := fold(word(p)^c.secret[0], word(p[8:])^c.secret[1])
		if n >= 32 {
			h = fold(word(p[16:])^c.secret[0]^h, word(p[24:])^c.secret[1])
		}
		return fold(word(p[n-16:])^c.secret[0]^h, word(p[n-8:])^c.secret[1])
	}
}

// find returns where a datagram is remembered, or where there is room for it.
func (c *copying) find(key uint64, since time.Duration) (s *lately, known bool) {
	at := int(key) & (len(c.slots) - 1)
	s = &c.slots[at]
	if other := &c.slots[at^1]; s.key != key && (other.key == key || other.last < s.last) {
		s = other
	}
	return s, s.key == key && (since-s.last).Abs() <= repeatTime && s.row.serial == s.serial
}

func hopsOf(d *Datagram) uint8 { return uint8(min(max(d.Hops, 0), 255)) }

// again counts a datagram that the same sender sent a moment ago as well. One that
// comes a third time is no copy: the sender says the same again and again.
func (r *row) again(s *lately, hops uint8, since time.Duration) {
	if since-s.at > copyTime {
		s.near = 0
	}
	if s.near < 4 {
		s.near++
	}
	switch s.near {
	case 2:
		r.Twice++
		r.repeats.twice++
		r.repeats.hops = [2]uint8{max(s.hops, hops), min(s.hops, hops)}
		r.TwiceHops = r.TwiceHops || s.hops != hops
	case 3:
		r.Twice--
		r.repeats.twice--
	}
	switch {
	case hops < s.hops && hops > 0:
		s.falls++
	case hops > s.hops:
		s.falls = 0
	}
	s.hops, s.at = hops, since
}

// judgeCopies looks how many of the latest datagrams came before.
func (r *row) judgeCopies(t *Tally, since time.Duration) {
	n := &r.repeats
	part, times := float64(n.twice)/float64(n.n), 2
	twice := 10*part >= 4 && 10*part <= 6
	hops := [2]int{int(n.hops[0]), int(n.hops[1])}
	paths := hops[1] > 0 && hops[0] != hops[1]
	if r.numbers() && r.w.Duplicates >= n.dup && r.Datagrams > n.counted {
		if again := float64(r.w.Duplicates-n.dup) / float64(r.Datagrams-n.counted); again >= 0.4 && again <= 0.9 {
			part, times, twice, paths = again, int(1/(1-again)+0.5), true, true
		}
	}
	*n = repeats{streak: n.streak, hops: n.hops, dup: r.w.Duplicates, counted: r.Datagrams}
	if !twice {
		if n.streak = 0; r.copied != nil && r.copied.Times > 0 && part < 0.25 && since-r.copied.twice >= copiesLast {
			e := r.copiesEvent(CopiesEnded, t, since)
			r.copied.Times = 0
			t.tell(e)
		}
		return
	}
	if n.streak < 2 {
		n.streak++
	}
	if n.streak == 2 && (r.copied == nil || r.copied.Times == 0) {
		c := r.copiedNow()
		c.Times, c.Hops, c.Paths, c.twice = max(times, 2), hops, paths, since
		t.tell(r.copiesEvent(Copies, t, since))
	}
}

// numbers reports whether a sender has numbers that it does not send again.
func (r *row) numbers() bool {
	if !r.w.begun {
		return false
	}
	switch r.w.Format {
	case Own, RTP, RTPTS, Mcjoin, Iperf2:
		return true
	}
	return false
}

// copiesEvent is an event about what is known of copies.
func (r *row) copiesEvent(kind EventKind, t *Tally, since time.Duration) Event {
	return Event{Kind: kind, Key: r.Key, At: t.base.Add(since), Copied: r.copied.Copied}
}
