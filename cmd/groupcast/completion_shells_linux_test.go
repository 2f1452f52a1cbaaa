package main

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// shellCase is a shell as it starts without any file of the user's, and how it
// takes the script.
type shellCase struct {
	name    string
	command []string
	loads   string
	twice   string // what lists several candidates
	bracket string // how a bracket is typed: zsh takes a plain one for a subscript
}

var shellCases = []shellCase{
	{"bash", []string{"bash", "--noprofile", "--norc", "-i"}, "source <(groupcast completion bash)", "\t\t", "["},
	{"zsh", []string{"zsh", "-f", "-i"}, "autoload -U compinit && compinit -D -u && source <(groupcast completion zsh)", "\t", `\[`},
	{"fish", []string{"fish", "--no-config", "--private", "-i", "-C", "function fish_prompt; echo -n 'shell> '; end; function fish_greeting; end"},
		"groupcast completion fish | source", "\t", "["},
}

// Each shell completes with nothing but its script: commands, groups with their
// ports, interfaces, pitfalls, labs and files.
func TestCompletionInShells(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	for _, name := range []string{"XDG_CONFIG_HOME", "XDG_DATA_HOME"} { // of fish
		t.Setenv(name, t.TempDir())
	}
	a := labtest.Build(t, lab.Article).Host("A")
	labUp(t, a, "article", "--name", "ours")
	start(t, a, "groupcast", "listen", "239.9.9.9:7000").remarks("joined 239.9.9.9:7000")
	start(t, a, "groupcast", "listen", "-i", "eth0", "mdns").remarks("joined 224.0.0.251:5353")
	together(t, shellCases, func(c shellCase) string { return c.name }, func(t *testing.T, c shellCase) {
		labtest.Program(t, c.name)
		s := openTerminal(t, a, 100, 30, []string{"PS1=shell> "}, withTerminal(c.command...)...)
		t.Cleanup(func() { // a shell that leads a session outlives what started it
			if group, err := unix.IoctlGetInt(int(s.master.Fd()), unix.TIOCGPGRP); err == nil && group > 1 {
				unix.Kill(-group, unix.SIGKILL)
			}
		})
		s.shows("shell>")
		s.keys(c.loads + "; echo lo''aded\r")
		s.shows("loaded")
		for _, step := range []struct {
			types string
			rows  [][]string
		}{
			{"GROUPCAST_TTL=1 groupcast lis\t", [][]string{{"groupcast listen "}}},
			{"GROUPCAST_TTL=1 groupcast lis\t", [][]string{{"shell> GROUPCAST_TTL=1 groupcast listen "}}},
			{"groupcast lis\t", [][]string{{"shell> groupcast listen "}}},
			{"groupcast listen 224.0.0." + c.twice, [][]string{
				{"224.0.0.114:1234", "the default"}, {"224.0.0.251:5353", "joined on eth0 (mdns)"}, {"224.0.0.252:5355", "LLMNR"},
			}},
			{"groupcast listen 239.9.\t", [][]string{{"shell> groupcast listen 239.9.9.9:7000"}}},
			{"groupcast listen 224.0.0.114:\t", [][]string{{"shell> groupcast listen 224.0.0.114:1234"}}},
			{"groupcast listen -i " + c.twice, [][]string{{"eth0", "192.168.8.164"}, {"eth1", "169.254.167.41"}}},
			{"groupcast listen --interface=eth" + c.twice, [][]string{{"eth0", "192.168.8.164"}, {"eth1", "169.254.167.41"}}},
			{"groupcast listen " + c.bracket + "ff02::fb%eth0\t", [][]string{{"shell> groupcast listen ", "[ff02::fb", "eth0", "]:5353"}}},
			{"groupcast explain wrong-" + c.twice, [][]string{{"wrong-egress", "Sends leave"}, {"wrong-port"}}},
			{"groupcast lab enter \t", [][]string{{"shell> groupcast lab enter ours "}}},
			{"groupcast lab up testd\t", [][]string{{"shell> groupcast lab up testdata/"}}},
			{"groupcast man testd\t", [][]string{{"shell> groupcast man testdata/"}}},
		} {
			s.keys("\x15\x0c") // ctrl+u and ctrl+l: nothing is typed, and nothing else is shown
			s.until("an empty screen", func() bool { return strings.TrimSpace(s.text()) == "shell>" })
			s.keys(step.types)
			for _, row := range step.rows {
				s.shows(row...)
			}
		}
		if text := s.written(); strings.Contains(text, "command not found") || strings.Contains(text, "no matches found") {
			t.Errorf("the script fails:\n%q", text)
		}
	})
}
