package mcast_test

import (
	"net/netip"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

type Addr = netip.Addr

// dual is the article's LAN with IPv6 addresses beside the others.
var dual = lab.Topology{
	Switches: []lab.Switch{{Name: "lan"}, {Name: "other"}},
	Hosts: []lab.Host{
		{Name: "A", Interfaces: []lab.Interface{
			{Name: "eth0", Switch: "lan", Addrs: []netip.Prefix{labtest.Prefix("192.168.8.164/24"), labtest.Prefix("2001:db8::164/64")}},
			{Name: "eth1", Switch: "other", Addrs: []netip.Prefix{labtest.Prefix("169.254.167.41/16")}},
		}},
		{Name: "B", Interfaces: []lab.Interface{
			{Name: "eth0", Switch: "lan", Addrs: []netip.Prefix{labtest.Prefix("192.168.8.226/24"), labtest.Prefix("2001:db8::226/64")}},
		}},
	},
}

func group(t *testing.T, s string) mcast.Group {
	t.Helper()
	g, err := mcast.ParseGroup(s)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// anyOf is the wildcard address of a group's IP version.
func anyOf(g mcast.Group) netip.Addr {
	if g.Addr.Is4() {
		return netip.IPv4Unspecified()
	}
	return netip.IPv6Unspecified()
}

func TestIPv6(t *testing.T) {
	l := labtest.Build(t, dual)
	a, b := l.Host("A"), l.Host("B")
	heard := labtest.Socket(t, b, mcast.Config{Addr: netip.IPv6Unspecified(), Port: mcast.DefaultPort})
	join(t, b, heard, group(t, "ff02::114%eth0"), host.Interface{}) // by its zone

	c := labtest.Socket(t, a, mcast.Config{Addr: netip.IPv6Unspecified(), Hops: 9})
	eth0, eth1 := labtest.Device(t, a, "eth0"), labtest.Device(t, a, "eth1")
	to := group(t, "ff02::114").AddrPort()
	labtest.In(t, a, func() error { return c.Send([]byte("by eth1"), to, mcast.Via{IfIndex: eth1.Index}) })
	labtest.In(t, a, func() error { return c.Send([]byte("by the zone"), group(t, "ff02::114%eth0").AddrPort(), mcast.Via{}) })
	labtest.In(t, a, func() error {
		return c.Send([]byte("by eth0"), to, mcast.Via{IfIndex: eth0.Index, Source: labtest.Addr("2001:db8::164")})
	})
	labtest.Hears(t, heard, "by the zone") // and not what left by eth1
	d, text := labtest.Next(t, heard)
	if text != "by eth0" || d.From.Addr() != labtest.Addr("2001:db8::164") || d.To != labtest.Addr("ff02::114") && d.To != labtest.Addr("ff02::114%eth0") ||
		d.IfIndex != labtest.Device(t, b, "eth0").Index || d.Hops != 9 {
		t.Errorf("heard %q as %+v", text, d)
	}
}

// Loopback, own copies and others' memberships are as with IPv4.
func TestIPv6Loopback(t *testing.T) {
	a := labtest.Build(t, dual).Host("A")
	cfg := mcast.Config{Addr: netip.IPv6Unspecified(), Port: mcast.DefaultPort}
	here, others := labtest.Socket(t, a, cfg), labtest.Socket(t, a, cfg)
	eth0 := labtest.Device(t, a, "eth0")
	g, other := group(t, "ff02::114"), group(t, "ff02::115")
	join(t, a, here, g, eth0)
	join(t, a, others, other, eth0)
	c := labtest.Socket(t, a, mcast.Config{Addr: netip.IPv6Unspecified(), NoLoopback: true})
	say := func(text string, to mcast.Group) {
		t.Helper()
		labtest.In(t, a, func() error { return c.Send([]byte(text), to.AddrPort(), mcast.Via{IfIndex: eth0.Index}) })
	}
	say("without a copy", g)
	if err := c.SetLoopback(true); err != nil {
		t.Fatal(err)
	}
	say("for the others", other)
	say("with a copy", g)
	labtest.Hears(t, others, "for the others")
	labtest.Hears(t, here, "with a copy")
}

// Both IP versions live in one program, on one port.
func TestBothVersions(t *testing.T) {
	l := labtest.Build(t, dual)
	a, b := l.Host("A"), l.Host("B")
	for _, g := range []mcast.Group{group(t, "224.0.0.114"), group(t, "ff02::114")} {
		heard := labtest.Socket(t, b, mcast.Config{Addr: anyOf(g), Port: g.Port})
		join(t, b, heard, g, labtest.Device(t, b, "eth0"))
		c := labtest.Socket(t, a, mcast.Config{Addr: anyOf(g)})
		labtest.In(t, a, func() error {
			return c.Send([]byte(g.String()), g.AddrPort(), mcast.Via{IfIndex: labtest.Device(t, a, "eth0").Index})
		})
		labtest.Hears(t, heard, g.String())
	}
}

// A socket bound to a group hears nothing else on its port.
func TestBindGroup(t *testing.T) {
	l := labtest.Build(t, dual)
	a, b := l.Host("A"), l.Host("B")
	for _, g := range []mcast.Group{group(t, "224.0.0.114"), group(t, "ff02::114%eth0")} {
		bound := labtest.Socket(t, b, mcast.Config{Addr: g.Addr, Port: g.Port})
		join(t, b, bound, g, labtest.Device(t, b, "eth0"))
		other := g
		other.Addr = other.Addr.Next()
		join(t, b, bound, other, labtest.Device(t, b, "eth0"))
		c := labtest.Socket(t, a, mcast.Config{Addr: anyOf(g)})
		for _, to := range []mcast.Group{other, g} {
			labtest.In(t, a, func() error {
				return c.Send([]byte(to.String()), netip.AddrPortFrom(to.Addr.WithZone(""), to.Port), mcast.Via{IfIndex: labtest.Device(t, a, "eth0").Index})
			})
		}
		labtest.Hears(t, bound, g.String())
	}
}
