package doctor

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"syscall"

	"github.com/groupcast/groupcast/mcast/host"
)

// Values of rp_filter; the larger of conf/all and conf/INTERFACE is in force
// (Linux, Documentation/networking/ip-sysctl.rst). Both drop a datagram with no
// way back at all. Strict also drops one that came by another interface than the
// way back, and so does loose on an interface that has no address.
const (
	rpOff    = 0
	rpStrict = 1
)

// reversePath: the kernel drops a datagram if the way back to its source does
// not lead where it came from, before anything counts it as received.
func reversePath(f Facts, in Intent) []Finding {
	const name, counter = "reverse-path", "TcpExt.IPReversePathFilter"
	if in.Group.Addr.Is6() {
		return fine(name, "Linux has no rp_filter for IPv6; a rule of netfilter (rpfilter, fib) can do the same, and is not looked at")
	}
	at := f.reverseFilters(in)
	var out []Finding
	var passed, open []string // sources
	for _, s := range f.sourcesOf(in) {
		finding, undecided := f.wayBack(s, at)
		switch {
		case finding != nil:
			out = append(out, *finding)
		case undecided != "":
			open = append(open, undecided)
		default:
			passed = append(passed, f.wayTo(s))
		}
	}
	active := slices.DeleteFunc(slices.Clone(at), func(r reverseFilter) bool { return r.known && r.value == rpOff })
	if n := slices.IndexFunc(active, func(r reverseFilter) bool { return r.known }); n > 0 {
		active[0], active[n] = active[n], active[0]
	}
	unread := slices.ContainsFunc(at, func(r reverseFilter) bool { return !r.known })
	dropped, watched := f.Observed.Grown[counter]
	switch {
	case dropped > 0 && len(out) > 0:
		out[0].Evidence += fmt.Sprintf("; %s grew by %d in %s", counter, dropped, f.Observed.lasted())
	case dropped > 0 && len(active) > 0:
		out = append(out, Finding{
			Name: name, Verdict: Failure, Interface: active[0].on.Name,
			Title:    fmt.Sprintf("datagrams are dropped as they come in by %s, for the way back to their source leads elsewhere", active[0].on.Name),
			Evidence: fmt.Sprintf("%s grew by %d in %s, and %s", counter, dropped, f.Observed.lasted(), active[0]),
			Hints:    append(active[0].hints(), "name the sender to see its way back: "+doctorCommand(in, "--from ADDRESS")),
		})
		if !active[0].known {
			out[0].Verdict = Warning
			out[0].Title = "datagrams are dropped as they come in, for the way back to their source leads elsewhere"
		}
	}
	hints := []string{doctorCommand(in, "--from ADDRESS") + ", the host that is not heard", doctorCommand(in, "--watch 10s") + ", while it sends"}
	since, counted := f.Counters[counter]
	switch {
	case len(out) > 0:
		return out
	case len(at) == 0:
		return unknown(name, "there is no interface that anything could come in by")
	case len(active) == 0:
		return fine(name, fmt.Sprint(at[0]))
	case unread:
		return unknown(name, f.unread(FromSettings), hints...)
	case watched && f.Observed.For > 0:
		return fine(name, fmt.Sprintf("%s, and %s did not grow in %s", active[0], counter, f.Observed.lasted()))
	case len(open) > 0:
		return unknown(name, enumerate(open), hints...)
	case len(passed) > 0:
		return fine(name, fmt.Sprintf("%s lets them in: %s", active[0], enumerate(passed)))
	case counted && since == 0:
		return fine(name, fmt.Sprintf("%s, but %s = 0 since the host started", active[0], counter))
	case counted:
		return unknown(name, fmt.Sprintf("%s, and %s = %d since the host started, of any sender", active[0], counter, since), hints...)
	}
	return unknown(name, f.unread(FromCounters), hints...)
}

// reverseFilter is the reverse path filter that is in force on an interface.
type reverseFilter struct {
	on      host.Interface
	key     string // of the setting that is in force
	value   int
	all     int // what conf/all has
	known   bool
	address bool // the interface has one
}

func (r reverseFilter) String() string {
	if !r.known {
		return r.key + " is not known"
	}
	return fmt.Sprintf("%s = %d", r.key, r.value)
}

// hints are the commands that switch the filter off; a value of the interface
// cannot be less than that of all.
func (r reverseFilter) hints() []string {
	const all = "net.ipv4.conf.all.rp_filter"
	own := interfaceKey(r.on.Name)
	if r.all > rpOff {
		return []string{fmt.Sprintf("sysctl -w %s=0 %s=0", all, own)}
	}
	return []string{fmt.Sprintf("sysctl -w %s=0", own)}
}

func interfaceKey(ifname string) string {
	key, _, _ := Facts{}.setting("net.ipv4.conf.", ifname, ".rp_filter")
	return key
}

// drops reports whether a datagram of a source with that way back is dropped.
func (r reverseFilter) drops(back RouteResult) bool {
	switch {
	case !r.known || r.value == rpOff:
		return false
	case noWay(back.Err):
		return true
	case back.Route.IfIndex == r.on.Index:
		return false
	}
	return r.value == rpStrict || !r.address
}

// noWay reports an answer of the routing table, rather than that it could not
// be asked.
func noWay(err error) bool {
	return slices.ContainsFunc([]error{syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.EINVAL, syscall.EACCES},
		func(want error) bool { return errors.Is(err, want) })
}

// reverseFilters lists the filters of the interfaces that the group comes in by.
func (f Facts) reverseFilters(in Intent) (list []reverseFilter) {
	const all = "net.ipv4.conf.all.rp_filter"
	general, known := f.Settings[all]
	for _, i := range f.receiving(in) {
		key, value, ok := f.setting("net.ipv4.conf.", i.Name, ".rp_filter")
		r := reverseFilter{on: i, key: key, value: value, all: general, known: known && ok}
		if general > value {
			r.key, r.value = all, general
		}
		r.address = slices.ContainsFunc(i.Addrs, func(p netip.Prefix) bool { return p.Addr().Is4() })
		list = append(list, r)
	}
	return list
}

// source is a host whose datagrams are to come in.
type source struct {
	addr  netip.Addr
	back  RouteResult
	known bool // back is
	at    int  // index of the interface that it was heard by; 0: it was not
}

// sourcesOf lists the senders: heard, or to be heard.
func (f Facts) sourcesOf(in Intent) (list []source) {
	add := func(addr netip.Addr, index int) {
		back, known := f.Back[addr]
		known = known && (noWay(back.Err) || back.Err == nil && back.Route.IfIndex != 0)
		via, _ := host.ByIndex(f.Interfaces, back.Route.IfIndex)
		seen := slices.ContainsFunc(list, func(s source) bool { return s.addr == addr })
		switch {
		case !addr.Is4(), seen, via.Loopback(): // by lo: an address of this host
		case !known && index != 0: // it came in
		default:
			list = append(list, source{addr, back, known, index})
		}
	}
	for _, s := range f.Observed.Senders {
		if !s.Local {
			add(s.From.Addr().Unmap(), s.IfIndex)
		}
	}
	add(in.From, 0)
	add(in.Group.Source, 0)
	return list
}

// wayBack finds whether a source's datagrams are dropped. Where they come in
// is known if it was heard; else it is undecided, unless all or none of the
// interfaces would drop them.
func (f Facts) wayBack(s source, at []reverseFilter) (finding *Finding, undecided string) {
	if !s.known {
		return nil, f.wayTo(s)
	}
	var dropping, passing []reverseFilter
	for _, r := range at {
		switch {
		case s.at != 0 && r.on.Index != s.at:
		case r.drops(s.back):
			dropping = append(dropping, r)
		default:
			passing = append(passing, r)
		}
	}
	if len(dropping) == 0 {
		return nil, ""
	}
	first := dropping[0]
	evidence := fmt.Sprintf("%s, and %s", first, f.wayTo(s))
	if len(passing) > 0 {
		return nil, fmt.Sprintf("%s: what comes from there by %s is dropped", evidence, first.on.Name)
	}
	var names []string
	for _, r := range dropping {
		names = append(names, r.on.Name)
	}
	finding = &Finding{
		Name: "reverse-path", Verdict: Failure, Interface: first.on.Name,
		Title:    fmt.Sprintf("datagrams from %s are dropped as they come in by %s", s.addr, enumerate(names)),
		Evidence: evidence,
		Hints:    first.hints(),
	}
	if s.at != 0 { // so they were not, then
		finding.Verdict = Warning
		finding.Title = fmt.Sprintf("datagrams from %s, heard by %s before, may be dropped there", s.addr, enumerate(names))
	}
	switch {
	case s.back.Err != nil:
		if way, ok := f.routeBack(first.on, s.addr); ok {
			finding.Hints = append(finding.Hints, "or give it a way back: "+way)
		}
	case first.address:
		finding.Hints = append(finding.Hints, fmt.Sprintf("or let any way back do: sysctl -w %s=2", interfaceKey(first.on.Name)))
	}
	finding.Hints = append(finding.Hints, "or let the sender use an address of the network that it sends by")
	return finding, ""
}

// wayTo describes the route to a source.
func (f Facts) wayTo(s source) string {
	switch {
	case !s.known:
		return fmt.Sprintf("the way back to %s is not known", s.addr)
	case s.back.Err != nil:
		return fmt.Sprintf("there is no way back to %s: %s", s.addr, reason(s.back.Err))
	}
	return fmt.Sprintf("the way back to %s is %s", s.addr, f.nameAt(s.back.Route))
}

// nameAt names the interface of a route.
func (f Facts) nameAt(r host.Route) string {
	if i, ok := host.ByIndex(f.Interfaces, r.IfIndex); ok {
		return i.Name
	}
	return fmt.Sprintf("#%d", r.IfIndex)
}
