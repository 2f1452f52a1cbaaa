package stream

import "time"

// copyTime is how far apart the two arrivals of one datagram are at most.
const copyTime = 50 * time.Millisecond

// copies are the latest datagrams of a sender.
type copies struct {
	latest [16]arrival
	next   uint8
}

// arrival is a datagram in few bytes.
type arrival struct {
	content uint64
	last    uint32 // milliseconds
	bytes   uint16
	hops    uint8
	times   uint8
}

// compare counts a datagram that came a moment ago as well. One that comes a third
// time is no copy: the sender says the same again and again.
func (r *row) compare(d *Datagram, since time.Duration) {
	if r.copies == nil {
		r.copies = new(copies)
	}
	c, now := r.copies, uint32(since.Milliseconds())
	for n := range c.latest {
		a := &c.latest[n]
		if a.times == 0 || a.content != d.Content || a.bytes != uint16(d.Bytes) || int32(now-a.last) > int32(copyTime.Milliseconds()) {
			continue
		}
		if a.times < 4 {
			a.times++
		}
		switch a.times {
		case 2:
			r.Twice++
			r.TwiceHops = r.TwiceHops || a.hops != uint8(d.Hops)
		case 3:
			r.Twice--
		}
		a.last = now
		return
	}
	c.latest[c.next] = arrival{content: d.Content, last: now, bytes: uint16(d.Bytes), hops: uint8(d.Hops), times: 1}
	c.next = (c.next + 1) % uint8(len(c.latest))
}
