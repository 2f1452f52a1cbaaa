package igmp_test

import (
	"bytes"
	"errors"
	"net/netip"
	"slices"
	"testing"

	"github.com/groupcast/groupcast/mcast/igmp"
	"github.com/groupcast/groupcast/mcast/igmp/igmptest"
)

// What is no message is refused, and by the reason that counters will name.
func TestDecodeRefuses(t *testing.T) {
	a := netip.MustParseAddr
	v4 := func(message ...byte) []byte { return igmptest.IPv4(a("10.9.0.77"), a("224.0.0.22"), 1, message) }
	from4 := func(from string, message ...byte) []byte { return igmptest.IPv4(a(from), a("224.0.0.22"), 1, message) }
	v6 := func(from string, message ...[]byte) []byte {
		return igmptest.IPv6(a(from), a("ff02::16"), 1, slices.Concat(message...))
	}
	addr6 := func(s string) []byte { return a(s).AsSlice() }
	v2Report := []byte{0x16, 0, 0, 0, 239, 1, 2, 3}
	v3Report := []byte{0x22, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, 239, 1, 2, 3}
	mldHead := []byte{131, 0, 0, 0, 0, 0, 0, 0}
	mldQuery := []byte{130, 0, 0, 0, 0x27, 0x10, 0, 0}

	// with is a packet whose octet at i is another, and its IPv4 header checksum right.
	with := func(packet []byte, i int, o byte) []byte {
		packet = bytes.Clone(packet)
		packet[i] = o
		if packet[0]>>4 == 4 && len(packet) >= 24 {
			packet[10], packet[11] = 0, 0
			sum := igmptest.Checksum(packet[:24])
			packet[10], packet[11] = byte(sum>>8), byte(sum)
		}
		return packet
	}
	report6 := v6("fe80::77", mldHead, addr6("ff15::114"))
	for _, c := range []struct {
		what   string
		packet []byte
		want   igmp.Reason
	}{
		{"nothing", nil, igmp.ReasonCut},
		{"IPv5", []byte{0x50}, igmp.ReasonHeader},
		{"zeroes", make([]byte, 64), igmp.ReasonHeader},
		{"UDP", with(v4(v2Report...), 9, 17), igmp.ReasonNotIGMP},
		{"UDP, a fragment", with(with(v4(v2Report...), 9, 17), 6, 0x20), igmp.ReasonNotIGMP},
		{"a header of 16 octets", with(v4(v2Report...), 0, 0x44), igmp.ReasonHeader},
		{"a header longer than its packet", with(v4(v2Report...), 3, 20), igmp.ReasonHeader},
		{"a header longer than what is there", with(v4(v2Report...), 0, 0x4f), igmp.ReasonHeader},
		{"more fragments", with(v4(v2Report...), 6, 0x20), igmp.ReasonFragment},
		{"the last fragment", with(v4(v2Report...), 7, 1), igmp.ReasonFragment},
		{"longer than what is there", with(v4(v2Report...), 3, 33), igmp.ReasonCut},
		{"a bit of the IPv4 header", slices.Concat(v4(v2Report...)[:12], []byte{11}, v4(v2Report...)[13:]), igmp.ReasonChecksum},
		{"a bit of the message", slices.Concat(v4(v2Report...)[:31], []byte{4}), igmp.ReasonChecksum},
		{"seven octets", v4(0x16, 0, 0, 0, 239, 1, 2), igmp.ReasonCut},
		{"no message", v4(), igmp.ReasonCut},
		{"a query of 9 octets", v4(0x11, 10, 0, 0, 239, 1, 2, 3, 0), igmp.ReasonLength},
		{"a query of 10 octets", v4(0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0), igmp.ReasonLength}, // the example of RFC 3376, section 7.1
		{"a query of 11 octets", v4(0x11, 10, 0, 0, 239, 1, 2, 3, 0, 0, 0), igmp.ReasonLength},
		{"DVMRP", v4(0x13, 1, 0, 0, 0, 0, 0, 0), igmp.ReasonType},
		{"PIMv1", v4(0x14, 1, 0, 0, 0, 0, 0, 0), igmp.ReasonType},
		{"router discovery", v4(0x30, 20, 0, 0, 0, 125, 0, 2), igmp.ReasonType},
		{"type 0", v4(0, 0, 0, 0, 239, 1, 2, 3), igmp.ReasonType},
		{"a v1 report of a host", v4(0x12, 0, 0, 0, 10, 9, 0, 1), igmp.ReasonAddress},
		{"a v2 report of no group", v4(0x16, 0, 0, 0, 0, 0, 0, 0), igmp.ReasonAddress},
		{"a leave of broadcast", v4(0x17, 0, 0, 0, 255, 255, 255, 255), igmp.ReasonAddress},
		{"a query about a host", v4(0x11, 10, 0, 0, 223, 255, 255, 255), igmp.ReasonAddress},
		{"a record of a host", v4(0x22, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, 240, 0, 0, 0), igmp.ReasonAddress},
		{"from a group", from4("239.1.2.3", v2Report...), igmp.ReasonAddress},
		{"from broadcast", from4("255.255.255.255", v2Report...), igmp.ReasonAddress},
		{"sources of all groups", v4(0x11, 10, 0, 0, 0, 0, 0, 0, 2, 125, 0, 1, 10, 9, 0, 1), igmp.ReasonAddress},
		{"65,535 records, one there", v4(with(v3Report, 6, 255)...), igmp.ReasonCut},
		{"65,280 sources, none there", v4(with(v3Report, 10, 255)...), igmp.ReasonCut},
		{"auxiliary data, none there", v4(with(v3Report, 9, 1)...), igmp.ReasonCut},
		{"half a record", v4(v3Report[:12]...), igmp.ReasonCut},

		{"IPv6, UDP", with(report6, 6, 17), igmp.ReasonNotIGMP},
		{"UDP behind hop-by-hop", with(report6, 40, 17), igmp.ReasonNotIGMP},
		{"hop-by-hop twice", with(report6, 40, 0), igmp.ReasonNotIGMP},
		{"a routing header", with(report6, 40, 43), igmp.ReasonNotIGMP},
		{"IPv6, a fragment", with(report6, 40, 44), igmp.ReasonFragment},
		{"a hop-by-hop header longer than its packet", with(report6, 41, 255), igmp.ReasonCut},
		{"a jumbogram", with(with(report6, 4, 0), 5, 0), igmp.ReasonCut},
		{"IPv6, longer than what is there", with(report6, 5, 33), igmp.ReasonCut},
		{"an echo request", v6("fe80::77", []byte{128, 0, 0, 0, 0, 0, 0, 0}), igmp.ReasonNotIGMP},
		{"neighbour discovery, cut", v6("fe80::77", []byte{135, 0, 0, 0})[:50], igmp.ReasonNotIGMP},
		{"a bit of MLD", with(report6, 50, 0xaa), igmp.ReasonChecksum},
		{"a bit of the address", with(report6, 23, 0x78), igmp.ReasonChecksum}, // the pseudo header's
		{"MLD of 20 octets", v6("fe80::77", mldHead, addr6("ff15::114")[:12]), igmp.ReasonCut},
		{"an MLDv2 report of 4 octets", v6("fe80::77", []byte{143, 0, 0, 0}), igmp.ReasonCut},
		{"an MLD query of 26 octets", v6("fe80::1", mldQuery, addr6("::"), []byte{2, 125}), igmp.ReasonLength},
		{"from a global address", v6("2001:db8::1", mldHead, addr6("ff15::114")), igmp.ReasonAddress},
		{"from an IPv4 link-local address", v6("::ffff:169.254.1.1", mldHead, addr6("ff15::114")), igmp.ReasonAddress},
		{"a report of an IPv4 group", v6("fe80::77", mldHead, addr6("::ffff:224.1.2.3")), igmp.ReasonAddress},
		{"a report of a host", v6("fe80::77", mldHead, addr6("fe80::1")), igmp.ReasonAddress},
		{"a query about a host", v6("fe80::1", mldQuery, addr6("fe80::1")), igmp.ReasonAddress},
		{"MLD, sources of all groups", v6("fe80::1", mldQuery, addr6("::"), []byte{2, 125, 0, 1}, addr6("fe80::1")), igmp.ReasonAddress},
		{"MLD, sources that are not there", v6("fe80::1", mldQuery, addr6("ff15::114"), []byte{2, 125, 255, 255}, addr6("fe80::1")), igmp.ReasonCut},
	} {
		m, err := igmp.Decode(c.packet)
		var refused *igmp.DecodeError
		if !errors.As(err, &refused) || refused.Reason != c.want {
			t.Errorf("%s: %v, %v; want %s\n%x", c.what, m, err, c.want, c.packet)
		}
	}
}

// What the standards let a sender do is read.
func TestDecodeTakes(t *testing.T) {
	a := netip.MustParseAddr
	v4 := func(message ...byte) []byte { return igmptest.IPv4(a("10.9.0.77"), a("224.0.0.22"), 1, message) }
	mld := slices.Concat([]byte{131, 0, 0, 0, 0, 0, 0, 0}, a("ff15::114").AsSlice())
	v6 := igmptest.IPv6(a("fe80::77"), a("ff15::114"), 1, mld)
	direct := slices.Concat(v6[:4], []byte{0, byte(len(mld)), 58}, v6[7:40], v6[48:])
	twoHeaders := slices.Concat(v6[:4], []byte{0, byte(len(mld) + 16)}, v6[6:40], []byte{60}, v6[41:48], []byte{58, 0, 1, 4, 0, 0, 0, 0}, v6[48:])
	plain := v4(0x16, 0, 0, 0, 239, 1, 2, 3)
	plain = slices.Concat([]byte{0x45, 0, 0, 28}, plain[4:10], []byte{0, 0}, plain[12:20], plain[24:])
	sum := igmptest.Checksum(plain[:20])
	plain[10], plain[11] = byte(sum>>8), byte(sum)
	for _, c := range []struct {
		what   string
		packet []byte
		want   string
	}{
		{"no router alert", plain, "IGMPv2 report: 239.1.2.3"},
		{"the padding of Ethernet", append(plain, make([]byte, 18)...), "IGMPv2 report: 239.1.2.3"},
		{"octets behind a v2 report", v4(0x16, 0, 0, 0, 239, 1, 2, 3, 1, 2, 3), "IGMPv2 report: 239.1.2.3"},
		{"octets behind a v3 query", v4(0x11, 10, 0, 0, 239, 1, 2, 3, 2, 125, 0, 1, 10, 9, 0, 1, 7, 7), "IGMPv3 query: 239.1.2.3 from 10.9.0.1, answer within 1 s, every 125 s, robustness 2"},
		{"octets behind a v3 report", v4(0x22, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, 239, 1, 2, 3, 9), "IGMPv3 report: 239.1.2.3 to exclude nothing"},
		{"a record of type 7", v4(0x22, 0, 0, 0, 0, 0, 0, 2, 7, 1, 0, 1, 10, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 4, 0, 0, 0, 239, 1, 2, 3), "IGMPv3 report: 239.1.2.3 to exclude nothing"},
		{"records of type 0 only", v4(0x22, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 239, 1, 2, 3), "IGMPv3 report: nothing"},
		{"a group in a v1 query", v4(0x11, 0, 0, 0, 239, 1, 2, 3), "IGMPv1 query: all groups, answer within 10 s"},
		{"a v2 code from 128 on", v4(0x11, 200, 0, 0, 0, 0, 0, 0), "IGMPv2 query: all groups, answer within 20 s"},
		{"MLD without hop-by-hop", direct, "MLDv1 report: ff15::114"},
		{"MLD behind destination options", twoHeaders, "MLDv1 report: ff15::114"},
	} {
		m, err := igmp.Decode(c.packet)
		if err != nil || m.String() != c.want {
			t.Errorf("%s: %q, %v; want %q\n%x", c.what, m, err, c.want, c.packet)
		}
		if err == nil {
			check(t, m, len(c.packet))
		}
	}
}

// A count that lies costs nothing: what is allocated is what was sent.
func TestLiesAllocateNothing(t *testing.T) {
	host, all := netip.MustParseAddr("10.9.0.77"), netip.MustParseAddr("224.0.0.22")
	packet := igmptest.IPv4(host, all, 1, []byte{0x22, 0, 0, 0, 0, 0, 255, 255, 4, 0, 255, 255, 239, 1, 2, 3, 10, 9, 0, 1})
	if n := testing.AllocsPerRun(100, func() { _, _ = igmp.Decode(packet) }); n > 1 { // the error
		t.Errorf("%v allocations", n)
	}
}
