package lab_test

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// What reaches a port of a bridge belongs to the bridge, until that is gone.
func TestBridge(t *testing.T) {
	l := upNamed(t, "classroom", 2)
	h2 := l.Host("H2")
	port := listener(t, h2, "239.1.1.1:5001", "eth0")
	must(t, h2.AddBridge("br0", "eth0"))
	bridge := listener(t, h2, "239.1.1.2:5000", "br0")
	for _, to := range []string{"239.1.1.1:5001", "239.1.1.2:5000"} {
		say(t, l.Host("H1"), to, 1, "x")
	}
	hears(t, "the port", port, "")
	hears(t, "the bridge", bridge, "x from 192.168.1.1")
	must(t, h2.Link("br0").Delete())
	say(t, l.Host("H1"), "239.1.1.1:5001", 1, "y")
	hears(t, "what was a port", port, "y from 192.168.1.1")
	if err := h2.AddBridge("br1", "eth9"); err == nil {
		t.Error("a bridge takes a port that is not there")
	}
}

// A macvlan in another host hears the LAN, and not the interface it is on.
func TestMacvlan(t *testing.T) {
	l := labtest.BuildAlone(t, lab.Topology{
		Switches: []lab.Switch{{Name: "lan"}},
		Hosts: []lab.Host{
			{Name: "A", Interfaces: []lab.Interface{{Name: "eth0", Switch: "lan", Addrs: labtest.Prefixes("192.168.1.1/24")}}},
			{Name: "B", Interfaces: []lab.Interface{{Name: "eth0", Switch: "lan", Addrs: labtest.Prefixes("192.168.1.2/24")}}},
			{Name: "box"},
		},
	})
	box := l.Host("box")
	must(t, l.Host("B").AddMacvlan("mv0", "eth0", box))
	must(t, box.Link("mv0").AddAddr(netip.MustParsePrefix("192.168.1.3/24")))
	c := listener(t, box, "239.1.1.1:5000", "mv0")
	for _, from := range []string{"B", "A"} {
		must(t, l.Host(from).AddRoute(lab.Route{Dst: netip.MustParsePrefix("224.0.0.0/4"), Dev: "eth0"}))
		say(t, l.Host(from), "239.1.1.1:5000", 1, "x")
	}
	hears(t, "box", c, "x from 192.168.1.1")
	must(t, box.Link("mv0").Delete())
	if err := l.Host("B").AddMacvlan("mv0", "eth9", box); err == nil {
		t.Error("a macvlan is made on an interface that is not there")
	}
}

// A join is of no protocol, so the rule for UDP lets it go another way.
func TestRule(t *testing.T) {
	l := labtest.BuildAlone(t, lab.Article)
	a := l.Host("A")
	to := netip.MustParsePrefix("224.0.0.0/4")
	rule := lab.Rule{Protocol: unix.IPPROTO_UDP, Table: 100}
	must(t, a.AddRoute(lab.Route{Dst: to, Dev: "eth0", Table: 100}))
	b := listener(t, l.Host("B"), "239.1.1.1:5000", "eth0")
	say(t, a, "239.1.1.1:5000", 1, "x")
	hears(t, "B, without the rule,", b, "")
	must(t, a.AddRule(rule))
	say(t, a, "239.1.1.1:5000", 1, "x")
	hears(t, "B, with the rule,", b, "x from 192.168.8.164")
	must(t, a.DelRule(rule))
	if err := a.DelRule(rule); err == nil {
		t.Error("a rule that is gone is deleted again")
	}
}

// A route's source is what a send that chooses none has.
func TestRouteSource(t *testing.T) {
	l := labtest.BuildAlone(t, lab.Article)
	a, b := l.Host("A"), member(t, l.Host("B"), "eth0")
	must(t, a.AddRoute(lab.Route{Dst: netip.MustParsePrefix("224.0.0.0/4"), Dev: "eth0", Src: netip.MustParseAddr("169.254.167.41")}))
	must(t, a.Do(func() error {
		c, err := net.ListenPacket("udp4", "0.0.0.0:0") // a connected socket sends by the interface of its source
		if err != nil {
			return err
		}
		defer c.Close()
		_, err = c.WriteTo([]byte("x"), net.UDPAddrFromAddrPort(group))
		return err
	}))
	hears(t, "B", b, "x from 169.254.167.41")
}

// What is swallowed is heard by the sender's own members, and was never sent.
func TestSwallow(t *testing.T) {
	l := upNamed(t, "classroom", 2)
	eth0 := l.Host("H1").Link("eth0")
	own, other := listener(t, l.Host("H1"), "239.1.1.1:5000", "eth0"), listener(t, l.Host("H2"), "239.1.1.1:5000", "eth0")
	must(t, eth0.Swallow(true))
	before, err := eth0.Counters()
	must(t, err)
	say(t, l.Host("H1"), "239.1.1.1:5000", 1, "x")
	hears(t, "H1 itself", own, "x from 192.168.1.1")
	hears(t, "H2", other, "")
	if after, err := eth0.Counters(); err != nil || after.TxPackets != before.TxPackets {
		t.Errorf("eth0 has sent %d packets, before it %d (%v); want as many", after.TxPackets, before.TxPackets, err)
	}
	must(t, eth0.Swallow(true)) // again is no error
	must(t, eth0.Swallow(false))
	must(t, eth0.Swallow(false))
	say(t, l.Host("H1"), "239.1.1.1:5000", 1, "y")
	hears(t, "H2, afterwards,", other, "y from 192.168.1.1")
}

// A queue of one frame at one kilobyte a second takes a few of a hundred
// datagrams, and no send fails.
func TestQueue(t *testing.T) {
	l := upNamed(t, "classroom", 2)
	eth0 := l.Host("H1").Link("eth0")
	a, b := member(t, l.Host("H1"), "eth0"), member(t, l.Host("H2"), "eth0")
	// heard is how many of 100 datagrams reach H2 before it has heard nothing
	// for a while. Those that wait in the queue come later.
	heard := func(words string) (n int) {
		for range 100 {
			send(t, a, words+" to fill the queue with")
		}
		for got := receive(t, b, 20*time.Millisecond); got != ""; got = receive(t, b, 20*time.Millisecond) {
			if strings.HasPrefix(got, words) {
				n++
			}
		}
		return n
	}
	must(t, eth0.Queue(1000))
	if n := heard("some words"); n == 0 || n > 50 {
		t.Errorf("H2 hears %d of 100 datagrams, want a few", n)
	}
	must(t, eth0.Queue(0))
	must(t, eth0.Queue(0))
	if n := heard("other words"); n != 100 {
		t.Errorf("without the queue H2 hears %d of 100 datagrams, want all", n)
	}
	if err := l.Host("H1").Link("eth9").Queue(1); err == nil {
		t.Error("an interface that is not there has a queue")
	}
}
