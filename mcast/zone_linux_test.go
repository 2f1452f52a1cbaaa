package mcast_test

import (
	"errors"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// A zone is the interface that has its name now, in the socket's network
// namespace, for Send as for SendBatch.
func TestZoneOfAnInterfaceMadeAgain(t *testing.T) {
	eachVersion(t, func(t *talk) {
		if t.g.Addr.Is4() {
			return // has no zones
		}
		group := group(t.T, "[ff02::4321%wan9]:6000")
		c := labtest.Socket(t.T, t.b, mcast.Config{Addr: anyOf(group)})
		batch := func(text string) error {
			_, err := c.SendBatch([]mcast.Outgoing{{Data: []byte(text), To: group.AddrPort()}})
			return err
		}
		var first int
		for try := range 3 {
			labtest.In(t.T, t.b, plugIn("wan9", "2001:db8:9::1/64"))
			far := labtest.Device(t.T, t.b, "wan9far")
			labtest.Eventually(t.T, "the cable carries", func() bool { return labtest.Device(t.T, t.b, "wan9far").Carrier() })
			if try > 0 && far.Index == first {
				t.Fatal("the interface has its old index")
			}
			first = far.Index
			heard := labtest.Socket(t.T, t.b, mcast.Config{Addr: anyOf(group), Port: 6000})
			join(t.T, t.b, heard, mcast.Group{Addr: group.Addr.WithZone(""), Port: 6000}, far)
			if err := batch("a batch"); err != nil { // this thread is in neither host
				t.Errorf("SendBatch by interface number %d of that name: %v", try+1, err)
				continue
			}
			if err := c.Send([]byte("one"), group.AddrPort(), mcast.Via{}); err != nil {
				t.Errorf("Send by interface number %d of that name: %v", try+1, err)
				continue
			}
			labtest.Hears(t.T, heard, "a batch", "one")
			labtest.In(t.T, t.b, func() error {
				link, err := netlink.LinkByName("wan9")
				if err != nil {
					return err
				}
				return netlink.LinkDel(link)
			})
		}
		if err := batch("gone"); !errors.Is(err, host.ErrNoInterface) {
			t.Errorf("SendBatch by an interface that is gone: %v, want ErrNoInterface", err)
		}
		// The kernel would take what stands before the colon.
		colon := group
		colon.Addr = group.Addr.WithZone("eth0:6000")
		if err := c.Send(nil, colon.AddrPort(), mcast.Via{}); !errors.Is(err, host.ErrNoInterface) {
			t.Errorf("Send to a zone with a colon: %v, want ErrNoInterface", err)
		}
	})
}

// plugIn makes an interface with an address, and a cable to NAMEfar.
func plugIn(name, addr string) func() error {
	return func() error {
		if err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: name}, PeerName: name + "far"}); err != nil {
			return err
		}
		for _, name := range []string{name + "far", name} { // so that its queue works at once
			link, err := netlink.LinkByName(name)
			if err != nil {
				return err
			}
			if err := netlink.LinkSetUp(link); err != nil {
				return err
			}
		}
		link, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		return netlink.AddrAdd(link, &netlink.Addr{IPNet: labtest.IPNet(addr), Flags: unix.IFA_F_NODAD})
	}
}
