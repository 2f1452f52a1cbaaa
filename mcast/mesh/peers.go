package mesh

import (
	"net/netip"
	"slices"

	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/members"
)

// peer is another member that measures, or did.
type peer struct {
	ref      frame.Ref
	who      members.Who
	nick     string // of its report
	heard    bool   // by its own HELLOs
	mesh     bool   // its last HELLO says that it measures
	alone    bool   // its last HELLO says that it hears nobody
	listed   bool   // it is, or was, a member
	gone     bool
	left     bool
	since    at // that it was first heard of
	goneAt   at
	endGuess at // when it ended, as far as others heard it
	last     at // a frame of it came
	proof    at // it named what was sent here lately
	from     netip.AddrPort
	by       int // ours, that its frames come by
	addrs    []netip.AddrPort
	off      at // of its clock
	upTo     uint64
	here     members.Presence

	hear hearing
	told tells
	uni  unicast
}

// speaks reports whether the member sends from an address.
func (p *peer) speaks(a netip.AddrPort) bool { return slices.Contains(p.addrs, plain(a)) }

func plain(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// ensure is the peer of a stream, a new one if need be. nil: there is no room.
func (e *Engine) ensure(ref frame.Ref, t at) *peer {
	if p := e.peers[ref]; p != nil {
		return p
	}
	if len(e.order) >= MaxPeers && !e.evict() {
		return nil
	}
	p := &peer{ref: ref, since: t, here: members.NotKnown}
	p.told.rows = map[frame.Ref]*told{}
	e.peers[ref] = p
	e.order = append(e.order, p)
	return p
}

// speaking takes in that a member sends from an address, as a frame of it shows. What
// was counted before that was known is counted.
func (e *Engine) speaking(p *peer, from netip.AddrPort, t at) {
	p.last = t
	a := plain(from)
	if i := slices.Index(p.addrs, a); i >= 0 {
		p.addrs = append(slices.Delete(p.addrs, i, i+1), a)
	} else {
		if len(p.addrs) >= maxSpeaking {
			p.addrs = slices.Delete(p.addrs, 0, 1)
		}
		p.addrs = append(p.addrs, a)
	}
	if u := e.unheard.Peek(p.ref); u != nil && !p.heard {
		if u.from == a && !p.hear.begun {
			e.strays -= u.n
			p.hear = u.hear
		}
		e.unheard.Delete(p.ref)
	}
	p.heard, p.mesh = true, true
}

// evict makes room: for one that was never a member, or is gone and was never measured, or
// is gone.
func (e *Engine) evict() bool {
	worth := func(p *peer) int {
		switch {
		case !p.listed && !p.mesh:
			return 0
		case !p.listed:
			return 1
		case p.gone && !p.hear.begun:
			return 2
		case p.gone:
			return 3
		}
		return 4
	}
	least := slices.MinFunc(e.order, func(a, b *peer) int {
		if d := worth(a) - worth(b); d != 0 {
			return d
		}
		return int(min(max(a.last-b.last, -1), 1))
	})
	if worth(least) == 4 {
		return false
	}
	e.forget(least)
	return true
}

func (e *Engine) forget(p *peer) {
	delete(e.peers, p.ref)
	e.order = slices.DeleteFunc(e.order, func(other *peer) bool { return other == p })
	for _, r := range p.told.rows {
		e.dropLine(r.line)
		e.rows--
	}
	for _, other := range e.order {
		if r := other.told.rows[p.ref]; r != nil {
			e.dropLine(r.line)
			e.rows--
			delete(other.told.rows, p.ref)
		}
	}
}

// hello takes in that a member is here.
func (e *Engine) hello(f *frame.Frame, b *frame.Hello, d *members.Datagram, t at) {
	ref := f.Stream.Ref()
	p := e.peers[ref]
	if b.Bits&frame.BitMesh == 0 {
		if p != nil {
			p.mesh = false
		}
		return
	}
	if p == nil {
		if p = e.ensure(ref, t); p == nil {
			return
		}
	}
	p.alone = b.Heard == 0
	e.speaking(p, d.From, t)
}

// leastDeaf is how many datagrams come of one that hears nobody before it is listed.
const leastDeaf = 3

// refresh looks up what the conversation knows of those that measure.
func (e *Engine) refresh(t at) {
	if t-e.refreshed < refreshTime && e.refreshed != 0 {
		return
	}
	e.refreshed = t
	var gone []*peer
	for _, p := range e.order {
		if !e.ending.frozen {
			p.hear.settle(t)
		}
		now, ok := e.conv.Peer(e.latest, p.ref)
		if !ok {
			now.Presence, now.Who = members.Gone, p.who
		}
		if p.who = now.Who; now.From.IsValid() {
			p.from, p.by, p.off = now.From, now.IfIndex, now.Off
		}
		p.upTo, p.here = now.UpTo, now.Presence
		p.left = now.Left
		was := p.listed
		fresh := now.Fresh || p.proof != 0 && t-p.proof <= silentTime ||
			// One that hears nobody can name nothing. A recording mostly names those who were there.
			now.Deaf && p.alone && p.hear.distinct >= leastDeaf ||
			// It may not hear us either, and was named by the user.
			len(e.cfg.Sources) > 0 && p.heard && e.asked(p) && t-p.last <= silentTime
		p.listed = was || fresh && p.mesh || !p.heard && e.vouched(p)
		here := fresh && p.mesh && !now.Left || !p.heard
		switch {
		case here:
			p.gone, p.goneAt = false, 0
		case p.listed && !p.gone:
			p.gone, p.goneAt = true, t
		}
		if p.gone && !p.hear.begun && len(p.told.rows) == 0 && e.toldOf(p.ref) == 0 {
			gone = append(gone, p) // it came and went, and nothing was measured
		}
	}
	for _, p := range gone {
		e.forget(p)
	}
}

// toldOf is how many of those that are heard tell of a stream.
func (e *Engine) toldOf(ref frame.Ref) (n int) {
	for _, p := range e.order {
		if p.listed && p.heard && p.told.rows[ref] != nil {
			n++
		}
	}
	return n
}

// vouched reports whether one of whom nothing came here but its report is a member of
// this measurement: another has heard it, and it has heard another.
func (e *Engine) vouched(p *peer) bool {
	if p.told.parts == 0 || e.toldOf(p.ref) == 0 {
		return false
	}
	for ref := range p.told.rows {
		if o := e.peers[ref]; e.own.is(ref) || o != nil && o.listed && o.heard {
			return true
		}
	}
	return false
}
