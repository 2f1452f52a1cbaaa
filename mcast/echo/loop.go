package echo

import "time"

// The rule that ends loops. A server that echoes us cannot be told from a
// client that sends the same payload as soon as it is answered, except by not
// answering: the client goes on by itself, a loop is over. Every datagram of a
// loop comes by once in a round trip, so that silence for longer than that
// ends all of them at once, however many were forged.
const (
	// patience is how long a peer may repeat itself, without a pause, before
	// it is met with silence for a while. Together with silence it is the
	// second within which a loop ends.
	patience = 750 * time.Millisecond
	// silence is longer than the round trip of a loop that ends by it.
	silence = 250 * time.Millisecond
	// trust is how long a peer is left alone that went on after the silence,
	// if it did so within resume. The silence is a twentieth of it.
	trust  = 5 * time.Second
	resume = 2 * time.Second
	// A peer that repeats itself with pauses longer than a silence is not
	// answered each time that it has done so slowRepeats times in a row.
	slowRepeats = 20
	// memory is how long a payload is remembered, and memorySize how many of
	// a peer: more than a source can have in flight by its limit.
	memory     = 10 * time.Second
	memorySize = 64
)

// peer is what is known of an address and port.
type peer struct {
	payloads [memorySize]payload
	next     int           // of payloads, the oldest
	since    time.Duration // when it began to repeat itself
	repeated time.Duration // when it did so last
	slow     int           // repeats in a row, each after a pause
	silent   time.Duration // it is not answered before
	trusted  time.Duration // it may repeat itself until
}

// payload is one that was heard, by its hash.
type payload struct {
	hash uint64
	at   time.Duration
}

// loops decides that a datagram is not answered, because it may be on its way
// in a circle. The time is since an hour or more before the first datagram, so
// that the zero time is long ago. Of a peer that is likely to be a server not
// even the first repeat is answered.
func (p *peer) loops(now time.Duration, hash uint64, server bool) bool {
	if now < p.silent {
		return true
	}
	if p.silent != 0 {
		again := peer{}
		if !server && now-p.silent <= resume {
			again.trusted = now + trust
		}
		*p = again
	}
	age := p.remember(hash, now)
	switch {
	case age > memory:
		p.slow = 0
		return false
	case server:
		p.silent = now + silence
		return true
	case age > silence:
		p.slow++
		if p.slow < slowRepeats {
			return false
		}
		p.slow = 0
		return true
	}
	if now-p.repeated > silence {
		p.since = now - age
	}
	p.repeated = now
	if now-p.since < patience || now < p.trusted {
		return false
	}
	p.silent = now + silence
	return true
}

// remember notes a payload and returns how long ago it was last heard; more
// than memory: never, or too long ago.
func (p *peer) remember(hash uint64, now time.Duration) time.Duration {
	for i := range p.payloads {
		if known := &p.payloads[i]; known.hash == hash && known.at != 0 {
			age := now - known.at
			known.at = now
			return age
		}
	}
	p.payloads[p.next] = payload{hash: hash, at: now}
	p.next = (p.next + 1) % memorySize
	return memory + 1
}
