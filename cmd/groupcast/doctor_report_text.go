package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
)

// issue is a report as Markdown, for an issue.
type issue struct {
	report
	host   hostVersions
	probe  bool
	watch  time.Duration
	masked bool
	groups bool // masked, too
	choose string
}

// mostFacts is how many rows of a kind a report has.
const mostFacts = 64

// write masks the facts if it is to, diagnoses them, and writes all of it.
func (i issue) write(out io.Writer) {
	var about bytes.Buffer
	quiet := i.quiet
	i.quiet, i.all, i.strong = false, true, func(s string) string { return s }
	i.begin(&about)
	i.quiet = quiet
	i.choose = about.String()
	note := ""
	if i.masked {
		m := newReportMask(i.facts, i.intent, i.groups, i.host.names...)
		i.choose = m.ofFacts(i.choose)
		i.host.kernel, i.host.distribution = m.text(i.host.kernel), m.text(i.host.distribution)
		i.intent, i.facts = mask(m, i.intent), mask(m, i.facts)
		i.choice.Joins = mask(m, i.choice.Joins)
		i.group, i.from = i.intent.Group, i.intent.From
		found := diagnose(i.facts, i.intent)
		if !sameFindings(found, i.findings) {
			note = "With the true addresses and names the doctor finds: " + orNone(seenNames(i.findings)) + ". The findings below are of the masked facts.\n\n"
		}
		i.findings = found
	}
	fmt.Fprint(out, "# Report of groupcast doctor\n\n")
	fmt.Fprint(out, i.about(), "\n", note)
	i.block(out, "Versions", i.versions)
	i.block(out, "Command", func(w io.Writer) { fmt.Fprintln(w, i.command()) })
	i.block(out, "Findings", func(w io.Writer) {
		fmt.Fprint(w, i.choose)
		i.quiet = false
		i.report.write(w)
	})
	i.writeFacts(out)
}

func (i issue) about() string {
	if !i.masked {
		return "It has addresses and names of this host and its network. `--mask` replaces them.\n"
	}
	groups := "Groups stay, except what they have of an address."
	if i.groups {
		groups = "Groups are replaced as well; each keeps its scope."
	}
	return "Addresses, hardware addresses, and names of interfaces, hosts and users are replaced, each always by the same. An address stays in the\n" +
		"network in which it is, and of its kind: 198.18.0.0/15 and 2001:db8::/32 stand for public ones. " + groups + "\n" +
		"Ports, numbers of users and interfaces, and the names of programs stay.\n"
}

// block writes a section whose text no renderer takes for anything else.
func (i issue) block(out io.Writer, title string, write func(io.Writer)) {
	var b bytes.Buffer
	write(&b)
	if b.Len() == 0 {
		return
	}
	fence := "```"
	for strings.Contains(b.String(), fence) {
		fence += "`"
	}
	fmt.Fprintf(out, "## %s\n\n%stext\n", title, fence)
	for line := range strings.Lines(b.String()) {
		fmt.Fprintln(out, strings.TrimRight(chat.CleanRow(strings.TrimSuffix(line, "\n")), " "))
	}
	fmt.Fprintf(out, "%s\n\n", fence)
}

func (i issue) versions(out io.Writer) {
	fmt.Fprintln(out, i.host.groupcast)
	for _, v := range []struct{ what, is string }{{"kernel", i.host.kernel}, {"distribution", i.host.distribution}} {
		if v.is != "" {
			fmt.Fprintf(out, "%s: %s\n", v.what, v.is)
		}
	}
}

// command asks the doctor the same, with what is masked.
func (i issue) command() string {
	q := question{group: i.group, from: i.intent.From, to: i.intent.To, hops: i.intent.Hops}
	if i.intent.Wanted != nil {
		q.interfaces = chat.InterfaceNames(i.intent.Wanted)
	}
	var flags []string
	if i.probe {
		flags = append(flags, "--probe")
	}
	if i.watch > 0 {
		flags = append(flags, "--watch "+i.watch.String())
	}
	if i.intent.Size > 0 {
		flags = append(flags, fmt.Sprintf("--size %d", i.intent.Size))
	}
	if !i.intent.Loopback {
		flags = append(flags, "--loopback=false")
	}
	if i.intent.MulticastAll {
		flags = append(flags, "--multicast-all")
	}
	q.flags = strings.Join(flags, " ")
	return q.command()
}

// writeFacts writes what the findings were made from.
func (i issue) writeFacts(out io.Writer) {
	f := i.facts
	i.block(out, "Interfaces", func(w io.Writer) {
		rows(w, f.Interfaces, func(w io.Writer, n host.Interface) {
			l := f.Links[n.Index]
			fmt.Fprintf(w, "%d\t%s\t%s\tmtu %d\t%s\t%s\n", n.Index, chat.CleanRow(n.Name), n.Flags, n.MTU, orDash(chat.CleanRow(linkDetails(l))), orDash(prefixesText(n.Addrs)))
		})
	})
	i.block(out, "Routes", func(w io.Writer) {
		i.writeWay(w, "join", f.Join)
		i.writeWay(w, "send", f.Send)
		for _, index := range slices.Sorted(maps.Keys(f.By)) {
			i.writeWay(w, "send by "+i.interfaceName(index), f.By[index])
		}
		for _, a := range slices.SortedFunc(maps.Keys(f.Back), netip.Addr.Compare) {
			i.writeWay(w, "to "+a.String(), f.Back[a])
		}
		if f.Routing != nil {
			rows(w, f.Routing.Routes, func(w io.Writer, e host.Entry) {
				fmt.Fprintf(w, "table %d\t%s\tmetric %d\tkind %d\ton %s\t%s\n", e.Table, e.Dst, e.Metric, e.Kind, i.interfaceNames(e.On), orDash(addrText(e.Source)))
			})
			for _, r := range f.Routing.Rules[:min(len(f.Routing.Rules), mostFacts)] {
				fmt.Fprintf(w, "rule %d: from %s to %s in %s out %s: table %d\n", r.Priority, prefixText(r.From), prefixText(r.To), orDash(chat.CleanRow(r.In)), orDash(chat.CleanRow(r.Out)), r.Table)
			}
			andMore(w, len(f.Routing.Rules))
		}
	})
	i.block(out, "Memberships and sockets", func(w io.Writer) {
		rows(w, f.Groups, func(w io.Writer, g host.InterfaceGroups) {
			var list []string
			for _, j := range g.Groups {
				list = append(list, fmt.Sprintf("%s (%d)", j.Addr, j.Users))
			}
			fmt.Fprintf(w, "%s\tversion %d\t%s\n", chat.CleanRow(g.Name), g.Version, strings.Join(list[:min(len(list), mostFacts)], ", "))
			andMore(w, len(list))
		})
		rows(w, f.Filters, func(w io.Writer, s doctor.Filter) {
			fmt.Fprintf(w, "%s\t%s\tsource %s\tinclude %d\texclude %d\n", i.interfaceName(s.IfIndex), s.Group, s.Source, s.Include, s.Exclude)
		})
		rows(w, f.Sockets, func(w io.Writer, s host.Socket) {
			fmt.Fprintf(w, "%s\tuid %d\tdrops %d\tdevice %d\t%s\n", s.Local, s.UID, s.Drops, f.Devices[s.Inode], orDash(chat.CleanRow(s.Program)))
		})
	})
	i.block(out, "Settings and counters", func(w io.Writer) {
		rows(w, slices.Sorted(maps.Keys(f.Settings)), func(w io.Writer, key string) { fmt.Fprintf(w, "%s = %d\n", chat.CleanRow(key), f.Settings[key]) })
		counted := slices.DeleteFunc(slices.Sorted(maps.Keys(f.Counters)), func(key string) bool { return f.Counters[key] == 0 })
		rows(w, counted, func(w io.Writer, key string) {
			fmt.Fprintf(w, "%s %d", chat.CleanRow(key), f.Counters[key])
			if n := f.Observed.Grown[key]; n > 0 {
				fmt.Fprintf(w, ", grown by %d", n)
			}
			fmt.Fprintln(w)
		})
	})
	i.block(out, "Host", func(w io.Writer) {
		if m := f.Machine; m != nil {
			fmt.Fprintf(w, "machine: %s %s\n", orDash(chat.CleanRow(m.Vendor)), chat.CleanRow(m.Product))
			fmt.Fprintf(w, "container: %s; WSL: %v\n", orDash(chat.CleanRow(m.Container)), m.WSL)
		}
		fmt.Fprintf(w, "programs for a firewall: %s\n", orNone(f.Tools))
		rows(w, f.Firewall, func(w io.Writer, c doctor.FirewallChain) {
			fmt.Fprintf(w, "%s\t%s\t%s\tin %v\tpolicy %v\n", c.Family, chat.CleanRow(c.Table), chat.CleanRow(c.Name), c.In, c.Policy)
		})
		fmt.Fprintf(w, "forwards groups on: %s\n", orDash(i.interfaceNames(f.Router)))
		for _, source := range slices.Sorted(maps.Keys(f.Unread)) {
			fmt.Fprintf(w, "cannot read %s: %s\n", source, chat.CleanRow(unreadReason(f.Unread[source])))
		}
	})
}

// rows writes a table, a row for each, and how many more there are.
func rows[T any](out io.Writer, list []T, write func(io.Writer, T)) {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, one := range list[:min(len(list), mostFacts)] {
		write(t, one)
	}
	t.Flush()
	andMore(out, len(list))
}

// andMore says how many of n things a report leaves out.
func andMore(out io.Writer, n int) {
	if n > mostFacts {
		fmt.Fprintf(out, "and %d more\n", n-mostFacts)
	}
}

func (i issue) writeWay(out io.Writer, what string, w doctor.RouteResult) {
	if w.Err != nil {
		fmt.Fprintf(out, "%s: %s\n", chat.CleanRow(what), chat.CleanRow(mcast.Reason(w.Err)))
	} else {
		why := w.Route.Match.String()
		if why != "" {
			why = ", " + why
		}
		fmt.Fprintf(out, "%s: %s, source %s%s\n", chat.CleanRow(what), chat.CleanRow(cmp.Or(w.Route.Interface, i.interfaceName(w.Route.IfIndex))),
			orDash(addrText(w.Route.Source)), chat.CleanRow(why))
	}
}

func (i issue) interfaceNames(indexes []int) string {
	var list []string
	for _, index := range indexes {
		list = append(list, chat.CleanRow(i.interfaceName(index)))
	}
	return strings.Join(list, ", ")
}

func linkDetails(l doctor.Link) string {
	text := strings.TrimSpace(l.Kind + " " + l.OperState)
	if l.Wireless {
		text += " wireless"
	}
	if l.Master != 0 {
		text += fmt.Sprintf(" master %d", l.Master)
	}
	if l.Parent != 0 {
		text += fmt.Sprintf(" on %d", l.Parent)
	}
	if l.Queue != "" {
		text += " queue " + l.Queue
	}
	if l.SendDrops+l.QueueDrops > 0 {
		text += fmt.Sprintf(" drops %d+%d", l.SendDrops, l.QueueDrops)
	}
	if b := l.Bridge; b != nil {
		text += fmt.Sprintf(" snooping %v querier %v", b.Snooping, b.Querier || b.Heard)
	}
	return strings.TrimSpace(text)
}

func prefixesText(list []netip.Prefix) string {
	var all []string
	for _, p := range list {
		all = append(all, chat.CleanRow(p.String()))
	}
	return strings.Join(all, " ")
}

func prefixText(p netip.Prefix) string {
	if !p.IsValid() {
		return "all"
	}
	return p.String()
}

func orNone(list []string) string { return cmp.Or(strings.Join(list, ", "), "none") }

func seenNames(list []doctor.Finding) (names []string) {
	for _, f := range doctor.Seen(list) {
		if !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	return names
}
