package lesson

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/groupcast/groupcast/mcast/lab"
)

// Network describes the lesson's network, a line for each interface, and what is special about
// its switches and routers.
func (l Lesson) Network() string {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "HOST\tINTERFACE\tSWITCH\tADDRESS\tROUTES BY IT")
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
	for _, h := range l.Topology.Hosts {
		switch {
		case h.Router && h.Flood:
			fmt.Fprintf(&b, "%s is a router, and forwards groups to every interface, joined or not.\n", h.Name)
		case h.Router:
			fmt.Fprintf(&b, "%s is a router, for groups as well: to where they have members.\n", h.Name)
		}
	}
	for _, s := range l.Topology.Switches {
		b.WriteString(special(s))
	}
	return b.String()
}

// special is what a switch does that a plain one does not, a line each.
func special(s lab.Switch) string {
	var b strings.Builder
	if s.On != "" {
		fmt.Fprintf(&b, "The switch %s hangs on the switch %s.\n", s.Name, s.On)
	}
	if s.Snooping {
		asks := map[bool]string{true: "asks", false: "does not ask"}[s.Querier]
		if s.IGMP != 0 {
			asks += fmt.Sprintf(" by IGMPv%d", s.IGMP)
		}
		if s.MLD != 0 {
			asks += fmt.Sprintf(" and by MLDv%d", s.MLD)
		}
		fmt.Fprintf(&b, "The switch %s does IGMP snooping, and %s who the members are.\n", s.Name, asks)
	}
	if s.Limit > 0 {
		fmt.Fprintf(&b, "The switch %s keeps %d groups for each port.\n", s.Name, s.Limit)
	}
	if s.FastLeave {
		fmt.Fprintf(&b, "The switch %s forgets a port with the first leave that comes by it.\n", s.Name)
	}
	switch {
	case s.NoFlood && s.Snooping:
		fmt.Fprintf(&b, "The switch %s drops the groups that it knows no member of.\n", s.Name)
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
