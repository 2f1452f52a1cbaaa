package stream

import "time"

// copyTime is how far apart the two arrivals of one datagram are at most.
const copyTime = 50 * time.Millisecond

// copies are the latest datagrams of a sender.
type copies struct {
	latest [16]arrival
	next   int
}

type arrival struct {
	content uint64
	last    time.Time
	bytes   int
	hops    int
	times   int
}

// compare counts a datagram that came a moment ago as well. One that comes a third
// time is no copy: the sender says the same again and again.
func (r *row) compare(d Datagram) {
	c := &r.copies
	for n := range c.latest {
		a := &c.latest[n]
		if a.times == 0 || a.content != d.Content || a.bytes != d.Bytes || d.At.Sub(a.last) > copyTime {
			continue
		}
		switch a.times++; a.times {
		case 2:
			r.Twice++
			r.TwiceHops = r.TwiceHops || a.hops != d.Hops
		case 3:
			r.Twice--
		}
		a.last = d.At
		return
	}
	c.latest[c.next] = arrival{content: d.Content, last: d.At, bytes: d.Bytes, hops: d.Hops, times: 1}
	c.next = (c.next + 1) % len(c.latest)
}
