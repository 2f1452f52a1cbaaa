package peer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

func init() {
	if os.Args[0] != Process {
		return
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		syscall.Exit(1) // os.Exit takes a second under the race detector
	}
	syscall.Exit(0)
}

var commands = []struct {
	name string
	run  func(options) error
}{
	{"listen", listen}, {"send", send}, {"connect", connect}, {"echo", echo},
	{"forge", forge}, {"fragment", fragment}, {"query", query}, {"reflect", reflect},
}

func run(args []string) error {
	var names []string
	for _, c := range commands {
		if len(args) > 0 && args[0] == c.name {
			o, err := parse(args[1:])
			if err != nil {
				return err
			}
			return c.run(o)
		}
		names = append(names, c.name)
	}
	return fmt.Errorf("want one of %s", strings.Join(names, ", "))
}

func listen(o options) error {
	lc := net.ListenConfig{Control: func(_, _ string, rc syscall.RawConn) (err error) {
		_ = rc.Control(func(fd uintptr) { err = o.share(int(fd)) })
		return err
	}}
	c, err := listenPacket(lc, o)
	if err != nil {
		return err
	}
	p := ipv4.NewPacketConn(c)
	if err := p.SetControlMessage(ipv4.FlagDst|ipv4.FlagInterface, true); err != nil {
		return err
	}
	for _, j := range o.joins {
		if err := joinAll(p, j); err != nil {
			return err
		}
	}
	if o.buffer > 0 {
		if err := c.(*net.UDPConn).SetReadBuffer(o.buffer); err != nil {
			return err
		}
	}
	fmt.Println("ready")
	commands := bufio.NewScanner(os.Stdin)
	if o.pause {
		commands.Scan()
	}
	go func() {
		for commands.Scan() { // more groups, or less
			do, membership, done := join, commands.Text(), "joined"
			switch word, rest, _ := strings.Cut(membership, " "); word {
			case "leave":
				do, membership, done = leave, rest, "left"
			case "block":
				do, membership, done = block, rest, "blocked"
			case "unblock":
				do, membership, done = unblock, rest, "unblocked"
			}
			if err := do(p, membership); err != nil {
				fmt.Printf("%s: %v\n", commands.Text(), err)
				continue
			}
			fmt.Println(done, membership)
		}
	}()
	b := make([]byte, 1<<16)
	for {
		n, cm, from, err := p.ReadFrom(b)
		if err != nil {
			return err
		}
		by := "?"
		if i, err := net.InterfaceByIndex(cm.IfIndex); err == nil {
			by = i.Name
		}
		fmt.Printf("heard %d bytes from %s to %s by %s: %.60q\n", n, from, cm.Dst, by, b[:n])
	}
}

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
func listenPacket(lc net.ListenConfig, o options) (net.PacketConn, error) {
	if !o.bind.Addr().IsMulticast() {
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

// membership reads "[SOURCE@]GROUP@INTERFACE".
func membership(text string) (by *net.Interface, group, source net.Addr, err error) {
	words := strings.Split(text, "@")
	if by, err = net.InterfaceByName(words[len(words)-1]); err != nil {
		return nil, nil, nil, err
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

func send(o options) error {
	c, err := net.ListenPacket("udp4", "0.0.0.0:0")
	if err != nil {
		return err
	}
	data := []byte(strings.Join(o.words, " "))
	if o.size > 0 {
		data = []byte(strings.Repeat("x", o.size))
	}
	cm := &ipv4.ControlMessage{}
	if o.by != nil {
		cm.IfIndex = o.by.Index
	}
	if o.from.IsValid() {
		cm.Src = o.from.AsSlice()
	}
	return o.repeat(func() error {
		n, err := ipv4.NewPacketConn(c).WriteTo(data, cm, net.UDPAddrFromAddrPort(o.to))
		if err != nil {
			return err
		}
		fmt.Printf("sent %d bytes to %s\n", n, o.to)
		return nil
	})
}

// repeat does it as often as it was told to.
func (o options) repeat(do func() error) error {
	for i := range o.count {
		if i > 0 {
			time.Sleep(o.every)
		}
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

func connect(o options) error {
	c, err := net.Dial("udp4", o.to.String())
	if err != nil {
		return err
	}
	fmt.Println("connected to", o.to)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if _, err := c.Write(lines.Bytes()); err != nil {
			fmt.Printf("%s: %v\n", lines.Text(), err)
			continue
		}
		fmt.Printf("%s: sent\n", lines.Text())
	}
	return nil
}

func echo(o options) error {
	c, err := net.ListenPacket("udp4", o.bind.String())
	if err != nil {
		return err
	}
	fmt.Println("ready")
	b := make([]byte, 1<<16)
	for {
		n, from, err := c.ReadFrom(b)
		if err != nil {
			return err
		}
		if _, err := c.WriteTo(b[:n], from); err != nil {
			return err
		}
	}
}
