package lab_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/igmp"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// A port has two places. IPv6 is off in C, else its address would take one.
func TestSwitchLimit(t *testing.T) {
	l := built(t, "switch lan snooping querier limit 2"+strings.ReplaceAll(three, "LAN", "lan")+"  sysctl net.ipv6.conf.all.disable_ipv6=1\n")
	a, c := l.Host("A"), l.Host("C")
	control := at(t, c, "192.168.1.12:5002")
	var members []listening
	for n := range 2 {
		m := at(t, c, fmt.Sprintf("239.1.1.%d:5000", n+1))
		waitJoined(t, a, m.at, m.UDPConn)
		members = append(members, m)
	}
	local := at(t, c, "224.0.0.114:5001")
	packets := watched(t, c)
	late := at(t, c, "239.1.1.3:5000")
	reportOf(t, packets, "C", netip.MustParseAddr("239.1.1.3"))
	for range 3 {
		if reaches(t, a, late.at, late, control) {
			t.Fatal("the third of two groups is heard")
		}
	}
	for _, m := range append(members, local) {
		if !reaches(t, a, m.at, m, control) {
			t.Errorf("%s is not heard any more", m.at)
		}
	}
	members[0].Close()
	labtest.Eventually(t, "a place is free, and whoever joins again has it", func() bool {
		late.Close()
		late = at(t, c, late.at)
		return reaches(t, a, late.at, late, control)
	})
}

// watched is what a host sends and hears.
func watched(t *testing.T, n *lab.Node) *os.File {
	t.Helper()
	var f *os.File
	labtest.In(t, n, func() error {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, int(binary.NativeEndian.Uint16([]byte{0, unix.ETH_P_ALL})))
		f = os.NewFile(uintptr(fd), "packets")
		return err
	})
	t.Cleanup(func() { f.Close() })
	return f
}

// reportOf waits for a host's report of a group.
func reportOf(t *testing.T, packets *os.File, host string, group netip.Addr) igmp.Message {
	t.Helper()
	packets.SetReadDeadline(time.Now().Add(10 * time.Second))
	for b := make([]byte, 1500); ; {
		n, err := packets.Read(b)
		if err != nil {
			t.Fatalf("%s does not report %s: %v", host, group, err)
		}
		m, err := igmp.Decode(b[:n])
		about := func(r igmp.Record) bool { return r.Group == group }
		if err == nil && m.Kind == igmp.Report && (m.Group == group || slices.ContainsFunc(m.Records, about)) {
			return m
		}
	}
}

// MLD in which a host reports, and in which a switch asks.
func TestMLDVersions(t *testing.T) {
	l := built(t, `
switch one snooping querier mld 1
switch two snooping querier mld 2
host A
  eth0 on one 2001:db8:1::a/64
host B
  eth0 on two 2001:db8:2::b/64
host C
  mld 1
  eth0 on two 2001:db8:2::c/64
`)
	group := netip.MustParseAddr("ff05::114")
	for host, want := range map[string]int{"A": 1, "B": 2, "C": 1} {
		packets := watched(t, l.Host(host))
		at(t, l.Host(host), "[ff05::114]:5000")
		if m := reportOf(t, packets, host, group); m.Version != want {
			t.Errorf("%s reports in MLDv%d, want %d", host, m.Version, want)
		}
	}
}

// A switch that asks by MLD forwards IPv6 groups to their members only, and is no
// host for that: it answers nobody.
func TestSwitchAsksByMLD(t *testing.T) {
	l := built(t, `
switch lan snooping querier mld 2
host A
  eth0 on lan 2001:db8::a/64
  route ff00::/8 dev eth0
host B
  eth0 on lan 2001:db8::b/64
host C
  eth0 on lan 2001:db8::c/64
`)
	a := l.Host("A")
	b := listener(t, l.Host("B"), "[ff05::114]:5000", "eth0")
	waitJoined(t, a, "[ff05::114]:5000", b)
	before := counters(t, l, "C").RxPackets
	for range 40 {
		say(t, a, "[ff05::114]:5000", 1, "x")
		hears(t, "B", b, "x from 2001:db8::a")
	}
	if n := counters(t, l, "C").RxPackets - before; n >= 20 {
		t.Errorf("the wire of C, which has not joined, carried %d frames of 40 datagrams", n)
	}
	var pings *os.File
	var at int
	labtest.In(t, a, func() error {
		fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.IPPROTO_ICMPV6)
		pings = os.NewFile(uintptr(fd), "pings")
		ifi, ierr := net.InterfaceByName("eth0")
		if ierr == nil {
			at = ifi.Index
		}
		return errors.Join(err, ierr)
	})
	defer pings.Close()
	raw, err := pings.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	answers := map[netip.Addr]int{}
	labtest.Eventually(t, "B and C answer twice, and A itself", func() bool {
		b := make([]byte, 1500)
		var failed error
		err := raw.Control(func(fd uintptr) {
			all := unix.SockaddrInet6{Addr: netip.MustParseAddr("ff02::1").As16(), ZoneId: uint32(at)}
			failed = unix.Sendto(int(fd), []byte{128, 0, 0, 0, 0, 1, 0, 1}, 0, &all)
		})
		if err != nil || failed != nil {
			t.Fatal(err, failed)
		}
		pings.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		_ = raw.Read(func(fd uintptr) bool {
			for {
				n, from, err := unix.Recvfrom(int(fd), b, 0)
				if err != nil {
					return false
				}
				if from, ok := from.(*unix.SockaddrInet6); ok && n > 0 && b[0] == 129 {
					answers[netip.AddrFrom16(from.Addr)]++
				}
			}
		})
		twice := 0
		for _, n := range answers {
			if n >= 2 {
				twice++
			}
		}
		return twice >= 3
	})
	if len(answers) != 3 {
		t.Errorf("answers to ff02::1 come from %v, want the three hosts", answers)
	}
}
