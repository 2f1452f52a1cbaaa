package echo

import (
	"net/netip"
	"time"
)

// bucket lets so many through in a second: it fills with the time and is
// emptied by what passes. In any time of t seconds at most rate*(t+slack)+1
// pass.
type bucket struct {
	tokens float64
	at     time.Duration // when it held so many
}

// slack is what a bucket holds when it is full, in seconds of its rate: those
// who were quiet may send so much at once.
const slack = 0.2

// fill brings the bucket up to date and reports whether there is a token.
func (b *bucket) fill(now time.Duration, rate float64) bool {
	full := max(rate*slack, 1)
	b.tokens = min(b.tokens+rate*(now-b.at).Seconds(), full)
	b.at = now
	return b.tokens >= 1
}

// A source floods when, in a second, floodFactor times as much of what it
// sends gets no answer as might get one, and at least floodLeast. It is shut
// out for floodTime, and again if it goes on.
const (
	floodFactor = 10
	floodLeast  = 200
	floodTime   = 10 * time.Second
	maxFlooding = 16
)

// source is what is known of an address, or of an IPv6 network.
type source struct {
	bucket
	over   int           // datagrams without an answer
	second time.Duration // since when they are counted
}

// sourceOf is what counts as one source: an IPv4 address, and with IPv6 the
// network of 64 bits that one host can have for itself. On a link all hosts
// have the same one, so there it is the address.
func sourceOf(a netip.Addr) netip.Prefix {
	bits := a.BitLen()
	if a.Is6() && !a.IsLinkLocalUnicast() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // the error is for more bits than there are
	return p
}

// floods counts a datagram that gets no answer and reports whether it is one
// of a flood.
func (s *source) floods(now time.Duration, rate float64) bool {
	if now-s.second > time.Second {
		s.second, s.over = now, 0
	}
	s.over++
	return float64(s.over) > max(floodFactor*rate, floodLeast)
}

// flooder is a source that is shut out.
type flooder struct {
	source netip.Prefix
	until  time.Duration
}
