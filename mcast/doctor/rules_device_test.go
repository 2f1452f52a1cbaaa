package doctor

import (
	"net/netip"
	"testing"

	"github.com/groupcast/groupcast/mcast/host"
)

func TestWrongDevice(t *testing.T) {
	eth1 := iface(3, "eth1", up, "10.1.0.1/24", "2001:db8:1::1/64")
	deaf, wild := socket("0.0.0.0:1234", "python3 (4711)", 0), socket("0.0.0.0:1234", "avahi (7)", 0)
	with := func(groups []host.InterfaceGroups, device int, sockets ...host.Socket) Facts {
		return lan(func(f *Facts) {
			f.Interfaces = append(f.Interfaces[:len(f.Interfaces):len(f.Interfaces)], eth1)
			f.Groups, f.Sockets = groups, append([]host.Socket{}, sockets...)
			f.Devices = map[uint64]int{}
			for _, s := range sockets {
				if s.Program != "avahi (7)" && device != 0 {
					f.Devices[s.Inode] = device
				}
			}
		})
	}
	on1, both := []host.InterfaceGroups{groupsAt(eth1, "224.0.0.114")}, []host.InterfaceGroups{groupsAt(eth0, "224.0.0.114"), groupsAt(eth1, "224.0.0.114")}
	twice := []host.InterfaceGroups{groupsAt(eth1, "224.0.0.114 x2")}
	from := func(text string) Intent { return intent(func(in *Intent) { in.From = netip.MustParseAddr(text) }) }
	heardBy := func(f Facts, index int) Facts {
		f.Observed.Senders = []Sender{sender("10.1.0.3:4000", index)}
		return f
	}
	vrf := with(on1, 9, deaf)
	vrf.Links = map[int]Link{3: {Master: 9}, 9: {Kind: "vrf"}}
	second := deaf
	second.Inode++
	each := with(both, 2, deaf, second)
	each.Devices[second.Inode] = 3
	asNobody := deaf
	asNobody.Program = ""
	in6 := inGroup("ff15::114")
	in6.From = addr("2001:db8:1::3")
	unread := with(on1, 2, deaf)
	unread.Devices = nil
	alive := from("10.1.0.3")
	alive.Live, alive.Joined = true, []int{3}
	runRule(t, wrongDevice, []ruleCase{
		{"nothing is known", Facts{}, plain, "unknown", nil},
		{"the devices are not known", unread, plain, "unknown", []string{"sock_diag"}},
		{"bound to eth0, joined on eth1", with(on1, 2, deaf), plain, "warning eth1", []string{"python3 (4711)", "interface eth0", "comes by eth1", "/proc/net/igmp"}},
		{"the same, of a program that cannot be named", with(on1, 2, asNobody), plain, "warning eth1", []string{"user 1000"}},
		{"bound to eth1", with(on1, 3, deaf), plain, "ok", nil},
		{"bound to nothing", with(on1, 0, deaf), plain, "ok", nil},
		{"nobody has joined", with([]host.InterfaceGroups{groupsAt(eth1)}, 2, deaf), plain, "ok", nil},
		{"the source is behind eth1", with(both, 2, deaf), from("10.1.0.3"), "warning eth1", []string{"10.1.0.3"}},
		{"the source is behind eth0", with(both, 2, deaf), from("192.168.8.9"), "ok", nil},
		{"the source is behind eth0, where nobody joined", with(on1, 2, deaf), from("192.168.8.9"), "ok", []string{"joined-elsewhere"}},
		{"the source is behind a router", with(on1, 2, deaf), from("10.9.0.3"), "unknown", nil},
		{"the source was heard by eth1", heardBy(with(both, 2, deaf), 3), from("10.1.0.3"), "warning eth1", []string{"is heard by eth1"}},
		{"others were heard by eth1", heardBy(with(both, 2, deaf), 3), plain, "warning eth1", []string{"others are heard by eth1"}},
		{"a socket for each interface", each, from("10.1.0.3"), "ok", nil},
		{"another program hears, and may be the one that joined", with(on1, 2, deaf, wild), plain, "unknown", []string{"python3 (4711)"}},
		{"both have joined", with(twice, 2, deaf, wild), plain, "warning eth1", []string{"python3 (4711)"}},
		{"the membership is groupcast's own", with(on1, 2, deaf), alive, "ok", nil},
		{"its own socket", with(on1, 2, own(deaf)), plain, "ok", nil},
		{"bound to the VRF of eth1", vrf, plain, "ok", nil},
		{"at another port", with(on1, 2, socket("0.0.0.0:1235", "python3 (4711)", 0)), plain, "ok", nil},
		{"IPv6", with([]host.InterfaceGroups{groupsAt(eth1, "ff15::114")}, 2, socket("[::]:1234", "python3 (4711)", 0)), in6, "warning eth1", []string{"python3 (4711)"}},
	})
}
