package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/igmp"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/tui"
)

// noon is when the snapshots of these tests are.
var noon = time.Date(2026, 5, 4, 12, 5, 0, 0, time.UTC)

func before(d string) time.Time {
	span, err := time.ParseDuration(d)
	if err != nil {
		panic(err)
	}
	return noon.Add(-span)
}

// wordsAtNoon is how things are said at noon; eth0 and eth1 have indexes 2 and 3.
func wordsAtNoon(groups ...string) *igmpText {
	t := &igmpText{name: func(index int) string { return map[int]string{2: "eth0", 3: "eth1"}[index] }, now: noon}
	for _, g := range groups {
		t.groups = append(t.groups, labtest.Addr(g))
	}
	return t
}

// snoopedLAN is a network with a querier on eth0, and a switch on eth1 that keeps
// reports back.
func snoopedLAN() igmp.Snapshot {
	return igmp.Snapshot{At: noon, Links: []igmp.Link{
		{
			Interface: 2, Family: igmp.IGMP, Since: before("5m12s"), Sight: igmp.SightAll, Why: "192.168.8.226 reported 239.1.2.3",
			Queriers: []igmp.Querier{{
				Addr: labtest.Addr("192.168.8.1"), Version: 3, Interval: 125 * time.Second, MaxResponse: 10 * time.Second, Robustness: 2,
				Since: before("5m"), Last: before("14s"), Expires: before("-4m"), Queries: 3, Elected: true,
			}},
			Groups: []igmp.Group{
				{Addr: labtest.Addr("224.0.0.251"), AtLeast: true, Members: []igmp.Member{
					{Host: labtest.Addr("192.168.8.9"), Version: 2, Mode: igmp.Exclude, Since: before("26h"), Last: before("20s"), Expires: before("-4m2s")},
				}},
				{Addr: labtest.Addr("232.1.1.1"), Members: []igmp.Member{
					{Host: labtest.Addr("192.168.8.230"), Version: 3, Mode: igmp.Include, Sources: []netip.Addr{labtest.Addr("10.9.0.77")}, Since: before("50s"), Last: before("9s"), Expires: before("-4m11s")},
				}},
				{Addr: labtest.Addr("239.1.2.3"), Members: []igmp.Member{
					{Host: labtest.Addr("192.168.8.164"), Version: 3, Mode: igmp.Exclude, Since: before("3m53s"), Last: before("3m53s"), Expires: before("-27s"), Self: true},
					{Host: labtest.Addr("192.168.8.226"), Link: net.HardwareAddr{2, 0, 0, 0, 0, 9}, Version: 3, Mode: igmp.Exclude, Since: before("3m53s"), Last: before("18s"), Expires: before("-4m2s"),
						Sources: []netip.Addr{labtest.Addr("10.9.0.1"), labtest.Addr("10.9.0.2"), labtest.Addr("10.9.0.3"), labtest.Addr("10.9.0.4")}},
					{Link: net.HardwareAddr{2, 0, 0, 0, 0, 7}, Version: 3, Mode: igmp.Exclude, Since: before("10s"), Last: before("10s"), Expires: before("-4m10s")},
				}},
			},
			Counters: igmp.Counters{Messages: 30, Bad: map[string]uint64{"checksum": 2, "TTL": 1}, Queries: 3, Reports: 24, Leaves: 1, OwnReports: 4, ReportsOfOthers: 20},
		},
		{Interface: 2, Family: igmp.MLD, Since: before("5m12s"), Groups: []igmp.Group{{Addr: labtest.Addr("ff02::1:ff00:9"), Members: []igmp.Member{
			{Host: labtest.Addr("fe80::9"), Version: 2, Mode: igmp.Exclude, Since: before("1m"), Last: before("1m"), Expires: before("-3m20s")},
		}}}},
		{
			Interface: 3, Family: igmp.IGMP, Since: before("12s"), Sight: igmp.SightOwn, Why: "192.168.9.7 sends to 224.0.0.251, and did not report it after a query",
			Queriers: []igmp.Querier{
				{Addr: labtest.Addr("192.168.9.1"), Version: 2, Interval: 0, MaxResponse: 100 * time.Millisecond, Robustness: 2, Since: before("5s"), Last: before("5s"), Elected: true},
				{Addr: labtest.Addr("0.0.0.0"), Version: 2, Interval: 125 * time.Second, MaxResponse: 10 * time.Second, Robustness: 2, Since: before("4s"), Last: before("4s")},
				{Addr: labtest.Addr("192.168.9.2"), Version: 3, Interval: 125 * time.Second, MaxResponse: 10 * time.Second, Robustness: 2, Since: before("3s"), Last: before("3s")},
			},
		},
	}}
}

func sameText(t *testing.T, got, want string) {
	t.Helper()
	if want = strings.TrimPrefix(want, "\n"); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestIGMPTable(t *testing.T) {
	for _, tc := range []struct {
		name    string
		words   *igmpText
		columns int
		want    string
	}{
		{"all", wordsAtNoon(), 120, `
eth0  IGMPv3  querier 192.168.8.1 (v3, every 125 s, answers within 10 s, robustness 2), 14 s ago   sight: all
              3 messages ignored (checksum 2, TTL 1)
      MLDv2   no querier heard in 5m12s   sight: unknown
eth1  IGMPv2  querier 192.168.9.1 (v2, interval not known yet, answers within 0.1 s, robustness 2), 5 s ago   sight: own
              querier 0.0.0.0 (v2, every 125 s, answers within 10 s, robustness 2), 4 s ago: a switch that sends queries without an address
              querier 192.168.9.2 (v3, every 125 s, answers within 10 s, robustness 2), 3 s ago: it lost the election, and should fall silent
              other hosts' reports do not reach this port: a snooping switch sends them to routers only
                because: 192.168.9.7 sends to 224.0.0.251, and did not report it after a query

GROUP                        HOST                       SINCE         EXPIRES  HOW
224.0.0.251 (mdns)           192.168.8.9                May  3 10:05  4m02s    v2, at least
232.1.1.1                    192.168.8.230              12:04:10      4m11s    v3, only 10.9.0.77
239.1.2.3                    192.168.8.164 (this host)  12:01:07      27 s     v3, all sources; report seen leaving 12:01:07
239.1.2.3                    192.168.8.226              12:01:07      4m02s    v3, all but 10.9.0.1, 10.9.0.2, 10.9.0.3 and 1 more
239.1.2.3                    02:00:00:00:00:07          12:04:50      4m10s    v3, all sources
ff02::1:ff00:9 (neighbours)  fe80::9                    12:04:00      3m20s    v2, all sources

at least: members that report in v1, v2 or MLDv1 silence each other, so there may be more
`},
		{"of one group, at 80 columns", func() *igmpText { w := wordsAtNoon("239.9.9.9"); w.family = igmp.IGMP; return w }(), 80, `
eth0  IGMPv3  querier 192.168.8.1 (v3, every 125 s, answers within 10 s, robustness 2), 14 s ago
              sight: all
              3 messages ignored (checksum 2, TTL 1)
eth1  IGMPv2  querier 192.168.9.1 (v2, interval not known yet, answers within 0.1 s, robustness 2), 5 s ago
              sight: own
              querier 0.0.0.0 (v2, every 125 s, answers within 10 s, robustness 2), 4 s ago: a switch that sends queries without an address
              querier 192.168.9.2 (v3, every 125 s, answers within 10 s, robustness 2), 3 s ago: it lost the election, and should fall silent
              other hosts' reports do not reach this port: a snooping switch sends them to routers only
                because: 192.168.9.7 sends to 224.0.0.251, and did not report it after a query

no member of 239.9.9.9 seen
`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var b bytes.Buffer
			tc.words.write(&b, snoopedLAN(), tc.columns)
			sameText(t, b.String(), tc.want)
		})
	}
}

// someEvents are one of each form.
func someEvents() []igmp.Event {
	at := noon.Add(-29*time.Second + 201*time.Millisecond)
	return []igmp.Event{
		{Kind: igmp.QuerierAppeared, At: at, Interface: 2, Family: igmp.IGMP, Host: labtest.Addr("192.168.8.1"), Version: 3, Why: "v3, every 125 s"},
		{Kind: igmp.MemberJoined, At: at, Interface: 2, Family: igmp.IGMP, Group: labtest.Addr("239.1.2.3"), Host: labtest.Addr("192.168.8.164"), Version: 3, Mode: igmp.Exclude, Self: true, Why: "v3: to exclude nothing"},
		{Kind: igmp.MemberLeft, At: at, Interface: 2, Family: igmp.IGMP, Group: labtest.Addr("239.1.2.3"), Host: labtest.Addr("192.168.8.226"), Version: 3, Mode: igmp.Include, Why: "v3: to include nothing", Sight: igmp.SightAll},
		{Kind: igmp.GroupLast, At: at, Interface: 3, Family: igmp.MLD, Group: labtest.Addr("ff02::fb"), Link: net.HardwareAddr{2, 0, 0, 0, 0, 7}},
		{Kind: igmp.SightChanged, At: at, Interface: 3, Family: igmp.MLD, Why: "\x1b[31mred\nred"},
		{Kind: igmp.InterfaceGone, At: at, Interface: 3, Why: "eth1: deleted"},
	}
}

func TestIGMPEvents(t *testing.T) {
	var b bytes.Buffer
	writeIGMPEvents(&b, wordsAtNoon(), someEvents(), false)
	sameText(t, b.String(), `
12:04:31.201  querier-appeared  192.168.8.1 on eth0: v3, every 125 s
12:04:31.201  member-joined     239.1.2.3 192.168.8.164 (this host) on eth0: v3: to exclude nothing
12:04:31.201  member-left       239.1.2.3 192.168.8.226 on eth0: v3: to include nothing
12:04:31.201  group-last        ff02::fb (mdns) 02:00:00:00:00:07 on eth1
12:04:31.201  sight-changed     mld on eth1: unknown: ␛[31mred ⏎ red
12:04:31.201  interface-gone    eth1: deleted
`)
	b.Reset()
	writeIGMPEvents(&b, wordsAtNoon(), someEvents(), true)
	sameText(t, strings.ReplaceAll(b.String(), `"time":"2026-05-04T12:04:31.201Z",`, ""), `
{"type":"igmp-event","event":"querier-appeared","interface":"eth0","ifindex":2,"family":"igmp","host":"192.168.8.1","version":3,"self":false,"sight":"unknown","because":"v3, every 125 s"}
{"type":"igmp-event","event":"member-joined","interface":"eth0","ifindex":2,"family":"igmp","group":"239.1.2.3","host":"192.168.8.164","version":3,"mode":"exclude","sources":[],"self":true,"sight":"unknown","because":"v3: to exclude nothing"}
{"type":"igmp-event","event":"member-left","interface":"eth0","ifindex":2,"family":"igmp","group":"239.1.2.3","host":"192.168.8.226","version":3,"mode":"include","sources":[],"self":false,"sight":"all","because":"v3: to include nothing"}
{"type":"igmp-event","event":"group-last","interface":"eth1","ifindex":3,"family":"mld","group":"ff02::fb","link":"02:00:00:00:00:07","self":false,"sight":"unknown"}
{"type":"igmp-event","event":"sight-changed","interface":"eth1","ifindex":3,"family":"mld","self":false,"sight":"unknown","because":"␛[31mred ⏎ red"}
{"type":"igmp-event","event":"interface-gone","interface":"eth1","ifindex":3,"self":false,"because":"eth1: deleted"}
`)
}

// The one object has all, and of members those that are asked about.
func TestIGMPObject(t *testing.T) {
	words := wordsAtNoon("239.1.2.3")
	words.family = igmp.IGMP
	text, err := json.MarshalIndent(igmpObject(words, snoopedLAN()), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	var o struct {
		Queriers []struct {
			Interface, Host string
			IntervalMS      float64 `json:"interval_ms"`
			Elected         bool
		}
		Members []struct {
			Group, Host, Link, Mode string
			Sources                 []string
			Self                    bool
			AtLeast                 bool `json:"at_least"`
		}
		Counters []struct {
			Messages uint64
			Bad      map[string]uint64
		}
		Sight []struct{ Interface, Family, Sight, Because string }
	}
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatal(err)
	}
	if len(o.Queriers) != 4 || o.Queriers[0].Host != "192.168.8.1" || o.Queriers[0].IntervalMS != 125000 || !o.Queriers[0].Elected || o.Queriers[2].Host != "0.0.0.0" ||
		len(o.Members) != 3 || !o.Members[0].Self || len(o.Members[1].Sources) != 4 || o.Members[1].Link != "02:00:00:00:00:09" || o.Members[2].Host != "" ||
		len(o.Counters) != 2 || o.Counters[0].Messages != 30 || o.Counters[0].Bad["checksum"] != 2 ||
		len(o.Sight) != 2 || o.Sight[1].Sight != "own" || !strings.HasPrefix(o.Sight[1].Because, "192.168.9.7 sends") {
		t.Errorf("the object: %s", text)
	}
	if empty, _ := json.Marshal(igmpObject(words, igmp.Snapshot{})); strings.Contains(string(empty), "null") {
		t.Errorf("lists are null: %s", empty)
	}
}

// What the screen is given is what the table says.
func TestIGMPScreenPicture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		join := igmp.Event{Kind: igmp.MemberJoined, At: begin, Interface: 2, Family: igmp.IGMP, Group: labtest.Addr("239.1.2.3"), Host: labtest.Addr("192.168.8.226"), Why: "v3"}
		other := join
		other.Group = labtest.Addr("239.9.9.9")
		looks := 0
		w := &fakeWire{snap: func() igmp.Snapshot { looks++; return snoopedLAN() }, events: []igmp.Event{other, join}}
		v := &igmpScreen{command: &igmpCommand{set: &settings{}, groups: []netip.Addr{join.Group}, until: until(t, "member-joined:239.1.2.3")}, wire: w, happened: make(chan []igmp.Event, 16)}
		if err := v.pump(t.Context()); !errors.Is(err, errMet) {
			t.Fatal(err)
		}
		got := v.Snapshot()
		if len(got.Links) != 3 || got.Groups != 1 || len(got.Members) != 3 || got.Members[0].Host != "192.168.8.164" || !got.Members[0].Self || len(got.Links[2].Notes) != 1 {
			t.Errorf("%+v", got)
		}
		if len(got.Events) != 1 || got.Events[0] != (tui.IGMPEvent{Time: begin.In(begin.Location()).Format("15:04:05.000"), Kind: "member-joined", Text: "239.1.2.3 192.168.8.226 on #2: v3"}) {
			t.Errorf("events: %+v", got.Events)
		}
		v.Snapshot()
		if looks != 1 {
			t.Errorf("%d looks within a second, want 1", looks)
		}
	})
}

func TestUntilOnTheCommandLine(t *testing.T) {
	for text, groups := range map[string]int{"group-first": 0, "member-left:239.1.2.3": 1, "group-last:mdns": 2, "member-joined:ff02::fb": 1, "querier-gone": 0} {
		if v := until(t, text); len(v.groups) != groups || v.String() != text {
			t.Errorf("%s: %+v", text, v)
		}
	}
	for text, want := range map[string]string{
		"": "one of querier-appeared, ", "member-jioned": "did you mean member-joined?", "what": "one of querier-appeared, ",
		"querier-gone:239.1.2.3": "", "group-first:10.0.0.1": "groups are 224.0.0.0 to", "group-first:": "",
	} {
		var v untilValue
		err := v.Set(text)
		if err == nil || !strings.Contains(hint(err), want) || v.kind != "" {
			t.Errorf("%q: %v, hint %q, want %q", text, err, hint(err), want)
		}
	}
	known := map[igmp.EventKind]bool{}
	for _, e := range igmpEvents {
		known[e.kind] = true
	}
	for _, kind := range []igmp.EventKind{igmp.QuerierAppeared, igmp.QuerierChanged, igmp.QuerierGone, igmp.SecondQuerier, igmp.ZeroQuery, igmp.MemberJoined,
		igmp.MemberLeft, igmp.MemberExpired, igmp.SourcesChanged, igmp.VersionChanged, igmp.GroupFirst, igmp.GroupLast, igmp.SightChanged,
		igmp.InterfaceDown, igmp.InterfaceUp, igmp.InterfaceGone, igmp.InterfaceBack} {
		if !known[kind] {
			t.Errorf("%s cannot be waited for", kind)
		}
	}
}

func TestIGMPInterfaces(t *testing.T) {
	up := net.FlagUp | net.FlagRunning | net.FlagMulticast
	list := []host.Interface{
		{Index: 1, Name: "lo", Flags: up | net.FlagLoopback, Addrs: labtest.Prefixes("127.0.0.1/8")},
		{Index: 2, Name: "eth0", Flags: up, Addrs: labtest.Prefixes("192.168.8.1/24")},
		{Index: 3, Name: "eth1", Flags: up, Addrs: labtest.Prefixes("fe80::1/64")},
		{Index: 4, Name: "bare", Flags: up},
		{Index: 5, Name: "off", Addrs: labtest.Prefixes("10.0.0.1/8")},
	}
	for _, tc := range []struct {
		names string
		want  string
		err   error
	}{
		{"", "eth0 eth1", nil},
		{"bare", "bare", nil},
		{"192.168.8.1 2 eth1", "eth0 eth1", nil},
		{"off", "", host.ErrInterfaceDown},
		{"eth9", "", host.ErrNoInterface},
	} {
		on, err := igmpInterfaces(list, strings.Fields(tc.names))
		var names []string
		for _, i := range on {
			names = append(names, i.Name)
		}
		if got := strings.Join(names, " "); got != tc.want || !errors.Is(err, tc.err) {
			t.Errorf("%q: %q, %v, want %q, %v", tc.names, got, err, tc.want, tc.err)
		}
	}
	if _, err := igmpInterfaces(list[:1], nil); !errors.Is(err, errNothingToWatch) {
		t.Errorf("lo alone: %v", err)
	}
}
