package lab

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Link is an interface of a host, to be changed while the lab runs. It is
// found by its name at each call.
type Link struct {
	node *Node
	name string
}

// Link returns the host's interface of that name; its methods fail if there
// is none.
func (n *Node) Link(name string) *Link { return &Link{node: n, name: name} }

// SetUp switches the interface on and waits for its carrier.
func (l *Link) SetUp() error {
	if err := l.change("switch on", l.node.ns.handle.LinkSetUp); err != nil {
		return err
	}
	return l.waitBothEnds()
}

// waitBothEnds waits until the interface and the switch's port carry
// datagrams.
func (l *Link) waitBothEnds() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := l.waitReady(ctx); err != nil {
		return err
	}
	c, ok := l.node.cables[l.name]
	if !ok {
		return nil // made by other means
	}
	if err := c.lab.switches.waitReady(ctx, portName(c.port)); err != nil {
		return l.failed("wait for the other end of", err)
	}
	if l.node.groups != nil {
		l.node.groups.ask()
	}
	return nil
}

// SetDown switches the interface off. Routes that lead by it are gone, and
// only those that its addresses bring come back with SetUp.
func (l *Link) SetDown() error { return l.change("switch off", l.node.ns.handle.LinkSetDown) }

// Delete deletes the interface, and with it its addresses, its routes and
// every membership on it.
func (l *Link) Delete() error {
	if err := l.change("delete", l.node.ns.handle.LinkDel); err != nil {
		return err
	}
	c, ok := l.node.cables[l.name]
	if !ok {
		return nil
	}
	return l.failed("end the delay of", c.lab.setDelay(c.port, 0))
}

// Make makes an interface again that was deleted, as the topology has it but
// without the host's routes by it, and waits for its carrier. It has a new
// index.
func (l *Link) Make() error {
	c := l.node.cables[l.name]
	if _, err := l.whole(); c.lab != nil && errors.Is(err, fs.ErrNotExist) { // a command in the host may have deleted it, with its delay
		if err := c.lab.setDelay(c.port, 0); err != nil {
			return l.failed("end the delay of", err)
		}
	}
	if err := l.node.plug(l.name); err != nil {
		return err
	}
	if err := c.lab.policeAll([]*Link{l}, true); err != nil {
		return err
	}
	// Since Linux 6.16 a netdev chain outlives its device, and applies to the
	// next one of that name.
	if err := l.Drop(c.Loss); err != nil || c.Down {
		return err
	}
	return l.waitBothEnds()
}

// Cut cuts the wire at the switch: the interface stays up and loses its carrier.
func (l *Link) Cut() error { return l.port("cut", false) }

// Heal mends a wire that was cut, and waits for the carrier of an interface
// that is up.
func (l *Link) Heal() error {
	if err := l.port("heal", true); err != nil {
		return err
	}
	link, err := l.node.ns.handle.LinkByName(l.name)
	if err != nil || link.Attrs().Flags&net.FlagUp == 0 {
		return l.failed("heal", err)
	}
	return l.waitBothEnds()
}

// port switches the other end of the interface's wire.
func (l *Link) port(op string, on bool) error {
	c, ok := l.node.cables[l.name]
	if !ok {
		return l.failed(op, fs.ErrNotExist)
	}
	h := c.lab.switches.handle
	port, err := h.LinkByName(portName(c.port))
	switch {
	case err != nil:
	case on:
		err = h.LinkSetUp(port)
	default:
		err = h.LinkSetDown(port)
	}
	return l.failed(op, err)
}

// AddAddr adds an address with the length of its subnet, usable at once.
func (l *Link) AddAddr(p netip.Prefix) error {
	return l.change("add "+p.String()+" to", func(link netlink.Link) error {
		return l.node.ns.handle.AddrAdd(link, kernelAddr(p))
	})
}

// DelAddr deletes an address; the error is EADDRNOTAVAIL if it is not there.
func (l *Link) DelAddr(p netip.Prefix) error {
	return l.change("delete "+p.String()+" from", func(link netlink.Link) error {
		return l.node.ns.handle.AddrDel(link, kernelAddr(p))
	})
}

func kernelAddr(p netip.Prefix) *netlink.Addr {
	a := &netlink.Addr{IPNet: ipNet(p)}
	if p.Addr().Is6() {
		a.Flags = unix.IFA_F_NODAD
	}
	return a
}

// setMulticast sets IFF_MULTICAST.
func (l *Link) setMulticast(on bool) error {
	h := l.node.ns.handle
	if on {
		return l.change("switch multicast on", h.LinkSetMulticastOn)
	}
	return l.change("switch multicast off", h.LinkSetMulticastOff)
}

func (l *Link) change(op string, do func(netlink.Link) error) error {
	link, err := l.node.ns.handle.LinkByName(l.name)
	if err == nil {
		err = do(link)
	}
	return l.failed(op, err)
}

func (l *Link) waitReady(ctx context.Context) error {
	err := l.node.ns.waitReady(ctx, l.name)
	if err == nil {
		err = l.node.ns.waitLinkLocal(ctx, l.name)
	}
	return l.failed("wait for", err)
}

func (l *Link) failed(op string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("lab: host %s: %s %s: %w", l.node.name, op, l.name, err)
}
