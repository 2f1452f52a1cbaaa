package bridge

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/internal/lru"
)

const (
	sitesSoon     = 500 * time.Millisecond // at least from one SITES to the next
	sitesLeast    = 2 * time.Second        // at least, where nothing changed
	sitesMost     = 10 * time.Second       // at most
	maxHomes      = 1024                   // streams of which it is known where they are
	refsEach      = 40                     // streams in one SITES
	sitesFirst    = 4                      // sites that have room in it before streams do
	homeFor       = time.Minute            // a stream is at a site, once it was heard there
	homeMovesFrom = 10 * time.Second       // so long it was not heard there before another site may have it
)

// home is where a stream is.
type home struct {
	ref  frame.Ref
	site string // "": on this LAN
	at   since
	told bool // by a SITES
}

// homes is which streams are at which site, and when that is to be told.
type homes struct {
	streams *lru.Map[frame.Stream, home]
	states  []frame.SiteState
	away    bool
	changed bool
	last    since     // that a SITES was sent
	cursor  frame.Ref // the stream that was told last
	turn    int       // the site to begin with
}

// atHome takes in that a stream was heard, here (site "") or at a site. What others send
// again says nothing about where its author is: that is for passing frames.
func (c *FrameCarrier) atHome(now since, s frame.Stream, site string) {
	h := &c.homes
	if site != "" && !checkSiteName(site) {
		return
	}
	e, _ := h.streams.Ensure(s)
	if e.at == 0 || e.site != site {
		if e.at != 0 && e.site == "" && now-e.at < homeFor || e.site != site && e.at != 0 && site != "" && now-e.at < homeMovesFrom {
			return
		}
		h.changed = true // a newcomer on this LAN is told, too: it waits for a SITES
		*e = home{ref: s.Ref(), site: site}
	}
	e.at = now
}

// SetSites tells how the sites stand: which are here, which are away. Their streams are
// not looked at.
func (c *FrameCarrier) SetSites(now time.Time, sites []frame.SiteState) {
	c.at(now)
	var list []frame.SiteState
	for _, s := range sites {
		if len(list) < frame.MaxSites && s.Site != c.cfg.Site && checkSiteName(s.Site) {
			list = append(list, frame.SiteState{Site: s.Site, State: s.State})
		}
	}
	same := func(a, b frame.SiteState) bool { return a.Site == b.Site && a.State == b.State }
	if !slices.EqualFunc(list, c.homes.states, same) {
		c.homes.states, c.homes.changed = list, true
	}
}

// SetAway tells whether the hub is not reached.
func (c *FrameCarrier) SetAway(now time.Time, away bool) {
	c.at(now)
	c.homes.changed = c.homes.changed || away != c.homes.away
	c.homes.away = away
}

// checkSiteName reports whether SITES can name it.
func checkSiteName(name string) bool { return len(name) > 0 && len(name) <= frame.MaxSite }

// sitesDue is when the next SITES is due.
func (c *FrameCarrier) sitesDue() since {
	h := &c.homes
	if h.changed || h.last == 0 {
		return h.last + sitesSoon
	}
	return h.last + max(sitesLeast, min(sitesMost, c.helloEvery()))
}

// helloEvery is the time between two HELLOs of a member, in a large group (docs/protocol.md).
func (c *FrameCarrier) helloEvery() time.Duration {
	return time.Duration(c.conv.Crowd()) * 100 * time.Millisecond
}

// tellSites queues a SITES.
func (c *FrameCarrier) tellSites(now time.Time) {
	h := &c.homes
	h.last, h.changed = c.at(now), false
	if b := c.sitesBody(h.last); b != nil {
		_ = c.conv.Aside(now, b) // a name that is no text: nothing is told then
	}
}

// sitesBody is what is told next: as many streams as fit, those first that were not told
// yet, and the state of each site that finds room.
func (c *FrameCarrier) sitesBody(now since) *frame.Sites {
	h := &c.homes
	b := &frame.Sites{Site: c.cfg.Site, Away: h.away}
	if !checkSiteName(b.Site) {
		return nil
	}
	left := frame.MaxSize - c.room.Size(b) - 5
	place := map[string]int{}
	add := func(site string, state frame.SiteStatus) (int, bool) {
		if n, ok := place[site]; ok {
			return n, true
		}
		if cost := len(site) + 8; len(b.Others) < frame.MaxSites && cost <= left {
			left -= cost
			place[site] = len(b.Others)
			b.Others = append(b.Others, frame.SiteState{Site: site, State: state})
			return place[site], true
		}
		return 0, false
	}
	states := map[string]frame.SiteStatus{}
	for _, s := range h.states {
		states[s.Site] = s.State
	}
	some := func(most int) {
		for range min(most, len(h.states)) {
			s := h.states[h.turn%len(h.states)]
			if _, ok := add(s.Site, s.State); !ok {
				return
			}
			h.turn = (h.turn + 1) % len(h.states)
		}
	}
	some(sitesFirst)
	told := 0
	for _, e := range h.next(now) {
		const cost = 1 + len(frame.Ref{})
		if told == refsEach || cost > left {
			break
		}
		n, ok := add(e.site, states[e.site])
		if !ok || cost > left {
			break
		}
		left -= cost
		b.Others[n].Here = append(b.Others[n].Here, e.ref)
		if e.told {
			h.cursor = e.ref
		}
		e.told = true
		told++
	}
	some(len(h.states))
	for _, e := range h.streams.All() {
		h.changed = h.changed || e.site != "" && !e.told && now-e.at < homeFor
	}
	return b
}

// next is the streams at other sites, in the order in which they are told.
func (h *homes) next(now since) (list []*home) {
	for _, e := range h.streams.All() {
		if e.site != "" && now-e.at < homeFor {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b *home) int {
		switch {
		case a.told != b.told && !a.told:
			return -1
		case a.told != b.told:
			return 1
		}
		past := func(e *home) int { return -min(0, bytes.Compare(e.ref[:], h.cursor[:])-1) } // 0: after the cursor
		return cmp.Or(cmp.Compare(min(past(a), 1), min(past(b), 1)), bytes.Compare(a.ref[:], b.ref[:]))
	})
	return list
}

func newHomes() *lru.Map[frame.Stream, home] { return lru.New[frame.Stream, home](maxHomes) }
