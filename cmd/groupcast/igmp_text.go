package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/igmp"
)

// igmpText says what an igmp.Snapshot holds and what an igmp.Event is: values in,
// words out.
type igmpText struct {
	name   func(index int) string // of an interface, safe to show
	groups []netip.Addr           // that are asked about; none: all
	family igmp.Family            // that is asked about; 0: both
	now    time.Time
}

// igmpLink is one interface in one family, in words.
type igmpLink struct {
	name     string
	protocol string   // IGMPv3
	queriers []string // or one that says that there is none
	sight    igmp.Sight
	because  string   // the evidence
	notes    []string // what else there is to know
}

// igmpRow is one member, in words.
type igmpRow struct {
	on                               string
	group, host, since, expires, how string
	self                             bool
}

// keptBack is what igmp.SightOwn means.
const keptBack = "other hosts' reports do not reach this port: a snooping switch sends them to routers only"

// asked reports whether a group is one of those that are asked about.
func (t *igmpText) asked(group netip.Addr) bool {
	return len(t.groups) == 0 || slices.Contains(t.groups, group)
}

// only is a snapshot of the families that are asked about, with members of the
// groups that are. Queriers are never left out: without them the rest means
// nothing.
func (t *igmpText) only(s igmp.Snapshot) igmp.Snapshot {
	links := slices.Clone(s.Links)
	if t.family != 0 {
		links = slices.DeleteFunc(links, func(l igmp.Link) bool { return l.Family != t.family })
	}
	for i, l := range links {
		if len(t.groups) > 0 {
			links[i].Groups = slices.DeleteFunc(slices.Clone(l.Groups), func(g igmp.Group) bool { return !t.asked(g.Addr) })
		}
	}
	s.Links = links
	return s
}

// wants reports whether an event is about what is asked.
func (t *igmpText) wants(e igmp.Event) bool {
	return (t.family == 0 || e.Family == 0 || e.Family == t.family) && (!ofAGroup(e.Kind) || t.asked(e.Group))
}

// ofAGroup reports whether events of a kind are about a group.
func ofAGroup(kind igmp.EventKind) bool {
	switch kind {
	case igmp.QuerierAppeared, igmp.QuerierChanged, igmp.QuerierGone, igmp.SecondQuerier, igmp.ZeroQuery, igmp.SightChanged,
		igmp.InterfaceDown, igmp.InterfaceUp, igmp.InterfaceGone, igmp.InterfaceBack:
		return false
	}
	return true
}

// link says who asks on a link, and what is seen there.
func (t *igmpText) link(l igmp.Link) igmpLink {
	out := igmpLink{name: t.name(l.Interface), protocol: protocolText(l), sight: l.Sight, because: chat.CleanRow(l.Why)}
	for n, q := range l.Queriers {
		out.queriers = append(out.queriers, t.querier(q, n))
	}
	if len(l.Queriers) == 0 {
		out.queriers = []string{"no querier heard in " + spanText(t.now.Sub(l.Since))}
	}
	if l.Sight == igmp.SightOwn {
		out.notes = append(out.notes, keptBack)
	}
	return out
}

// protocolText is the protocol of a link with the version that is spoken there:
// the querier's, or else the highest that was reported.
func protocolText(l igmp.Link) string {
	version := 0
	for _, q := range l.Queriers {
		if q.Elected || version == 0 {
			version = q.Version
		}
	}
	if len(l.Queriers) == 0 {
		for _, g := range l.Groups {
			for _, m := range g.Members {
				version = max(version, m.Version)
			}
		}
	}
	name := strings.ToUpper(l.Family.String())
	if version > 0 {
		name += fmt.Sprintf("v%d", version)
	}
	return name
}

// querier is one that asks, the nth of its link.
func (t *igmpText) querier(q igmp.Querier, n int) string {
	who := "querier " + addrText(q.Addr)
	if q.Self {
		who += thisHost
	}
	facts := []string{fmt.Sprintf("v%d", q.Version), "interval not known yet"}
	if q.Interval > 0 {
		facts[1] = "every " + secondsText(q.Interval)
	}
	facts = append(facts, "answers within "+secondsText(q.MaxResponse), fmt.Sprintf("robustness %d", q.Robustness))
	text := fmt.Sprintf("%s (%s), %s ago", who, strings.Join(facts, ", "), spanText(t.now.Sub(q.Last)))
	switch {
	case q.Addr.IsUnspecified():
		text += ": a switch that sends queries without an address"
	case !q.Elected && n > 0:
		text += ": it lost the election, and should fall silent"
	}
	return text
}

// rows are the members of all links, in the order of interfaces, families, groups
// and hosts.
func (t *igmpText) rows(s igmp.Snapshot) (rows []igmpRow) {
	for _, l := range s.Links {
		on := t.name(l.Interface)
		for _, g := range l.Groups {
			group := groupAddrText(g.Addr)
			for _, m := range g.Members {
				rows = append(rows, igmpRow{
					on: on, group: group, host: hostText(m.Host, m.Link, m.Self),
					since: t.at(m.Since), expires: t.until(m.Expires), how: t.how(l.Family, g, m), self: m.Self,
				})
			}
		}
	}
	return rows
}

// how is in which version a member reports, and whom it wants to hear.
func (t *igmpText) how(family igmp.Family, g igmp.Group, m igmp.Member) string {
	text := fmt.Sprintf("v%d", m.Version)
	if m.Version == newest(family) {
		text += ", " + sourcesText(m.Mode, m.Sources)
	}
	if g.AtLeast {
		text += ", at least"
	}
	if m.Self {
		text += "; report seen leaving " + t.at(m.Last)
	}
	return text
}

// newest is the version of a family that tells sources.
func newest(family igmp.Family) int {
	if family == igmp.MLD {
		return 2
	}
	return 3
}

// sourcesText is whom a member wants to hear.
func sourcesText(mode igmp.Mode, sources []netip.Addr) string {
	const most = 3
	var names []string
	for _, s := range sources[:min(most, len(sources))] {
		names = append(names, addrText(s))
	}
	list := strings.Join(names, ", ")
	if more := len(sources) - most; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	switch {
	case mode == igmp.Include && list == "":
		return "no source"
	case mode == igmp.Include:
		return "only " + list
	case list == "":
		return "all sources"
	}
	return "all but " + list
}

// event is what happened, in one line.
func (t *igmpText) event(e igmp.Event) string {
	return fmt.Sprintf("%s  %-16s  %s", e.At.In(t.now.Location()).Format("15:04:05.000"), e.Kind, t.happened(e))
}

// happened is about what an event is, where and why.
func (t *igmpText) happened(e igmp.Event) string {
	if e.Family == 0 { // an interface, which the text names
		return chat.CleanRow(e.Why)
	}
	var words []string
	if e.Group.IsValid() {
		words = append(words, groupAddrText(e.Group))
	}
	if e.Host.IsValid() || len(e.Link) > 0 || e.Self {
		words = append(words, hostText(e.Host, e.Link, e.Self))
	}
	if len(words) == 0 {
		words = append(words, e.Family.String())
	}
	text := strings.Join(words, " ") + " on " + t.name(e.Interface)
	if e.Kind == igmp.SightChanged {
		text += ": " + e.Sight.String()
	}
	if e.Why != "" {
		text += ": " + chat.CleanRow(e.Why)
	}
	return text
}
