package bridge

import (
	"time"

	"golang.org/x/time/rate"
)

const (
	maxStreams = 1024 // sequences, and buckets of sites
	maxName    = 128  // bytes of a site's or a bridge's name
)

// stream names the sequence of a bridge at one of its sites.
type stream struct{ site, bridge string }

type position struct {
	seq uint64
	at  time.Time // last heard
}

type bucket struct {
	*rate.Limiter
	at time.Time // last used
}

// newBucket bounds datagrams; nil: no bound.
func newBucket(perSecond float64, burst int) *rate.Limiter {
	if perSecond <= 0 {
		return nil
	}
	if burst <= 0 {
		burst = DefaultBurst
	}
	return rate.NewLimiter(rate.Limit(perSecond), burst)
}

// isNew is true of a message whose sequence is above the last of its stream.
func (c *Carrier) isNew(now time.Time, m Message) bool {
	key := stream{m.Site, m.Bridge}
	last, ok := c.streams[key]
	if ok && m.Seq <= last.seq {
		return false
	}
	if !ok && len(c.streams) >= maxStreams {
		dropOldest(c.streams, func(p position) time.Time { return p.at })
	}
	c.streams[key] = position{m.Seq, now}
	return true
}

// allows takes one from the bucket of a site.
func (c *Carrier) allows(now time.Time, site string) bool {
	if c.cfg.Rate <= 0 {
		return true
	}
	b, ok := c.buckets[site]
	if !ok {
		if len(c.buckets) >= maxStreams {
			dropOldest(c.buckets, func(b bucket) time.Time { return b.at })
		}
		b.Limiter = newBucket(c.cfg.Rate, c.cfg.Burst)
	}
	b.at = now
	c.buckets[site] = b
	return b.AllowN(now, 1)
}

// dropOldest removes the entry with the oldest time.
func dropOldest[K comparable, V any](m map[K]V, at func(V) time.Time) {
	var oldest K
	var when time.Time
	for k, v := range m {
		if t := at(v); when.IsZero() || t.Before(when) {
			oldest, when = k, t
		}
	}
	delete(m, oldest)
}
