package main

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/host"
)

func TestJoinedGroups(t *testing.T) {
	joined := func(name string, groups ...string) host.InterfaceGroups {
		i := host.InterfaceGroups{Name: name}
		for _, g := range groups {
			i.Groups = append(i.Groups, host.JoinedGroup{Addr: netip.MustParseAddr(g), Users: 1})
		}
		return i
	}
	bound := func(addrs ...string) (list []host.Socket) {
		for _, a := range addrs {
			list = append(list, host.Socket{Local: netip.MustParseAddrPort(a)})
		}
		return list
	}
	for _, tt := range []struct {
		name    string
		joined  []host.InterfaceGroups
		sockets []host.Socket
		want    string
	}{
		{"nothing but the kernel's own", []host.InterfaceGroups{joined("lo", "224.0.0.1"), joined("eth0", "224.0.0.1")}, bound("0.0.0.0:68"), "[]"},
		{"one socket", []host.InterfaceGroups{joined("eth0", "239.1.2.3")}, bound("0.0.0.0:5000"), "[239.1.2.3:5000: joined on eth0]"},
		{"one of IPv6 that hears IPv4", []host.InterfaceGroups{joined("eth0", "239.1.2.3")}, bound("[::]:5000"), "[239.1.2.3:5000: joined on eth0]"},
		{"on two interfaces", []host.InterfaceGroups{joined("eth0", "239.1.2.3"), joined("eth1", "239.1.2.3")}, bound("0.0.0.0:5000"), "[239.1.2.3:5000: joined on eth0, eth1]"},
		{"two sockets", []host.InterfaceGroups{joined("eth0", "239.1.2.3")}, bound("0.0.0.0:5001", "0.0.0.0:5000", "0.0.0.0:5001"), "[239.1.2.3:5000: joined on eth0 239.1.2.3:5001: joined on eth0]"},
		{"bound to the group", []host.InterfaceGroups{joined("eth0", "239.1.2.3")}, bound("0.0.0.0:5000", "239.1.2.3:6000"), "[239.1.2.3:6000: joined on eth0]"},
		{"bound to another address", []host.InterfaceGroups{joined("eth0", "239.1.2.3")}, bound("192.0.2.1:5000", "0.0.0.0:40000"), "[239.1.2.3:1234: joined on eth0]"},
		{
			"a registered one beside another", []host.InterfaceGroups{joined("eth0", "224.0.0.251", "239.1.2.3")}, bound("0.0.0.0:5353", "0.0.0.0:5000"),
			"[224.0.0.251:5353: joined on eth0 (mdns) 239.1.2.3:5000: joined on eth0]",
		},
		{"two ports of one address", []host.InterfaceGroups{joined("eth0", "239.255.255.250")}, bound("0.0.0.0:3702"), "[239.255.255.250:3702: joined on eth0 (ws-discovery)]"},
		{"a registered one, nothing bound", []host.InterfaceGroups{joined("eth0", "239.255.255.250")}, nil, "[239.255.255.250:1900: joined on eth0 (ssdp)]"},
		{
			"IPv6", []host.InterfaceGroups{joined("eth0", "ff02::1", "ff02::1:ff00:1", "ff01::1", "ff02::fb", "ff05::114")}, bound("[::]:5353", "[::]:1234"),
			"[[ff02::fb%eth0]:5353: joined on eth0 (mdns) [ff05::114]:1234: joined on eth0]",
		},
	} {
		if got := strings.ReplaceAll(fmt.Sprint(joinedGroups(tt.joined, tt.sockets)), "\t", ": "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
