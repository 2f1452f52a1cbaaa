package host_test

import (
	"errors"
	"net/netip"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// twoStacks is a host with both IP versions on two LANs, a default route of IPv4
// by the first, and a third interface that is down.
func twoStacks() lab.Topology {
	return lab.Topology{
		Switches: []lab.Switch{{Name: "lan"}, {Name: "other"}},
		Hosts: []lab.Host{{Name: "A", Interfaces: []lab.Interface{
			{Name: "eth0", Switch: "lan", Addrs: []netip.Prefix{labtest.Prefix("192.168.8.164/24"), labtest.Prefix("fd00:8::164/64")}},
			{Name: "eth1", Switch: "other", Addrs: []netip.Prefix{labtest.Prefix("169.254.167.41/16"), labtest.Prefix("fd00:9::41/64")}},
			{Name: "eth2", Switch: "lan", Down: true},
		}, Routes: []lab.Route{{Dst: labtest.Prefix("0.0.0.0/0"), Dev: "eth0"}}}},
	}
}

// step changes a host.
type step func(a *lab.Node, h *netlink.Handle) error

// routeBy adds a route; "" is no interface.
func routeBy(dev, dst string, r netlink.Route) step {
	return func(_ *lab.Node, h *netlink.Handle) error {
		if dev != "" {
			link, err := h.LinkByName(dev)
			if err != nil {
				return err
			}
			r.LinkIndex = link.Attrs().Index
		}
		r.Dst = labtest.IPNet(dst)
		return h.RouteAdd(&r)
	}
}

// ruleTo100 adds a rule, and moves the local table behind it. In front, where
// it is at first, its route for every group leaves nothing to rules.
func ruleTo100(say func(*netlink.Rule)) step {
	return func(_ *lab.Node, h *netlink.Handle) error {
		local := func(priority int) *netlink.Rule {
			return rule(unix.AF_INET6, func(r *netlink.Rule) { r.Priority, r.Table = priority, unix.RT_TABLE_LOCAL })
		}
		return errors.Join(h.RuleAdd(local(200)), h.RuleDel(local(0)), h.RuleAdd(rule(unix.AF_INET6, say)))
	}
}

func always(*netlink.Rule) {}

// prepared is the host of twoStacks after some steps.
func prepared(t *testing.T, steps ...step) *lab.Node {
	t.Helper()
	a := labtest.Build(t, twoStacks()).Host("A")
	for _, do := range steps {
		change(t, a, func(h *netlink.Handle) error { return do(a, h) })
	}
	return a
}

// IPv6 has a route for every group on every interface, in the local table: the
// first interface that came up wins, whatever the main table says.
func TestRouteToIPv6(t *testing.T) {
	down := func(names ...string) step {
		return func(a *lab.Node, _ *netlink.Handle) (err error) {
			for _, name := range names {
				err = errors.Join(err, a.Link(name).SetDown())
			}
			return err
		}
	}
	flap := func(name string) step {
		return func(a *lab.Node, _ *netlink.Handle) error {
			return errors.Join(a.Link(name).SetDown(), a.Link(name).SetUp())
		}
	}
	noAddress := func(_ *lab.Node, h *netlink.Handle) error {
		link, err := h.LinkByName("eth0")
		if err != nil {
			return err
		}
		addrs, err := h.AddrList(link, netlink.FAMILY_V6)
		for _, a := range addrs {
			err = errors.Join(err, h.AddrDel(link, &a))
		}
		return err
	}
	stopped := func(kind int) step {
		return routeBy("", "ff05::/16", netlink.Route{Type: kind, Table: unix.RT_TABLE_LOCAL})
	}
	local := netlink.Route{Table: unix.RT_TABLE_LOCAL}
	by100 := routeBy("eth1", "ff00::/8", netlink.Route{Table: 100})

	const own, of100 = "route ff00::/8 in table local", "route ff00::/8 in table 100"
	joinAsRoot := "eth0"
	if rootHere(t) {
		joinAsRoot = "eth1"
	}
	tests := []struct {
		name       string
		before     []step
		group      string
		join, send string // "": nowhere
		because    string
		err        error // of the send
	}{
		{"no interface up", []step{down("eth0", "eth1")}, "ff05::114", "", "", "", syscall.ENETUNREACH},
		{"one up", []step{down("eth0")}, "ff05::114", "eth1", "eth1", own, nil},
		{"two up", nil, "ff05::114", "eth0", "eth0", own, nil},
		{"two up, link-local group", nil, "ff02::114", "eth0", "eth0", own, nil},
		{"after a flap of the first", []step{flap("eth0")}, "ff05::114", "eth1", "eth1", own, nil},
		{"no address to send from", []step{noAddress}, "ff05::114", "eth0", "", "", syscall.EADDRNOTAVAIL},
		{"default by eth1 changes nothing", []step{routeBy("eth1", "::/0", netlink.Route{})}, "ff05::114", "eth0", "eth0", own, nil},
		{"nor does a longer prefix in main", []step{routeBy("eth1", "ff05::/16", netlink.Route{})}, "ff05::114", "eth0", "eth0", own, nil},
		{"a longer prefix in local wins", []step{routeBy("eth1", "ff05::/16", local)}, "ff05::114", "eth1", "eth1", "route ff05::/16 in table local", nil},
		{"a lower metric in local wins", []step{routeBy("eth1", "ff00::/8", netlink.Route{Table: unix.RT_TABLE_LOCAL, Priority: 1})}, "ff05::114", "eth1", "eth1", own, nil},
		{"unreachable", []step{stopped(unix.RTN_UNREACHABLE)}, "ff05::114", "", "", "", syscall.EHOSTUNREACH},
		{"blackhole", []step{stopped(unix.RTN_BLACKHOLE)}, "ff05::114", "", "", "", syscall.EINVAL},
		{"prohibit", []step{stopped(unix.RTN_PROHIBIT)}, "ff05::114", "", "", "", syscall.EACCES},
		{"another table, but no rule", []step{by100}, "ff05::114", "eth0", "eth0", own, nil},
		{"rule before local", []step{by100, ruleTo100(always)}, "ff05::114", "eth1", "eth1", of100, nil},
		{"rule before local, default route", []step{routeBy("eth1", "::/0", netlink.Route{Table: 100}), ruleTo100(always)}, "ff05::114", "eth1", "eth1", "default route in table 100", nil},
		{"rule for ipproto udp", []step{by100, ruleTo100(func(r *netlink.Rule) { r.IPProto = unix.IPPROTO_UDP })}, "ff05::114", "eth0", "eth1", of100, nil},
		{"rule for ipproto ipv6-icmp", []step{by100, ruleTo100(func(r *netlink.Rule) { r.IPProto = unix.IPPROTO_ICMPV6 })}, "ff05::114", "eth0", "eth0", own, nil},
		{"rule for dport 1234", []step{by100, ruleTo100(func(r *netlink.Rule) { r.Dport = netlink.NewRulePortRange(1234, 1234) })}, "ff05::114", "eth0", "eth1", of100, nil},
		{"rule for uidrange 0-0", []step{by100, ruleTo100(func(r *netlink.Rule) { r.UIDRange = netlink.NewRuleUIDRange(0, 0) })}, "ff05::114", joinAsRoot, "eth1", of100, nil},
		{"rule for fwmark 7", []step{by100, ruleTo100(func(r *netlink.Rule) { r.Mark = 7 })}, "ff05::114", "eth0", "eth0", own, nil},
		{"zone", nil, "ff02::114%eth1", "eth1", "eth1", own, nil},
		{"zone of an interface that is down", nil, "ff02::114%eth2", "eth2", "", "", syscall.ENETUNREACH},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := prepared(t, tt.before...)
			g, err := mcast.ParseGroup(tt.group)
			if err != nil {
				t.Fatal(err)
			}
			joined, sent := compare(t, a, g, host.RouteOptions{})
			if joined.dev != tt.join || sent.dev != tt.send || !errors.Is(sent.err, tt.err) {
				t.Errorf("joined on %q, sent by %q, %v; want %q, %q, %v", joined.dev, sent.dev, sent.err, tt.join, tt.send, tt.err)
			}
			if got := because(t, a, g); got != tt.because {
				t.Errorf("because of %q, want %q", got, tt.because)
			}
		})
	}
}

// An interface or a source that is chosen counts for IPv6 as well, and a zone
// is one, whatever the group's scope.
func TestRouteToIPv6ByInterface(t *testing.T) {
	a := labtest.Build(t, twoStacks()).Host("A")
	eth0, eth1 := labtest.Device(t, a, "eth0"), labtest.Device(t, a, "eth1")
	g := mcast.Group{Addr: labtest.Addr("ff05::114"), Port: mcast.DefaultPort}
	for _, tt := range []struct {
		opt    host.RouteOptions
		dev    string
		source string
	}{
		{host.RouteOptions{IfIndex: eth1.Index}, "eth1", "fd00:9::41"},
		{host.RouteOptions{Source: labtest.Addr("fd00:9::41")}, "eth0", "fd00:9::41"}, // unlike IPv4's, it chooses no interface,
		{host.RouteOptions{IfIndex: eth0.Index, Source: labtest.Addr("fd00:9::41")}, "eth0", "fd00:9::41"},
	} {
		if _, sent := compare(t, a, g, tt.opt); sent.dev != tt.dev || sent.source != labtest.Addr(tt.source) {
			t.Errorf("%+v: sent by %q from %s, want %q from %s", tt.opt, sent.dev, sent.source, tt.dev, tt.source)
		}
	}
	labtest.In(t, a, func() error {
		g.Addr = g.Addr.WithZone("eth1")
		r, err := host.RouteTo(g.AddrPort(), host.RouteOptions{})
		if r.Interface != "eth1" {
			t.Errorf("a send to %s goes by %q, want eth1", g, r.Interface)
		}
		g.Addr = g.Addr.WithZone("eth9")
		if _, err := host.RouteTo(g.AddrPort(), host.RouteOptions{}); !errors.Is(err, host.ErrNoInterface) {
			t.Errorf("a zone that is no interface gives %v, want ErrNoInterface", err)
		}
		return err
	})
}

// LoopsBack tells whether anyone on this host hears it.
func TestRouteToLoopsBack(t *testing.T) {
	defaultFirst := []step{routeBy("eth1", "::/0", netlink.Route{Table: 100}), ruleTo100(always)}
	for _, tt := range []struct {
		name   string
		before []step
		group  string
		joined string // where a program of this host is on the group; "": nowhere
		want   bool
	}{
		{"IPv4, nobody there", nil, "224.0.0.114", "", false},
		{"IPv4", nil, "224.0.0.114", "eth0", true},
		{"IPv4, joined elsewhere", nil, "224.0.0.114", "eth1", false},
		{"IPv6, nobody there", nil, "ff02::114", "", false},
		{"IPv6", nil, "ff02::114", "eth0", true},
		{"IPv6, joined elsewhere", nil, "ff02::114", "eth1", false},
		{"IPv6 by a default route", defaultFirst, "ff02::114", "eth1", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := prepared(t, tt.before...)
			g, _ := mcast.ParseGroup(tt.group)
			labtest.In(t, a, func() error {
				hears, err := hearOn(g, tt.joined)
				if err != nil {
					return err
				}
				defer unix.Close(hears)
				r, err := host.RouteTo(g.AddrPort(), host.RouteOptions{})
				if err != nil || r.LoopsBack != tt.want {
					t.Errorf("LoopsBack is %v, %v; want %v", r.LoopsBack, err, tt.want)
				}
				if _, err := reallySend(g, host.RouteOptions{}); err != nil {
					return err
				}
				if got := heard(hears, tt.want); got != tt.want {
					t.Errorf("an own copy: %v, want %v", got, tt.want)
				}
				return nil
			})
		})
	}
}

// hearOn opens a socket on the group's port that joined it on an interface.
func hearOn(g mcast.Group, dev string) (int, error) {
	fd, err := udpSocket(g.Addr)
	if err == nil && dev != "" {
		err = joinOn(fd, g.Addr, indexOf(dev))
	}
	if err != nil {
		return fd, err
	}
	any := netip.IPv4Unspecified()
	if g.Addr.Is6() {
		any = netip.IPv6Unspecified()
	}
	return fd, unix.Bind(fd, sockaddr(netip.AddrPortFrom(any, g.Port)))
}

// heard reports whether a datagram is there. One that must be is waited for; a
// copy of one that has left already is there or will never be.
func heard(fd int, wait bool) bool {
	timeout := 0
	if wait {
		timeout = 5000
	}
	n, _ := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, timeout)
	return n == 1
}
