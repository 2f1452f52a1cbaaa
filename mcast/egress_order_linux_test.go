package mcast_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// egress are the settings of a plain socket that sends to a group, as indexes of
// interfaces; 0: unset.
type egress struct {
	option  int        // IP_MULTICAST_IF, IPV6_MULTICAST_IF
	device  int        // SO_BINDTODEVICE
	source  netip.Addr // bind
	pktinfo int        // with sendmsg
	zone    int        // sin6_scope_id
	late    bool       // option after device, not before it
}

func (e egress) send(group netip.AddrPort, text string) error {
	family, level, name := unix.AF_INET, unix.IPPROTO_IP, unix.IP_MULTICAST_IF
	if group.Addr().Is6() {
		family, level, name = unix.AF_INET6, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_IF
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	option := func() error {
		if e.option == 0 {
			return nil
		}
		if family == unix.AF_INET6 {
			return os.NewSyscallError("MULTICAST_IF", unix.SetsockoptInt(fd, level, name, e.option))
		}
		return os.NewSyscallError("MULTICAST_IF", unix.SetsockoptIPMreqn(fd, level, name, &unix.IPMreqn{Ifindex: int32(e.option)}))
	}
	device := func() error {
		if e.device == 0 {
			return nil
		}
		return os.NewSyscallError("BINDTODEVICE", unix.BindToDevice(fd, host.InterfaceName(e.device)))
	}
	calls := []func() error{option, device}
	if e.late {
		calls = []func() error{device, option}
	}
	for _, call := range calls {
		if err := call(); err != nil {
			return err
		}
	}
	var control []byte
	var to unix.Sockaddr
	if family == unix.AF_INET6 {
		if e.source.IsValid() {
			if err := unix.Bind(fd, &unix.SockaddrInet6{Addr: e.source.As16()}); err != nil {
				return os.NewSyscallError("bind", err)
			}
		}
		if e.pktinfo != 0 {
			control = unix.PktInfo6(&unix.Inet6Pktinfo{Ifindex: uint32(e.pktinfo)})
		}
		to = &unix.SockaddrInet6{Addr: group.Addr().As16(), Port: int(group.Port()), ZoneId: uint32(e.zone)}
	} else {
		if e.source.IsValid() {
			if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: e.source.As4()}); err != nil {
				return os.NewSyscallError("bind", err)
			}
		}
		if e.pktinfo != 0 {
			control = unix.PktInfo4(&unix.Inet4Pktinfo{Ifindex: int32(e.pktinfo)})
		}
		to = &unix.SockaddrInet4{Addr: group.Addr().As4(), Port: int(group.Port())}
	}
	return os.NewSyscallError("sendmsg", unix.Sendmsg(fd, []byte(text), control, to, 0))
}

// The order of precedence that the page wrong-egress gives. On host A the first
// route for groups is that of one interface, which is called route here. A loopback
// copy says through which interface the datagram left.
func TestWhichSettingChoosesTheInterface(t *testing.T) {
	t.Parallel()
	a := labtest.Build(t, lab.Article).Host("A")
	eth0, eth1 := labtest.Device(t, a, "eth0"), labtest.Device(t, a, "eth1")
	for _, version := range []struct {
		name string
		bind netip.Addr
		// near is a group of the link; group is of a wider scope
		group, near string
	}{
		{"IPv4", netip.IPv4Unspecified(), "239.66.1.1:5066", ""},
		{"IPv6", netip.IPv6Unspecified(), "[ff05::6611]:5066", "[ff02::6611]:5066"},
	} {
		t.Run(version.name, func(t *testing.T) {
			is6 := version.near != ""
			c := labtest.Socket(t, a, mcast.Config{Addr: version.bind, Port: 5066})
			targets := []string{version.group}
			if is6 {
				targets = append(targets, version.near)
			}
			for _, text := range targets {
				g := netip.MustParseAddrPort(text)
				for _, i := range []host.Interface{eth0, eth1} {
					join(t, a, c, mcast.Group{Addr: g.Addr(), Port: g.Port()}, i)
				}
			}
			n := 0
			// left sends with these settings, and returns the interface that was chosen.
			left := func(e egress, group string) (index int, err error) {
				n++
				text := fmt.Sprintf("%s %d", version.name, n)
				labtest.In(t, a, func() error {
					err = e.send(netip.MustParseAddrPort(group), text)
					return nil
				})
				if err != nil {
					return 0, err
				}
				ctx, cancel := context.WithTimeout(t.Context(), labtest.Patience)
				defer cancel()
				batch := make([]mcast.Datagram, 1)
				for {
					if _, err := c.Read(ctx, batch); err != nil {
						t.Fatalf("%+v: no copy came: %v", e, err)
					}
					if string(batch[0].Data) == text {
						return batch[0].IfIndex, nil
					}
				}
			}
			route, err := left(egress{}, version.group)
			if err != nil {
				t.Fatal(err)
			}
			other, otherDevice := eth0.Index, eth0
			if route == eth0.Index {
				other, otherDevice = eth1.Index, eth1
			}
			if !is6 && route != eth1.Index {
				t.Fatalf("without settings it leaves through %s, want eth1, where the default route leads", host.InterfaceName(route))
			}
			source := otherDevice.Addr(netip.MustParseAddrPort(version.group).Addr())
			type want struct {
				what  string
				set   egress
				group string // "": version.group
				index int
				err   error
			}
			tests := []want{
				{"MULTICAST_IF against the route", egress{option: other}, "", other, nil},
				{"BINDTODEVICE against the route", egress{device: other}, "", other, nil},
				{"PKTINFO against the route", egress{pktinfo: other}, "", other, nil},
				{"PKTINFO against MULTICAST_IF", egress{option: other, pktinfo: route}, "", route, nil},
				{"BINDTODEVICE against MULTICAST_IF, which was set before", egress{option: other, device: route}, "", route, nil},
				{"MULTICAST_IF against BINDTODEVICE, which was set before", egress{option: other, device: route, late: true}, "", 0, syscall.EINVAL},
			}
			if is6 {
				tests = append(tests,
					want{"PKTINFO against BINDTODEVICE", egress{device: other, pktinfo: route}, "", 0, syscall.EINVAL},
					want{"the zone, scope of the link", egress{zone: other}, version.near, other, nil},
					want{"the zone against MULTICAST_IF, scope of the link", egress{option: other, zone: route}, version.near, route, nil},
					want{"the zone, scope of the site", egress{zone: other}, "", route, nil},
					want{"MULTICAST_IF against the zone, scope of the site", egress{option: other, zone: route}, "", other, nil})
			} else {
				tests = append(tests,
					want{"PKTINFO against BINDTODEVICE", egress{device: other, pktinfo: route}, "", route, nil},
					want{"a source against the route", egress{source: source}, "", other, nil},
					want{"MULTICAST_IF against a source", egress{source: source, option: route}, "", route, nil})
			}
			for _, tt := range tests {
				if tt.group == "" {
					tt.group = version.group
				}
				index, err := left(tt.set, tt.group)
				if !errors.Is(err, tt.err) || index != tt.index {
					t.Errorf("%s: it leaves through interface %d (%v), want %d (%v)", tt.what, index, err, tt.index, tt.err)
				}
			}
		})
	}
}
