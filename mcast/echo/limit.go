package echo

import (
	"net/netip"
	"time"
)

// bucket limits a rate: time fills it with tokens, and each datagram that passes
// takes one. In any t seconds at most rate*(t+slack)+1 pass.
type bucket struct {
	tokens float64
	at     time.Duration // the time of that level
}

// slack is the size of a full bucket, in seconds of its rate. A source that was
// quiet may send as much at once.
const slack = 0.2

// fill brings the bucket up to date and reports whether there is a token.
func (b *bucket) fill(now time.Duration, rate float64) bool {
	full := max(rate*slack, 1)
	b.tokens = min(b.tokens+rate*(now-b.at).Seconds(), full)
	b.at = now
	return b.tokens >= 1
}

// A source floods when more than floodFactor times its limit, and more than
// floodLeast, of its datagrams in one second get no answer. It is shut out for
// floodTime, and again if it goes on.
const (
	floodFactor = 10
	floodLeast  = 200
	floodTime   = 10 * time.Second
	maxFlooding = 16
)

// source is the state of an IPv4 address, an IPv6 network or a link-local
// address.
type source struct {
	bucket
	over   int           // datagrams without an answer
	second time.Duration // the beginning of the second that over counts
}

// sourceOf maps an address to the source that it belongs to. With IPv6 one host
// can use a whole network of 64 bits, so that network is one source. All hosts
// of a link share the link-local network, so there each address is one.
func sourceOf(a netip.Addr) netip.Prefix {
	bits := a.BitLen()
	if a.Is6() && !a.IsLinkLocalUnicast() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // it fails only for more bits than the address has
	return p
}

// floods counts a datagram without an answer, and reports whether its source
// floods.
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
