package igmp

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
	"time"
)

func addrOf(first byte, n uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n)
	b[0] = first
	return netip.AddrFrom4(b)
}

func v3Report(host, group netip.Addr, sources ...netip.Addr) Message {
	typ := IsInclude
	if len(sources) == 0 {
		typ = IsExclude
	}
	return Message{Family: IGMP, Kind: Report, Version: 3, From: host, Hops: 1,
		Records: []Record{{Type: typ, Group: group, Sources: sources}}}
}

func TestStart(t *testing.T) {
	v := NewView()
	v.Start(3, MLD, began)
	v.Start(2, IGMP, began, netip.MustParsePrefix("192.168.8.9/24"), netip.MustParsePrefix("fe80::9/64"))
	v.Start(2, Family(7), began)
	s := v.Snapshot(began.Add(5*time.Minute + 12*time.Second))
	if len(s.Links) != 2 || s.Links[0].Interface != 2 || s.Links[1].Family != MLD || !s.Links[1].Since.Equal(began) {
		t.Fatalf("links %+v, want IGMP of interface 2 and MLD of interface 3, since the beginning", s.Links)
	}
	if got, want := s.Links[0].Why, "no report of another host in 5m12s, and no query asked for one"; got != want {
		t.Errorf("sight: %q, want %q", got, want)
	}
	if next := v.Next(); !next.IsZero() {
		t.Errorf("something is due at %s, want never", next)
	}
	seen := Seen{At: began, Interface: 2}
	group := netip.MustParseAddr("239.1.2.3")
	for host, want := range map[string]Reason{
		"10.0.0.1": ReasonOffLink, "192.168.8.9": ReasonEcho, "192.168.8.10": "", "169.254.1.1": "", "0.0.0.0": "",
	} {
		before := v.Snapshot(began).Links[0].Counters.Bad[string(want)]
		events := v.Add(v3Report(netip.MustParseAddr(host), group), seen)
		if bad := v.Snapshot(began).Links[0].Counters.Bad; (len(events) > 0) != (want == "") || want != "" && bad[string(want)] != before+1 {
			t.Errorf("a report from %s: %d events, bad %v; want %q", host, len(events), bad, want)
		}
	}
	if events := v.Add(Message{Family: IGMP, Kind: Query, Version: 3, From: netip.MustParseAddr("10.0.0.1"), Hops: 1}, seen); len(events) != 1 {
		t.Errorf("a query from another network: %d events, want 1: a wrong querier asks all the same", len(events))
	}
	v.Stop(2, IGMP)
	if s := v.Snapshot(began); len(s.Links) != 1 || v.strange.Len()+v.others.Len()+len(v.timers) != 0 {
		t.Errorf("after Stop: %d links, %d groups, %d members, %d timers; want 1 link and nothing else",
			len(s.Links), v.strange.Len(), v.others.Len(), len(v.timers))
	}
}

func TestCounters(t *testing.T) {
	var v View
	seen := Seen{At: began, Interface: 2}
	out := Seen{At: began, Interface: 2, Out: true}
	host, group := netip.MustParseAddr("192.168.8.2"), netip.MustParseAddr("239.1.2.3")
	v.Add(v3Report(host, group), seen)
	v.Add(v3Report(netip.MustParseAddr("192.168.8.9"), group), out)
	v.Add(Message{Family: IGMP, Kind: Leave, Version: 2, Group: group, From: host, Hops: 1}, seen)
	v.Add(Message{Family: IGMP, Kind: Query, Version: 2, From: host, Hops: 1}, seen)
	for n := range 100 {
		v.Bad(IGMP, fmt.Sprint("reason ", n), seen)
	}
	v.Bad(Family(9), "cut", seen)
	c := v.Snapshot(began).Links[0].Counters
	if c.Messages != 104 || c.Reports != 2 || c.OwnReports != 1 || c.ReportsOfOthers != 1 || c.Leaves != 1 || c.Queries != 1 {
		t.Errorf("counted %+v, want 104 messages: 1 query, 1 leave, 2 reports, of these 1 own", c)
	}
	if len(c.Bad) != maxReasons+1 || c.Bad["other"] != 100-maxReasons {
		t.Errorf("%d reasons, %d others; want %d and %d", len(c.Bad), c.Bad["other"], maxReasons+1, 100-maxReasons)
	}
}

// The lowest sources stay, so that the same report again changes nothing.
func TestMoreSourcesThanAreKept(t *testing.T) {
	var v View
	host, group := addrOf(10, 1), netip.MustParseAddr("232.1.1.1")
	var sources []netip.Addr
	for n := range uint32(100) {
		sources = append(sources, addrOf(10, 1000-n))
	}
	for i := range 2 {
		events := v.Add(v3Report(host, group, sources...), Seen{At: began, Interface: 2})
		if want := 3 - 3*i; len(events) != want {
			t.Errorf("report %d: %d events, want %d", i+1, len(events), want)
		}
	}
	l := v.Snapshot(began).Links[0]
	if kept := l.Groups[0].Members[0].Sources; len(kept) != usual.each || !slices.IsSortedFunc(kept, netip.Addr.Compare) || kept[0] != addrOf(10, 901) {
		t.Errorf("%d sources are kept, from %s on; want the lowest %d", len(kept), kept[0], usual.each)
	}
	if l.Counters.SourcesDropped != 2*(100-64) {
		t.Errorf("%d sources were dropped, want %d", l.Counters.SourcesDropped, 2*(100-64))
	}
	// Of a member with more sources than are known nothing says that none is left.
	block := v3Report(host, group, sources...)
	block.Records[0].Type = Block
	v.Add(block, Seen{At: began, Interface: 2})
	if groups := v.Snapshot(began).Links[0].Groups; len(groups) != 1 {
		t.Errorf("%d groups after the known sources were blocked, want 1", len(groups))
	}
}

func TestMessagesAreNotKept(t *testing.T) {
	var v View
	r := v3Report(addrOf(10, 1), netip.MustParseAddr("232.1.1.1"), addrOf(10, 7), addrOf(10, 5))
	seen := Seen{At: began, Interface: 2, Link: net.HardwareAddr{2, 0, 0, 0, 0, 1}}
	v.Add(r, seen)
	if r.Records[0].Sources[0] != addrOf(10, 7) {
		t.Error("Add sorted the sources of the message")
	}
	r.Records[0].Sources[1], seen.Link[5] = addrOf(10, 9), 9
	m := v.Snapshot(began).Links[0].Groups[0].Members[0]
	if m.Sources[0] != addrOf(10, 5) || m.Link[5] != 1 {
		t.Errorf("the member has become %v %v, because a message was written to", m.Link, m.Sources)
	}
}

func TestQueriersAreBounded(t *testing.T) {
	var v View
	v.Add(Message{Family: IGMP, Kind: Query, Version: 2, From: addrOf(10, 5), Hops: 1}, Seen{At: began, Interface: 2, Out: true})
	v.Add(Message{Family: IGMP, Kind: Query, Version: 2, From: addrOf(10, 1), Hops: 1}, Seen{At: began, Interface: 2})
	for n := range uint32(10_000) {
		v.Add(Message{Family: IGMP, Kind: Query, Version: 2, From: addrOf(10, 100+n), Hops: 1}, Seen{At: began, Interface: 2})
	}
	q := v.Snapshot(began).Links[0].Queriers
	if len(q) != usual.queriers || q[0].Addr != addrOf(10, 1) || !q[0].Elected || q[1].Addr != addrOf(10, 5) || !q[1].Self {
		t.Errorf("%d queriers, %s and %s first; want %d, the elected one and this host among them", len(q), q[0].Addr, q[1].Addr, usual.queriers)
	}
}

// What is forgotten is what was reported longest ago, and never of this host.
func TestTheLeastRecentlyReportedGoes(t *testing.T) {
	v := View{limits: limits{groups: 3, members: 4, own: 2, each: 4, sources: 5, queriers: 2, hosts: 2}}
	at := began
	add := func(out bool, host uint32, group byte, sources ...netip.Addr) {
		at = at.Add(time.Second)
		v.Add(v3Report(addrOf(10, host), netip.AddrFrom4([4]byte{239, 0, 0, group}), sources...), Seen{At: at, Interface: 2, Out: out})
	}
	want := func(what, want string) {
		t.Helper()
		got := ""
		for _, g := range v.Snapshot(at).Links[0].Groups {
			got += fmt.Sprintf(" %d:", g.Addr.As4()[3])
			for _, m := range g.Members {
				got += fmt.Sprint(m.Host.As4()[3])
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	add(true, 9, 1)
	add(false, 1, 1)
	add(false, 1, 2)
	add(false, 1, 3)
	add(false, 1, 4)
	want("three groups of others, one with this host", " 1:19 2:1 3:1 4:1")
	add(false, 1, 1)
	add(false, 2, 2)
	want("the member heard longest ago is that of group 2", " 1:19 2:2 3:1 4:1")
	add(false, 2, 5)
	want("the group heard longest ago is 3", " 1:19 2:2 4:1 5:2")
	add(true, 9, 6)
	add(true, 9, 7)
	want("this host's oldest membership made room for its newest", " 1:1 2:2 5:2 6:9 7:9")
	if n := v.Snapshot(at).Links[0].Counters.Evicted; n != 4 {
		t.Errorf("%d evicted, want 4", n)
	}
	add(false, 3, 6, addrOf(10, 1), addrOf(10, 2), addrOf(10, 3), addrOf(10, 4))
	add(false, 4, 6, addrOf(10, 1))
	add(false, 4, 6, addrOf(10, 1), addrOf(10, 2))
	if v.sources > 5 {
		t.Errorf("%d sources, want 5 at most", v.sources)
	}
}

// A million random reports stay below 16 MiB, and this host's own rows stay.
func TestAFloodOfReports(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	const own = 20
	var v View
	for n := range uint32(own) {
		v.Add(v3Report(netip.MustParseAddr("10.200.0.9"), addrOf(239, n)), Seen{At: began, Interface: 2, Out: true})
	}
	sources := make([]netip.Addr, 64)
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, most := heap(), uint64(0)
	reports := 1_000_000
	if isRace() { // which takes ten times as long
		reports = 100_000
	}
	for n := range reports {
		s := sources[:0]
		if n%16 == 0 {
			s = sources[:rnd.IntN(len(sources)+1)]
		}
		for i := range s {
			s[i] = addrOf(10, rnd.Uint32())
		}
		at := began.Add(time.Duration(n) * time.Microsecond)
		seen := Seen{At: at, Interface: 2, Link: net.HardwareAddr{2, 0, 0, 0, byte(n >> 8), byte(n)}}
		v.Add(v3Report(addrOf(10, rnd.Uint32()), addrOf(239, rnd.Uint32()), s...), seen)
		if n%(reports/4) == reports/4-1 {
			most = max(most, heap()-before)
		}
	}
	t.Logf("%d MiB at most, %d groups, %d members, %d sources", most>>20, v.strange.Len(), v.others.Len(), v.sources)
	if most > 16<<20 {
		t.Errorf("%d bytes, want 16 MiB at most", most)
	}
	checkOwn(t, &v, own)
	// All bounds at once: as many members as may be in as many groups as may be, with
	// as many sources.
	for i := range sources {
		sources[i] = addrOf(10, uint32(i))
	}
	for n := range uint32(50_000) {
		at := began.Add(time.Second + time.Duration(n)*time.Microsecond)
		seen := Seen{At: at, Interface: 2, Link: net.HardwareAddr{2, 0, 0, 0, byte(n >> 8), byte(n)}}
		v.Add(v3Report(addrOf(10, n), addrOf(239, n%uint32(usual.groups)), sources[:8+n%2]...), seen)
	}
	if members, groups := v.others.Len(), v.strange.Len(); groups < usual.groups*9/10 || members < usual.members*9/10 || v.sources < usual.sources*9/10 {
		t.Errorf("%d groups, %d members, %d sources; want them near their bounds", groups, members, v.sources)
	}
	if most = heap() - before; most > 16<<20 {
		t.Errorf("%d bytes with many members, want 16 MiB at most", most)
	}
	t.Logf("%d MiB, %d groups, %d members, %d sources", most>>20, v.strange.Len(), v.others.Len(), v.sources)
	checkOwn(t, &v, own)
}

// isRace reports whether the race detector is in the test.
func isRace() bool {
	info, _ := debug.ReadBuildInfo()
	return info != nil && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

func checkOwn(t *testing.T, v *View, want int) {
	t.Helper()
	got := 0
	for _, g := range v.Snapshot(began).Links[0].Groups {
		for _, m := range g.Members {
			if m.Self {
				got++
			}
		}
	}
	if got != want {
		t.Errorf("%d rows of this host are left, want %d", got, want)
	}
}

// The same messages tell the same in the same order.
func TestEventsAreInOrder(t *testing.T) {
	tell := func() (said []string) {
		rnd := rand.New(rand.NewPCG(3, 4))
		var v View
		for n := range 2000 {
			r := v3Report(addrOf(10, rnd.Uint32N(20)+1), addrOf(239, rnd.Uint32N(9)))
			for _, e := range v.Add(r, Seen{At: began.Add(time.Duration(n/20) * time.Minute), Interface: int(rnd.Uint32N(3))}) {
				said = append(said, fmt.Sprintf("%+v", e))
			}
		}
		return said
	}
	want := tell()
	for range 5 {
		if got := tell(); !slices.Equal(got, want) {
			t.Fatal("the same messages made other events, or the same in another order")
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 2))
	reports := make([]Message, 1<<14)
	run := func(name string, hosts, groups uint32, sources int) {
		b.Run(name, func(b *testing.B) {
			var v View
			for i := range reports {
				var s []netip.Addr
				for range sources {
					s = append(s, addrOf(10, rnd.Uint32()))
				}
				reports[i] = v3Report(addrOf(10, rnd.Uint32N(hosts)+1), addrOf(239, rnd.Uint32N(groups)), s...)
			}
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				n++
				v.Add(reports[n%len(reports)], Seen{At: began.Add(time.Duration(n) * time.Microsecond), Interface: 2})
			}
		})
	}
	run("refresh", 100, 10, 0)
	run("sources-changed", 1, 1, 1)
	run("flood", 1<<24-2, 1<<24-1, 0)
	run("flood-sources", 1<<24-2, 1<<24-1, 64)
}
