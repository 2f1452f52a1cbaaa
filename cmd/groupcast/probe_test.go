package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// asked is two LANs with a router between them. A asks; C is behind the
// router.
func asked(t *testing.T) *lab.Lab {
	t.Helper()
	topology, err := lab.FindTopology("routed", 0)
	if err != nil {
		t.Fatal(err)
	}
	topology.Hosts = slices.Clone(topology.Hosts) // those of the package are everybody's
	for n := range topology.Hosts {
		topology.Hosts[n].Sysctls = map[string]string{"net.ipv4.icmp_ratemask": "0"} // as many ICMP errors as there are reasons
	}
	return labtest.Build(t, topology)
}

// nft gives a host rules of a chain that hooks into input, forward or output.
func nft(t *testing.T, host *lab.Node, hook string, rules ...string) {
	t.Helper()
	script := fmt.Sprintf("table inet %s { chain c { type filter hook %s priority 0;\n%s\n}\n}\n", hook, hook, strings.Join(rules, "\n"))
	p := start(t, host, "nft", "-f", "-")
	p.say(script)
	if status := p.end(); status != 0 {
		t.Fatalf("nft: status %d\n%s\n%s", status, p.err.String(), script)
	}
}

// inNoTime ends a probe of hosts that answer at once.
var inNoTime = []string{"probe", "-c", "2", "--interval", "100ms", "--wait", "1s"}

// Each verdict as it is printed, made real.
func TestProbeVerdicts(t *testing.T) {
	t.Parallel()
	l := asked(t)
	a, b, c, r := l.Host("A"), l.Host("B"), l.Host("C"), l.Host("R")
	nft(t, b, "input", "udp dport 20 drop", "udp dport 21 reject with icmpx type admin-prohibited",
		"udp dport 22 reject with icmpx type host-unreachable", "udp dport 23 reject with icmpx type port-unreachable")
	nft(t, r, "forward", "udp dport 24 reject with icmpx type admin-prohibited")
	nft(t, a, "output", "udp dport 25 drop")
	server := start(t, b, "groupcast", "echo")
	server.remarks("echoing")
	other := start(t, c, "groupcast", "echo", "-v")
	other.remarks("echoing")

	p := do(t, a, append(inNoTime, "192.168.1.11:9,20-23,1234", "192.168.1.99:9", "192.168.2.10:24,1234", "192.168.2.10:25", "10.9.9.9:9", "[2001:db8::1]:9", "no such host:9")...)
	if status := p.status(); status != exitDoubt {
		t.Errorf("exit status %d, want %d: some answered\n%s", status, exitDoubt, p.err.String())
	}
	for target, want := range map[string]string{
		"192.168.1.11:9":    "refused      ICMP port unreachable (3, 3) from 192.168.1.11, after ",
		"192.168.1.11:20":   "silent       nothing in 2 tries: open, filtered or lost; UDP cannot tell",
		"192.168.1.11:21":   "unreachable  ICMP administratively prohibited (3, 13) from 192.168.1.11, after ",
		"192.168.1.11:22":   "unreachable  ICMP host unreachable (3, 1) from 192.168.1.11, after ",
		"192.168.1.11:23":   "refused      ICMP port unreachable (3, 3) from 192.168.1.11, after ",
		"192.168.1.11:1234": `answered     an answer of 21 bytes "groupcast probe 00`,
		"192.168.1.99:9":    "unreachable  nobody answers ARP for 192.168.1.99, after ",
		"192.168.2.10:24":   "unreachable  ICMP administratively prohibited (3, 13) from 192.168.1.1, after ",
		"192.168.2.10:1234": `answered     an answer of 21 bytes "groupcast probe 00`,
		"192.168.2.10:25":   "unreachable  this host's own firewall refuses (EPERM)",
		"10.9.9.9:9":        "unreachable  ICMP net unreachable (3, 0) from 192.168.1.1, after ",
		"[2001:db8::1]:9":   "unreachable  no route on this host (ENETUNREACH)",
		"no such host:9":    "unresolved   ",
	} {
		if want := fmt.Sprintf("%-17s  %s", target, want); !strings.Contains("\n"+p.out.String(), "\n"+want) {
			t.Errorf("no line\n%s\nin\n%s", want, p.out.String())
		}
	}
	p.remarks("13 targets: 2 answered, 2 refused, 7 unreachable, 1 silent, 1 unresolved")
	p.remarks("hint: silence proves nothing")
	p.remarks("nc -zu says of it: succeeded")
	p.remarks("with --rate 1 closed ports do not look silent")
}

// A router that does not answer ARP is nobody that could say anything.
func TestProbeDeadRouter(t *testing.T) {
	t.Parallel()
	l := asked(t)
	if err := l.Host("R").Link("eth0").Cut(); err != nil {
		t.Fatal(err)
	}
	p := start(t, l.Host("A"), "groupcast", append(inNoTime, "--wait", "4s", "192.168.2.10:9")...)
	if status := p.status(); status != exitNot {
		t.Errorf("exit status %d, want %d", status, exitNot)
	}
	p.prints("192.168.2.10:9  unreachable  nobody answers ARP for 192.168.1.1, the gateway to it, after ")
}

// printsTimes waits until it has printed text so many times.
func (p *program) printsTimes(n int, text string) {
	p.t.Helper()
	if !p.out.awaitTimes(n, text) {
		p.t.Fatalf("%s did not print %q %d times, but:\n%s", p.name, text, n, p.out.String())
	}
}

// The server stops, which is noticed with the next datagram; it is back, which
// needs no new socket; a firewall makes it silent.
func TestProbeWatch(t *testing.T) {
	t.Parallel()
	l := asked(t)
	a, b := l.Host("A"), l.Host("B")
	p := start(t, a, "groupcast", "probe", "--follow", "-c", "2", "--interval", "300ms", "--wait", "2s", "192.168.1.11:1234")
	const refused = "  192.168.1.11:1234  refused      ICMP port unreachable (3, 3) from 192.168.1.11, after "
	const answered = "  192.168.1.11:1234  answered     an answer of 21 bytes"
	p.remarks("probing every 300ms; ctrl+c ends it")
	p.printsTimes(1, refused)
	server := start(t, b, "groupcast", "echo")
	p.printsTimes(1, answered)
	interrupted(t, server)
	p.printsTimes(2, refused)
	server = start(t, b, "groupcast", "echo")
	p.printsTimes(2, answered)
	nft(t, b, "input", "udp dport 1234 drop")
	p.printsTimes(1, "  192.168.1.11:1234  silent       nothing in 2 tries")
	if err := p.cmd.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if status := p.status(); status != exitNot {
		t.Errorf("exit status %d after an interrupt in silence, want %d", status, exitNot)
	}
	if lines := strings.Count(p.out.String(), "\n"); lines != 5 {
		t.Errorf("%d lines, want one for each of 5 changes:\n%s", lines, p.out.String())
	}
	interrupted(t, server)
}

func TestProbeExitStatus(t *testing.T) {
	t.Parallel()
	l := asked(t)
	a, b := l.Host("A"), l.Host("B")
	server := start(t, b, "groupcast", "echo")
	server.remarks("echoing")
	for _, tt := range []struct {
		args string
		want int
	}{
		{"192.168.1.11:1234", exitOK},
		{"192.168.1.11:1234 192.168.1.11:1235", exitDoubt},
		{"192.168.1.11:1235,1236", exitNot},
		{"-6 192.168.1.11:1234", exitNot},
		{"--follow -t 2s 192.168.1.11:1234", exitOK},
		{"--follow -t 2s 192.168.1.11:1234,1235", exitDoubt},
		{"--follow -t 300ms -6 192.168.1.11:1234", exitNot},
		{"192.168.1.11", exitUsage},
		{"224.0.0.114:1234", exitUsage},
		{"-4 -6 192.168.1.11:1234", exitUsage},
		{"-t 2 -W 1h 192.168.1.11:1234 192.168.1.99:9", exitDoubt}, // what is known by then
		{"-t -1 192.168.1.11:1234", exitUsage},
		{"--watch 192.168.1.11:1-65", exitUsage},
		{"--size 1 --data x 192.168.1.11:1234", exitUsage},
		{"--hex 0 192.168.1.11:1234", exitUsage},
	} {
		p := do(t, a, append(slices.Clone(inNoTime), strings.Fields(tt.args)...)...)
		if status := p.status(); status != tt.want {
			t.Errorf("%s: exit status %d, want %d\n%s%s", tt.args, status, tt.want, p.out.String(), p.err.String())
		}
	}
	p := start(t, a, "groupcast", "probe", "--trace", "192.168.1.99:9")
	p.remarks("sendmsg")
	p.cmd.Signal(os.Interrupt)
	if status := p.status(); status != exitInterrupted {
		t.Errorf("interrupted before anything was known: exit status %d, want %d", status, exitInterrupted)
	}
}

func TestProbeJSON(t *testing.T) {
	t.Parallel()
	l := asked(t)
	server := start(t, l.Host("B"), "groupcast", "echo")
	server.remarks("echoing")
	p := start(t, l.Host("A"), "groupcast", append(inNoTime, "--json", "--hex", "611b5b330a22ff", "192.168.1.11:1234,9")...)
	if status := p.status(); status != exitDoubt {
		t.Errorf("exit status %d, want %d", status, exitDoubt)
	}
	if p.err.String() != "" {
		t.Errorf("--json remarks\n%s", p.err.String())
	}
	byPort := map[float64]map[string]any{}
	var last map[string]any
	for line := range strings.Lines(p.out.String()) {
		last = map[string]any{}
		if err := json.Unmarshal([]byte(line), &last); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if last["type"] == "result" {
			byPort[last["port"].(float64)] = last
		}
	}
	check := func(o map[string]any, want map[string]any) {
		t.Helper()
		for key, value := range want {
			if fmt.Sprint(o[key]) != fmt.Sprint(value) {
				t.Errorf("%v\nhas %q = %v, want %v", o, key, o[key], value)
			}
		}
	}
	check(byPort[1234], map[string]any{
		"host": "192.168.1.11", "to": "192.168.1.11:1234", "verdict": "answered", "because": "an answer of 7 bytes", "tries": 1,
		"by": "192.168.1.11", "size": 7, "text": "a␛[3\n\"\ufffd", "data": "YRtbMwoi/w==", "netcat": "succeeded",
	})
	check(byPort[9], map[string]any{
		"verdict": "refused", "because": "ICMP port unreachable (3, 3) from 192.168.1.11", "by": "192.168.1.11",
		"icmp": map[string]any{"type": 3, "code": 3}, "netcat": "nothing, and fails",
	})
	check(last, map[string]any{"type": "totals", "targets": 2, "answered": 1, "refused": 1, "silent": 0})
}

// What a host answers reaches the terminal only in a form that it can be given,
// on the one line that it has.
func TestQuoted(t *testing.T) {
	for _, tt := range []struct{ answer, want string }{
		{"hello", `"hello"`},
		{"hello\n", `"hello"`},
		{"a\nb\"c\\", `"a\nb\"c\\"`},
		{"\x1b]0;owned\a", `"␛]0;owned␇"`},
		{strings.Repeat("x", 32), `"` + strings.Repeat("x", 32) + `"`},
		{strings.Repeat("x", 33), `"` + strings.Repeat("x", 32) + `"…`},
		{strings.Repeat("x", 31) + "ü", `"` + strings.Repeat("x", 31) + `"…`},
	} {
		if got := quoted([]byte(tt.answer), len(tt.answer)); got != tt.want {
			t.Errorf("%q is shown as %s, want %s", tt.answer, got, tt.want)
		}
	}
}

// One name may have several addresses, and all of them are shown.
func TestProbeNames(t *testing.T) {
	l := asked(t)
	p := start(t, l.Host("A"), "groupcast", append(inNoTime, "-4", "localhost:9")...)
	p.status()
	p.prints("localhost:9 (127.0.0.1)  refused      ICMP port unreachable (3, 3) from 127.0.0.1")
	server := start(t, l.Host("B"), "groupcast", "echo", netip.MustParseAddrPort("192.168.1.11:5000").String())
	server.remarks("echoing datagrams to 192.168.1.11:5000")
	big := start(t, l.Host("A"), "groupcast", append(inNoTime, "--size", "65507", "192.168.1.11:5000")...)
	if status := big.status(); status != exitOK {
		t.Errorf("65507 bytes: exit status %d\n%s", status, big.out.String())
	}
	big.prints(`an answer of 8192 bytes or more "groupcast probe\ngroupcast probe"…`)
}
