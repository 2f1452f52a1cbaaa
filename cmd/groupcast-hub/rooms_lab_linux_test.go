package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// rooms are two LANs with a bridge each, A1 and B1, somebody in each, T and E, and the hub
// N, which the bridges reach by a router that forwards no multicast. The bridges' default
// route leads to the hub, and so would a datagram to a group that names no interface.
const rooms = `
switch lan-a
switch lan-b
switch wire-a
switch wire-b
switch wire-n
host T
  eth0 on lan-a 10.1.0.10/24 2001:db8:1::10/64
host A1
  eth0 on lan-a 10.1.0.1/24 2001:db8:1::1/64
  eth1 on wire-a 10.8.1.1/24
  route default via 10.8.1.254
host B1
  eth0 on lan-b 10.2.0.1/24 2001:db8:2::1/64
  eth1 on wire-b 10.8.2.1/24
  route default via 10.8.2.254
host E
  eth0 on lan-b 10.2.0.10/24 2001:db8:2::10/64
host R
  eth0 on wire-a 10.8.1.254/24
  eth1 on wire-b 10.8.2.254/24
  eth2 on wire-n 10.8.3.254/24
  sysctl net.ipv4.ip_forward=1
host N
  eth0 on wire-n 10.8.3.1/24
  route default via 10.8.3.254
`

// Second bridges of both rooms.
const (
	secondA = `
host A2
  eth0 on lan-a 10.1.0.2/24
  eth1 on wire-a 10.8.1.2/24
  route default via 10.8.1.254
`
	secondB = `
host B2
  eth0 on lan-b 10.2.0.2/24
  eth1 on wire-b 10.8.2.2/24
  route default via 10.8.2.254
`
)

const hubAddr = "10.8.3.1:4222"

func buildRooms(t testing.TB, more ...string) *lab.Lab {
	t.Helper()
	topology, err := lab.ParseTopology("rooms", strings.NewReader(rooms+strings.Join(more, "")))
	if err != nil {
		t.Fatal(err)
	}
	return labtest.Build(t, topology)
}

// programs are what the test binary does instead of testing where programEnv names one.
var programs = map[string]func(args []string) error{
	"bridge": bridgeProgram,
	"relay":  relayProgram,
	"middle": middleProgram,
}

const programEnv = "GROUPCAST_TEST_PROGRAM"

func init() {
	name := os.Getenv(programEnv)
	if name == "" {
		return
	}
	if err := programs[name](os.Args[1:]); err != nil {
		fmt.Println("ended:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// program is a process in a host, and the lines that it has printed.
type program struct {
	t     testing.TB
	name  string
	node  *lab.Node
	cmd   *lab.Cmd
	err   error
	ended chan struct{} // closed after err is set

	mu    sync.Mutex
	lines []string // the last one is being printed
	seen  int      // of them, by says
}

// Write takes what it prints.
func (p *program) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n, part := range strings.Split(string(b), "\n") {
		if n == 0 && len(p.lines) > 0 {
			p.lines[len(p.lines)-1] += part
		} else {
			p.lines = append(p.lines, part)
		}
	}
	return len(b), nil
}

// start runs one of programs in a host.
func start(t testing.TB, node *lab.Node, name string, args ...string) *program {
	t.Helper()
	cmd := node.Command(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), programEnv+"="+name)
	return running(t, node, name, cmd)
}

// running starts a command. It ends with the test.
func running(t testing.TB, node *lab.Node, name string, cmd *lab.Cmd) *program {
	t.Helper()
	p := &program{t: t, name: name + " of " + node.Name(), node: node, cmd: cmd, ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p, p
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s: %v", p.name, err)
	}
	go func() {
		p.err = cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		<-p.ended // its context has ended
		if t.Failed() {
			t.Logf("%s printed\n%s", p.name, strings.Join(p.lines, "\n"))
		}
	})
	return p
}

// says waits for a line that has text, after those that were waited for before. Without a
// text it waits for nothing.
func (p *program) says(text string) (line string) {
	p.t.Helper()
	if text == "" {
		return ""
	}
	found := false
	labtest.Eventually(p.t, p.name+" says "+text, func() bool {
		over := p.over() // before its last lines are read
		p.mu.Lock()
		defer p.mu.Unlock()
		for ; p.seen+1 < len(p.lines) && !found; p.seen++ {
			line = p.lines[p.seen]
			found = strings.Contains(line, text)
		}
		return found || over
	})
	if !found {
		p.t.Fatalf("%s has ended and not said %s", p.name, text)
	}
	return line
}

// printed says whether it has printed text.
func (p *program) printed(text string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.lines, func(line string) bool { return strings.Contains(line, text) })
}

func (p *program) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// signal sends a signal, and waits for the end if it is one that nobody survives.
func (p *program) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Signal(s); err != nil {
		p.t.Fatalf("%s: %v: %v", p.name, s, err)
	}
	if s == os.Kill {
		<-p.ended
	}
}
