package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/igmp"
)

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
		parts = append(parts, fmt.Sprintf("%s ignored (%s)", chat.Count(int(bad), "message"), strings.Join(reasons, ", ")))
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
