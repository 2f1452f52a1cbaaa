package lesson

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/groupcast/groupcast/mcast/lab"
)

// Network describes the lesson's network, a line for each interface, and what is special about
// its switches and routers.
func (l Lesson) Network() string {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "HOST\tINTERFACE\tSWITCH\tADDRESS\tROUTES VIA IT")
	for _, h := range l.Topology.Hosts {
		for _, i := range h.Interfaces {
			var addrs, routes []string
			for _, a := range i.Addrs {
				addrs = append(addrs, a.String())
			}
			for _, r := range h.Routes {
				if r.Dev == i.Name {
					routes = append(routes, routeText(r))
				}
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", h.Name, i.Name, orNone(i.Switch), orNone(strings.Join(addrs, " ")), orNone(strings.Join(routes, ", ")))
		}
	}
	t.Flush()
	for _, note := range l.special() {
		fmt.Fprintln(&b, note)
	}
	return b.String()
}

// Notes say what a drawing of the lesson's network does not show: the routes of its hosts, and
// what is special about its switches and routers. Each is a line.
func (l Lesson) Notes() []string { return append(l.routes(), l.special()...) }

// routes are those that the hosts have besides what their addresses bring. Hosts with the
// same routes share a line.
func (l Lesson) routes() (notes []string) {
	const named = 4 // hosts
	hosts := map[string][]string{}
	var order []string
	for _, h := range l.Topology.Hosts {
		var routes []string
		for _, r := range h.Routes {
			routes = append(routes, r.String())
		}
		text := strings.Join(routes, ", ")
		if text == "" {
			continue
		}
		if hosts[text] == nil {
			order = append(order, text)
		}
		hosts[text] = append(hosts[text], h.Name)
	}
	for _, text := range order {
		who := hosts[text]
		if more := len(who) - named; more > 1 {
			who = append(slices.Clone(who[:named]), fmt.Sprintf("%d more hosts", more))
		}
		of := strings.Join(who, ", ")
		if n := len(who); n > 1 {
			of = strings.Join(who[:n-1], ", ") + " and " + who[n-1]
		}
		notes = append(notes, "Routes of "+of+": "+text)
	}
	return notes
}

// special is what routers and switches do that plain ones do not.
func (l Lesson) special() (notes []string) {
	for _, h := range l.Topology.Hosts {
		switch {
		case h.Router && h.Flood:
			notes = append(notes, h.Name+" is a multicast router. It forwards each group to all its interfaces, with or without members.")
		case h.Router:
			notes = append(notes, h.Name+" is a multicast router. It forwards a group to the interfaces behind which there are members.")
		}
	}
	for _, s := range l.Topology.Switches {
		for line := range strings.Lines(special(s)) {
			notes = append(notes, strings.TrimSuffix(line, "\n"))
		}
	}
	return notes
}

// special is what a switch does that a plain one does not, a line each.
func special(s lab.Switch) string {
	var b strings.Builder
	if s.On != "" {
		fmt.Fprintf(&b, "The switch %s is connected to the switch %s.\n", s.Name, s.On)
	}
	if s.Snooping {
		queries := map[bool]string{true: "sends queries", false: "sends no queries"}[s.Querier]
		if s.IGMP != 0 {
			queries += fmt.Sprintf(" of IGMPv%d", s.IGMP)
		}
		if s.MLD != 0 {
			queries += fmt.Sprintf(" and MLDv%d", s.MLD)
		}
		fmt.Fprintf(&b, "The switch %s does IGMP snooping, and %s.\n", s.Name, queries)
	}
	if s.Limit > 0 {
		fmt.Fprintf(&b, "The switch %s remembers at most %d groups for each port.\n", s.Name, s.Limit)
	}
	if s.FastLeave {
		fmt.Fprintf(&b, "The switch %s removes a port from a group with the first leave that it receives there.\n", s.Name)
	}
	switch {
	case s.NoFlood && s.Snooping:
		fmt.Fprintf(&b, "The switch %s drops datagrams to groups of which it knows no member.\n", s.Name)
	case s.NoFlood:
		fmt.Fprintf(&b, "The switch %s drops every group.\n", s.Name)
	}
	return b.String()
}

func routeText(r lab.Route) string {
	text := r.Dst.String()
	if r.Dst.Bits() == 0 {
		text = "default"
	}
	if r.Via.IsValid() {
		text += " via " + r.Via.String()
	}
	return text
}

func orNone(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
