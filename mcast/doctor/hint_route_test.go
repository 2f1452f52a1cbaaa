package doctor

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"pgregory.net/rapid"
)

// tables is what was read of the rules and routes: main, behind other tables.
func tables(before []host.Rule, routes ...host.Entry) *host.Routing {
	rule := func(priority, table int) host.Rule {
		return host.Rule{Priority: priority, Action: 1, Table: table, Suppress: -1}
	}
	return &host.Routing{Rules: slices.Concat([]host.Rule{rule(0, localTable)}, before, []host.Rule{rule(32766, mainTable), rule(32767, defaultTable)}), Routes: routes}
}

func toTable(n int) host.Rule { return host.Rule{Priority: 5270, Action: 1, Table: n, Suppress: -1} }

func entry(dst string, table, on int) host.Entry {
	return host.Entry{Dst: netip.MustParsePrefix(dst), Table: table, Kind: host.Unicast, On: []int{on}}
}

// Each command is one after which the lookup ends at eth0; where there is none,
// nothing is printed that looks like one.
func TestRouteHints(t *testing.T) {
	forbidden := entry("239.0.0.0/8", mainTable, 0)
	forbidden.Kind, forbidden.On = 7, nil
	first, second := entry("224.0.0.0/4", mainTable, 3), entry("224.0.0.0/4", mainTable, 2)
	first.Metric, second.Metric = 10, 100
	marked := toTable(100)
	marked.Mark, marked.Mask = 7, ^uint32(0)
	wg := marked
	wg.Table, wg.Not = 51820, true
	noDefault := toTable(mainTable)
	noDefault.Priority, noDefault.Suppress = 5000, 0
	forbid := host.Rule{Priority: 5, Action: 7, Suppress: -1}
	several := entry("224.0.0.0/4", mainTable, 3)
	several.On = []int{2, 3}
	own := netip.MustParseAddr("192.168.8.164")
	def := entry("0.0.0.0/0", mainTable, 3)
	for _, tt := range []struct {
		name    string
		routing *host.Routing
		source  netip.Addr
		want    string // "": advice
	}{
		{"the default route", tables(nil, def), netip.Addr{}, "ip route add 224.0.0.0/4 dev eth0"},
		{"a route for some groups", tables(nil, entry("239.0.0.0/8", mainTable, 3), entry("224.0.0.0/4", mainTable, 2)), netip.Addr{}, "ip route replace 239.0.0.0/8 dev eth0"},
		{"one for this group", tables(nil, def, entry("239.1.2.3/32", mainTable, 3)), netip.Addr{}, "ip route replace 239.1.2.3/32 dev eth0"},
		{"two metrics", tables(nil, first, second), netip.Addr{}, "ip route add 224.0.0.0/4 dev eth0"},
		{"two ways at once", tables(nil, several), netip.Addr{}, "ip route replace 224.0.0.0/4 dev eth0"},
		{"an exit node, and main leads there", tables([]host.Rule{toTable(52)}, entry("0.0.0.0/0", 52, 3), entry("0.0.0.0/0", mainTable, 2)), netip.Addr{},
			"ip route add throw 224.0.0.0/4 table 52"},
		{"an exit node, and main leads elsewhere", tables([]host.Rule{toTable(52)}, entry("224.0.0.0/4", 52, 3), entry("239.0.0.0/8", mainTable, 3)), netip.Addr{},
			"ip route replace throw 224.0.0.0/4 table 52 && ip route replace 239.0.0.0/8 dev eth0"},
		{"two tables", tables([]host.Rule{toTable(52), toTable(53)}, entry("0.0.0.0/0", 52, 3), entry("0.0.0.0/0", 53, 3)), netip.Addr{},
			"ip route add throw 224.0.0.0/4 table 52 && ip route add throw 224.0.0.0/4 table 53 && ip route add 224.0.0.0/4 dev eth0"},
		{"a rule by a mark that sends have not", tables([]host.Rule{marked}, entry("0.0.0.0/0", 100, 2), def), netip.Addr{}, "ip route add 224.0.0.0/4 dev eth0"},
		{"wg-quick's rules, where main counts first but for its default route", tables([]host.Rule{noDefault, wg}, entry("0.0.0.0/0", 51820, 3), entry("0.0.0.0/0", mainTable, 2)), netip.Addr{},
			"ip route add 224.0.0.0/4 dev eth0"},
		{"a route of the table local", tables(nil, entry("239.0.0.0/8", localTable, 3), def), netip.Addr{}, "ip route replace 239.0.0.0/8 dev eth0 table local"},
		{"a forbidden prefix", tables(nil, forbidden, def), netip.Addr{}, "ip route replace 239.0.0.0/8 dev eth0"},
		{"a rule that forbids it", tables([]host.Rule{forbid}, def), netip.Addr{}, ""},
		{"it leads there already", tables(nil, entry("224.0.0.0/4", mainTable, 2)), netip.Addr{}, ""},
		{"nothing", tables(nil), netip.Addr{}, "ip route add 224.0.0.0/4 dev eth0"},
		{"with a source", tables(nil, entry("224.0.0.0/4", mainTable, 2)), own, "ip route replace 224.0.0.0/4 dev eth0 src 192.168.8.164"},
		{"with a source, behind an exit node", tables([]host.Rule{toTable(52)}, entry("0.0.0.0/0", 52, 3), entry("0.0.0.0/0", mainTable, 2)), own,
			"ip route add throw 224.0.0.0/4 table 52 && ip route add 224.0.0.0/4 dev eth0 src 192.168.8.164"},
	} {
		g := mcast.Group{Addr: netip.MustParseAddr("239.1.2.3"), Port: 1234}
		f := Facts{Interfaces: []host.Interface{eth0, eth1}, Routing: tt.routing}
		if now, ok := tt.routing.Lookup(g.AddrPort()); ok && !now.Forbids() {
			f.Send.Route.Match = host.Match{Found: true, Dst: now.Dst, Table: now.Table}
		} else {
			f.Send.Err = nowhere(syscall.ENETUNREACH).Err
		}
		hint := f.routeBy(eth0, tt.source, g)
		if command := strings.Join(commandsOf([]string{hint}), ""); command != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, hint, tt.want)
		}
		f.Send.Err, f.Send.Route.Match = nil, host.Match{Found: true, Dst: netip.MustParsePrefix("238.0.0.0/8"), Table: 7}
		if commands := commandsOf([]string{f.routeBy(eth0, tt.source, g)}); commands != nil {
			t.Errorf("%s: %q, though the kernel says what nothing that was read explains", tt.name, commands)
		}
	}
}

func TestRouteBack(t *testing.T) {
	to := netip.MustParseAddr("203.0.113.7")
	forbid := host.Rule{Priority: 5, Action: 7, Suppress: -1}
	for _, tt := range []struct {
		name    string
		routing *host.Routing
		want    string
	}{
		{"not read", nil, "ip route add 203.0.113.7/32 dev eth0"},
		{"none", tables(nil), "ip route add 203.0.113.7/32 dev eth0"},
		{"a rule forbids it", tables([]host.Rule{forbid}), ""},
	} {
		f := Facts{Routing: tt.routing, Back: map[netip.Addr]RouteResult{to: nowhere(syscall.ENETUNREACH)}}
		if got, ok := f.routeBack(eth0, to); got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	if got, _ := (Facts{}).routeBack(eth0, netip.MustParseAddr("fd00::7")); !strings.HasPrefix(got, "ip -6 route add fd00::7/128 ") {
		t.Errorf("IPv6: %q", got)
	}
}

func anyRouting(t *rapid.T) *host.Routing {
	tables := rapid.SampledFrom([]int{52, 100, defaultTable, mainTable, localTable})
	rule := rapid.Custom(func(t *rapid.T) host.Rule {
		return host.Rule{
			Priority: rapid.IntRange(0, 9).Draw(t, "priority"), Not: anyBool(t), Mark: uint32(rapid.IntRange(0, 1).Draw(t, "mark")), Mask: 1,
			Action: rapid.SampledFrom([]int{1, 1, 1, 1, 2, 3, 7}).Draw(t, "action"), Table: tables.Draw(t, "table"),
			Target: rapid.IntRange(0, 9).Draw(t, "target"), Suppress: rapid.SampledFrom([]int{-1, -1, 0, 4}).Draw(t, "suppress"),
		}
	})
	route := rapid.Custom(func(t *rapid.T) host.Entry {
		dst := rapid.SampledFrom([]string{"0.0.0.0/0", "128.0.0.0/1", "224.0.0.0/4", "239.0.0.0/8", "239.1.2.3/32"}).Draw(t, "dst")
		e := entry(dst, tables.Draw(t, "table"), rapid.IntRange(2, 3).Draw(t, "on"))
		e.Metric = rapid.SampledFrom([]uint32{0, 0, 10}).Draw(t, "metric")
		if e.Kind = rapid.SampledFrom([]host.RouteKind{host.Unicast, host.Unicast, host.Throw, 7}).Draw(t, "kind"); e.Kind != host.Unicast {
			e.On = nil
		}
		return e
	})
	r := &host.Routing{Rules: rapid.SliceOfN(rule, 0, 5).Draw(t, "rules"), Routes: rapid.SliceOfN(route, 0, 8).Draw(t, "routes")}
	slices.SortStableFunc(r.Rules, func(a, b host.Rule) int { return a.Priority - b.Priority })
	return r
}

// executed is the routing after a command, which ip(8) would take.
func executed(t failer, r host.Routing, command string) host.Routing {
	words := strings.Fields(strings.TrimPrefix(command, "ip route "))
	e, do := host.Entry{Table: mainTable, Kind: host.Unicast}, words[0]
	if words = words[1:]; words[0] == "throw" {
		e.Kind, words = host.Throw, words[1:]
	}
	e.Dst = netip.MustParsePrefix(words[0])
	for n := 1; n+1 < len(words); n += 2 {
		switch value := words[n+1]; words[n] {
		case "dev":
			e.On = []int{map[string]int{"eth0": 2}[value]}
		case "table":
			if e.Table = localTable; value != "local" {
				e.Table, _ = strconv.Atoi(value)
			}
		default:
			t.Errorf("%s: what is %s?", command, words[n])
		}
	}
	if r.In(e.Table, e.Dst) != (do == "replace") {
		t.Errorf("%s, with %+v", command, r.Routes)
	}
	return r.With(e)
}

// Whatever the rules and routes are: once the commands are executed, the lookup
// ends at eth0.
func TestRouteHintsWin(t *testing.T) {
	to := netip.MustParseAddrPort("239.1.2.3:1234")
	printed := 0
	rapid.Check(t, func(t *rapid.T) {
		f := Facts{Interfaces: []host.Interface{eth0, eth1}, Routing: anyRouting(t)}
		now, ok := f.Routing.Lookup(to)
		if f.Send.Route.Match = (host.Match{Found: true, Dst: now.Dst, Table: now.Table}); !ok || now.Forbids() {
			f.Send = nowhere(syscall.ENETUNREACH)
		}
		then := *f.Routing
		commands, wins := f.beats(eth0, netip.Addr{}, to)
		for _, command := range commands {
			then = executed(t, then, command)
			printed++
		}
		if e, ok := then.Lookup(to); wins && (!ok || !e.Leads(eth0.Index)) {
			t.Errorf("after %q the lookup ends at %+v, %v: %+v", commands, e, ok, f.Routing)
		}
	})
	if printed == 0 {
		t.Error("no command was printed at all")
	}
}
