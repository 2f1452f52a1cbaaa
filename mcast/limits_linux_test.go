package mcast_test

import (
	"errors"
	"fmt"
	"net"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// More groups than a socket of the kernel holds, all of them heard, and no
// error that says so.
func TestMoreGroupsThanASocketHolds(t *testing.T) {
	eachVersion(t, func(t *talk) {
		before := labtest.OpenFiles(t.T)
		c := t.listen()
		const most = 25
		for n := range most {
			t.must(c.Join, t.nth(n), t.eth0)
		}
		for n := range most {
			t.say(t.nth(n), 1)
			if d, _ := labtest.Next(t.T, c); d.To != t.nth(n).Addr || d.Stray {
				t.Fatalf("sent to %s, heard one to %s, stray: %v", t.nth(n), d.To, d.Stray)
			}
		}

		// t.g is beyond what IPv4 has room for; so is each of these filters.
		t.must(c.Join, t.only(1), t.eth0)
		t.hears("one source", c, []int{1, 2, 3}, []int{1})
		another := labtest.Socket(t.T, t.b, mcast.Config{Addr: anyOf(t.g), Port: t.g.Port})
		t.must(another.Join, t.g, t.eth0)
		if t.g.Addr.Is4() {
			t.hears("one source, and another program all", c, []int{1, 2, 3}, []int{1}, 2, 3)
		} else { // all of it is one socket's
			t.hears("one source, and another program all", c, []int{1, 2, 3}, []int{1})
		}
		t.must(c.Leave, t.only(1), t.eth0)
		if t.g.Addr.Is4() {
			t.hears("none, and another program all", c, []int{1, 2, 3}, nil, 1, 2, 3)
		} else {
			t.hears("none, and another program all", c, []int{1, 2, 3}, nil)
		}
		t.must(c.Join, t.g, t.eth0)
		t.hears("all", c, []int{1, 2, 3}, []int{1, 2, 3})
		t.must(c.Block, t.only(2), t.eth0)
		if t.g.Addr.Is4() {
			t.hears("one blocked, and another program all", c, []int{1, 2, 3}, []int{1, 3}, 2)
			if got := c.Stats().Strays; got != 6 {
				t.Errorf("Stats().Strays = %d, want 6", got)
			}
		} else {
			t.hears("one blocked, and another program all", c, []int{1, 2, 3}, []int{1, 3})
		}

		// Leaving makes room, which the next joins use.
		files := labtest.OpenFiles(t.T)
		for n := range most {
			t.must(c.Leave, t.nth(n), t.eth0)
		}
		for n := range most {
			t.must(c.Join, t.nth(most+n), t.eth0)
		}
		if got := labtest.OpenFiles(t.T); got != files {
			t.Errorf("%d files are open after others took the place of the groups, want %d as before", got, files)
		}

		if err := c.Close(); err != nil {
			t.Error(err)
		}
		t.refuses("after Close", c.Join, t.nth(99), t.eth0, net.ErrClosed)
		another.Close()
		if got := labtest.OpenFiles(t.T); got > before {
			t.Errorf("%d files are open after Close, want %d as before", got, before)
		}
	})
}

// Datagrams of IPv6 come through by an interface where only another program
// has joined, whatever IPV6_MULTICAST_ALL says; those of IPv4 do not.
func TestStrayByAnotherInterface(t *testing.T) {
	eachVersion(t, func(t *talk) {
		c, another := t.listen(), t.listen()
		t.must(c.Join, t.g, t.eth0)
		t.must(another.Join, t.g, t.eth1)
		if t.g.Addr.Is4() {
			t.hears("the group on eth0", c, []int{1, 100}, []int{1})
		} else {
			t.hears("the group on eth0", c, []int{1, 100}, []int{1}, 100)
		}
	})
}

// A group that was joined by its interface's name is not joined, and least of
// all narrowed, where the kernel would choose the same one.
func TestKernelsChoiceIsJoinedAlready(t *testing.T) {
	eachVersion(t, func(t *talk) {
		var none host.Interface
		c := t.listen()
		t.must(c.Join, t.g, none)
		where := c.Memberships()[1].Interface
		t.must(c.Leave, t.g, none)

		for n := range 20 { // so that it is another socket's
			t.must(c.Join, t.nth(n), t.eth0)
		}
		t.must(c.Join, t.g, where)
		t.refuses("all sources", c.Join, t.g, none, mcast.ErrJoined)
		t.refuses("one source", c.Join, t.only(1), none, mcast.ErrMixedModes)
		t.must(c.Leave, t.g, where)
		if got := t.joined(); got != nil {
			t.Errorf("left, the group is still on %v", got)
		}

		t.must(c.Join, t.only(1), where)
		t.must(c.Join, t.only(2), none)
		if got := len(c.Memberships()); got != 23 {
			t.Errorf("Memberships has %d entries, want two sources, 20 groups and the marker", got)
		}
		t.must(c.Leave, t.only(1), where)
		t.must(c.Leave, t.only(2), where)
		if got := t.joined(); got != nil {
			t.Errorf("both sources left, the group is still on %v", got)
		}
	})
}

func TestTwoThousandGroups(t *testing.T) {
	eachVersion(t, func(t *talk) {
		const most = 2000
		c := t.listen()
		held := func() (n int) {
			t.Helper()
			labtest.In(t.T, t.b, func() error {
				list, err := t.groups()
				for _, i := range list {
					for _, g := range i.Groups {
						if b := g.Addr.As16(); i.Name == "eth0" && (b[12] == 239 && b[13] == 1 || b[0] == 0xff && b[13] == 1) {
							n++
						}
					}
				}
				return err
			})
			return n
		}
		labtest.In(t.T, t.b, func() error {
			for n := range most {
				if err := c.Join(t.nth(n), t.eth0); err != nil {
					return fmt.Errorf("after %d groups: %w", n, err)
				}
			}
			return nil
		})
		if got := held(); got != most {
			t.Errorf("the kernel has %d groups, want %d", got, most)
		}
		for _, n := range []int{0, 19, 20, 1000, most - 1} {
			t.say(t.nth(n), 1)
			if d, _ := labtest.Next(t.T, c); d.To != t.nth(n).Addr || d.Stray {
				t.Errorf("sent to %s, heard one to %s, stray: %v", t.nth(n), d.To, d.Stray)
			}
		}
		// A filter has room beside all of them.
		for n := 1; n <= t.most; n++ {
			g := t.nth(0)
			g.Source = t.source(n)
			t.must(c.Block, g, t.eth0)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if got := held(); got != 0 {
			t.Errorf("after Close the kernel has %d groups, want none", got)
		}
	})
}

// A socket's memory ends (net.core.optmem_max) where the administrator allows
// more groups, and with IPv6. Every group is heard that was joined there, and
// a source can still be blocked.
func TestSocketsMemoryEnds(t *testing.T) {
	eachVersion(t, func(t *talk) {
		if err := t.b.Sysctl("net.ipv4.igmp_max_memberships", "100000"); err != nil {
			t.Fatal(err)
		}
		for plain := range 4 { // so that it ends once between a group and its source
			c := labtest.Socket(t.T, t.b, mcast.Config{Addr: anyOf(t.g), Port: t.g.Port})
			labtest.In(t.T, t.b, func() (err error) {
				for n := range 1000 {
					g := t.nth(n)
					if n >= plain {
						g.Source = t.source(1)
					}
					err = errors.Join(err, c.Join(g, t.eth0))
				}
				return err
			})
			for n := range 1000 {
				t.say(t.nth(n), 1)
				if d, _ := labtest.Next(t.T, c); d.To != t.nth(n).Addr || d.Stray {
					t.Fatalf("sent to %s, heard one to %s, stray: %v", t.nth(n), d.To, d.Stray)
				}
			}
			c.Close()
		}

		c := labtest.Socket(t.T, t.b, mcast.Config{Addr: anyOf(t.g), Port: t.g.Port})
		labtest.In(t.T, t.b, func() (err error) {
			for n := range 4000 {
				err = errors.Join(err, c.Join(t.nth(n), t.eth0))
			}
			return err
		})
		g := t.nth(0)
		g.Source = t.source(1)
		t.must(c.Block, g, t.eth0)
		t.say(t.nth(0), 1)
		t.say(t.nth(0), 2)
		labtest.Hears(t.T, c, "2")
	})
}

// What was joined on an interface that is gone can be left, and then does not
// come back with it.
func TestLeaveWhatIsLost(t *testing.T) {
	eachVersion(t, func(t *talk) {
		c := t.listen()
		t.must(c.Join, t.only(1), t.eth1)
		t.must(c.Join, t.only(2), t.eth1)
		if lost, _, _ := c.Follow(host.Change{Kind: host.Gone, Interface: t.eth1}); len(lost) != 2 {
			t.Errorf("lost %v, want two sources", lost)
		}
		t.must(c.Leave, t.only(1), t.eth1)
		t.must(c.Leave, t.only(2), t.eth1)
		t.refuses("left twice", c.Leave, t.only(2), t.eth1, mcast.ErrNotJoined)
		var again []mcast.Membership
		labtest.In(t.T, t.b, func() (err error) {
			_, again, err = c.Follow(host.Change{Kind: host.Appeared, Interface: t.eth1})
			return err
		})
		if len(again) != 0 || t.joined() != nil {
			t.Errorf("joined again %v, though left", again)
		}
	})
}
