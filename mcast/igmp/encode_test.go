package igmp

import (
	"encoding/hex"
	"net/netip"
	"testing"
	"time"
)

// A time is sent as the largest that a code can say and that is not above it.
func TestCodesRoundDown(t *testing.T) {
	for _, mantissa := range []int{mantissa8, mantissa16} {
		last := 1<<(mantissa+4) - 1
		for c := range last + 1 {
			n := value(c, mantissa)
			if got := code(n, mantissa); got != c {
				t.Fatalf("%d is said by %#x, not by %#x", n, c, got)
			}
			if c > 0 && value(c-1, mantissa) >= n {
				t.Fatalf("%#x means %d, and %#x no less", c, n, c-1)
			}
			if c > 0 {
				if got := code(n-1, mantissa); got != c-1 {
					t.Fatalf("%d is said by %#x, not by %#x", n-1, got, c-1)
				}
			}
		}
		largest := value(last, mantissa)
		if got := code(largest+1<<20, mantissa); got != last {
			t.Errorf("what is too large for all codes is said by %#x", got)
		}
		if got := code(-1, mantissa); got != 0 {
			t.Errorf("-1 is said by %#x", got)
		}
	}
}

// Queries made by hand, from the pictures in the standards.
func TestAppendQuery(t *testing.T) {
	a := netip.MustParseAddr
	q := func(f Family, version int) Message {
		return Message{Family: f, Kind: Query, Version: version, MaxResponse: 10 * time.Second, Robustness: 2, Interval: 125 * time.Second}
	}
	about := func(m Message, group string, sources ...netip.Addr) Message {
		m.Group, m.Sources = a(group), sources
		return m
	}
	for _, c := range []struct {
		m    Message
		want string
	}{
		{q(IGMP, 3), "1164ec1e00000000027d0000"},
		{q(IGMP, 2), "1164ee9b00000000"},
		{q(IGMP, 1), "1100eeff00000000"},
		{about(q(IGMP, 3), "232.1.1.1", a("10.9.0.77")), "1164f8c4e8010101027d00010a09004d"},
		{Message{Family: IGMP, Kind: Query, Version: 3, Robustness: 8, Suppress: true}, "1100e6ff0000000008000000"},
		{q(MLD, 1), "820000002710000000000000000000000000000000000000"},
		{q(MLD, 2), "820000002710000000000000000000000000000000000000027d0000"},
	} {
		got, err := AppendQuery([]byte("before"), c.m)
		if err != nil || hex.EncodeToString(got) != hex.EncodeToString([]byte("before"))+c.want {
			t.Errorf("%v: %x, %v; want %s", c.m, got, err, c.want)
		}
	}
	for what, m := range map[string]Message{
		"a report":               {Family: IGMP, Kind: Report, Version: 2, Group: a("239.1.2.3")},
		"no family":              {Kind: Query, Version: 2},
		"IGMPv4":                 q(IGMP, 4),
		"MLDv3":                  q(MLD, 3),
		"a host":                 about(q(IGMP, 3), "10.9.0.1"),
		"a group of IPv6":        about(q(IGMP, 3), "ff15::114"),
		"a group of IPv4":        about(q(MLD, 2), "239.1.2.3"),
		"a group of IPv4 in 6":   about(q(MLD, 2), "::ffff:239.1.2.3"),
		"a source of IPv6":       about(q(IGMP, 3), "232.1.1.1", a("2001:db8::1")),
		"a source of IPv4":       about(q(MLD, 2), "ff15::114", a("10.9.0.1")),
		"no source":              about(q(IGMP, 3), "232.1.1.1", netip.Addr{}),
		"a source before IGMPv3": about(q(IGMP, 2), "232.1.1.1", a("10.9.0.1")),
		"too many sources":       about(q(IGMP, 3), "232.1.1.1", make([]netip.Addr, 1<<16)...),
		"sources of all groups":  {Family: IGMP, Kind: Query, Version: 3, Sources: []netip.Addr{a("10.9.0.1")}},
	} {
		if got, err := AppendQuery([]byte("before"), m); err == nil || string(got) != "before" {
			t.Errorf("%s: %x, %v", what, got, err)
		}
	}
}
