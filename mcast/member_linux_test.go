package mcast_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func TestJoinSources(t *testing.T) {
	eachVersion(t, func(t *talk) {
		c := t.listen()
		one, two := t.source(1).String()+" in", t.source(2).String()+" in"
		all := []int{1, 2, 3}

		t.must(c.Join, t.only(1), t.eth0)
		t.hears("one source joined", c, all, []int{1})
		t.kernelHas("one source joined", one)

		t.must(c.Join, t.only(2), t.eth0)
		t.hears("two sources joined", c, all, []int{1, 2})
		t.kernelHas("two sources joined", one, two)
		if got := len(c.Memberships()); got != 3 { // with the marker
			t.Errorf("Memberships has %d entries, want one for each source and the marker", got)
		}

		t.refuses("the same source again", c.Join, t.only(1), t.eth0, mcast.ErrJoined)
		t.refuses("a source that was not joined", c.Leave, t.only(3), t.eth0, mcast.ErrNotJoined)
		t.refuses("joining for all sources", c.Join, t.g, t.eth0, mcast.ErrMixedModes)
		t.refuses("leaving all sources at once", c.Leave, t.g, t.eth0, mcast.ErrMixedModes)
		t.refuses("blocking one of them", c.Block, t.only(1), t.eth0, mcast.ErrMixedModes)
		t.hears("after what was refused", c, all, []int{1, 2})

		t.must(c.Leave, t.only(1), t.eth0)
		t.hears("the first source left", c, all, []int{2})
		t.kernelHas("the first source left", two)
		t.must(c.Leave, t.only(2), t.eth0)
		if got := t.joined(); got != nil {
			t.Errorf("after the last source was left the kernel has the group on %v", got)
		}
		t.refuses("leaving what was left", c.Leave, t.only(2), t.eth0, mcast.ErrNotJoined)
	})
}

func TestBlockSources(t *testing.T) {
	eachVersion(t, func(t *talk) {
		c := t.listen()
		all := []int{1, 2, 3}
		t.must(c.Join, t.g, t.eth0)
		t.hears("joined", c, all, all)
		t.must(c.Block, t.only(1), t.eth0)
		t.hears("one blocked", c, all, []int{2, 3})
		t.kernelHas("one blocked", t.source(1).String()+" out")
		t.must(c.Block, t.only(3), t.eth0)
		t.hears("two blocked", c, all, []int{2})
		if got, want := c.Blocked(t.g, t.eth0), []netip.Addr{t.source(1), t.source(3)}; !slices.Equal(got, want) {
			t.Errorf("Blocked = %v, want %v", got, want)
		}

		t.refuses("blocking it again", c.Block, t.only(1), t.eth0, mcast.ErrBlocked)
		t.refuses("unblocking another", c.Unblock, t.only(2), t.eth0, mcast.ErrNotBlocked)
		t.refuses("blocking where it is not joined", c.Block, t.only(1), t.eth1, mcast.ErrNotJoined)
		t.refuses("joining for one source", c.Join, t.only(2), t.eth0, mcast.ErrMixedModes)
		t.refuses("leaving one source", c.Leave, t.only(2), t.eth0, mcast.ErrMixedModes)
		t.hears("after what was refused", c, all, []int{2})

		t.must(c.Unblock, t.only(1), t.eth0)
		t.hears("one unblocked", c, all, []int{1, 2})
		t.must(c.Leave, t.g, t.eth0)
		t.kernelHas("left")
		t.must(c.Join, t.g, t.eth0)
		t.hears("joined anew, nothing is blocked", c, all, all)
	})
}

// The kernel takes 10 sources of an IPv4 group and 64 of an IPv6 group. The
// one that is too many takes nothing from the others.
func TestTooManySources(t *testing.T) {
	eachVersion(t, func(t *talk) {
		c, blocking := t.listen(), t.listen()
		t.must(blocking.Join, t.g, t.eth0)
		for n := 1; n <= t.most; n++ {
			t.must(c.Join, t.only(n), t.eth0)
			t.must(blocking.Block, t.only(n), t.eth0)
		}
		outside := t.most + 1
		t.refuses("one source more", c.Join, t.only(outside), t.eth0, mcast.ErrTooManySources)
		t.refuses("one blocked more", blocking.Block, t.only(outside), t.eth0, mcast.ErrTooManySources)
		t.hears("after the refusal", c, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, outside}, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
		labtest.Hears(t.T, blocking, strconv.Itoa(outside))
		t.must(c.Leave, t.only(1), t.eth0)
		t.must(c.Join, t.only(outside), t.eth0)
		labtest.Hears(t.T, blocking, "1") // the marker
		t.hears("with one in another's place", c, []int{1, 2, outside}, []int{2, outside})
	})
}

// Each interface has its own sources of a group.
func TestSourcesOnTwoInterfaces(t *testing.T) {
	eachVersion(t, func(t *talk) {
		all := []int{1, 2, 100}
		c := t.listen()
		t.must(c.Join, t.only(1), t.eth0)
		t.must(c.Join, t.only(100), t.eth1)
		t.hears("a source on each", c, all, []int{1, 100})
		t.must(c.Leave, t.only(1), t.eth0)
		t.hears("the first left", c, all, []int{100})
		t.must(c.Join, t.g, t.eth0)
		t.hears("all on one, a source on the other", c, all, all)
		t.must(c.Leave, t.only(100), t.eth1)
		t.must(c.Join, t.g, t.eth1)
		t.must(c.Block, t.only(1), t.eth0)
		t.must(c.Block, t.only(2), t.eth1)
		t.hears("each blocked on its own", c, all, []int{2, 100})
	})
}

// A membership has no port: the kernel joins addresses.
func TestGroupWithTwoPorts(t *testing.T) {
	eachVersion(t, func(t *talk) {
		c := t.listen()
		t.must(c.Join, t.g, t.eth0)
		other := t.g
		other.Port++
		t.refuses("the group with another port", c.Join, other, t.eth0, mcast.ErrJoined)
		t.must(c.Leave, other, t.eth0)
		if got := t.joined(); got != nil {
			t.Errorf("left by its other port, the group is still on %v", got)
		}
	})
}

// Without an interface the kernel chooses, by B's route to groups or, with
// IPv6, by the order of its interfaces.
func TestLeaveWithoutInterface(t *testing.T) {
	eachVersion(t, func(t *talk) {
		var none host.Interface
		c := t.listen()
		t.must(c.Join, t.g, none)
		where := t.joined()
		if m := c.Memberships(); len(where) != 1 || len(m) != 2 || m[1].Interface.Name != where[0] {
			t.Errorf("joined on %v, Memberships says %v", where, m)
		}
		t.refuses("joined twice", c.Join, t.g, none, mcast.ErrJoined)
		t.must(c.Leave, t.g, none)
		t.must(c.Join, t.only(1), none)
		t.must(c.Leave, t.only(1), none)
		if got := t.joined(); got != nil {
			t.Errorf("left without an interface, the group is still on %v", got)
		}
		t.refuses("left twice", c.Leave, t.g, none, mcast.ErrNotJoined)
	})
}

func TestJoinByZone(t *testing.T) {
	eachVersion(t, func(t *talk) {
		if t.g.Addr.Is4() {
			t.Skip("zones are IPv6's")
		}
		var none host.Interface
		c := t.listen()
		zoned := t.g
		zoned.Addr = zoned.Addr.WithZone("eth1")
		t.must(c.Join, zoned, none)
		if got := t.joined(); !slices.Equal(got, []string{"eth1"}) {
			t.Errorf("joined on %v, want eth1", got)
		}
		t.must(c.Leave, t.g, t.eth1) // the same, in other words
		t.refuses("left twice", c.Leave, zoned, none, mcast.ErrNotJoined)
		zoned.Addr = zoned.Addr.WithZone("eth9")
		t.refuses("a zone that is none", c.Join, zoned, none, host.ErrNoInterface)

		// A zone behind a source's address says nothing more.
		link := t.only(1)
		link.Source = link.Source.WithZone("eth0")
		t.must(c.Join, link, t.eth0)
		if on := c.JoinedOn(link); len(on) != 1 || on[0].Name != "eth0" {
			t.Errorf("a source with a zone is joined on %v, want eth0", on)
		}
		t.hears("a source with a zone", c, []int{1, 2}, []int{1})
	})
}

// Programs that share a port have their own filters.
func TestTwoConnsOnAPort(t *testing.T) {
	eachVersion(t, func(t *talk) {
		first, second, third := t.listen(), t.listen(), t.listen()
		t.must(first.Join, t.only(1), t.eth0)
		t.must(second.Join, t.only(2), t.eth0)
		t.must(third.Join, t.g, t.eth0)
		t.must(third.Block, t.only(1), t.eth0)
		all := []int{1, 2, 3}
		t.hears("the first, who joined source 1", first, all, []int{1})
		labtest.Hears(t.T, second, "2", "1")
		labtest.Hears(t.T, third, "2", "3", "1")
	})
}

// Everything at once, and then Close: nothing may race, hang or stay.
func TestConcurrentUse(t *testing.T) {
	eachVersion(t, func(t *talk) {
		defer goleak.VerifyNone(t.T, goleak.IgnoreCurrent())
		c := t.listen()
		t.must(c.Join, t.g, t.eth0)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var all sync.WaitGroup
		// Join opens sockets, which are those of the calling thread's network.
		work := func(do func(n int) error) {
			all.Go(func() {
				err := t.b.Do(func() error {
					for n := 0; ctx.Err() == nil; n++ {
						if err := do(n); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil && !errors.Is(err, net.ErrClosed) {
					t.Errorf("before Close: %v", err)
				}
			})
		}
		for worker := range 3 {
			work(func(n int) error {
				g := t.nth(100*worker + n%30)
				if err := c.Join(g, t.eth0); n%60 < 30 || err != nil && !errors.Is(err, mcast.ErrJoined) {
					return ignore(err, mcast.ErrJoined)
				}
				return c.Leave(g, t.eth0)
			})
		}
		work(func(n int) error {
			if err := c.Block(t.only(1), t.eth0); err != nil {
				return err
			}
			return c.Unblock(t.only(1), t.eth0)
		})
		work(func(n int) error { return c.Send([]byte("x"), t.g.AddrPort(), mcast.Via{IfIndex: t.eth0.Index}) })
		work(func(n int) error { return c.SetHops(1 + n%2) })
		work(func(n int) error { c.Stats(); c.Memberships(); c.Blocked(t.g, t.eth0); return nil })
		read := make(chan struct{})
		work(func(n int) error {
			_, err := c.Read(ctx, make([]mcast.Datagram, mcast.BatchSize))
			if n == 200 {
				close(read)
			}
			return err
		})
		select {
		case <-read:
		case <-time.After(10 * time.Second):
			t.Error("200 Reads take longer than 10 s")
		}
		if err := c.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		time.AfterFunc(100*time.Millisecond, cancel) // for those who ask for Stats only
		all.Wait()
	})
}

func ignore(err, expected error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}
