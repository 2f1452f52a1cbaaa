package host

import (
	"cmp"
	"net/netip"
	"slices"
)

// Routing is what the kernel decides the way of an IPv4 datagram by. RouteTo asks
// the kernel itself; this tells beforehand what it would say once a route was
// there that is not.
type Routing struct {
	User   uint32 // whose sends the rules are asked about
	Rules  []Rule // in their order
	Routes []Entry
}

// Rule is a routing rule: which table is looked at, and when (ip-rule(8)).
type Rule struct {
	Priority              int
	Not                   bool         // it is for what does not match
	From, To              netip.Prefix // the zero Prefix: any
	Mark, Mask            uint32
	TOS                   uint8
	In, Out               string    // interfaces; In is lo for what this host sends
	Users                 [2]uint32 // the first and the last; valid with ByUser
	ByUser                bool
	Protocol              uint8     // of IP; 0: any
	SourcePorts, Ports    [2]uint16 // the first and the last; 0: any
	Never                 bool      // it is for a tunnel's or a VRF's datagrams
	Action, Table, Target int       // Target: the priority that a goto leads to
	Suppress              int       // a route of this prefix length or less does not count; -1: all do
}

// Actions of a Rule (FR_ACT_TO_TBL, FR_ACT_GOTO and FR_ACT_NOP in
// linux/fib_rules.h). The others say that there is no way.
const (
	ruleTable = 1
	ruleGoto  = 2
	ruleNop   = 3
)

// Entry is an entry of a routing table.
type Entry struct {
	Dst    netip.Prefix
	Table  int
	Metric uint32 // the smallest counts
	TOS    uint8
	Kind   RouteKind
	On     []int      // indexes of the interfaces that it leads to
	Source netip.Addr // that it chooses; the zero Addr: none
}

// RouteKind is what a route says (RTN_UNICAST and so on in linux/rtnetlink.h).
// Those that are not named here forbid the way.
type RouteKind uint8

// The kinds of routes that do not forbid it.
const (
	Unicast   RouteKind = 1
	Multicast RouteKind = 5
	Throw     RouteKind = 9 // the table does not count for it
)

// Leads reports whether the route leads to an interface, and to no other.
func (e Entry) Leads(ifIndex int) bool {
	return (e.Kind == Unicast || e.Kind == Multicast) && len(e.On) > 0 && !slices.ContainsFunc(e.On, func(i int) bool { return i != ifIndex })
}

// Forbids reports whether the route says that there is no way.
func (e Entry) Forbids() bool { return e.Kind != Unicast && e.Kind != Multicast && e.Kind != Throw }

// In reports whether a table has a route that `ip route replace` would put another
// in the place of: with the same prefix, and no metric and no type of service.
func (r Routing) In(table int, dst netip.Prefix) bool {
	return slices.ContainsFunc(r.Routes, func(e Entry) bool { return e.replacedBy(Entry{Dst: dst, Table: table}) })
}

func (e Entry) replacedBy(other Entry) bool {
	return e.Dst == other.Dst && e.Table == other.Table && e.Metric == other.Metric && e.TOS == other.TOS
}

// With is the routing after `ip route replace` of an entry.
func (r Routing) With(e Entry) Routing {
	r.Routes = append(slices.DeleteFunc(slices.Clone(r.Routes), e.replacedBy), e)
	return r
}

// Lookup tells which route decides about a plain UDP datagram to an address, that
// no interface, source or mark was chosen for; ok is false when none does, because
// there is none or because a rule forbids it.
//
// It does as fib_rules_lookup and fib_table_lookup of the kernel do.
func (r Routing) Lookup(to netip.AddrPort) (decides Entry, ok bool) {
	for n, jumps := 0, 0; n < len(r.Rules); n++ {
		rule := r.Rules[n]
		switch matches := rule.matches(to, r.User); {
		case !matches || rule.Action == ruleNop:
		case rule.Action == ruleGoto:
			target := slices.IndexFunc(r.Rules, func(other Rule) bool { return other.Priority >= rule.Target })
			if jumps++; target <= n || jumps > len(r.Rules) {
				continue // a goto leads on, or nowhere
			}
			n = target - 1
		case rule.Action != ruleTable:
			return Entry{}, false
		default:
			if e, found := r.in(rule.Table, to.Addr()); found && e.Kind != Throw && (e.Forbids() || e.Dst.Bits() > rule.Suppress) {
				return e, true
			}
		}
	}
	return Entry{}, false
}

// in is the route of a table that decides about an address: with the longest
// prefix, and of these the one with the smallest metric.
func (r Routing) in(table int, addr netip.Addr) (best Entry, found bool) {
	for _, e := range r.Routes {
		if e.Table != table || e.TOS != 0 || !e.Dst.Contains(addr) {
			continue
		}
		if !found || cmp.Or(cmp.Compare(best.Dst.Bits(), e.Dst.Bits()), cmp.Compare(e.Metric, best.Metric)) < 0 {
			best, found = e, true
		}
	}
	return best, found
}

// matches is fib_rule_match and fib4_rule_match.
func (r Rule) matches(to netip.AddrPort, user uint32) bool {
	const udp = 17
	ok := !r.Never && r.Mark&r.Mask == 0 && r.TOS == 0 && r.Out == "" &&
		(r.In == "" || r.In == "lo") &&
		(!r.ByUser || r.Users[0] <= user && user <= r.Users[1]) &&
		(!r.From.IsValid() || r.From.Bits() == 0) && // no source is chosen yet
		(!r.To.IsValid() || r.To.Contains(to.Addr())) &&
		(r.Protocol == 0 || r.Protocol == udp) &&
		r.SourcePorts == [2]uint16{} && // and no port
		(r.Ports == [2]uint16{} || r.Ports[0] <= to.Port() && to.Port() <= r.Ports[1])
	return ok != r.Not
}
