package main

import (
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// The article's story, with node's dgram at B and groupcast at A. A's default
// route leads by eth1, where nobody is.

func TestArticleWithoutChoice(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	server := start(t, b, "node", peer(t, "server.js"))
	server.prints("ready")
	talk := start(t, a, "groupcast")
	talk.remarks("joined 224.0.0.114:1234 on eth0, eth1")

	talk.say("nobody hears this")
	start(t, b, "node", peer(t, "client.js"), "test").status()
	talk.prints("192.168.8.226    eth0  test")

	talk.remarks("sends leave by eth1, source 169.254.167.41: default route via 169.254.0.1")
	talk.remarks("wrong-egress: sends leave by eth1 (169.254.167.41), the LAN is at eth0")
	talk.remarks("hint: send and join by eth0: -i eth0")
	if status := talk.end(); status != exitDoubt {
		t.Errorf("exit status %d, want %d: it worked, but with a finding", status, exitDoubt)
	}
	talk.remarks("own copies back: 1, which only shows that this host hears itself")

	// What B hears next proves that it did not hear what came before.
	chosen := start(t, a, "groupcast", "-i", "eth0")
	chosen.say("now by eth0")
	if status := chosen.end(); status != exitOK {
		t.Errorf("with -i eth0: exit status %d, want %d\n%s", status, exitOK, chosen.err.String())
	}
	server.prints("receive msg: now by eth0 from 192.168.8.164")
	server.neverPrinted("nobody hears this")
}

func TestArticleByteExact(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	server := start(t, b, "node", peer(t, "server.js"))
	server.prints("ready")
	heard := start(t, a, "groupcast", "listen", "-i", "eth0", "--json")
	heard.prints(`"type":"joined"`)
	raw := start(t, a, "groupcast", "listen", "-i", "eth0", "--raw", "-c", "2")
	raw.remarks("joined")

	const text = "tëst 多播 \t \x1b[31m end "
	talk := start(t, a, "groupcast", "-i", "eth0")
	talk.say(text)
	server.prints("hex: " + hex.EncodeToString([]byte(text)) + "\n")
	start(t, b, "node", peer(t, "client.js"), text).status()
	talk.prints(`eth0  tëst 多播      ␛[31m end`)
	heard.prints(`"from":"192.168.8.226:1234"`)
	if status := raw.status(); status != exitOK {
		t.Errorf("listen -c 2 after two datagrams: exit status %d", status)
	}
	if got := raw.out.String(); got != text+text {
		t.Errorf("--raw wrote %q, want %q twice", got, text)
	}
}

// As in the article: an unconfigured program is on the wrong wire with its
// join as well as with its sends.
func TestArticleKernelDefault(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	server := start(t, b, "node", peer(t, "server.js"))
	server.prints("ready")
	talk := start(t, a, "groupcast", "-i", "default")
	talk.remarks("joined 224.0.0.114:1234 on eth1")

	talk.say("from A")
	start(t, b, "node", peer(t, "client.js"), "from B").status()
	server.prints("from B") // its own host's

	// Markers that do arrive prove both silences.
	do(t, a, "send", "-i", "eth0", "224.0.0.114", "marker at B").status()
	server.prints("marker at B")
	do(t, a, "send", "-i", "eth1", "224.0.0.114", "marker at A").status()
	talk.prints("marker at A")
	server.neverPrinted("from A")
	talk.neverPrinted("from B")
}

// The article's own client, on A, hears itself and nobody else: its copy came
// back by the wrong wire. groupcast beside it sees the same.
func TestArticleNodeAtA(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	atB := start(t, b, "groupcast", "listen")
	atB.remarks("joined")
	atA := start(t, a, "node", peer(t, "server.js"))
	atA.prints("ready")

	start(t, a, "node", peer(t, "client.js"), "test").status()
	atA.prints("receive msg: test from 169.254.167.41")
	do(t, a, "send", "-i", "eth0", "224.0.0.114", "marker").status()
	atB.prints("marker")
	atB.neverPrinted("test")
}

// The article's fix is only half of one: joining by eth0's address leaves
// sends where they were.
func TestJoinDoesNotChooseTheWayOut(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	atB := start(t, b, "groupcast", "listen")
	atB.remarks("joined")
	atA := start(t, a, "node", peer(t, "server.js"), "192.168.8.164")
	atA.prints("ready")
	start(t, a, "node", peer(t, "client.js"), "test").status()
	do(t, a, "send", "-i", "eth0", "224.0.0.114", "marker").status()
	atB.prints("marker")
	atB.neverPrinted("test")
	atA.prints("marker")
}

func TestTwoOnOneHost(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Topology{Hosts: []lab.Host{{Name: "alone"}}}) // nothing but lo
	host := l.Host("alone")
	one, two := start(t, host, "groupcast"), start(t, host, "groupcast")
	for _, p := range []*program{one, two} {
		p.remarks("joined 224.0.0.114:1234 on lo")
		p.remarks("sends leave by lo, source 127.0.0.1: there is no other network")
	}
	one.say("ping")
	two.prints("127.0.0.1        lo  ping")
	two.say("pong")
	one.prints("127.0.0.1        lo  pong")
	one.neverPrinted("ping")
	for _, p := range []*program{one, two} {
		if status := p.end(); status != exitOK {
			t.Errorf("exit status %d\n%s", status, p.err.String())
		}
	}
}

func TestPythonBothWays(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	server := start(t, b, "python3", peer(t, "peer.py"), "listen")
	server.prints("ready")
	talk := start(t, a, "groupcast", "-i", "eth0")
	talk.say("grüße")
	server.prints("hex: " + hex.EncodeToString([]byte("grüße")))
	start(t, b, "python3", peer(t, "peer.py"), "send", "zurück").status()
	talk.prints("192.168.8.226    eth0  zurück")

	// A unicast answer reaches the socket that asked, and says so.
	talk.say("answer me")
	talk.prints("192.168.8.226 (to you alone)  eth0  to you alone")
}

func TestSocatBothWays(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	talk := start(t, a, "groupcast", "-i", "eth0")
	talk.remarks("joined")
	server := start(t, b, "socat", "-u", "UDP4-RECV:1234,reuseaddr,ip-add-membership=224.0.0.114:eth0", "STDOUT")
	sender := start(t, b, "socat", "-u", "STDIN", "UDP4-DATAGRAM:224.0.0.114:1234")
	sender.say("by socat")
	talk.prints("192.168.8.226    eth0  by socat\n")
	// socat does not say when it has joined.
	for try := 0; !strings.Contains(server.out.String(), "to socat"); try++ {
		if try == 1000 {
			t.Fatalf("socat printed %q, %q", server.out.String(), server.err.String())
		}
		do(t, a, "send", "-i", "eth0", "224.0.0.114", "to socat").status()
	}
}

func TestInterfacesTellsTheStory(t *testing.T) {
	t.Parallel()
	a := labtest.Build(t, lab.Article).Host("A")
	show := do(t, a, "interfaces")
	if status := show.status(); status != exitDoubt {
		t.Errorf("exit status %d, want %d", status, exitDoubt)
	}
	for _, want := range []string{
		"192.168.8.164/24",
		"169.254.167.41/16",
		"a join lands on   eth1, source 169.254.167.41: default route via 169.254.0.1",
		"a send leaves by  eth1, source 169.254.167.41: default route via 169.254.0.1",
		"groupcast joins on eth0, eth1; its sends leave by eth1",
		"wrong-egress",
		"ip route add 224.0.0.0/4 dev eth0",
	} {
		show.prints(want)
	}
	if status := start(t, a, "groupcast", "interfaces", "-i", "eth0").status(); status != exitOK {
		t.Errorf("with -i eth0: exit status %d, want %d", status, exitOK)
	}
}

// What the network or the user gets wrong is an error that names operation,
// group and interface, with a hint.
func TestBadInput(t *testing.T) {
	t.Parallel()
	topology := lab.Article
	topology.Hosts = append(topology.Hosts[:2:2], lab.Host{Name: "C", Interfaces: []lab.Interface{
		{Name: "down0", Switch: "lan", Down: true},
		{Name: "bare0", Switch: "other"},
	}})
	l := labtest.Build(t, topology)
	c := l.Host("C")
	holder := start(t, l.Host("B"), "python3", peer(t, "peer.py"), "hold")
	holder.prints("ready")

	tests := []struct {
		host *lab.Node
		args string
		code int
		says []string
	}{
		{c, "-i eth9", exitNot, []string{`join 224.0.0.114:1234: interface "eth9": no such interface`, "hint: list the interfaces"}},
		{c, "-i down0", exitNot, []string{"join 224.0.0.114:1234: interface down0: interface is down", "hint: bring it up"}},
		{c, "-i bare0", exitNot, []string{"interface bare0: interface has no address of the group", "hint: give it an address"}},
		{c, "send -i bare0 224.0.0.114 x", exitNot, []string{"interface bare0: interface has no address of the group"}},
		{c, "listen -i down0", exitNot, []string{"join 224.0.0.114:1234: interface down0: interface is down"}},
		{c, "send -i down0 224.0.0.114 x", exitNot, []string{"send 224.0.0.114:1234: interface down0"}},
		{c, "192.168.8.226", exitUsage, []string{"192.168.8.226 is not a multicast address", "hint: groups are"}},
		{c, "224.0.0.114:70000", exitUsage, []string{`port "70000" is not a UDP port`, "hint: name a port"}},
		{l.Host("B"), "", exitNot, []string{"listen 224.0.0.114:1234: the port is in use and not shared", "hint: its owner did not share it"}},
		{l.Host("B"), "listen", exitNot, []string{"the port is in use"}},
	}
	for _, tt := range tests {
		p := do(t, tt.host, strings.Fields(tt.args)...)
		if status := p.end(); status != tt.code {
			t.Errorf("groupcast %s: exit status %d, want %d", tt.args, status, tt.code)
		}
		for _, want := range tt.says {
			if !strings.Contains(p.err.String(), want) {
				t.Errorf("groupcast %s does not say %q, but:\n%s", tt.args, want, p.err.String())
			}
		}
	}
}

// A line that is too long is refused, and what comes after it goes on.
func TestLineTooLong(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	server := start(t, l.Host("B"), "groupcast", "listen", "-c", "2")
	server.remarks("joined")
	talk := start(t, l.Host("A"), "groupcast", "-i", "eth0")
	longest := strings.Repeat("x", 65507)
	talk.say(longest)
	talk.say(longest + "x")
	talk.say("after")
	talk.remarks("line 2, 65508 bytes: too long for a UDP datagram: 65507 bytes fit")
	talk.remarks("hint: send it in pieces")
	if status := talk.end(); status != exitDoubt {
		t.Errorf("exit status %d, want %d", status, exitDoubt)
	}
	if status := server.status(); status != exitOK {
		t.Fatalf("exit status %d", status)
	}
	for _, want := range []string{"65507 B", "5 B  after"} {
		server.prints(want)
	}
}

// Everything the network says is shown in a form that a terminal can be given.
func TestHostileTextInLineMode(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	talk := start(t, l.Host("A"), "groupcast", "-i", "eth0")
	talk.remarks("joined")
	start(t, l.Host("B"), "python3", peer(t, "peer.py"), "send", "a\x1b]0;owned\a\r\n19:00:00  1.2.3.4  eth0  forged").status()
	talk.prints("a␛]0;owned␇\n          │ 19:00:00  1.2.3.4  eth0  forged\n")
	for _, c := range talk.out.String() {
		if c < ' ' && c != '\n' {
			t.Fatalf("a control character %U reached standard output: %q", c, talk.out.String())
		}
	}
}

// A signal ends each command at once, with the status a shell expects.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	for _, args := range [][]string{{"-i", "eth0"}, {"listen", "-t", "1h"}, {"send", "--json", "224.0.0.114"}} {
		p := start(t, l.Host("B"), "groupcast", args...)
		if args[0] == "send" {
			p.say("one")
			p.prints("sent")
		} else {
			p.remarks("joined")
		}
		if err := p.cmd.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		if status := p.status(); status != exitInterrupted {
			t.Errorf("groupcast %s: exit status %d after an interrupt, want %d", fmt.Sprint(args), status, exitInterrupted)
		}
	}
}
