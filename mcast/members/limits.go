package members

import (
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/internal/lru"
)

// Budgets, in numbers of docs/protocol.md.
const (
	maxSources   = 1024
	sourceRate   = 400.0 // frames a second of one source
	sourceBurst  = 800.0
	knownRate    = 2000.0 // checks a second of streams that are known
	unknownRate  = 500.0
	badMost      = 10 // bodies a minute that cannot be read, of one identity
	muteTime     = time.Minute
	noticeEvery  = time.Minute
	maxSuspects  = 1024
	maxNoticed   = 256
	ownRate      = 20.0 // lines a second
	ownBurst     = 100.0
	maxEvents    = 8192
	suspendAfter = time.Second
)

// What is told once a minute for a source, each by itself: programs share an address.
const (
	noticeVersion = iota
	noticeOdd     // a version that hardly is one
	noticeOpen    // another room, which is open
	noticeSealed
	noticeBack // what comes back by a bridge
	notices
)

// limits is what bounds the work that strangers can make.
type limits struct {
	sources  *lru.Map[netip.Addr, bucket]
	known    bucket
	unknown  bucket
	suspects *lru.Map[uint64, suspect]
	noticed  *lru.Map[netip.Addr, [notices]at]
}

// suspect is an identity that sent bodies that cannot be read.
type suspect struct {
	from  at
	n     int
	until at // muted
}

func newLimits() limits {
	return limits{
		sources:  lru.New[netip.Addr, bucket](maxSources),
		suspects: lru.New[uint64, suspect](maxSuspects),
		noticed:  lru.New[netip.Addr, [notices]at](maxNoticed),
	}
}

func (l *limits) source(now at, a netip.Addr) bool {
	b, _ := l.sources.Ensure(a)
	return b.take(now, sourceRate, sourceBurst)
}

func (l *limits) check(now at, known bool) bool {
	if known {
		return l.known.take(now, knownRate, knownRate)
	}
	return l.unknown.take(now, unknownRate, unknownRate)
}

func (l *limits) bad(now at, identity uint64) {
	s, _ := l.suspects.Ensure(identity)
	if s.from == 0 || now-s.from > time.Minute {
		*s = suspect{from: now}
	}
	if s.n++; s.n >= badMost {
		*s = suspect{until: now + muteTime}
	}
}

func (l *limits) muted(now at, identity uint64) bool {
	if l.suspects.Len() == 0 {
		return false
	}
	s := l.suspects.Peek(identity)
	return s != nil && now < s.until
}

// tell reports whether a notice about a source is due.
func (l *limits) tell(now at, a netip.Addr, what int) bool {
	n, _ := l.noticed.Ensure(a)
	if n[what] != 0 && now-n[what] < noticeEvery {
		return false
	}
	n[what] = now
	return true
}

// speakers is where the plain text of members comes from.
type speakers struct{ by map[netip.AddrPort]*stream }

// maxSpeaks is how many such addresses of a member are remembered: it may send by
// several interfaces.
const maxSpeaks = 4

func plainOf(from netip.AddrPort, port uint16) netip.AddrPort {
	if port == 0 {
		port = from.Port()
	}
	return netip.AddrPortFrom(from.Addr().Unmap(), port)
}

func (s *speakers) heard(x *stream, from netip.AddrPort, port uint16) {
	if frame.Marked(from) {
		return // all members beyond the bridge are heard from there
	}
	x.plain = plainOf(from, port)
	if s.by[x.plain] == x {
		return
	}
	if len(x.speaks) >= maxSpeaks {
		if s.by[x.speaks[0]] == x {
			delete(s.by, x.speaks[0])
		}
		x.speaks = x.speaks[:copy(x.speaks, x.speaks[1:])]
	}
	x.speaks = append(x.speaks, x.plain)
	s.by[x.plain] = x
}

func (s *speakers) forget(x *stream) {
	for _, a := range x.speaks {
		if s.by[a] == x {
			delete(s.by, a)
		}
	}
	x.speaks = nil
}

// Speaks reports whether plain text from that address is the twin of frames, which
// bring it too: its sender is a member that is not quiet.
func (c *Conversation) Speaks(now time.Time, from netip.AddrPort) bool {
	t := c.at(now)
	x := c.speakers.by[plainOf(from, 0)]
	return x != nil && x.in == &c.table.fresh && t-x.helloAt <= c.quietTime()
}

// source is whose budget a datagram counts against: an IPv4 address, an IPv6 one of
// the link, or the /64 that it is of.
func source(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if a.Is6() && !a.IsLinkLocalUnicast() {
		if p, err := a.Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return a
}
