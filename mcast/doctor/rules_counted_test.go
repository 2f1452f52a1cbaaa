package doctor

import (
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
)

func TestIGMPVersion(t *testing.T) {
	speaking := func(version int, change ...func(*Facts)) Facts {
		return lan(func(f *Facts) {
			at := groupsAt(eth0)
			at.Version = version
			f.Groups = []host.InterfaceGroups{at}
			for _, c := range change {
				c(f)
			}
		})
	}
	forced := func(name string, value int) func(*Facts) {
		return func(f *Facts) { f.Settings = map[string]int{name: value} }
	}
	reports := func(one, two uint64) Facts {
		return seen(map[string]uint64{"Icmp6.OutGroupMembResponses": one, "Icmp6.OutMLDv2Reports": two})
	}
	one, six := inGroup("192.168.8.226@239.1.2.3"), inGroup("2001:db8::9@ff3e::1")
	running := one
	running.Live = true
	runRule(t, igmpVersion, []ruleCase{
		{"no source is asked for", speaking(2), plain, "ok", nil},
		{"nothing is known", Facts{}, one, "unknown", nil},
		{"the groups are not known", lan(func(*Facts) {}), one, "unknown", []string{"/proc/net/igmp"}},
		{"IGMPv3", speaking(3), one, "ok", []string{"IGMPv3 on eth0"}},
		{"the version is not known", speaking(0), one, "unknown", nil},
		{"the interface is not listed", lan(func(f *Facts) { f.Groups = []host.InterfaceGroups{} }), one, "unknown", nil},
		{"IGMPv2", speaking(2), one, "warning eth0", []string{"V2 for eth0"}},
		{"IGMPv1", speaking(1), one, "warning eth0", []string{"IGMPv1"}},
		{"the host was told so", speaking(2, forced("net.ipv4.conf.eth0.force_igmp_version", 2)), one, "warning eth0", []string{"net.ipv4.conf.eth0.force_igmp_version = 2"}},
		{"by all", speaking(2, forced("net.ipv4.conf.all.force_igmp_version", 2)), one, "warning eth0", []string{"conf.all.force_igmp_version = 2"}},
		{"232.0.0.0/8 without a source", speaking(2), inGroup("232.1.1.1"), "warning eth0", nil},
		{"and it is heard", speaking(2, heardSender), one, "ok", []string{"192.168.8.226:1234"}},
		{"heard some time by a program that runs", speaking(2, heardSender), running, "warning eth0", nil},
		{"IPv6, nothing is known", lan(func(*Facts) {}), six, "unknown", nil},
		{"IPv6, told so", lan(forced("net.ipv6.conf.eth0.force_mld_version", 1)), six, "warning eth0", []string{"force_mld_version = 1"}},
		{"IPv6, only old reports", reports(2, 0), six, "warning", []string{"grew by 2"}},
		{"IPv6, old reports and new ones", reports(2, 2), six, "unknown", nil},
		{"IPv6, new reports", reports(0, 4), six, "ok", nil},
		{"IPv6, no reports", reports(0, 0), six, "unknown", nil},
	})
}

func TestBadChecksum(t *testing.T) {
	since := func(n uint64) Facts {
		return lan(func(f *Facts) { f.Counters = map[string]uint64{"Udp.InCsumErrors": n} })
	}
	runRule(t, badChecksum, []ruleCase{
		{"nothing is known", Facts{}, plain, "unknown", nil},
		{"never", since(0), plain, "ok", nil},
		{"at some time", since(9), plain, "unknown", []string{"= 9 since"}},
		{"not now", seen(map[string]uint64{"Udp.InCsumErrors": 0}), plain, "ok", nil},
		{"now", seen(map[string]uint64{"Udp.InCsumErrors": 8}), plain, "warning", []string{"grew by 8"}},
		{"now, and others are heard", seen(map[string]uint64{"Udp.InCsumErrors": 8}, heardSender), plain, "warning", nil},
		{"IPv6", seen(map[string]uint64{"Udp.InCsumErrors": 8, "Udp6.InCsumErrors": 0}), inGroup("ff02::114%eth0"), "ok", nil},
		{"IPv6, now", seen(map[string]uint64{"Udp6.InCsumErrors": 8}), inGroup("ff02::114%eth0"), "warning", []string{"Udp6.InCsumErrors"}},
	})
}

func TestReportsBlocked(t *testing.T) {
	joining := func(given, passed, left uint64, change ...func(*Facts)) Facts {
		return lan(func(f *Facts) {
			f.Observed.Probed = true
			f.Observed.Reports = &Reports{First: []int{2}, Grown: map[string]uint64{
				"Ip.OutRequests": given, "Ip.OutTransmits": passed, "IpExt.OutMcastPkts": left,
				"Ip6.OutRequests": given, "Ip6.OutTransmits": passed, "Icmp6.OutMLDv2Reports": left,
			}}
			for _, c := range change {
				c(f)
			}
		})
	}
	anothers := func(f *Facts) { // another program's report, just before the probe joined
		at := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
		f.Observed.Wire = []Wire{{IfIndex: 2, Since: at, Reported: at.Add(time.Second), Version: 3, Joined: at.Add(2 * time.Second), First: true, Until: at.Add(5 * time.Second)}}
	}
	in6 := inGroup("ff02::114%eth0")
	on6 := func(f *Facts) { f.Interfaces = []host.Interface{lo, six} }
	quiet := func(f *Facts) { f.Settings = map[string]int{"net.ipv4.igmp_link_local_mcast_reports": 0} }
	runRule(t, reportsBlocked, []ruleCase{
		{"nothing is known", Facts{}, plain, "unknown", nil},
		{"somebody had joined before", lan(withProbe), plain, "unknown", []string{"before"}},
		{"all leave", joining(3, 3, 3), plain, "ok", nil},
		{"none leaves", joining(3, 0, 0), plain, "failure eth0", []string{"OutRequests grew by 3", "OutTransmits by 0"}},
		{"none leaves, while unicast goes on", joining(5003, 5000, 0), plain, "failure eth0", nil},
		{"none leaves, and the group is heard", joining(3, 0, 0, heardSender), plain, "warning eth0", []string{"heard all the same"}},
		{"a busy host: other multicast leaves", joining(12, 9, 9), plain, "unknown", nil},
		{"a busy host: unicast is dropped, reports leave", joining(5, 3, 3), plain, "unknown", nil},
		{"nothing was given to IP", joining(0, 0, 0), plain, "unknown", nil},
		{"unicast alone", joining(7, 7, 0), plain, "unknown", nil},
		{"an older kernel", joining(3, 0, 0, func(f *Facts) { delete(f.Observed.Reports.Grown, "Ip.OutTransmits") }), plain, "unknown", nil},
		{"the counters are not known", joining(3, 0, 0, func(f *Facts) { f.Observed.Reports.Grown = nil }), plain, "unknown", nil},
		{"another's was seen to leave", joining(3, 3, 3, anothers), plain, "ok", []string{"was seen leaving by eth0 (IGMPv3)"}},
		{"IPv6, none leaves", joining(5, 1, 0, on6), in6, "failure eth0", []string{"Icmp6.OutMLDv2Reports by 0"}},
		{"IPv6, all leave", joining(4, 4, 4, on6), in6, "ok", nil},
		{"IPv6, by MLDv1", joining(4, 4, 0, func(f *Facts) { f.Observed.Reports.Grown["Icmp6.OutGroupMembResponses"] = 2 }, on6), in6, "ok", nil},
		{"all hosts are never reported", joining(3, 0, 0), inGroup("224.0.0.1"), "ok", nil},
		{"224.0.0.x is not to be reported", joining(0, 0, 0, quiet), plain, "unknown", []string{"igmp_link_local_mcast_reports = 0"}},
		{"but others are", joining(3, 0, 0, quiet), inGroup("239.1.2.3"), "failure eth0", nil},
	})
}

func TestQueriesBlocked(t *testing.T) {
	watched := func(came, delivered uint64, change ...func(*Facts)) Facts {
		return seen(map[string]uint64{"IpExt.InMcastPkts": came, "Ip.InDelivers": delivered}, append(change, withProbe)...)
	}
	alone := func(f *Facts) { f.Groups = []host.InterfaceGroups{groupsAt(eth0, "224.0.0.114")} }
	mdns := func(f *Facts) { f.Groups = []host.InterfaceGroups{groupsAt(eth0, "224.0.0.251")} }
	copies := func(n int) func(*Facts) {
		return func(f *Facts) { f.Observed.Sent = map[int]Sent{2: {Tried: 3, Copies: n}} }
	}
	runRule(t, queriesBlocked, []ruleCase{
		{"nothing is known", Facts{}, plain, "unknown", nil},
		{"nothing is dropped", watched(20, 20, alone, copies(3)), plain, "unknown", nil},
		{"own copies come, and what all hosts get does not", watched(20, 3, alone, copies(3)), plain, "warning", []string{"3 of 3"}},
		{"others come, and what all hosts get does not", watched(20, 3, alone, heardSender), plain, "warning", []string{"192.168.8.226:1234"}},
		{"the group does not come either", watched(20, 0, alone, copies(0)), plain, "unknown", nil},
		{"it may be another group", watched(20, 3, mdns, copies(3)), plain, "unknown", []string{"224.0.0.251"}},
		{"what is joined is not known", watched(20, 3, copies(3)), plain, "unknown", nil},
		{"a busy host: unicast hides it", watched(20, 900, alone, copies(3)), plain, "unknown", nil},
		{"IPv6, queries come", seen(map[string]uint64{"Icmp6.InGroupMembQueries": 2}), inGroup("ff02::114%eth0"), "ok", nil},
		{"IPv6, none comes", seen(map[string]uint64{"Icmp6.InGroupMembQueries": 0}), inGroup("ff02::114%eth0"), "unknown", nil},
	})
}

func TestAnswersBlocked(t *testing.T) {
	asked := func(came, delivered, mcasts uint64, change ...func(*Facts)) Facts {
		return lan(func(f *Facts) {
			f.Observed = Observed{For: 2 * time.Second, Probed: true, Sent: map[int]Sent{2: {Tried: 3, Copies: 3}},
				Grown: map[string]uint64{"Ip.InReceives": came, "Ip.InDelivers": delivered, "IpExt.InMcastPkts": mcasts}}
			for _, c := range change {
				c(f)
			}
		})
	}
	add := func(counter string, n uint64) func(*Facts) {
		return func(f *Facts) { f.Observed.Grown[counter] = n }
	}
	runRule(t, answersBlocked, []ruleCase{
		{"nothing is known", Facts{}, plain, "unknown", nil},
		{"answers are dropped", asked(6, 3, 3), plain, "unknown", []string{"datagrams sent to the group: 3; 3 packets came in"}},
		{"of two who answer", asked(9, 3, 3), plain, "unknown", []string{"6 packets"}},
		{"answers come", asked(6, 6, 3), plain, "unknown", nil},
		{"nobody answers", asked(3, 3, 3), plain, "unknown", nil},
		{"one packet is dropped", asked(4, 3, 3), plain, "unknown", []string{"1 packets"}},
		{"broadcasts are dropped", asked(6, 3, 3, add("IpExt.InBcastPkts", 3)), plain, "unknown", nil},
		{"other groups are dropped", asked(23, 3, 23), plain, "unknown", nil},
		{"fragments come", asked(6, 3, 3, add("Ip.ReasmReqds", 3)), plain, "unknown", nil},
		{"a router", asked(6, 3, 3, func(f *Facts) { f.Settings = map[string]int{"net.ipv4.ip_forward": 1} }), plain, "unknown", nil},
		{"nothing was sent", asked(6, 3, 3, func(f *Facts) { f.Observed.Sent = nil }), plain, "unknown", nil},
		{"watched only", asked(6, 3, 3, func(f *Facts) { f.Observed.Probed = false }), plain, "unknown", nil},
		{"IPv6", asked(6, 3, 3), inGroup("ff02::114%eth0"), "unknown", nil},
	})
}
