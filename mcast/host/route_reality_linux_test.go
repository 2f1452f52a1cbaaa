package host_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// happened is where the kernel really put a join or a datagram.
type happened struct {
	dev    string     // "": nowhere
	source netip.Addr // of the datagram
	err    error
}

// compare asks RouteTo where a join and a send go, does both with plain
// sockets, and returns where they went.
func compare(t *testing.T, host *lab.Node, g mcast.Group, opt host.RouteOptions) (joined, sent happened) {
	t.Helper()
	return compareJoin(t, host, g), compareSend(t, host, g, opt)
}

func compareJoin(t *testing.T, node *lab.Node, g mcast.Group) (joined happened) {
	t.Helper()
	labtest.In(t, node, func() error {
		route, err := host.RouteTo(g.AddrPort(), host.RouteOptions{Join: true})
		var failed error
		joined, failed = reallyJoin(g.Addr)
		if route.Interface != joined.dev || (err == nil) != (joined.err == nil) {
			t.Errorf("a real join of %s lands on %q, %v; RouteTo says %q, %v", g, joined.dev, joined.err, route.Interface, err)
		}
		if joined.err != nil && !errors.Is(joined.err, syscall.ENODEV) {
			t.Errorf("a real join of %s gives %v, want no error or ENODEV", g, joined.err)
		}
		return failed
	})
	return joined
}

func compareSend(t *testing.T, node *lab.Node, g mcast.Group, opt host.RouteOptions) (sent happened) {
	t.Helper()
	labtest.In(t, node, func() error {
		route, err := host.RouteTo(g.AddrPort(), opt)
		var failed error
		sent, failed = reallySend(g, opt)
		if route.Interface != sent.dev || route.Source != sent.source || !errors.Is(err, sent.err) {
			t.Errorf("a real send to %s leaves by %q from %s, %v; RouteTo says by %q from %s, %v",
				g, sent.dev, sent.source, sent.err, route.Interface, route.Source, err)
		}
		return failed
	})
	return sent
}

// change does something to a host's links, addresses, routes or rules.
func change(t *testing.T, host *lab.Node, do func(*netlink.Handle) error) {
	t.Helper()
	labtest.In(t, host, func() error {
		h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
		if err != nil {
			return err
		}
		defer h.Close()
		return do(h)
	})
}

// reallyJoin joins as a program does that names no interface, or only a zone,
// and looks where the kernel put it. Like reallySend it runs in a host.
func reallyJoin(group netip.Addr) (happened, error) {
	fd, err := udpSocket(group)
	if err != nil {
		return happened{}, err
	}
	defer unix.Close(fd)
	if err := joinOn(fd, group, indexOf(group.Zone())); err != nil {
		return happened{err: err}, nil
	}
	dev, err := memberOn(group)
	return happened{dev: dev}, err
}

// reallySend sends a datagram by a plain socket, and looks where it leaves. An
// own copy would prove nothing: it is made before the wire.
func reallySend(g mcast.Group, opt host.RouteOptions) (happened, error) {
	wire, err := tap()
	if err != nil {
		return happened{}, err
	}
	defer unix.Close(wire)
	fd, err := udpSocket(g.Addr)
	if err != nil {
		return happened{}, err
	}
	defer unix.Close(fd)
	if err := bindAsked(fd, g.Addr, opt); err != nil {
		return happened{}, err
	}
	if err := unix.Sendto(fd, []byte("x"), 0, sockaddr(g.AddrPort())); err != nil {
		return happened{err: err}, nil
	}
	return leaves(wire, g)
}

func udpSocket(group netip.Addr) (int, error) {
	family := unix.AF_INET
	if group.Is6() {
		family = unix.AF_INET6
	}
	return unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
}

func joinOn(fd int, group netip.Addr, ifIndex int) error {
	if group.Is4() {
		return unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP,
			&unix.IPMreqn{Multiaddr: group.As4(), Ifindex: int32(ifIndex)})
	}
	return unix.SetsockoptIPv6Mreq(fd, unix.IPPROTO_IPV6, unix.IPV6_JOIN_GROUP,
		&unix.IPv6Mreq{Multiaddr: group.As16(), Interface: uint32(ifIndex)})
}

// memberOn finds the one interface that a group is joined on.
func memberOn(group netip.Addr) (string, error) {
	file, member := "igmp6", fmt.Sprintf("%x", group.AsSlice())
	if group.Is4() {
		file, member = "igmp", fmt.Sprintf("%08X", binary.NativeEndian.Uint32(group.AsSlice()))
	}
	b, err := os.ReadFile("/proc/thread-self/net/" + file)
	dev := ""
	for line := range strings.Lines(string(b)) {
		fields := strings.Fields(line)
		if line[0] != '\t' {
			dev = fields[1]
		}
		if slices.Contains(fields, member) {
			return dev, nil
		}
	}
	return "", fmt.Errorf("%s is not in /proc/net/%s: %w", group, file, err)
}

// bindAsked gives a socket what RouteOptions say.
func bindAsked(fd int, group netip.Addr, opt host.RouteOptions) error {
	var err error
	if opt.IfIndex != 0 {
		if group.Is4() {
			err = unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_IF, &unix.IPMreqn{Ifindex: int32(opt.IfIndex)})
		} else {
			err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_IF, opt.IfIndex)
		}
	}
	from := opt.Source
	switch {
	case from.IsValid():
	case group.Is4():
		from = netip.IPv4Unspecified()
	default:
		from = netip.IPv6Unspecified()
	}
	return errors.Join(err, unix.Bind(fd, sockaddr(netip.AddrPortFrom(from, opt.SourcePort))))
}

// tap sees the IP datagrams of all interfaces (packet(7)).
func tap() (int, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	return fd, errors.Join(
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 5}),
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: binary.NativeEndian.Uint16([]byte{0, unix.ETH_P_ALL})}))
}

// leaves waits for the datagram to the group.
func leaves(wire int, g mcast.Group) (happened, error) {
	b := make([]byte, 2048)
	for {
		n, from, err := unix.Recvfrom(wire, b, 0)
		if err != nil {
			return happened{}, fmt.Errorf("no datagram left: %w", err)
		}
		at := from.(*unix.SockaddrLinklayer)
		source, to, isUDP := ipHeader(b[:n])
		if at.Pkttype != unix.PACKET_OUTGOING || !isUDP || to != g.Addr.WithZone("") {
			continue
		}
		i, err := net.InterfaceByIndex(at.Ifindex)
		if err != nil {
			return happened{}, err
		}
		return happened{dev: i.Name, source: source}, nil
	}
}

// ipHeader reads the addresses (RFC 791, section 3.1; RFC 8200, section 3).
func ipHeader(b []byte) (source, to netip.Addr, isUDP bool) {
	switch {
	case len(b) >= 20 && b[0]>>4 == 4:
		return netip.AddrFrom4([4]byte(b[12:])), netip.AddrFrom4([4]byte(b[16:])), b[9] == unix.IPPROTO_UDP
	case len(b) >= 40 && b[0]>>4 == 6:
		return netip.AddrFrom16([16]byte(b[8:])), netip.AddrFrom16([16]byte(b[24:])), b[6] == unix.IPPROTO_UDP
	}
	return
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Addr: a.Addr().As4(), Port: int(a.Port())}
	}
	return &unix.SockaddrInet6{Addr: a.Addr().As16(), Port: int(a.Port()), ZoneId: uint32(indexOf(a.Addr().Zone()))}
}

// indexOf is 0 for no interface.
func indexOf(name string) int {
	if i, err := net.InterfaceByName(name); err == nil {
		return i.Index
	}
	return 0
}
