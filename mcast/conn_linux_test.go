package mcast_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// onGroup opens a Conn in a host that has joined the default group there.
func onGroup(t *testing.T, host *lab.Node, names ...string) *mcast.Conn {
	t.Helper()
	c := labtest.Socket(t, host, mcast.Config{Port: mcast.DefaultPort})
	for _, name := range names {
		join(t, host, c, mcast.DefaultGroup, labtest.Device(t, host, name))
	}
	return c
}

func joinedOn(t *testing.T, node *lab.Node, g mcast.Group) []string {
	t.Helper()
	var names []string
	labtest.In(t, node, func() error {
		list, err := host.IGMP()
		for _, i := range list {
			if i.Has(g.Addr) {
				names = append(names, i.Name)
			}
		}
		return err
	})
	return names
}

func TestJoinAndLeaveReachTheKernel(t *testing.T) {
	a := labtest.Build(t, lab.Article).Host("A")
	eth0, eth1 := labtest.Device(t, a, "eth0"), labtest.Device(t, a, "eth1")
	c := onGroup(t, a)
	other, _ := mcast.ParseGroup("239.1.2.3")

	step := func(what string, want ...string) {
		t.Helper()
		if got := joinedOn(t, a, mcast.DefaultGroup); !slices.Equal(got, want) {
			t.Fatalf("%s: /proc/net/igmp has the group on %v, want %v", what, got, want)
		}
	}
	step("at first")
	join(t, a, c, mcast.DefaultGroup, eth0)
	step("after join on eth0", "eth0")
	join(t, a, c, mcast.DefaultGroup, eth1)
	join(t, a, c, other, eth1)
	step("after join on eth1", "eth0", "eth1")
	if got := joinedOn(t, a, other); !slices.Equal(got, []string{"eth1"}) {
		t.Errorf("%s is joined on %v, want eth1", other, got)
	}
	if got := len(c.Memberships()); got != 3 {
		t.Errorf("Memberships has %d entries, want 3", got)
	}
	labtest.In(t, a, func() error { return c.Leave(mcast.DefaultGroup, eth0) })
	step("after leave on eth0", "eth1")
	c.Close()
	step("after Close")
}

// A join without an interface lands where the route to the group leads: in
// the article's LAN that is the wrong wire.
func TestJoinWithoutInterface(t *testing.T) {
	a := labtest.Build(t, lab.Article).Host("A")
	c := onGroup(t, a)
	join(t, a, c, mcast.DefaultGroup, host.Interface{})
	if got := joinedOn(t, a, mcast.DefaultGroup); !slices.Equal(got, []string{"eth1"}) {
		t.Errorf("joined on %v, want eth1", got)
	}
	if m := c.Memberships(); len(m) != 1 || m[0].Interface.Name != "eth1" {
		t.Errorf("Memberships = %v, want one on eth1", m)
	}
}

func TestDatagramTellsHowItCame(t *testing.T) {
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	heard := onGroup(t, a, "eth0", "eth1")
	from := labtest.Socket(t, b, mcast.Config{Hops: 7})

	before := time.Now()
	send(t, b, from, "hello", mcast.Via{})
	d, text := labtest.Next(t, heard)
	want := mcast.Datagram{
		At:      d.At,
		From:    netip.AddrPortFrom(labtest.Addr("192.168.8.226"), from.LocalAddr().Port()),
		To:      labtest.Addr("224.0.0.114"),
		IfIndex: labtest.Device(t, a, "eth0").Index,
		Hops:    7,
		Data:    d.Data,
	}
	if text != "hello" || d.From != want.From || d.To != want.To || d.IfIndex != want.IfIndex || d.Hops != want.Hops {
		t.Errorf("got %+v, want %+v", d, want)
	}
	if d.At.Before(before) || d.At.After(time.Now()) {
		t.Errorf("At = %v, which is not when it was read", d.At)
	}
}

// The interface is chosen for each datagram, on one socket, by two senders at
// once.
func TestSendByInterface(t *testing.T) {
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	heard := onGroup(t, b, "eth0")
	own := onGroup(t, a, "eth0", "eth1")
	c := labtest.Socket(t, a, mcast.Config{})
	eth0, eth1 := labtest.Device(t, a, "eth0"), labtest.Device(t, a, "eth1")

	send(t, a, c, "as the kernel likes", mcast.Via{})
	send(t, a, c, "by eth1", mcast.Via{IfIndex: eth1.Index})
	send(t, a, c, "by eth0", mcast.Via{IfIndex: eth0.Index})
	labtest.Hears(t, heard, "by eth0") // and so nothing of the two before

	for _, want := range []struct {
		text   string
		index  int
		source string
	}{
		{"as the kernel likes", eth1.Index, "169.254.167.41"},
		{"by eth1", eth1.Index, "169.254.167.41"},
		{"by eth0", eth0.Index, "192.168.8.164"},
	} {
		d, text := labtest.Next(t, own)
		if text != want.text || d.IfIndex != want.index || d.From.Addr() != labtest.Addr(want.source) {
			t.Errorf("own copy %q by interface %d from %s, want %+v", text, d.IfIndex, d.From, want)
		}
	}
}

func TestSendWithSource(t *testing.T) {
	a := labtest.Build(t, lab.Article).Host("A")
	lo := labtest.Device(t, a, "lo")
	own := onGroup(t, a, "lo")
	c := labtest.Socket(t, a, mcast.Config{})
	send(t, a, c, "hi", mcast.Via{IfIndex: lo.Index, Source: labtest.Addr("127.0.0.1")})
	if d, _ := labtest.Next(t, own); d.From.Addr() != labtest.Addr("127.0.0.1") {
		t.Errorf("the source is %s, want 127.0.0.1", d.From.Addr())
	}
}

func TestLoopbackIsTheSendersOption(t *testing.T) {
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	here, there := onGroup(t, a, "eth0"), onGroup(t, b, "eth0")
	c := labtest.Socket(t, a, mcast.Config{NoLoopback: true})
	by := mcast.Via{IfIndex: labtest.Device(t, a, "eth0").Index}

	send(t, a, c, "without a copy", by)
	if err := c.SetLoopback(true); err != nil {
		t.Fatal(err)
	}
	send(t, a, c, "with a copy", by)
	labtest.Hears(t, there, "without a copy", "with a copy")
	labtest.Hears(t, here, "with a copy")
}

func TestHops(t *testing.T) {
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	heard := onGroup(t, b, "eth0")
	c := labtest.Socket(t, a, mcast.Config{})
	by := mcast.Via{IfIndex: labtest.Device(t, a, "eth0").Index}
	sendWith := func(hops int) {
		t.Helper()
		if err := c.SetHops(hops); err != nil {
			t.Fatal(err)
		}
		send(t, a, c, "x", by)
	}
	arrives := func(hops int) {
		t.Helper()
		if d, _ := labtest.Next(t, heard); d.Hops != hops {
			t.Errorf("arrived with TTL %d, want %d", d.Hops, hops)
		}
	}
	send(t, a, c, "x", by)
	arrives(1) // unless another is set
	for _, hops := range []int{1, 64, 255} {
		sendWith(hops)
		arrives(hops)
	}
	// TTL 0 stays on the host only where the group is joined: without a
	// member to make a copy for, Linux does not look.
	sendWith(0)
	arrives(0)
	onGroup(t, a, "eth0")
	sendWith(0)
	sendWith(2)
	arrives(2)
}

// IP_MULTICAST_ALL is off: another program's membership brings us nothing.
func TestOthersGroupsAreNotHeard(t *testing.T) {
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	other, _ := mcast.ParseGroup("239.1.2.3")
	ours, theirs := onGroup(t, a, "eth0"), onGroup(t, a)
	join(t, a, theirs, other, labtest.Device(t, a, "eth0"))
	from := labtest.Socket(t, b, mcast.Config{})
	labtest.In(t, b, func() error { return from.Send([]byte("for them"), other.AddrPort(), mcast.Via{}) })
	labtest.Hears(t, theirs, "for them")
	send(t, b, from, "for us", mcast.Via{})
	labtest.Hears(t, ours, "for us")
}

func TestErrors(t *testing.T) {
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	eth0 := labtest.Device(t, a, "eth0")
	c := onGroup(t, a, "eth0")
	g := mcast.DefaultGroup
	group := func(s string) mcast.Group {
		g, err := mcast.ParseGroup(s)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	held := labtest.Socket(t, b, mcast.Config{Port: 4000, Exclusive: true})
	if err := b.DelRoute(lab.Article.Hosts[1].Routes[0]); err != nil {
		t.Fatal(err)
	}

	tests := []struct {
		name string
		host *lab.Node
		do   func() error
		want error
		says string
	}{
		{"join twice", a, func() error { return c.Join(g, eth0) }, mcast.ErrJoined,
			"mcast: join 224.0.0.114:1234 on eth0: already joined there"},
		{"leave what was not joined", a, func() error { return c.Leave(group("239.9.9.9"), eth0) }, mcast.ErrNotJoined, "on eth0"},
		{"join a unicast address", a, func() error { return c.Join(mcast.Group{Addr: labtest.Addr("192.168.8.226")}, eth0) }, mcast.ErrNotMulticast, ""},
		{"join on an interface that is gone", a, func() error { return c.Join(group("239.9.9.9"), host.Interface{Index: 99, Name: "eth9"}) }, syscall.ENODEV,
			"join 239.9.9.9:1234 on eth9"},
		{"join IPv6 on an IPv4 socket", a, func() error { return c.Join(group("ff02::114"), eth0) }, mcast.ErrFamily, ""},
		{"send IPv6 from an IPv4 socket", a, func() error { return c.Send(nil, group("ff02::114").AddrPort(), mcast.Via{}) }, mcast.ErrFamily, ""},
		{"join one source of a group joined for all", a, func() error { return c.Join(group("10.0.0.1@224.0.0.114"), eth0) }, mcast.ErrMixedModes, ""},
		{"block without a source", a, func() error { return c.Block(g, eth0) }, nil, "no source is named"},
		{"block in a group that is not joined", a, func() error { return c.Block(group("10.0.0.1@239.9.9.9"), eth0) }, mcast.ErrNotJoined, ""},
		{"unblock what is not blocked", a, func() error { return c.Unblock(group("10.0.0.1@224.0.0.114"), eth0) }, mcast.ErrNotBlocked, ""},
		{"send too much", a, func() error { return c.Send(make([]byte, mcast.MaxPayload+1), g.AddrPort(), mcast.Via{}) }, mcast.ErrTooLong, "65508 bytes"},
		{"send by an interface that is gone", a, func() error { return c.Send(nil, g.AddrPort(), mcast.Via{IfIndex: 99}) }, syscall.ENODEV, "on #99"},
		{"hops out of range", a, func() error { return c.SetHops(256) }, mcast.ErrHopsOutside, "256: the TTL (hop limit) must be 0 to 255"},
		{"unicast hops out of range", a, func() error { return c.SetUnicastHops(0) }, mcast.ErrHopsOutside, "0: the TTL (hop limit) must be 1 to 255"},
		{"a Conn with hops out of range", a, func() error {
			_, err := mcast.Listen(t.Context(), mcast.Config{Hops: 300})
			return err
		}, mcast.ErrHopsOutside, "300: the TTL (hop limit) must be 0 to 255"},
		{"a read size below zero", a, func() error {
			_, err := mcast.Listen(t.Context(), mcast.Config{ReadSize: -1})
			return err
		}, nil, "read size -1"},
		{"a read size that no datagram has", a, func() error {
			_, err := mcast.Listen(t.Context(), mcast.Config{ReadSize: 65536})
			return err
		}, nil, "read size 65536"},
		{"a port that another holds for itself", b, func() error {
			_, err := mcast.Listen(t.Context(), mcast.Config{Port: held.LocalAddr().Port()})
			return err
		}, mcast.ErrPortInUse, "listen 0.0.0.0:4000"},
		{"join where no route leads", b, func() error { return held.Join(g, host.Interface{}) }, mcast.ErrNoRoute, "network is unreachable"},
		{"send where no route leads", b, func() error { return held.Send([]byte("x"), g.AddrPort(), mcast.Via{}) }, syscall.ENETUNREACH,
			"mcast: send 224.0.0.114:1234: network is unreachable"},
	}
	for _, tt := range tests {
		var err error
		labtest.In(t, tt.host, func() error { err = tt.do(); return nil })
		if err == nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v; want %v, saying %q", tt.name, err, tt.want, tt.says)
		}
		if _, ok := errors.AsType[*mcast.OpError](err); !ok {
			t.Errorf("%s: %T is not an OpError", tt.name, err)
		}
	}
	if got := held.Stats().SendErrors; got != 1 {
		t.Errorf("SendErrors = %d, want 1", got)
	}
}
