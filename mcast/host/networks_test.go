package host_test

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// What a host knows of addresses from its interfaces.
func TestNetworks(t *testing.T) {
	own := host.NetworksOf([]host.Interface{
		{Index: 1, Name: "lo", Flags: net.FlagUp | net.FlagLoopback, Addrs: labtest.Prefixes("127.0.0.1/8", "::1/128")},
		{Index: 2, Name: "eth0", Flags: net.FlagUp, Addrs: labtest.Prefixes("192.168.1.10/24", "2001:db8::a/64", "fe80::a/64")},
		{Index: 3, Name: "eth1", Addrs: labtest.Prefixes("10.0.0.1/8")}, // down
		{Index: 4, Name: "ptp0", Flags: net.FlagUp, Addrs: labtest.Prefixes("172.16.0.1/31")},
	})
	for _, c := range []struct{ addr, want string }{
		{"127.0.0.1", "own"}, {"127.9.9.9", "own"}, {"127.255.255.255", "own"}, {"::1", "own"},
		{"192.168.1.10", "own"}, {"fe80::a%eth0", "own"}, {"10.0.0.1", "own"},
		{"192.168.1.99", "near"}, {"2001:db8::99", "near"}, {"fe80::99%eth0", "near"}, {"172.16.0.0", "near"},
		{"192.168.1.255", "near broadcast"}, {"10.255.255.255", "broadcast"}, {"255.255.255.255", "broadcast"},
		{"10.0.0.2", ""}, {"8.8.8.8", ""}, {"2001:db9::1", ""},
	} {
		a := netip.MustParseAddr(c.addr)
		var got []string
		for _, is := range []struct {
			yes  bool
			what string
		}{{own.Ours(a), "own"}, {!own.Ours(a) && own.OnLink(a, 0), "near"}, {own.Broadcast(a), "broadcast"}} {
			if is.yes {
				got = append(got, is.what)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s is %q, want %q", a, got, c.want)
		}
	}
}

// A source is outside where that can be known.
func TestOutside(t *testing.T) {
	own := host.NetworksOf([]host.Interface{
		{Index: 2, Name: "eth0", Addrs: labtest.Prefixes("192.168.1.10/24", "172.16.0.1/16")},
		{Index: 3, Name: "eth1", Addrs: labtest.Prefixes("fe80::1/64")},
	})
	for _, c := range []struct {
		source string
		index  int
		want   bool
	}{
		{"192.168.1.99", 2, false}, {"172.16.9.9", 2, false}, {"10.0.0.1", 2, true},
		{"169.254.1.1", 2, false}, {"0.0.0.0", 2, false}, // on every link, and of a host without an address
		{"2001:db8::1", 2, false},                      // eth0 has no IPv6 address: not known
		{"2001:db8::1", 3, true},                       // eth1 has one
		{"fe80::99%eth1", 3, false},                    // on the link
		{"192.168.1.99", 3, false},                     // eth1 has no IPv4 address
		{"10.0.0.1", 0, false}, {"10.0.0.1", 9, false}, // by which interface is not known
	} {
		if got := own.Outside(netip.MustParseAddr(c.source), c.index); got != c.want {
			t.Errorf("%s by %d is outside: %v, want %v", c.source, c.index, got, c.want)
		}
	}
}
