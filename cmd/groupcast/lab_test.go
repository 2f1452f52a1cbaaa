package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// computer is where a user of groupcast lab sits: a host without any network,
// with a runtime directory of the test's own.
func computer(t *testing.T) *lab.Node {
	t.Helper()
	host := labtest.Build(t, lab.Topology{Hosts: []lab.Host{{Name: "computer"}}}).Host("computer")
	runtimeDirs.Store(host, t.TempDir())
	t.Cleanup(func() { runtimeDirs.Delete(host) })
	return host
}

// runtimeDirs are the runtime directories of hosts that have one, by *lab.Node.
var runtimeDirs sync.Map

func runtimeDir(host *lab.Node) string {
	dir, _ := runtimeDirs.Load(host)
	s, _ := dir.(string)
	return s
}

// environOf is what the programs of a host find.
func environOf(host *lab.Node) []string {
	env := os.Environ()
	if dir := runtimeDir(host); dir != "" {
		env = append(env, "XDG_RUNTIME_DIR="+dir)
	}
	return env
}

// labUp runs groupcast lab up until it is ready.
func labUp(t *testing.T, on *lab.Node, args ...string) *program {
	t.Helper()
	p := start(t, on, "groupcast", append([]string{"lab", "up"}, args...)...)
	p.prints("ready: ")
	return p
}

// inLabHost runs groupcast lab enter.
func inLabHost(t *testing.T, on *lab.Node, name, host string, command ...string) *program {
	t.Helper()
	return start(t, on, "groupcast", append([]string{"lab", "enter", name, host}, command...)...)
}

// ends checks a program's exit status.
func (p *program) ends(code int) {
	p.t.Helper()
	if got := p.status(); got != code {
		p.t.Errorf("%s: exit status %d, want %d; it printed:\n%s%s", p.name, got, code, p.out.String(), p.err.String())
	}
}

// One terminal has the lab, the others its hosts.
func TestLabEnter(t *testing.T) {
	t.Parallel()
	on := computer(t)
	up := labUp(t, on, "article")
	up.prints("ready: article (2 hosts, 2 switches) in ")
	up.prints("enter a host: groupcast lab enter article A\n")

	a := inLabHost(t, on, "article", "A", "groupcast", "interfaces")
	a.ends(exitDoubt)
	a.prints("192.168.8.164/24")
	a.prints("a send leaves by  eth1")

	server := inLabHost(t, on, "article", "B", "node", peer(t, "server.js"))
	server.prints("ready")
	listen := inLabHost(t, on, "article", "A", "groupcast", "listen", "-i", "eth0", "224.0.0.114")
	listen.remarks("joined 224.0.0.114:1234 on eth0")
	inLabHost(t, on, "article", "B", "node", peer(t, "client.js"), "from node").ends(0)
	listen.prints("from node")
	inLabHost(t, on, "article", "A", "groupcast", "send", "-i", "eth0", "224.0.0.114", "from A").ends(exitOK)
	server.prints("receive msg: from A from 192.168.8.164")

	python := inLabHost(t, on, "article", "B", "python3", "-c", "import socket; print(socket.if_nameindex(), input())")
	python.say("what was typed")
	python.ends(0)
	python.prints("'eth0')] what was typed")

	do(t, on, "lab", "down", "article").ends(exitOK)
	up.ends(exitOK)
	if server.status() == exitOK {
		t.Error("the lab is down, and a command in it ended with success")
	}
	if got := strings.Count(up.out.String(), "\n"); got != 1 {
		t.Errorf("without a terminal it prints %d lines, want one:\n%s", got, up.out.String())
	}
}

// The exit status is the command's, and what follows HOST too, flags and all.
func TestLabEnterStatus(t *testing.T) {
	t.Parallel()
	on := computer(t)
	labUp(t, on, "article")
	for _, tt := range []struct {
		command []string
		status  int
	}{
		{[]string{"true"}, 0},
		{[]string{"sh", "-c", "exit 7"}, 7},
		{[]string{"--", "sh", "-c", "exit 8"}, 8},
		{[]string{"sh", "-c", "kill -9 $$"}, 128 + 9},
		{[]string{"no-such-program"}, exitNot},
	} {
		inLabHost(t, on, "article", "B", tt.command...).ends(tt.status)
	}
	env := inLabHost(t, on, "article", "B", "sh", "-c", `echo "$PWD $XDG_RUNTIME_DIR" >&2; cat`)
	pwd, _ := os.Getwd()
	env.remarks(pwd + " " + runtimeDir(on))
	env.say("x")
	if got := env.end(); got != 0 || env.out.String() != "x\n" {
		t.Errorf("cat ends with %d and printed %q, want 0 and what it was sent", got, env.out.String())
	}
}

// A signal is the command's: what it does then, and how it ends.
func TestLabEnterSignals(t *testing.T) {
	t.Parallel()
	on := computer(t)
	labUp(t, on, "article")
	const script = `trap 'echo term; exit 5' TERM; trap 'echo int' INT; echo ready; while :; do sleep 1000 >/dev/null 2>&1 & wait; done`
	p := inLabHost(t, on, "article", "A", "bash", "-c", script)
	p.prints("ready")
	for _, s := range []struct {
		signal syscall.Signal
		prints string
	}{{syscall.SIGINT, "int"}, {syscall.SIGTERM, "term"}} {
		if err := p.cmd.Signal(s.signal); err != nil {
			t.Fatal(err)
		}
		p.prints(s.prints)
	}
	p.ends(5)
}

// A shell in a host is as good as one outside: it has a terminal, jobs, and
// every key.
func TestLabEnterTerminal(t *testing.T) {
	t.Parallel()
	on := computer(t)
	labUp(t, on, "article")
	s := openTerminal(t, on, 100, 30, []string{"PS1=shell> ", "SHELL=/bin/bash"}, withTerminal("groupcast", "lab", "enter", "article", "A")...)
	s.shows("groupcast: in host A of article; ctrl+d leaves it")
	s.shows("A:article#")
	s.keys("echo host=$(hostname); groupcast --version | head -1; echo /sys/class/net/e*\r")
	s.shows("host=A")
	s.shows("groupcast ")
	s.shows("/sys/class/net/eth0 /sys/class/net/eth1")
	s.keys("PS1='in A> '\r")
	s.shows("in A>")
	if strings.Contains(s.written(), "no job control") {
		t.Errorf("the shell has no job control:\n%s", s.text())
	}
	s.keys("tty; groupcast interfaces | grep -c 192.168.8.164/24\r")
	s.shows("/dev/pts/")
	s.keys("sh -c 'echo star''ted; exec sleep 1000'\r")
	s.shows("started")
	s.keys("\x03")
	s.keys("echo ended with $?\r")
	s.shows("ended with 130")
	s.keys("sh -c 'echo second star''ted; exec sleep 1000'\r")
	s.shows("second started")
	s.keys("\x1a")
	s.shows("Stopped")
	s.keys("kill %1; stty size\r")
	s.shows("30 100")
	s.resize(120, 40)
	s.keys("until [ \"$(stty size)\" = '40 120' ]; do :; done; echo res''ized\r")
	s.shows("resized")
	s.keys("exit 9\r")
	s.quits(9)
}

// However it ends, the terminal is as before.
func TestLabEnterGivesTheTerminalBack(t *testing.T) {
	t.Parallel()
	on := computer(t)
	labUp(t, on, "article")
	open := func() *screen {
		s := openTerminal(t, on, 100, 30, nil, "groupcast", "lab", "enter", "article", "A", "sh", "-c", "echo $((6*7)) is here; exec sleep 1000")
		s.shows("42 is here")
		return s
	}
	s := open()
	if err := s.cmd.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.quits(exitInterrupted)

	s = open()
	do(t, on, "lab", "down", "article").ends(exitOK)
	s.quits(128 + int(syscall.SIGKILL))
}

// On a terminal the lab is drawn, with what goes over the wires.
func TestLabUpDraws(t *testing.T) {
	t.Parallel()
	on := computer(t)
	s := openTerminal(t, on, 120, 24, nil, withTerminal("groupcast", "lab", "up", "article", "--name", "ours")...)
	s.shows("ready: ours (2 hosts, 2 switches)")
	s.shows("ctrl+c ends it", "enter a shell in A")
	s.shows("lan", "─┬─", "A.eth0", "192.168.8.164/24", "← ", "0 pkt/s", "0 B/s", "→ ", "0 pkt/s")
	s.shows(" └─", "B.eth0", "192.168.8.226/24")
	s.shows("other", "── ", "A.eth1", "169.254.167.41/16")
	inLabHost(t, on, "ours", "B", "python3", "-c", strings.Join([]string{
		"import socket",
		"s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
		"for i in range(1000): s.sendto(b'x' * 1000, ('192.168.8.164', 9))",
	}, "\n")).ends(0)
	s.until("the datagrams on A's wire", func() bool {
		return regexp.MustCompile(`A\.eth0 .* ← +\d+ pkt/s +\d{3,} kB/s`).MatchString(s.text())
	})
	do(t, on, "lab", "fault", "ours", "down", "A.eth1").ends(exitOK)
	s.shows("A.eth1", "down")
	for _, fault := range []string{"loss B.eth0 30%", "delay B.eth0 200ms", "firewall A in"} {
		do(t, on, append([]string{"lab", "fault", "ours"}, strings.Fields(fault)...)...).ends(exitOK)
	}
	s.shows("B.eth0", "loss 30%, delay 200ms", "pkt/s")
	s.shows("A ", "firewall drops incoming UDP")
	inLabHost(t, on, "ours", "B", "groupcast", "listen", "-i", "eth0", "239.1.2.3").remarks("joined")
	s.shows("B ", "groupcast", "joined 239.1.2.3 (eth0)")
	do(t, on, "lab", "fault", "ours", "loss", "B.eth0", "0%").ends(exitOK)
	s.until("the end of the loss", func() bool { return !strings.Contains(s.text(), "loss 30%") })
	s.shows("B.eth0", "delay 200ms", "pkt/s")
	s.resize(60, 5)
	s.shows("more below")
	s.keys("\x1b[B\x1b[B\x1b[B\x1b[B\x1b[B") // down, past the last
	s.shows("▸ B ")
	s.keys("\x03")
	s.quits(exitInterrupted)
	do(t, on, "lab", "down", "ours").ends(exitNot)
}

func TestLabUpWithoutScreen(t *testing.T) {
	t.Parallel()
	on := computer(t)
	s := openTerminal(t, on, 100, 30, nil, withTerminal("env", "TERM=dumb", "groupcast", "lab", "up", "article")...)
	s.shows("ready: article")
	do(t, on, "lab", "down", "article").ends(exitOK)
	s.quits(exitOK)
	if strings.Contains(s.written(), "\x1b") {
		t.Errorf("a dumb terminal got escape sequences: %q", s.written())
	}

	s = openTerminal(t, on, 100, 30, []string{"NO_COLOR=yes"}, withTerminal("groupcast", "lab", "up", "article")...)
	s.shows("A.eth1")
	do(t, on, "lab", "fault", "article", "down", "A.eth1").ends(exitOK)
	s.shows("A.eth1", "down")
	do(t, on, "lab", "down", "article").ends(exitOK)
	s.quits(exitOK)
	if found := colours(controls(t, s.written())); len(found) > 0 {
		t.Errorf("there are colours in spite of NO_COLOR=yes: %q", found)
	}
}

func TestLabUpOnSignals(t *testing.T) {
	t.Parallel()
	on := computer(t)
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT} {
		up := labUp(t, on, "article") // the name is free again
		if err := up.cmd.Signal(s); err != nil {
			t.Fatal(err)
		}
		up.ends(exitInterrupted)
	}
}

// kill -9 of the owner leaves nothing but a socket, and the next command
// removes that.
func TestLabOwnerKilled(t *testing.T) {
	t.Parallel()
	on := computer(t)
	up := labUp(t, on, "article")
	var namespaces []string
	for _, host := range []string{"A", "B"} {
		p := inLabHost(t, on, "article", host, "bash", "-c", "setsid sleep 1000 & sleep 1000 & readlink /proc/self/ns/net; wait")
		p.prints("net:[")
		namespaces = append(namespaces, strings.TrimSpace(p.out.String()))
	}
	if len(inside(t, namespaces)) < 8 { // in each the host, bash and two sleeps
		t.Errorf("processes in the hosts: %v, want 8 at least", inside(t, namespaces))
	}
	if err := up.cmd.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	labtest.Eventually(t, "nothing outlives the owner", func() bool { return len(inside(t, namespaces)) == 0 })
	socket := filepath.Join(runtimeDir(on), "groupcast", "article")
	if _, err := os.Lstat(socket); err != nil {
		t.Fatalf("the killed owner's socket: %v", err)
	}
	enter := inLabHost(t, on, "article", "A", "true")
	enter.ends(exitNot)
	enter.remarks("its owner was killed, what it left is removed: no lab of that name is running")
	if _, err := os.Lstat(socket); err == nil {
		t.Error("the socket is still there")
	}

	again := labUp(t, on, "article")
	if err := again.cmd.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	again.ends(-1)
	for deadline := time.Now().Add(labtest.Patience); ; { // its second process has to notice
		list := do(t, on, "lab", "list")
		list.ends(exitOK)
		if !strings.Contains(list.out.String(), "running") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the killed lab is still listed:\n%s", list.out.String())
		}
	}
	labUp(t, on, "article")
}

// inside returns the processes that are in network namespaces.
func inside(t *testing.T, namespaces []string) (pids []string) {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if ns, err := os.Readlink(link); err == nil && slices.Contains(namespaces, ns) {
			pids = append(pids, strings.Split(link, "/")[2])
		}
	}
	return pids
}

// Two labs have nothing to do with each other, not even with the same
// addresses.
func TestTwoLabs(t *testing.T) {
	t.Parallel()
	on := computer(t)
	labUp(t, on, "article")
	two := labUp(t, on, "article", "--name", "two")
	list := do(t, on, "lab", "list")
	list.ends(exitOK)
	list.prints("running: 2 hosts, 2 switches\n")
	list.prints("\ntwo ")

	heard := inLabHost(t, on, "two", "B", "groupcast", "listen", "-i", "eth0", "224.0.0.114")
	heard.remarks("joined 224.0.0.114:1234 on eth0")
	inLabHost(t, on, "article", "A", "groupcast", "send", "-i", "eth0", "224.0.0.114", "in the first").ends(exitOK)
	inLabHost(t, on, "two", "A", "groupcast", "send", "-i", "eth0", "224.0.0.114", "in the second").ends(exitOK)
	heard.prints("in the second")
	heard.neverPrinted("in the first")

	do(t, on, "lab", "down", "two").ends(exitOK)
	two.ends(exitOK)
	inLabHost(t, on, "article", "A", "true").ends(0)
}

// The LAN of every lesson can be had by the lesson's name.
func TestLabUpLesson(t *testing.T) {
	t.Parallel()
	on := computer(t)
	labUp(t, on, "ttl-and-routers")
	labUp(t, on, "macvlan") // of a scene
	list := do(t, on, "lab", "list", "--json")
	list.ends(exitOK)
	list.prints(`"name":"macvlan"`)
	list.prints(`"name":"ttl-and-routers"`)
	for _, l := range slices.Concat(lesson.All(), lesson.Scenes()) {
		if got, err := topology(t.Context(), l.Name, labSize); err != nil || len(got.Hosts) == 0 {
			t.Errorf("lab up %s: %v", l.Name, err)
		}
	}
}

func TestLabMistakes(t *testing.T) {
	t.Parallel()
	on := computer(t)
	nothing := do(t, on, "lab", "enter", "article", "A")
	nothing.ends(exitNot)
	nothing.remarks("article: no lab of that name is running\n  hint: build it in another terminal")
	labUp(t, on, "article")
	for _, tt := range []struct {
		args    string
		status  int
		remarks string
	}{
		{"up article", exitNot, "a lab of that name is running\n  hint: give this one another name: --name NAME"},
		{"up article --name No_Good", exitNot, `name "No_Good": 1 to 32 of a to z, 0 to 9 and -`},
		{"up artcle", exitNot, "did you mean article?"},
		{"up ./no-such.lab", exitNot, "no such file"},
		{"up article --hosts 0", exitUsage, "--hosts 0: at least 1"},
		{"up article --hosts 5", exitUsage, "--hosts 5: article has 2 hosts; only classroom has any number of them"},
		{"up", exitUsage, "groupcast lab up needs NAME, LESSON or FILE"},
		{"enter artcle A", exitNot, "did you mean article? (running: article)"},
		{"enter article AA", exitNot, `no host "AA" in article; did you mean A? (hosts: A, B)`},
		{"enter ../article A", exitNot, `name "../article": 1 to 32`},
		{"enter article", exitUsage, "needs NAME and HOST"},
		{"fault article down Z.eth0", exitNot, `no host "Z"`},
		{"fault article", exitUsage, "needs NAME and a fault"},
		{"each article", exitUsage, "needs NAME and a command"},
		{"down articel", exitNot, "did you mean article?"},
		{"dwon article", exitUsage, `"dwon": no such command of the lab; did you mean down?`},
	} {
		args := append([]string{"lab"}, strings.Fields(tt.args)...)
		var p *program
		if tt.args == "up article" || strings.Contains(tt.args, "--name") { // it becomes another process
			p = start(t, on, "groupcast", args...)
		} else {
			p = do(t, on, args...)
		}
		p.ends(tt.status)
		p.remarks(tt.remarks)
	}
}

// The shell offers what there is.
func TestLabCompletion(t *testing.T) {
	t.Parallel()
	on := computer(t)
	labUp(t, on, "article", "--name", "ours")
	for _, tt := range []struct{ typed, offers string }{
		{"up ", "article\t"},
		{"enter ", "ours\n"},
		{"enter ours ", "A\nB\n"},
		{"down ", "ours\n"},
		{"fault ours ", "loss\n"},
		{"fault ours loss ", "A.eth0\nA.eth1\nB.eth0\n"},
	} {
		args := append([]string{"__complete", "lab"}, strings.Split(tt.typed, " ")...)
		p := do(t, on, args...)
		p.ends(exitOK)
		if !strings.Contains(p.out.String(), tt.offers) {
			t.Errorf("lab %s: offered are\n%swant %q", tt.typed, p.out.String(), tt.offers)
		}
	}
}

func TestNear(t *testing.T) {
	names := []string{"article", "classroom", "vpn", "ipv6"}
	for word, want := range map[string]string{
		"artcle": "[article]", "CLASROOM": "[classroom]", "vnp": "[vpn]", "ipv4": "[ipv6]", "routed": "[]", "x": "[]", "": "[]",
	} {
		if got := fmt.Sprint(lab.Nearest(word, names)); got != want {
			t.Errorf("near %q: %s, want %s", word, got, want)
		}
	}
}
