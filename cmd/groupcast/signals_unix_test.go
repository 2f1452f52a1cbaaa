//go:build unix

package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// timeout(1) sends a signal twice, to the program and to its group: that costs
// nobody the totals.
func TestASignalTwiceInABlink(t *testing.T) {
	l := labtest.Build(t, lab.Article)
	for _, command := range []string{"listen -i eth0", "echo 127.0.0.1:0"} {
		p := start(t, l.Host("A"), "groupcast", strings.Fields(command)...)
		p.remarks("groupcast: ")
		for range 3 {
			if err := p.cmd.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
		}
		p.status()
		if said := p.err.String(); !strings.Contains(said, "heard 0 datagrams") && !strings.Contains(p.out.String()+said, "0 requests") {
			t.Errorf("%s: no totals:\n%s%s", command, p.out.String(), said)
		}
	}
}

// What was heard, what the kernel dropped and what waited when listen ended is
// all that was sent.
func TestListenAddsUp(t *testing.T) {
	l := labtest.Build(t, lab.Article)
	const sent = 20000
	heard := start(t, l.Host("A"), "groupcast", "listen", "-i", "eth0", "--raw")
	heard.remarks("joined")
	if err := heard.cmd.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	start(t, l.Host("B"), "python3", peer(t, "peer.py"), "flood", fmt.Sprint(sent)).status()
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGCONT} { // it ends before it reads all
		if err := heard.cmd.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	heard.status()
	sum, said := 0, heard.err.String()
	for _, pattern := range []string{`heard (\d+) datagrams`, `; (\d+) more had come, and were not read`, `(\d+) datagrams lost in the kernel`} {
		m := regexp.MustCompile(pattern).FindStringSubmatch(said)
		if m == nil {
			t.Fatalf("no %q in\n%s", pattern, said)
		}
		n, _ := strconv.Atoi(m[1])
		sum += n
	}
	if sum != sent {
		t.Errorf("it adds up to %d, want %d:\n%s", sum, sent, said)
	}
}

// One datagram of 30,000 rows does not fill the terminal.
func TestRowsOfOneMessageAreBounded(t *testing.T) {
	l := labtest.Build(t, lab.Article)
	heard := start(t, l.Host("A"), "groupcast", "listen", "-i", "eth0", "-c", "1")
	talk := start(t, l.Host("A"), "groupcast", "-i", "eth0")
	heard.remarks("joined")
	talk.remarks("joined")
	b := l.Host("B")
	c, eth0 := labtest.Socket(t, b, mcast.Config{}), labtest.Device(t, b, "eth0")
	labtest.In(t, b, func() error {
		return c.Send([]byte(strings.Repeat("a\n", 30000)), labtest.Group("224.0.0.114").AddrPort(), mcast.Via{IfIndex: eth0.Index})
	})
	heard.status()
	talk.prints("more)")
	for _, p := range []*program{heard, talk} {
		if out := p.out.String(); strings.Count(out, "\n") > mostRows+2 || !strings.Contains(out, "rows more)") {
			t.Errorf("%s prints %d rows: %.300q", p.name, strings.Count(out, "\n"), out)
		}
	}
}
