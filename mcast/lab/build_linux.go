package lab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"maps"
	"net"
	"os"
	"slices"
	"strconv"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// build makes the switches, wires the hosts to them, and waits for the links.
func (l *Lab) build(ctx context.Context, t Topology) error {
	// A switch has no address. Without this every port of it would announce one.
	if err := ignoreMissing(l.switches.sysctl("net.ipv6.conf.default.disable_ipv6", "1")); err != nil {
		return fmt.Errorf("lab: switch IPv6 off on the switches: %w", err)
	}
	bridges, switches := map[string]int{}, map[string]Switch{"": {}}
	for _, s := range t.Switches {
		attrs := netlink.NewLinkAttrs()
		attrs.Name, attrs.Flags = s.Name, net.FlagUp
		b := &netlink.Bridge{LinkAttrs: attrs, MulticastSnooping: &s.Snooping}
		if err := l.switches.handle.LinkAdd(b); err != nil {
			return fmt.Errorf("lab: make switch %s: %w", s.Name, err)
		}
		bridges[s.Name], switches[s.Name] = b.Index, s
		if err := l.hang(s, bridges, switches[s.On]); err != nil {
			return fmt.Errorf("lab: hang switch %s on %s: %w", s.Name, s.On, err)
		}
		if s.Snooping && !s.Querier {
			if err := l.switches.loseQuerier(ctx, b.Index); err != nil {
				return fmt.Errorf("lab: let switch %s lose its querier: %w", s.Name, err)
			}
		}
	}
	if err := l.waitCables(ctx, bridges, t); err != nil {
		return err
	}
	ports := 0
	for _, h := range t.Hosts {
		n := l.nodes[h.Name]
		if err := n.defaults(); err != nil {
			return err
		}
		if err := n.forward(h); err != nil {
			return err
		}
		n.sysctls = h.Sysctls
		if h.IGMP != 0 {
			if err := n.Sysctl("net.ipv4.conf.all.force_igmp_version", strconv.Itoa(h.IGMP)); err != nil {
				return err
			}
		}
		if h.MLD != 0 {
			if err := ignoreMissing(n.Sysctl("net.ipv6.conf.all.force_mld_version", strconv.Itoa(h.MLD))); err != nil {
				return err
			}
		}
		if err := n.settings(""); err != nil {
			return err
		}
		roles := t.roles(h)
		for _, i := range h.Interfaces {
			ports++
			n.cables[i.Name] = cable{
				Interface: i, lab: l, port: ports, bridge: bridges[i.Switch], of: switches[i.Switch],
				toRouter: h.Router && (h.Flood || roles[i.Name] == downstream),
			}
			if err := n.plug(i.Name); err != nil {
				return err
			}
			l.faults.designed(h.Name, i)
		}
		for _, r := range h.Routes {
			if err := n.AddRoute(r); err != nil {
				return err
			}
		}
		if h.Router {
			if err := n.routeGroups(h, t); err != nil {
				return err
			}
		}
	}
	if err := l.police(t); err != nil {
		return err
	}
	for _, h := range t.Hosts {
		for _, i := range h.Interfaces {
			if i.Down {
				continue
			}
			if err := l.nodes[h.Name].Link(i.Name).waitReady(ctx); err != nil {
				return err
			}
		}
	}
	if err := l.waitPorts(ctx, t); err != nil {
		return err
	}
	for _, n := range l.nodes {
		if n.groups != nil {
			n.groups.ask()
		}
	}
	return l.snoop(ctx, bridges, t)
}

// defaults sets what has to be there before the first interface is.
func (n *Node) defaults() error {
	for _, s := range []struct{ name, value string }{
		// Addresses are usable at once. A link-local one would be tentative
		// for a second otherwise (RFC 4862, section 5.4).
		{"net.ipv6.conf.default.accept_dad", "0"},
		// IPv4 settings begin as copies of the machine's outside.
		{"net.ipv4.conf.all.rp_filter", "0"},
		{"net.ipv4.conf.default.rp_filter", "0"},
	} {
		if err := ignoreMissing(n.Sysctl(s.name, s.value)); err != nil {
			return err
		}
	}
	if err := n.letPing(); err != nil {
		return err
	}
	return n.Link("lo").change("switch on", n.ns.handle.LinkSetUp)
}

// letPing lets everybody in the host ping without privilege (icmp(7), ping_group_range),
// which a new namespace allows nobody. The groups have to be those of this namespace of
// users: all of a usual system, or else the one that commands have, who may be nobody.
func (n *Node) letPing() (err error) {
	for _, groups := range [][2]int{{0, mostIDs - 1}, {nobody, nobody}, {os.Getegid(), os.Getegid()}} {
		err = ignoreMissing(n.Sysctl("net.ipv4.ping_group_range", fmt.Sprintf("%d %d", groups[0], groups[1])))
		if !errors.Is(err, unix.EINVAL) {
			break
		}
	}
	return err
}

// nobody is the group of confined commands of root.
const nobody = 65534

// forward lets a router forward unicast datagrams.
func (n *Node) forward(h Host) error {
	if !h.Router {
		return nil
	}
	if err := n.Sysctl("net.ipv4.ip_forward", "1"); err != nil {
		return err
	}
	return ignoreMissing(n.Sysctl("net.ipv6.conf.all.forwarding", "1"))
}

// settings writes the topology's settings of an interface, or with "" those
// that are of none.
func (n *Node) settings(of string) error {
	for _, name := range slices.Sorted(maps.Keys(n.sysctls)) {
		if sysctlInterface(name) != of {
			continue
		}
		if err := n.Sysctl(name, n.sysctls[name]); err != nil {
			return err
		}
	}
	return nil
}

// ignoreMissing lets a kernel be without IPv6.
func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// cable is what it takes to make an interface.
type cable struct {
	Interface
	lab          *Lab
	port, bridge int
	of           Switch
	toRouter     bool // every group goes to it, as to one that asks (RFC 4541, section 2.1.1)
}

// portName is the switch's end of a cable. No switch can have a # in its name.
func portName(port int) string { return fmt.Sprintf("port#%d", port) }

// plug makes an interface as the topology has it.
func (n *Node) plug(name string) error {
	c, ok := n.cables[name]
	if !ok {
		return n.Link(name).failed("make", fs.ErrNotExist)
	}
	if err := c.lab.wire(n, c); err != nil {
		return n.Link(name).failed("make", err)
	}
	if c.lab.packets > 0 && c.bridge != 0 {
		if err := n.share(len(c.lab.nodes)); err != nil {
			return n.Link(name).failed("limit the neighbours of", err)
		}
	}
	if c.lab.made != nil {
		c.lab.made(n, name)
	}
	if err := n.settings(name); err != nil {
		return err
	}
	if err := n.configure(c.Interface); err != nil || n.groups == nil {
		return err
	}
	return n.Link(name).change("route groups by", n.groups.add)
}

// hardwareAddr is the MAC address of a host's interface, the same each time it
// is made: the neighbours remember it. It is locally administered.
func hardwareAddr(host, name string) net.HardwareAddr {
	sum := fnv.New64a()
	sum.Write([]byte(host + "." + name))
	b := sum.Sum(nil)
	return net.HardwareAddr{0x02, b[3], b[4], b[5], b[6], b[7]}
}

// wire makes a cable (veth(4)) between the host and a port of a bridge. Of
// none (0) the port is only up, and takes what it is sent.
func (l *Lab) wire(n *Node, c cable) error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name = portName(c.port)
	attrs.MasterIndex = c.bridge
	attrs.MTU = cmp.Or(c.MTU, 1500) // of both ends: a frame that is too long is lost at the switch
	attrs.Flags = net.FlagUp
	cable := netlink.NewVeth(attrs)
	cable.PeerName = c.Name
	cable.PeerHardwareAddr = hardwareAddr(n.name, c.Name)
	cable.PeerNamespace = netlink.NsFd(n.ns.file.Fd())
	if err := l.switches.handle.LinkAdd(cable); err != nil || c.bridge == 0 {
		return err
	}
	if err := l.switches.asSwitch(cable.Index, c.of); err != nil || !c.toRouter {
		return err
	}
	return l.switches.toRouter(cable.Index)
}

func (n *Node) configure(i Interface) error {
	link := n.Link(i.Name)
	for _, a := range i.Addrs {
		if err := link.AddAddr(a); err != nil {
			return err
		}
	}
	if i.Switch == "" {
		// Nobody is there to answer ARP, as with a tun device.
		if err := link.change("switch ARP off on", n.ns.handle.LinkSetARPOff); err != nil {
			return err
		}
	}
	if i.Loss > 0 {
		if err := link.Drop(i.Loss); err != nil {
			return err
		}
	}
	if i.Delay > 0 {
		if err := link.Delay(i.Delay); err != nil {
			return err
		}
	}
	if i.Down {
		return nil
	}
	return link.change("switch on", n.ns.handle.LinkSetUp)
}

// waitPorts waits for the switches' ends of the cables whose other end is up.
func (l *Lab) waitPorts(ctx context.Context, t Topology) error {
	port := 0
	for _, h := range t.Hosts {
		for _, i := range h.Interfaces {
			port++
			if i.Down {
				continue
			}
			if err := l.switches.waitReady(ctx, portName(port)); err != nil {
				return fmt.Errorf("lab: port of %s %s: %w", h.Name, i.Name, err)
			}
		}
	}
	return nil
}
