package programs

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"
)

func init() { ByName["hold"] = hold }

// hold is another program of a host: it opens a socket, says ready, and holds
// it until its standard input ends.
func hold(args []string) error {
	flags := flag.NewFlagSet("hold", flag.ContinueOnError)
	port := flags.Bool("reuseport", false, "SO_REUSEPORT besides SO_REUSEADDR")
	on := flags.String("i", "eth0", "the interface that it joins on and sends to groups by")
	join := flags.String("join", "", "groups, with a comma between them")
	after := flags.Duration("after", 0, "when it joins them")
	leave := flags.Duration("leave", 0, "when it leaves them, from the start; 0: never")
	connect := flags.String("connect", "", "the peer that it is connected to")
	to := flags.String("to", "", "where it sends")
	every := flags.Duration("every", 100*time.Millisecond, "how often it sends")
	burst := flags.Int("burst", 1, "how many datagrams it sends each time")
	hops := flags.Int("hops", 1, "TTL of what it sends, by IPv4")
	echo := flags.Bool("echo", false, "it sends back what it hears")
	twice := flags.Bool("twice", false, "two sockets of that kind")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ifi, err := net.InterfaceByName(*on)
	if err != nil {
		return err
	}
	sockets := 1
	if *twice {
		sockets = 2
	}
	for range sockets {
		c, err := open(flags.Arg(0), ifi, *port, *connect)
		if err != nil {
			return err
		}
		defer c.Close()
		if *after > 0 {
			time.AfterFunc(*after, func() { _ = joinAll(c, ifi, *join, false) })
		} else if err := joinAll(c, ifi, *join, false); err != nil {
			return err
		}
		if *leave > 0 {
			time.AfterFunc(*leave, func() { _ = joinAll(c, ifi, *join, true) })
		}
		if *echo {
			go echoAll(c)
			continue
		}
		if *to == "" {
			go func() { _, _ = io.Copy(io.Discard, c) }()
			continue
		}
		_ = ipv4.NewPacketConn(c).SetMulticastTTL(*hops)
		addr, err := netip.ParseAddrPort(*to)
		if err != nil {
			return err
		}
		go func() {
			for range time.Tick(*every) {
				for range *burst {
					_, _ = c.WriteToUDPAddrPort([]byte("from another program"), addr)
				}
			}
		}()
	}
	return hang()
}

// echoAll sends back what it hears.
func echoAll(c *net.UDPConn) {
	b := make([]byte, 1<<16)
	for {
		n, from, err := c.ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		_, _ = c.WriteToUDPAddrPort(b[:n], from)
	}
}

// open opens a socket that shares its port. What it sends to a group leaves by
// the interface.
func open(bind string, ifi *net.Interface, reusePort bool, connect string) (*net.UDPConn, error) {
	control := func(_, _ string, rc syscall.RawConn) (err error) {
		e := rc.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
			if reusePort {
				err = errors.Join(err, unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
			}
		})
		return errors.Join(e, err)
	}
	if connect != "" {
		local, err := net.ResolveUDPAddr("udp", bind)
		if err != nil {
			return nil, err
		}
		c, err := (&net.Dialer{LocalAddr: local, Control: control}).Dial("udp", connect)
		if err != nil {
			return nil, err
		}
		return c.(*net.UDPConn), nil
	}
	p, err := (&net.ListenConfig{Control: control}).ListenPacket(context.Background(), "udp", bind)
	if err != nil {
		return nil, err
	}
	c := p.(*net.UDPConn)
	if !strings.HasPrefix(bind, "[") {
		return c, ipv4.NewPacketConn(c).SetMulticastInterface(ifi)
	}
	return c, ipv6.NewPacketConn(c).SetMulticastInterface(ifi)
}

// joinAll joins groups on an interface, or leaves them.
func joinAll(c *net.UDPConn, ifi *net.Interface, groups string, leave bool) error {
	if groups == "" {
		return nil
	}
	four, six := ipv4.NewPacketConn(c), ipv6.NewPacketConn(c)
	for text := range strings.SplitSeq(groups, ",") {
		addr := net.UDPAddr{IP: net.ParseIP(text)}
		do := four.JoinGroup
		switch {
		case addr.IP.To4() == nil && leave:
			do = six.LeaveGroup
		case addr.IP.To4() == nil:
			do = six.JoinGroup
		case leave:
			do = four.LeaveGroup
		}
		if err := do(ifi, &addr); err != nil {
			return fmt.Errorf("join or leave %s: %w", text, err)
		}
	}
	return nil
}
