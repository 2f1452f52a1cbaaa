package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/session"
)

func init() {
	plainCommands["hold"] = func() { plainly(hold(os.Args[1:])) }
	plainCommands["looks"] = func() { os.Exit(lookEachWay(os.Args[1:])) }
}

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
	fmt.Println("ready")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
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

// looked ends what a look has printed.
const looked = "looked."

// lookEachWay asks in each of the looks, when a line of standard input says so,
// and returns the first status that is not 0. It is one process for all of them:
// one that the race detector watches costs more to start than a look.
func lookEachWay(args []string) (status int) {
	in := bufio.NewScanner(os.Stdin)
	for _, look := range looks {
		if !in.Scan() {
			return exitNot
		}
		ask := run
		if look[0] == "pane" {
			ask = pane
		}
		code := ask(context.Background(), slices.Concat(look, args), strings.NewReader(""), os.Stdout, os.Stderr)
		if code != exitOK {
			fmt.Fprintf(os.Stderr, "%s: status %d\n", strings.Join(look, " "), code)
		}
		status = cmp.Or(status, code)
		fmt.Println(looked)
	}
	return status
}

// paneTime is how long the screen is open: the facts are read anew twice.
const paneTime = 2*session.RefreshEvery + session.RefreshEvery/2

// pane is a talk whose screen is open for a while. It prints what its pane has
// shown at any time, and returns the status that the doctor has.
func pane(ctx context.Context, args []string, _ io.Reader, stdout, stderr io.Writer) int {
	cfg, err := paneConfig(args[1:])
	if err != nil {
		fmt.Fprintln(stderr, err)
		return exitUsage
	}
	s, err := session.Start(ctx, cfg)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return exitNot
	}
	defer s.Close()
	shown := map[string]bool{}
	look, end := time.NewTicker(100*time.Millisecond), time.After(paneTime)
	defer look.Stop()
	for {
		select {
		case <-look.C:
			for _, f := range s.Snapshot().Findings {
				text := fmt.Sprintf("%s %s on %s: %s: %s", f.Verdict, f.Name, f.Interface, f.Title, f.Evidence)
				if !shown[text] {
					shown[text] = true
					fmt.Fprintln(stdout, text)
				}
			}
		case <-end:
			if len(shown) > 0 {
				return exitDoubt
			}
			return exitOK
		}
	}
}

// paneConfig reads the arguments that the doctor is given as well.
func paneConfig(args []string) (session.Config, error) {
	flags := flag.NewFlagSet("pane", flag.ContinueOnError)
	on := flags.String("i", "", "interface")
	hops := flags.Int("ttl", 1, "TTL")
	flags.String("from", "", "of the doctor only")
	flags.Int("size", 0, "of the doctor only")
	cfg := session.Config{Group: mcast.DefaultGroup}
	// Flags may stand behind the group.
	for len(args) > 0 {
		if err := flags.Parse(args); err != nil {
			return cfg, err
		}
		if args = flags.Args(); len(args) > 0 {
			g, err := mcast.ParseGroup(args[0])
			if err != nil {
				return cfg, err
			}
			cfg.Group, args = g, args[1:]
		}
	}
	if cfg.Hops = *hops; *on != "" {
		cfg.Interfaces = []string{*on}
	}
	return cfg, nil
}
