package programs

import (
	"context"
	"errors"
	"flag"
	"net"
	"net/netip"
	"strings"
	"syscall"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
)

func init() { ByName["tenant"] = tenant }

// tenant is another program of a host, which has one socket with one fault: it
// binds it, joins, says ready, and holds it until its standard input ends.
func tenant(args []string) error {
	flags := flag.NewFlagSet("tenant", flag.ContinueOnError)
	device := flags.String("device", "", "the interface that it is bound to (SO_BINDTODEVICE)")
	join := flags.String("join", "", "GROUP@INTERFACE")
	block := flags.String("block", "", "a source of that group, which is blocked")
	if err := flags.Parse(args); err != nil {
		return err
	}
	at, err := netip.ParseAddrPort(flags.Arg(0))
	if err != nil {
		return err
	}
	if at.Addr().IsMulticast() { // package net binds the wildcard when it is given a group
		c, err := mcast.Listen(context.Background(), mcast.Config{Addr: at.Addr(), Port: at.Port()})
		if err != nil {
			return err
		}
		defer c.Close()
		group, name, _ := strings.Cut(*join, "@")
		g, err := mcast.ParseGroup(group)
		if err != nil {
			return err
		}
		on, err := net.InterfaceByName(name)
		if err != nil {
			return err
		}
		return errors.Join(joinByFD(c, g.Addr, on), hang())
	}
	lc := net.ListenConfig{Control: func(_, _ string, rc syscall.RawConn) (err error) {
		e := rc.Control(func(fd uintptr) {
			if err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err == nil && *device != "" {
				err = unix.BindToDevice(int(fd), *device)
			}
		})
		return errors.Join(e, err)
	}}
	network := "udp4"
	if at.Addr().Is6() {
		network = "udp6"
	}
	c, err := lc.ListenPacket(context.Background(), network, at.String())
	if err != nil {
		return err
	}
	defer c.Close()
	if *join == "" {
		return hang()
	}
	group, name, _ := strings.Cut(*join, "@")
	on, err := net.InterfaceByName(name)
	if err != nil {
		return err
	}
	g, source := &net.UDPAddr{IP: net.ParseIP(group)}, &net.UDPAddr{IP: net.ParseIP(*block)}
	if at.Addr().Is4() {
		p := ipv4.NewPacketConn(c)
		if err = p.JoinGroup(on, g); err == nil && *block != "" {
			err = p.ExcludeSourceSpecificGroup(on, g, source)
		}
	} else {
		p := ipv6.NewPacketConn(c)
		if err = p.JoinGroup(on, g); err == nil && *block != "" {
			err = p.ExcludeSourceSpecificGroup(on, g, source)
		}
	}
	if err != nil {
		return err
	}
	return hang()
}

// joinByFD joins with a socket that is a Conn's.
func joinByFD(c *mcast.Conn, group netip.Addr, on *net.Interface) error {
	rc, err := c.SyscallConn()
	if err != nil {
		return err
	}
	e := rc.Control(func(fd uintptr) {
		if group.Is4() {
			err = unix.SetsockoptIPMreqn(int(fd), unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP, &unix.IPMreqn{Multiaddr: group.As4(), Ifindex: int32(on.Index)})
		} else {
			err = unix.SetsockoptIPv6Mreq(int(fd), unix.IPPROTO_IPV6, unix.IPV6_JOIN_GROUP, &unix.IPv6Mreq{Multiaddr: group.As16(), Interface: uint32(on.Index)})
		}
	})
	return errors.Join(e, err)
}
