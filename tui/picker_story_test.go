package tui

import (
	"errors"
	"net"
	"net/netip"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/session"
)

// crowded is before, on a host with more interfaces, in two groups, where
// more is heard.
func crowded() session.Snapshot {
	s := before()
	down := iface(4, "wlan0")
	down.Flags = 0
	pulled := iface(5, "eth2", "10.9.8.7/24")
	pulled.Flags &^= net.FlagRunning
	six := iface(6, "docker0", "fe80::42:1/64")
	failed := iface(7, "veth7", "172.17.0.1/16")
	failed.Err = errors.New("mcast: no buffer space available")
	s.Interfaces = append(s.Interfaces, down, pulled, six, failed)

	other, mdns, old := known("239.1.2.3:5000"), known("224.0.0.251:5353"), known("239.9.9.9:1234")
	s.Groups = []mcast.Group{other, s.Group, mdns}
	s.Recent = []mcast.Group{s.Group, old}
	s.Blocked = []netip.Addr{netip.MustParseAddr("192.168.8.99")}
	counts := []uint32{0, 1, 2, 3, 4, 8, 8, 7, 6, 5, 4, 3, 2, 1, 0, 9}
	s.Room.Groups = []chat.Traffic{
		{Group: group.Addr, Datagrams: 3, Rate: 0.4, History: s.Room.History},
		{Group: mdns.Addr, Datagrams: 70, Rate: 4.6, History: counts},
	}
	s.Room.Senders = []chat.Sender{
		{Addr: hostB.Addr(), Ports: []uint16{1234, 5353}, Interface: "eth0", IfIndex: 2, Hops: 1, Datagrams: 73, Rate: 5, Last: at("19:52:38"), History: counts},
		{Addr: netip.MustParseAddr("192.168.8.17"), Ports: []uint16{1234}, Interface: "eth0", IfIndex: 2, Hops: 1, Datagrams: 1234, Last: at("18:40:00")},
		{Addr: netip.MustParseAddr("fe80::1%eth0"), Ports: []uint16{5353}, Interface: "eth0", IfIndex: 2, Datagrams: 2, Last: at("19:52:30")},
	}
	s.Room.SendersTotal = len(s.Room.Senders)
	return s
}
