package mcast_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// TestDgram proves docs/dgram.md row by row, by what the kernel of host A says
// of itself and by what host B sees on the wire. The options that a row names
// are those that the Trace tells.
func TestDgram(t *testing.T) {
	document := dgramRows(t)
	names := make([]string, 0, len(dgram))
	for _, row := range dgram {
		names = append(names, row.name)
		t.Run(row.name, func(t *testing.T) {
			l := newLAN(t)
			row.prove(l)
			for _, option := range document[row.name] {
				if !strings.Contains(strings.Join(l.called, " "), option) {
					t.Errorf("docs/dgram.md says %s, but the calls were %q", option, l.called)
				}
			}
		})
	}
	slices.Sort(names)
	if rows := slices.Sorted(maps.Keys(document)); !slices.Equal(rows, names) {
		t.Errorf("docs/dgram.md has the rows\n%q\nand the test proves\n%q", rows, names)
	}
}

// dgramRows reads the table: the options, which are the fourth column, by
// node's name, which is the first.
func dgramRows(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "dgram.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{}
	option := regexp.MustCompile("`([A-Z0-9]+_[A-Z0-9_]+)`")
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, "|"); len(cells) > 4 && strings.HasPrefix(cells[1], " `") {
			name := strings.ReplaceAll(strings.TrimSpace(cells[1]), "`", "")
			rows[name] = []string{}
			for _, found := range option.FindAllStringSubmatch(cells[4], -1) {
				rows[name] = append(rows[name], found[1])
			}
		}
	}
	return rows
}

var (
	asm4, asm6 = parse("224.0.0.114"), parse("ff02::114")
	ssm4, ssm6 = parse("192.168.8.226@232.1.1.1"), parse("fd00:8::226@ff3e::8000:1")
	v6         = netip.IPv6Unspecified()
	hostB      = netip.MustParseAddrPort("192.168.8.226:1234")
	hostB6     = netip.MustParseAddrPort("[fd00:8::226]:1234")
)

var dgram = []struct {
	name  string // node's
	prove func(l *lan)
}{
	{"bind {reuseAddr}", func(l *lan) {
		one, two := l.conn(mcast.Config{Port: 1234}), l.conn(mcast.Config{Port: 1234})
		for _, c := range []*mcast.Conn{one, two} {
			l.join(c, asm4)
			l.option(c, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
			l.option(c, unix.SOL_IP, unix.IP_MULTICAST_ALL, 0)
		}
		send(l.t, l.b, labtest.Socket(l.t, l.b, mcast.Config{}), "a copy for each", mcast.Via{})
		labtest.Hears(l.t, one, "a copy for each")
		labtest.Hears(l.t, two, "a copy for each")
	}},
	{"bind {exclusive}", func(l *lan) {
		l.option(l.conn(mcast.Config{Port: 1234, Exclusive: true}), unix.SOL_SOCKET, unix.SO_REUSEADDR, 0)
		err := l.a.Do(func() error {
			_, err := mcast.Listen(l.t.Context(), mcast.Config{Port: 1234})
			return err
		})
		if !errors.Is(err, mcast.ErrPortInUse) || !errors.Is(err, syscall.EADDRINUSE) {
			l.t.Errorf("a second socket on an exclusive port: %v, want ErrPortInUse for EADDRINUSE", err)
		}
	}},
	{"address", func(l *lan) {
		c := l.conn(mcast.Config{})
		if c.LocalAddr().Port() == 0 {
			l.t.Errorf("LocalAddr is %s, want the port that the kernel chose", c.LocalAddr())
		}
		l.shows("udp", fmt.Sprintf("00000000:%04X 00000000:0000 07", c.LocalAddr().Port()))
	}},
	{"connect, remoteAddress, disconnect", func(l *lan) {
		peer, other := labtest.Socket(l.t, l.b, mcast.Config{Port: 1234}), labtest.Socket(l.t, l.b, mcast.Config{})
		c := l.conn(mcast.Config{Remote: hostB})
		if c.RemoteAddr() != hostB {
			l.t.Errorf("RemoteAddr is %s, want %s", c.RemoteAddr(), hostB)
		}
		l.shows("udp", fmt.Sprintf("A408A8C0:%04X E208A8C0:04D2 01", c.LocalAddr().Port()))
		for _, from := range []*mcast.Conn{other, peer} {
			labtest.In(l.t, l.b, func() error { return from.Send([]byte("from "+from.LocalAddr().String()), c.LocalAddr(), mcast.Via{}) })
		}
		labtest.Hears(l.t, c, "from 0.0.0.0:1234") // and so nothing of the other
		l.send(c, "hello", netip.AddrPort{}, mcast.Via{})
		labtest.Hears(l.t, peer, "hello")
	}},
	{"setRecvBufferSize, getRecvBufferSize", func(l *lan) {
		c := l.conn(mcast.Config{ReadBuffer: 64 << 10})
		l.option(c, unix.SOL_SOCKET, unix.SO_RCVBUF, 128<<10)
		l.option(c, unix.SOL_SOCKET, unix.SO_RCVBUF, c.ReadBuffer())
		if err := c.SetReadBuffer(32 << 10); err != nil {
			l.t.Error(err)
		}
		l.option(c, unix.SOL_SOCKET, unix.SO_RCVBUF, 64<<10)
	}},
	{"setSendBufferSize, getSendBufferSize", func(l *lan) {
		c := l.conn(mcast.Config{WriteBuffer: 32 << 10})
		l.option(c, unix.SOL_SOCKET, unix.SO_SNDBUF, 64<<10)
		l.option(c, unix.SOL_SOCKET, unix.SO_SNDBUF, c.WriteBuffer())
	}},
	{"setTTL", func(l *lan) {
		c, c6 := l.conn(mcast.Config{}), l.conn(mcast.Config{Addr: v6})
		for _, c := range []*mcast.Conn{c, c6} {
			l.do(func() error { return c.SetUnicastHops(5) })
		}
		l.send(c, "unicast", hostB, mcast.Via{})
		l.send(c, "multicast", asm4.AddrPort(), l.byEth0())
		l.send(c6, "unicast6", hostB6, mcast.Via{})
		l.wire("192.168.8.164 > 192.168.8.226 ttl 5 unicast", "192.168.8.164 > 224.0.0.114 ttl 1 multicast",
			"fd00:8::164 > fd00:8::226 ttl 5 unicast6")
	}},
	{"setMulticastTTL", func(l *lan) {
		c, c6 := l.conn(mcast.Config{}), l.conn(mcast.Config{Addr: v6})
		l.option(c, unix.SOL_IP, unix.IP_MULTICAST_TTL, 1)
		l.option(c6, unix.SOL_IPV6, unix.IPV6_MULTICAST_HOPS, 1)
		for _, c := range []*mcast.Conn{c, c6} {
			l.do(func() error { return c.SetHops(3) })
		}
		l.send(c, "multicast", asm4.AddrPort(), l.byEth0())
		l.send(c, "unicast", hostB, mcast.Via{})
		l.send(c6, "multicast6", ssm6.AddrPort(), mcast.Via{IfIndex: l.eth0.Index, Source: labtest.Addr("fd00:8::164")})
		l.wire("192.168.8.164 > 224.0.0.114 ttl 3 multicast", "192.168.8.164 > 192.168.8.226 ttl 64 unicast",
			"fd00:8::164 > ff3e::8000:1 ttl 3 multicast6")
	}},
	{"setMulticastLoopback", func(l *lan) {
		c, c6 := l.conn(mcast.Config{Port: 1234}), l.conn(mcast.Config{Addr: v6})
		l.join(c, asm4)
		l.option(c, unix.SOL_IP, unix.IP_MULTICAST_LOOP, 1)
		l.option(c6, unix.SOL_IPV6, unix.IPV6_MULTICAST_LOOP, 1)
		for _, c := range []*mcast.Conn{c, c6} {
			l.do(func() error { return c.SetLoopback(false) })
		}
		l.option(c, unix.SOL_IP, unix.IP_MULTICAST_LOOP, 0)
		l.option(c6, unix.SOL_IPV6, unix.IPV6_MULTICAST_LOOP, 0)
		l.send(c, "no copy", asm4.AddrPort(), l.byEth0())
		l.do(func() error { return c.SetLoopback(true) })
		l.send(c, "a copy", asm4.AddrPort(), l.byEth0())
		labtest.Hears(l.t, c, "a copy") // and so not the one before
		l.wire("192.168.8.164 > 224.0.0.114 ttl 1 no copy", "192.168.8.164 > 224.0.0.114 ttl 1 a copy")
	}},
	{"setMulticastInterface", func(l *lan) {
		c, c6 := l.conn(mcast.Config{}), l.conn(mcast.Config{Addr: v6})
		heard := onGroup(l.t, l.b, "eth0")
		l.send(c, "as routed", asm4.AddrPort(), mcast.Via{}) // by eth1
		l.send(c, "by eth0", asm4.AddrPort(), l.byEth0())
		labtest.Hears(l.t, heard, "by eth0")
		l.send(c6, "six", asm6.AddrPort(), mcast.Via{IfIndex: l.eth0.Index, Source: labtest.Addr("fd00:8::164")})
		l.wire("192.168.8.164 > 224.0.0.114 ttl 1 by eth0", "fd00:8::164 > ff02::114 ttl 1 six")
		l.option(c, unix.SOL_IP, unix.IP_MULTICAST_IF, 0) // the socket's own choice is none
		l.option(c6, unix.SOL_IPV6, unix.IPV6_MULTICAST_IF, 0)
	}},
	{"addMembership", func(l *lan) {
		c, c6 := l.conn(mcast.Config{}), l.conn(mcast.Config{Addr: v6})
		l.join(c, asm4)
		l.shows("igmp", "720000E0 1")
		l.shows("dev_mcast", l.on("1 0 01005e000072"))
		l.filter(c, asm4, "EXCLUDE []")
		l.wire("224.0.0.114 TO_EX []")

		l.join(c6, asm6)
		l.shows("igmp6", l.on("ff020000000000000000000000000114 1"))
		l.shows("dev_mcast", l.on("1 0 333300000114"))
		l.wire("ff02::114 TO_EX []")

		l.join(c, parse("225.0.0.114")) // the network card cannot tell it from the first
		l.shows("igmp", "720000E1 1")
		l.shows("dev_mcast", l.on("2 0 01005e000072"))

		if err := l.a.Sysctl("net.ipv4.igmp_link_local_mcast_reports", "0"); err != nil {
			l.t.Fatal(err)
		}
		l.join(c, parse("224.0.0.200"))
		l.join(c, parse("239.1.2.3"))
		if seen := l.wire("239.1.2.3 TO_EX []"); slices.Contains(seen, "224.0.0.200 TO_EX []") {
			l.t.Errorf("224.0.0.200 is reported, with igmp_link_local_mcast_reports 0")
		}
	}},
	{"dropMembership", func(l *lan) {
		c, c6 := l.conn(mcast.Config{}), l.conn(mcast.Config{Addr: v6})
		l.join(c, asm4)
		l.join(c6, asm6)
		l.wire("224.0.0.114 TO_EX []", "ff02::114 TO_EX []")
		l.leave(c, asm4)
		l.leave(c6, asm6)
		l.hides("igmp", "720000E0")
		l.hides("igmp6", "ff020000000000000000000000000114")
		l.hides("dev_mcast", "01005e000072")
		l.hides("dev_mcast", "333300000114")
		l.wire("224.0.0.114 TO_IN []", "ff02::114 TO_IN []")
	}},
	{"addSourceSpecificMembership", func(l *lan) {
		c, c6 := l.conn(mcast.Config{Port: 1234}), l.conn(mcast.Config{Addr: v6})
		l.join(c, ssm4)
		l.shows("igmp", "010101E8 1")
		l.shows("mcfilter", l.on("0xe8010101 0xc0a808e2 1 0"))
		l.shows("dev_mcast", l.on("1 0 01005e010101"))
		l.filter(c, ssm4, "INCLUDE [192.168.8.226]")
		l.wire("232.1.1.1 ALLOW [192.168.8.226]")

		l.join(c6, ssm6)
		l.shows("igmp6", l.on("ff3e0000000000000000000080000001 1"))
		l.shows("mcfilter6", l.on("ff3e0000000000000000000080000001 fd000008000000000000000000000226 1 0"))
		l.shows("dev_mcast", l.on("1 0 333380000001"))
		l.wire("ff3e::8000:1 ALLOW [fd00:8::226]")

		l.send(c, "from A itself", ssm4.AddrPort(), l.byEth0()) // a source that was not asked for
		from := labtest.Socket(l.t, l.b, mcast.Config{})
		labtest.In(l.t, l.b, func() error { return from.Send([]byte("from B"), ssm4.AddrPort(), mcast.Via{}) })
		labtest.Hears(l.t, c, "from B")
	}},
	{"dropSourceSpecificMembership", func(l *lan) {
		c, c6 := l.conn(mcast.Config{}), l.conn(mcast.Config{Addr: v6})
		second := parse("192.168.8.9@232.1.1.1")
		l.join(c, ssm4)
		l.join(c, second)
		l.join(c6, ssm6)
		l.filter(c, ssm4, "INCLUDE [192.168.8.226 192.168.8.9]")
		l.leave(c, second)
		l.wire("232.1.1.1 BLOCK [192.168.8.9]")
		l.filter(c, ssm4, "INCLUDE [192.168.8.226]")
		l.leave(c, ssm4) // the last source ends the membership
		l.leave(c6, ssm6)
		l.hides("igmp", "010101E8")
		l.hides("mcfilter", "0xe8010101")
		l.hides("igmp6", "ff3e0000000000000000000080000001")
		l.hides("mcfilter6", "ff3e0000000000000000000080000001")
		l.wire("232.1.1.1 BLOCK [192.168.8.226]", "ff3e::8000:1 BLOCK [fd00:8::226]")
	}},
	{"setBroadcast", func(l *lan) {
		c, everyone := l.conn(mcast.Config{}), netip.MustParseAddrPort("192.168.8.255:1234")
		l.option(c, unix.SOL_SOCKET, unix.SO_BROADCAST, 1)
		l.send(c, "allowed", everyone, mcast.Via{})
		l.do(func() error { return c.SetBroadcast(false) })
		l.option(c, unix.SOL_SOCKET, unix.SO_BROADCAST, 0)
		if err := l.a.Do(func() error { return c.Send(nil, everyone, mcast.Via{}) }); !errors.Is(err, syscall.EACCES) {
			l.t.Errorf("broadcast without SO_BROADCAST: %v, want EACCES", err)
		}
		l.send(c, "needs no permission", asm4.AddrPort(), l.byEth0())
		l.wire("192.168.8.164 > 192.168.8.255 ttl 64 allowed", "192.168.8.164 > 224.0.0.114 ttl 1 needs no permission")
	}},
	{"send (unicast)", func(l *lan) {
		c, c6 := l.conn(mcast.Config{}), l.conn(mcast.Config{Addr: v6})
		l.send(c, "hi", hostB, mcast.Via{})
		l.send(c6, "hi6", hostB6, mcast.Via{})
		l.wire("192.168.8.164 > 192.168.8.226 ttl 64 hi", "fd00:8::164 > fd00:8::226 ttl 64 hi6")
	}},
	{"send (multicast)", func(l *lan) {
		c, c6 := l.conn(mcast.Config{}), l.conn(mcast.Config{Addr: v6})
		l.send(c, "hi", asm4.AddrPort(), l.byEth0())
		l.send(c6, "hi6", asm6.AddrPort(), mcast.Via{IfIndex: l.eth0.Index, Source: labtest.Addr("fd00:8::164")})
		l.wire("frame to 01:00:5e:00:00:72", "192.168.8.164 > 224.0.0.114 ttl 1 hi",
			"frame to 33:33:00:00:01:14", "fd00:8::164 > ff02::114 ttl 1 hi6")
		l.hides("igmp", "720000E0") // sending joins nothing
	}},
	{"on 'message'", func(l *lan) {
		c, c6 := l.conn(mcast.Config{Port: 1234}), l.conn(mcast.Config{Addr: v6})
		l.option(c, unix.SOL_IP, unix.IP_PKTINFO, 1)
		l.option(c, unix.SOL_IP, unix.IP_RECVTTL, 1)
		l.option(c6, unix.SOL_IPV6, unix.IPV6_RECVPKTINFO, 1)
		l.option(c6, unix.SOL_IPV6, unix.IPV6_RECVHOPLIMIT, 1)
		l.join(c, asm4)
		send(l.t, l.b, labtest.Socket(l.t, l.b, mcast.Config{Hops: 9}), "news", mcast.Via{})
		d, text := labtest.Next(l.t, c)
		if text != "news" || d.From.Addr() != hostB.Addr() || d.To != asm4.Addr || d.IfIndex != l.eth0.Index || d.Hops != 9 {
			l.t.Errorf("read %+v, want news from %s to %s on eth0 with TTL 9", d, hostB.Addr(), asm4)
		}
	}},
	{"on 'error'", func(l *lan) {
		list, alive := make(chan mcast.PeerError, 2), labtest.Socket(l.t, l.b, mcast.Config{})
		for any, closed := range map[netip.Addr]netip.AddrPort{{}: hostB, v6: hostB6} {
			c := l.conn(mcast.Config{Addr: any, PeerError: func(e mcast.PeerError) { list <- e }})
			l.send(c, "anybody?", closed, mcast.Via{})
			ctx, cancel := context.WithTimeout(l.t.Context(), 5*time.Second)
			go func() { c.Read(ctx, make([]mcast.Datagram, 1)); cancel() }()
			select {
			case e := <-list:
				if e.To != closed || e.From != closed.Addr() || e.Err != syscall.ECONNREFUSED || string(e.Data) != "anybody?" {
					l.t.Errorf("told: %+v, want that %s refused it", e, closed)
				}
			case <-ctx.Done():
				l.t.Errorf("nothing is told about %s", closed)
			}
			cancel()
		}
		c := l.conn(mcast.Config{})
		l.send(c, "anybody?", hostB, mcast.Via{})
		l.send(c, "still fine", netip.AddrPortFrom(hostB.Addr(), alive.LocalAddr().Port()), mcast.Via{})
		labtest.Hears(l.t, alive, "still fine")
	}},
	{"close", func(l *lan) {
		c := l.conn(mcast.Config{})
		l.join(c, asm4)
		l.wire("224.0.0.114 TO_EX []")
		c.Close()
		l.hides("igmp", "720000E0")
		l.hides("udp", fmt.Sprintf("00000000:%04X", c.LocalAddr().Port()))
		l.wire("224.0.0.114 TO_IN []")
	}},
}

func parse(s string) mcast.Group {
	g, err := mcast.ParseGroup(s)
	if err != nil {
		panic(err)
	}
	return g
}
