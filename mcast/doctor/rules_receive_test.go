package doctor

import (
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
)

// seen is a host that was watched for ten seconds, the port of frames as well.
func seen(grown map[string]uint64, change ...func(*Facts)) Facts {
	return lan(func(f *Facts) {
		f.Observed.For = 10 * time.Second
		f.Observed.Grown = grown
		f.Observed.Beside = &Beside{Port: 1235}
		for _, c := range change {
			c(f)
		}
	})
}

func sender(from string, index int) Sender {
	return Sender{From: netip.MustParseAddrPort(from), IfIndex: index, Datagrams: 3}
}

func heardSender(f *Facts) { f.Observed.Senders = []Sender{sender("192.168.8.226:1234", 2)} }

func withProbe(f *Facts) { f.Observed.Probed = true }

func TestWrongPort(t *testing.T) {
	beside := func(b *Beside) func(*Facts) { return func(f *Facts) { f.Observed.Beside = b } }
	at := func(list ...host.Socket) func(*Facts) {
		return func(f *Facts) { f.Sockets = append([]host.Socket{}, list...) }
	}
	members := []Sender{sender("192.168.8.226:40000", 2), sender("192.168.8.227:40000", 2)}
	stray := []Sender{sender("192.168.8.228:50000", 2)}
	frames := beside(&Beside{Port: 1235, Members: members})
	foreign := beside(&Beside{Port: 1235, Members: members, Others: stray})
	forwarding := func(f *Facts) { f.Router = []int{2, 3} }
	since := func(n uint64) Facts {
		return lan(func(f *Facts) { f.Counters = map[string]uint64{"Udp.IgnoredMulti": n} })
	}
	ignored := func(n, broadcasts uint64) map[string]uint64 {
		return map[string]uint64{"Udp.IgnoredMulti": n, "IpExt.InBcastPkts": broadcasts}
	}
	joined := func(groups []host.InterfaceGroups, sockets ...host.Socket) Facts {
		f := hostWith(sockets...)
		f.Groups = groups
		return f
	}
	on := []host.InterfaceGroups{groupsAt(eth0, "224.0.0.114")}
	node := socket("0.0.0.0:45123", "", 0)
	router := joined(on, node)
	router.Router = []int{2, 3}
	routing := seen(ignored(7, 0), withProbe)
	routing.Router = []int{2, 3}
	oneSource := live
	oneSource.Group.Source = netip.MustParseAddr("192.168.8.226")
	runRule(t, wrongPort, []ruleCase{
		{"joined, and bound to no port", joined(on, node), plain, "warning eth0", []string{"another program", "on eth0", "port 1234", "/proc/net/igmp", "45123"}},
		{"joined, and bound to another group", joined(on, socket("239.9.9.9:1234", "python3 (4711)", 0)), plain, "warning eth0", []string{"python3 (4711) is bound to 239.9.9.9"}},
		{"joined, and bound to an address, which is unicast-bind", joined(on, socket("192.168.8.164:1234", "", 0)), plain, "unknown", nil},
		{"joined, and heard", joined(on, socket("0.0.0.0:1234", "", 0)), plain, "unknown", nil},
		{"joined, and heard by a socket of both versions", joined(on, socket("[::]:1234", "", 0)), plain, "unknown", nil},
		{"joined by groupcast itself", joined(on), live, "unknown", nil},
		{"joined by nobody", joined([]host.InterfaceGroups{groupsAt(eth0)}, node), plain, "unknown", nil},
		{"joined by a multicast router", router, plain, "unknown", nil},
		{"a router forwards what comes", routing, plain, "unknown", []string{"forwards groups"}},
		{"joined by the kernel", joined(on), inGroup("224.0.0.1"), "unknown", nil},
		{"VRRP has no ports", joined([]host.InterfaceGroups{groupsAt(eth0, "224.0.0.18")}), inGroup("224.0.0.18"), "unknown", nil},
		{"IPv6, joined and bound to no port", joined([]host.InterfaceGroups{groupsAt(eth0, "ff02::114")}, socket("[::]:45123", "", 0)), inGroup("ff02::114%eth0"), "warning eth0",
			[]string{"/proc/net/igmp6", "/proc/net/udp6"}},
		{"nothing is known", Facts{}, plain, "unknown", nil},
		{"never since the host started", since(0), plain, "ok", nil},
		{"at some time since the host started", since(977), plain, "unknown", []string{"Udp.IgnoredMulti = 977"}},
		{"not while it was watched", seen(ignored(0, 4)), plain, "ok", []string{"10s"}},
		{"broadcasts that nobody wants", seen(ignored(7, 9)), plain, "unknown", []string{"IpExt.InBcastPkts: 9"}},
		{"more than broadcasts", seen(ignored(7, 2)), plain, "warning", []string{"grew by 7 in 10s"}},
		{"which may be of another joined group", seen(ignored(7, 0), withProbe, func(f *Facts) {
			f.Groups = []host.InterfaceGroups{groupsAt(eth0, "224.0.0.114", "239.255.255.250")}
		}), plain, "unknown", []string{"239.255.255.250"}},
		{"and no other group is joined", seen(ignored(7, 0), withProbe, func(f *Facts) {
			f.Groups = []host.InterfaceGroups{groupsAt(eth0, "224.0.0.114")}
		}), plain, "failure", nil},
		{"and the group is heard", seen(ignored(7, 0), withProbe, heardSender), plain, "warning", nil},
		{"and the group is not heard", seen(ignored(7, 0), withProbe), plain, "failure", []string{"none at 1234"}},
		{"and the group is not heard by a program that runs", seen(ignored(7, 0)), live, "failure", nil},
		{"only frames came", seen(ignored(0, 0), frames), plain, "ok", []string{"frames at port 1235, from 192.168.8.226, 192.168.8.227; to take part: groupcast"}},
		{"frames, and others at a port that is not known", seen(ignored(7, 0), frames), plain, "warning", []string{"grew by 7", "frames at port 1235"}},
		{"nobody looked at the port of frames", seen(ignored(7, 0), beside(nil)), plain, "unknown", []string{"at port 1235, for one, and nobody looked there"}},
		{"one source is heard, and others may come", seen(ignored(7, 0)), oneSource, "unknown", []string{"of other sources than 192.168.8.226"}},
		{"there is no port of frames", seen(ignored(7, 0), beside(nil)), inGroup("239.1.2.3:65535"), "warning", nil},
		{"no frames are sent in the group of a standard", seen(ignored(7, 0), beside(nil)), inGroup("224.0.0.251:5353"), "warning", nil},
		{"plain text at the port of frames", seen(ignored(0, 0), foreign, at()), plain, "warning",
			[]string{"at port 1235, where nobody listens", "3 datagrams came there, from 192.168.8.228", "frames at port 1235"}},
		{"the same, while nothing else comes", seen(ignored(0, 0), foreign, at(own(socket("224.0.0.114:1235", "", 0))), withProbe), plain, "failure", []string{"at port 1235", "none at 1234"}},
		{"and at others", seen(ignored(7, 2), foreign, at()), plain, "warning", []string{"3 datagrams came there", "grew by 7"}},
		{"where a program listens", seen(ignored(0, 0), foreign, at(socket("0.0.0.0:1235", "", 0))), plain, "ok", nil},
		{"where a program is bound to the group", seen(ignored(0, 0), foreign, at(socket("224.0.0.114:1235", "python3 (4711)", 0))), plain, "ok", nil},
		{"where another groupcast looks as well", seen(ignored(0, 0), foreign, at(socket("224.0.0.114:1235", "groupcast (4711)", 0))), plain, "warning", nil},
		{"where a program listens to another group", seen(ignored(0, 0), foreign, at(socket("239.9.9.9:1235", "", 0))), plain, "warning", nil},
		{"whoever may listen there", seen(ignored(0, 0), foreign), plain, "unknown", nil},
		{"on a router", seen(ignored(0, 0), foreign, at(), forwarding), plain, "ok", nil},
		{"numbered datagrams alone", seen(ignored(0, 0), beside(&Beside{Port: 1235, Numbered: stray})), plain, "unknown", []string{"port 1235, from 192.168.8.228"}},
		{"IPv6", seen(map[string]uint64{"Udp6.IgnoredMulti": 7}), inGroup("ff02::114%eth0"), "warning", []string{"Udp6.IgnoredMulti"}},
	})
}

func TestFirewallIn(t *testing.T) {
	sent := func(s Sent) func(*Facts) { return func(f *Facts) { f.Observed.Sent = map[int]Sent{2: s} } }
	silent := sent(Sent{Tried: 3})
	counters := func(mcast, delivered, read uint64) map[string]uint64 {
		return map[string]uint64{"IpExt.InMcastPkts": mcast, "Ip.InDelivers": delivered, "Udp.InDatagrams": read}
	}
	dropping := func(f *Facts) {
		s := socket("0.0.0.0:1234", "", 0)
		f.Sockets, f.Observed.Drops = []host.Socket{own(s)}, map[uint64]uint64{s.Inode: 3}
	}
	router := func(f *Facts) { f.Settings = map[string]int{"net.ipv4.conf.all.mc_forwarding": 1} }
	joins := func(groups ...string) func(*Facts) {
		return func(f *Facts) { f.Groups = []host.InterfaceGroups{groupsAt(eth0, append(groups, "224.0.0.114")...)} }
	}
	others := joins("224.0.0.251", "239.255.255.250")
	atMost := func(n uint64) func(*Facts) {
		return func(f *Facts) { f.Observed.AtMost = map[string]uint64{"Ip.InDelivers": n} }
	}
	heardByEth0 := func(f *Facts) { heardSender(f); f.Heard = map[int]uint64{2: 3} }
	without := func(change func(*Intent)) Intent { return intent(change) }
	runRule(t, firewallIn, []ruleCase{
		{"nothing is known", Facts{}, plain, "unknown", nil},
		{"own copies come back", seen(counters(3, 3, 3), sent(Sent{Tried: 3, Copies: 3})), plain, "ok", []string{"eth0", "3 of 3"}},
		{"dropped on input", seen(counters(3, 0, 0), silent), plain, "failure eth0", []string{"IpExt.InMcastPkts grew by 3", "Udp.InDatagrams by 0"}},
		{"dropped on input, while DNS goes on", seen(counters(3, 9, 9), silent), plain, "warning eth0", nil},
		{"dropped before IP", seen(counters(0, 0, 0), silent), plain, "warning eth0", []string{"prerouting"}},
		{"dropped, and the counters are not known", seen(nil, silent), plain, "warning eth0", nil},
		{"none were asked for", seen(counters(3, 0, 0), silent), without(func(in *Intent) { in.Loopback = false }), "unknown", nil},
		{"sent where the group is not joined", seen(counters(0, 0, 0), silent), without(func(in *Intent) { in.Joined = []int{3} }), "unknown", nil},
		{"refused on the way out", seen(counters(0, 0, 0), sent(Sent{Tried: 3, Err: syscall.EPERM})), plain, "unknown", nil},
		{"the buffer was full", seen(counters(3, 3, 0), silent, dropping), plain, "unknown", nil},
		{"others are heard", seen(counters(3, 3, 3), heardSender), plain, "ok", []string{"192.168.8.226:1234"}},
		{"watched: it comes in, and goes nowhere", seen(counters(40, 2, 2), joins()), plain, "warning", []string{"grew by 40", "by 2 only"}},
		{"watched: what others have joined is not known", seen(counters(40, 2, 2)), plain, "unknown", []string{"/proc/net/igmp"}},
		{"watched: nobody has joined the group", seen(counters(40, 2, 2), func(f *Facts) { f.Groups = []host.InterfaceGroups{groupsAt(eth0)} }), plain, "unknown", []string{"224.0.0.114 is joined by nobody"}},
		{"watched: other groups are joined", seen(counters(40, 2, 2), others), plain, "unknown", []string{"224.0.0.251 is joined on eth0"}},
		{"watched: other groups are dropped, and this one is heard", seen(counters(40, 2, 2), others, heardSender), plain, "ok", []string{"heard", "other groups"}},
		{"watched: none is joined, and this one is heard", seen(counters(40, 2, 2), joins(), heardSender), plain, "ok", nil},
		{"it runs, heard somebody before, and now it comes in and goes nowhere", seen(counters(40, 2, 2), joins(), heardSender), live, "warning", nil},
		{"it runs, and other groups are dropped", seen(counters(40, 2, 2), others, heardSender), live, "ok", nil},
		{"probed: other groups are dropped, and own copies come", seen(counters(40, 5, 5), others, withProbe, sent(Sent{Tried: 3, Copies: 3})), plain, "ok", nil},
		{"probed over a time: the group to compare with may be dropped", seen(counters(40, 2, 2), func(f *Facts) {
			f.Groups = []host.InterfaceGroups{groupsAt(eth0, "239.1.2.3")}
		}, withProbe), inGroup("239.1.2.3"), "unknown", []string{"joined by the probe"}},
		{"own copies are dropped, and others are heard", seen(counters(3, 0, 0), silent, heardByEth0), plain, "ok", nil},
		{"watched: a flood, read while it came", seen(counters(104506, 104489, 104489), joins(), atMost(104700)), plain, "unknown", nil},
		{"watched: a flood that is dropped", seen(counters(104506, 70, 70), joins(), atMost(90)), plain, "warning", nil},
		{"watched: of a protocol that nobody has", seen(map[string]uint64{"IpExt.InMcastPkts": 40, "Ip.InDelivers": 2, "Ip.InUnknownProtos": 38}, joins()), plain, "unknown", nil},
		{"watched: this host sends by lo to a group that nobody has joined", seen(map[string]uint64{"IpExt.InMcastPkts": 40, "Ip.InDelivers": 2, "IpExt.OutMcastPkts": 38}, joins()), plain, "unknown", nil},
		{"watched: this host sends, and others' are dropped", seen(map[string]uint64{"IpExt.InMcastPkts": 60, "Ip.InDelivers": 2, "IpExt.OutMcastPkts": 20}, joins()), plain, "warning", nil},
		{"watched: queries of IGMP are handed on", seen(counters(40, 40, 0), joins()), plain, "unknown", nil},
		{"watched: fragments", seen(map[string]uint64{"IpExt.InMcastPkts": 40, "Ip.InDelivers": 10, "Ip.ReasmReqds": 40}, joins()), plain, "unknown", nil},
		{"watched: a multicast router", seen(counters(40, 2, 2), joins(), router), plain, "unknown", nil},
		{"IPv6, dropped on input", seen(map[string]uint64{"Ip6.InMcastPkts": 9, "Udp6.InDatagrams": 0}, silent), inGroup("ff02::114%eth0"), "failure eth0", []string{"Ip6.InMcastPkts"}},
		{"IPv6, watched: neighbours that look for each other", seen(map[string]uint64{"Ip6.InMcastPkts": 90, "Ip6.InDelivers": 2}), inGroup("ff02::114%eth0"), "unknown", nil},
	})
}

func TestReversePath(t *testing.T) {
	const counter = "TcpExt.IPReversePathFilter"
	linkLocal, far := addr("169.254.167.41"), addr("10.9.9.9")
	// Two interfaces, rp_filter of all and of each, and the ways back.
	host := func(all, first, second int, change ...func(*Facts)) Facts {
		f := facts(by(eth0), eth0, eth1)
		f.Settings = map[string]int{"net.ipv4.conf.all.rp_filter": all, "net.ipv4.conf.eth0.rp_filter": first, "net.ipv4.conf.eth1.rp_filter": second}
		f.Back = map[netip.Addr]RouteResult{linkLocal: by(eth1), far: nowhere(syscall.ENETUNREACH), addr("192.168.8.226"): by(eth0), addr("192.168.8.164"): by(lo)}
		f.Counters = map[string]uint64{counter: 7}
		for _, c := range change {
			c(&f)
		}
		return f
	}
	grew := func(n uint64) func(*Facts) {
		return func(f *Facts) { f.Observed.Grown, f.Observed.For = map[string]uint64{counter: n}, 10*time.Second }
	}
	heard := func(from string) func(*Facts) {
		return func(f *Facts) { f.Observed.Senders = []Sender{sender(from, 2)} }
	}
	from := func(a netip.Addr, joined ...int) Intent {
		return intent(func(in *Intent) { in.From, in.Joined = a, joined })
	}
	bare := func(f *Facts) { f.Interfaces[1].Addrs = nil }
	vlan := func(f *Facts) {
		f.Interfaces[1] = iface(2, "eth0.100", up, "192.168.8.164/24")
		f.Settings["net.ipv4.conf.eth0/100.rp_filter"] = 1
	}
	runRule(t, reversePath, []ruleCase{
		{"nothing is known", Facts{}, plain, "unknown", nil},
		{"the settings are not known", lan(func(f *Facts) { f.Counters = map[string]uint64{counter: 0} }), plain, "unknown", nil},
		{"switched off", host(0, 0, 1), plain, "ok", []string{"net.ipv4.conf.eth0.rp_filter = 0"}},
		{"strict, and the way back is another", host(0, 1, 1), from(linkLocal, 2), "failure eth0",
			[]string{"datagrams from 169.254.167.41 are dropped as they come in by eth0", "net.ipv4.conf.eth0.rp_filter = 1, and the way back to 169.254.167.41 is eth1"}},
		{"strict by all", host(1, 0, 0), from(linkLocal, 2), "failure eth0", []string{"net.ipv4.conf.all.rp_filter = 1"}},
		{"strict by all, loose on the interface: the larger is in force", host(1, 2, 0), from(linkLocal, 2), "ok", []string{"eth0.rp_filter = 2", "169.254.167.41 is eth1"}},
		{"strict, and the way back is the same", host(0, 1, 1), from(addr("192.168.8.226"), 2), "ok", []string{"192.168.8.226"}},
		{"strict, and it may come by either", host(0, 1, 1), from(linkLocal, 2, 3), "unknown", []string{"by eth0 is dropped"}},
		{"strict, and it may come by either, but none was dropped", host(0, 1, 1, grew(0)), from(linkLocal, 2, 3), "ok", nil},
		{"loose, and there is a way back", host(0, 2, 0), from(linkLocal, 2), "ok", nil},
		{"loose, and there is none", host(0, 2, 0), from(far, 2), "failure eth0", []string{"no way back to 10.9.9.9: network is unreachable"}},
		{"off, and there is no way back", host(0, 0, 0), from(far, 2), "ok", nil},
		{"loose, and the interface has no address", host(0, 2, 0, bare), from(linkLocal, 2), "failure eth0", nil},
		{"the routing table could not be asked", host(0, 1, 0, func(f *Facts) { f.Back[far] = nowhere(syscall.EPERM) }), from(far, 2), "unknown", []string{"10.9.9.9 is not known"}},
		{"strict, and nobody is named", host(0, 1, 1), plain, "unknown", []string{counter + " = 7"}},
		{"strict, and never dropped anything", host(0, 1, 1, func(f *Facts) { f.Counters[counter] = 0 }), plain, "ok", []string{"= 0 since"}},
		{"strict, and it drops", host(0, 1, 1, grew(5)), plain, "failure eth0", []string{"grew by 5 in 10s"}},
		{"strict, it drops, and the sender is named", host(0, 1, 1, grew(5)), from(linkLocal, 2), "failure eth0", []string{"grew by 5", "169.254.167.41"}},
		{"it drops elsewhere", host(0, 0, 1, grew(5)), plain, "ok", nil},
		{"it drops, and the settings are not known", host(0, 0, 0, grew(5), func(f *Facts) { f.Settings = nil }), plain, "warning eth0", nil},
		{"heard before, and strict since", host(0, 1, 0, heard("169.254.167.41:1234")), plain, "warning eth0", []string{"heard by eth0 before"}},
		{"heard, and the way back is the same", host(0, 1, 0, heard("192.168.8.226:1234")), plain, "ok", nil},
		{"an address of this host", host(0, 1, 0, heard("192.168.8.164:1234")), plain, "unknown", nil},
		{"a name with a dot", host(0, 0, 0, vlan), from(linkLocal, 2), "failure eth0.100", []string{"net.ipv4.conf.eth0/100.rp_filter = 1"}},
		{"IPv6", Facts{}, inGroup("ff02::114%eth0"), "ok", nil},
	})
}
