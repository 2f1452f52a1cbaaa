package bridge

import (
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/internal/lru"
)

// What is carried from a LAN, in frames a second and at once. A line of a member is a kept
// frame, of which docs/protocol.md allows it 20 a second after a burst of 100.
var (
	streamKept    = rateOf{20, 100}  // of one stream from one source
	streamPassing = rateOf{20, 60}   // the same
	sourceKept    = rateOf{100, 400} // of one source
	sourcePassing = rateOf{200, 400}
	newKept       = rateOf{200, 400} // of all streams that were heard first less than newFor ago
	newPassing    = rateOf{200, 400}
	lanKept       = rateOf{400, 1600} // of the LAN
	lanPassing    = rateOf{800, 1600}
	againRate     = rateOf{200, 128} // repairs that other sites asked for
)

const (
	newFor     = 10 * time.Second
	maxPairs   = 4096
	maxOrigins = 1024
)

// rateOf is so many a second, after a burst.
type rateOf struct{ perSecond, burst float64 }

// tokens is a budget: each thing costs one.
type tokens struct {
	n    float64
	last since // 0: it is full
}

func (b *tokens) fill(now since, r rateOf) {
	if b.last == 0 {
		b.n = r.burst
	} else {
		b.n = min(r.burst, b.n+r.perSecond*(now-b.last).Seconds())
	}
	b.last = now
}

func (b *tokens) take(now since, r rateOf) bool {
	if b.fill(now, r); b.n < 1 {
		return false
	}
	b.n--
	return true
}

// ready is when it has one again.
func (b *tokens) ready(now since, r rateOf) since {
	if b.fill(now, r); b.n >= 1 {
		return now
	}
	return now + time.Duration((1-b.n)/r.perSecond*float64(time.Second)) + time.Microsecond
}

// framePair is a stream from one source: whoever makes up frames of another's stream
// takes nothing of that one's budget.
type framePair struct {
	stream frame.Stream
	from   netip.Addr
}

type pairBudget struct {
	first since // it was heard
	bothTokens
}

type bothTokens struct{ kept, passing tokens }

func (b *bothTokens) of(kept bool) *tokens {
	if kept {
		return &b.kept
	}
	return &b.passing
}

// frameBudget bounds what is carried from a LAN.
type frameBudget struct {
	pairs    *lru.Map[framePair, pairBudget]
	origins  *lru.Map[netip.Addr, bothTokens]
	new, all bothTokens
	again    tokens
}

func newFrameBudget() frameBudget {
	return frameBudget{pairs: lru.New[framePair, pairBudget](maxPairs), origins: lru.New[netip.Addr, bothTokens](maxOrigins)}
}

// allows takes one of all the budgets that a frame is of. That of its source is first: one
// that sends too much takes little of what is for all. Of streams that are new it is then
// their common one: as many as somebody makes up push out none that is known.
func (b *frameBudget) allows(now since, s frame.Stream, from netip.Addr, kept bool) bool {
	from = originOf(from)
	o, _ := b.origins.Ensure(from)
	if !o.of(kept).take(now, rateFor(kept, sourceKept, sourcePassing)) {
		return false
	}
	key := framePair{s, from}
	p := b.pairs.Get(key)
	if p == nil || now-p.first < newFor {
		if !b.new.of(kept).take(now, rateFor(kept, newKept, newPassing)) {
			return false
		}
		if p == nil {
			p, _ = b.pairs.Ensure(key)
			p.first = now
		}
	}
	return p.of(kept).take(now, rateFor(kept, streamKept, streamPassing)) &&
		b.all.of(kept).take(now, rateFor(kept, lanKept, lanPassing))
}

func rateFor(kept bool, forKept, forPassing rateOf) rateOf {
	if kept {
		return forKept
	}
	return forPassing
}

// originOf is whose budget an address counts against: of IPv6 beyond the link its /64.
func originOf(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if a.Is6() && !a.IsLinkLocalUnicast() {
		if p, err := a.Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return a
}
