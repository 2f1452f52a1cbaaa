package host

import (
	"net/netip"
	"slices"
	"testing"
)

var (
	answerIPv4 = []byte{
		2, 32, 0, 0, 254, 0, 0, 5, 0, 2, 0, 0, // rtmsg: AF_INET, /32, table main, multicast
		8, 0, 1, 0, 224, 0, 0, 114, // RTA_DST
		8, 0, 4, 0, 3, 0, 0, 0, // RTA_OIF
		8, 0, 7, 0, 169, 254, 167, 41, // RTA_PREFSRC
	}
	answerVia = []byte{
		2, 4, 0, 0, 254, 0, 0, 1, 0, 0, 0, 0,
		8, 0, 1, 0, 224, 0, 0, 0,
		22, 0, 18, 0, 10, 0, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, // RTA_VIA: AF_INET6, fe80::9
		8, 0, 4, 0, 3, 0, 0, 0,
	}
	answerIPv6 = []byte{
		10, 8, 0, 0, 255, 2, 0, 5, 0, 0, 0, 0, // rtmsg: AF_INET6, /8, table local
		20, 0, 1, 0, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // RTA_DST
		60, 0, 9, 0, // RTA_MULTIPATH
		8, 0, 0, 0, 3, 0, 0, 0, // rtnexthop: interface 3
		28, 0, 0, 0, 4, 0, 0, 0, 20, 0, 5, 0, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, // RTA_GATEWAY
		20, 0, 0, 0, 5, 0, 0, 0, 10, 0, 18, 0, 2, 0, 10, 0, 0, 1, 0, 0, // RTA_VIA: AF_INET, 10.0.0.1
	}
)

func TestParseRoute(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer []byte
		dst    string
		table  int
		source string
		hops   []nextHop
	}{
		{"IPv4", answerIPv4, "224.0.0.114/32", 254, "169.254.167.41", []nextHop{{ifIndex: 3}}},
		{"IPv4 by an IPv6 router", answerVia, "224.0.0.0/4", 254, "", []nextHop{{3, netip.MustParseAddr("fe80::9")}}},
		{"IPv6, multipath", answerIPv6, "ff00::/8", 255, "", []nextHop{
			{ifIndex: 3}, {4, netip.MustParseAddr("fe80::9")}, {5, netip.MustParseAddr("10.0.0.1")}}},
		{"IPv6, default route", []byte{10, 0, 0, 0, 100, 0, 0, 1, 0, 0, 0, 0, 8, 0, 4, 0, 7, 0, 0, 0}, "::/0", 100, "", []nextHop{{ifIndex: 7}}},
	} {
		a, err := parseRoute(tt.answer)
		source, _ := netip.ParseAddr(tt.source)
		if err != nil || a.dst.String() != tt.dst || a.table != tt.table || a.source != source || !slices.Equal(a.hops, tt.hops) {
			t.Errorf("%s: got %+v, %v; want %s of table %d, source %s, by %v", tt.name, a, err, tt.dst, tt.table, source, tt.hops)
		}
	}
}

// The kernel's answers are trusted to mean what they say, not to be well
// formed: a message that is cut anywhere must not crash the reader.
func FuzzParseRoute(f *testing.F) {
	for _, answer := range [][]byte{answerIPv4, answerVia, answerIPv6} {
		for n := range len(answer) + 1 {
			f.Add(answer[:n])
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := parseRoute(b)
		if err == nil && len(b) < 12 {
			t.Errorf("%d bytes are taken for a route: %v", len(b), a)
		}
		if err == nil {
			_ = Match{Found: true, Dst: a.dst, Gateway: a.gatewayBy(3), Table: a.table}.String()
		}
	})
}

func FuzzParseJoined(f *testing.F) {
	answer := []byte{
		10, 128, 0, 253, 3, 0, 0, 0, // ifaddrmsg: AF_INET6, /128, link scope, interface 3
		20, 0, 7, 0, 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x14, // IFA_MULTICAST
	}
	for n := range len(answer) + 1 {
		f.Add(answer[:n])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		index, group := parseJoined(b)
		if len(b) < 8 && (index != 0 || group.IsValid()) {
			t.Errorf("%d bytes are taken for %s on %d", len(b), group, index)
		}
	})
}
