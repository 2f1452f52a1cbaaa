package record

import (
	"hash/maphash"
	"net/netip"
	"time"
)

// maxLate is how long after its send the copy of a datagram is still taken for one.
const maxLate = 10 * time.Second

// maxSights is how many datagrams of a capture are remembered at once, whose other
// half may come.
const maxSights = 4096

// Copies finds the copies of own sends in a capture: a datagram that a host sent to a
// group that it has joined is there as it was sent and as the kernel gave it back. The
// zero Copies has seen nothing. It is for one goroutine.
//
// Only what groupcast recorded at sockets is looked at (see [Create]): a capture
// of frames has no such copy, and a datagram that comes back there was on a wire.
type Copies struct {
	seed   maphash.Seed
	recent []*sight // the oldest first
	by     map[sightKey]*sights
}

// sightKey is what a send and its copy have in common.
type sightKey struct {
	from, to netip.AddrPort
	hash     uint64 // of the payload
	size     int
}

// sights are those of one key whose other half has not come, each in the order of the
// capture.
type sights struct{ sent, came []*sight }

type sight struct {
	key sightKey
	at  time.Time
	out bool
}

// Again reports whether a datagram of the capture was there already: it is the
// copy of a send that was given before, or, as a recorder may learn of a send
// after its copy, the send whose copy was given before. Each send has one copy,
// which has the same addresses, ports and payload, and comes within 10 s after
// it. At most the last 4,096 datagrams are remembered. The Packet's data is not
// kept.
func (c *Copies) Again(p Packet) bool {
	if !p.Synthesised {
		return false
	}
	if c.by == nil {
		c.seed, c.by = maphash.MakeSeed(), map[sightKey]*sights{}
	}
	key := sightKey{p.From, p.To, maphash.Bytes(c.seed, p.Data), len(p.Data)}
	of := c.by[key]
	if of == nil {
		of = &sights{}
		c.by[key] = of
	}
	others, own := &of.sent, &of.came
	if p.Out {
		others, own = own, others
	}
	for len(*others) > 0 {
		first := (*others)[0]
		late := p.At.Sub(first.at) // of the copy
		if p.Out {
			late = -late
		}
		fits := late >= 0 && late <= maxLate
		if !fits && p.Out == (late > maxLate) {
			break // it and those behind it are later than what this one belongs to
		}
		(*others)[0] = nil
		*others = (*others)[1:]
		if fits {
			c.tidy(key)
			return true
		}
	}
	s := &sight{key, p.At, p.Out}
	*own = append(*own, s)
	c.recent = append(c.recent, s)
	if len(c.recent) > maxSights {
		c.forget(c.recent[0])
		c.recent[0] = nil
		c.recent = c.recent[1:]
	}
	return false
}

// forget lets go of the oldest sight, which may have found its other half.
func (c *Copies) forget(s *sight) {
	of := c.by[s.key]
	if of == nil {
		return
	}
	list := &of.came
	if s.out {
		list = &of.sent
	}
	if len(*list) > 0 && (*list)[0] == s { // all before it were forgotten before
		(*list)[0] = nil
		*list = (*list)[1:]
	}
	c.tidy(s.key)
}

func (c *Copies) tidy(key sightKey) {
	if of := c.by[key]; len(of.sent)+len(of.came) == 0 {
		delete(c.by, key)
	}
}
