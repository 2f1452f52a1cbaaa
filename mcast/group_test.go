package mcast

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
)

func TestParseGroup(t *testing.T) {
	addr := netip.MustParseAddr
	tests := []struct {
		in   string
		want Group
		text string // of the result; in, if empty
	}{
		{"224.0.0.114", Group{addr("224.0.0.114"), 1234, netip.Addr{}}, "224.0.0.114:1234"},
		{"239.1.2.3:5000", Group{addr("239.1.2.3"), 5000, netip.Addr{}}, ""},
		{"192.0.2.1@232.1.1.1:5000", Group{addr("232.1.1.1"), 5000, addr("192.0.2.1")}, ""},
		{"ff02::114%eth0", Group{addr("ff02::114%eth0"), 1234, netip.Addr{}}, "[ff02::114%eth0]:1234"},
		{"[ff02::114%eth0]:5000", Group{addr("ff02::114%eth0"), 5000, netip.Addr{}}, ""},
		{"[ff0e::1]", Group{addr("ff0e::1"), 1234, netip.Addr{}}, "[ff0e::1]:1234"},
		{"::ffff:224.0.0.114", Group{addr("224.0.0.114"), 1234, netip.Addr{}}, "224.0.0.114:1234"},
		{"2001:db8::1@[ff3e::1]:7", Group{addr("ff3e::1"), 7, addr("2001:db8::1")}, ""},
	}
	for _, tt := range tests {
		g, err := ParseGroup(tt.in)
		if err != nil || g != tt.want {
			t.Errorf("ParseGroup(%q) = %v, %v; want %v", tt.in, g, err, tt.want)
			continue
		}
		want := tt.text
		if want == "" {
			want = tt.in
		}
		if g.String() != want {
			t.Errorf("ParseGroup(%q).String() = %q, want %q", tt.in, g, want)
		}
	}
}

func TestParseGroupErrors(t *testing.T) {
	tests := []struct {
		in   string
		is   error  // nil: any
		says string // a part of its text
	}{
		{"", nil, "not an IP address"},
		{"lan", nil, "not an IP address"},
		{"224.0.0", nil, "not an IP address"},
		{"224.0.0.114:", nil, "not an IP address"},
		{"[224.0.0.114", nil, "not an IP address"},
		{"192.168.8.226", ErrNotMulticast, "192.168.8.226"},
		{"255.255.255.255:1", ErrNotMulticast, ""},
		{"fe80::1", ErrNotMulticast, ""},
		{"224.0.0.114:0", ErrBadPort, `port "0"`},
		{"224.0.0.114:70000", ErrBadPort, `port "70000"`},
		{"224.0.0.114:-1", ErrBadPort, ""},
		{"224.0.0.114:http", ErrBadPort, ""},
		{"224.0.0.114%eth0", nil, "zones are for IPv6"},
		{"ff02::114%a]b", nil, "zone"},
		{"ff02::114%a b", nil, "zone"},
		{"x@232.1.1.1", nil, `source "x"`},
		{"@232.1.1.1", nil, "source"},
		{"232.1.1.2@232.1.1.1", nil, "not a unicast address"},
		{"2001:db8::1@232.1.1.1", nil, "different IP versions"},
	}
	for _, tt := range tests {
		g, err := ParseGroup(tt.in)
		switch {
		case err == nil:
			t.Errorf("ParseGroup(%q) = %v, want an error", tt.in, g)
		case tt.is != nil && !errors.Is(err, tt.is):
			t.Errorf("ParseGroup(%q): %v, want %v", tt.in, err, tt.is)
		case !strings.Contains(err.Error(), tt.says):
			t.Errorf("ParseGroup(%q): %q does not say %q", tt.in, err, tt.says)
		}
	}
}

func TestNeverRouted(t *testing.T) {
	for in, want := range map[string]bool{
		"224.0.0.114": true,
		"224.0.0.255": true,
		"224.0.1.1":   false,
		"239.1.2.3":   false,
		"ff02::1":     true,
		"ff01::1":     true,
		"ff05::1":     false,
	} {
		g, err := ParseGroup(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := g.NeverRouted(); got != want {
			t.Errorf("NeverRouted of %s = %v, want %v", in, got, want)
		}
	}
}

func TestHostOnly(t *testing.T) {
	for in, want := range map[string]bool{"ff01::1": true, "ff00::1": true, "ff11::1": true, "ff02::1": false, "224.0.0.1": false} {
		g, err := ParseGroup(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := g.HostOnly(); got != want {
			t.Errorf("HostOnly of %s = %v, want %v", in, got, want)
		}
	}
}

// A socket for a group is bound to all addresses of the group's IP version.
func TestWildcard(t *testing.T) {
	for in, want := range map[string]string{
		"224.0.0.114":              "0.0.0.0:1234",
		"192.0.2.1@232.1.1.1:5000": "0.0.0.0:5000",
		"[ff02::114%eth0]:5000":    "[::]:5000",
		"2001:db8::1@ff3e::1":      "[::]:1234",
		"[::ffff:239.1.2.3]:5000":  "0.0.0.0:5000",
	} {
		g, err := ParseGroup(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := g.Wildcard().String(); got != want {
			t.Errorf("a socket for %s is bound to %s, want %s", in, got, want)
		}
	}
}

// What ParseGroup takes comes back from String, whatever the input.
func FuzzParseGroup(f *testing.F) {
	for _, s := range []string{"224.0.0.114", "192.0.2.1@232.1.1.1:5000", "[ff02::114%eth0]:5000", "ff02::1%", "@", "[]:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		g, err := ParseGroup(s)
		if err != nil {
			if g != (Group{}) {
				t.Errorf("ParseGroup(%q) gave both %v and an error", s, g)
			}
			return
		}
		if again, err := ParseGroup(g.String()); err != nil || again != g {
			t.Errorf("ParseGroup(%q) = %v, which reads back as %v, %v", s, g, again, err)
		}
	})
}
