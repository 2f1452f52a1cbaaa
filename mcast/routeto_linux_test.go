package mcast_test

import (
	"errors"
	"net/netip"
	"slices"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
)

func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }

// routed is the article's LAN with a tunnel beside it, and other routes on A.
func routed(routes ...lab.Route) lab.Topology {
	t := lab.Article
	t.Hosts = slices.Clone(t.Hosts)
	t.Hosts[0].Interfaces = append(slices.Clone(t.Hosts[0].Interfaces),
		lab.Interface{Name: "tun0", Addrs: []netip.Prefix{prefix("10.8.0.2/24")}})
	t.Hosts[0].Routes = routes
	return t
}

// Every case of a routing table that is known to matter: where RouteTo says
// that a join and a send go, and where they really go.
func TestRouteToIsWhatHappens(t *testing.T) {
	byEth0 := lab.Route{Dst: prefix("0.0.0.0/0"), Via: addr("192.168.8.1"), Dev: "eth0"}
	byEth1 := lab.Route{Dst: prefix("0.0.0.0/0"), Via: addr("169.254.0.1"), Dev: "eth1"}
	group := func(dev string) lab.Route { return lab.Route{Dst: prefix("224.0.0.0/4"), Dev: dev} }
	stopped := func(dst string, kind lab.RouteType) lab.Route {
		return lab.Route{Dst: prefix(dst), Type: kind}
	}

	tests := []struct {
		name    string
		routes  []lab.Route
		dev     string // "" : nowhere
		because string
		err     error // of a send
	}{
		{"connected routes only", nil, "", "", syscall.ENETUNREACH},
		{"default by eth0", []lab.Route{byEth0}, "eth0", "default route via 192.168.8.1", nil},
		{"default by eth1: the article", []lab.Route{byEth1}, "eth1", "default route via 169.254.0.1", nil},
		{"default by eth1, group by eth0", []lab.Route{byEth1, group("eth0")}, "eth0", "route 224.0.0.0/4", nil},
		{"default by eth0, group by eth1", []lab.Route{byEth0, group("eth1")}, "eth1", "route 224.0.0.0/4", nil},
		{"a longer prefix wins", []lab.Route{byEth0, group("eth1"), {Dst: prefix("224.0.0.0/24"), Dev: "tun0"}}, "tun0", "route 224.0.0.0/24", nil},
		{"a VPN's two halves", []lab.Route{byEth0, {Dst: prefix("0.0.0.0/1"), Dev: "tun0"}, {Dst: prefix("128.0.0.0/1"), Dev: "tun0"}}, "tun0", "route 128.0.0.0/1", nil},
		{"unreachable default", []lab.Route{stopped("0.0.0.0/0", lab.Unreachable)}, "", "", syscall.EHOSTUNREACH},
		{"blackhole for groups", []lab.Route{byEth0, stopped("224.0.0.0/4", lab.Blackhole)}, "", "", syscall.EINVAL},
		{"prohibit for groups", []lab.Route{byEth0, stopped("224.0.0.0/4", lab.Prohibit)}, "", "", syscall.EACCES},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := build(t, routed(tt.routes...)).Host("A")
			var sends, joins mcast.Route
			var sendErr, joinErr error
			in(t, a, func() error {
				sends, sendErr = mcast.RouteTo(mcast.DefaultGroup, mcast.RouteOptions{})
				joins, joinErr = mcast.RouteTo(mcast.DefaultGroup, mcast.RouteOptions{Join: true})
				return nil
			})
			if sends.Interface != tt.dev || sends.Match.String() != tt.because || !errors.Is(sendErr, tt.err) {
				t.Errorf("a send goes by %q because %q, %v; want %q because %q, %v",
					sends.Interface, sends.Match, sendErr, tt.dev, tt.because, tt.err)
			}
			if joins.Interface != tt.dev || (joinErr == nil) != (tt.err == nil) {
				t.Errorf("a join lands on %q, %v; want %q", joins.Interface, joinErr, tt.dev)
			}
			compareWithReality(t, a, sends, sendErr, joins)
		})
	}
}

// compareWithReality joins and sends without an interface, and looks where the
// kernel put both.
func compareWithReality(t *testing.T, a *lab.Node, sends mcast.Route, sendErr error, joins mcast.Route) {
	t.Helper()
	kernel := onGroup(t, a)
	var err error
	in(t, a, func() error { err = kernel.Join(mcast.DefaultGroup, mcast.Interface{}); return nil })
	var want []string
	if joins.Interface != "" {
		want = []string{joins.Interface}
	} else if !errors.Is(err, mcast.ErrNoRoute) {
		t.Errorf("a real join without a route gives %v, want ErrNoRoute", err)
	}
	if got := joinedOn(t, a, mcast.DefaultGroup); !slices.Equal(got, want) {
		t.Errorf("a real join lands on %v, RouteTo says %v", got, want)
	}

	// The own copy tells by which interface and from which source it left.
	own := onGroup(t, a, "eth0", "eth1", "tun0")
	c := socket(t, a, mcast.Config{})
	in(t, a, func() error { err = c.Send([]byte("x"), mcast.DefaultGroup.AddrPort(), mcast.Via{}); return nil })
	if sendErr != nil {
		for _, errno := range []error{syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.EINVAL, syscall.EACCES} {
			if errors.Is(err, errno) != errors.Is(sendErr, errno) {
				t.Errorf("a real send gives %v, RouteTo says %v", err, sendErr)
			}
		}
		return
	}
	if err != nil {
		t.Fatalf("a real send gives %v, RouteTo says by %s", err, sends.Interface)
	}
	if d, _ := next(t, own); d.IfIndex != sends.IfIndex || d.From.Addr() != sends.Source {
		t.Errorf("a real send left by interface %d from %s, RouteTo says %d from %s", d.IfIndex, d.From.Addr(), sends.IfIndex, sends.Source)
	}
}

// An interface that is chosen needs no route, and none is shown.
func TestRouteToByInterface(t *testing.T) {
	a := build(t, routed()).Host("A")
	eth0 := device(t, a, "eth0")
	in(t, a, func() error {
		r, err := mcast.RouteTo(mcast.DefaultGroup, mcast.RouteOptions{IfIndex: eth0.Index})
		if r.Interface != "eth0" || r.Source != addr("192.168.8.164") || r.Match.Found {
			t.Errorf("by eth0: %+v, want eth0, 192.168.8.164, no match", r)
		}
		return err
	})
}

// LoopsBack tells whether anyone on this host would hear it.
func TestRouteToLoopsBack(t *testing.T) {
	a := build(t, lab.Article).Host("A")
	ask := func() (loops bool) {
		in(t, a, func() error {
			r, err := mcast.RouteTo(mcast.DefaultGroup, mcast.RouteOptions{})
			loops = r.LoopsBack
			return err
		})
		return loops
	}
	if ask() {
		t.Error("LoopsBack before anyone joined")
	}
	onGroup(t, a, "eth1")
	if !ask() {
		t.Error("no LoopsBack though the group is joined on eth1")
	}
}
