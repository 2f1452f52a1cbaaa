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
)

// plainSocket is bound to the group's port as programs do that know nothing of
// IP_MULTICAST_ALL. It joins nothing, and gets what any program has joined.
type plainSocket struct {
	udp     *net.UDPConn
	is6     bool
	data    [64]byte
	control []byte // the control message of a datagram: to where it was sent, and the interface it came by
}

func openPlain(ctx context.Context, g mcast.Group) (reader, error) {
	network := "udp4"
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
	c, err := config.ListenPacket(ctx, network, g.Wildcard().String())
	if err != nil {
		return nil, fmt.Errorf("a plain socket: %w", err)
	}
	s := &plainSocket{udp: c.(*net.UDPConn), is6: g.Addr.Is6()}
	if s.is6 {
		s.control = ipv6.NewControlMessage(ipv6.FlagDst | ipv6.FlagInterface)
		err = ipv6.NewPacketConn(c).SetControlMessage(ipv6.FlagDst|ipv6.FlagInterface, true)
	} else {
		s.control = ipv4.NewControlMessage(ipv4.FlagDst | ipv4.FlagInterface)
		err = ipv4.NewPacketConn(c).SetControlMessage(ipv4.FlagDst|ipv4.FlagInterface, true)
	}
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("a plain socket: %w", err)
	}
	return s, nil
}

// Read waits for one datagram. Close ends it, ctx does not.
func (s *plainSocket) Read(_ context.Context, dst []mcast.Datagram) (int, error) {
	_, n, _, from, err := s.udp.ReadMsgUDPAddrPort(s.data[:], s.control)
	if err != nil {
		return 0, err
	}
	to, ifIndex := s.destination(s.control[:n])
	dst[0] = mcast.Datagram{At: time.Now(), From: from, To: to, IfIndex: ifIndex}
	return 1, nil
}

// destination reads a control message. What it does not tell is zero.
func (s *plainSocket) destination(control []byte) (netip.Addr, int) {
	var v4 ipv4.ControlMessage
	var v6 ipv6.ControlMessage
	if s.is6 {
		_ = v6.Parse(control)
		to, _ := netip.AddrFromSlice(v6.Dst)
		return to, v6.IfIndex
	}
	_ = v4.Parse(control)
	to, _ := netip.AddrFromSlice(v4.Dst)
	return to.Unmap(), v4.IfIndex
}

// Close implements reader.
func (s *plainSocket) Close() error { return s.udp.Close() }
