package doctor

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/frame"
)

// Bounds of what is taken in of bridges: a signature takes some 50 µs to check, and anybody
// can send from the port of bridges.
const (
	maxTellers = 4
	maxTold    = 256 // other sites, of each of them
	mostChecks = 8   // SITES of a second
)

// siteNews is what bridges tell of sites in an open room, while somebody looks beside.
type siteNews struct {
	room    *frame.Room
	bridges []*tellingBridge // the one that was heard first first
	begun   time.Time        // the second that is counted
	checks  int
}

// tellingBridge is one bridge, and what it tells.
type tellingBridge struct {
	stream  frame.Stream
	ifIndex int
	last    time.Time
	own     MembersSite
	others  map[string]MembersSite
}

// newSiteNews reads what is told to a group without a key.
func newSiteNews(g mcast.Group) siteNews {
	return siteNews{room: frame.OpenRoom(netip.AddrPortFrom(g.Addr.Unmap().WithZone(""), g.Port).String())}
}

// hear takes in a frame, if it is a bridge's SITES.
func (t *siteNews) hear(from netip.AddrPort, ifIndex int, data []byte, at time.Time) {
	h, err := frame.Parse(data)
	if err != nil || h.Kind != frame.KindSites || !frame.Marked(from) || t.room == nil {
		return
	}
	if at.Sub(t.begun) >= time.Second || at.Before(t.begun) {
		t.begun, t.checks = at, 0
	}
	if t.checks++; t.checks > mostChecks {
		return
	}
	f, err := t.room.Decode(data)
	if err != nil {
		return // of a sealed room, or of nobody
	}
	b, ok := f.Body.(*frame.Sites)
	if !ok {
		return
	}
	t.bridges = slices.DeleteFunc(t.bridges, func(o *tellingBridge) bool { return at.Sub(o.last) > frameTime })
	n := slices.IndexFunc(t.bridges, func(o *tellingBridge) bool { return o.stream == h.Stream })
	if n < 0 {
		if len(t.bridges) == maxTellers {
			return
		}
		n = len(t.bridges)
		t.bridges = append(t.bridges, &tellingBridge{stream: h.Stream, others: map[string]MembersSite{}})
	}
	one := t.bridges[n]
	one.take(b, at)
	one.last, one.ifIndex = at, ifIndex
}

// take takes in what it tells now. Times are kept of what changed meanwhile.
func (b *tellingBridge) take(s *frame.Sites, at time.Time) {
	own := MembersSite{Name: s.Site, Here: true, Away: s.Away, Since: b.own.Since}
	if b.own.Name != "" && own.Away != b.own.Away {
		own.Since = at
	}
	b.own = own
	for _, o := range s.Others {
		before, known := b.others[o.Site]
		if o.Site == s.Site || !known && len(b.others) == maxTold {
			continue
		}
		now := MembersSite{Name: o.Site, Away: o.State == frame.SiteAway, Joined: o.State == frame.SiteJoined, Since: before.Since}
		if known && (now.Away != before.Away || now.Joined != before.Joined) {
			now.Since = at
		}
		b.others[o.Site] = now
	}
}

// sites is what the bridge tells that is believed: of those heard since a time the one that
// was heard first. The site of another one that is heard by the same interface is joined.
func (t *siteNews) sites(since time.Time) (list []MembersSite) {
	var of *tellingBridge
	for _, b := range t.bridges {
		if b.last.Before(since) {
			continue
		}
		if of == nil {
			of = b
			for _, o := range b.others {
				list = append(list, o)
			}
			continue
		}
		if n := slices.IndexFunc(list, func(s MembersSite) bool { return s.Name == b.own.Name }); n >= 0 && b.ifIndex == of.ifIndex {
			list[n].Joined = true
		}
	}
	if of == nil {
		return nil
	}
	slices.SortFunc(list, func(a, b MembersSite) int { return cmp.Compare(a.Name, b.Name) })
	return slices.Insert(list, 0, of.own)
}
