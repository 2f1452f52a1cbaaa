package bridge

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/groupcast/groupcast/mcast"
)

// The pages that explain why a group is refused.
const (
	pageRefused = "beyond-one-lan"
	pageAnswers = "answers-stay-behind"
)

// RefusedError is of a group that a bridge does not carry.
type RefusedError struct {
	Group mcast.Group
	Why   string // a clause without a full stop
	Page  string // that explains it, as in `groupcast explain PAGE`
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("%s is not carried: %s", e.Group.Label(), e.Why)
}

// oneLink are the registered groups whose datagrams are about the link that they are on.
var oneLink = []struct{ name, what string }{
	{"all-hosts", "the group of all hosts"}, {"all-routers", "the group of all routers"}, {"all-snoopers", "the group of all snooping switches"},
	{"dvmrp", "DVMRP"}, {"ospf", "OSPF"}, {"ospf-dr", "OSPF"}, {"rip", "RIP"}, {"ripng", "RIPng"}, {"eigrp", "EIGRP"}, {"pim", "PIM"},
	{"vrrp", "VRRP"}, {"igmp", "IGMP"}, {"mld", "MLD"}, {"hsrp", "HSRP"},
}

// refusedNames are other registered groups that are refused, each with the reason.
var refusedNames = []struct{ name, why string }{
	{"mdns", "hosts ignore mDNS responses that are not from port 5353 (RFC 6762, section 6); a DNS-SD proxy carries services to another LAN (RFC 8766)"},
	{"llmnr", "hosts answer LLMNR by unicast, to the bridge (RFC 4795); DNS carries names to another LAN"},
	{"dhcpv6", "DHCPv6 is answered by unicast, to the bridge; a relay agent carries it to another LAN (RFC 8415)"},
	{"ptp", "clocks measure when PTP arrives, and the way through a bridge differs for each datagram"},
	{"ptp-peer", "clocks measure the delay to their neighbours on the link with it"},
}

// discovery are registered groups in which programs search and announce.
var discovery = []string{"ssdp", "ws-discovery"}

// Refuse returns a *[RefusedError] for a group that a bridge must not carry. announcements
// permits those whose announcements cross while the answers to searches do not: SSDP and
// WS-Discovery. A protocol's group is refused at every port.
func Refuse(g mcast.Group, announcements bool) error {
	g.Addr = g.Addr.Unmap()
	refused := func(page, why string) error { return &RefusedError{Group: g, Why: why, Page: page} }
	switch r := g.Addr.WithZone(""); {
	case !r.IsMulticast():
		return refused(pageRefused, "it is not a multicast address")
	case g.Port == 0:
		return refused(pageRefused, "it has no UDP port")
	case g.HostOnly():
		return refused(pageRefused, "what is sent to it does not leave the host")
	case g.Port == Mark:
		return refused(pageRefused, "bridges send from port 1236: what its members send from it would be taken for a bridge's")
	case g.Port+1 == Mark:
		return refused(pageRefused, "the frames of its members use the next port, 1236, from which bridges send")
	case g.Source.IsValid() || sourceSpecific(r):
		return refused(pageRefused, "its members ask for one source, and a bridge sends again from its own address")
	case solicitedNode(r):
		return refused(pageRefused, "hosts find hardware addresses of their own link with it")
	}
	for _, n := range oneLink {
		if registeredAs(g.Addr, n.name) {
			return refused(pageRefused, n.what+" is about one link")
		}
	}
	for _, n := range refusedNames {
		if registeredAs(g.Addr, n.name) {
			return refused(pageRefused, n.why)
		}
	}
	isDiscovery := func(name string) bool { return registeredAs(g.Addr, name) }
	if !announcements && slices.ContainsFunc(discovery, isDiscovery) {
		return refused(pageAnswers, "searches are answered by unicast, to the bridge, and stay behind; --announcements carries the rest")
	}
	return nil
}

// registeredAs reports the registered group of that name at an address, whatever the port. Any
// scope of an IPv6 group is meant.
func registeredAs(addr netip.Addr, name string) bool {
	r, _ := mcast.FindRegistered(name)
	got, ok := mcast.Group{Addr: addr, Port: r.Port}.Registered()
	return ok && got.Name == name
}

// sourceSpecific reports the groups of RFC 4607: 232.0.0.0/8, and ff3x::/32 of any scope.
func sourceSpecific(addr netip.Addr) bool {
	b := addr.As16()
	if addr.Is4() {
		return b[12] == 232
	}
	return b[1]>>4 == 3 && b[2] == 0 && b[3] == 0
}

// solicitedNode reports the groups of RFC 4291, section 2.7.1: ff02::1:ff00:0/104.
func solicitedNode(addr netip.Addr) bool {
	return netip.MustParsePrefix("ff02::1:ff00:0/104").Contains(addr)
}
