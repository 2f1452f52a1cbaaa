package peer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

// share sets what must be set before a socket is bound.
func (o options) share(fd int) error {
	options := map[string][]int{"": {unix.SO_REUSEADDR}, "reuseport": {unix.SO_REUSEPORT}, "both": {unix.SO_REUSEADDR, unix.SO_REUSEPORT}, "nothing": {}}
	list, ok := options[o.shares]
	if !ok {
		return fmt.Errorf("share=%s: want reuseport, both or nothing", o.shares)
	}
	for _, option := range list {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, option, 1); err != nil {
			return err
		}
	}
	if o.device == "" {
		return nil
	}
	return unix.BindToDevice(fd, o.device)
}

// listenPacket is net.ListenConfig's, which binds the wildcard when it is
// given a group, and not that group.
func listenPacket(o options) (net.PacketConn, error) {
	if !o.bind.Addr().IsMulticast() {
		lc := net.ListenConfig{Control: func(_, _ string, rc syscall.RawConn) (err error) {
			_ = rc.Control(func(fd uintptr) { err = o.share(int(fd)) })
			return err
		}}
		return lc.ListenPacket(context.Background(), "udp4", o.bind.String())
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "udp")
	defer f.Close()
	if err := o.share(fd); err != nil {
		return nil, err
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: o.bind.Addr().As4(), Port: int(o.bind.Port())}); err != nil {
		return nil, err
	}
	return net.FilePacketConn(f)
}

// joinAll joins "GROUP+N@INTERFACE", which is GROUP and those after it, N in
// all, or what join does.
func joinAll(p *ipv4.PacketConn, text string) error {
	group, rest, many := strings.Cut(text, "+")
	if !many {
		return joined(text, join(p, text))
	}
	count, by, _ := strings.Cut(rest, "@")
	n, err := strconv.Atoi(count)
	if err != nil {
		return joined(text, err)
	}
	g, err := netip.ParseAddr(group)
	for ; n > 0 && err == nil; n-- {
		err = join(p, g.String()+"@"+by)
		g = g.Next()
	}
	return joined(text, err)
}

func joined(text string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("join %s: %w", text, err)
}

// leave leaves "GROUP@INTERFACE", and with it its sources.
func leave(p *ipv4.PacketConn, text string) error {
	group, name, _ := strings.Cut(text, "@")
	by, err := net.InterfaceByName(name)
	if err != nil {
		return err
	}
	g, err := netip.ParseAddr(group)
	if err != nil {
		return err
	}
	return p.LeaveGroup(by, net.UDPAddrFromAddrPort(netip.AddrPortFrom(g, 0)))
}

// join joins "[SOURCE@]GROUP@INTERFACE".
func join(p *ipv4.PacketConn, text string) error {
	by, group, source, err := membership(text)
	switch {
	case err != nil:
		return err
	case source == nil:
		return p.JoinGroup(by, group)
	}
	return p.JoinSourceSpecificGroup(by, group, source)
}

// block blocks the source of "SOURCE@GROUP@INTERFACE", a group that is joined for
// all sources.
func block(p *ipv4.PacketConn, text string) error {
	by, group, source, err := membership(text)
	if err != nil {
		return err
	}
	return p.ExcludeSourceSpecificGroup(by, group, source)
}

func unblock(p *ipv4.PacketConn, text string) error {
	by, group, source, err := membership(text)
	if err != nil {
		return err
	}
	return p.IncludeSourceSpecificGroup(by, group, source)
}

// membership reads "[SOURCE@]GROUP@INTERFACE". The interface default is nil: the kernel
// chooses one by its routes.
func membership(text string) (by *net.Interface, group, source net.Addr, err error) {
	words := strings.Split(text, "@")
	if name := words[len(words)-1]; name != "default" {
		if by, err = net.InterfaceByName(name); err != nil {
			return nil, nil, nil, err
		}
	}
	addrs := make([]net.Addr, len(words)-1)
	for i, w := range words[:len(addrs)] {
		a, err := netip.ParseAddr(w)
		if err != nil {
			return nil, nil, nil, err
		}
		addrs[i] = net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, 0))
	}
	switch len(addrs) {
	case 1:
		return by, addrs[0], nil, nil
	case 2:
		return by, addrs[1], addrs[0], nil
	}
	return nil, nil, nil, errors.New("want [SOURCE@]GROUP@INTERFACE")
}
