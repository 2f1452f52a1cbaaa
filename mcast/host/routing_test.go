package host

import (
	"net/netip"
	"testing"
)

// What the kernel does with rules and routes is compared in the tests of RouteTo.
// Here is what they do not make.
func TestRoutingLookup(t *testing.T) {
	to := netip.MustParseAddrPort("239.1.2.3:1234")
	entry := func(dst string, table, on int) Entry {
		return Entry{Dst: netip.MustParsePrefix(dst), Table: table, Kind: Unicast, On: []int{on}}
	}
	table := func(priority, table int) Rule {
		return Rule{Priority: priority, Action: ruleTable, Table: table, Suppress: -1}
	}
	throw := entry("224.0.0.0/4", 52, 0)
	throw.Kind, throw.On = Throw, nil
	forbidden := entry("239.0.0.0/8", 254, 0)
	forbidden.Kind, forbidden.On = 7, nil
	slow, marked := entry("239.0.0.0/8", 254, 9), entry("239.0.0.0/8", 254, 8)
	slow.Metric, marked.TOS = 100, 16
	short := table(1, 254)
	short.Suppress = 0
	exit := []Rule{table(5270, 52), table(32766, 254)}
	for _, tt := range []struct {
		name   string
		rules  []Rule
		routes []Entry
		on     int // 0: nowhere
	}{
		{"nothing", nil, nil, 0},
		{"a table before main", exit, []Entry{entry("0.0.0.0/0", 52, 7), entry("224.0.0.0/4", 254, 2)}, 7},
		{"which passes groups on", exit, []Entry{entry("0.0.0.0/0", 52, 7), throw, entry("224.0.0.0/4", 254, 2)}, 2},
		{"two metrics", exit, []Entry{slow, entry("239.0.0.0/8", 254, 3), entry("224.0.0.0/4", 254, 2)}, 3},
		{"a type of service", exit, []Entry{marked, entry("224.0.0.0/4", 254, 2)}, 2},
		{"forbidden, with the longer prefix", exit, []Entry{forbidden, entry("224.0.0.0/4", 254, 2)}, 0},
		{"the default route does not count", []Rule{short, table(2, 52)}, []Entry{entry("0.0.0.0/0", 254, 2), entry("0.0.0.0/0", 52, 7)}, 7},
		{"but one for groups does", []Rule{short, table(2, 52)}, []Entry{entry("224.0.0.0/4", 254, 2), entry("0.0.0.0/0", 52, 7)}, 2},
		{"a rule that forbids it", []Rule{{Action: 7, Suppress: -1}, table(2, 254)}, []Entry{entry("224.0.0.0/4", 254, 2)}, 0},
		{"a goto", []Rule{{Priority: 1, Action: ruleGoto, Target: 9}, table(5, 52), table(9, 254)}, []Entry{entry("0.0.0.0/0", 52, 7), entry("0.0.0.0/0", 254, 2)}, 2},
		{"a goto back, which the kernel takes from nobody", []Rule{table(1, 52), {Priority: 2, Action: ruleGoto, Target: 1}}, nil, 0},
	} {
		e, ok := (Routing{Rules: tt.rules, Routes: tt.routes}).Lookup(to)
		if on := ok && e.Leads(tt.on); on != (tt.on != 0) || tt.on == 0 && ok && !e.Forbids() {
			t.Errorf("%s: %+v, %v; want by %d", tt.name, e, ok, tt.on)
		}
	}
}

func TestRoutingWith(t *testing.T) {
	p := netip.MustParsePrefix("239.0.0.0/8")
	old := Entry{Dst: p, Table: 254, Kind: Unicast, On: []int{3}}
	slow := old
	slow.Metric = 10
	r := Routing{Routes: []Entry{old, slow}}
	then := r.With(Entry{Dst: p, Table: 254, Kind: Unicast, On: []int{2}})
	if len(then.Routes) != 2 || !then.Routes[1].Leads(2) || then.Routes[0].Metric != 10 {
		t.Errorf("%+v", then.Routes)
	}
	if !r.Routes[0].Leads(3) || !r.In(254, p) || r.In(52, p) || (Routing{Routes: []Entry{slow}}).In(254, p) {
		t.Errorf("what was there has changed, or is not found: %+v", r.Routes)
	}
}
