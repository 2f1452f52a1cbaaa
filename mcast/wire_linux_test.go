package mcast_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// lan is the article's LAN with IPv6 addresses, and B's eye on its wire.
type lan struct {
	t      *testing.T
	a, b   *lab.Node
	eth0   host.Interface // of A
	packet int            // a packet socket on B's eth0
	called []string       // options that were set, and other calls
}

func newLAN(t *testing.T) *lan {
	topology := lab.Article
	topology.Hosts = slices.Clone(topology.Hosts)
	for n, address := range []string{"fd00:8::164/64", "fd00:8::226/64"} {
		host := &topology.Hosts[n]
		host.Interfaces = slices.Clone(host.Interfaces)
		host.Interfaces[0].Addrs = append(slices.Clone(host.Interfaces[0].Addrs), netip.MustParsePrefix(address))
	}
	built := labtest.Build(t, topology)
	l := &lan{t: t, a: built.Host("A"), b: built.Host("B")}
	l.eth0 = labtest.Device(t, l.a, "eth0")
	labtest.In(t, l.b, func() (err error) {
		l.packet, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		return err
	})
	t.Cleanup(func() { unix.Close(l.packet) })
	all := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, unix.ETH_P_ALL))
	if err := errors.Join(
		unix.SetsockoptTimeval(l.packet, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 5}),
		unix.Bind(l.packet, &unix.SockaddrLinklayer{Protocol: all, Ifindex: labtest.Device(t, l.b, "eth0").Index}),
	); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *lan) do(fn func() error) { l.t.Helper(); labtest.In(l.t, l.a, fn) }

// conn opens a Conn in A whose calls are noted.
func (l *lan) conn(cfg mcast.Config) *mcast.Conn {
	l.t.Helper()
	cfg.Trace = &mcast.Trace{Call: func(c mcast.Call) { l.called = append(l.called, c.Name, c.Option) }}
	return labtest.Socket(l.t, l.a, cfg)
}

func (l *lan) join(c *mcast.Conn, g mcast.Group) { l.t.Helper(); join(l.t, l.a, c, g, l.eth0) }

func (l *lan) leave(c *mcast.Conn, g mcast.Group) {
	l.t.Helper()
	l.do(func() error { return c.Leave(g, l.eth0) })
}

func (l *lan) send(c *mcast.Conn, text string, to netip.AddrPort, via mcast.Via) {
	l.t.Helper()
	l.do(func() error { return c.Send([]byte(text), to, via) })
}

func (l *lan) byEth0() mcast.Via { return mcast.Via{IfIndex: l.eth0.Index} }

// on is how lines about A's eth0 begin in most files of /proc/net.
func (l *lan) on(rest string) string { return fmt.Sprintf("%d eth0 %s", l.eth0.Index, rest) }

// shows checks that a line of a file of /proc/net in A has these fields, one
// after the other.
func (l *lan) shows(file, fields string) {
	l.t.Helper()
	if text := l.proc(file); !strings.Contains(text, " "+fields+" ") {
		l.t.Errorf("/proc/net/%s has no %q:\n%s", file, fields, text)
	}
}

func (l *lan) hides(file, fields string) {
	l.t.Helper()
	if text := l.proc(file); strings.Contains(text, " "+fields+" ") {
		l.t.Errorf("/proc/net/%s still has %q:\n%s", file, fields, text)
	}
}

// proc reads such a file, with single blanks between and around the fields.
func (l *lan) proc(file string) string {
	l.t.Helper()
	var out strings.Builder
	l.do(func() error {
		text, err := os.ReadFile("/proc/thread-self/net/" + file)
		for line := range strings.Lines(string(text)) {
			fmt.Fprintf(&out, " %s \n", strings.Join(strings.Fields(line), " "))
		}
		return err
	})
	return out.String()
}

// option checks what the kernel says of an option that is a number.
func (l *lan) option(c *mcast.Conn, level, option, want int) {
	l.t.Helper()
	l.control(c, func(fd int) {
		if got, err := unix.GetsockoptInt(fd, level, option); err != nil || got != want {
			l.t.Errorf("getsockopt %d of level %d is %d (%v), want %d", option, level, got, err, want)
		}
	})
}

func (l *lan) control(c *mcast.Conn, fn func(fd int)) {
	l.t.Helper()
	raw, err := c.SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) { fn(int(fd)) })
	}
	if err != nil {
		l.t.Error(err)
	}
}

// filter checks the socket's own filter of a group's sources (struct
// ip_msfilter of netinet/in.h).
func (l *lan) filter(c *mcast.Conn, g mcast.Group, want string) {
	l.t.Helper()
	var f struct {
		group, on   [4]byte
		mode, count uint32
		sources     [8][4]byte
	}
	f.group, f.on, f.count = g.Addr.As4(), l.eth0.Addr(g.Addr).As4(), uint32(len(f.sources))
	size := uint32(unsafe.Sizeof(f))
	var errno syscall.Errno
	l.control(c, func(fd int) {
		_, _, errno = unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_IP, unix.IP_MSFILTER,
			uintptr(unsafe.Pointer(&f)), uintptr(unsafe.Pointer(&size)), 0)
	})
	var sources []netip.Addr
	for _, s := range f.sources[:min(int(f.count), len(f.sources))] {
		sources = append(sources, netip.AddrFrom4(s))
	}
	mode := map[uint32]string{unix.MCAST_INCLUDE: "INCLUDE", unix.MCAST_EXCLUDE: "EXCLUDE"}[f.mode]
	if got := fmt.Sprint(mode, " ", sources); errno != 0 || got != want {
		l.t.Errorf("the filter of the socket for %s is %s (%v), want %s", g, got, errno, want)
	}
}

// wire waits until all of these have passed B's eth0, in any order, and
// returns all that was seen.
func (l *lan) wire(want ...string) (seen []string) {
	l.t.Helper()
	missing := func() []string {
		return slices.DeleteFunc(slices.Clone(want), func(s string) bool { return slices.Contains(seen, s) })
	}
	frame := make([]byte, 2048)
	for end := time.Now().Add(5 * time.Second); len(missing()) > 0; {
		n, from, err := unix.Recvfrom(l.packet, frame, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || time.Now().After(end) {
			l.t.Fatalf("on the wire were %q, missing %q (%v)", seen, missing(), err)
		}
		if from.(*unix.SockaddrLinklayer).Pkttype != unix.PACKET_OUTGOING {
			seen = append(seen, fmt.Sprintf("frame to %s", net.HardwareAddr(frame[:6])))
			seen = append(seen, describe(frame[14:n])...)
		}
	}
	return seen
}

// describe says what is in an IP packet: datagrams, and the group records of
// membership reports (IGMPv3, RFC 3376 section 4.2; MLDv2, RFC 3810 section
// 5.2).
func describe(p []byte) []string {
	switch {
	case len(p) > 20 && p[0]>>4 == 4:
		body := p[4*(p[0]&15) : binary.BigEndian.Uint16(p[2:])]
		switch {
		case p[9] == unix.IPPROTO_UDP:
			return datagram(p[12:16], p[16:20], p[8], body)
		case p[9] == unix.IPPROTO_IGMP && body[0] == 0x22:
			return records(body, 4)
		}
	case len(p) > 48 && p[0]>>4 == 6:
		body := p[40 : 40+binary.BigEndian.Uint16(p[4:])]
		switch {
		case p[6] == unix.IPPROTO_UDP:
			return datagram(p[8:24], p[24:40], p[7], body)
		case p[6] == unix.IPPROTO_HOPOPTS && body[0] == unix.IPPROTO_ICMPV6 && body[8] == 143:
			return records(body[8:], 16)
		}
	}
	return nil
}

func datagram(from, to []byte, ttl byte, udp []byte) []string {
	return []string{fmt.Sprintf("%s > %s ttl %d %s", ip(from), ip(to), ttl, udp[8:])}
}

func records(report []byte, size int) (out []string) {
	rest := report[8:]
	for range binary.BigEndian.Uint16(report[6:]) {
		kind := [...]string{1: "IS_IN", "IS_EX", "TO_IN", "TO_EX", "ALLOW", "BLOCK"}[rest[0]]
		count, group := binary.BigEndian.Uint16(rest[2:]), ip(rest[4:4+size])
		rest = rest[4+size:]
		var sources []netip.Addr
		for range count {
			sources = append(sources, ip(rest[:size]))
			rest = rest[size:]
		}
		out = append(out, fmt.Sprintf("%s %s %v", group, kind, sources))
	}
	return out
}

func ip(b []byte) netip.Addr { a, _ := netip.AddrFromSlice(b); return a }
