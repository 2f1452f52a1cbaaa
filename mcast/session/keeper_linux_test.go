package session

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// plug makes an interface of this host with an address, and unplug deletes it.
func plug(t *testing.T, name, address string) (unplug func()) {
	t.Helper()
	veth := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: name}, PeerName: name + "p"}
	if err := netlink.LinkAdd(veth); err != nil {
		t.Fatal(err)
	}
	addr, err := netlink.ParseAddr(address)
	if err != nil {
		t.Fatal(err)
	}
	for _, end := range []string{name + "p", name} {
		link, err := netlink.LinkByName(end)
		if err != nil {
			t.Fatal(err)
		}
		if end == name {
			if err := netlink.AddrAdd(link, addr); err != nil {
				t.Fatal(err)
			}
		}
		if err := netlink.LinkSetUp(link); err != nil {
			t.Fatal(err)
		}
	}
	labtest.Eventually(t, name+" has a carrier", func() bool {
		list, err := host.Interfaces()
		i, missing := host.Find(list, name)
		return err == nil && missing == nil && i.Carrier()
	})
	return func() {
		t.Helper()
		if err := netlink.LinkDel(veth); err != nil {
			t.Fatal(err)
		}
	}
}

// isSeen waits until the session knows of an interface.
func isSeen(t *testing.T, s *Session, name string) {
	t.Helper()
	labtest.Eventually(t, name+" is seen", func() bool {
		return slices.ContainsFunc(s.Snapshot().Interfaces, func(i Interface) bool { return i.Name == name && i.Up() && len(i.Addrs) > 0 })
	})
}

// follows waits until the session follows the interfaces: it sees a new one.
func follows(t *testing.T, s *Session) {
	t.Helper()
	unplug := plug(t, "lan8", "10.8.0.1/24")
	isSeen(t, s, "lan8")
	unplug()
}

// A group that was left while one of its interfaces was away is not joined
// again when the interface returns; one that is only lost can be left.
func TestLeaveWhileAnInterfaceIsAway(t *testing.T) {
	if !labtest.InHost(t, lab.Article, "A") {
		return
	}
	const text = "239.1.2.3:5000"
	g := labtest.Group(text)
	for _, named := range [][]string{nil, {"lan7"}} { // joined elsewhere as well, and there alone
		unplug := plug(t, "lan7", "10.7.0.1/24")
		s := startHere(t, Config{Group: g, Interfaces: named, Hops: 1})
		says(t, s, "joined "+text+" on ")
		follows(t, s)
		unplug()
		says(t, s, "lan7 is gone, and the membership in "+text+" with it")
		do(t, s, Leave{})
		if l := says(t, s, "left "+text+" on "); !strings.Contains(l.Text.String(), "lan7") {
			t.Errorf("it says %q, want that lan7 is left as well", l.Text)
		}
		unplug = plug(t, "lan7", "10.7.0.1/24")
		// What is joined after the interface was seen proves that nothing else was.
		isSeen(t, s, "lan7")
		do(t, s, Join{Group: labtest.Group("239.9.9.9"), Interface: "lan7"})
		says(t, s, "joined 239.9.9.9:1234 on lan7")
		if on := locked(s, func() []mcast.Membership { return s.keep.Memberships() }); len(on) != 1 || on[0].Addr != netip.MustParseAddr("239.9.9.9") {
			t.Errorf("after the interface is back %v is joined, want 239.9.9.9 alone", on)
		}
		s.Close()
		unplug()
	}
}

// An interface that is joined shows no error of an earlier try.
func TestAnOldErrorIsForgotten(t *testing.T) {
	if !labtest.InHost(t, lab.Article, "A") {
		return
	}
	all, one := "232.1.2.3:5000", "192.168.8.226@232.1.2.3:5000"
	s := startHere(t, Config{Group: labtest.Group(all), Hops: 1})
	says(t, s, "joined "+all)
	do(t, s, Leave{Group: labtest.Group(all), Interface: "eth1"})
	do(t, s, Join{Group: labtest.Group(one)})
	says(t, s, "a group is joined either for all sources or for single ones")
	do(t, s, Leave{Group: labtest.Group(all)})
	do(t, s, Join{Group: labtest.Group(one)})
	says(t, s, "joined "+one+" on ")
	for _, i := range s.Snapshot().Interfaces {
		if i.Joined && i.Err != nil {
			t.Errorf("%s is joined, and shows %v", i.Name, i.Err)
		}
	}
}

// That an interface is gone is a finding, until it is back by its name.
func TestAnInterfaceIsBackByName(t *testing.T) {
	if !labtest.InHost(t, lab.Article, "A") {
		return
	}
	unplug := plug(t, "lan7", "10.7.0.1/24")
	s := startHere(t, Config{Group: labtest.Group("239.1.2.3:5000"), Interfaces: []string{"lan7"}, Hops: 1})
	follows(t, s)
	findsNothing(t, s)
	unplug()
	if f := finds(t, s, "interface-down"); f.Title != "lan7 is gone" {
		t.Errorf("it says %q", f.Title)
	}
	unplug = plug(t, "lan7", "10.7.0.1/24")
	findsNothing(t, s)
	isSeen(t, s, "lan7")
	says(t, s, "lan7 is back: joined 239.1.2.3:5000 again")
	unplug()
}

// An interface may have been switched off, or lost its carrier, after a group was joined
// on it and before anybody watches: what is joined there is told to carry nothing, once.
func TestAnInterfaceIsOffBeforeTheWatch(t *testing.T) {
	if !labtest.InHost(t, lab.Article, "A") {
		return
	}
	g := labtest.Group("239.1.2.3:5000")
	for _, test := range []struct{ switchedOff, want, last string }{
		{"lan7", "lan7 is down: nothing arrives on it", "lan7 is up again"},
		{"lan7p", "lan7 has no carrier: nothing arrives on it", "lan7 is up again"},
		{"both", "lan7 is gone, and the membership in 239.1.2.3:5000 with it", "lan7 is back: joined 239.1.2.3:5000 again"},
	} {
		unplug := plug(t, "lan7", "10.7.0.1/24")
		list, err := host.Interfaces()
		if err != nil {
			t.Fatal(err)
		}
		lan7, err := host.Find(list, "lan7")
		if err != nil {
			t.Fatal(err)
		}
		told := make(chan Event, 16)
		k := &Keeper{
			Open: func(g mcast.Group) (*mcast.Conn, error) {
				return mcast.Listen(t.Context(), mcast.Config{Addr: g.Wildcard().Addr(), Port: g.Wildcard().Port()})
			},
			Tell: func(e Event) { told <- e },
		}
		if _, err := k.Join(g, host.Choice{Joins: []host.Interface{lan7}, ByUser: true}); err != nil {
			t.Fatal(err)
		}
		if test.switchedOff == "both" {
			unplug()
		} else {
			off(t, test.switchedOff, true)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- k.Listen(ctx, Listener{Heard: func(*mcast.Conn, []mcast.Datagram) bool { return true }})
		}()
		next := func(want string) {
			t.Helper()
			select {
			case e := <-told:
				for strings.Contains(e.Text, "no carrier") && !strings.Contains(want, "no carrier") {
					e = <-told // an interface that comes up has none for a moment
				}
				if e.Text != want || e.Err != nil {
					t.Errorf("%s: told %q (%v), want %q", test.switchedOff, e.Text, e.Err, want)
				}
			case <-time.After(20 * time.Second):
				t.Errorf("%s: nothing is told, want %q", test.switchedOff, test.want)
			}
		}
		next(test.want)
		if test.switchedOff == "both" {
			unplug = plug(t, "lan7", "10.7.0.1/24")
		} else {
			off(t, test.switchedOff, false)
		}
		next(test.last)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		k.Close()
		unplug()
	}
}

// off switches an interface of this host off, or on.
func off(t *testing.T, name string, is bool) {
	t.Helper()
	link, err := netlink.LinkByName(name)
	if err != nil {
		t.Fatal(err)
	}
	set := netlink.LinkSetUp
	if is {
		set = netlink.LinkSetDown
	}
	if err := set(link); err != nil {
		t.Fatal(err)
	}
}
