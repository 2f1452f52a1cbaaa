package chat

import (
	"net/netip"
	"testing"

	"github.com/groupcast/groupcast/mcast/host"
)

func TestArrival(t *testing.T) {
	lan6, local6 := netip.MustParsePrefix("2001:db8::164/64"), netip.MustParsePrefix("fe80::164/64")
	group6 := netip.MustParseAddr("ff02::114")
	interfaces := []host.Interface{
		eth0, eth1,
		{Index: 4, Name: "eth2", Addrs: []netip.Prefix{lan6, local6}},
		{Index: 5, Name: "eth3"},
	}
	for _, c := range []struct {
		name    string
		from    string
		to      netip.Addr
		ifIndex int
		stray   bool
		payload string
		want    Arrival
	}{
		{"from the LAN", "192.168.8.226:1234", group, 2, false, "hello", Arrival{}},
		{"from the LAN, to us alone", "192.168.8.226:1234", eth0Addr, 2, false, "hello", Arrival{Direct: true}},
		{"from the LAN, to another address of ours", "192.168.8.226:1234", eth1Addr, 2, false, "hello", Arrival{Direct: true}},
		{"from another network", "10.1.2.3:1234", group, 2, false, "hello", Arrival{Outside: true}},
		{"from another network, to us alone", "10.1.2.3:1234", eth0Addr, 2, false, "hello", Arrival{Direct: true, Outside: true}},
		{"from the LAN, by the other wire", "192.168.8.226:1234", group, 3, false, "hello", Arrival{Outside: true}},
		{"link-local", "169.254.9.9:1234", group, 2, false, "hello", Arrival{}},
		{"by an interface that is not known", "10.1.2.3:1234", group, 9, false, "hello", Arrival{}},
		{"by nobody knows which", "10.1.2.3:1234", group, 0, false, "hello", Arrival{}},
		{"by an interface without an address", "10.1.2.3:1234", group, 5, false, "hello", Arrival{}},
		{"IPv4 by an interface that has only IPv6", "10.1.2.3:1234", group, 4, false, "hello", Arrival{}},
		{"broadcast from another network", "10.1.2.3:1234", netip.MustParseAddr("192.168.8.255"), 2, false, "hello", Arrival{}},
		{"destination unknown", "10.1.2.3:1234", netip.Addr{}, 2, false, "hello", Arrival{}},

		{"IPv6 from the LAN", "[2001:db8::226]:1234", group6, 4, false, "hello", Arrival{}},
		{"IPv6 from another network", "[2001:db8:1::1]:1234", group6, 4, false, "hello", Arrival{Outside: true}},
		{"IPv6 link-local", "[fe80::226%eth2]:1234", group6, 4, false, "hello", Arrival{}},

		{"another program here", "192.168.8.164:1234", group, 2, false, "hello", Arrival{Local: true}},
		{"another program here, by the other wire", "192.168.8.164:1234", group, 3, false, "hello", Arrival{Local: true}},
		{"without a source", "0.0.0.0:1234", group, 2, false, "hello", Arrival{Local: true}},
		{"a copy", "192.168.8.164:40001", group, 2, false, "said", Arrival{OwnCopy: true}},
		{"a copy that came by another program's membership", "192.168.8.164:40001", group, 3, true, "said", Arrival{OwnCopy: true, Stray: true}},
		{"our port and address, other words", "192.168.8.164:40001", group, 2, false, "hello", Arrival{Local: true}},

		{"no text", "192.168.8.226:1234", group, 2, false, "\xfeMC", Arrival{}},
		{"a stray", "192.168.8.226:1234", other, 2, true, "hello", Arrival{Stray: true}},
		{"a stray from another network", "10.1.2.3:1234", other, 2, true, "\xfeMC", Arrival{Stray: true, Outside: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newTestRoom()
			r.SetInterfaces(interfaces)
			r.Say(start, "said", byEth0)
			d := from(netip.MustParseAddrPort(c.from), c.payload)
			d.To, d.IfIndex, d.Stray = c.to, c.ifIndex, c.stray
			if _, got := r.Receive(d); got != c.want {
				t.Errorf("arrival %+v, want %+v", got, c.want)
			}
		})
	}
}
