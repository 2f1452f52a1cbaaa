package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// healthyNetwork is a network in which nothing is wrong, and what its hosts
// ask the doctor about.
type healthyNetwork struct {
	name  string
	where func() lab.Topology
	ask   string // the doctor's arguments; "": the usual group
	hosts string // who asks, with a space between them; "": everybody
	setup string // a step a line, see steps
	hides string // a directory in which those that ask find nothing
	alone bool   // no other network is up at the time, since it takes the machine
}

// looks are the ways in which each host asks, one after the other. The
// pane is what the screen of a talk shows.
var looks = [][]string{
	{"doctor"},
	{"doctor", "--probe", "--watch", "2s"},
	{"pane"},
}

// Where nothing is wrong the doctor finds nothing. The other table in
// docs/pitfalls is made of that.
func TestNoFalseAlarms(t *testing.T) {
	t.Run("healthy", func(t *testing.T) { // ends when all of them have
		crowd := slices.DeleteFunc(slices.Clone(healthy), func(n healthyNetwork) bool { return n.alone })
		together(t, crowd, func(n healthyNetwork) string { return n.name }, func(t *testing.T, n healthyNetwork) { n.test(t) })
		for _, n := range healthy {
			if n.alone {
				t.Run(n.name, n.test)
			}
		}
	})
	if !t.Failed() {
		checkPage(t, 1, healthyTable())
	}
}

func (n healthyNetwork) test(t *testing.T) {
	topology := n.where()
	l := labtest.Build(t, topology)
	for line := range strings.Lines(n.setup) {
		if line = strings.TrimSpace(line); line != "" {
			if step(t, l, line); t.Failed() {
				return
			}
		}
	}
	var asked []*program
	for _, h := range n.asking(topology) {
		command := append([]string{"looks"}, strings.Fields(n.ask)...)
		if h.Router { // it has no route for groups: each program names its LAN
			command = append(command, "-i", "eth0")
		}
		if n.hides != "" {
			command = append([]string{"unshare", "--mount", "sh", "-c", "mount -t tmpfs none " + n.hides + ` && exec "$0" "$@"`}, command...)
		}
		asked = append(asked, start(t, l.Host(h.Name), command[0], command[1:]...))
	}
	for i := range looks { // all hosts at once
		for _, p := range asked {
			p.say("look")
		}
		for _, p := range asked {
			p.printsTimes(i+1, looked)
		}
	}
	for _, p := range asked {
		p.ends(exitOK)
	}
}

// asking is the hosts that ask.
func (n healthyNetwork) asking(t lab.Topology) []lab.Host {
	if n.hosts == "" {
		return t.Hosts
	}
	return slices.DeleteFunc(slices.Clone(t.Hosts), func(h lab.Host) bool {
		return !slices.Contains(strings.Fields(n.hosts), h.Name)
	})
}

// step does a step of a network's setup:
//
//	A: ip link ...    a command of the shell, to its end
//	A& hold ...       a program that says when it is ready, and goes on
func step(t *testing.T, l *lab.Lab, line string) {
	t.Helper()
	name, command, _ := strings.Cut(line, " ")
	host := l.Host(name[:len(name)-1])
	if host == nil {
		t.Fatalf("%s: no such host", line)
	}
	if strings.HasSuffix(name, ":") {
		start(t, host, "sh", "-c", command).ends(0)
		return
	}
	words := strings.Fields(command)
	if words[0] == "node" || words[0] == "python3" {
		words[1] = peer(t, words[1])
	}
	p := start(t, host, words[0], words[1:]...)
	if words[0] == "groupcast" {
		p.remarks("joined")
	} else {
		p.prints("ready")
	}
}

// healthyTable is what TestNoFalseAlarms has looked at.
func healthyTable() string {
	var b strings.Builder
	b.WriteString("\nIn these nothing is wrong. The doctor was asked passively and with a probe that watched for two seconds, and the\n" +
		"screen of a talk was open for some. All of them found nothing:\n\n" +
		"| network | asked for | hosts | runs | false alarms |\n|---|---|---|---|---|\n")
	runs := 0
	for _, n := range healthy {
		hosts := len(n.asking(n.where()))
		runs += hosts * len(looks)
		asked := "the usual group"
		if n.ask != "" {
			asked = "`" + n.ask + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %d | 0 |\n", n.name, asked, hosts, hosts*len(looks))
	}
	fmt.Fprintf(&b, "\n%d networks, %d runs, false alarms: 0.\n\nThe page is made by `go test ./cmd/groupcast -run '%s' -update`.\n", len(healthy), runs, bothTests)
	return b.String()
}

// topologyNamed is a topology of package lab.
func topologyNamed(name string, hosts int) func() lab.Topology {
	return func() lab.Topology {
		t, err := lab.FindTopology(name, hosts)
		if err != nil {
			panic(err)
		}
		return t
	}
}

// drawn is a topology as text.
func drawn(text string) func() lab.Topology {
	return func() lab.Topology {
		t, err := lab.ParseTopology("healthy", strings.NewReader(text))
		if err != nil {
			panic(err)
		}
		return t
	}
}

// pair is two hosts, A and B, on a LAN: their addresses, and lines of A.
func pair(a, b, more string) func() lab.Topology {
	return drawn("switch lan\nswitch other\nhost B\neth0 on lan " + b + "\nhost A\neth0 on lan " + a + "\n" + more)
}
