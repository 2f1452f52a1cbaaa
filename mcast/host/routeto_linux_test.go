package host_test

import (
	"errors"
	"net/netip"
	"slices"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// routed is the article's LAN with a tunnel beside it, and other routes on A.
func routed(routes ...lab.Route) lab.Topology {
	t := lab.Article
	t.Hosts = slices.Clone(t.Hosts)
	t.Hosts[0].Interfaces = append(slices.Clone(t.Hosts[0].Interfaces),
		lab.Interface{Name: "tun0", Addrs: []netip.Prefix{labtest.Prefix("10.8.0.2/24")}})
	t.Hosts[0].Routes = routes
	return t
}

// Every case of a routing table that is known to matter: where RouteTo says
// that a join and a send go, and where they really go.
func TestRouteToIsWhatHappens(t *testing.T) {
	byEth0 := lab.Route{Dst: labtest.Prefix("0.0.0.0/0"), Via: labtest.Addr("192.168.8.1"), Dev: "eth0"}
	byEth1 := lab.Route{Dst: labtest.Prefix("0.0.0.0/0"), Via: labtest.Addr("169.254.0.1"), Dev: "eth1"}
	group := func(dev string) lab.Route { return lab.Route{Dst: labtest.Prefix("224.0.0.0/4"), Dev: dev} }
	stopped := func(dst string, kind lab.RouteType) lab.Route {
		return lab.Route{Dst: labtest.Prefix(dst), Type: kind}
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
		{"a longer prefix wins", []lab.Route{byEth0, group("eth1"), {Dst: labtest.Prefix("224.0.0.0/24"), Dev: "tun0"}}, "tun0", "route 224.0.0.0/24", nil},
		{"a VPN's two halves", []lab.Route{byEth0, {Dst: labtest.Prefix("0.0.0.0/1"), Dev: "tun0"}, {Dst: labtest.Prefix("128.0.0.0/1"), Dev: "tun0"}}, "tun0", "route 128.0.0.0/1", nil},
		{"unreachable default", []lab.Route{stopped("0.0.0.0/0", lab.Unreachable)}, "", "", syscall.EHOSTUNREACH},
		{"blackhole for groups", []lab.Route{byEth0, stopped("224.0.0.0/4", lab.Blackhole)}, "", "", syscall.EINVAL},
		{"prohibit for groups", []lab.Route{byEth0, stopped("224.0.0.0/4", lab.Prohibit)}, "", "", syscall.EACCES},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := labtest.Build(t, routed(tt.routes...)).Host("A")
			joined, sent := compare(t, a, mcast.DefaultGroup, host.RouteOptions{})
			if joined.dev != tt.dev || sent.dev != tt.dev || !errors.Is(sent.err, tt.err) {
				t.Errorf("joined on %q, sent by %q, %v; want both on %q, %v", joined.dev, sent.dev, sent.err, tt.dev, tt.err)
			}
			if got := because(t, a, mcast.DefaultGroup); got != tt.because {
				t.Errorf("because of %q, want %q", got, tt.because)
			}
		})
	}
}

// because is the route that RouteTo names for a send.
func because(t *testing.T, node *lab.Node, g mcast.Group) string {
	t.Helper()
	var r host.Route
	labtest.In(t, node, func() error {
		var failed error
		r, failed = host.RouteTo(g.AddrPort(), host.RouteOptions{})
		if g.Addr.Is6() {
			return nil
		}
		routing, err := host.ReadRouting()
		decides, ok := routing.Lookup(g.AddrPort())
		if ok = ok && !decides.Forbids(); ok != (failed == nil) || ok && (decides.Dst != r.Match.Dst || decides.Table != r.Match.Table || !slices.Contains(decides.On, r.IfIndex)) {
			t.Errorf("by what was read, %+v decides, %v; the kernel says %+v, %v", decides, ok, r, failed)
		}
		return err
	})
	return r.Match.String()
}

// An interface that is chosen needs no route, and none is shown.
func TestRouteToByInterface(t *testing.T) {
	a := labtest.Build(t, routed()).Host("A")
	eth0 := labtest.Device(t, a, "eth0")
	labtest.In(t, a, func() error {
		r, err := host.RouteTo(mcast.DefaultGroup.AddrPort(), host.RouteOptions{IfIndex: eth0.Index})
		if r.Interface != "eth0" || r.Source != labtest.Addr("192.168.8.164") || r.Match.Found {
			t.Errorf("by eth0: %+v, want eth0, 192.168.8.164, no match", r)
		}
		return err
	})
}
