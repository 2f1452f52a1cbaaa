package probe

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func TestParseTargets(t *testing.T) {
	for _, c := range []struct {
		texts string // space between them
		want  string
	}{
		{"192.168.1.11:9", "192.168.1.11 9"},
		{"printer:7-9,1234", "printer 7, printer 8, printer 9, printer 1234"},
		{"[::1]:9", "::1 9"},
		{"[fe80::1%eth0]:9-10", "fe80::1%eth0 9, fe80::1%eth0 10"},
		{"a:9 b:9,9 a:9", "a 9, b 9"},
		{"a:65535", "a 65535"},
	} {
		list, err := ParseTargets(strings.Fields(c.texts)...)
		var got []string
		for _, p := range list {
			got = append(got, p.Host+" "+netip.AddrPortFrom(netip.IPv4Unspecified(), p.Port).String()[8:])
		}
		if err != nil || strings.Join(got, ", ") != c.want {
			t.Errorf("%s: %q, %v; want %s", c.texts, got, err, c.want)
		}
	}
	for _, c := range []struct{ text, want string }{
		{"printer", `probe: target "printer": no port is named: write printer:PORT`},
		{"192.168.1.11", `probe: target "192.168.1.11": no port is named: write 192.168.1.11:PORT`},
		{"::1", `probe: target "::1": no port is named: write [::1]:PORT`},
		{"[::1]", `probe: target "[::1]": no port is named: write [::1]:PORT`},
		{"printer:", `probe: target "printer:": no port is named: write printer:PORT`},
		{":9", `probe: target ":9": no host is named: write 127.0.0.1:9 for this one`},
		{"", `probe: target "": write HOST:PORT, HOST:7-9,1234 or [IPV6]:PORT`},
		{"a]", `probe: target "a]": no port is named: write a]:PORT`},
		{"[a", `probe: target "[a": write HOST:PORT, HOST:7-9,1234 or [IPV6]:PORT`},
		{"a:b:c", `probe: target "a:b:c": write HOST:PORT, HOST:7-9,1234 or [IPV6]:PORT`},
		{"a:0", `probe: target "a:0": port "0": want 1 to 65535`},
		{"a:65536", `probe: target "a:65536": port "65536": want 1 to 65535`},
		{"a:9,", `probe: target "a:9,": port "": want 1 to 65535`},
		{"a:http", `probe: target "a:http": port "http": want 1 to 65535`},
		{"a:9-7", `probe: target "a:9-7": ports 9-7: write 7-9`},
		{"a:1-65535", `probe: target "a:1-65535": more than 4096 targets`},
	} {
		if _, err := ParseTargets(c.text); err == nil || err.Error() != c.want {
			t.Errorf("%q: %v, want %s", c.text, err, c.want)
		}
	}
	if list, err := ParseTargets("a:1-4096"); err != nil || len(list) != maxTargets {
		t.Errorf("a:1-4096 is %d targets, %v; want %d", len(list), err, maxTargets)
	}
}

func FuzzParseTargets(f *testing.F) {
	for _, s := range []string{"a:9", "a:7-9,1234", "[::1]:9", "[fe80::1%eth0]:1-4097", "a", "::", "[", "a:-,"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, err := ParseTargets(s)
		if (err == nil) != (len(list) > 0) || len(list) > maxTargets {
			t.Errorf("%q is %d targets, %v", s, len(list), err)
		}
		for _, p := range list {
			if p.Host == "" || p.Port == 0 {
				t.Errorf("%q has the target %+v", s, p)
			}
		}
	})
}

// By an interface that was chosen, and that the kernel knows nothing of, its
// address is the source, unless that was chosen as well. One of the other IP
// version chooses the interface alone.
func TestSourceOf(t *testing.T) {
	const none = 1 << 30 // no kernel has that many
	own := host.NetworksOf([]host.Interface{{Index: none, Name: "eth1", Addrs: labtest.Prefixes("10.0.0.1/8")}})
	to := netip.MustParseAddrPort("192.168.1.99:9")
	if got := sourceOf(mcast.Via{IfIndex: none}, own, to); got != netip.MustParseAddr("10.0.0.1") {
		t.Errorf("by eth1 it is sent from %s, want its address", got)
	}
	if got := sourceOf(mcast.Via{IfIndex: none, Source: to.Addr()}, own, to); got != to.Addr() {
		t.Errorf("the source is %s, want the one that was chosen", got)
	}
	v6 := netip.MustParseAddr("2001:db8::1")
	if got := sourceOf(mcast.Via{IfIndex: none, Source: v6}, own, to); got != netip.MustParseAddr("10.0.0.1") {
		t.Errorf("the source is %s, want that of the interface", got)
	}
	if got := sourceOf(mcast.Via{Source: v6}, own, to); got != v6 {
		t.Errorf("the source is %s, want the one that was chosen, which is refused", got)
	}
}

func TestBadConfig(t *testing.T) {
	one := []Target{{Addr: netip.MustParseAddrPort("127.0.0.1:9")}}
	for _, c := range []struct {
		cfg     Config
		targets []Target
		want    string
		is      error
	}{
		{Config{Tries: -1}, one, "probe: -1 tries: want 1 to 100", nil},
		{Config{Tries: 101}, one, "probe: 101 tries: want 1 to 100", nil},
		{Config{Interval: -1}, one, "probe: an interval of -1ns and a timeout of 0s: want 0 or more", nil},
		{Config{Rate: -1}, one, "probe: a rate of -1: want 0.01 to 1000000 datagrams a second", nil},
		{Config{Payload: make([]byte, 65508)}, one, "", mcast.ErrTooLong},
		{Config{}, slices.Repeat(one, 4097), "", ErrTooManyTargets},
		{Config{}, []Target{{Addr: netip.MustParseAddrPort("224.0.0.114:1234")}}, "", ErrNotOneHost},
		{Config{}, []Target{{Addr: netip.MustParseAddrPort("255.255.255.255:1234")}}, "", ErrNotOneHost},
		{Config{}, []Target{{Addr: netip.MustParseAddrPort("0.0.0.0:1234")}}, "", ErrNotOneHost},
		{Config{}, []Target{{}}, "", ErrNotOneHost},
		{Config{}, []Target{{Addr: netip.MustParseAddrPort("127.0.0.1:0")}}, "probe: 127.0.0.1:0: port 0: want 1 to 65535", nil},
	} {
		err := Probe(t.Context(), c.cfg, c.targets, func(r Result) { t.Errorf("reports %+v in spite of %v", r, c.want) })
		if err == nil || c.want != "" && err.Error() != c.want || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("error %v, want %s %v", err, c.want, c.is)
		}
	}
}
