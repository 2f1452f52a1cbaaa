package bridge

import (
	"bytes"
	"hash/maphash"
	"net/netip"
	"time"
	"unicode/utf8"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/internal/lru"
)

const (
	relayHold   = 250 * time.Millisecond // of plain text from a source that is not known: a member's TEXT may come
	unledHold   = 3 * time.Second        // without a lease: another bridge may lead by then, and relays it
	twinFor     = 5 * time.Second        // a TEXT that came first counts
	maxHeld     = 256
	maxHeldSize = 1 << 20
	maxPlain    = 1024 // sources of plain text, and texts of members

	// numbered begins a datagram of a stream that is measured (docs/streams.md): of 50 a second
	// the history would have nothing else after 41 s.
	numbered = "\xfeGS"
)

// relays makes RELAYs of plain text that no member said.
type relays struct {
	seed  maphash.Seed
	known *lru.Map[netip.AddrPort, struct{}] // sources that said what no member did
	texts *lru.Map[saidBy, since]            // of members, lately
	held  []heldText
	bytes int
	pace  tokens
}

// saidBy is a text from an address. A member's plain text can have another port than its
// frames.
type saidBy struct {
	from netip.Addr
	hash uint64
}

type heldText struct {
	at    since
	due   since
	unled bool // see FrameCarrier.GoesOn
	from  netip.AddrPort
	by    saidBy
	on    int // the interface
	data  []byte
}

func newRelays() relays {
	return relays{
		seed:  maphash.MakeSeed(),
		known: lru.New[netip.AddrPort, struct{}](maxPlain),
		texts: lru.New[saidBy, since](maxPlain),
	}
}

func (r *relays) saidBy(from netip.AddrPort, data []byte) saidBy {
	return saidBy{from.Addr(), maphash.Bytes(r.seed, data)}
}

// said takes in a TEXT of a member of this LAN: plain text from there is the same line.
func (r *relays) said(now since, from netip.AddrPort, text string) {
	by := r.saidBy(from, []byte(text))
	for i, h := range r.held {
		if h.by == by {
			r.drop(i)
			return
		}
	}
	r.texts.Put(by, now+twinFor)
}

func (r *relays) drop(i int) {
	r.bytes -= len(r.held[i].data)
	r.held = append(r.held[:i], r.held[i+1:]...)
}

// Plain takes note of a datagram that came on the plain port and that the [Carrier] has
// carried: it becomes a RELAY where members are, unless a member said it.
func (c *FrameCarrier) Plain(now time.Time, d mcast.Datagram, leads bool) (v FrameVerdict) {
	t := c.at(now)
	from := plain(d.From)
	r := &c.relays
	c.lead(now, leads)
	if !leads || len(d.Data) == 0 || from.Port() == Mark || !c.conv.Sounds(now, frame.BitBridge) || c.conv.Speaks(now, from) {
		return v
	}
	if _, err := frame.Parse(d.Data); err == nil || bytes.HasPrefix(d.Data, []byte(numbered)) {
		return v
	}
	by := r.saidBy(from, d.Data)
	if until := r.texts.Peek(by); until != nil {
		twin := t < *until
		if r.texts.Delete(by); twin {
			return v
		}
	}
	h := heldText{at: t, due: t, unled: c.unled != 0, from: from, by: by, on: d.IfIndex, data: d.Data}
	waits := r.known.Get(from) == nil || h.unled
	for i := range r.held {
		waits = waits || r.held[i].from == from
	}
	if !waits {
		v.Why = c.relay(now, h)
		return v
	}
	if len(r.held) >= maxHeld || r.bytes+len(d.Data) > maxHeldSize {
		return FrameVerdict{Why: Limited}
	}
	h.due, h.data = t+relayHold, append([]byte(nil), d.Data...)
	if h.unled {
		h.due = t + unledHold
	}
	r.held = append(r.held, h)
	r.bytes += len(h.data)
	return v
}

// relayHeld makes RELAYs of what waited long enough, or of all. What waited for very long
// is dropped: this bridge was stopped. So is, of all, what another bridge may relay.
func (c *FrameCarrier) relayHeld(now time.Time, all bool, v *FrameVerdict) {
	r := &c.relays
	for t := c.at(now); len(r.held) > 0 && (all || r.held[0].due <= t); {
		h := r.held[0]
		r.drop(0)
		if c.silent || all && h.unled || c.conv.Speaks(now, h.from) {
			continue
		}
		why := Late
		if t-h.due < lateAfter {
			why = c.relay(now, h)
		}
		if why != "" {
			v.Untold = append(v.Untold, why)
		}
	}
}

// relay says what somebody said who signs no frames.
func (c *FrameCarrier) relay(now time.Time, h heldText) Why {
	r := &c.relays
	if c.cfg.Rate > 0 {
		burst := float64(c.cfg.Burst)
		if burst <= 0 {
			burst = DefaultBurst
		}
		if !r.pace.take(c.at(now), rateOf{c.cfg.Rate, burst}) {
			return Limited
		}
	}
	r.known.Put(h.from, struct{}{})
	for _, b := range c.relayParts(now, h) {
		if _, err := c.conv.Keep(now, b); err != nil {
			return TooLong // of more parts than there may be
		}
	}
	return ""
}

// relayParts is the RELAYs of a text: one, unless it does not fit.
func (c *FrameCarrier) relayParts(now time.Time, h heldText) (list []*frame.Relay) {
	b := frame.Relay{Time: uint64(max(0, now.Add(h.at-c.latest).UnixMilli())), Source: h.from, Interface: c.nameOf(h.on)}
	text := utf8.Valid(h.data)
	fill := func(b frame.Relay, data []byte) *frame.Relay {
		if text {
			b.Text = string(data)
		} else {
			b.Data = append([]byte(nil), data...)
		}
		return &b
	}
	if len(h.data) <= frame.MaxText {
		for _, name := range []string{b.Interface, ""} {
			b.Interface = name
			if whole := fill(b, h.data); c.room.Size(whole) <= frame.MaxSize {
				return []*frame.Relay{whole}
			}
		}
	}
	if len(h.data) > 60*1000 {
		b.Interface = ""
	}
	b.Part, b.Parts = 64, 64
	most := min(frame.MaxText, frame.MaxSize-c.room.Size(&b)-3) // a length of three bytes, not of one
	for rest := h.data; len(rest) > 0; {
		n := min(most, len(rest))
		for text && n < len(rest) && !utf8.RuneStart(rest[n]) {
			n--
		}
		list = append(list, fill(b, rest[:n]))
		rest = rest[n:]
	}
	for i, p := range list {
		p.Part, p.Parts = uint64(i+1), uint64(len(list))
	}
	return list
}
