package doctor

import (
	"net"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// A false alarm is a defect: on these hosts nothing is wrong, or just what is
// said.
func TestHealthyHosts(t *testing.T) {
	computer := &Machine{Vendor: "Dell Inc.", Product: "OptiPlex 7090"}
	facts := func(send RouteResult, links map[int]Link, list ...host.Interface) Facts {
		f := facts(send, list...)
		f.By = map[int]RouteResult{1: from(lo, "127.0.0.1")}
		for _, i := range list {
			if i.Addr(mcast.DefaultGroup.Addr).IsValid() {
				f.By[i.Index] = by(i)
			}
		}
		f.Links, f.Machine = links, computer
		f.Links[1] = Link{}
		return f
	}
	card := Link{OperState: "up"}
	wlan0 := iface(3, "wlan0", up, "192.168.1.23/24")
	docker0 := iface(4, "docker0", net.FlagUp|net.FlagMulticast, "172.17.0.1/16")
	running := iface(4, "docker0", up, "172.17.0.1/16")
	veth := iface(5, "veth12ab", up, "fe80::5/64")
	bridge := Link{Kind: "bridge", Bridge: &Bridge{Ports: []int{5}}}
	port := Link{Kind: "veth", Master: 4, Parent: 2, Elsewhere: true}
	nets := []host.Interface{eth0, iface(3, "eth1", up, "10.1.0.1/24"), iface(4, "eth2", up, "10.2.0.1/24")}
	vlan, bond, wg0 := iface(7, "eth0.5", up, "10.5.0.1/24"), iface(8, "bond0", up, "10.6.0.1/24"), iface(9, "wg0", up&^net.FlagMulticast, "10.8.0.2/32")
	virtual := func(f Facts) Facts {
		f.Machine = &Machine{Vendor: "QEMU", Product: "Standard PC (Q35 + ICH9, 2009)"}
		return f
	}

	tests := []struct {
		name string
		f    Facts
		in   Intent
		want string
	}{
		{"one LAN", facts(by(eth0), map[int]Link{2: card}, eth0), talk("224.0.0.114", 2), ""},
		{"one LAN, chosen", facts(by(eth0), map[int]Link{2: card}, eth0), sendBy(talk("239.1.2.3", 2), eth0), ""},
		{"a LAN and Docker without containers", facts(by(eth0), map[int]Link{2: card, 4: {Kind: "bridge", Bridge: &Bridge{Ports: []int{}}}}, eth0, docker0),
			talk("224.0.0.114", 2), ""},
		{"a LAN and Docker with one", facts(by(eth0), map[int]Link{2: card, 4: bridge, 5: port}, eth0, running, veth),
			talk("224.0.0.114", 2, 4), ""},
		{"the same in IPv6, where each interface has an address, and one is chosen",
			facts(by(six), map[int]Link{2: card, 4: bridge, 5: port}, six, running, veth), sendBy(talk("ff02::114", 2), six), ""},
		{"Docker, and the cable is out", facts(nowhere(syscall.ENETUNREACH), map[int]Link{4: {Kind: "bridge", Bridge: &Bridge{Ports: []int{}}}, 5: port}, docker0, veth),
			talk("224.0.0.114"), "no-route failure - -"},
		{"Wi-Fi alone", facts(by(wlan0), map[int]Link{3: {Wireless: true}}, wlan0), talk("224.0.0.114", 3), "virtual-network warning wlan0 -"},
		{"a cable, and Wi-Fi that is not used", facts(by(eth0), map[int]Link{2: card, 3: {Wireless: true}}, eth0, wlan0), talk("224.0.0.114", 2), ""},
		{"IPv6 alone", facts(by(six), map[int]Link{2: card}, six), talk("ff02::114", 2), ""},
		{"lo alone", facts(nowhere(syscall.ENETUNREACH), map[int]Link{}), sendBy(talk("224.0.0.114", 1), lo), ""},
		{"a router of three networks", facts(by(eth0), map[int]Link{2: card, 3: card, 4: card}, nets...), talk("239.1.2.3", 2, 3, 4), ""},
		{"a VPN is up, and the LAN was chosen", facts(by(tun0), map[int]Link{2: card, 4: {Kind: "tun"}}, eth0, tun0), sendBy(talk("224.0.0.114", 2), eth0), ""},
		{"a bridge with the LAN's card", facts(by(running), map[int]Link{4: bridge, 5: {Master: 4}}, running, veth), talk("224.0.0.114", 4), ""},
		{"a VLAN on a card without an address", facts(by(vlan), map[int]Link{2: card, 7: {Kind: "vlan", OperState: "up", Parent: 2}}, iface(2, "eth0", up), vlan),
			talk("239.1.2.3", 7), ""},
		{"a bond of two cards", facts(by(bond), map[int]Link{2: {OperState: "up", Master: 8}, 3: {OperState: "up", Master: 8}, 8: {Kind: "bond", OperState: "up"}},
			iface(2, "eth0", up), iface(3, "eth1", up), bond), talk("239.1.2.3", 8), ""},
		{"WireGuard for a network of its own, which has no state to be up", facts(by(eth0), map[int]Link{2: card, 9: {Kind: "wireguard", OperState: "unknown"}}, eth0, wg0),
			talk("239.1.2.3", 2), ""},
		{"a virtual machine with a bridged card", virtual(facts(by(eth0), map[int]Link{2: card}, eth0)), talk("224.0.0.114", 2), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			seen := Seen(Diagnose(tt.f, tt.in))
			if got := summary(seen); got != tt.want {
				t.Errorf("found %q, want %q", got, tt.want)
				for _, f := range seen {
					t.Logf("%s: %s: %s", f.Name, f.Title, f.Evidence)
				}
			}
		})
	}
}
