package tui

import "github.com/groupcast/groupcast/mcast"

// wellKnownGroup is one that others talk in on many networks.
type wellKnownGroup struct {
	group mcast.Group
	what  string
}

// wellKnown is from IANA's registries of IPv4 and IPv6 multicast addresses.
var wellKnown = []wellKnownGroup{
	{known("224.0.0.251:5353"), "mDNS: names and services of the LAN announce themselves (RFC 6762)"},
	{known("239.255.255.250:1900"), "SSDP: UPnP devices are searched for and say that they are there"},
	{known("224.0.0.252:5355"), "LLMNR: Windows hosts ask for each other's names (RFC 4795)"},
	{known("239.255.255.250:3702"), "WS-Discovery: printers, cameras and Windows hosts are searched for"},
	{known("224.0.1.129:319"), "PTP: clocks send Sync; a port below 1024 can need privileges"},
	{known("224.2.127.254:9875"), "SAP: announces streams, such as AES67 audio (RFC 2974)"},
	{known("[ff02::fb]:5353"), "mDNS over IPv6 (RFC 6762)"},
	{known("[ff02::c]:1900"), "SSDP over IPv6, on this link"},
}

func known(text string) mcast.Group {
	g, err := mcast.ParseGroup(text)
	if err != nil {
		panic(err)
	}
	return g
}

func groupKnownFor(g mcast.Group) string {
	for _, k := range wellKnown {
		if k.group == g {
			return k.what
		}
	}
	return ""
}
