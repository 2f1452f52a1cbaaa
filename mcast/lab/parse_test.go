package lab_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

const everything = `# the article's LAN
switch lan
switch other snooping querier igmp 2 mld 1 limit 20 fastleave flood off   # it asks
switch hub on other

host A
  igmp 1
  mld 2
  eth0 on lan 192.168.8.164/24 loss 30% mtu 1400
  eth1 on other 169.254.167.41/16 2001:db8::1/64 delay 20ms down
  tun0 on - 10.8.0.2/24
  route default via 192.168.8.1 dev eth0
  route default via 2001:db8::2
  route unreachable 239.0.0.0/8
  sysctl net.ipv4.conf.all.rp_filter = 1
  sysctl net.ipv4.ping_group_range=0  1000
router R
	upstream eth0
	eth0 on lan 192.168.8.1/24
router S
  flood on
`

func TestParseTopology(t *testing.T) {
	want := lab.Topology{
		Switches: []lab.Switch{{Name: "lan"}, {Name: "other", Snooping: true, Querier: true, IGMP: 2, MLD: 1, Limit: 20, FastLeave: true, NoFlood: true}, {Name: "hub", On: "other"}},
		Hosts: []lab.Host{
			{
				Name: "A",
				IGMP: 1,
				MLD:  2,
				Interfaces: []lab.Interface{
					{Name: "eth0", Switch: "lan", Addrs: labtest.Prefixes("192.168.8.164/24"), Loss: 30, MTU: 1400},
					{Name: "eth1", Switch: "other", Addrs: labtest.Prefixes("169.254.167.41/16", "2001:db8::1/64"), Delay: 20 * time.Millisecond, Down: true},
					{Name: "tun0", Addrs: labtest.Prefixes("10.8.0.2/24")},
				},
				Routes: []lab.Route{
					{Dst: netip.MustParsePrefix("0.0.0.0/0"), Via: netip.MustParseAddr("192.168.8.1"), Dev: "eth0"},
					{Dst: netip.MustParsePrefix("::/0"), Via: netip.MustParseAddr("2001:db8::2")},
					{Dst: netip.MustParsePrefix("239.0.0.0/8"), Type: lab.Unreachable},
				},
				Sysctls: map[string]string{"net.ipv4.conf.all.rp_filter": "1", "net.ipv4.ping_group_range": "0  1000"},
			},
			{Name: "R", Router: true, Upstream: "eth0", Interfaces: []lab.Interface{{Name: "eth0", Switch: "lan", Addrs: labtest.Prefixes("192.168.8.1/24")}}},
			{Name: "S", Router: true, Flood: true},
		},
	}
	got, err := lab.ParseTopology("everything", strings.NewReader(everything))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("ParseTopology:\n got %+v\nwant %+v", got, want)
	}
	notes := []string{"switch other snooping querier igmp 2 mld 1 limit 20 fastleave flood off", "router R upstream eth0", "router S flood on"}
	if !slices.Equal(got.Notes(), notes) {
		t.Errorf("Notes: %q, want %q", got.Notes(), notes)
	}
	// Written back, it is the same but for comments, empty lines and spaces.
	wantText := strings.NewReplacer("# the article's LAN\n", "", "   # it asks", "", "\n\nhost A", "\nhost A", " = ", "=", "\t", "  ",
		"loss 30% mtu 1400", "mtu 1400 loss 30%").Replace(everything)
	if got := got.String(); got != wantText {
		t.Errorf("String:\n%s\nwant:\n%s", got, wantText)
	}
}

// What the page shows can be built.
func TestDocumentedTopology(t *testing.T) {
	page, err := os.ReadFile("../../docs/lab.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "\n\n    ")
	text, _, _ = strings.Cut(text, "\n\n")
	topology, err := lab.ParseTopology("docs/lab.md", strings.NewReader(text))
	if err != nil || len(topology.Hosts) != 2 {
		t.Errorf("the page's topology has %d hosts, %v; want 2", len(topology.Hosts), err)
	}
}

func TestParseTopologyErrors(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"lan", `f:1: "lan": want switch NAME, host NAME, router NAME, INTERFACE on SWITCH, route, sysctl, igmp, mld, upstream or flood`},
		{"switch", `f:1: want switch NAME`},
		{"switch lan loud", `f:1: "loud": a switch has snooping, querier, igmp 2 or 3, mld 1 or 2, limit N, fastleave, flood off and on SWITCH only`},
		{"switch lan flood", `f:1: flood: the value is missing`},
		{"switch lan flood on", `f:1: flood on: want flood off; else a switch floods`},
		{"switch lan snooping querier igmp v2", `f:1: igmp v2: want 1, 2 or 3`},
		{"switch lan snooping querier igmp 1", `f:1: switch "lan": a switch knows IGMP 2 and 3 only: version 1 can be a host's`},
		{"switch lan snooping igmp 2", `f:1: switch "lan": only a querier speaks IGMP`},
		{"switch lan snooping querier mld 3", `f:1: mld 3: want 1 or 2`},
		{"switch lan snooping mld 1", `f:1: switch "lan": only a querier speaks MLD`},
		{"switch lan snooping limit", `f:1: limit: the value is missing`},
		{"switch lan snooping limit 0", `f:1: limit 0: want a number of groups`},
		{"switch lan snooping limit 65536", `f:1: switch "lan": limit 65536: want 1 to 65535 groups`},
		{"switch lan limit 5", `f:1: switch "lan": only a snooping switch counts groups`},
		{"host A\nmld 3", `f:2: mld 3: want 1 or 2`},
		{"host A\nmld 1 2", `f:2: want mld 1 or 2`},
		{"host A\nmld 1\nmld 1", `f:3: mld is there twice`},
		{"switch lan fastleave", `f:1: switch "lan": only a snooping switch knows who leaves`},
		{"switch lan\nswitch hub on lann", `f:2: switch "hub": on lann: no switch of that name before it (did you mean lan?)`},
		{"switch lan on lan", `f:1: switch "lan": on lan: no switch of that name before it`},
		{"host A\nigmp", `f:2: "igmp": want switch NAME, host NAME, router NAME, INTERFACE on SWITCH, route, sysctl, igmp, mld, upstream or flood`},
		{"igmp 2", `f:1: igmp: no host before it`},
		{"host A\nigmp 4", `f:2: igmp 4: want 1, 2 or 3`},
		{"host A\nigmp 2 3", `f:2: want igmp 1 or 2`},
		{"host A\nigmp 3", `f:2: host "A": IGMP version 3: want 1 or 2; a host speaks 3 unless its querier speaks 2`},
		{"host A\nigmp 2\nigmp 1", `f:3: igmp is there twice`},
		{"switch lan querier", `f:1: switch "lan": only a snooping switch can be the querier`},
		{"host", `f:1: want host NAME`},
		{"router A B", `f:1: want router NAME`},
		{"router R\nupstream", `f:2: "upstream": want switch NAME, host NAME, router NAME, INTERFACE on SWITCH, route, sysctl, igmp, mld, upstream or flood`},
		{"router R\nupstream eth0", `f:2: host "R": upstream eth0: no interface of that name`},
		{"router R\nupstream eth0\nupstream eth0", `f:3: upstream is there twice`},
		{"router R\nupstream eth0 eth1", `f:2: want upstream INTERFACE`},
		{"router R\nflood off", `f:2: want flood on; else a router forwards a group to its members`},
		{"router R\nflood on\nflood on", `f:3: flood is there twice`},
		{"router R\neth0 on -\nflood on\nupstream eth0", `f:4: host "R": a router that floods has no upstream interface`},
		{"host A\neth0 on -\nupstream eth0", `f:3: host "A": only a router has an upstream interface`},
		{"host A\nflood on", `f:2: host "A": only a router floods`},
		{"switch one\nswitch two\nswitch hub on two\nrouter R\neth0 on one\neth1 on two\nrouter S\neth0 on one\neth1 on hub\nupstream eth1",
			`f:10: host "S": upstream eth1: its datagrams would come back to it in a loop`},
		{"\n\neth0 on lan", `f:3: eth0: no host before it`},
		{"host A\neth0 on", `f:2: want INTERFACE on SWITCH, or on - for none`},
		{"host A\neth0 on - 10.0.0.1", `f:2: "10.0.0.1": want an address with its prefix length, as 192.0.2.1/24, or mtu, loss, delay, down`},
		{"host A\neth0 on - mtu", `f:2: mtu: the value is missing`},
		{"host A\neth0 on - mtu big", `f:2: mtu big: want a number of bytes`},
		{"host A\neth0 on - mtu 100", `f:2: host "A": interface "eth0": MTU 100: want 576 to 9000`},
		{"host A\neth0 on - loss 101%", `f:2: loss: "101%": want a whole number of per cent, 0% to 100%`},
		{"host A\neth0 on - delay 1h", `f:2: delay: "1h": want a duration such as 200ms, at most 10s`},
		{"host A\nroute", `f:2: "route": want switch NAME, host NAME, router NAME, INTERFACE on SWITCH, route, sysctl, igmp, mld, upstream or flood`},
		{"host A\nroute default via", `f:2: want route [unreachable|blackhole|prohibit|throw] DESTINATION [via GATEWAY] [dev INTERFACE] [src ADDRESS] [table NUMBER]`},
		{"host A\nroute default by eth0", `f:2: "by": want via GATEWAY, dev INTERFACE, src ADDRESS or table NUMBER`},
		{"host A\nroute default dev eth0 src me", `f:2: src "me": want an address`},
		{"host A\nroute default dev eth0 table main", `f:2: table "main": want a number`},
		{"host A\nroute default via there", `f:2: via "there": want an address`},
		{"host A\nroute everywhere", `f:2: "everywhere": want a destination as 192.0.2.0/24, or default`},
		{"host A\nsysctl net.ipv4.ip_forward", `f:2: want sysctl NAME=VALUE`},
		{"host A\nsysctl net.x.y=1\nsysctl net.x.y=1", `f:3: sysctl net.x.y is there twice`},
		{"host A\nsysctl kernel.hostname=x", `f:2: host "A": sysctl "kernel.hostname": not the name of a setting below net`},
		// A dangling wire, and an address that is there twice: each at its line.
		{"switch lan\nhost A\neth0 on lna 10.0.0.1/8\neth1 on lan 10.0.0.2/8\nhost B\neth0 on lan 10.0.0.2/8\nroute default dev eth7",
			`f:3: host "A": interface "eth0": no switch "lna" (did you mean lan?)` + "\n" +
				`f:6: host "B": interface "eth0": address 10.0.0.2 is also that of A eth1, on the same switch "lan"` + "\n" +
				`f:7: host "B": route 0.0.0.0/0: no interface "eth7"`},
		{strings.Repeat("?\n", 1000), strings.TrimSpace(func() (s string) {
			for i := range 10 {
				s += fmt.Sprintf("f:%d: \"?\": want switch NAME, host NAME, router NAME, INTERFACE on SWITCH, route, sysctl, igmp, mld, upstream or flood\n", i+1)
			}
			return s
		}())},
	} {
		_, err := lab.ParseTopology("f", strings.NewReader(test.text))
		if err == nil || err.Error() != test.want {
			t.Errorf("%q:\n got %v\nwant %s", test.text, err, test.want)
			continue
		}
		if syntax, ok := errors.AsType[*lab.SyntaxError](err); !ok || syntax.File != "f" || syntax.Line < 1 {
			t.Errorf("%q: the error is a %T, want a *lab.SyntaxError with its line", test.text, err)
		}
	}
	long := "switch lan\n#" + strings.Repeat("x", 1<<20)
	if _, err := lab.ParseTopology("f", strings.NewReader(long)); err == nil || !strings.HasPrefix(err.Error(), "f:2: ") {
		t.Errorf("a line of a megabyte: error %v, want one at f:2", err)
	}
}

// roundTrip checks that a topology comes back from its text as it was.
func roundTrip(t interface{ Fatalf(string, ...any) }, topology lab.Topology) {
	text := topology.String()
	again, err := lab.ParseTopology("again", strings.NewReader(text))
	if err != nil {
		t.Fatalf("its own text is refused: %v\n%s", err, text)
	}
	if !reflect.DeepEqual(again, topology) {
		t.Fatalf("it comes back different:\n got %+v\nwant %+v\n%s", again, topology, text)
	}
}

func FuzzParseTopology(f *testing.F) {
	f.Add(everything)
	for _, n := range lab.Topologies() {
		f.Add(n.Make(3).String())
	}
	f.Fuzz(func(t *testing.T, text string) {
		topology, err := lab.ParseTopology("fuzz", strings.NewReader(text))
		if err == nil {
			roundTrip(t, topology)
		} else if _, ok := errors.AsType[*lab.SyntaxError](err); !ok {
			t.Errorf("the error %v has no line", err)
		}
	})
}

func TestTopologiesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { roundTrip(t, anyTopology(t)) })
}

// anyTopology draws a valid topology.
func anyTopology(t *rapid.T) (topology lab.Topology) {
	name := rapid.StringMatching(`[A-Za-z0-9_][A-Za-z0-9_-]{0,6}`)
	switches := rapid.SliceOfNDistinct(name, 0, 3, rapid.ID).Draw(t, "switches")
	for n, s := range switches {
		snooping := rapid.Bool().Draw(t, "snooping")
		sw := lab.Switch{Name: s, Snooping: snooping, NoFlood: rapid.Bool().Draw(t, "flood off")}
		if snooping {
			sw.Limit = rapid.SampledFrom([]int{0, 1, 20}).Draw(t, "limit")
			sw.FastLeave, sw.Querier = rapid.Bool().Draw(t, "fastleave"), rapid.Bool().Draw(t, "querier")
		}
		if sw.Querier {
			sw.IGMP, sw.MLD = rapid.SampledFrom([]int{0, 2, 3}).Draw(t, "igmp"), rapid.IntRange(0, 2).Draw(t, "mld")
		}
		if n > 0 {
			sw.On = rapid.SampledFrom(append([]string{""}, switches[:n]...)).Draw(t, "on")
		}
		topology.Switches = append(topology.Switches, sw)
	}
	for n, host := range rapid.SliceOfNDistinct(name, 0, 4, rapid.ID).Draw(t, "hosts") {
		h := lab.Host{Name: host, Router: rapid.Bool().Draw(t, "router"), IGMP: rapid.IntRange(0, 2).Draw(t, "igmp"), MLD: rapid.IntRange(0, 2).Draw(t, "mld")}
		for i := range rapid.IntRange(0, 3).Draw(t, "interfaces") {
			ifi := lab.Interface{
				Name:   fmt.Sprintf("eth%d", i),
				Switch: rapid.SampledFrom(append([]string{""}, switches...)).Draw(t, "switch"),
				MTU:    rapid.SampledFrom([]int{0, 1280, 9000}).Draw(t, "mtu"),
				Loss:   rapid.IntRange(0, 100).Draw(t, "loss"),
				Delay:  time.Duration(rapid.Int64Range(0, int64(lab.MaxDelay)).Draw(t, "delay")),
				Down:   rapid.Bool().Draw(t, "down"),
			}
			ifi.Addrs = rapid.SampledFrom([][]netip.Prefix{nil,
				labtest.Prefixes(fmt.Sprintf("10.%d.%d.1/16", n, i)),
				labtest.Prefixes(fmt.Sprintf("10.%d.%d.1/32", n, i), fmt.Sprintf("2001:db8:%d:%d::1/64", n, i)),
			}).Draw(t, "addresses")
			h.Interfaces = append(h.Interfaces, ifi)
		}
		h.Routes = rapid.SliceOfN(rapid.SampledFrom([]lab.Route{
			{Dst: netip.MustParsePrefix("0.0.0.0/0"), Dev: "lo"},
			{Dst: netip.MustParsePrefix("::/0"), Dev: "lo"},
			{Dst: netip.MustParsePrefix("224.0.0.0/4"), Dev: "lo", Src: netip.MustParseAddr("10.0.0.1"), Table: 100},
			{Dst: netip.MustParsePrefix("::/0"), Via: netip.MustParseAddr("2001:db8::1")},
			{Dst: netip.MustParsePrefix("0.0.0.0/0"), Via: netip.MustParseAddr("10.0.0.1")},
			{Dst: netip.MustParsePrefix("224.0.0.0/4"), Type: lab.Prohibit},
			{Dst: netip.MustParsePrefix("::/0"), Type: lab.Blackhole},
		}), 0, 4).Draw(t, "routes")
		if len(h.Routes) == 0 {
			h.Routes = nil
		}
		for _, key := range []string{"net.ipv4.ip_forward", "net/ipv4/conf/all/rp_filter"} {
			if rapid.Bool().Draw(t, key) {
				if h.Sysctls == nil {
					h.Sysctls = map[string]string{}
				}
				h.Sysctls[key] = rapid.StringMatching(`[!-"$-~]([ -"$-~]{0,8}[!-"$-~])?`).Draw(t, "value")
			}
		}
		topology.Hosts = append(topology.Hosts, h)
		if last := &topology.Hosts[n]; h.Router && len(h.Interfaces) > 0 {
			last.Upstream = rapid.SampledFrom([]string{"", "eth0"}).Draw(t, "upstream")
			last.Flood = last.Upstream == "" && rapid.Bool().Draw(t, "flood")
		}
	}
	if topology.Validate() != nil { // a circle
		for n := range topology.Hosts {
			topology.Hosts[n].Upstream = ""
		}
	}
	return topology
}
