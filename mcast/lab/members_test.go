package lab

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast/igmp"
)

var someSources = []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("10.0.0.3")}

func drawFilter(t *rapid.T) filter {
	return filter{all: rapid.Bool().Draw(t, "all"), sources: ordered(rapid.SliceOf(rapid.SampledFrom(someSources)).Draw(t, "sources"))}
}

// Two members together want what one of them wants, and nothing else.
func TestFilterWith(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, g := drawFilter(t), drawFilter(t)
		both := f.with(g)
		for _, s := range append(someSources, netip.MustParseAddr("10.9.9.9")) {
			if got, want := both.wants(s), f.wants(s) || g.wants(s); got != want {
				t.Fatalf("%+v and %+v together want %s: %t, want %t", f, g, s, got, want)
			}
		}
		if !both.equal(g.with(f)) || both.nothing() != (f.nothing() && g.nothing()) {
			t.Fatalf("%+v and %+v: %+v, the other way round %+v", f, g, both, g.with(f))
		}
	})
}

func TestMembers(t *testing.T) {
	group, a, b, none := netip.MustParseAddr("239.1.1.1"), netip.MustParseAddr("10.0.1.1"), netip.MustParseAddr("10.0.1.2"), netip.IPv4Unspecified()
	v3 := func(from netip.Addr, kind igmp.RecordType, sources ...netip.Addr) igmp.Message {
		return igmp.Message{Kind: igmp.Report, Version: 3, From: from, Records: []igmp.Record{{Type: kind, Group: group, Sources: sources}}}
	}
	v2 := func(from netip.Addr, kind igmp.Kind) igmp.Message {
		return igmp.Message{Kind: kind, Version: 2, From: from, Group: group}
	}
	many := make([]netip.Addr, maxSources+1)
	for n := range many {
		many[n] = netip.AddrFrom4([4]byte{10, 1, 0, byte(n)})
	}
	x, y := someSources[0], someSources[1]
	const life, last = time.Minute, time.Second
	for _, test := range []struct {
		name string
		says []igmp.Message // a second apart
		at   time.Duration  // when it is looked
		want filter
		asks bool // after the last one
	}{
		{name: "a join", says: []igmp.Message{v3(a, igmp.ToExclude)}, want: filter{all: true}},
		{name: "of IGMPv2", says: []igmp.Message{v2(a, igmp.Report)}, want: filter{all: true}},
		{name: "of a source", says: []igmp.Message{v3(a, igmp.ToInclude, x)}, want: filter{sources: []netip.Addr{x}}},
		{name: "and of another by another", says: []igmp.Message{v3(a, igmp.Allow, y), v3(b, igmp.IsInclude, x)}, want: filter{sources: []netip.Addr{x, y}}},
		{name: "all but one, and that one by another", says: []igmp.Message{v3(a, igmp.IsExclude, x, y), v3(b, igmp.Allow, x)}, want: filter{all: true, sources: []netip.Addr{y}}},
		{name: "a source less", says: []igmp.Message{v3(a, igmp.ToInclude, x, y), v3(a, igmp.Block, x)}, want: filter{sources: []netip.Addr{y}}},
		{name: "all but one, and then all", says: []igmp.Message{v3(a, igmp.ToExclude, x), v3(a, igmp.Allow, x)}, want: filter{all: true}},
		{name: "the last source less", says: []igmp.Message{v3(a, igmp.ToInclude, x), v3(a, igmp.Block, x)}, asks: true},
		{name: "a leave", says: []igmp.Message{v3(a, igmp.ToExclude), v3(a, igmp.ToInclude)}, asks: true},
		{name: "a leave, and another stays", says: []igmp.Message{v3(a, igmp.ToExclude), v3(b, igmp.ToExclude), v3(a, igmp.ToInclude)}, want: filter{all: true}, asks: true},
		{name: "a leave of IGMPv2", says: []igmp.Message{v2(a, igmp.Report), v2(a, igmp.Leave)}, want: filter{all: true}, asks: true},
		{name: "and nobody answers", says: []igmp.Message{v2(a, igmp.Report), v2(a, igmp.Leave)}, at: last, asks: true},
		{name: "and another answers", says: []igmp.Message{v2(a, igmp.Report), v2(a, igmp.Leave), v2(b, igmp.Report)}, at: 2 * last, want: filter{all: true}},
		{name: "and another is known by IGMPv3", says: []igmp.Message{v3(b, igmp.ToInclude, x), v2(a, igmp.Report), v2(a, igmp.Leave)}, at: last, want: filter{sources: []netip.Addr{x}}, asks: true},
		{name: "a leave without an address, where others may be left", says: []igmp.Message{v3(none, igmp.ToExclude), v3(none, igmp.ToInclude)}, want: filter{all: true}, asks: true},
		{name: "and no answer", says: []igmp.Message{v3(none, igmp.ToExclude), v3(none, igmp.ToInclude)}, at: last, asks: true},
		{name: "nothing said since", says: []igmp.Message{v3(a, igmp.ToExclude)}, at: life},
		{name: "it answers that it wants nothing", says: []igmp.Message{v3(a, igmp.ToExclude), v3(a, igmp.IsInclude)}},
		{name: "more sources than are kept", says: []igmp.Message{v3(a, igmp.ToInclude, many...)}, want: filter{all: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			now, m, asked := time.Unix(0, 0), members{}, []netip.Addr(nil)
			for _, message := range test.says {
				now = now.Add(time.Second)
				_, asked = m.add(message, now, life, last)
			}
			m.expire(now.Add(test.at))
			if got := m.wanted(group); got.all != test.want.all || !slices.Equal(got.sources, test.want.sources) {
				t.Errorf("wanted is %+v, want %+v", got, test.want)
			}
			if slices.Contains(asked, group) != test.asks {
				t.Errorf("it asks about %v, want it to ask: %t", asked, test.asks)
			}
			if test.want.nothing() && (len(m) > 0 || !m.next().IsZero()) {
				t.Errorf("it keeps %v", m)
			}
		})
	}
}

// Neither groups nor members can fill it.
func TestMembersAreBounded(t *testing.T) {
	m, now := members{}, time.Unix(0, 0)
	for n := range 2 * maxGroups {
		group := netip.AddrFrom4([4]byte{239, 0, byte(n >> 8), byte(n)})
		m.add(igmp.Message{Kind: igmp.Report, Version: 2, From: someSources[0], Group: group}, now, time.Minute, 0)
	}
	group := netip.AddrFrom4([4]byte{239, 0, 0, 0})
	for n := range 2 * maxMembers {
		m.add(igmp.Message{Kind: igmp.Report, Version: 2, From: netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)}), Group: group}, now, time.Minute, 0)
	}
	if len(m) != maxGroups || len(m[group]) != maxMembers {
		t.Errorf("%d groups and %d members, want %d and %d", len(m), len(m[group]), maxGroups, maxMembers)
	}
}
