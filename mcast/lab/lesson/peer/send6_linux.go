package peer

import (
	"context"
	"fmt"
	"net"
	"strings"
	"syscall"

	"golang.org/x/net/ipv6"
)

// send6 is send over IPv6. A zone in the address is its sin6_scope_id.
func send6(o options) error {
	lc := net.ListenConfig{Control: func(_, _ string, rc syscall.RawConn) (err error) {
		_ = rc.Control(func(fd uintptr) { err = o.share(int(fd)) })
		return err
	}}
	bind := "::"
	if o.from.IsValid() {
		bind = o.from.String()
	}
	c, err := lc.ListenPacket(context.Background(), "udp6", net.JoinHostPort(bind, "0"))
	if err != nil {
		return err
	}
	cm := &ipv6.ControlMessage{}
	if o.by != nil {
		cm.IfIndex = o.by.Index
	}
	return o.repeat(func() error {
		n, err := ipv6.NewPacketConn(c).WriteTo([]byte(strings.Join(o.words, " ")), cm, net.UDPAddrFromAddrPort(o.to))
		if err != nil {
			return err
		}
		fmt.Printf("sent %d bytes to %s\n", n, o.to)
		return nil
	})
}
