package main

import (
	"encoding/hex"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// What the socket layer can do, by the commands that use it.

// dual is the article's LAN with IPv6 beside IPv4.
func dual() lab.Topology {
	t := lab.Topology{Switches: lab.Article.Switches}
	for n, h := range lab.Article.Hosts {
		h.Interfaces = append([]lab.Interface(nil), h.Interfaces...)
		h.Interfaces[0].Addrs = append([]netip.Prefix{netip.MustParsePrefix([]string{"2001:db8::164/64", "2001:db8::226/64"}[n])}, h.Interfaces[0].Addrs...)
		t.Hosts = append(t.Hosts, h)
	}
	return t
}

func TestIPv6WithNode(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, dual())
	a, b := l.Host("A"), l.Host("B")
	server := start(t, b, "node", peer(t, "server.js"), "::%eth0", "ff02::114")
	server.prints("ready")
	talk := start(t, a, "groupcast", "ff02::114%eth0")
	talk.remarks("joined [ff02::114]:1234 on eth0")
	talk.remarks("sends leave by eth0, source ")
	talk.say("grüße")
	server.prints("hex: " + hex.EncodeToString([]byte("grüße")))

	do(t, b, "send", "ff02::114%eth0", "back").status()
	talk.prints("eth0  back")
	if status := talk.end(); status != exitOK {
		t.Errorf("exit status %d, want %d\n%s", status, exitOK, talk.err.String())
	}
}

// Both IP versions in one listener, each on the interfaces that have it.
func TestListenToBothVersions(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, dual())
	a, b := l.Host("A"), l.Host("B")
	heard := start(t, a, "groupcast", "listen", "-c", "2", "224.0.0.114", "ff02::114")
	heard.remarks("joined 224.0.0.114:1234 on eth0, eth1")
	heard.remarks("joined [ff02::114]:1234 on eth0")
	do(t, b, "send", "-i", "eth0", "224.0.0.114", "four").status()
	do(t, b, "send", "-i", "eth0", "ff02::114", "six").status()
	if status := heard.status(); status != exitOK {
		t.Fatalf("exit status %d\n%s", status, heard.err.String())
	}
	heard.prints("→ 224.0.0.114:1234  ttl 1  4 B  four")
	heard.prints("→ [ff02::114]:1234  ttl 1  3 B  six")
}

// A group with a source is heard from that source only.
func TestSourceSpecific(t *testing.T) {
	t.Parallel()
	topology := lab.Article
	topology.Hosts = append(topology.Hosts[:2:2], lab.Host{Name: "C", Interfaces: []lab.Interface{
		{Name: "eth0", Switch: "lan", Addrs: []netip.Prefix{netip.MustParsePrefix("192.168.8.227/24")}},
	}})
	l := labtest.Build(t, topology)
	heard := start(t, l.Host("A"), "groupcast", "listen", "-i", "eth0", "192.168.8.226@232.1.1.1")
	heard.remarks("joined 192.168.8.226@232.1.1.1:1234 on eth0")
	start(t, l.Host("C"), "groupcast", "send", "-i", "eth0", "232.1.1.1", "from C").status()
	start(t, l.Host("B"), "groupcast", "send", "-i", "eth0", "232.1.1.1", "from B").status()
	heard.prints("from B")
	heard.neverPrinted("from C")
}

// More groups than one socket of the kernel holds, and nobody notices.
func TestThirtyGroups(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	args := []string{"listen", "-i", "eth0", "-q"}
	first := netip.MustParseAddr("239.1.2.1")
	for g, n := first, 0; n < 30; g, n = g.Next(), n+1 {
		args = append(args, g.String())
	}
	heard := start(t, l.Host("A"), "groupcast", append(args, "-c", "2", "--json")...)
	heard.prints(`"group":"239.1.2.30:1234"`)
	for _, g := range []string{"239.1.2.1", "239.1.2.30"} {
		start(t, l.Host("B"), "groupcast", "send", "-q", g, "to "+g).status()
		heard.prints("to " + g)
	}
	if status := heard.status(); status != exitOK || heard.err.String() != "" {
		t.Errorf("exit status %d, and on standard error %q", status, heard.err.String())
	}
}

// An interface that is deleted and made again is joined and sent by again.
func TestInterfaceComesBack(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	talk := start(t, a, "groupcast", "-i", "eth0")
	talk.remarks("joined")
	heard := start(t, a, "groupcast", "listen", "-i", "eth0")
	heard.remarks("joined")
	if err := a.Link("eth0").Delete(); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*program{talk, heard} {
		p.remarks("eth0 is gone, and the membership in 224.0.0.114:1234 with it")
	}
	if err := a.Link("eth0").Make(); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*program{talk, heard} {
		p.remarks("eth0 is back: joined 224.0.0.114:1234 again")
	}
	do(t, b, "send", "-i", "eth0", "224.0.0.114", "welcome back").status()
	talk.prints("welcome back")
	heard.prints("welcome back")
	atB := start(t, b, "groupcast", "listen")
	atB.remarks("joined")
	talk.say("thanks")
	atB.prints("thanks")
}

// --trace tells every call, in order.
func TestTraceFlag(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	p := start(t, l.Host("A"), "groupcast", "send", "--trace", "-i", "eth0", "224.0.0.114", "hello")
	if status := p.status(); status != exitOK {
		t.Fatalf("exit status %d", status)
	}
	p.remarks("bind {0.0.0.0:0} = ok\n")
	p.remarks("setsockopt IP_MULTICAST_TTL 1 = ok\n")
	p.remarks("sendmsg {5 bytes to 224.0.0.114:1234 by eth0 (2)} = 5 bytes\n")
	p.remarks("close = ok\n")
}

// Without -i an interface that becomes usable later is joined as well, and a
// talk on lo, for want of anything else, moves to it when a route leads there.
func TestInterfaceComesLater(t *testing.T) {
	t.Parallel()
	topology := lab.Article
	topology.Hosts = append(topology.Hosts[:2:2], lab.Host{Name: "C", Interfaces: []lab.Interface{{Name: "eth0", Switch: "lan", Down: true}}})
	l := labtest.Build(t, topology)
	c := l.Host("C")
	talk, heard := start(t, c, "groupcast"), start(t, c, "groupcast", "listen")
	talk.remarks("joined 224.0.0.114:1234 on lo")
	heard.remarks("joined 224.0.0.114:1234 on lo")
	if err := errors.Join(c.Link("eth0").SetUp(), c.Link("eth0").AddAddr(netip.MustParsePrefix("192.168.8.227/24"))); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*program{talk, heard} {
		p.remarks("eth0 is usable now: joined 224.0.0.114:1234 there")
	}
	start(t, l.Host("B"), "groupcast", "send", "-q", "224.0.0.114", "hello C").status()
	talk.prints("192.168.8.226    eth0  hello C")
	heard.prints("hello C")
	// The talk stays on lo until something leads out.
	if err := c.AddRoute(lab.Route{Dst: netip.MustParsePrefix("0.0.0.0/0"), Dev: "eth0"}); err != nil {
		t.Fatal(err)
	}
	talk.remarks("sends leave by eth0, source 192.168.8.227: default route")
}

// What the user named, or left, stays so when other interfaces come.
func TestNamedInterfacesStayAlone(t *testing.T) {
	t.Parallel()
	topology := dual()
	topology.Hosts[1].Interfaces = append(topology.Hosts[1].Interfaces, lab.Interface{Name: "eth1", Switch: "other", Down: true})
	l := labtest.Build(t, topology)
	a, b := l.Host("A"), l.Host("B")
	heard := start(t, b, "groupcast", "listen", "ff02::114%eth0", "224.0.0.114")
	heard.remarks("joined 224.0.0.114:1234 on eth0")
	if err := errors.Join(b.Link("eth1").SetUp(), b.Link("eth1").AddAddr(netip.MustParsePrefix("169.254.9.9/16"))); err != nil {
		t.Fatal(err)
	}
	heard.remarks("eth1 is usable now: joined 224.0.0.114:1234 there")
	if strings.Contains(heard.err.String(), "eth1 is usable now: joined [ff02::114]") {
		t.Errorf("a group with a zone is joined elsewhere:\n%s", heard.err.String())
	}
	do(t, a, "send", "-q", "-i", "eth1", "224.0.0.114", "by the other wire").status()
	heard.prints("eth1  169.254.167.41")
}
