package mesh

import (
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/internal/lru"
	"github.com/groupcast/groupcast/mcast/members"
)

// Probes, in numbers of docs/protocol.md.
const (
	provenTime  = 5 * time.Minute  // an address is, by the echo of a nonce
	echoTime    = 10 * time.Second // that is not older
	refusedTime = 10 * time.Minute
	nonceTime   = time.Minute // in which a nonce is answered once
	freeTries   = 3           // of an address that is not proven
	triesApart  = time.Minute // after them
	onLinkTimes = 10          // as many to addresses of the interface's networks
	provenApart = time.Second // of one member
	probesApart = 100 * time.Millisecond
	answerTime  = 2 * time.Second // that an answer waits
	firstProbe  = 2 * time.Second
	maxHeld     = 1<<32 - 1 // us, so that an answer is no longer than a question
	fill        = 9         // bytes by which an answer may be longer
	maxTrips    = 64        // round trips of a member that are remembered
)

// probes is what is asked and answered, and the budgets for it.
type probes struct {
	addrs   *lru.Map[netip.Addr, addr]
	nonces  *lru.Map[[8]byte, at]
	answers []answer
	free    [2]at // when one that is not proven may go: off the link, on it
	proven  at    // when one that is proven may be asked
	cursor  int
}

// addr is what probes to an address brought.
type addr struct {
	tries   int
	last    at
	proven  at // until then
	refused at // until then
}

type answer struct {
	p     *peer
	nonce [8]byte
	at    at
	size  int
}

// unicast is the way back to a member.
type unicast struct {
	sent, answered uint64
	nonce          [8]byte
	to             netip.AddrPort
	at             at // of the question that is open; 0: none is
	next           at
	refused        bool
	trips          []at
	n              int
}

func newProbes() probes {
	return probes{addrs: lru.New[netip.Addr, addr](maxAddrs), nonces: lru.New[[8]byte, at](maxNonces)}
}

// onLink reports whether an address is of a network of the interface that heard it.
func (e *Engine) onLink(a netip.Addr, ifIndex int) bool {
	return a.IsLinkLocalUnicast() || e.cfg.OnLink != nil && e.cfg.OnLink(a.Unmap().WithZone(""), ifIndex)
}

// budgetOf is whose tries an address counts with: off the link an IPv6 one with its /64.
func budgetOf(a netip.Addr, onLink bool) netip.Addr {
	a = a.Unmap().WithZone("")
	if a.Is6() && !onLink {
		if p, err := a.Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return a
}

// asks reports whether a member may be asked, or answered: one that is here, measures
// and hears us.
func (p *peer) asks() bool {
	return p.listed && p.heard && p.mesh && !p.gone && p.here == members.Live && p.from.IsValid()
}

// allowed is when a probe may go to a member; a later time: not now.
func (e *Engine) allowed(p *peer, t at) (when at, a *addr, proven bool, link int) {
	b := &e.probes
	on := e.onLink(p.from.Addr(), p.by)
	if on {
		link = 1
	}
	a, _ = b.addrs.Ensure(budgetOf(p.from.Addr(), on))
	when = max(t, a.refused)
	if t < a.proven {
		return when, a, true, link
	}
	when = max(when, b.free[link])
	if a.tries >= freeTries {
		when = max(when, a.last+perMember(triesApart, 100*time.Millisecond, e.conv.Crowd()))
	}
	return when, a, false, link
}

// spent takes in that a probe went.
func (e *Engine) spent(a *addr, proven bool, link int, t at) {
	if proven {
		return
	}
	apart := perMember(time.Second, 100*time.Millisecond, e.conv.Crowd())
	if link == 1 {
		apart /= onLinkTimes
	}
	e.probes.free[link] = t + apart
	a.tries++
	a.last = t
}

// probe answers, then asks, as far as the budgets go.
func (e *Engine) probe(t at) (next at) {
	b := &e.probes
	next = forever
	if e.cfg.NoProbes {
		return next
	}
	var blocked [2]bool // an answer waits for that budget: no question goes before it
	b.answers = slices.DeleteFunc(b.answers, func(n answer) bool {
		if t-n.at > answerTime || !n.p.asks() {
			return true
		}
		when, a, proven, link := e.allowed(n.p, t)
		if when > t {
			if when <= n.at+answerTime {
				next = min(next, when)
				blocked[link] = blocked[link] || !proven
			}
			return when > n.at+answerTime
		}
		if e.answer(&n, t) {
			e.spent(a, proven, link, t)
		}
		return true
	})
	if t < time.Hour+firstProbe {
		return min(next, time.Hour+firstProbe)
	}
	if e.ending.at != 0 {
		return next
	}
	pair := max(provenApart, at(e.crowd())*time.Second/10)
	for i := range e.order {
		p := e.order[(b.cursor+i)%len(e.order)]
		if !p.asks() {
			continue
		}
		if p.uni.next > t {
			next = min(next, p.uni.next)
			continue
		}
		when, a, proven, link := e.allowed(p, t)
		if proven {
			when = max(when, b.proven)
		} else if blocked[link] {
			continue
		}
		if when > t {
			next = min(next, when)
			continue
		}
		e.ask(p, t)
		e.spent(a, proven, link, t)
		p.uni.next = t + pair
		b.proven = t + probesApart
		b.cursor = (b.cursor + i + 1) % len(e.order)
		return t + 1
	}
	return next
}

func (e *Engine) nonce() (n [8]byte) {
	for n == [8]byte{} {
		n = [8]byte(refOf(e.cfg.Random.Uint64()))
	}
	return n
}

// leavesBy is the interface by which unicast leaves: the kernel's choice where it has one.
func (p *peer) leavesBy() int {
	if p.from.Addr().IsLinkLocalUnicast() {
		return p.by
	}
	return 0
}

func (e *Engine) ask(p *peer, t at) {
	u := &p.uni
	nonce := e.nonce()
	if e.conv.Direct(e.latest, &frame.Probe{Nonce: nonce, To: p.ref, Fill: fill}, p.from, p.leavesBy()) != nil {
		return
	}
	u.nonce, u.at, u.to = nonce, t, p.from
	u.sent++
}

// answer sends an answer, which is no longer than the question was.
func (e *Engine) answer(n *answer, t at) bool {
	b := &frame.Probe{Nonce: e.nonce(), Echo: &n.nonce, Held: uint64(min((t-n.at)/time.Microsecond, maxHeld)), To: n.p.ref}
	if e.conv.Room().Size(b) > n.size {
		return false
	}
	return e.conv.Direct(e.latest, b, n.p.from, n.p.leavesBy()) == nil
}

// takeProbe takes in a question, or an answer.
func (e *Engine) takeProbe(f *frame.Frame, q *frame.Probe, size int, t at) {
	p := e.peers[f.Stream.Ref()]
	if p == nil || !p.heard || e.cfg.NoProbes || q.To != e.own.ref {
		return
	}
	b := &e.probes
	if q.Echo == nil {
		if seen := b.nonces.Get(q.Nonce); seen != nil && t-*seen < nonceTime || len(b.answers) >= maxAnswers || !p.asks() {
			return
		}
		b.nonces.Put(q.Nonce, t)
		b.answers = append(b.answers, answer{p: p, nonce: q.Nonce, at: t, size: size})
		return
	}
	u := &p.uni
	if u.at == 0 || *q.Echo != u.nonce || t-u.at > echoTime {
		return
	}
	a, _ := b.addrs.Ensure(budgetOf(u.to.Addr(), e.onLink(u.to.Addr(), p.by)))
	a.proven, a.tries = t+provenTime, 0
	trip := max(0, t-u.at-at(min(q.Held, maxHeld))*time.Microsecond)
	u.at, u.refused = 0, false
	u.answered++
	if len(u.trips) < maxTrips {
		u.trips = append(u.trips, trip)
	} else {
		u.trips[u.n%maxTrips] = trip
	}
	u.n++
}

// Refused takes in that a host said by ICMP that nobody is at an address and port.
func (e *Engine) Refused(now time.Time, to netip.AddrPort) {
	t := e.begin(now)
	for _, p := range e.order {
		if e.ending.at != 0 || p.told.done || p.left { // it ended, and its socket is closed
			continue
		}
		if p.uni.to.IsValid() && plain(p.uni.to) == plain(to) {
			a, _ := e.probes.addrs.Ensure(budgetOf(to.Addr(), e.onLink(to.Addr(), p.by)))
			a.refused, a.proven = t+refusedTime, 0
			p.uni.refused = true
		}
	}
}

// known is what is known of the way back, at a time.
func (u *unicast) known(t at) Unicast {
	out := Unicast{Sent: u.sent, Answered: u.answered, Refused: u.refused}
	if u.at != 0 && t-u.at < time.Second && out.Sent > 0 {
		out.Sent-- // the answer may come
	}
	if len(u.trips) > 0 {
		list := slices.Clone(u.trips)
		slices.Sort(list)
		out.RoundTrip = list[len(list)/2]
	}
	return out
}
