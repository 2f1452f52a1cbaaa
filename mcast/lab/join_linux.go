package lab

import (
	"errors"
	"net"
	"net/netip"
	"os"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

// membership is a group that a router has joined on an interface: a socket of its
// own, as one has no room for more than 20. It is bound to no port, and hears nothing.
type membership struct {
	net.PacketConn
	filter
}

// join joins a group on an interface of the host. Where the filter has more
// sources than a socket may name (igmp_max_msf), it is any source.
func (n *Node) join(index int, group netip.Addr, f filter) (membership, error) {
	m := membership{filter: f}
	err := n.ns.do(func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			return os.NewSyscallError("socket", err)
		}
		file := os.NewFile(uintptr(fd), "membership")
		defer file.Close()
		m.PacketConn, err = net.FilePacketConn(file)
		return err
	})
	if err != nil {
		return m, err
	}
	if err = m.joinAs(index, group, f); errors.Is(err, unix.ENOBUFS) {
		m.Close()
		if f.all && len(f.sources) == 0 {
			return m, err
		}
		any, err := n.join(index, group, filter{all: true})
		any.filter = f
		return any, err
	}
	if err != nil {
		m.Close()
	}
	return m, err
}

func (m membership) joinAs(index int, group netip.Addr, f filter) error {
	c, ifi, to := ipv4.NewPacketConn(m.PacketConn), &net.Interface{Index: index}, &net.UDPAddr{IP: group.AsSlice()}
	add := c.JoinSourceSpecificGroup
	if f.all {
		if err := c.JoinGroup(ifi, to); err != nil {
			return err
		}
		add = c.ExcludeSourceSpecificGroup
	}
	for _, s := range f.sources {
		if err := add(ifi, to, &net.UDPAddr{IP: s.AsSlice()}); err != nil {
			return err
		}
	}
	return nil
}
