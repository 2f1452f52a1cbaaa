package lab

import (
	"net/netip"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/igmp"
)

// A router with 192.168.1.2 gives way to a lower address only, and for as long as that
// one's queries say, or its own settings if they say nothing.
func TestElection(t *testing.T) {
	query := func(from string, version int, interval time.Duration, robustness int, response time.Duration) igmp.Message {
		return igmp.Message{Family: igmp.IGMP, Kind: igmp.Query, From: netip.MustParseAddr(from), Version: version,
			Interval: interval, Robustness: robustness, MaxResponse: response}
	}
	for _, test := range []struct {
		name   string
		query  igmp.Message
		silent time.Duration
	}{
		{"a higher address", query("192.168.1.3", 3, time.Second, 2, time.Second), 0},
		{"its own address", query("192.168.1.2", 3, time.Second, 2, time.Second), 0},
		{"a switch without an address", query("0.0.0.0", 3, time.Second, 2, time.Second), 0},
		{"a higher address, as numbers and not as text", query("192.168.1.10", 2, 0, 0, time.Second), 0},
		{"a lower address", query("192.168.1.1", 3, 10*time.Second, 3, 4*time.Second), 32 * time.Second},
		{"a lower one that says no interval", query("192.168.1.1", 3, 0, 0, 10*time.Second), 255 * time.Second},
		{"a lower one of IGMPv2", query("192.168.1.1", 2, 0, 0, 10*time.Second), 6050 * time.Millisecond},
		{"a lower one of IGMPv1", query("192.168.1.1", 1, 0, 0, 0), 6050 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := &vif{
				Interface: Interface{Name: "eth1", Addrs: []netip.Prefix{netip.MustParsePrefix("192.168.1.2/24")}},
				role:      downstream, members: members{}, questions: map[netip.Addr]question{},
			}
			r := &groupRouter{vifs: []*vif{v}}
			now := time.Now()
			r.elect(v, test.query, now)
			if test.silent > 0 && v.asks(now.Add(test.silent-time.Millisecond)) {
				t.Errorf("it sends queries within %s", test.silent)
			}
			if !v.asks(now.Add(test.silent)) {
				t.Errorf("it sends no query after %s", test.silent)
			}
		})
	}
}
