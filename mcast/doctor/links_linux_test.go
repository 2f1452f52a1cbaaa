package doctor_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/doctor"
)

// add makes an interface in the host and switches it on.
func (h *fakeHost) add(link netlink.Link) int {
	h.Helper()
	h.do(func() error {
		if err := netlink.LinkAdd(link); err != nil {
			return err
		}
		return netlink.LinkSetUp(link)
	})
	return h.index(link.Attrs().Name)
}

func named(name string) netlink.LinkAttrs {
	a := netlink.NewLinkAttrs()
	a.Name = name
	return a
}

// eventually gathers until ok, or fails.
func (h *fakeHost) eventually(what string, ok func() bool) {
	h.Helper()
	for deadline := time.Now().Add(5 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			h.Fatalf("after 5 s it is not so that %s", what)
		}
	}
}

// A bridge is known with its ports, and whether it has heard a querier: another
// bridge here, by a cable between the two.
func TestBridges(t *testing.T) {
	h := newHost(t)
	on := true
	br0 := h.add(&netlink.Bridge{LinkAttrs: named("br0"), MulticastSnooping: &on})
	br1 := h.add(&netlink.Bridge{LinkAttrs: named("br1")})
	cable := netlink.NewVeth(named("port0"))
	cable.PeerName = "port1"
	port0 := h.add(cable)
	port1 := h.index("port1")
	for port, bridge := range map[int]int{port0: br0, port1: br1} {
		h.do(func() error {
			link, err := netlink.LinkByIndex(port)
			if err != nil {
				return err
			}
			if err := netlink.LinkSetMasterByIndex(link, bridge); err != nil {
				return err
			}
			return netlink.LinkSetUp(link)
		})
	}
	b := h.gather().Links[br0].Bridge
	if b == nil || !b.Snooping || b.Querier || b.Heard || !slices.Equal(b.Ports, []int{port0}) {
		t.Errorf("br0 is %+v, want a snooping bridge with port0 that has heard no querier", b)
	}
	if f := h.gather(); f.Links[port0].Master != br0 || f.Links[port0].Kind != "veth" || f.Links[port0].Parent != port1 || f.Links[port0].Elsewhere {
		t.Errorf("port0 is %+v, want a veth to port1 here that is a port of br0", f.Links[port0])
	}
	h.startQuerier(br1)
	if b := h.gather().Links[br1].Bridge; b == nil || !b.Querier || !b.Heard {
		t.Errorf("br1 is %+v, want a bridge that is the querier itself", b)
	}
	h.eventually("br0 has heard the querier br1", func() bool { return h.gather().Links[br0].Bridge.Heard })
	h.in.Group = mcast.Group{Addr: netip.MustParseAddr("ff02::114"), Port: 1234}
	h.eventually("br0 has heard the querier br1, for IPv6", func() bool { return h.gather().Links[br0].Bridge.Heard })
}

// startQuerier lets a bridge ask for members.
func (h *fakeHost) startQuerier(bridge int) {
	h.Helper()
	message := nl.NewIfInfomsg(unix.AF_UNSPEC)
	message.Index = int32(bridge)
	info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	info.AddRtAttr(unix.IFLA_INFO_KIND, nl.NonZeroTerminated("bridge"))
	info.AddRtAttr(unix.IFLA_INFO_DATA, nil).AddRtAttr(unix.IFLA_BR_MCAST_QUERIER, nl.Uint8Attr(1))
	h.do(func() error {
		request := nl.NewNetlinkRequest(unix.RTM_NEWLINK, unix.NLM_F_ACK)
		request.AddData(message)
		request.AddData(info)
		_, err := request.Execute(unix.NETLINK_ROUTE, 0)
		return err
	})
}

// A macvlan is known with the interface it is made on.
func TestMacvlan(t *testing.T) {
	h := newHost(t)
	parent := named("mac0")
	parent.ParentIndex = h.index("eth0")
	mac0 := h.add(&netlink.Macvlan{LinkAttrs: parent, Mode: netlink.MACVLAN_MODE_BRIDGE})
	if link := h.gather().Links[mac0]; link.Kind != "macvlan" || link.Parent != parent.ParentIndex || link.Elsewhere {
		t.Errorf("mac0 is %+v, want a macvlan on eth0", link)
	}
}

// What a queue drops is counted once, though the queue has another inside.
func TestQueueDrops(t *testing.T) {
	h := newHost(t)
	eth0 := h.index("eth0")
	c := h.join(h.in.Group)
	doctor.SlowQueue(t, h.do, eth0, 1000, 2000)
	before := h.gather().Links[eth0]
	const many = 100
	for range many {
		if err := c.Send(make([]byte, 1000), h.in.Group.AddrPort(), mcast.Via{IfIndex: eth0}); err != nil {
			t.Fatal(err)
		}
	}
	after := h.gather().Links[eth0]
	if drops := after.QueueDrops - before.QueueDrops; drops < many/2 || drops > many {
		t.Errorf("the queue dropped %d of %d, want most, and none twice", drops, many)
	}
	if sent := after.Sent - before.Sent; sent > many/2 {
		t.Errorf("%d packets were sent, want few", sent)
	}
}

// An IPv6 address that another host has is known to be a duplicate.
func TestDuplicateAddress(t *testing.T) {
	h := newHost(t)
	twice := netip.MustParsePrefix("2001:db8::7/64")
	if err := h.lab.Host("B").Link("eth0").AddAddr(twice); err != nil {
		t.Fatal(err)
	}
	h.set("ipv6/conf/eth0/accept_dad", "1")
	h.set("ipv6/conf/eth0/dad_transmits", "1")
	h.do(func() error {
		link, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		addr, err := netlink.ParseAddr(twice.String())
		if err != nil {
			return err
		}
		return netlink.AddrAdd(link, addr)
	})
	eth0 := h.index("eth0")
	h.eventually("2001:db8::7 is known to be a duplicate", func() bool {
		return slices.Equal(h.gather().Links[eth0].Duplicate, []netip.Addr{twice.Addr()})
	})
}
