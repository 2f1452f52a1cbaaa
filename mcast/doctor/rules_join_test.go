package doctor

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

func TestMembershipLost(t *testing.T) {
	again := iface(9, "eth0", up, "192.168.8.164/24")
	with := func(groups []host.InterfaceGroups, sockets ...host.Socket) Facts {
		return lan(func(f *Facts) { f.Groups, f.Sockets = groups, append([]host.Socket{}, sockets...) })
	}
	joined, empty := []host.InterfaceGroups{groupsAt(eth0, "224.0.0.114")}, []host.InterfaceGroups{groupsAt(eth0)}
	remade := func(f Facts) Facts {
		f.Interfaces = []host.Interface{lo, again}
		f.Observed.Lost, f.Observed.Had = []host.Interface{again}, map[int][]netip.Addr{9: {addr("224.0.0.1"), addr("224.0.0.114")}}
		return f
	}
	bound, wide := socket("224.0.0.114:1234", "python3 (4711)", 0), socket("0.0.0.0:1234", "python3 (4711)", 0)
	neverHad := remade(with([]host.InterfaceGroups{groupsAt(again)}, wide))
	neverHad.Observed.Had = map[int][]netip.Addr{9: {addr("224.0.0.1"), addr("224.0.0.251")}}
	alsoMDNS := intent(func(in *Intent) {
		in.Live = true
		in.Memberships = []mcast.Membership{{Group: mcast.Group{Addr: addr("224.0.0.251"), Port: 1234}, Interface: eth0}}
	})
	runRule(t, membershipLost, []ruleCase{
		{"nothing is known", Facts{}, plain, "unknown", nil},
		{"the groups are known, the sockets not", lan(func(f *Facts) { f.Groups = joined }), plain, "unknown", nil},
		{"live, and joined", with(joined), live, "ok", []string{"224.0.0.114 on eth0"}},
		{"live, and the kernel has it no more", with(empty), live, "failure eth0 rejoin=eth0", []string{"index 2", "/proc/net/igmp"}},
		{"live, and another group of its own is lost", with(joined), alsoMDNS, "failure eth0", []string{"224.0.0.251"}},
		{"live, deleted and made again", remade(with([]host.InterfaceGroups{groupsAt(again)})), live,
			"failure eth0 rejoin=eth0", []string{"index 2", "index 9"}},
		{"live, and the interface is gone for good", lan(func(f *Facts) { f.Groups, f.Interfaces = empty[:0:0], []host.Interface{lo} }), live, "unknown", nil},
		{"nobody waits at the port", with(empty), plain, "ok", []string{"1234"}},
		{"another program has joined", with(joined, bound), plain, "ok", []string{"eth0"}},
		{"bound to the group, and nobody has joined", with(empty, bound), plain, "failure", []string{"python3 (4711)", "joined nowhere"}},
		{"a server or a sender, which never joined", with(empty, wide), plain, "unknown", []string{"python3 (4711)"}},
		{"bound to the wildcard, for another group perhaps", with([]host.InterfaceGroups{groupsAt(eth0, "224.0.0.251")}, wide), plain, "unknown", nil},
		{"a server, while an interface is made again", neverHad, plain, "unknown", nil},
		{"IPv6's wildcard is another program's affair", with(empty, socket("[::]:1234", "", 0)), plain, "ok", nil},
		{"its own socket, before it joins", with(empty, own(wide)), plain, "ok", nil},
		{"deleted and made again under another program", remade(with([]host.InterfaceGroups{groupsAt(again)}, wide)), plain, "failure eth0", []string{"index 9"}},
		{"made again, but the group is joined elsewhere", remade(with([]host.InterfaceGroups{groupsAt(again), groupsAt(eth1, "224.0.0.114")}, wide)), plain, "warning eth0", nil},
	})
}

func TestTooManyGroups(t *testing.T) {
	sourced := func(limit, users int, group string, sources ...string) Facts {
		return lan(func(f *Facts) {
			f.Settings = map[string]int{"net.ipv4.igmp_max_memberships": 20, "net.ipv4.igmp_max_msf": limit, "net.ipv6.mld_max_msf": limit}
			f.Groups = []host.InterfaceGroups{groupsAt(eth0, fmt.Sprintf("%s x%d", group, users))}
			for _, s := range sources {
				f.Filters = append(f.Filters, Filter{IfIndex: 2, Group: addr(group), Source: addr(s), Include: 1})
			}
		})
	}
	many := func(n int) (list []string) {
		for i := range n {
			list = append(list, fmt.Sprintf("239.0.0.%d", i+1))
		}
		return list
	}
	host := func(limit, groups, sockets int) Facts {
		return lan(func(f *Facts) {
			f.Settings = map[string]int{"net.ipv4.igmp_max_memberships": limit}
			f.Groups = []host.InterfaceGroups{groupsAt(eth0, many(groups)...)}
			f.Sockets = make([]host.Socket, sockets)
		})
	}
	ownTwenty := intent(func(in *Intent) {
		for _, g := range many(20) {
			in.Memberships = append(in.Memberships, mcast.Membership{Group: mcast.Group{Addr: addr(g)}, Interface: eth0})
		}
	})
	failed := func(f Facts, err error) Facts {
		f.Observed.Joined = err
		return f
	}
	runRule(t, tooManyGroups, []ruleCase{
		{"as many sources as a filter holds", sourced(2, 1, "224.0.0.114", "10.0.0.1", "10.0.0.2"), plain, "warning eth0", []string{"igmp_max_msf = 2", "list: 2", "ENOBUFS"}},
		{"a limit of none, which lets one in", sourced(0, 1, "224.0.0.114", "10.0.0.1"), plain, "warning eth0", nil},
		{"and nobody asks for any", sourced(0, 1, "224.0.0.114"), plain, "ok", nil},
		{"there is room for one more", sourced(3, 1, "224.0.0.114", "10.0.0.1", "10.0.0.2"), plain, "ok", nil},
		{"two sockets may share them", sourced(2, 2, "224.0.0.114", "10.0.0.1", "10.0.0.2"), plain, "ok", nil},
		{"sources of another group", sourced(2, 1, "239.1.2.3", "10.0.0.1", "10.0.0.2"), plain, "ok", nil},
		{"IPv6, as many sources as a filter holds", sourced(2, 1, "ff15::114", "fd00::1", "fd00::2"), inGroup("ff15::114%eth0"), "warning eth0", []string{"mld_max_msf = 2"}},
		{"nothing is known", Facts{}, plain, "unknown", nil},
		{"the limit, but no groups", lan(func(f *Facts) { f.Settings = map[string]int{"net.ipv4.igmp_max_memberships": 20} }), plain, "unknown", nil},
		{"one group", host(20, 1, 3), plain, "ok", []string{"20", "1 memberships"}},
		{"20 of 20 by one socket", host(20, 20, 1), plain, "warning", []string{"ENOBUFS", "= 20"}},
		{"20 of 20 by nobody knows whom", lan(func(f *Facts) {
			*f = host(20, 20, 0)
			f.Sockets = nil
		}), plain, "warning", nil},
		{"30 groups by many programs", host(20, 30, 15), plain, "unknown", []string{"30", "15"}},
		{"its own count for nothing: it takes another socket", host(20, 20, 1), ownTwenty, "ok", nil},
		{"no group at all", host(0, 0, 1), plain, "failure", []string{"= 0"}},
		{"the probe met the limit", failed(host(20, 3, 3), &mcast.OpError{Op: "join", Err: syscall.ENOBUFS}), plain, "failure", nil},
		{"the probe met the limit of sources, of which a program needs one less", failed(host(20, 3, 3), mcast.ErrTooManySources), plain, "unknown", []string{"net.ipv4.igmp_max_msf"}},
		{"the probe met something else", failed(host(20, 3, 3), syscall.ENODEV), plain, "ok", nil},
		{"IPv6", Facts{}, inGroup("ff02::114%eth0"), "ok", nil},
		{"IPv6, and no room", failed(Facts{}, syscall.ENOBUFS), inGroup("ff02::114%eth0"), "failure", nil},
	})
	for text, want := range map[string]string{"ff02::114%eth0": "", "239.1.2.3": "sysctl -w net.ipv4.igmp_max_memberships=100"} {
		if got := commandsOf(tooManyGroups(failed(host(20, 3, 3), syscall.ENOBUFS), inGroup(text))[0].Hints); strings.Join(got, "") != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestSameMAC(t *testing.T) {
	facts := func(groups ...string) Facts {
		return lan(func(f *Facts) { f.Groups = []host.InterfaceGroups{groupsAt(eth0, groups...)} })
	}
	both := intent(func(in *Intent) {
		in.Memberships = []mcast.Membership{{Group: group, Interface: eth0}, {Group: mcast.Group{Addr: addr("225.0.0.114"), Port: 1234}, Interface: eth0}}
	})
	elsewhere := lan(func(f *Facts) {
		f.Interfaces = append(f.Interfaces, tun0)
		f.Groups = []host.InterfaceGroups{groupsAt(lo, "225.0.0.114"), groupsAt(tun0, "225.0.0.114"), groupsAt(eth1, "225.0.0.114")}
	})
	runRule(t, sameMAC, []ruleCase{
		{"nothing is known", Facts{}, plain, "unknown", nil},
		{"alone", facts("224.0.0.114", "224.0.0.251"), plain, "ok", []string{"01:00:5e:00:00:72"}},
		{"another program's", facts("224.0.0.114", "225.0.0.114", "239.128.0.114"), plain, "warning eth0", []string{"225.0.0.114, 239.128.0.114", "01:00:5e:00:00:72"}},
		{"one's own", facts("224.0.0.114", "225.0.0.114"), both, "warning eth0 leave=225.0.0.114:1234@eth0", nil},
		{"like all hosts", facts(), inGroup("225.0.0.1"), "warning eth0", []string{"224.0.0.1"}},
		{"where there are no such addresses, or not ours", elsewhere, intent(func(in *Intent) { in.Joined = []int{1, 2, 4} }), "ok", nil},
		{"IPv6", facts("ff0e::ff02:3"), inGroup("ff15::ff02:3"), "warning eth0", []string{"33:33:ff:02:00:03"}},
		{"IPv6, itself", facts("ff02::114"), inGroup("ff02::114%eth0"), "ok", nil},
	})
}

func TestOthersGroups(t *testing.T) {
	facts := func(strays int, groups ...string) Facts {
		return lan(func(f *Facts) {
			f.Groups = []host.InterfaceGroups{groupsAt(eth0, groups...)}
			if strays > 0 {
				f.Observed.Strays = map[netip.Addr]int{addr("239.9.9.9"): strays}
			}
		})
	}
	all := intent(func(in *Intent) { in.MulticastAll = true })
	runRule(t, othersGroups, []ruleCase{
		{"switched off", Facts{}, plain, "ok", []string{"IP_MULTICAST_ALL = 0"}},
		{"switched off, others hear strays", facts(3, "239.9.9.9"), plain, "warning", []string{"239.9.9.9 (datagrams: 3)", "groupcast does not"}},
		{"on, and nothing is known", Facts{}, all, "unknown", nil},
		{"on, and alone", facts(0, "224.0.0.114", "224.0.0.106"), all, "ok", nil},
		{"on, with others", facts(0, "224.0.0.114", "239.9.9.9"), all, "warning multicast-all=off", []string{"239.9.9.9 on eth0"}},
		{"on, and heard", facts(1, "239.9.9.9"), all, "failure multicast-all=off", []string{"239.9.9.9"}},
		{"on, and joined by another where we have not", lan(func(f *Facts) { f.Groups = []host.InterfaceGroups{groupsAt(eth1, "224.0.0.114")} }), all,
			"warning multicast-all=off", []string{"224.0.0.114 on eth1"}},
	})
}

func TestSSMOverASM(t *testing.T) {
	host := func(users string, filters ...Filter) Facts {
		return lan(func(f *Facts) {
			f.Groups = []host.InterfaceGroups{groupsAt(eth0, "224.0.0.114 x"+users)}
			f.Filters = append([]Filter{}, filters...)
		})
	}
	filter := func(source string, include, exclude int) Filter {
		return Filter{IfIndex: 2, Group: group.Addr, Source: addr(source), Include: include, Exclude: exclude}
	}
	bySource := intent(func(in *Intent) {
		in.Live, in.Joined = true, nil
		in.Memberships = []mcast.Membership{{Group: mcast.Group{Addr: group.Addr, Source: addr("10.0.0.1")}, Interface: eth0}}
	})
	runRule(t, ssmOverASM, []ruleCase{
		{"nothing is known", Facts{}, plain, "unknown", nil},
		{"no filters, and another program has joined", host("1"), plain, "unknown", []string{"/proc/net/mcfilter"}},
		{"no filters, and nobody else has joined", host("1"), live, "ok", nil},
		{"narrowed to one source", host("1", filter("192.168.8.226", 1, 0)), plain, "warning eth0", []string{"only 192.168.8.226", "/proc/net/mcfilter"}},
		{"narrowed to two by one socket", host("1", filter("10.0.0.2", 1, 0), filter("10.0.0.1", 1, 0)), plain, "warning eth0", []string{"10.0.0.1, 10.0.0.2"}},
		{"another has it for all", host("2", filter("10.0.0.1", 1, 0)), plain, "ok", nil},
		{"ours has it for all, the other has not", host("2", filter("10.0.0.1", 1, 0)), live, "warning eth0", nil},
		{"ours asks for one itself", host("1", filter("10.0.0.1", 1, 0)), bySource, "ok", nil},
		{"one is blocked", host("1", filter("10.0.0.1", 0, 1)), plain, "ok", nil},
		{"on purpose", Facts{}, inGroup("10.0.0.1@232.1.1.1"), "ok", []string{"10.0.0.1"}},
		{"a source-specific group for all", Facts{}, inGroup("232.1.1.1"), "warning", []string{"RFC 4607"}},
		{"the same with IPv6", Facts{}, inGroup("ff3e::1"), "warning", nil},
		{"a prefix-based group is none (RFC 3306)", host("1"), inGroup("ff3e:40:2001:db8::1"), "ok", nil},
	})
}

func TestNotReadSaysWhy(t *testing.T) {
	f := Facts{Unread: map[Origin]error{FromGroups: errors.New("permission denied")}}
	runRule(t, membershipLost, []ruleCase{{"refused", f, plain, "unknown", []string{"/proc/net/igmp", "permission denied"}}})
}
