package doctor

import (
	"net/netip"
	"testing"

	"github.com/groupcast/groupcast/mcast/host"
)

func TestJoinedElsewhere(t *testing.T) {
	eth1 := iface(3, "eth1", up, "10.1.0.1/24", "2001:db8:1::1/64")
	from := func(text string, joined ...int) Intent {
		return intent(func(in *Intent) { in.From, in.Joined = netip.MustParseAddr(text), joined })
	}
	two := func(groups ...host.InterfaceGroups) Facts {
		return lan(func(f *Facts) {
			f.Interfaces = append(f.Interfaces[:len(f.Interfaces):len(f.Interfaces)], eth1)
			f.Groups = append([]host.InterfaceGroups{}, groups...)
			f.Send = by(eth1)
		})
	}
	heardBy := func(f Facts, index int) Facts {
		f.Observed.Senders = []Sender{sender("10.1.0.3:4000", index)}
		return f
	}
	ported := two(groupsAt(eth0, "224.0.0.114"))
	ported.Links = map[int]Link{2: {Master: 3}, 3: {Kind: "bridge", Bridge: &Bridge{Ports: []int{2}}}}
	theirs, six := two(groupsAt(eth0, "224.0.0.114")), two(groupsAt(eth0, "ff02::114"))
	in6 := inGroup("ff02::114")
	in6.From, in6.Joined = netip.MustParseAddr("fe80::3%eth1"), []int{2, 3}
	alive := from("10.1.0.3", 2)
	alive.Live = true
	runRule(t, joinedElsewhere, []ruleCase{
		{"nothing is known", Facts{}, plain, "unknown", nil},
		{"joined on eth0 only", two(), from("10.1.0.3", 2), "warning eth1 use=eth1", []string{"joined on eth0 only, and 10.1.0.3 is behind eth1"}},
		{"joined on both", two(), from("10.1.0.3", 2, 3), "ok", nil},
		{"the sender is on eth0", two(), from("192.168.8.9", 2), "ok", nil},
		{"but it was heard by eth0", heardBy(two(), 2), from("10.1.0.3", 2), "ok", nil},
		{"another program on eth0 only", theirs, from("10.1.0.3", 2, 3), "warning eth1", []string{"by other programs on eth0 only", "/proc/net/igmp"}},
		{"the same, and only the probe heard", heardBy(theirs, 3), from("10.1.0.3", 2, 3), "warning eth1", nil},
		{"the same, and eth0 heard it", heardBy(theirs, 2), from("10.1.0.3", 2, 3), "ok", nil},
		{"the membership is its own", theirs, alive, "warning eth1 use=eth1", nil},
		{"another group on eth0", two(groupsAt(eth0, "239.9.9.9")), from("10.1.0.3", 2, 3), "ok", nil},
		{"on the port of a bridge", ported, from("10.1.0.3", 3), "warning eth1", nil},
		{"IPv6 by its zone", six, in6, "warning eth1", []string{"/proc/net/igmp6"}},
		{"IPv6 without a zone", six, intent(func(in *Intent) { *in = in6; in.From = netip.MustParseAddr("fe80::3") }), "unknown", nil},
		{"behind a router", two(), from("10.9.0.3", 2), "unknown", nil},
		{"this host", two(), from("10.1.0.1", 2), "ok", nil},
		{"nobody is named, and it would send by eth1", theirs, plain, "unknown", []string{"would leave by eth1", "IP_MULTICAST_IF"}},
	})
}
