package echo

import (
	"bytes"
	"time"
)

// The rule that ends loops. An echo server that answers our answers looks like a
// client that sends the same payload again as soon as it has an answer. Only
// silence tells them apart: the client goes on by itself, and the loop ends.
// Each datagram of a loop passes here once in a round trip. So a silence longer
// than the round trip ends all of them, however many were forged.
const (
	// patience is how long a peer may repeat itself without a pause. Then it
	// gets no answer for the time of silence. The two make the second within
	// which a loop ends.
	patience = 750 * time.Millisecond
	// silence is longer than the round trip of a loop that ends by it.
	silence = 250 * time.Millisecond
	// A peer that goes on within resume after the end of its silence is a client.
	// For the time of trust it may repeat itself. The silence is a twentieth of
	// that.
	trust  = 5 * time.Second
	resume = 2 * time.Second
	// A peer that repeats itself with pauses longer than a silence gets no
	// answer to each slowRepeats-th repeat in a row.
	slowRepeats = 20
	// A payload is remembered for the time of memory, and memorySize payloads of
	// a peer. Within the time of hold none is forgotten for a new one: it may be
	// on its way in a circle. So some datagrams of a loop are known again,
	// however many there are.
	memory     = 10 * time.Second
	memorySize = 64
	hold       = time.Second
)

// peer is the state of an address and port.
type peer struct {
	payloads [memorySize]payload
	marks    [memorySize]byte // a byte of the hash of each: most payloads are new, and one look finds none like them
	next     int              // index of the payload to forget next
	since    time.Duration    // when it began to repeat itself
	repeated time.Duration    // when it last repeated itself
	slow     int              // repeats in a row, each after a pause
	silent   time.Duration    // the end of its silence; 0: none
	trusted  time.Duration    // the end of its trust
}

// payload is the hash of a payload and when it was last heard.
type payload struct {
	hash uint64
	at   time.Duration
}

// loops reports whether a datagram gets no answer because it may be on its way
// in a circle. A peer that is likely to be a server gets no answer to its first
// repeat already. now counts from an hour or more before the first datagram, so
// that the zero time is long ago.
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

// remember notes a payload, if there is room, and returns its age: the time
// since it was last heard. An age of more than memory means never, or too long
// ago.
func (p *peer) remember(hash uint64, now time.Duration) time.Duration {
	mark := byte(hash)
	for i := 0; i < memorySize; i++ {
		like := bytes.IndexByte(p.marks[i:], mark)
		if like < 0 {
			break
		}
		i += like
		if known := &p.payloads[i]; known.hash == hash && known.at != 0 {
			age := now - known.at
			known.at = now
			return age
		}
	}
	if old := &p.payloads[p.next]; now-old.at > hold {
		*old, p.marks[p.next] = payload{hash: hash, at: now}, mark
	}
	p.next = (p.next + 1) % memorySize
	return memory + 1
}
