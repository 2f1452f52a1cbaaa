package mcast

import (
	"net/netip"
	"slices"
	"strings"
)

// Registered is a group that has a name: one that a standard uses, or that is
// registered.
type Registered struct {
	Name     string     // as ParseGroup takes it, such as "mdns"
	V4, V6   netip.Addr // the zero Addr: there is none. Of IPv6 it is that of the link, if it has one
	Port     uint16     // of UDP; 0: it has none
	Protocol string     // what is sent to it, where that is not UDP: "VRRP, IP protocol 112"
	Title    string     // for what it is
	Source   string     // who says so
}

// Group is the registered group of an IP version, with DefaultPort where it has
// no port; false if there is none of that version.
func (r Registered) Group(v6 bool) (Group, bool) {
	g := Group{Addr: r.V4, Port: DefaultPort}
	if v6 {
		g.Addr = r.V6
	}
	if r.Port != 0 {
		g.Port = r.Port
	}
	return g, g.Addr.IsValid()
}

// registered are from IANA's registries of IPv4 and IPv6 multicast addresses and
// from the standards that they name. Of several with one address and no port the
// first has its name.
var registered = []Registered{
	reg("all-hosts", "224.0.0.1", "ff02::1", 0, "", "every host of the link", "RFC 1112, RFC 4291"),
	reg("all-routers", "224.0.0.2", "ff02::2", 0, "", "every router of the link", "RFC 1112, RFC 4291"),
	reg("dvmrp", "224.0.0.4", "ff02::4", 0, "DVMRP, in IGMP (IP protocol 2)", "DVMRP routers", "RFC 1075"),
	reg("ospf", "224.0.0.5", "ff02::5", 0, "OSPF, IP protocol 89", "OSPF routers", "RFC 2328"),
	reg("ospf-dr", "224.0.0.6", "ff02::6", 0, "OSPF, IP protocol 89", "OSPF designated routers", "RFC 2328"),
	reg("rip", "224.0.0.9", "", 520, "", "RIPv2 routers", "RFC 2453"),
	reg("ripng", "", "ff02::9", 521, "", "RIPng routers", "RFC 2080"),
	reg("eigrp", "224.0.0.10", "ff02::a", 0, "EIGRP, IP protocol 88", "EIGRP routers", "RFC 7868"),
	reg("pim", "224.0.0.13", "ff02::d", 0, "PIM, IP protocol 103", "PIM routers", "RFC 7761"),
	reg("vrrp", "224.0.0.18", "ff02::12", 0, "VRRP, IP protocol 112", "VRRP routers", "RFC 9568"),
	reg("igmp", "224.0.0.22", "", 0, "IGMP, IP protocol 2", "reports of IGMPv3", "RFC 3376"),
	reg("mld", "", "ff02::16", 0, "MLD, in ICMPv6 (IP protocol 58)", "reports of MLDv2", "RFC 3810"),
	reg("hsrp", "224.0.0.102", "ff02::66", 1985, "", "HSRPv2 routers", "IANA"),
	reg("all-snoopers", "224.0.0.106", "ff02::6a", 0, "", "switches that snoop", "RFC 4286"),
	reg("ptp-peer", "224.0.0.107", "ff02::6b", 319, "", "PTP: clocks measure the delay to their neighbours", "IEEE 1588"),
	reg("mdns", "224.0.0.251", "ff02::fb", 5353, "", "mDNS: names and services of the LAN announce themselves", "RFC 6762"),
	reg("llmnr", "224.0.0.252", "ff02::1:3", 5355, "", "LLMNR: Windows hosts ask for each other's names", "RFC 4795"),
	reg("ntp", "224.0.1.1", "ff02::101", 123, "", "NTP: time servers", "RFC 5905"),
	reg("ptp", "224.0.1.129", "ff02::181", 319, "", "PTP: clocks send Sync; a port below 1024 can need privileges", "IEEE 1588"),
	reg("ptp-general", "224.0.1.129", "ff02::181", 320, "", "PTP: clocks announce themselves", "IEEE 1588"),
	reg("coap", "224.0.1.187", "ff02::fd", 5683, "", "CoAP: clients search for small devices", "RFC 7252"),
	reg("knx", "224.0.23.12", "", 3671, "", "KNXnet/IP: building control", "IANA"),
	reg("sap", "224.2.127.254", "ff02::2:7ffe", 9875, "", "SAP: announces streams, such as AES67 audio", "RFC 2974"),
	reg("ssdp", "239.255.255.250", "ff02::c", 1900, "", "SSDP: clients search for UPnP devices, and devices announce themselves", "UPnP Device Architecture"),
	reg("ws-discovery", "239.255.255.250", "ff02::c", 3702, "", "WS-Discovery: clients search for printers, cameras and Windows hosts", "OASIS WS-Discovery"),
	reg("slp", "239.255.255.253", "ff02::116", 427, "", "SLP: clients search for services", "RFC 2608"),
	reg("dhcpv6", "", "ff02::1:2", 547, "", "DHCPv6: servers and relays of the link", "RFC 8415"),
}

// otherNames are further names of registered groups.
var otherNames = map[string]string{
	"bonjour": "mdns", "avahi": "mdns", "upnp": "ssdp", "wsd": "ws-discovery", "all-nodes": "all-hosts", "ptp-event": "ptp",
	"allhosts": "all-hosts", "allrouters": "all-routers", "ospf-all": "ospf",
}

func reg(name, v4, v6 string, port uint16, protocol, title, source string) Registered {
	r := Registered{Name: name, Port: port, Protocol: protocol, Title: title, Source: source}
	if v4 != "" {
		r.V4 = netip.MustParseAddr(v4)
	}
	if v6 != "" {
		r.V6 = netip.MustParseAddr(v6)
	}
	return r
}

// RegisteredGroups are the groups that have a name, in the order of their
// addresses. The caller may change the slice.
func RegisteredGroups() []Registered { return slices.Clone(registered) }

// FindRegistered finds a registered group by its name; case is ignored.
func FindRegistered(name string) (Registered, bool) {
	name = strings.ToLower(name)
	if other, ok := otherNames[name]; ok {
		name = other
	}
	i := slices.IndexFunc(registered, func(r Registered) bool { return r.Name == name })
	if i < 0 {
		return Registered{}, false
	}
	return registered[i], true
}

// Registered is what a group is registered as: by its address and port, or by
// its address alone where that has no port. Any scope of an IPv6 group has the
// name (RFC 4291, 2.7.1).
func (g Group) Registered() (Registered, bool) {
	return findRegistered(g.Addr, func(r Registered) bool { return r.Port == 0 || r.Port == g.Port })
}

// RegisteredAddr is what an address is registered as, whatever the port: the first
// in the order of RegisteredGroups. Any scope of an IPv6 group has the name.
func RegisteredAddr(group netip.Addr) (Registered, bool) {
	return findRegistered(group, func(Registered) bool { return true })
}

func findRegistered(addr netip.Addr, is func(Registered) bool) (Registered, bool) {
	addr = addr.WithZone("").Unmap()
	for _, r := range registered {
		own := r.V4
		if addr.Is6() {
			own = r.V6
		}
		if own.IsValid() && sameButScope(own, addr) && is(r) {
			return r, true
		}
	}
	return Registered{}, false
}

// Label is the group's text form, with the name that it is registered by:
// "224.0.0.251:5353 (mdns)".
func (g Group) Label() string {
	if r, ok := g.Registered(); ok {
		return g.String() + " (" + r.Name + ")"
	}
	return g.String()
}

// sameButScope reports whether two groups are the same but for the scope, which
// an IPv6 group has in the low half of its second octet.
func sameButScope(a, b netip.Addr) bool {
	if a.Is4() || b.Is4() {
		return a == b
	}
	x, y := a.As16(), b.As16()
	x[1], y[1] = x[1]&0xf0, y[1]&0xf0
	return x == y
}

// named reads the name of a registered group. A zone, or a 6 at the end, asks
// for that of IPv6; the name alone for that of IPv4, if there is one.
func named(text string) (Group, bool) {
	name, zone, v6 := strings.Cut(text, "%")
	r, ok := FindRegistered(name)
	if six, cut := strings.CutSuffix(name, "6"); !ok && cut {
		v6 = true
		r, ok = FindRegistered(six)
	}
	if !ok {
		return Group{}, false
	}
	g, ok := r.Group(v6 || !r.V4.IsValid())
	g.Addr = g.Addr.WithZone(zone)
	return g, ok
}
