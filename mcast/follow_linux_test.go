package mcast_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// followed is what a Conn's caller learns of a change.
type followed struct {
	change         host.Change
	lost, rejoined []mcast.Membership
	err            error
}

// follow keeps a Conn's memberships in line with the host's interfaces for the
// length of the test, and gives what it learned.
func follow(t *testing.T, node *lab.Node, c *mcast.Conn, name string) <-chan followed {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	events := make(chan followed, 1000)
	ended := make(chan error, 1)
	go func() {
		ended <- node.Do(func() error {
			return host.Watch(ctx, func(ch host.Change) {
				f := followed{change: ch}
				f.lost, f.rejoined, f.err = c.Follow(ch)
				events <- f
			})
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Watch: %v", err)
		}
	})
	await(t, events, "beginning", func(f followed) bool {
		return f.change.Kind == host.Appeared && f.change.Interface.Name == name
	})
	return events
}

// await waits for what a change brought.
func await(t *testing.T, events <-chan followed, what string, is func(followed) bool) followed {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		select {
		case f := <-events:
			if f.err != nil {
				t.Fatalf("%s of %s: %v", f.change.Kind, f.change.Interface.Name, f.err)
			}
			if is(f) {
				return f
			}
		case <-deadline:
			t.Fatalf("no %s", what)
		}
	}
}

// An interface that is deleted and made again has a new index, and nothing
// joined on it. Both events are told, and the group is heard again, with its
// filters.
func TestMembershipsComeBackWithTheInterface(t *testing.T) {
	l := labtest.Build(t, dual)
	a, b := l.Host("A"), l.Host("B")
	for _, version := range []struct {
		name   string
		group  string
		source string // B's address
	}{
		{"IPv4", "239.1.2.3", "192.168.8.226"},
		{"IPv6", "ff05::114", "2001:db8::226"},
	} {
		t.Run(version.name, func(t *testing.T) {
			all, one, blocked := group(t, version.group), group(t, version.source+"@"+version.group), group(t, version.group)
			blocked.Source = labtest.Addr(version.source)
			one.Addr = one.Addr.Next() // another group
			cfg := mcast.Config{Addr: anyOf(all), Port: mcast.DefaultPort}
			c := labtest.Socket(t, a, cfg)
			eth0 := labtest.Device(t, a, "eth0")
			join(t, a, c, all, eth0)
			join(t, a, c, one, eth0)
			labtest.In(t, a, func() error { return c.Block(blocked, eth0) })
			events := follow(t, a, c, "eth0")

			if err := a.Link("eth0").Delete(); err != nil {
				t.Fatal(err)
			}
			lost := await(t, events, "loss", func(f followed) bool { return len(f.lost) > 0 })
			if len(lost.lost) != 2 || len(c.Memberships()) != 0 {
				t.Errorf("at %s %d memberships are lost and %d left, want 2 and 0", lost.change.Kind, len(lost.lost), len(c.Memberships()))
			}
			start := time.Now()
			if err := a.Link("eth0").Make(); err != nil {
				t.Fatal(err)
			}
			back := await(t, events, "rejoining", func(f followed) bool { return len(f.rejoined) > 0 })
			t.Logf("joined again %v after it was asked for", time.Since(start))
			again := labtest.Device(t, a, "eth0")
			if again.Index == eth0.Index {
				t.Fatal("the lab made the interface with its old index: the test proves nothing")
			}
			for _, m := range back.rejoined {
				if m.Interface.Index != again.Index {
					t.Errorf("joined again on index %d, want %d", m.Interface.Index, again.Index)
				}
			}
			if got := c.Blocked(all, again); !slices.Equal(got, []Addr{labtest.Addr(version.source)}) {
				t.Errorf("blocked sources are %v, want %s", got, version.source)
			}

			// B is blocked in one group, and the one source of the other.
			from := labtest.Socket(t, b, mcast.Config{Addr: anyOf(all)})
			via := mcast.Via{IfIndex: labtest.Device(t, b, "eth0").Index, Source: labtest.Addr(version.source)}
			for _, to := range []mcast.Group{all, one} {
				labtest.In(t, b, func() error { return from.Send([]byte(to.Addr.String()), to.AddrPort(), via) })
			}
			labtest.Hears(t, c, one.Addr.String())
		})
	}
}

// Going down and coming up takes no membership away.
func TestMembershipsOutliveAFlap(t *testing.T) {
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	c := onGroup(t, a, "eth0")
	events := follow(t, a, c, "eth0")
	if err := a.Link("eth0").SetDown(); err != nil {
		t.Fatal(err)
	}
	await(t, events, "down", func(f followed) bool { return f.change.Kind == host.LinkDown })
	if err := a.Link("eth0").SetUp(); err != nil {
		t.Fatal(err)
	}
	await(t, events, "up", func(f followed) bool { return f.change.Kind == host.LinkUp })
	send(t, b, labtest.Socket(t, b, mcast.Config{}), "still here", mcast.Via{})
	labtest.Hears(t, c, "still here")
}

// A loss leaves nothing behind in the kernel: the place is free again, however
// often the interface goes.
func TestLossesTakeNoRoom(t *testing.T) {
	a := labtest.Build(t, dual).Host("A")
	for _, s := range []string{"192.168.8.226@232.1.1.1", "2001:db8::226@ff35::8000:1"} {
		g := group(t, s)
		var calls []string
		trace := &mcast.Trace{Call: func(c mcast.Call) { calls = append(calls, c.String()) }}
		c := labtest.Socket(t, a, mcast.Config{Addr: anyOf(g), Port: g.Port, Trace: trace})
		join(t, a, c, g, labtest.Device(t, a, "eth0"))
		for n := range 25 {
			before := labtest.Device(t, a, "eth0")
			if err := a.Link("eth0").Delete(); err != nil {
				t.Fatal(err)
			}
			labtest.In(t, a, func() error { _, _, err := c.Follow(host.Change{Kind: host.Gone, Interface: before}); return err })
			if got := len(c.Lost()); got != 1 {
				t.Fatalf("loss %d: %d memberships wait, want 1", n, got)
			}
			if err := a.Link("eth0").Make(); err != nil {
				t.Fatal(err)
			}
			again := labtest.Device(t, a, "eth0")
			labtest.In(t, a, func() error { _, _, err := c.Follow(host.Change{Kind: host.Appeared, Interface: again}); return err })
		}
		for _, call := range calls {
			if strings.HasSuffix(call, "MULTICAST_ALL 1 = ok") {
				t.Errorf("%s: another socket was needed for one membership", s)
			}
		}
	}
}

// Who joins again by hand before Follow does is not told of an error, now or
// later; and what the kernel chose can be left as it was joined.
func TestJoinedAgainByHand(t *testing.T) {
	a := labtest.Build(t, dual).Host("A")
	c := onGroup(t, a, "eth0")
	other := group(t, "239.1.2.3")
	if err := a.AddRoute(lab.Route{Dst: labtest.Prefix("224.0.0.0/4"), Dev: "eth0"}); err != nil {
		t.Fatal(err)
	}
	join(t, a, c, other, host.Interface{})
	before := labtest.Device(t, a, "eth0")
	labtest.In(t, a, func() error { return errors.Join(a.Link("eth0").Delete(), a.Link("eth0").Make()) })
	now := labtest.Device(t, a, "eth0")
	labtest.In(t, a, func() error { _, _, err := c.Follow(host.Change{Kind: host.Gone, Interface: before}); return err })
	join(t, a, c, mcast.DefaultGroup, now)
	for _, kind := range []host.ChangeKind{host.Appeared, host.LinkUp} {
		labtest.In(t, a, func() error { _, _, err := c.Follow(host.Change{Kind: kind, Interface: now}); return err })
	}
	if len(c.Lost()) != 0 || len(c.Memberships()) != 2 {
		t.Errorf("%d memberships wait and %d are there, want 0 and 2", len(c.Lost()), len(c.Memberships()))
	}
	labtest.In(t, a, func() error { return c.Leave(other, host.Interface{}) })
}
