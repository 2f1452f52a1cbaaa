package lab

import (
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/igmp"
)

// filter is whose datagrams are wanted in a group: of these sources only, or of all
// but these. The zero filter wants nothing.
type filter struct {
	all     bool
	sources []netip.Addr // in their order, each once
}

func (f filter) wants(source netip.Addr) bool { return f.all != slices.Contains(f.sources, source) }

func (f filter) nothing() bool { return !f.all && len(f.sources) == 0 }

func (f filter) equal(g filter) bool { return f.all == g.all && slices.Equal(f.sources, g.sources) }

// with is what one or the other wants (RFC 3376, section 3.2).
func (f filter) with(g filter) filter {
	if f.all == g.all {
		if !f.all {
			return filter{sources: ordered(f.sources, g.sources)}
		}
		return filter{all: true, sources: slices.DeleteFunc(slices.Clone(f.sources), g.wants)}
	}
	if g.all {
		f, g = g, f
	}
	return filter{all: true, sources: slices.DeleteFunc(slices.Clone(f.sources), g.wants)}
}

func ordered(lists ...[]netip.Addr) []netip.Addr {
	all := slices.Concat(lists...)
	slices.SortFunc(all, netip.Addr.Compare)
	return slices.Compact(all)
}

// What a router keeps of one LAN. What comes beyond is as if it had not come.
const (
	maxGroups  = 1024
	maxMembers = 256 // of a group
	maxSources = 64  // of a member: with more it is sent all
)

// members are those of a router's LAN: by the group, and by the host, or 0.0.0.0
// for those that have no address yet.
type members map[netip.Addr]map[netip.Addr]memberState

type memberState struct {
	filter
	version int
	expires time.Time
}

// wanted is what the members of a group want together.
func (m members) wanted(group netip.Addr) (f filter) {
	for _, who := range m[group] {
		f = f.with(who.filter)
	}
	return f
}

// add takes a report or a leave. It returns the groups that it is about, and those
// that the members have to be asked about, because one of them has left: the
// switches, which forget it by that question only, and members that another's
// report has silenced.
func (m members) add(message igmp.Message, now time.Time, life, lastLife time.Duration) (changed, ask []netip.Addr) {
	if message.Kind == igmp.Leave {
		m.shorten(message.Group, now.Add(lastLife), func(who memberState) bool { return who.version < 3 })
		return nil, []netip.Addr{message.Group}
	}
	records := message.Records
	if message.Version < 3 {
		records = []igmp.Record{{Type: igmp.IsExclude, Group: message.Group}}
	}
	for _, r := range records {
		who := m[r.Group][message.From]
		who.record(r)
		who.version, who.expires = message.Version, now.Add(life)
		changed = append(changed, r.Group)
		switch left := r.Type == igmp.ToInclude || r.Type == igmp.Block; {
		case !who.nothing():
			m.keep(r.Group, message.From, who)
		case !left:
			m.forget(r.Group, message.From)
		case message.From.IsUnspecified(): // and another that has none may be left
			m.shorten(r.Group, now.Add(lastLife), func(who memberState) bool { return true })
			ask = append(ask, r.Group)
		default:
			m.forget(r.Group, message.From)
			ask = append(ask, r.Group)
		}
	}
	return changed, ask
}

// record changes what is wanted as a group record says (RFC 3376, section 6.4).
func (f *filter) record(r igmp.Record) {
	sources := ordered(r.Sources)
	without := func(list, out []netip.Addr) []netip.Addr {
		return slices.DeleteFunc(slices.Clone(list), func(a netip.Addr) bool { return slices.Contains(out, a) })
	}
	switch {
	case r.Type == igmp.IsInclude || r.Type == igmp.ToInclude:
		*f = filter{sources: sources}
	case r.Type == igmp.IsExclude || r.Type == igmp.ToExclude:
		*f = filter{all: true, sources: sources}
	case f.all == (r.Type == igmp.Block):
		f.sources = ordered(f.sources, sources)
	default:
		f.sources = without(f.sources, sources)
	}
	if len(f.sources) > maxSources {
		*f = filter{all: true}
	}
}

func (m members) keep(group, host netip.Addr, who memberState) {
	if m[group] == nil {
		if len(m) >= maxGroups {
			return
		}
		m[group] = map[netip.Addr]memberState{}
	}
	if _, known := m[group][host]; known || len(m[group]) < maxMembers {
		m[group][host] = who
	}
}

func (m members) forget(group, host netip.Addr) {
	if delete(m[group], host); len(m[group]) == 0 {
		delete(m, group)
	}
}

// shorten lets members of a group be forgotten sooner.
func (m members) shorten(group netip.Addr, end time.Time, which func(memberState) bool) {
	for host, who := range m[group] {
		if which(who) && who.expires.After(end) {
			who.expires = end
			m[group][host] = who
		}
	}
}

// expire forgets those whose time is over, and returns their groups.
func (m members) expire(now time.Time) (changed []netip.Addr) {
	for group, hosts := range m {
		for host, who := range maps.Clone(hosts) {
			if !now.Before(who.expires) {
				changed = append(changed, group)
				m.forget(group, host)
			}
		}
	}
	return changed
}

// next is when expire has something to do; the zero time: never.
func (m members) next() (at time.Time) {
	for _, hosts := range m {
		for _, who := range hosts {
			at = sooner(at, who.expires)
		}
	}
	return at
}

// sooner is the first of two times, of which a zero one is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
