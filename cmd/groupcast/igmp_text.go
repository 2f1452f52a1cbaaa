package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/groupcast/groupcast/mcast"
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
		text += ": a switch that asks without an address"
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

// hostText is a member. One that has no address yet is known by its hardware's.
func hostText(host netip.Addr, link net.HardwareAddr, self bool) string {
	text := addrText(host)
	switch {
	case host.IsValid():
	case len(link) > 0:
		text = link.String()
	default:
		text = "unknown"
	}
	if self {
		text += thisHost
	}
	return text
}

// groupAddrText is a group with the name that it is registered by.
func groupAddrText(group netip.Addr) string {
	text := addrText(group)
	if name := groupNames[anyScope(group)]; name != "" {
		return text + " (" + name + ")"
	}
	if solicitedNode.Contains(group) {
		return text + " (neighbours)"
	}
	return text
}

// solicitedNode are the groups that each IPv6 address is asked for at (RFC 4291,
// section 2.7.1).
var solicitedNode = netip.MustParsePrefix("ff02::1:ff00:0/104")

// groupNames are the names of groups by their addresses. A group that is
// registered for several ports has the first of its names.
var groupNames = func() map[netip.Addr]string {
	names := map[netip.Addr]string{
		netip.MustParseAddr("224.0.0.106"): "all-snoopers", // RFC 4286, section 2
		netip.MustParseAddr("ff02::6a"):    "all-snoopers",
	}
	for _, r := range mcast.RegisteredGroups() {
		for _, a := range []netip.Addr{r.V4, r.V6} {
			if a.IsValid() && names[anyScope(a)] == "" {
				names[anyScope(a)] = r.Name
			}
		}
	}
	return names
}()

// anyScope is an IPv6 group as that of the link, by whose name it is called in any
// scope (RFC 4291, section 2.7.1).
func anyScope(group netip.Addr) netip.Addr {
	if !group.Is6() {
		return group
	}
	b := group.As16()
	b[1] = b[1]&0xf0 | 2
	return netip.AddrFrom16(b)
}

// at is a time of the day, with its day if that is not today's.
func (t *igmpText) at(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	at = at.In(t.now.Location())
	if at.Format(time.DateOnly) != t.now.Format(time.DateOnly) {
		return at.Format("Jan _2 15:04")
	}
	return at.Format(time.TimeOnly)
}

// until is how long it is to a time.
func (t *igmpText) until(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return spanText(at.Sub(t.now))
}

// spanText is a time to read: 14 s, 5m12s, 2h05m.
func spanText(d time.Duration) string {
	switch d = max(0, d); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d/time.Second))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d/time.Minute), int(d/time.Second)%60)
	}
	return fmt.Sprintf("%dh%02dm", int(d/time.Hour), int(d/time.Minute)%60)
}

// secondsText is a time as the protocol counts it: 125 s, 0.1 s.
func secondsText(d time.Duration) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", d.Seconds()), ".0") + " s"
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

// write writes a snapshot as a table, for that many columns.
func (t *igmpText) write(w io.Writer, s igmp.Snapshot, columns int) {
	s = t.only(s)
	t.writeLinks(w, s, columns)
	rows := t.rows(s)
	if len(rows) == 0 {
		fmt.Fprintln(w, "\n"+t.noMember())
		return
	}
	fmt.Fprintln(w)
	writeMembers(w, rows)
	if strings.Contains(rowsText(rows), ", at least") {
		fmt.Fprintln(w, "\n"+atLeastMeans)
	}
}

const atLeastMeans = "at least: members that report in v1, v2 or MLDv1 silence each other, so there may be more"

func rowsText(rows []igmpRow) string {
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(r.how)
	}
	return b.String()
}

// noMember says that nobody was seen in what is asked about.
func (t *igmpText) noMember() string {
	if len(t.groups) == 0 {
		return "no member of any group seen"
	}
	names := make([]string, len(t.groups))
	for i, g := range t.groups {
		names[i] = groupAddrText(g)
	}
	return "no member of " + strings.Join(names, ", ") + " seen"
}

func (t *igmpText) writeLinks(w io.Writer, s igmp.Snapshot, columns int) {
	links := make([]igmpLink, len(s.Links))
	name, protocol := 0, 0
	for i, l := range s.Links {
		links[i] = t.link(l)
		name, protocol = max(name, len(links[i].name)), max(protocol, len(links[i].protocol))
	}
	last := ""
	for i, l := range links {
		shown := l.name
		if shown == last {
			shown = ""
		}
		last = l.name
		head := fmt.Sprintf("%-*s  %-*s  ", name, shown, protocol, l.protocol)
		margin := strings.Repeat(" ", len(head))
		sight := "sight: " + l.sight.String()
		if one := head + l.queriers[0]; len(one)+len("   ")+len(sight) <= columns {
			fmt.Fprintf(w, "%s   %s\n", one, sight)
		} else {
			fmt.Fprintf(w, "%s\n%s%s\n", one, margin, sight)
		}
		for _, q := range l.queriers[1:] {
			fmt.Fprintf(w, "%s%s\n", margin, q)
		}
		for _, n := range l.notes {
			fmt.Fprintf(w, "%s%s\n", margin, n)
		}
		if l.because != "" && l.sight == igmp.SightOwn || l.sight == igmp.SightUnknown && len(s.Links[i].Queriers) > 0 {
			fmt.Fprintf(w, "%s  because: %s\n", margin, l.because)
		}
		if text := countersText(s.Links[i].Counters); text != "" {
			fmt.Fprintf(w, "%s%s\n", margin, text)
		}
	}
}

// countersText says what was not counted among members; "" if nothing.
func countersText(c igmp.Counters) string {
	var parts []string
	bad := uint64(0)
	var reasons []string
	for _, reason := range slices.SortedFunc(maps.Keys(c.Bad), func(a, b string) int {
		return cmp.Or(cmp.Compare(c.Bad[b], c.Bad[a]), strings.Compare(a, b))
	}) {
		bad += c.Bad[reason]
		reasons = append(reasons, fmt.Sprintf("%s %d", chat.CleanRow(reason), c.Bad[reason]))
	}
	if bad > 0 {
		parts = append(parts, fmt.Sprintf("%s not believed (%s)", chat.Count(int(bad), "message"), strings.Join(reasons, ", ")))
	}
	if c.Evicted > 0 {
		parts = append(parts, chat.Count(int(c.Evicted), "member")+" forgotten, there were too many")
	}
	if c.SourcesDropped > 0 {
		parts = append(parts, chat.Count(int(c.SourcesDropped), "source")+" not kept, there were too many")
	}
	return strings.Join(parts, "; ")
}

// writeMembers writes the table of members, with their interfaces if there are
// several.
func writeMembers(w io.Writer, rows []igmpRow) {
	several := slices.ContainsFunc(rows, func(r igmpRow) bool { return r.on != rows[0].on })
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	write := func(on string, cells ...string) {
		if several {
			cells = append([]string{on}, cells...)
		}
		fmt.Fprintln(tab, strings.Join(cells, "\t"))
	}
	write("INTERFACE", "GROUP", "HOST", "SINCE", "EXPIRES", "HOW")
	for _, r := range rows {
		write(r.on, r.group, r.host, r.since, r.expires, r.how)
	}
	tab.Flush()
}

// thisHost marks what is this host's own.
const thisHost = " (this host)"
