package mcast_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// An IPv4 address in IPv6's clothes (RFC 4291, section 2.5.5.2) is the IPv4
// address, wherever it enters.
func TestMappedAddresses(t *testing.T) {
	l := labtest.Build(t, twoWires())
	a, b := l.Host("A"), l.Host("B")
	eth1 := labtest.Device(t, b, "eth1")
	mapped := mcast.Group{Addr: labtest.Addr("::ffff:239.7.8.9"), Port: 5353}
	from := mapped
	from.Source = labtest.Addr("::ffff:10.0.0.100")
	c := labtest.Socket(t, b, mcast.Config{Port: 5353})
	by := mcast.Via{IfIndex: labtest.Device(t, a, "eth1").Index, Source: from.Source}
	s := labtest.Socket(t, a, mcast.Config{})
	say := func(text string) {
		t.Helper()
		labtest.In(t, a, func() error { return s.Send([]byte(text), mapped.AddrPort(), by) })
	}

	join(t, b, c, mapped, eth1)
	say("joined")
	labtest.In(t, b, func() error { return c.Block(from, eth1) })
	if got := c.Blocked(mapped, eth1); len(got) != 1 || got[0] != labtest.Addr("10.0.0.100") {
		t.Errorf("blocked are %v, want 10.0.0.100", got)
	}
	say("blocked")
	labtest.In(t, b, func() error { return c.Unblock(from, eth1) })
	labtest.In(t, a, func() error {
		_, err := s.SendBatch([]mcast.Outgoing{{Data: []byte("by a batch"), To: mapped.AddrPort(), Via: by}})
		return err
	})
	labtest.Hears(t, c, "joined", "by a batch")
	labtest.In(t, b, func() error { return c.Leave(mapped, eth1) })
	join(t, b, c, from, eth1)
	say("by a source")
	labtest.Hears(t, c, "by a source")

	connected := labtest.Socket(t, a, mcast.Config{Remote: netip.MustParseAddrPort("[::ffff:10.0.0.201]:5353")})
	labtest.In(t, a, func() error { return connected.Send([]byte("to one"), netip.AddrPort{}, mcast.Via{}) })
	labtest.Hears(t, c, "to one")
	labtest.In(t, b, func() error {
		route, err := host.RouteTo(mapped.AddrPort(), host.RouteOptions{})
		if err == nil && route.Interface != "eth1" {
			t.Errorf("the route is by %s, want eth1", route.Interface)
		}
		return err
	})
}

// A zone and an interface that contradict each other are refused, and a zone
// that agrees is not.
func TestZoneAndInterface(t *testing.T) {
	eachVersion(t, func(t *talk) {
		if t.g.Addr.Is4() {
			return // has no zones
		}
		g := group(t.T, "[ff02::99%eth0]:5683")
		c := labtest.Socket(t.T, t.b, mcast.Config{Addr: anyOf(g), Port: 5683})
		for _, op := range []func(mcast.Group, host.Interface) error{c.Join, c.Leave, c.Block, c.Unblock} {
			t.refuses("on eth1", op, g, t.eth1, mcast.ErrZone)
		}
		if got := c.Blocked(g, t.eth1); got != nil {
			t.Errorf("blocked are %v", got)
		}
		s := labtest.Socket(t.T, t.a, mcast.Config{Addr: anyOf(g)})
		link := netip.MustParseAddrPort("[fe80::1%eth0]:9")
		for _, to := range []netip.AddrPort{g.AddrPort(), link} {
			if err := s.Send(nil, to, mcast.Via{IfIndex: t.by1}); !errors.Is(err, mcast.ErrZone) {
				t.Errorf("Send to %s by eth1: %v, want ErrZone", to, err)
			}
			if _, err := s.SendBatch([]mcast.Outgoing{{To: to, Via: mcast.Via{IfIndex: t.by1}}}); !errors.Is(err, mcast.ErrZone) {
				t.Errorf("SendBatch to %s by eth1: %v, want ErrZone", to, err)
			}
		}
		t.must(c.Join, g, t.eth0)
		labtest.In(t.T, t.a, func() error { return s.Send([]byte("agreed"), g.AddrPort(), mcast.Via{IfIndex: t.by0}) })
		labtest.Hears(t.T, c, "agreed")
		t.must(c.Leave, g, t.eth0)
	})
}

// An address of one link cannot be bound or connected without its zone, and
// the error says so.
func TestListenNeedsAZone(t *testing.T) {
	a := labtest.Build(t, twoWires()).Host("A")
	listen := func(cfg mcast.Config) (err error) {
		labtest.In(t, a, func() error {
			var c *mcast.Conn
			if c, err = mcast.Listen(t.Context(), cfg); err == nil {
				c.Close()
			}
			return nil
		})
		return err
	}
	for _, s := range []string{"ff02::fb", "ff01::1", "fe80::1"} {
		addr := labtest.Addr(s)
		for what, cfg := range map[string]mcast.Config{
			"bound": {Addr: addr, Port: 5353}, "connected": {Remote: netip.AddrPortFrom(addr, 5353)},
		} {
			if err := listen(cfg); !errors.Is(err, mcast.ErrNoZone) || !strings.Contains(err.Error(), s+"%eth0") {
				t.Errorf("%s to %s: %v, want ErrNoZone with an example", what, s, err)
			}
		}
	}
	for _, s := range []string{"ff02::fb%eth0", "ff05::fb"} {
		if err := listen(mcast.Config{Addr: labtest.Addr(s), Port: 5353}); err != nil {
			t.Errorf("bound to %s: %v", s, err)
		}
	}
}

// A socket that is bound to an address, or connected, sends from it by
// whichever interface.
func TestSendsFromTheBoundAddress(t *testing.T) {
	l := labtest.Build(t, lab.Topology{
		Switches: []lab.Switch{{Name: "lan"}},
		Hosts: []lab.Host{
			{Name: "A", Interfaces: []lab.Interface{{Name: "lan0", Switch: "lan",
				Addrs: labtest.Prefixes("10.0.0.1/24", "192.168.50.1/24", "fd00:50::1/64", "fd00:60::1/64")}}},
			{Name: "B", Interfaces: []lab.Interface{{Name: "lan0", Switch: "lan",
				Addrs: labtest.Prefixes("10.0.0.2/24", "192.168.50.2/24", "fd00:50::2/64", "fd00:60::2/64")}}},
		},
	})
	a, b := l.Host("A"), l.Host("B")
	by := mcast.Via{IfIndex: labtest.Device(t, a, "lan0").Index}
	for _, tt := range []struct{ group, bound string }{
		{"239.255.50.1:7400", "10.0.0.1"}, {"239.255.50.1:7400", "192.168.50.1"},
		{"[ff15::50]:7400", "fd00:50::1"}, {"[ff15::50]:7400", "fd00:60::1"},
	} {
		g := group(t, tt.group)
		heard := labtest.Socket(t, b, mcast.Config{Addr: anyOf(g), Port: g.Port})
		join(t, b, heard, g, labtest.Device(t, b, "lan0"))
		c := labtest.Socket(t, a, mcast.Config{Addr: labtest.Addr(tt.bound)})
		labtest.In(t, a, func() error { return c.Send([]byte("alone"), g.AddrPort(), by) })
		labtest.In(t, a, func() error {
			_, err := c.SendBatch([]mcast.Outgoing{{Data: []byte("in a batch"), To: g.AddrPort(), Via: by}})
			return err
		})
		for _, text := range []string{"alone", "in a batch"} {
			if d, got := labtest.Next(t, heard); got != text || d.From != c.LocalAddr() {
				t.Errorf("bound to %s, %q comes from %s", tt.bound, got, d.From)
			}
		}
		heard.Close()
	}
	remote := netip.MustParseAddrPort("10.0.0.2:7401")
	heard := labtest.Socket(t, b, mcast.Config{Port: 7401})
	connected := labtest.Socket(t, a, mcast.Config{Addr: labtest.Addr("192.168.50.1"), Remote: remote})
	labtest.In(t, a, func() error { return connected.Send([]byte("x"), remote, by) })
	if d, _ := labtest.Next(t, heard); d.From != connected.LocalAddr() {
		t.Errorf("connected from %s, it comes from %s", connected.LocalAddr(), d.From)
	}
}
