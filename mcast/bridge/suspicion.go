package bridge

import (
	"hash/maphash"
	"net/netip"
	"time"
)

const (
	memory       = time.Second // so long a payload is remembered
	maxPayloads  = 4096        // remembered payloads of a group
	suspicionFor = 10 * time.Second
	suspicions   = 3   // in suspicionFor: a probe
	manyRepeats  = 200 // in suspicionFor: said
)

// origin is where a payload came from: a sender on this LAN ("" is its site), or one on
// another site's.
type origin struct {
	site string
	from netip.AddrPort
}

// payload is what is remembered of one.
type payload struct {
	at     time.Time // last seen
	first  origin
	sends  int // how often it was carried from here or sent again in this LAN
	copies int // how often a copy of it was dropped
}

// payloads remembers hashes of payloads for a second, at most maxPayloads. A hash alone
// never drops anything.
type payloads struct {
	seed     maphash.Seed
	now, old map[uint64]payload // seen since turned, and in the time before
	turned   time.Time
}

func newPayloads() payloads {
	return payloads{seed: maphash.MakeSeed(), now: make(map[uint64]payload), old: make(map[uint64]payload)}
}

func (p *payloads) hash(data []byte) uint64 { return maphash.Bytes(p.seed, data) }

// get is what is remembered of h; false: nothing.
func (p *payloads) get(now time.Time, h uint64) (payload, bool) {
	e, ok := p.now[h]
	if !ok {
		e, ok = p.old[h]
	}
	return e, ok && now.Sub(e.at) < memory
}

// put remembers e for another second.
func (p *payloads) put(now time.Time, h uint64, e payload) {
	if now.Sub(p.turned) >= memory || len(p.now) >= maxPayloads/2 {
		p.now, p.old = p.old, p.now
		clear(p.now)
		p.turned = now
	}
	e.at = now
	p.now[h] = e
}

// see remembers that the payload came from o. It is true if it came from another origin
// within a second before: that is what a loop looks like, and honest repeats too.
func (p *payloads) see(now time.Time, h uint64, o origin, sent bool) (suspicious bool) {
	e, ok := p.get(now, h)
	if !ok {
		e = payload{first: o}
	}
	if sent {
		e.sends++
	}
	p.put(now, h, e)
	return e.first != o
}

// takeCopy is true if the payload was sent within a second: more often than copies of it
// were taken, so that a reflector can have brought this one, or just at all.
func (p *payloads) takeCopy(now time.Time, h uint64, anyNumber bool) bool {
	e, ok := p.get(now, h)
	if !ok || e.sends == 0 || e.copies >= e.sends && !anyNumber {
		return false
	}
	e.copies++
	p.put(now, h, e)
	return true
}

// doubts are the times of the last suspicions.
type doubts struct {
	at   [manyRepeats]time.Time
	next int
}

func (d *doubts) add(now time.Time) {
	d.at[d.next] = now
	d.next = (d.next + 1) % len(d.at)
}

// within is true if the last n suspicions were in suspicionFor.
func (d *doubts) within(now time.Time, n int) bool {
	t := d.at[(d.next-n+len(d.at))%len(d.at)]
	return !t.IsZero() && now.Sub(t) < suspicionFor
}

// last is the time of the last suspicion; zero: none.
func (d *doubts) last() time.Time { return d.at[(d.next-1+len(d.at))%len(d.at)] }
