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
// to show then, and what a reader is told of it.
var walkSteps = []struct {
	picture, title, text string
	do                   func(*walk)
}{
	{
		"01-start", "Joined on both, sending by one",
		"A has eth0 on the LAN, where B is, and eth1 on another wire, where nobody is. groupcast has joined the group on both, but a join only says where to listen: where sends go is asked of the routing table, and A's default route leads by eth1. groupcast asks the kernel before anything is said, so `wrong-egress` is already there.",
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
		"A says *test*, and its own copy (↺) is back at once, while the article's server at B prints nothing. B's *hello* does arrive, by eth0: groupcast listens there too, as a program that leaves its join to this routing table would not. Now that others are heard by eth0 and nobody by eth1, the finding is no longer a warning (⚠) but certain (✗).",
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
		"What A sent (→), its own copy (↺) and what it heard (←) are three rows. The source 169.254.167.41 is eth1's address: the kernel takes it from the interface that it sends by. No row says that B heard anything, because nothing that A can see would show that.",
		func(w *walk) {
			w.keys(keyF2)
			w.shows("▸Datagrams")
			w.shows("→ 169.254.167.41", "224.0.0.114:1234 eth1", "test")
			w.shows("↺ 169.254.167.41", "224.0.0.114:1234 eth1", "test")
			w.shows("← 192.168.8.226:1234", "224.0.0.114:1234 eth0", "hello from B")
		},
	},
	{
		"04-own-copy", "Enter: what the own copy proves",
		"This is the datagram that the article's program reports as `receive msg test from 169.254.167.41`. The kernel made it on this host, before the wire: it comes back just the same with the cable pulled out. So it shows that A is a member on the interface that it sends by, and nothing about B.",
		func(w *walk) {
			w.keys("own\r")
			w.shows("Datagram", "esc back")
			w.shows("own copy, made by this host before the wire: no proof that it left")
			w.shows("74 65 73 74", "test")
		},
	},
	{
		"05-map", "F4: the map",
		"A is a member of 224.0.0.114 on both wires. It hears B by eth0, in 192.168.8.0/24, and talks by eth1, in 169.254.0.0/16, where nobody was heard. Joining and sending are two choices, and here they have two answers.",
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
		"The finding says how it is known: the route that the kernel matched, and by which interface others are heard. For IPv4 on Linux it is the routing table that decides, a route for the group or else the default route, and not the order of the interfaces. A route for 224.0.0.0/4 would help every program of the host, but needs its administrator; a program can choose for itself.",
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
		"Every interface says what choosing it would mean before it is chosen. Enter joins by it *and* sends by it, because the article's remedy, `addMembership` with eth0's address, does only the first: B would still hear nothing, and A would lose its own copy too, being no member any more where its sends leave. In node the other half is `setMulticastInterface`.",
		func(w *walk) {
			w.keys(keyF5)
			w.shows("▸ ● eth1")
			w.keys(keyUp)
			w.shows("▸ ● eth0")
			w.shows("sends would leave from 192.168.8.164; heard here: 1 host, 1 datagram")
			w.shows("now by eth1 from 169.254.167.41: default route via 169.254.0.1")
		},
	},
	{
		"08-fix", "ctrl+f: the fix",
		"Esc closes the list, and ctrl+f does what the finding offers, which is the same choice with one key. Sends leave by eth0 now, from 192.168.8.164, because the user chose it; what the kernel would choose has not changed (△). Nothing is left among the pitfalls.",
		func(w *walk) {
			w.keys(keyEsc)
			w.shows("❯ type to talk")
			w.keys(keyCtrlF)
			w.shows("sends leave by eth0, source 192.168.8.164")
			w.shows("none seen")
		},
	},
	{
		"09-heard", "B hears, and answers",
		"The same talk once more, and the article's server at B prints `receive msg: test again from 192.168.8.164`. The own copy looks as it did before, when nobody heard. What proves that B hears is B's answer.",
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
		"These are the calls on groupcast's sockets, beside what node names them. Each join names its interface, and the last send does too: it is node's `send` with a `setMulticastInterface` before it, where the first one left the choice to the kernel. What makes B hear is that, and not SO_BROADCAST: multicast does without, though Go sets it on every UDP socket, unasked.",
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
	w := &walk{openTerminal(t, a, 100, 30, []string{"COLORTERM=truecolor"}, "groupcast"), b, server}
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

Host A has eth0, 192.168.8.164/24, on the LAN, and eth1, 169.254.167.41/16, on another wire; its default route leads by
eth1. Host B, 192.168.8.226/24, is on the LAN. B runs the article's server, written for node's dgram, and A runs
groupcast; both are members of 224.0.0.114:1234.

Made by ` + "`go test ./cmd/groupcast -run TestWalk -update`" + `, which plays it in a lab and draws A's terminal after every step.
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
