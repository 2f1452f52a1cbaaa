package chat

import (
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/internal/lru"
)

// What is said comes in several ways: as plain text, by the frame of the member who said
// it, and by that of a bridge. They are told to be one by the source and the bytes, each
// as often as it came.
const (
	twinTime   = 30 * time.Second // a frame that was lost on a starved host is repaired long after its plain text
	bridgeTime = 60 * time.Second // of what comes by a bridge
	maxPairs   = 2048
	mostSaid   = 32 // equal texts of one source that wait for the other ways
)

// way is one way that something that was said comes, or several.
type way uint8

const (
	asPlain way = 1 << iota
	asText      // by a TEXT of the member who said it
	asRelay     // by a RELAY of the bridge that heard it
)

// bridges is the source of all that bridges send: at a site there may be several.
var bridges = netip.AddrPortFrom(netip.Addr{}, frame.Mark)

// poolOf is the source that counts for one. In a frame it has no zone.
func poolOf(from netip.AddrPort) netip.AddrPort {
	if frame.Marked(from) {
		return bridges
	}
	return netip.AddrPortFrom(from.Addr().WithZone(""), from.Port())
}

// said is something that was said.
type said struct {
	id   uint64 // of its row
	at   time.Time
	came way
	// direct says that it was heard from its own source, by whatever way came first.
	direct bool
}

type pairKey struct {
	from netip.AddrPort
	text payloadKey
}

// pairs finds what was said by another way.
type pairs struct {
	seed  maphash.Seed
	seen  *lru.Map[pairKey, []*said]
	words *lru.Map[payloadKey, time.Time] // that were heard or said, by whomever
}

func newPairs() pairs {
	return pairs{maphash.MakeSeed(), lru.New[pairKey, []*said](maxPairs), lru.New[payloadKey, time.Time](maxPairs)}
}

// noted takes note of words, and reports whether they came lately.
func (p pairs) noted(text string, at time.Time) bool {
	last, _ := p.words.Ensure(p.bytes(text))
	known := !last.IsZero() && at.Sub(*last).Abs() <= bridgeTime
	*last = at
	return known
}

func (p pairs) key(from netip.AddrPort, text string) pairKey {
	return pairKey{from, p.bytes(text)}
}

// bytes stands for a text as a frame of its member has it, where only UTF-8 may be.
func (p pairs) bytes(text string) payloadKey {
	text = strings.ToValidUTF8(text, "\ufffd")
	return payloadKey{maphash.String(p.seed, text), len(text)}
}

// find takes the oldest that did not come that way yet; nil: there is none.
func (p pairs) find(pool netip.AddrPort, text string, at time.Time, as way) *said {
	key := p.key(pool, text)
	list := p.seen.Get(key)
	if list == nil {
		return nil
	}
	lacks, within := as, twinTime
	if pool == bridges { // where one frame brings it: the member's, or a bridge's
		within = bridgeTime
		if as != asPlain {
			lacks = asText | asRelay
		}
	}
	n := slices.IndexFunc(*list, func(s *said) bool { return s.came&lacks == 0 && at.Sub(s.at).Abs() <= within })
	if n < 0 {
		return nil
	}
	s := (*list)[n]
	s.came |= as
	if pool == bridges || s.came == asPlain|asText|asRelay {
		*list = slices.Delete(*list, n, n+1)
	}
	return s
}

// add remembers what came by one way, for the others.
func (p pairs) add(s *said, text string, pools ...netip.AddrPort) {
	for _, pool := range pools {
		list, _ := p.seen.Ensure(p.key(pool, text))
		if len(*list) == mostSaid {
			*list = slices.Delete(*list, 0, 1)
		}
		*list = append(*list, s)
	}
}

// Plain text of a bridge is held back for a while, if frames come by bridges: then most
// of it is said with the name of its member, or the address of the program, at once.
const (
	holdTime  = time.Second
	maxHeld   = 512
	heldBytes = 1 << 20
)

// held is plain text that is held back.
type held struct {
	lines []heldLine
	bytes int
}

type heldLine struct {
	*said
	line Line
}

// hold holds a line back, if there is room.
func (r *Room) hold(s *said, l Line) bool {
	if len(r.held.lines) == maxHeld || r.held.bytes+l.Size() > heldBytes {
		return false
	}
	r.held.lines = append(r.held.lines, heldLine{s, l})
	r.held.bytes += l.Size()
	return true
}

// unhold lets go of a line that a frame brings.
func (r *Room) unhold(s *said) {
	n := slices.IndexFunc(r.held.lines, func(h heldLine) bool { return h.said == s })
	if n < 0 {
		return
	}
	r.held.bytes -= r.held.lines[n].line.Size()
	r.held.lines = slices.Delete(r.held.lines, n, n+1)
	r.counters.Texts--
	r.counters.Twins++
}

// release returns the lines that no frame has brought in time.
func (r *Room) release(due func(Line) bool) (lines []Line) {
	h := &r.held
	h.lines = slices.DeleteFunc(h.lines, func(one heldLine) bool {
		if !due(one.line) {
			return false
		}
		h.bytes -= one.line.Size()
		lines = append(lines, one.line)
		return true
	})
	return lines
}

// Release returns the lines that are held back: see [Means].Await. [Room.Expire] returns
// those that were for a second.
func (r *Room) Release() []Line { return r.release(func(Line) bool { return true }) }

// Held is how many lines are held back, and how many parts of others wait for the rest.
func (r *Room) Held() int { return len(r.held.lines) + r.relays.Len() }
