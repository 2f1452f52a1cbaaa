//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// sentAway is a command that is asked to end, and what it says and returns then.
type sentAway struct {
	name    string
	command string
	types   string // what is typed, in a terminal; "": it has none
	prints  string // when it is under way, on standard output
	remarks string // or on standard error
	report  string // once, however often it is asked
	want    int
}

// What ends in a report prints it once, and exits by it: by ctrl+c, by SIGTERM,
// and when the signal comes more than once, as timeout(1) sends it to the program
// and to its process group.
func TestReportsOnSignals(t *testing.T) {
	t.Parallel()
	l := pingLAN(t, 1) // whose host echoes 239.1.2.3:5000
	const group = "239.1.2.3:5000"
	host := l.Host("P")
	// Nobody is there, and no ARP finds that out while the test runs.
	if start(t, host, "ip", "neigh", "replace", "192.168.1.99", "lladdr", "02:00:00:00:00:63", "dev", "eth0", "nud", "permanent").status() != 0 {
		t.Fatal("the neighbor cannot be set")
	}
	for _, signals := range [][]syscall.Signal{{syscall.SIGINT}, {syscall.SIGINT, syscall.SIGINT, syscall.SIGINT}, {syscall.SIGTERM}} {
		ends := func(t *testing.T, a sentAway) { a.ends(t, host, signals) }
		t.Run(fmt.Sprint(len(signals), signals[0]), func(t *testing.T) {
			together(t, []sentAway{
				{"listen", "listen -i eth0 239.6.6.6", "", "", "joined", "heard 0 datagrams", exitNot},
				{"listen json", "listen -i eth0 --json 239.6.6.6", "", `"joined"`, "", `"type":"silent"`, exitNot},
				{"listen count", "listen -i eth0 -c 2 239.6.6.6", "", "", "joined", "heard 0 datagrams", exitInterrupted},
				{"listen timeout", "listen -i eth0 -t 1h 239.6.6.6", "", "", "joined", "heard 0 datagrams", exitInterrupted},
				{"echo", "echo 127.0.0.1:0", "", "", "echoing", "0 requests", exitOK},
				{"echo json", "echo --json 127.0.0.1:0", "", `"serving"`, "", `"type":"totals"`, exitOK},
				{"ping", "ping -i eth0 --interval 10ms " + group, "", "seq=3", "", "requests in", exitOK},
				{"ping json", "ping --json -i eth0 --interval 10ms " + group, "", `"seq":3`, "", `"type":"ping"`, exitOK},
				{"ping silence", "ping -i eth0 --interval 10ms -W 10ms 239.9.9.9", "", "no answer to seq=2", "", "requests in", exitNot},
				{"doctor watch", "doctor --watch 1h -i eth0 " + group, "", "", "looking for 1h", "nothing found: ", exitOK},
				{"doctor json", "doctor --watch 1h --json -i default 239.7.7.7", "", "looking for 1h", "", `"type":"doctor"`, exitDoubt},
				{"doctor finding", "doctor --watch 1h -i default 239.7.7.7", "", "", "looking for 1h", ": no-route: ", exitDoubt},
				{"doctor probe", "doctor --probe --watch 1h -i eth0 " + group, "", "", "looking for 1h", "nothing found: ", exitInterrupted},
				{"probe follow", "probe --follow 127.0.0.1:1,2", "", "127.0.0.1:2", "", "2 targets: ", exitNot},
				{"probe follow json", "probe --json --follow 127.0.0.1:1,2", "", `"port":2`, "", `"type":"totals"`, exitNot},
				{"probe", "probe -W 1h 127.0.0.1:1 192.168.1.99:9", "", "refused", "", "2 targets: 1 refused, 1 not known", exitNot},
				{"send", "send --trace -i eth0 239.7.7.7", "hello\n", "sendmsg", "", "sent 1 datagram (5 bytes)", exitInterrupted},
				{"chat plain", "--plain -i eth0 239.7.7.7", "hello\n", "own copy back", "", "sent 1 line", exitInterrupted},
			}, func(a sentAway) string { return a.name }, ends)
		})
	}
}

func (a sentAway) ends(t *testing.T, host *lab.Node, signals []syscall.Signal) {
	signal := func(c *lab.Cmd) {
		for _, s := range signals {
			if err := c.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
				t.Fatal(err)
			}
		}
	}
	said, got := "", 0
	if args := strings.Fields(a.command); a.types != "" {
		s := openTerminal(t, host, 200, 30, nil, append([]string{"groupcast"}, args...)...)
		s.keys(a.types)
		s.shows(a.prints)
		signal(s.cmd)
		s.shows(a.report)
		got, said = exitCode(t, s.wait()), s.text()
	} else {
		p := start(t, host, "groupcast", args...)
		if a.prints != "" {
			p.prints(a.prints)
		} else {
			p.remarks(a.remarks)
		}
		signal(p.cmd)
		got, said = p.status(), p.out.String()+p.err.String()
	}
	if n := strings.Count(said, a.report); n != 1 {
		t.Errorf("%q comes %d times, want once:\n%s", a.report, n, said)
	}
	if got != a.want {
		t.Errorf("exit status %d, want %d:\n%s", got, a.want, said)
	}
}

// What was heard, what the kernel dropped and what waited when listen ended is
// all that was sent.
func TestListenAddsUp(t *testing.T) {
	t.Parallel()
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
	for _, pattern := range []string{`heard (\d+) datagrams`, `; (\d+) more had come, and were not read`, `([\d,]+) datagrams lost in the kernel`} {
		m := regexp.MustCompile(pattern).FindStringSubmatch(said)
		if m == nil {
			t.Fatalf("no %q in\n%s", pattern, said)
		}
		n, _ := strconv.Atoi(strings.ReplaceAll(m[1], ",", ""))
		sum += n
	}
	if sum != sent {
		t.Errorf("it adds up to %d, want %d:\n%s", sum, sent, said)
	}
}

// One datagram of 30,000 rows does not fill the terminal.
func TestRowsOfOneMessageAreBounded(t *testing.T) {
	t.Parallel()
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

// Who has read enough costs nobody the totals on standard error, and is no
// failure to tell of.
func TestTotalsBehindAClosedPipe(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	labtest.Talker(t, l.Host("B"), labtest.Group("239.1.1.1:1234"), "tick")
	together(t, []string{"", "--json "}, func(flag string) string { return "listen " + flag }, func(t *testing.T, flag string) {
		p := start(t, l.Host("A"), "bash", "-c", "groupcast listen "+flag+"-i eth0 239.1.1.1 | head -1; exit ${PIPESTATUS[0]}")
		if code := p.status(); code != exitClosed {
			t.Errorf("exit status %d, want %d", code, exitClosed)
		}
		if n := strings.Count(p.err.String(), "groupcast: heard "); n != 1 && flag == "" || strings.Contains(p.err.String(), "broken pipe") {
			t.Errorf("it tells its totals %d times:\n%s", n, p.err.String())
		}
	})
}
