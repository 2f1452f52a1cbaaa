package bridge

import "time"

// What is sent into a LAN of the frames of sites: so many a second at most, so that no
// socket there overflows, of each site in turn.
var intoLAN = rateOf{1000, 64}

// Bounds of what waits for that.
const (
	maxInbox      = 8192
	maxInboxBytes = 8 << 20
	maxInboxSites = 1024
)

// frameInbox is what waits to be sent into the LAN, of each site in its order.
type frameInbox struct {
	sites map[string]*[]Parcel
	turns []string // sites of which something waits
	n     int
	bytes int
	pace  tokens
}

// waits reports whether something of a site does.
func (b *frameInbox) waits(site string) bool { return b.sites[site] != nil }

// put adds a parcel. Where there is no room, it is not taken, or the oldest of the site of
// which most waits are cut.
func (b *frameInbox) put(p Parcel) (cut []Parcel, ok bool) {
	if b.sites == nil {
		b.sites = map[string]*[]Parcel{}
	}
	q := b.sites[p.Site]
	if q == nil {
		if len(b.sites) >= maxInboxSites {
			return nil, false
		}
		q = &[]Parcel{}
		b.sites[p.Site] = q
		b.turns = append(b.turns, p.Site)
	}
	*q = append(*q, p)
	b.n++
	b.bytes += len(p.Data)
	for b.n > maxInbox || b.bytes > maxInboxBytes {
		longest := p.Site
		for _, site := range b.turns {
			if len(*b.sites[site]) > len(*b.sites[longest]) {
				longest = site
			}
		}
		cut = append(cut, b.cut(longest))
	}
	return cut, true
}

// cut removes the first of a site.
func (b *frameInbox) cut(site string) Parcel {
	q := b.sites[site]
	p := (*q)[0]
	(*q)[0] = Parcel{}
	*q = (*q)[1:]
	b.n--
	b.bytes -= len(p.Data)
	if len(*q) == 0 {
		delete(b.sites, site)
		for i, s := range b.turns {
			if s == site {
				b.turns = append(b.turns[:i], b.turns[i+1:]...)
				break
			}
		}
	}
	return p
}

// take is the next one, if the pace allows.
func (b *frameInbox) take(now since) (p Parcel, ok bool) {
	if b.n == 0 || !b.pace.take(now, intoLAN) {
		return Parcel{}, false
	}
	site := b.turns[0]
	if p = b.cut(site); b.waits(site) {
		b.turns = append(b.turns[1:], site)
	}
	return p, true
}

// dueAt is when there is something to take.
func (b *frameInbox) dueAt(now since) (since, bool) {
	if b.n == 0 {
		return 0, false
	}
	return max(b.pace.ready(now, intoLAN), now+time.Millisecond), true
}
