package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/tui/picture"
)

func init() {
	if flag.Lookup("update") == nil {
		flag.Bool("update", false, "draw the pictures of the docs anew")
	}
}

func updating() bool { return flag.Lookup("update").Value.String() == "true" }

// walk is the article's story on the screen of A, with node's dgram at B.
type walk struct {
	*screen
	b      *lab.Node
	server *program // the article's, at B
}

// answers has B send a datagram, by the article's client.
func (w *walk) answers(text string) {
	w.t.Helper()
	client := start(w.t, w.b, "node", peer(w.t, "client.js"), text)
	if code := client.status(); code != 0 {
		w.t.Fatalf("%s: exit status %d:\n%s", client.name, code, client.err.String())
	}
}

// Keys, as a terminal sends them.
const (
	keyF1, keyF2, keyF3, keyF4 = "\x1bOP", "\x1bOQ", "\x1bOR", "\x1bOS"
	keyF5, keyF6, keyF7        = "\x1b[15~", "\x1b[17~", "\x1b[18~"
	keyUp                      = "\x1b[A"
	keyEsc                     = "\x1b"
	keyCtrlF                   = "\x06"
)

// walkSteps are the parts of docs/article: what is done, what the screen has
// to show then, and the text for the reader.
var walkSteps = []struct {
	picture, title, text string
	do                   func(*walk)
}{
	{
		"01-start", "Joined on both interfaces, sending through one",
		"A has eth0 on the LAN, where B is, and eth1 on another wire with no other host. groupcast has joined the group on both interfaces. A join decides where A receives. The routing table decides where A sends, and A's default route goes through eth1. groupcast asks the kernel for the route before anybody says anything, so `wrong-egress` is already there.",
		func(w *walk) {
			w.shows("● eth0", "192.168.8.164/24")
			w.shows("● eth1", "169.254.167.41/16")
			w.shows("▲ sends leave here")
			w.shows("default route via 169.254.0.1")
			w.shows("⚠ wrong-egress")
			w.shows("ctrl+f send and join by eth0")
		},
	},
	{
		"02-talk", "It looks as if it worked",
		"A says *test*. A receives its loopback copy (↺) at once, while the article's server at B prints nothing. B's *hello* does arrive, on eth0, because groupcast has joined there too. A program that leaves its join to this routing table would not receive it. Now A has received something on eth0 and nothing on eth1. So the finding is no longer a warning (⚠) but certain (✗).",
		func(w *walk) {
			w.keys("test\r")
			w.shows("you 169.254.167.41", "test", "↺", "ms", "→ eth1")
			w.answers("hello from B")
			w.shows("192.168.8.226", "hello from B", "← eth0")
			w.server.prints("receive msg: hello from B") // its own copy
			w.server.neverPrinted("msg: test")
			w.shows("✗ wrong-egress")
		},
	},
	{
		"03-datagrams", "F2: every datagram",
		"There are three rows: the datagram that A sent (→), its loopback copy (↺), and the datagram that A received from B (←). The source 169.254.167.41 is eth1's address: the kernel takes the address of the outgoing interface. No row says that B received anything, because A cannot see that.",
		func(w *walk) {
			w.keys(keyF2)
			w.shows("▸Datagrams")
			w.shows("→ 169.254.167.41", "224.0.0.114:1234 eth1", "test")
			w.shows("↺ 169.254.167.41", "224.0.0.114:1234 eth1", "test")
			w.shows("← 192.168.8.226:1234", "224.0.0.114:1234 eth0", "hello from B")
		},
	},
	{
		"04-own-copy", "Enter: what the loopback copy proves",
		"This is the datagram that the article's program reports as `receive msg test from 169.254.167.41`. The kernel made it on this host, before the wire. A receives it even with the cable pulled. So it shows that A is a member on its outgoing interface. It shows nothing about B.",
		func(w *walk) {
			w.keys("own\r")
			w.shows("Datagram", "esc back")
			w.shows("the loopback copy", "made by this host before the wire: no proof")
			w.shows("74 65 73 74", "test")
		},
	},
	{
		"05-map", "F4: the map",
		"A is a member of 224.0.0.114 on both wires. It receives B's datagrams on eth0, in 192.168.8.0/24. It sends through eth1, in 169.254.0.0/16, where it has received nothing. Joining and sending are two choices, and here they differ.",
		func(w *walk) {
			w.keys(keyF4)
			w.shows("├──── 192.168.8.0/24")
			w.shows("← 192.168.8.226 ")
			w.shows("├─→── 169.254.0.0/16")
			w.shows("▲ sends leave here (default route via 169.254.0.1)")
			w.shows("nobody heard yet")
		},
	},
	{
		"06-why", "Pitfalls, enter: why, and what helps",
		"The finding shows its evidence: the route that the kernel matched, and the interface on which datagrams of others arrive. For IPv4 on Linux the routing table decides: a route for the group, or else the default route. The order of the interfaces does not matter. A route for 224.0.0.0/4 would help every program of the host, but only an administrator can add it. A program can choose the interface for itself.",
		func(w *walk) {
			w.keys(keyF1)
			w.shows("hello from B")
			w.keys("\t\t")
			w.shows("f send and join by eth0")
			w.keys("\r")
			w.shows("▸wrong-egress", "esc back")
			w.shows("the kernel chose it: default route via 169.254.0.1")
			w.shows("others are heard by eth0", "nobody by eth1")
			w.shows("send and join by eth0: -i eth0, or /interface eth0")
			w.shows("for every program of this host: ip route add")
		},
	},
	{
		"07-interfaces", "F5: choose the interface",
		"The list shows for each interface what would happen if you chose it. Enter joins on the interface *and* sends through it. The article's remedy, `addMembership` with eth0's address, only joins. B would still receive nothing. A would lose its loopback copy too, because A would no longer be a member on its outgoing interface. In node the other half is `setMulticastInterface`.",
		func(w *walk) {
			w.keys(keyF5)
			w.shows("▸ ● eth1")
			w.keys(keyUp)
			w.shows("▸ ● eth0")
			w.shows("sends would leave from 192.168.8.164; heard here: 1 host, 1 datagram")
			w.shows("now via eth1 from 169.254.167.41: default route via 169.254.0.1")
		},
	},
	{
		"08-fix", "ctrl+f: the fix",
		"Esc closes the list. ctrl+f does what the finding offers: the same choice, with one key. Sends now leave via eth0, from 192.168.8.164, because the user chose it. The kernel's own choice has not changed (△). The list of pitfalls is empty.",
		func(w *walk) {
			w.keys(keyEsc)
			w.shows("❯ type to talk")
			w.keys(keyCtrlF)
			w.shows("sends leave by eth0, source 192.168.8.164")
			w.shows("none seen")
		},
	},
	{
		"09-heard", "B receives, and replies",
		"A says something once more, and the article's server at B prints `receive msg: test again from 192.168.8.164`. The loopback copy looks the same as before, when nobody received the datagram. Only B's reply proves that B receives.",
		func(w *walk) {
			w.keys("test again\r")
			w.shows("you 192.168.8.164", "test again", "↺", "ms", "→ eth0")
			w.server.prints("receive msg: test again from 192.168.8.164")
			w.server.neverPrinted("msg: test from")
			w.answers("now I hear you")
			w.shows("192.168.8.226", "now I hear you", "← eth0")
		},
	},
	{
		"10-calls", "F3: the calls behind it",
		"These are the calls on groupcast's sockets, with node's names beside them. Each join names its interface. The first send left the choice to the kernel. The last send names its interface, like node's `send` after a `setMulticastInterface`. This is why B receives it. SO_BROADCAST has no part in it: multicast does not need it, although Go sets it on every UDP socket.",
		func(w *walk) {
			w.keys(keyF3)
			w.shows("▸Calls")
			w.shows("MCAST_JOIN_GROUP", "224.0.0.114 on eth0", "ok", "addMembership")
			w.shows("MCAST_JOIN_GROUP", "224.0.0.114 on eth1", "ok", "addMembership")
			w.shows("sendmsg", "4 bytes to 224.0.0", "4 bytes", "send  ")
			w.shows("sendmsg", "10 bytes to 224.0.0", "10 bytes", "send, setMulticastIn")
		},
	},
}

// TestWalk tells the article's story on the real screen. With -update it
// draws docs/article anew: the pictures of the screen, and the page with them.
// Times and ports differ from run to run, so the pictures are not compared.
func TestWalk(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	server := start(t, b, "node", peer(t, "server.js"), "192.168.8.226")
	server.prints("ready")
	w := &walk{openTerminal(t, a, 100, 30, []string{"COLORTERM=truecolor"}, "groupcast", "--plain-only"), b, server}
	printed := map[string]bool{}
	for _, step := range walkSteps {
		step.do(w)
		w.settles() // a step has seen some rows, and the others may be on their way
		for _, word := range wordsOf(w.text()) {
			printed[word] = true
		}
		if updating() {
			writeDoc(t, step.picture+".svg", picture.SVG(w.picture(), picture.Dark))
		}
	}
	w.keys("\x03")
	w.quits(exitOK)
	holdsPictures(t, printed)
	if updating() {
		writeDoc(t, "README.md", walkPage())
	}
}

// The page in docs/article is what the table makes, and its pictures are there.
func TestWalkPage(t *testing.T) {
	page, err := os.ReadFile(docPath("README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.ReplaceAll(string(page), "\r\n", "\n") != walkPage() {
		t.Error("docs/article/README.md is not what the table says now: run go test ./cmd/groupcast -run TestWalk -update")
	}
	for _, step := range walkSteps {
		svg, err := os.ReadFile(docPath(step.picture + ".svg"))
		if err != nil {
			t.Error(err)
		} else if !bytes.HasSuffix(bytes.TrimSpace(svg), []byte("</svg>")) {
			t.Errorf("%s.svg is no picture", step.picture)
		}
	}
}

// walkPage is docs/article/README.md.
func walkPage() string {
	var b strings.Builder
	b.WriteString(`# The article's story, on the screen

Host A has eth0, 192.168.8.164/24, on the LAN, and eth1, 169.254.167.41/16, on another wire. Its default route goes
through eth1. Host B, 192.168.8.226/24, is on the LAN. B runs the article's server, written for node's dgram. A runs
groupcast. Both are members of 224.0.0.114:1234.

` + "`go test ./cmd/groupcast -run TestWalk -update`" + ` makes this page: it plays the story in a lab and draws A's terminal after each step.
`)
	for i, step := range walkSteps {
		fmt.Fprintf(&b, "\n## %d. %s\n\n%s\n\n![A's screen: %s](%s.svg)\n", i+1, step.title, step.text, step.title, step.picture)
	}
	return b.String()
}

func docPath(name string) string { return filepath.Join("..", "..", "docs", "article", name) }

func writeDoc(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(docPath("."), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(docPath(name), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
