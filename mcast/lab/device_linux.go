package lab

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// AddBridge makes a bridge in the host, with those of its interfaces as ports,
// and waits for its carrier. Frames that a port receives then belong to the
// bridge, and so should the port's addresses, which stay where they are.
// Link.Delete ends it.
func (n *Node) AddBridge(name string, ports ...string) error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name = name
	h := n.ns.handle
	if err := h.LinkAdd(&netlink.Bridge{LinkAttrs: attrs}); err != nil {
		return n.Link(name).failed("make", err)
	}
	bridge, err := h.LinkByName(name)
	if err != nil {
		return n.Link(name).failed("make", err)
	}
	for _, p := range ports {
		if err := n.Link(p).change("make a port of "+name+" of", func(link netlink.Link) error { return h.LinkSetMaster(link, bridge) }); err != nil {
			return err
		}
	}
	return n.Link(name).SetUp()
}

// AddMacvlan makes a macvlan interface on one of the host's, as containers
// have them, gives it to a host, this one or another, and switches it on. It
// hears and reaches the LAN, but never the interface that it is on.
// Link.Delete ends it.
func (n *Node) AddMacvlan(name, on string, to *Node) error {
	parent, err := n.ns.handle.LinkByName(on)
	if err != nil {
		return n.Link(on).failed("make a macvlan on", err)
	}
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.ParentIndex = name, parent.Attrs().Index
	attrs.HardwareAddr, attrs.Namespace = hardwareAddr(to.name, name), netlink.NsFd(to.ns.file.Fd())
	if err := n.ns.handle.LinkAdd(&netlink.Macvlan{LinkAttrs: attrs, Mode: netlink.MACVLAN_MODE_BRIDGE}); err != nil {
		return to.Link(name).failed("make", err)
	}
	return to.Link(name).SetUp()
}

// swallower is the interface that Swallow redirects frames to: a bridge without
// ports, which discards them.
const swallower = "swallowed"

// Swallow discards what the host sends out of the interface, before the interface
// counts it, or ends that. No send fails, not even one that asks for errors
// (IP_RECVERR), as it would with a firewall's drop.
func (l *Link) Swallow(on bool) error {
	err := l.endSwallow()
	if err == nil && on {
		err = l.swallow()
	}
	return l.failed("swallow what is sent by", err)
}

// swallow does the same as
//
//	ip link add swallowed up type bridge
//	tc qdisc add dev eth0 clsact
//	tc filter add dev eth0 egress u32 match u32 0 0 action mirred egress redirect dev swallowed
func (l *Link) swallow() error {
	h := l.node.ns.handle
	from, err := h.LinkByName(l.name)
	if err != nil {
		return err
	}
	attrs := netlink.NewLinkAttrs()
	attrs.Name = swallower
	if err := h.LinkAdd(&netlink.Bridge{LinkAttrs: attrs}); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	to, err := h.LinkByName(swallower)
	if err != nil {
		return err
	}
	if err := ignoreMissing(l.node.Sysctl("net/ipv6/conf/"+swallower+"/disable_ipv6", "1")); err != nil {
		return err
	}
	if err := h.LinkSetUp(to); err != nil {
		return err
	}
	index := from.Attrs().Index
	if err := h.QdiscAdd(clsact(index)); err != nil {
		return err
	}
	return h.FilterAdd(&netlink.U32{
		FilterAttrs: netlink.FilterAttrs{LinkIndex: index, Parent: netlink.HANDLE_MIN_EGRESS, Priority: 1, Protocol: unix.ETH_P_ALL},
		Actions:     []netlink.Action{netlink.NewMirredAction(to.Attrs().Index)},
	})
}

func clsact(index int) *netlink.Clsact {
	return &netlink.Clsact{QdiscAttrs: netlink.QdiscAttrs{
		LinkIndex: index, Handle: netlink.MakeHandle(0xffff, 0), Parent: netlink.HANDLE_CLSACT,
	}}
}

func (l *Link) endSwallow() error {
	h := l.node.ns.handle
	link, err := h.LinkByName(l.name)
	if err != nil {
		return err
	}
	qdiscs, err := h.QdiscList(link)
	if err != nil {
		return err
	}
	for _, q := range qdiscs {
		if q.Type() == "clsact" {
			return h.QdiscDel(clsact(link.Attrs().Index))
		}
	}
	return nil
}

// queueSize is how much Queue lets pass at once, and how much it lets wait, in
// bytes: an Ethernet frame.
const queueSize = 1514

// Queue lets the interface send no faster than that, in bytes a second, with room
// for about one frame to wait; a frame that finds no room is dropped, and the
// kernel reports that to the sender only with IP_RECVERR. 0 ends it.
func (l *Link) Queue(rate uint64) error {
	return l.failed(fmt.Sprintf("queue at %d bytes a second on", rate), l.queue(rate))
}

// queue does the same as
//
//	tc qdisc replace dev eth0 root tbf rate RATE burst 1514 limit 1514
func (l *Link) queue(rate uint64) error {
	h := l.node.ns.handle
	link, err := h.LinkByName(l.name)
	if err != nil {
		return err
	}
	attrs := netlink.QdiscAttrs{LinkIndex: link.Attrs().Index, Handle: netlink.MakeHandle(1, 0), Parent: netlink.HANDLE_ROOT}
	if rate > 0 {
		return h.QdiscReplace(&netlink.Tbf{QdiscAttrs: attrs, Rate: rate, Limit: queueSize, Buffer: netlink.Xmittime(rate, queueSize)})
	}
	qdiscs, err := h.QdiscList(link)
	if err != nil {
		return err
	}
	for _, q := range qdiscs {
		if q.Type() == "tbf" {
			return h.QdiscDel(q)
		}
	}
	return nil
}
