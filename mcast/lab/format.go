package lab

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// String writes the topology as ParseTopology reads it. A valid one comes
// back equal.
func (t Topology) String() string {
	var b strings.Builder
	for _, s := range t.Switches {
		fmt.Fprintf(&b, "switch %s", s.Name)
		b.WriteString(s.words())
		if s.On != "" {
			fmt.Fprintf(&b, " on %s", s.On)
		}
		b.WriteByte('\n')
	}
	for _, h := range t.Hosts {
		kind := "host"
		if h.Router {
			kind = "router"
		}
		fmt.Fprintf(&b, "%s %s\n", kind, h.Name)
		if h.IGMP != 0 {
			fmt.Fprintf(&b, "  igmp %d\n", h.IGMP)
		}
		if h.MLD != 0 {
			fmt.Fprintf(&b, "  mld %d\n", h.MLD)
		}
		if h.Upstream != "" {
			fmt.Fprintf(&b, "  upstream %s\n", h.Upstream)
		}
		if h.Flood {
			b.WriteString("  flood on\n")
		}
		for _, i := range h.Interfaces {
			fmt.Fprintf(&b, "  %s\n", i.text())
		}
		for _, r := range h.Routes {
			fmt.Fprintf(&b, "  route %s\n", r.text())
		}
		for _, name := range slices.Sorted(maps.Keys(h.Sysctls)) {
			fmt.Fprintf(&b, "  sysctl %s=%s\n", name, h.Sysctls[name])
		}
	}
	return b.String()
}

// words are what a switch does, each after a space.
func (s Switch) words() string {
	var b strings.Builder
	if s.Snooping {
		b.WriteString(" snooping")
	}
	if s.Querier {
		b.WriteString(" querier")
	}
	if s.IGMP != 0 {
		fmt.Fprintf(&b, " igmp %d", s.IGMP)
	}
	if s.MLD != 0 {
		fmt.Fprintf(&b, " mld %d", s.MLD)
	}
	if s.Limit != 0 {
		fmt.Fprintf(&b, " limit %d", s.Limit)
	}
	if s.FastLeave {
		b.WriteString(" fastleave")
	}
	if s.NoFlood {
		b.WriteString(" flood off")
	}
	return b.String()
}

// Notes are what switches and routers do, in the words of the text format, a line
// each: nothing of plain switches.
func (t Topology) Notes() (notes []string) {
	for _, s := range t.Switches {
		if words := s.words(); words != "" {
			notes = append(notes, "switch "+s.Name+words)
		}
	}
	for _, h := range t.Hosts {
		for name, role := range t.roles(h) {
			if h.Router && !h.Flood && role == upstream {
				notes = append(notes, fmt.Sprintf("router %s upstream %s", h.Name, name))
			}
		}
		if h.Router && h.Flood {
			notes = append(notes, "router "+h.Name+" flood on")
		}
	}
	return notes
}

func (i Interface) text() string {
	words := []string{i.Name, "on", i.Switch}
	if i.Switch == "" {
		words[2] = "-"
	}
	for _, a := range i.Addrs {
		words = append(words, a.String())
	}
	return strings.Join(append(words, i.Settings()...), " ")
}

// Settings are what is set of the interface besides its switch and its addresses, each as
// the text format has it, such as mtu 1400 and down.
func (i Interface) Settings() (words []string) {
	if i.MTU != 0 {
		words = append(words, fmt.Sprintf("mtu %d", i.MTU))
	}
	if i.Loss != 0 {
		words = append(words, fmt.Sprintf("loss %d%%", i.Loss))
	}
	if i.Delay != 0 {
		words = append(words, fmt.Sprintf("delay %s", i.Delay))
	}
	if i.Down {
		words = append(words, "down")
	}
	return words
}

// String is the route as in the text format, without the word route.
func (r Route) String() string { return r.text() }

func (r Route) text() string {
	var words []string
	if r.Type != Unicast {
		words = append(words, string(r.Type))
	}
	if r.Dst == defaultRoute(r.Via) {
		words = append(words, "default")
	} else {
		words = append(words, r.Dst.String())
	}
	if r.Via.IsValid() {
		words = append(words, "via", r.Via.String())
	}
	if r.Dev != "" {
		words = append(words, "dev", r.Dev)
	}
	if r.Src.IsValid() {
		words = append(words, "src", r.Src.String())
	}
	if r.Table != 0 {
		words = append(words, "table", strconv.Itoa(r.Table))
	}
	return strings.Join(words, " ")
}
