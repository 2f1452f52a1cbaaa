package igmp_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/igmp"
)

func TestMessageInWords(t *testing.T) {
	a := netip.MustParseAddr
	some := []netip.Addr{a("10.9.0.1"), a("10.9.0.2"), a("10.9.0.3"), a("10.9.0.4"), a("10.9.0.5"), a("10.9.0.6")}
	record := igmp.Record{Type: igmp.Block, Group: a("232.1.1.1"), Sources: some[:2]}
	for want, m := range map[string]igmp.Message{
		"IGMPv3 report: 239.1.2.3 to exclude nothing; 232.1.1.1 allow 10.9.0.1": {Family: igmp.IGMP, Kind: igmp.Report, Version: 3, Records: []igmp.Record{
			{Type: igmp.ToExclude, Group: a("239.1.2.3")}, {Type: igmp.Allow, Group: a("232.1.1.1"), Sources: some[:1]}}},
		"IGMPv3 report: 232.1.1.1 is include 10.9.0.1, 10.9.0.2, 10.9.0.3, 10.9.0.4 and 2 more": {Family: igmp.IGMP, Kind: igmp.Report, Version: 3, Records: []igmp.Record{
			{Type: igmp.IsInclude, Group: a("232.1.1.1"), Sources: some}}},
		"IGMPv3 report: 232.1.1.1 block 10.9.0.1, 10.9.0.2; 232.1.1.1 block 10.9.0.1, 10.9.0.2; 232.1.1.1 block 10.9.0.1, 10.9.0.2; 232.1.1.1 block 10.9.0.1, 10.9.0.2; and 5 more": {
			Family: igmp.IGMP, Kind: igmp.Report, Version: 3, Records: slices.Repeat([]igmp.Record{record}, 9)},
		"MLDv1 done: ff15::114": {Family: igmp.MLD, Kind: igmp.Leave, Version: 1, Group: a("ff15::114")},
		"MLDv2 query: all groups, answer within 10 s, every 125 s, robustness 2": {Family: igmp.MLD, Kind: igmp.Query, Version: 2, MaxResponse: 10 * time.Second,
			Interval: 125 * time.Second, Robustness: 2},
		"IGMPv3 query: 232.1.1.1 from 10.9.0.1, 10.9.0.2, answer within 0.1 s, routers keep their timers": {Family: igmp.IGMP, Kind: igmp.Query, Version: 3,
			Group: a("232.1.1.1"), Sources: some[:2], MaxResponse: 100 * time.Millisecond, Suppress: true},
	} {
		if m.String() != want {
			t.Errorf("%q; want %q", m, want)
		}
	}
	if s := igmp.RecordType(7).String(); s != "unknown" {
		t.Error(s)
	}
}
