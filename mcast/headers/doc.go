// Package headers reads the headers of a frame, field by field: Ethernet, VLAN, ARP,
// IPv4 with its options, IPv6 with its extension headers, UDP, TCP, ICMP, ICMPv6 with
// neighbour discovery, IGMP and MLD. It has no socket and no clock, and puts nothing
// together: a fragment is a fragment.
//
// A checksum is right, wrong, not given (UDP over IPv4), partial (the sum of the pseudo
// header alone, which the NIC is to complete: what a host sends looks so in its own
// capture), or not known, because the packet is not whole or a fragment.
//
// # The line of a frame
//
// [Line] is one line, with " | " between the headers. It is what the step packet of a
// lesson compares its pattern with:
//
//	Ethernet 02:00:00:00:00:01 > 01:00:5e:00:00:72 | IPv4 192.168.8.226 > 224.0.0.114 ttl 1 | UDP 40000 > 1234 4 bytes "test"
//	... | UDP 40000 > 1234 1472 bytes beginning with "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
//	... | UDP 40000 > 1234 4 bytes "test" bad checksum
//	... | IPv4 192.168.8.226 > 224.0.0.22 ttl 1 router alert | IGMPv3 report: CHANGE_TO_EXCLUDE_MODE 224.0.0.114 {}
//	... | IGMPv3 report: ALLOW_NEW_SOURCES 232.1.1.1 {10.9.0.77}; CHANGE_TO_INCLUDE_MODE 224.0.0.114 {}
//	... | IGMPv3 general query, max response 10 s, QRV 2, QQIC 125 s
//	... | IGMPv3 query for 232.1.1.1 {10.9.0.77}, max response 1 s, QRV 2, QQIC 125 s
//	... | IGMPv2 report 239.1.2.3
//	... | IGMPv2 leave 239.1.2.3
//	... | IPv4 10.0.0.2 > 10.0.0.1 ttl 64 | ICMP port unreachable (3, 3) | quoted IPv4 10.0.0.1 > 10.0.0.2 ttl 64 | quoted UDP 40000 > 9 4 bytes "test"
//	... | ICMP fragmentation needed (3, 4) mtu 1400 | quoted IPv4 ...
//	... | ICMP time to live exceeded in transit (11, 0) | quoted IPv4 ...
//	... | ICMP echo request (8, 0) id 7 seq 1 56 bytes
//	... | IPv4 10.0.0.1 > 239.1.2.3 ttl 1 fragment at 0, 1480 bytes, more follow | UDP 40000 > 1234 3000 bytes beginning with "..."
//	... | IPv4 10.0.0.1 > 239.1.2.3 ttl 1 fragment at 2960, 48 bytes, the last of UDP
//	... | IPv6 fe80::1 > ff02::16 hop limit 1 | hop-by-hop options router alert | MLDv2 report: CHANGE_TO_EXCLUDE_MODE ff02::114 {}
//	... | IPv6 fe80::1 > ff02::114 hop limit 1 | fragment at 1448, 60 bytes, the last of UDP
//	... | IPv6 fe80::1 > ff02::1:ff00:2 hop limit 255 | ICMPv6 neighbor solicitation (135, 0) for fe80::2 source link-layer address 02:00:00:00:00:01
//	... | ICMPv6 packet too big (2, 0) mtu 1280 | quoted IPv6 ...
//	... | TCP 40000 > 1234 SYN
//	... | TCP 1234 > 40000 ACK,RST
//	Ethernet 02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff | ARP request for 192.168.1.11 from 192.168.1.10
//	Ethernet 02:00:00:00:00:02 > 02:00:00:00:00:01 | ARP reply: 192.168.1.11 is at 02:00:00:00:00:02
package headers
