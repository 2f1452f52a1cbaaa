package peer

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"golang.org/x/net/ipv4"
)

// reflect sends what it hears in a group to the group again, from its own address
// and a port of its own, by the interface that it heard it by. It does not hear
// itself; another reflector does.
func reflect(o options) error {
	if len(o.joins) != 1 {
		return fmt.Errorf("want one join=GROUP@INTERFACE")
	}
	in, err := listenPacket(o)
	if err != nil {
		return err
	}
	out, err := net.ListenPacket("udp4", "0.0.0.0:0")
	if err != nil {
		return err
	}
	hears, sends := ipv4.NewPacketConn(in), ipv4.NewPacketConn(out)
	if err := join(hears, o.joins[0]); err != nil {
		return err
	}
	group, name, _ := strings.Cut(o.joins[0], "@")
	by, err := net.InterfaceByName(name)
	if err != nil {
		return err
	}
	if err := sends.SetMulticastInterface(by); err != nil {
		return err
	}
	if err := sends.SetMulticastLoopback(false); err != nil {
		return err
	}
	addr, err := netip.ParseAddr(group)
	if err != nil {
		return err
	}
	to := net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, o.bind.Port()))
	fmt.Println("ready")
	b := make([]byte, 1<<16)
	for {
		n, _, _, err := hears.ReadFrom(b)
		if err != nil {
			return err
		}
		if _, err := out.WriteTo(b[:n], to); err != nil {
			return err
		}
	}
}
