package headers

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
)

// What frames of tests are made of. Lengths and checksums are right, unless a test changes
// them.

func ether(kind uint16, to string, rest []byte) []byte {
	b := append(bytesOf(to), 2, 0, 0, 0, 0, 1)
	return append(binary.BigEndian.AppendUint16(b, kind), rest...)
}

// bytesOf are bytes in hexadecimal, with colons or spaces between them.
func bytesOf(s string) (b []byte) {
	digit := func(c byte) byte { return byte(strings.IndexByte("0123456789abcdef", c)) }
	s = strings.NewReplacer(":", "", " ", "").Replace(s)
	for i := 0; i+1 < len(s); i += 2 {
		b = append(b, digit(s[i])<<4|digit(s[i+1]))
	}
	return b
}

func addr(s string) []byte { return netip.MustParseAddr(s).AsSlice() }

type ip4 struct {
	from, to  string
	ttl       byte
	protocol  byte
	fragment  uint16 // flags and offset
	options   string
	moreBytes int // that the header says and the frame has not
}

func (h ip4) with(b []byte) []byte {
	options := bytesOf(h.options)
	header := []byte{0x45 + byte(len(options)/4), 0}
	header = binary.BigEndian.AppendUint16(header, uint16(20+len(options)+len(b)+h.moreBytes))
	header = binary.BigEndian.AppendUint16(header, 0x1234)
	header = binary.BigEndian.AppendUint16(header, h.fragment)
	header = append(header, h.ttl, h.protocol, 0, 0)
	header = slices.Concat(header, addr(h.from), addr(h.to), options)
	binary.BigEndian.PutUint16(header[10:], ^sum(0, header))
	return append(header, b...)
}

func ip6(from, to string, hops, next byte, b []byte) []byte {
	header := binary.BigEndian.AppendUint16([]byte{0x60, 0, 0, 0}, uint16(len(b)))
	return slices.Concat(header, []byte{next, hops}, addr(from), addr(to), b)
}

// sealed writes the checksum of a header with a pseudo header; without addresses of one without.
func sealed(b []byte, at int, from, to string, protocol int) []byte {
	initial := uint32(0)
	if from != "" {
		initial = packet{from: netip.MustParseAddr(from), to: netip.MustParseAddr(to)}.pseudo(protocol, len(b))
	}
	binary.BigEndian.PutUint16(b[at:], ^sum(initial, b))
	return b
}

func udp(from, to string, text string) []byte {
	b := binary.BigEndian.AppendUint16([]byte{0x9c, 0x40, 0x04, 0xd2}, uint16(8+len(text)))
	return sealed(append(append(b, 0, 0), text...), 6, from, to, protoUDP)
}

func icmp(kind, code byte, rest string, b []byte) []byte {
	return sealed(slices.Concat([]byte{kind, code, 0, 0}, bytesOf(rest), b), 2, "", "", 0)
}

func icmp6(from, to string, kind, code byte, rest []byte) []byte {
	return sealed(append([]byte{kind, code, 0, 0}, rest...), 2, from, to, protoICMPv6)
}

func igmpMessage(s string) []byte { return sealed(bytesOf(s), 2, "", "", 0) }

const (
	groupMAC  = "01:00:5e:00:00:72"
	routerMAC = "01:00:5e:00:00:16"
	hostMAC   = "02:00:00:00:00:02"
	mac6      = "33:33:00:00:00:16"
	alert     = "94 04 00 00"
	hopAlert  = "3a 00 05 02 00 00 01 00"
	a, b      = "10.0.0.1", "10.0.0.2"
	six, sixB = "fe80::1", "fe80::2"
)

var (
	toGroup = ip4{from: a, to: "224.0.0.114", ttl: 1, protocol: protoUDP}
	test    = toGroup.with(udp(a, "224.0.0.114", "test"))
	long    = udp(a, "224.0.0.114", strings.Repeat("a", 3000))
	long6   = udp(six, "ff02::114", strings.Repeat("b", 2000))
	unicast = ip4{from: a, to: b, ttl: 64, protocol: protoUDP}.with(udp(a, b, "test"))
	back    = ip4{from: b, to: a, ttl: 64, protocol: protoICMP}
	report  = ip4{from: a, to: "224.0.0.22", ttl: 1, protocol: protoIGMP, options: alert}
	query   = ip4{from: b, to: "224.0.0.1", ttl: 1, protocol: protoIGMP, options: alert}
	to9     = ip6(six, sixB, 64, protoUDP, udp(six, sixB, "test"))
)

// tcp is a segment without data.
func tcpSegment(flags byte) []byte {
	h := bytesOf("9c40 04d2 00000001 00000002 60 00 faf0 0000 0000 020405b4")
	h[13] = flags
	return sealed(h, 16, a, b, protoTCP)
}

// mld is an MLD message behind a hop-by-hop header with a router alert.
func mld(to string, kind byte, rest string) []byte {
	return ip6(six, to, 1, protoHopByHop, append(bytesOf(hopAlert), icmp6(six, to, kind, 0, bytesOf(rest))...))
}

func changed(b []byte, at int, to byte) []byte {
	b = slices.Clone(b)
	b[at] = to
	return b
}

const ff02114 = "ff020000000000000000000000000114"

// frames are one of each kind, with what Line says of it behind its Ethernet header.
var frames = []struct {
	name  string
	frame []byte
	line  string
}{
	{"datagram", ether(0x0800, groupMAC, test), `IPv4 10.0.0.1 > 224.0.0.114 ttl 1 | UDP 40000 > 1234 4 bytes "test"`},
	{"padded", ether(0x0800, groupMAC, append(slices.Clone(test), make([]byte, 14)...)), `IPv4 10.0.0.1 > 224.0.0.114 ttl 1 | UDP 40000 > 1234 4 bytes "test"`},
	{"empty", ether(0x0800, groupMAC, toGroup.with(udp(a, "224.0.0.114", ""))), `IPv4 10.0.0.1 > 224.0.0.114 ttl 1 | UDP 40000 > 1234 0 bytes`},
	{"bytes", ether(0x0800, groupMAC, toGroup.with(udp(a, "224.0.0.114", "\x00\xff\x1b["))), `IPv4 10.0.0.1 > 224.0.0.114 ttl 1 | UDP 40000 > 1234 4 bytes 0x00ff1b5b`},
	{"line", ether(0x0800, groupMAC, toGroup.with(udp(a, "224.0.0.114", "hi\n"))), `IPv4 10.0.0.1 > 224.0.0.114 ttl 1 | UDP 40000 > 1234 3 bytes "hi\n"`},
	{"bad checksum", ether(0x0800, groupMAC, changed(test, len(test)-1, 'T')), `IPv4 10.0.0.1 > 224.0.0.114 ttl 1 | UDP 40000 > 1234 4 bytes "tesT" bad checksum`},
	{"bad IPv4 checksum", ether(0x0800, groupMAC, changed(test, 8, 9)), `IPv4 10.0.0.1 > 224.0.0.114 ttl 9 bad checksum | UDP 40000 > 1234 4 bytes "test"`},
	{"no checksum", ether(0x0800, groupMAC, changed(changed(test, 26, 0), 27, 0)), `IPv4 10.0.0.1 > 224.0.0.114 ttl 1 | UDP 40000 > 1234 4 bytes "test"`},
	{"VLAN", ether(0x8100, groupMAC, append(bytesOf("6005 0800"), test...)), `VLAN 5 | IPv4 10.0.0.1 > 224.0.0.114 ttl 1 | UDP 40000 > 1234 4 bytes "test"`},
	{"first fragment", ether(0x0800, groupMAC, ip4{from: a, to: "224.0.0.114", ttl: 1, protocol: protoUDP, fragment: 0x2000}.with(long[:1480])),
		`IPv4 10.0.0.1 > 224.0.0.114 ttl 1 fragment at 0, 1480 bytes, more follow | UDP 40000 > 1234 3000 bytes beginning with "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"`},
	{"last fragment", ether(0x0800, groupMAC, ip4{from: a, to: "224.0.0.114", ttl: 1, protocol: protoUDP, fragment: 370}.with(long[2960:])),
		`IPv4 10.0.0.1 > 224.0.0.114 ttl 1 fragment at 2960, 48 bytes, the last of UDP`},
	{"v3 report", ether(0x0800, routerMAC, report.with(igmpMessage("22 00 0000 0000 0001 04 00 0000 e0000072"))),
		`IPv4 10.0.0.1 > 224.0.0.22 ttl 1 router alert | IGMPv3 report: CHANGE_TO_EXCLUDE_MODE 224.0.0.114 {}`},
	{"v3 sources", ether(0x0800, routerMAC, report.with(igmpMessage("22 00 0000 0000 0002 05 00 0002 e8010101 0a09004d 0a09004e 03 00 0000 e0000072"))),
		`IPv4 10.0.0.1 > 224.0.0.22 ttl 1 router alert | IGMPv3 report: ALLOW_NEW_SOURCES 232.1.1.1 {10.9.0.77, 10.9.0.78}; CHANGE_TO_INCLUDE_MODE 224.0.0.114 {}`},
	{"v3 query", ether(0x0800, "01:00:5e:00:00:01", query.with(igmpMessage("11 64 0000 00000000 02 7d 0000"))),
		`IPv4 10.0.0.2 > 224.0.0.1 ttl 1 router alert | IGMPv3 general query, max response 10 s, QRV 2, QQIC 125 s`},
	{"v3 source query", ether(0x0800, "01:00:5e:00:00:01", query.with(igmpMessage("11 0a 0000 e8010101 0a 7d 0001 0a09004d"))),
		`IPv4 10.0.0.2 > 224.0.0.1 ttl 1 router alert | IGMPv3 query for 232.1.1.1 {10.9.0.77}, max response 1 s, QRV 2, QQIC 125 s`},
	{"v2 query", ether(0x0800, "01:00:5e:00:00:01", query.with(igmpMessage("11 64 0000 00000000"))),
		`IPv4 10.0.0.2 > 224.0.0.1 ttl 1 router alert | IGMPv2 general query, max response 10 s`},
	{"v2 report", ether(0x0800, groupMAC, ip4{from: a, to: "224.0.0.114", ttl: 1, protocol: protoIGMP, options: alert}.with(igmpMessage("16 00 0000 e0000072"))),
		`IPv4 10.0.0.1 > 224.0.0.114 ttl 1 router alert | IGMPv2 report 224.0.0.114`},
	{"v2 leave", ether(0x0800, "01:00:5e:00:00:02", ip4{from: a, to: "224.0.0.2", ttl: 1, protocol: protoIGMP, options: alert}.with(igmpMessage("17 00 0000 e0000072"))),
		`IPv4 10.0.0.1 > 224.0.0.2 ttl 1 router alert | IGMPv2 leave 224.0.0.114`},
	{"v1 report", ether(0x0800, groupMAC, ip4{from: a, to: "224.0.0.114", ttl: 1, protocol: protoIGMP}.with(igmpMessage("12 00 0000 e0000072"))),
		`IPv4 10.0.0.1 > 224.0.0.114 ttl 1 | IGMPv1 report 224.0.0.114`},
	{"bad IGMP", ether(0x0800, groupMAC, ip4{from: a, to: "224.0.0.114", ttl: 1, protocol: protoIGMP}.with(bytesOf("16 00 1111 e0000072"))),
		`IPv4 10.0.0.1 > 224.0.0.114 ttl 1 | IGMP type 0x16 bad checksum`},
	{"port unreachable", ether(0x0800, hostMAC, back.with(icmp(3, 3, "00000000", unicast))),
		`IPv4 10.0.0.2 > 10.0.0.1 ttl 64 | ICMP port unreachable (3, 3) | quoted IPv4 10.0.0.1 > 10.0.0.2 ttl 64 | quoted UDP 40000 > 1234 4 bytes "test"`},
	{"short quote", ether(0x0800, hostMAC, back.with(icmp(11, 0, "00000000", unicast[:28]))),
		`IPv4 10.0.0.2 > 10.0.0.1 ttl 64 | ICMP time to live exceeded in transit (11, 0) | quoted IPv4 10.0.0.1 > 10.0.0.2 ttl 64 | quoted UDP 40000 > 1234 4 bytes`},
	{"fragmentation needed", ether(0x0800, hostMAC, back.with(icmp(3, 4, "0000 0578", unicast))),
		`IPv4 10.0.0.2 > 10.0.0.1 ttl 64 | ICMP fragmentation needed (3, 4) mtu 1400 | quoted IPv4 10.0.0.1 > 10.0.0.2 ttl 64 | quoted UDP 40000 > 1234 4 bytes "test"`},
	{"echo", ether(0x0800, hostMAC, ip4{from: a, to: b, ttl: 64, protocol: protoICMP}.with(icmp(8, 0, "0007 0001", []byte("ping")))),
		`IPv4 10.0.0.1 > 10.0.0.2 ttl 64 | ICMP echo request (8, 0) id 7 seq 1 4 bytes`},
	{"SYN", ether(0x0800, hostMAC, ip4{from: a, to: b, ttl: 64, protocol: protoTCP}.with(tcpSegment(2))), `IPv4 10.0.0.1 > 10.0.0.2 ttl 64 | TCP 40000 > 1234 SYN`},
	{"RST", ether(0x0800, hostMAC, ip4{from: a, to: b, ttl: 64, protocol: protoTCP}.with(tcpSegment(0x14))), `IPv4 10.0.0.1 > 10.0.0.2 ttl 64 | TCP 40000 > 1234 ACK,RST`},
	{"OSPF", ether(0x0800, "01:00:5e:00:00:05", ip4{from: a, to: "224.0.0.5", ttl: 1, protocol: 89}.with([]byte{2, 1, 0, 0})), `IPv4 10.0.0.1 > 224.0.0.5 ttl 1 OSPF`},
	{"ARP request", ether(0x0806, "ff:ff:ff:ff:ff:ff", bytesOf("0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002")), `ARP request for 10.0.0.2 from 10.0.0.1`},
	{"ARP reply", ether(0x0806, hostMAC, bytesOf("0001 0800 06 04 0002 020000000001 0a000001 020000000002 0a000002")), `ARP reply: 10.0.0.1 is at 02:00:00:00:00:01`},
	{"IPv6 datagram", ether(0x86dd, "33:33:00:00:01:14", ip6(six, "ff02::114", 1, protoUDP, udp(six, "ff02::114", "test"))),
		`IPv6 fe80::1 > ff02::114 hop limit 1 | UDP 40000 > 1234 4 bytes "test"`},
	{"IPv6 first fragment", ether(0x86dd, "33:33:00:00:01:14", ip6(six, "ff02::114", 1, protoFragment, append(bytesOf("11 00 0001 00000007"), long6[:1448]...))),
		`IPv6 fe80::1 > ff02::114 hop limit 1 | fragment at 0, 1448 bytes, more follow | UDP 40000 > 1234 2000 bytes beginning with "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"`},
	{"IPv6 last fragment", ether(0x86dd, "33:33:00:00:01:14", ip6(six, "ff02::114", 1, protoFragment, append(bytesOf("11 00 05a8 00000007"), long6[1448:]...))),
		`IPv6 fe80::1 > ff02::114 hop limit 1 | fragment at 1448, 560 bytes, the last of UDP`},
	{"IPv6 options", ether(0x86dd, hostMAC, ip6(six, sixB, 64, protoDestination, append(bytesOf("11 00 01 04 00000000"), udp(six, sixB, "test")...))),
		`IPv6 fe80::1 > fe80::2 hop limit 64 | destination options | UDP 40000 > 1234 4 bytes "test"`},
	{"MLDv2 report", ether(0x86dd, mac6, mld("ff02::16", 143, "0000 0001 04 00 0000"+ff02114)),
		`IPv6 fe80::1 > ff02::16 hop limit 1 | hop-by-hop options router alert | MLDv2 report: CHANGE_TO_EXCLUDE_MODE ff02::114 {}`},
	{"MLDv2 query", ether(0x86dd, "33:33:00:00:00:01", mld("ff02::1", 130, "2710 0000 00000000000000000000000000000000 02 7d 0000")),
		`IPv6 fe80::1 > ff02::1 hop limit 1 | hop-by-hop options router alert | MLDv2 general query, max response 10 s, QRV 2, QQIC 125 s`},
	{"MLDv1 report", ether(0x86dd, "33:33:00:00:01:14", mld("ff02::114", 131, "0000 0000"+ff02114)),
		`IPv6 fe80::1 > ff02::114 hop limit 1 | hop-by-hop options router alert | MLDv1 report ff02::114`},
	{"MLDv1 done", ether(0x86dd, "33:33:00:00:00:02", mld("ff02::2", 132, "0000 0000"+ff02114)),
		`IPv6 fe80::1 > ff02::2 hop limit 1 | hop-by-hop options router alert | MLDv1 done ff02::114`},
	{"neighbor solicitation", ether(0x86dd, "33:33:ff:00:00:02", ip6(six, "ff02::1:ff00:2", 255, protoICMPv6, icmp6(six, "ff02::1:ff00:2", 135, 0, bytesOf("00000000 fe800000000000000000000000000002 01 01 020000000001")))),
		`IPv6 fe80::1 > ff02::1:ff00:2 hop limit 255 | ICMPv6 neighbor solicitation (135, 0) for fe80::2 source link-layer address 02:00:00:00:00:01`},
	{"packet too big", ether(0x86dd, hostMAC, ip6(sixB, six, 64, protoICMPv6, icmp6(sixB, six, 2, 0, append(bytesOf("00000500"), to9...)))),
		`IPv6 fe80::2 > fe80::1 hop limit 64 | ICMPv6 packet too big (2, 0) mtu 1280 | quoted IPv6 fe80::1 > fe80::2 hop limit 64 | quoted UDP 40000 > 1234 4 bytes "test"`},
	{"ICMPv6 port unreachable", ether(0x86dd, hostMAC, ip6(sixB, six, 64, protoICMPv6, icmp6(sixB, six, 1, 4, append(bytesOf("00000000"), to9...)))),
		`IPv6 fe80::2 > fe80::1 hop limit 64 | ICMPv6 port unreachable (1, 4) | quoted IPv6 fe80::1 > fe80::2 hop limit 64 | quoted UDP 40000 > 1234 4 bytes "test"`},
}
