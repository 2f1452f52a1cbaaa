package members

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// What bridges tell of sites. Anybody may say that it is a bridge, and send from the port
// of bridges: what is told decides how members are shown, and never whether.
const (
	maxTellers = 4   // bridges of this LAN that are listened to; the others are not
	maxOthers  = 256 // sites that one of them tells of
	staleTime  = 3 * time.Minute
	doubleTime = 90 * time.Second
)

// sites is what bridges tell.
type sites struct {
	tellers []*teller // the one that was there first first
	marked  at        // that a passing frame came from the port of bridges; 0: none did
	doubled at        // that one came from there that had come by another way, or is our own
	back    at        // that one came so by the interface that it had come by, or left by
	backBy  netip.Addr
}

// teller is what one bridge of this LAN tells.
type teller struct {
	ref     frame.Ref
	ifIndex int // that it is heard by
	at      at
	site    string
	away    bool
	since   at // that it is away, or back
	changed bool
	others  map[string]*site
	streams map[frame.Ref]string
}

// site is what is told of another site.
type site struct {
	state   frame.SiteStatus
	at      at
	since   at   // that it is in this state
	changed bool // it was in another one
}

// Site is one site of those that bridges join, as the bridge of this LAN tells it. Its name
// comes from the network.
type Site struct {
	Name    string
	Here    bool // it is this one
	Away    bool // its bridge is not heard any more; of this one: it does not reach the others
	Joined  bool // its LAN is this one, joined by something else than bridges
	Since   time.Time
	Members int // that are at it, as far as that is told
}

// heardBridge takes in that a passing frame came from the port of bridges.
func (c *Conversation) heardBridge(x *stream, d *Datagram, again bool, now at) {
	if !frame.Marked(d.From) {
		return
	}
	s := &c.sites
	s.marked = now
	if !again {
		return
	}
	s.doubled = now
	same := d.IfIndex == x.ifIndex && x.heardAt != 0 && !frame.Marked(x.from)
	if x.self {
		same = d.IfIndex == c.ways.chosen
	}
	if same && d.IfIndex != 0 {
		s.back, s.backBy = now, d.From.Addr()
		if c.limits.tell(now, source(d.From.Addr()), noticeBack) {
			c.emit(CameBack{From: d.From.Addr()})
		}
	}
}

// Bridged reports whether frames come by a bridge: what plain text a bridge sends, one of
// them may bring too.
func (c *Conversation) Bridged(now time.Time) bool { return c.bridged(c.at(now)) }

func (c *Conversation) bridged(now at) bool {
	return c.sites.marked != 0 && now-c.sites.marked <= c.goneTime()
}

// Doubled reports whether bridges bring again what came here by another way: this host is
// on the LANs of several sites, or two of them are joined.
func (c *Conversation) Doubled(now time.Time) bool {
	return c.sites.doubled != 0 && c.at(now)-c.sites.doubled <= doubleTime
}

// heardSites takes in what a bridge of this LAN tells.
func (c *Conversation) heardSites(x *stream, b *frame.Sites, d *Datagram, now at) {
	if !frame.Marked(d.From) || !bridges(x) || !x.fresh(c) {
		return // it is no bridge, or a recording of one
	}
	s := &c.sites
	s.tellers = slices.DeleteFunc(s.tellers, func(t *teller) bool { return now-t.at > staleTime })
	n := slices.IndexFunc(s.tellers, func(t *teller) bool { return t.ref == x.ref })
	if n < 0 {
		if len(s.tellers) == maxTellers {
			return
		}
		n = len(s.tellers)
		s.tellers = append(s.tellers, &teller{ref: x.ref, others: map[string]*site{}, streams: map[frame.Ref]string{}, since: now})
	}
	t := s.tellers[n]
	if t.site == "" || t.away != b.Away {
		t.changed, t.since = t.site != "", now
	}
	t.at, t.ifIndex, t.site, t.away = now, d.IfIndex, b.Site, b.Away
	for i := range b.Others {
		c.toldOf(t, &b.Others[i], now)
	}
}

// toldOf takes in what a bridge tells of another site.
func (c *Conversation) toldOf(t *teller, o *frame.SiteState, now at) {
	if o.Site == t.site {
		return
	}
	other := t.others[o.Site]
	if other == nil {
		if len(t.others) >= maxOthers {
			return
		}
		other = &site{state: o.State, since: now}
		t.others[strings.Clone(o.Site)] = other
	}
	if other.state != o.State {
		other.state, other.since, other.changed = o.State, now, true
	}
	other.at = now
	for _, ref := range o.Here {
		if c.table.byRef[ref] != nil { // else there is nobody to be shown there
			t.streams[ref] = o.Site
		}
	}
	if len(t.streams) > MaxStreams {
		for ref := range t.streams {
			if c.table.byRef[ref] == nil {
				delete(t.streams, ref)
			}
		}
	}
}

// teller is the bridge of this LAN that is believed: of those that tell something now the
// one that was there first. nil: there is none.
func (c *Conversation) teller(now at) *teller {
	for _, t := range c.sites.tellers {
		if now-t.at <= c.goneTime() {
			return t
		}
	}
	return nil
}

// isTeller reports whether a stream is a bridge of this LAN.
func (c *Conversation) isTeller(x *stream, now at) bool {
	return slices.ContainsFunc(c.sites.tellers, func(t *teller) bool { return t.ref == x.ref && now-t.at <= staleTime })
}

// siteOf is at which site a stream is; "": that is not known. afar says that it is beyond a
// bridge.
func (c *Conversation) siteOf(x *stream, now at) (name string, afar bool) {
	t := c.teller(now)
	switch {
	case c.isTeller(x, now):
		for _, o := range c.sites.tellers {
			if o.ref == x.ref {
				return o.site, false
			}
		}
	case x.self || x.from.IsValid() && !frame.Marked(x.from):
		if t != nil {
			name = t.site
		}
		return name, false
	}
	if t != nil {
		if name = t.streams[x.ref]; name == "" && bridges(x) {
			name = x.nick
		}
		return name, name != t.site
	}
	if bridges(x) {
		name = x.nick
	}
	return name, x.from.IsValid()
}

// SiteOf is at which site a stream is, as a Member has it; "": that is not known. afar says
// that it is heard by a bridge.
func (c *Conversation) SiteOf(now time.Time, ref frame.Ref) (name string, afar bool) {
	x := c.table.byRef[ref]
	if x == nil {
		return "", false
	}
	return c.siteOf(x, c.at(now))
}

// Where is at which site something was said.
type Where uint8

// The places.
const (
	Somewhere Where = iota // it is not known
	AtThisSite
	AtAnotherSite
)

// where is at which site is who relays plain text. Of one that is no bridge nothing is
// believed: it may name any program.
func (c *Conversation) where(x *stream, now at) (site string, w Where) {
	if !bridges(x) {
		return "", Somewhere
	}
	t := c.teller(now)
	name, afar := c.siteOf(x, now)
	switch {
	case t == nil && !(x.from.IsValid() && !frame.Marked(x.from)), c.isTeller(x, now) && t != nil && name != t.site:
		return name, Somewhere // of two LANs that are joined both bridges are heard
	case afar:
		return name, AtAnotherSite
	}
	return name, AtThisSite
}

// sortBySite sorts streams by name, those that are here before those at other sites.
func (c *Conversation) sortBySite(list []*stream, now at) {
	if c.sites.marked == 0 {
		slices.SortFunc(list, byName)
		return
	}
	at := make(map[*stream]string, len(list))
	for _, x := range list {
		if name, afar := c.siteOf(x, now); afar {
			at[x] = "1" + name
		}
	}
	slices.SortFunc(list, func(a, b *stream) int { return cmp.Or(cmp.Compare(at[a], at[b]), byName(a, b)) })
}

// tellSites is all sites that are known, by name, the own one first.
func (c *Conversation) tellSites(now at) (list []Site) {
	t := c.teller(now)
	if t == nil {
		return nil
	}
	add := func(s Site, changed bool, since at) {
		if changed {
			s.Since = c.wall(since)
		}
		list = append(list, s)
	}
	for name, o := range t.others {
		if now-o.at > staleTime {
			continue
		}
		add(Site{Name: name, Away: o.state == frame.SiteAway, Joined: o.state == frame.SiteJoined}, o.changed, o.since)
	}
	for _, o := range c.sites.tellers { // of a LAN that is this one, unless this host is on both
		if n := slices.IndexFunc(list, func(s Site) bool { return s.Name == o.site }); n >= 0 && o.ifIndex == t.ifIndex && now-o.at <= c.goneTime() {
			list[n].Joined = true
		}
	}
	slices.SortFunc(list, func(a, b Site) int { return cmp.Compare(a.Name, b.Name) })
	own := Site{Name: t.site, Here: true, Away: t.away}
	if t.changed {
		own.Since = c.wall(t.since)
	}
	list = slices.Insert(list, 0, own)
	by := map[string]int{}
	for x := c.table.fresh.first; x != nil; x = x.next {
		if !bridges(x) {
			name, _ := c.siteOf(x, now)
			by[name]++
		}
	}
	by[t.site]++ // ourselves
	for n := range list {
		list[n].Members = by[list[n].Name]
	}
	return list
}
