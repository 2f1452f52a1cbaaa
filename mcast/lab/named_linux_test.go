package lab_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func upNamed(t *testing.T, name string, hosts int) *lab.Lab {
	t.Helper()
	topology, err := lab.FindTopology(name, hosts)
	if err != nil {
		t.Fatal(err)
	}
	return labtest.BuildAlone(t, topology)
}

// say sends a datagram from a host to a group without choosing an interface.
func say(t *testing.T, n *lab.Node, to string, hops int, text string) {
	t.Helper()
	err := n.Do(func() error {
		c, err := net.Dial("udp", to)
		if err != nil {
			return err
		}
		defer c.Close()
		if c.RemoteAddr().(*net.UDPAddr).IP.To4() != nil {
			err = ipv4.NewConn(c).SetTTL(hops)
			err = errors.Join(err, ipv4.NewPacketConn(c.(*net.UDPConn)).SetMulticastTTL(hops))
		} else {
			err = ipv6.NewPacketConn(c.(*net.UDPConn)).SetMulticastHopLimit(hops)
		}
		_, werr := c.Write([]byte(text))
		return errors.Join(err, werr)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// listener opens a socket of the host that has joined a group on interfaces,
// and hears nothing else.
func listener(t *testing.T, n *lab.Node, to string, ifnames ...string) *net.UDPConn {
	t.Helper()
	var conn *net.UDPConn
	addr := net.UDPAddrFromAddrPort(netip.MustParseAddrPort(to))
	err := n.Do(func() (err error) {
		if conn, err = net.ListenUDP("udp", addr); err != nil {
			return err
		}
		for _, name := range ifnames {
			ifi, ierr := net.InterfaceByName(name)
			if ierr != nil {
				return ierr
			}
			if addr.IP.To4() != nil {
				err = errors.Join(err, ipv4.NewPacketConn(conn).JoinGroup(ifi, addr))
			} else {
				err = errors.Join(err, ipv6.NewPacketConn(conn).JoinGroup(ifi, addr))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// hears checks that the next datagram is that, or that none comes.
func hears(t *testing.T, who string, c *net.UDPConn, want string) {
	t.Helper()
	wait := 5 * time.Second
	if want == "" {
		wait = 100 * time.Millisecond
	}
	if got := receive(t, c, wait); got != want {
		t.Errorf("%s hears %q, want %q", who, got, want)
	}
}

func TestClassroom(t *testing.T) {
	for _, hosts := range []int{0, 3} {
		l := upNamed(t, "classroom", hosts)
		n := len(l.Topology().Hosts)
		if hosts == 0 && n != 30 || hosts != 0 && n != hosts {
			t.Fatalf("--hosts %d makes %d", hosts, n)
		}
		var members []*net.UDPConn
		for _, h := range l.Topology().Hosts {
			members = append(members, listener(t, l.Host(h.Name), "224.0.0.114:1234", "eth0"))
		}
		say(t, l.Host("H1"), "224.0.0.114:1234", 1, "hello")
		for i, c := range members { // H1 by its own loopback
			hears(t, fmt.Sprintf("H%d of %d", i+1, n), c, "hello from 192.168.1.1")
		}
	}
}

func TestRouted(t *testing.T) {
	l := upNamed(t, "routed", 0)
	for _, test := range []struct {
		group string
		hops  int
		b, c  string
	}{
		{"239.1.1.1:5000", 2, "x from 192.168.1.10", "x from 192.168.1.10"},
		{"239.1.1.1:5000", 1, "x from 192.168.1.10", ""},
		{"239.1.1.1:5000", 2, "x from 192.168.1.10", "x from 192.168.1.10"},
		{"224.0.0.114:5000", 64, "x from 192.168.1.10", ""},
	} {
		t.Run(fmt.Sprintf("%s TTL %d", test.group, test.hops), func(t *testing.T) {
			b, c := listener(t, l.Host("B"), test.group, "eth0"), listener(t, l.Host("C"), test.group, "eth0")
			if test.c != "" { // the router may have an answer from before
				arrives(t, l.Host("A"), test.group, c)
			}
			for receive(t, b, 20*time.Millisecond) != "" {
			}
			say(t, l.Host("A"), test.group, test.hops, "x")
			hears(t, "B, on A's LAN,", b, test.b)
			hears(t, "C, behind the router,", c, test.c)
		})
	}
	// From the other side, and unicast.
	a := listener(t, l.Host("A"), "239.2.2.2:5000", "eth0")
	say(t, l.Host("D"), "239.2.2.2:5000", 2, "back")
	hears(t, "A", a, "back from 192.168.2.11")
	one := listener(t, l.Host("D"), "192.168.2.11:5000")
	say(t, l.Host("A"), "192.168.2.11:5000", 2, "one")
	hears(t, "D", one, "one from 192.168.1.10")
}

// A snooping switch sends a router every group.
func TestRouterOnASnoopingSwitch(t *testing.T) {
	topology, err := lab.FindTopology("routed", 0)
	if err != nil {
		t.Fatal(err)
	}
	topology.Switches = []lab.Switch{{Name: "left", Snooping: true, Querier: true}, {Name: "right", Snooping: true, Querier: true}}
	l := labtest.BuildAlone(t, topology)
	c := listener(t, l.Host("C"), "239.1.1.1:5000", "eth0")
	labtest.Eventually(t, "C hears A", func() bool {
		say(t, l.Host("A"), "239.1.1.1:5000", 2, "x")
		return receive(t, c, 50*time.Millisecond) != ""
	})
}

// A router goes on when an interface of it was deleted and made again.
func TestRouterInterfaceMadeAgain(t *testing.T) {
	l := upNamed(t, "routed", 0)
	c := listener(t, l.Host("C"), "239.1.1.1:5000", "eth0")
	arrives(t, l.Host("A"), "239.1.1.1:5000", c)
	for _, kind := range []string{"delete", "make"} {
		if err := l.Apply(lab.Fault{Kind: kind, Host: "R", Interface: "eth1"}); err != nil {
			t.Fatal(err)
		}
		say(t, l.Host("A"), "239.1.1.1:5000", 2, kind)
	}
	hears(t, "C", c, "make from 192.168.1.10")
}

// waitJoined waits until the switch has learnt of a member from its report,
// which comes some milliseconds after the join.
func waitJoined(t *testing.T, from *lab.Node, to string, c *net.UDPConn) {
	t.Helper()
	labtest.Eventually(t, "the member hears the group", func() bool {
		say(t, from, to, 1, "?")
		return receive(t, c, 50*time.Millisecond) != ""
	})
}

// What C's wire carries says where a switch forwards a group.
func TestSnooping(t *testing.T) {
	for _, name := range []string{"snooping", "snooping-no-querier"} {
		t.Run(name, func(t *testing.T) {
			l := upNamed(t, name, 0)
			b := listener(t, l.Host("B"), "239.1.1.1:5000", "eth0")
			waitJoined(t, l.Host("A"), "239.1.1.1:5000", b)
			before := counters(t, l, "C").RxPackets
			const sent = 50
			for range sent {
				say(t, l.Host("A"), "239.1.1.1:5000", 1, "x")
				hears(t, "B", b, "x from 192.168.1.10")
			}
			if n := counters(t, l, "C").RxPackets - before; n >= sent {
				t.Errorf("the wire of C, which has not joined, carried %d frames of %d datagrams", n, sent)
			}
		})
	}
}

// Nobody asks: B is forgotten, except for 224.0.0.x, until it joins again.
func TestSnoopingWithoutQuerier(t *testing.T) {
	l := upNamed(t, "snooping-no-querier", 0)
	b := listener(t, l.Host("B"), "239.1.1.1:5000", "eth0")
	always := listener(t, l.Host("B"), "224.0.0.114:5001", "eth0")
	waitJoined(t, l.Host("A"), "239.1.1.1:5000", b)
	labtest.Eventually(t, "B hears nothing more", func() bool {
		say(t, l.Host("A"), "239.1.1.1:5000", 1, "x")
		return receive(t, b, 50*time.Millisecond) == ""
	})
	say(t, l.Host("A"), "224.0.0.114:5001", 1, "y")
	hears(t, "B", always, "y from 192.168.1.10")
	b.Close()
	b = listener(t, l.Host("B"), "239.1.1.1:5000", "eth0")
	waitJoined(t, l.Host("A"), "239.1.1.1:5000", b)
}

func TestTwoHomedBoth(t *testing.T) {
	l := upNamed(t, "two-homed-both", 0)
	one, both := listener(t, l.Host("A"), "239.1.1.1:5000", "eth0"), listener(t, l.Host("A"), "239.1.1.2:5000", "eth0", "eth1")
	say(t, l.Host("B"), "239.1.1.1:5000", 1, "x")
	hears(t, "A, joined once,", one, "x from 192.168.1.12")
	hears(t, "A, joined once,", one, "")
	say(t, l.Host("B"), "239.1.1.2:5000", 1, "x")
	hears(t, "A, joined on both,", both, "x from 192.168.1.12")
	hears(t, "A, joined on both, again", both, "x from 192.168.1.12")
}

func TestVPN(t *testing.T) {
	l := upNamed(t, "vpn", 0)
	b, a := listener(t, l.Host("B"), "239.1.1.1:5000", "eth0"), listener(t, l.Host("A"), "239.1.1.1:5000", "eth0")
	before, err := l.Host("A").Link("tun0").Counters()
	if err != nil {
		t.Fatal(err)
	}
	say(t, l.Host("A"), "239.1.1.1:5000", 1, "x")
	hears(t, "B", b, "")
	after, err := l.Host("A").Link("tun0").Counters()
	if err != nil || after.TxPackets == before.TxPackets {
		t.Errorf("tun0 sent %d and then %d, %v; want the datagram there", before.TxPackets, after.TxPackets, err)
	}
	say(t, l.Host("B"), "239.1.1.1:5000", 1, "y")
	hears(t, "A", a, "y from 192.168.8.226")
}

func TestIPv6(t *testing.T) {
	l := upNamed(t, "ipv6", 0)
	b, c := listener(t, l.Host("B"), "[ff05::114]:5000", "eth0"), listener(t, l.Host("C"), "[ff05::114]:5000", "eth0")
	say(t, l.Host("A"), "[ff05::114]:5000", 1, "x")
	hears(t, "B", b, "x from 2001:db8:1::a")
	hears(t, "C, on A's other LAN,", c, "")
	b, c = listener(t, l.Host("B"), "[ff02::114]:5001", "eth0"), listener(t, l.Host("C"), "[ff02::114]:5001", "eth0")
	say(t, l.Host("A"), "[ff02::114%eth1]:5001", 1, "y")
	if got := receive(t, c, 5*time.Second); !strings.HasPrefix(got, "y from fe80::") {
		t.Errorf("C hears %q, want y from a link-local address of A", got)
	}
	hears(t, "B", b, "")
	four := listener(t, l.Host("B"), "239.1.1.1:5000", "eth0")
	say(t, l.Host("A"), "239.1.1.1:5000", 1, "four")
	hears(t, "B", four, "four from 192.168.1.10")
}

func TestFindTopology(t *testing.T) {
	for _, n := range lab.Topologies() {
		topology, err := lab.FindTopology(n.Name, 0)
		if err == nil {
			err = topology.Validate()
		}
		if err != nil || n.Title == "" {
			t.Errorf("%s: %v, title %q", n.Name, err, n.Title)
		}
		roundTrip(t, topology)
	}
	for _, test := range []struct {
		name  string
		hosts int
		want  string
	}{
		{"artcle", 0, `lab: no topology "artcle" (did you mean article?)`},
		{"xxxxxxxx", 0, `lab: no topology "xxxxxxxx"`},
		{"classroom", 251, `lab: 251 hosts: want 1 to 250`},
		{"classroom", -1, `lab: -1 hosts: want 1 to 250`},
	} {
		if _, err := lab.FindTopology(test.name, test.hosts); err == nil || err.Error() != test.want {
			t.Errorf("FindTopology(%s, %d): %v, want %s", test.name, test.hosts, err, test.want)
		}
	}
}

func counters(t *testing.T, l *lab.Lab, host string) lab.Counters {
	t.Helper()
	c, err := l.Host(host).Link("eth0").Counters()
	if err != nil {
		t.Fatal(err)
	}
	return c
}
