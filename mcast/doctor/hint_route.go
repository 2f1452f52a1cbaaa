package doctor

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// The routing tables of every host (rtnetlink(7)).
const (
	defaultTable = 253
	mainTable    = 254
	localTable   = 255
)

// groups4 are all groups of IPv4.
var groups4 = netip.MustParsePrefix("224.0.0.0/4")

// routeBy is how all programs send by i; from source, unless it is the zero Addr.
// A command is printed only if its route would win over the one that matches now:
// the rules and routes that were read are looked up once more with it.
func (f Facts) routeBy(i host.Interface, source netip.Addr, g mcast.Group) string {
	if g.Addr.Is6() {
		return "name the zone with the group: " + g.Addr.WithZone(i.Name).String()
	}
	commands, ok := f.beats(i, source, g.AddrPort())
	if f.Routing == nil {
		commands, ok = f.guessed(i, source), true
	}
	switch {
	case ok && len(commands) == 0:
		return fmt.Sprintf("programs that choose no interface send by %s already", i.Name)
	case !ok:
		return fmt.Sprintf("for every program of this host, give groups a route by %s; a rule or a table that a route in main does not win over comes first: ip rule show", i.Name)
	}
	return "for every program of this host: " + strings.Join(commands, " && ")
}

// routeBack is how all programs send to one host by i, as routeBy is for groups.
func (f Facts) routeBack(i host.Interface, to netip.Addr) (command string, ok bool) {
	if to.Is6() {
		return fmt.Sprintf("ip -6 route add %s/128 dev %s", to.WithZone(""), i.Name), true
	}
	if f.Routing == nil {
		return fmt.Sprintf("ip route add %s/32 dev %s", to, i.Name), true
	}
	commands, ok := f.beats(i, netip.Addr{}, netip.AddrPortFrom(to, discard))
	return strings.Join(commands, " && "), ok && len(commands) > 0
}

// beats are the commands after which the kernel sends to an address by i. Each step
// takes the route that decides and puts another in its place, or lets its table
// pass the address on; there is none if it does already. ok is false where that does
// not lead there, or where the rules and routes, as they were read, do not say what
// the kernel said.
func (f Facts) beats(i host.Interface, source netip.Addr, to netip.AddrPort) (commands []string, ok bool) {
	if f.Routing == nil || !f.agrees(to) {
		return nil, false
	}
	done := func(e host.Entry) bool { return e.Leads(i.Index) && (!source.IsValid() || e.Source == source) }
	routing := *f.Routing
	for range 4 { // tables, one behind the other
		now, _ := routing.Lookup(to)
		if done(now) {
			return commands, true
		}
		dst := groups4
		if now.Dst.IsValid() && now.Dst.Bits() >= groups4.Bits() {
			dst = now.Dst
		}
		if !to.Addr().IsMulticast() {
			dst = netip.PrefixFrom(to.Addr(), to.Addr().BitLen())
		}
		add := host.Entry{Dst: dst, Table: mainTable, Kind: host.Unicast, On: []int{i.Index}, Source: source}
		if now.Table == localTable {
			add.Table = localTable
		}
		if then, ok := routing.With(add).Lookup(to); ok && done(then) {
			return append(commands, routeCommand(routing, add, i.Name)), true
		}
		switch now.Table {
		case 0, defaultTable, mainTable, localTable:
			return nil, false
		}
		pass := host.Entry{Dst: dst, Table: now.Table, Kind: host.Throw}
		commands = append(commands, routeCommand(routing, pass, ""))
		routing = routing.With(pass)
	}
	return nil, false
}

// agrees reports whether the rules and routes that were read say what the kernel
// said when it was asked.
func (f Facts) agrees(to netip.AddrPort) bool {
	said := f.Send
	if !to.Addr().IsMulticast() {
		back, asked := f.Back[to.Addr()]
		if said = back; !asked {
			return false
		}
	}
	now, ok := f.Routing.Lookup(to)
	if said.Err != nil {
		return !ok || now.Forbids()
	}
	m := said.Route.Match
	table := now.Table == m.Table || now.Table == localTable && m.Table == mainTable // without rules of its own, a kernel looks at both as at one
	return ok && m.Found && now.Dst == m.Dst && table
}

// routeCommand is the command that makes an entry: dev is its interface's name.
func routeCommand(r host.Routing, e host.Entry, dev string) string {
	words := []string{"ip route", "add"}
	if r.In(e.Table, e.Dst) {
		words[1] = "replace"
	}
	if e.Kind == host.Throw {
		words = append(words, "throw")
	}
	words = append(words, e.Dst.String())
	if dev != "" {
		words = append(words, "dev", dev)
	}
	if e.Source.IsValid() {
		words = append(words, "src", e.Source.String())
	}
	return strings.Join(words, " ") + inTable(e.Table)
}

func inTable(table int) string {
	switch table {
	case mainTable:
		return ""
	case localTable:
		return " table local"
	}
	return fmt.Sprintf(" table %d", table)
}

// guessed is beats where the rules and routes could not be read: all that is known
// is the route that matched.
func (f Facts) guessed(i host.Interface, source netip.Addr) (commands []string) {
	m := f.Send.Route.Match
	dst := groups4
	do := "add"
	if m.Found && m.Dst.Addr().IsMulticast() {
		do, dst = "replace", m.Dst
	}
	switch t := cmp.Or(m.Table, mainTable); t {
	case mainTable, defaultTable, localTable:
	default:
		commands, do = []string{fmt.Sprintf("ip route replace throw %s table %d", dst, t)}, "replace"
	}
	command := fmt.Sprintf("ip route %s %s dev %s", do, dst, i.Name)
	if source.IsValid() {
		command += " src " + source.String()
	}
	return append(commands, command)
}
