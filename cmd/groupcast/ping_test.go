package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// pingLAN is a host P, 192.168.1.10, that pings, and responders R1 to Rn, from
// 192.168.1.11 on, that echo in 239.1.2.3:5000.
func pingLAN(t *testing.T, responders int) *lab.Lab {
	t.Helper()
	return labtest.EchoLAN(t, responders, labtest.Group("239.1.2.3:5000"))
}

// runPing runs groupcast ping to its end.
func runPing(t *testing.T, host *lab.Node, want int, args ...string) (out, errs string) {
	t.Helper()
	p := do(t, host, append([]string{"ping"}, args...)...)
	if status := p.status(); status != want {
		t.Errorf("%s: exit status %d, want %d\n%s%s", p.name, status, want, p.out.String(), p.err.String())
	}
	return p.out.String(), p.err.String()
}

func wantText(t *testing.T, what, text string, patterns ...string) {
	t.Helper()
	for _, p := range patterns {
		if !regexp.MustCompile("(?m)" + p).MatchString(text) {
			t.Errorf("%s: want a match of %q in:\n%s", what, p, text)
		}
	}
}

func TestPingAGroup(t *testing.T) {
	t.Parallel()
	const lossy = "192.168.1.15:5000"
	l := pingLAN(t, 8)
	runPing(t, l.Host("P"), exitOK, "-i", "eth0", "-c", "2", "--interval", "10ms", "239.1.2.3:5000") // so that everybody knows P's address
	if err := l.Host("R5").Link("eth0").Drop(50); err != nil {
		t.Fatal(err)
	}
	out, errs := runPing(t, l.Host("P"), exitDoubt, "-i", "eth0", "-c", "60", "--interval", "10ms", "-W", "3s", "239.1.2.3:5000")
	wantText(t, "remarks", errs, `^groupcast: pinging 239.1.2.3:5000 with 32 bytes; requests leave by eth0, source 192.168.1.10: you chose it$`)
	wantText(t, "lines", out,
		`^32 bytes from 192.168.1.18:5000 by eth0: seq=60 ttl=1 time=\d+\.\d+ ms$|^32 bytes from 192.168.1.18:5000 by eth0: seq=60 ttl=64 time=\d+\.\d+ ms$`,
		`^no answer to seq=\d+ from `+lossy+` within 3s$`,
		`^8 responders to 60 requests in \d+`)
	for n := range 8 {
		from := fmt.Sprintf("192.168.1.%d:5000", 11+n)
		if from != lossy {
			wantText(t, from, out, `^--- `+from+` ---\n60 sent, 60 received, 0 lost \(0\.0 %\), 0 duplicates, ttl \d+\nmin/avg/max/stddev = [\d./]+ ms, p50 [\d.]+ p99 [\d.]+$`)
			continue
		}
		wantText(t, from, out, `^--- `+from+` ---\n\d+ sent, \d+ received, \d\d lost \(\d\d\.\d %\), 0 duplicates`)
	}
}

func TestPingNobodyInAGroup(t *testing.T) {
	t.Parallel()
	l := pingLAN(t, 0)
	out, errs := runPing(t, l.Host("P"), exitNot, "-i", "eth0", "-c", "1", "-W", "20ms", "239.1.2.3:5000")
	wantText(t, "output", out, `^no answer to seq=1 within 20ms$`, `^0 responders to 1 request in .*; 1 without a reply$`)
	wantText(t, "errors", errs, `^groupcast: ping 239.1.2.3:5000: no reply came$`, `^  hint: no responder is in the group .groupcast echo 239.1.2.3:5000 .*the requests do not reach it, or its replies do not come back, .*answers-blocked.: groupcast doctor .*239.1.2.3:5000$`)
}

func TestPingOthersEchoServers(t *testing.T) {
	t.Parallel()
	l := pingLAN(t, 1)
	for name, command := range map[string][]string{
		"node": {"node", "-e", `
			const s = require("dgram").createSocket("udp4");
			s.on("message", (m, from) => s.send(m, from.port, from.address));
			s.bind(7001);`},
		"python3": {"python3", "-c", `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 7001))
while True:
    datagram, sender = s.recvfrom(65535)
    s.sendto(datagram, sender)`},
	} {
		t.Run(name, func(t *testing.T) {
			labtest.Program(t, command[0])
			host := labtest.Build(t, l.Topology()).Host("R1")
			start(t, host, command[0], command[1:]...)
			waits := start(t, host, "groupcast", "ping", "--interval", "50ms", "127.0.0.1:7001") // until it is there
			waits.prints("bytes from 127.0.0.1:7001 by lo: seq=")
			out, _ := runPing(t, host, exitOK, "-c", "3", "--interval", "10ms", "--size", "1472", "127.0.0.1:7001")
			wantText(t, "output", out, `^1472 bytes from 127.0.0.1:7001 by lo: seq=3 ttl=64 time=\d`, `^3 sent, 3 received, 0 lost`)

			out, _ = runPing(t, host, exitOK, "--message", "HELLO!!", "127.0.0.1:7001")
			wantText(t, "message", out, `^packet-written: bytes=7 to=127.0.0.1:7001\npacket-received: bytes=7 from=127.0.0.1:7001 time=\d+\.\d+ ms\n$`)
			lines := start(t, host, "groupcast", "ping", "--message", "-", "127.0.0.1:7001")
			lines.say("one")
			lines.prints("packet-received: bytes=3")
			lines.say("three")
			lines.prints("packet-received: bytes=5")
			if status := lines.end(); status != exitOK {
				t.Errorf("messages of standard input: exit status %d, want 0", status)
			}
		})
	}
}

func TestPingErrorsOfPeers(t *testing.T) {
	t.Parallel()
	l := pingLAN(t, 1)
	p := l.Host("P")
	out, errs := runPing(t, p, exitNot, "-c", "2", "--interval", "10ms", "192.168.1.11:9")
	const text = `192.168.1.11:9 refused it: ICMP port unreachable \(3, 3\) from 192.168.1.11`
	wantText(t, "output", out, `^seq=1: `+text+`$`, `^2 sent, 0 received, 2 lost \(100.0 %\)`, `^2 errors: `+text+`$`)
	wantText(t, "errors", errs, `^  hint: nothing listens on that port there; start: groupcast echo`)
	if n := strings.Count(errs, "hint: nothing listens"); n != 1 {
		t.Errorf("it gives one hint %d times:\n%s", n, errs)
	}

	out, errs = runPing(t, p, exitNot, "--message", "x", "192.168.1.11:9")
	wantText(t, "a message", out+errs, `^packet-written: bytes=1 to=192.168.1.11:9$`, `^groupcast: ping: `+text+`$`, `^  hint: nothing listens`)

	_, errs = runPing(t, p, exitNot, "-c", "1", "-W", "10s", "192.168.1.99")
	wantText(t, "an absent host", errs, `^  hint: nobody answers ARP`, `no reply came`)
	if strings.Contains(errs, "-i NAME") {
		t.Errorf("an absent host: another interface does not help:\n%s", errs)
	}

	_, errs = runPing(t, p, exitNot, "-c", "1", "-W", "20ms", "192.168.1.255")
	wantText(t, "a broadcast", errs, `^  hint: groupcast echo and many other servers do not reply to broadcasts`)

	out, errs = runPing(t, p, exitNot, "-c", "1", "10.9.9.9")
	wantText(t, "no route", out+errs, `^groupcast: pinging 10.9.9.9:1234 with 32 bytes; requests go nowhere: network is unreachable$`, `^seq=1: send 10.9.9.9:1234: network is unreachable$`, `^  hint: `)
}

func TestPingFlood(t *testing.T) {
	l := pingLAN(t, 1)
	host := l.Host("R1")
	start(t, host, "socat", "-u", "UDP-RECVFROM:7001,fork", "SYSTEM:true")
	out, _ := runPing(t, host, exitNot, "--flood", "-c", "50", "-W", "50ms", "127.0.0.1:7001")
	wantText(t, "silence", out, `^50 sent, 0 received, 50 lost`)
	start(t, host, "groupcast", "echo", "127.0.0.1:7002").remarks("echoing datagrams")
	_, errs := runPing(t, host, exitDoubt, "--flood", "-c", "150", "-W", "50ms", "127.0.0.1:7002")
	wantText(t, "more than the limit", errs, `^  hint: groupcast echo answers a source 50 times a second`)

	out, errs = runPing(t, l.Host("P"), exitOK, "--flood", "-i", "eth0", "-c", "500", "239.1.2.3:5000") // it is a lab
	wantText(t, "a group", out, `^500 sent, 500 received, 0 lost`)
	if strings.Contains(out, "seq=") {
		t.Errorf("a flood prints each answer:\n%s%s", out, errs)
	}
}

// ctrl+c is the usual end of a ping without a count.
func TestPingInterrupted(t *testing.T) {
	t.Parallel()
	l := pingLAN(t, 1)
	for _, tc := range []struct {
		args string
		says string
		want int
	}{
		{"-i eth0 --interval 10ms 239.1.2.3:5000", "seq=3", exitOK},
		{"-i eth0 --interval 10ms -W 10ms 239.9.9.9", "no answer to seq=2", exitNot},
		{"-i eth0 --interval 10ms -t 60 239.1.2.3:5000", "seq=3", exitOK},
		{"-i eth0 --interval 10ms -c 100000 239.1.2.3:5000", "seq=3", exitOK},
	} {
		p := start(t, l.Host("P"), "groupcast", append([]string{"ping"}, strings.Fields(tc.args)...)...)
		p.prints(tc.says)
		if err := p.cmd.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		if status := p.status(); status != tc.want {
			t.Errorf("%s: exit status %d, want %d\n%s", p.name, status, tc.want, p.err.String())
		}
		p.prints(" to ") // of the summary
		if !strings.Contains(p.out.String(), "requests in") || strings.Contains(p.out.String(), "closed network connection") {
			t.Errorf("%s: no statistics:\n%s", p.name, p.out.String())
		}
	}
	p := start(t, l.Host("P"), "groupcast", "ping", "-i", "eth0", "-W", "1h", "239.9.9.9")
	p.remarks("pinging")
	if err := p.cmd.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if status := p.status(); status != exitInterrupted {
		t.Errorf("before anything was known: exit status %d, want %d", status, exitInterrupted)
	}
}

func TestPingJSON(t *testing.T) {
	t.Parallel()
	l := pingLAN(t, 2)
	out, _ := runPing(t, l.Host("P"), exitOK, "--json", "-i", "eth0", "-c", "2", "--interval", "10ms", "239.1.2.3:5000")
	kinds := map[string]int{}
	for line := range strings.Lines(out) {
		var o map[string]any
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		kind := o["type"].(string)
		kinds[kind]++
		for _, field := range map[string][]string{
			"pinging":   {"to", "group", "size", "interface", "ifindex", "source", "because"},
			"reply":     {"time", "seq", "from", "interface", "ifindex", "size", "ttl", "rtt_ms"},
			"responder": {"from", "sent", "received", "lost", "duplicates", "late", "changed", "ttl", "min_ms", "avg_ms", "max_ms", "stddev_ms", "p50_ms", "p99_ms"},
			"ping":      {"to", "sent", "unanswered", "responders", "errors", "foreign", "took_ms"},
		}[kind] {
			if _, ok := o[field]; !ok {
				t.Errorf("%s has no %q: %s", kind, field, line)
			}
		}
	}
	if want := "map[ping:1 pinging:1 reply:4 responder:2]"; fmt.Sprint(kinds) != want {
		t.Errorf("objects %v, want %s", kinds, want)
	}
	out, _ = runPing(t, l.Host("P"), exitOK, "--json", "-q", "-i", "eth0", "-c", "1", "239.1.2.3:5000")
	if n := strings.Count(out, "\n"); n != 3 {
		t.Errorf("with -q %d objects, want the statistics alone:\n%s", n, out)
	}
}

// Over IPv6 the zone names the interface; with several -i each request leaves
// by every one, and whoever answers by both is two responders.
func TestPingWays(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, dual())
	a, b := l.Host("A"), l.Host("B")
	labtest.Echo(t, b, labtest.Group("[ff02::114]:5000"))
	out, errs := runPing(t, a, exitOK, "-c", "2", "--interval", "10ms", "[ff02::114%eth0]:5000")
	wantText(t, "IPv6", out, `^32 bytes from \[.*\]:5000 by eth0: seq=2 ttl=\d+ time=`, `^1 responder to 2 requests`)
	wantText(t, "IPv6", errs, `^groupcast: pinging \[ff02::114%eth0\]:5000 with 32 bytes; requests leave by eth0, source .*: you chose it$`)
	out, _ = runPing(t, a, exitOK, "-c", "1", "[2001:db8::226]:5000")
	wantText(t, "IPv6 unicast", out, `^32 bytes from \[2001:db8::226\]:5000 by eth0: seq=1 ttl=64 time=`)

	labtest.Echo(t, b, labtest.Group("239.1.2.3:5000"))
	out, errs = runPing(t, a, exitOK, "-i", "eth0", "-i", "eth1", "-c", "2", "--interval", "10ms", "-W", "3s", "239.1.2.3:5000")
	wantText(t, "two interfaces", out, `^--- 192.168.8.226:5000 by eth0 ---\n2 sent, 2 received`)
	wantText(t, "two interfaces", errs, `requests leave by eth0, eth1$`)

	out, errs = runPing(t, a, exitNot, "-c", "1", "-W", "50ms", "239.1.2.3:5000") // the article's pitfall
	wantText(t, "by itself", out+errs, `requests leave by eth1, source 169.254.167.41: default route via`, `no reply came`)
	_, errs = runPing(t, a, exitNot, "-i", "eth9", "239.1.2.3")
	wantText(t, "no interface", errs, `^groupcast: ping 239.1.2.3:1234: interface "eth9": no such interface$`, `^  hint: list the interfaces`)
}
