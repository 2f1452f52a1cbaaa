package lab_test

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/ipv4"

	"github.com/groupcast/groupcast/mcast/igmp"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

const acrossWAN = "239.1.1.1:5000"

// arrives waits until a member behind routers hears the group, whose routers learn
// of it hop by hop.
func arrives(t *testing.T, from *lab.Node, to string, c *net.UDPConn) {
	t.Helper()
	labtest.Eventually(t, "the member hears the group", func() bool {
		say(t, from, to, 8, "?")
		return receive(t, c, 50*time.Millisecond) != ""
	})
	for receive(t, c, 20*time.Millisecond) != "" {
	}
}

// carries is how many frames of 40 datagrams the wire of a host carries, which are
// heard elsewhere, so that they were forwarded at the time.
func carries(t *testing.T, l *lab.Lab, host string, from *lab.Node, to string, heard *net.UDPConn) (frames uint64) {
	t.Helper()
	before := counters(t, l, host).RxPackets
	for n := range 40 {
		text := fmt.Sprint(n)
		say(t, from, to, 8, text)
		got := receive(t, heard, 5*time.Second)
		for strings.HasPrefix(got, "?") { // said before, until another member heard it
			got = receive(t, heard, 5*time.Second)
		}
		if !strings.HasPrefix(got, text+" from ") {
			t.Fatalf("the member hears %q, want %q", got, text)
		}
	}
	return counters(t, l, host).RxPackets - before
}

// Behind the third router is no member at first, then there is, and then there is
// none again: its LAN carries the group in between only. So does the router's wire
// to the switch in the middle, unless that floods.
func TestWAN(t *testing.T) {
	for _, snooping := range []bool{true, false} {
		t.Run(fmt.Sprintf("the middle snoops: %t", snooping), func(t *testing.T) {
			topology, err := lab.FindTopology("wan", 0)
			if err != nil {
				t.Fatal(err)
			}
			topology.Switches = slices.Clone(topology.Switches)
			topology.Switches[0] = lab.Switch{Name: "core", Snooping: snooping, Querier: snooping}
			l := labtest.BuildAlone(t, topology)
			a, b := l.Host("A"), listener(t, l.Host("B"), acrossWAN, "eth0")
			arrives(t, a, acrossWAN, b)
			if n := carries(t, l, "C", a, acrossWAN, b); n >= 20 {
				t.Errorf("the LAN of C, which has not joined, carries %d frames of 40 datagrams", n)
			}
			if n := carries(t, l, "R3", a, acrossWAN, b); n >= 20 == snooping {
				t.Errorf("the wire to R3, which has not joined, carries %d frames of 40 datagrams", n)
			}
			c := listener(t, l.Host("C"), acrossWAN, "eth0")
			arrives(t, a, acrossWAN, c)
			if n := carries(t, l, "C", a, acrossWAN, b); n < 40 {
				t.Errorf("the LAN of C, which has joined, carries %d frames of 40 datagrams", n)
			}
			c.Close()
			labtest.Eventually(t, "the LAN of C carries nothing more", func() bool { return carries(t, l, "C", a, acrossWAN, b) < 20 })
			if !snooping {
				return
			}
			labtest.Eventually(t, "nor does the wire to R3", func() bool { return carries(t, l, "R3", a, acrossWAN, b) < 20 })
			// From another branch, and unicast.
			say(t, l.Host("C"), acrossWAN, 8, "back")
			hears(t, "B", b, "back from 192.168.3.10")
			one := listener(t, l.Host("C"), "192.168.3.10:5001")
			say(t, a, "192.168.3.10:5001", 8, "one")
			hears(t, "C", one, "one from 192.168.1.10")
		})
	}
}

// row is three routers in a row: each LAN but the first is below another.
const row = `
switch top
switch second
switch third
switch bottom
host A
  eth0 on top 10.0.1.10/24
  route 224.0.0.0/4 dev eth0
host X
  eth0 on top 10.0.1.11/24
  route 224.0.0.0/4 dev eth0
router R1
  eth0 on top 10.0.1.1/24
  eth1 on second 10.0.2.1/24
router R2
  upstream eth1
  eth0 on third 10.0.3.1/24
  eth1 on second 10.0.2.2/24
router R3
  eth0 on bottom 10.0.4.1/24
  eth1 on third 10.0.3.2/24
host D
  eth0 on third 10.0.3.10/24
  route 224.0.0.0/4 dev eth0
host B
  eth0 on bottom 10.0.4.10/24
  route 224.0.0.0/4 dev eth0
`

func TestRoutersInARow(t *testing.T) {
	l := built(t, row)
	a, b := l.Host("A"), listener(t, l.Host("B"), acrossWAN, "eth0")
	arrives(t, a, acrossWAN, b)
	if n := carries(t, l, "D", a, acrossWAN, b); n < 40 {
		t.Errorf("the LAN between carries %d frames of 40 datagrams", n)
	}
	// Upwards it goes without members, as far as the first LAN.
	up := listener(t, a, "239.2.2.2:5000", "eth0")
	say(t, l.Host("B"), "239.2.2.2:5000", 8, "up")
	hears(t, "A", up, "up from 10.0.4.10")
	say(t, l.Host("B"), "239.2.2.2:5000", 3, "too few hops")
	say(t, l.Host("B"), "239.2.2.2:5000", 4, "enough")
	hears(t, "A", up, "enough from 10.0.4.10")
	// A source that a member does not want comes no further than the first router.
	s := listener(t, l.Host("B"), "232.1.1.1:5000")
	labtest.In(t, l.Host("B"), func() error {
		ifi, err := net.InterfaceByName("eth0")
		if err != nil {
			return err
		}
		group, source := net.UDPAddrFromAddrPort(netip.MustParseAddrPort("232.1.1.1:0")), net.UDPAddrFromAddrPort(netip.MustParseAddrPort("10.0.1.10:0"))
		return ipv4.NewPacketConn(s).JoinSourceSpecificGroup(ifi, group, source)
	})
	arrives(t, a, "232.1.1.1:5000", s)
	before := counters(t, l, "D").RxPackets
	for n := range 40 {
		say(t, l.Host("X"), "232.1.1.1:5000", 8, "unwanted")
		say(t, a, "232.1.1.1:5000", 8, fmt.Sprint(n))
		hears(t, "B", s, fmt.Sprintf("%d from 10.0.1.10", n))
	}
	if n := counters(t, l, "D").RxPackets - before; n < 40 || n >= 60 {
		t.Errorf("the LAN between carries %d frames of 40 datagrams that are wanted and 40 that are not", n)
	}
}

// Of two routers between two LANs one forwards, and the other when that is gone.
func TestTwoRoutersOnALAN(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"", "igmp 2"} { // which does not say how often there is a query
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			testTwoRoutersOnALAN(t, version)
		})
	}
}

func testTwoRoutersOnALAN(t *testing.T, version string) {
	topology, err := lab.ParseTopology(t.Name(), strings.NewReader(strings.ReplaceAll(`
switch one
switch two
host A
  eth0 on one 192.168.1.10/24
  route 224.0.0.0/4 dev eth0
router R
VERSION
  eth0 on one 192.168.1.1/24
  eth1 on two 192.168.2.1/24
router S
VERSION
  eth0 on one 192.168.1.2/24
  eth1 on two 192.168.2.2/24
host C
  eth0 on two 192.168.2.10/24
  route 224.0.0.0/4 dev eth0
`, "VERSION", version)))
	if err != nil {
		t.Fatal(err)
	}
	l := labtest.Build(t, topology)
	a, c := l.Host("A"), listener(t, l.Host("C"), acrossWAN, "eth0")
	arrives(t, a, acrossWAN, c)
	for n := range 20 {
		say(t, a, acrossWAN, 8, fmt.Sprint(n))
		hears(t, "C, once each time,", c, fmt.Sprintf("%d from 192.168.1.10", n))
	}
	up := listener(t, a, "239.2.2.2:5000", "eth0")
	for n := range 20 {
		say(t, l.Host("C"), "239.2.2.2:5000", 8, fmt.Sprint(n))
		hears(t, "A, once each time,", up, fmt.Sprintf("%d from 192.168.2.10", n))
	}
	if err := l.Apply(lab.Fault{Kind: "cut", Host: "R", Interface: "eth1"}); err != nil {
		t.Fatal(err)
	}
	arrives(t, a, acrossWAN, c)
}

// With more sources than a socket may name a router joins for all of them, and goes
// by what it has heard itself.
func TestMoreSourcesThanARouterMayName(t *testing.T) {
	l := built(t, row)
	const to = "232.1.1.1:5000"
	group := net.UDPAddrFromAddrPort(netip.MustParseAddrPort(to))
	members := []*net.UDPConn{listener(t, l.Host("B"), to), listener(t, l.Host("B"), "0.0.0.0:5001")}
	labtest.In(t, l.Host("B"), func() error {
		ifi, err := net.InterfaceByName("eth0")
		for n := range 12 { // two sockets, as one may name 10
			source := &net.UDPAddr{IP: net.IPv4(10, 0, 9, byte(n))}
			if n == 0 {
				source.IP = net.IPv4(10, 0, 1, 10)
			}
			if err == nil {
				err = ipv4.NewPacketConn(members[n%2]).JoinSourceSpecificGroup(ifi, group, source)
			}
		}
		return err
	})
	a := l.Host("A")
	arrives(t, a, to, members[0])
	between := func() uint64 { return counters(t, l, "D").RxPackets }
	first := between()
	labtest.Eventually(t, "the routers forward what X sends", func() bool { // a few of the first are lost (ip_mroute)
		say(t, l.Host("X"), to, 8, "unwanted")
		return between() >= first+10
	})
	before, below := between(), counters(t, l, "B").RxPackets
	for n := range 40 {
		say(t, l.Host("X"), to, 8, "unwanted")
		say(t, a, to, 8, fmt.Sprint(n))
		hears(t, "B", members[0], fmt.Sprintf("%d from 10.0.1.10", n))
	}
	labtest.Eventually(t, "the LAN between carries all 80 datagrams", func() bool { return between() >= before+80 })
	if n := counters(t, l, "B").RxPackets - below; n >= 60 {
		t.Errorf("the last LAN carries %d frames of 40 datagrams that are wanted and 40 that are not", n)
	}
}

// A router asks in the version of its LAN's switch, or in its own.
func TestVersionOfARoutersQueries(t *testing.T) {
	l := built(t, `
switch top
switch plain
switch two snooping querier igmp 2
switch hub on two
host A
  eth0 on plain 192.168.1.10/24
host B
  eth0 on hub 192.168.2.10/24
host C
  eth0 on top 192.168.3.10/24
router R
  eth0 on top 192.168.3.1/24
  eth1 on plain 192.168.1.1/24
  eth2 on hub 192.168.2.1/24
router S
  igmp 1
  eth0 on top 192.168.3.2/24
  eth1 on one 192.168.4.1/24
switch one
host D
  eth0 on one 192.168.4.10/24
`)
	for host, want := range map[string]int{"A": 3, "B": 2, "D": 1} {
		packets := watched(t, l.Host(host))
		packets.SetReadDeadline(time.Now().Add(10 * time.Second))
		for b := make([]byte, 1500); ; {
			n, err := packets.Read(b)
			if err != nil {
				t.Fatalf("%s is not asked: %v", host, err)
			}
			m, err := igmp.Decode(b[:n])
			if err != nil || m.Kind != igmp.Query || m.From.IsUnspecified() {
				continue
			}
			if m.Version != want || want == 3 && (m.Interval != 2*time.Second || m.Robustness != 3 || m.MaxResponse != 100*time.Millisecond) {
				t.Errorf("%s is asked %+v, want version %d", host, m, want)
			}
			break
		}
	}
	// Upstream a router is a host, and asks nobody.
	packets := watched(t, l.Host("C"))
	at(t, l.Host("A"), acrossWAN)
	for b := make([]byte, 1500); ; {
		packets.SetReadDeadline(time.Now().Add(10 * time.Second))
		n, err := packets.Read(b)
		if err != nil {
			t.Fatalf("R does not join upstream: %v", err)
		}
		m, err := igmp.Decode(b[:n])
		if err == nil && m.Kind == igmp.Query {
			t.Fatalf("C, on the LAN upstream, is asked by %s", m.From)
		}
		if err == nil && m.Kind == igmp.Report && slices.ContainsFunc(m.Records, func(r igmp.Record) bool { return r.Group == netip.MustParseAddr("239.1.1.1") }) {
			break
		}
	}
}
