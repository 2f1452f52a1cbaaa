package doctor

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// plainSocket is bound to the group's port as programs do that know nothing of
// IP_MULTICAST_ALL. It joins nothing, and gets what any program has joined.
type plainSocket struct {
	udp  *net.UDPConn
	read func(b []byte) (to net.IP, ifIndex int, from net.Addr, err error)
	data []byte
}

func openPlain(ctx context.Context, g mcast.Group) (reader, error) {
	network, at := "udp4", host.Unspecified(g.Addr)
	if g.Addr.Is6() {
		network = "udp6"
	}
	config := net.ListenConfig{Control: func(_, _ string, rc syscall.RawConn) error {
		var set error
		err := rc.Control(func(fd uintptr) { set = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1) })
		if err != nil {
			return err
		}
		return set
	}}
	c, err := config.ListenPacket(ctx, network, netip.AddrPortFrom(at, g.Port).String())
	if err != nil {
		return nil, fmt.Errorf("a plain socket: %w", err)
	}
	s := &plainSocket{udp: c.(*net.UDPConn), data: make([]byte, 64)}
	if g.Addr.Is4() {
		err = s.use4()
	} else {
		err = s.use6()
	}
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("a plain socket: %w", err)
	}
	return s, nil
}

func (s *plainSocket) use4() error {
	c := ipv4.NewPacketConn(s.udp)
	s.read = func(b []byte) (net.IP, int, net.Addr, error) {
		_, cm, from, err := c.ReadFrom(b)
		if cm == nil {
			return nil, 0, from, err
		}
		return cm.Dst, cm.IfIndex, from, err
	}
	return c.SetControlMessage(ipv4.FlagDst|ipv4.FlagInterface, true)
}

func (s *plainSocket) use6() error {
	c := ipv6.NewPacketConn(s.udp)
	s.read = func(b []byte) (net.IP, int, net.Addr, error) {
		_, cm, from, err := c.ReadFrom(b)
		if cm == nil {
			return nil, 0, from, err
		}
		return cm.Dst, cm.IfIndex, from, err
	}
	return c.SetControlMessage(ipv6.FlagDst|ipv6.FlagInterface, true)
}

// Read waits for one datagram. Close ends it, ctx does not.
func (s *plainSocket) Read(_ context.Context, dst []mcast.Datagram) (int, error) {
	to, ifIndex, from, err := s.read(s.data)
	if err != nil {
		return 0, err
	}
	d := mcast.Datagram{At: time.Now(), From: from.(*net.UDPAddr).AddrPort(), IfIndex: ifIndex}
	if a, ok := netip.AddrFromSlice(to); ok {
		d.To = a.Unmap()
	}
	dst[0] = d
	return 1, nil
}

// Close implements reader.
func (s *plainSocket) Close() error { return s.udp.Close() }
