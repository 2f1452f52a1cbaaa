package peer

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
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
	// Its name for others is not that of groupcast, whose file it is: the doctor takes
	// groupcast for a program that loses no answers at a shared port. It can do without.
	_ = os.WriteFile("/proc/self/comm", []byte("peer"), 0)
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
	{"tcp-listen", tcpListen}, {"tcp-connect", tcpConnect},
	{"resolve", resolve},
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
	c, err := listenPacket(o)
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
	b, oob := make([]byte, o.read), make([]byte, 256)
	for {
		n, oobn, flags, from, err := c.(*net.UDPConn).ReadMsgUDPAddrPort(b, oob)
		if err != nil {
			return err
		}
		var cm ipv4.ControlMessage
		if err := cm.Parse(oob[:oobn]); err != nil {
			return err
		}
		by, cut := "?", ""
		if i, err := net.InterfaceByIndex(cm.IfIndex); err == nil {
			by = i.Name
		}
		if flags&unix.MSG_TRUNC != 0 {
			cut = ", cut off (MSG_TRUNC)"
		}
		fmt.Printf("heard %d bytes from %s to %s by %s: %.60q%s\n", n, from, cm.Dst, by, b[:n], cut)
	}
}

func send(o options) error {
	if o.to.Addr().Is6() {
		return send6(o)
	}
	c, err := net.ListenPacket("udp4", "0.0.0.0:0")
	if err != nil {
		return err
	}
	data := []byte(strings.Join(o.words, " "))
	if o.size > 0 {
		data = []byte(strings.Repeat("x", o.size))
	}
	p := ipv4.NewPacketConn(c)
	if err := o.multicast(p); err != nil {
		return err
	}
	if o.nowait || o.sndbuf > 0 {
		return o.sendRaw(c.(*net.UDPConn), data)
	}
	cm := &ipv4.ControlMessage{}
	if o.by != nil {
		cm.IfIndex = o.by.Index
	}
	if o.from.IsValid() {
		cm.Src = o.from.AsSlice()
	}
	return o.repeat(func() error {
		n, err := p.WriteTo(data, cm, net.UDPAddrFromAddrPort(o.to))
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
	conn, err := (&net.Dialer{LocalAddr: &net.UDPAddr{Port: o.port}}).Dial("udp4", o.to.String())
	if err != nil {
		return err
	}
	c := conn.(*net.UDPConn)
	fmt.Println("connected to", o.to)
	if o.hear {
		go hear(c)
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		text, to, err := lines.Text(), "", error(nil)
		if rest, ok := strings.CutPrefix(text, "to "); ok {
			to, text, _ = strings.Cut(rest, " ")
			err = sendTo(c, []byte(text), to)
			to = " to " + to
		} else {
			_, err = c.Write([]byte(text))
		}
		if err != nil {
			fmt.Printf("%s: %v\n", text, err)
			continue
		}
		fmt.Printf("%s: sent%s\n", text, to)
	}
	return nil
}

// hear prints what a connected socket receives.
func hear(c *net.UDPConn) {
	for b := make([]byte, 1<<16); ; {
		n, err := c.Read(b)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			fmt.Println("heard an error:", err)
			continue
		}
		fmt.Printf("heard %d bytes: %.60q\n", n, b[:n])
	}
}

// sendTo is sendto(2) with an address, which net.UDPConn refuses on a connected socket.
func sendTo(c *net.UDPConn, data []byte, addr string) error {
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return err
	}
	rc, err := c.SyscallConn()
	if err != nil {
		return err
	}
	if e := rc.Control(func(fd uintptr) {
		err = unix.Sendto(int(fd), data, 0, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()})
	}); e != nil {
		return e
	}
	return err
}

func echo(o options) error {
	c, err := listenPacket(o)
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
