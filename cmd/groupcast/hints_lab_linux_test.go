package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// executed are the commands that the doctor prints in the scenes of the
// pitfalls, each of which ends the finding. A scene that is not listed has none.
var executed = map[string][]string{
	"wrong-egress":    {"ip route add 224.0.0.0/4 dev eth0"},
	"no-route":        {"ip route add 224.0.0.0/4 dev eth0"},
	"wrong-source":    {"ip route replace 224.0.0.0/4 dev eth0 src 192.168.1.10"},
	"firewall-out":    {"nft insert rule inet lab-firewall out ip daddr 224.0.0.114 udp dport 1234 accept"},
	"too-many-groups": {"sysctl -w net.ipv4.igmp_max_memberships=100"},
	"firewall-in":     {"nft insert rule inet lab-firewall in ip daddr 224.0.0.114 udp dport 1234 accept"},
	"flag-off":        {"ip link set eth1 multicast on"},
	"igmp-version":    {"sysctl -w net.ipv4.conf.eth0.force_igmp_version=0"},
	"reverse-path": {
		"sysctl -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0",
		"sysctl -w net.ipv4.conf.eth0.rp_filter=2",
	},
}

var allHints = flag.Bool("long", false, "look for commands in the scenes that are to print none, too")

// Each command that a hint prints is executed as it is printed, in the host that
// it was printed in, and the finding is gone. With -long the other scenes are run
// as well, which print none.
func TestHintsWork(t *testing.T) {
	names := slices.DeleteFunc(reproduced(), func(name string) bool {
		return name == "stopped" || executed[name] == nil && !*allHints // a silence that has begun is not seen to begin again
	})
	together(t, names, nameItself, func(t *testing.T, name string) {
		printed := tryHint(t, name, 0)
		for n := 1; n < len(printed); n++ {
			tryHint(t, name, n)
		}
		if !slices.Equal(printed, executed[name]) {
			t.Errorf("executed: %q, and the table has %q", printed, executed[name])
		}
	})
}

var errTried = errors.New("tried")

// tryHint runs a scene until the doctor has found it, and executes one of the
// commands that it prints. It returns them all.
func tryHint(t *testing.T, name string, n int) (printed []string) {
	t.Helper()
	l, err := lesson.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	program, asked, tried := executable(t), "", false
	var network *lab.Lab
	report := func(e lesson.Event) {
		if e.Outcome == nil || tried {
			return
		}
		text := e.Outcome.Step.Text
		if strings.Contains(text, ": groupcast doctor") {
			asked = text
		}
		if text != "finds "+name || !e.Outcome.Passed {
			return
		}
		tried = true
		where, command, _ := strings.Cut(asked, ": groupcast ")
		host := network.Host(where)
		args := append(strings.Fields(command), "--json")
		printed = commandsAbout(t, name, executeIn(t, host, program, args...))
		if n >= len(printed) {
			return
		}
		sound(t, printed[n])
		executeIn(t, host, "sh", "-e", "-c", printed[n])
		if again := executeIn(t, host, program, args...); findingsAbout(t, name, again) != nil {
			t.Errorf("%s: it is found after %q as well:\n%s", name, printed[n], again)
		}
	}
	_, err = lesson.Run(t.Context(), l, lesson.Options{
		Run:     inLesson,
		Program: program, Report: report, Built: func(l *lab.Lab) { network = l },
		Step: func() error {
			if tried {
				return errTried
			}
			return nil
		},
	})
	if err != nil && !errors.Is(err, errTried) || !tried {
		t.Errorf("%s: the doctor did not find it: %v", name, err)
	}
	return printed
}

var placeholder = pattern(`\b(ADDRESS|BRIDGE|BYTES|GROUP|INTERFACE|NAME|PARENT|PORT|SOURCE)\b|\.\.\.|[<>…]`)

// sound checks that nothing is left open in a command.
func sound(t *testing.T, command string) {
	t.Helper()
	if placeholder().MatchString(command) {
		t.Errorf("%q is no command: it has a placeholder", command)
	}
}

// executeIn runs a command to its end in a host, and returns what it printed. It
// ends with 0, or with a finding.
func executeIn(t *testing.T, host *lab.Node, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out, errs bytes.Buffer
	cmd := host.Command(ctx, name, args...)
	if strings.HasSuffix(name, ".test") || name == executable(t) {
		cmd.Args[0] = "groupcast"
	}
	cmd.Env, cmd.Stdout, cmd.Stderr = environOf(host), &out, &errs
	err := cmd.Start()
	if err == nil {
		err = cmd.Wait()
	}
	if exit, ok := errors.AsType[*lab.ExitError](err); err != nil && !(ok && exit.Code == exitDoubt && cmd.Args[0] == "groupcast") {
		t.Errorf("%s: %s %q: %v\n%s%s", host.Name(), name, args, err, out.String(), errs.String())
	}
	return out.String()
}

// findingsAbout are the warnings and failures of a name that doctor --json
// printed.
func findingsAbout(t *testing.T, name, printed string) (list []findingObject) {
	t.Helper()
	ended := false
	for line := range strings.Lines(printed) {
		var f findingObject
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Errorf("%q: %v", line, err)
		}
		ended = ended || f.Type == "doctor"
		if f.Type == "finding" && f.Name == name {
			list = append(list, f)
		}
	}
	if !ended {
		t.Errorf("the doctor did not come to its end:\n%s", printed)
	}
	return list
}

func commandsAbout(t *testing.T, name, printed string) (list []string) {
	t.Helper()
	found := findingsAbout(t, name, printed)
	if found == nil {
		t.Errorf("%s is not found when the doctor is asked twice:\n%s", name, printed)
	}
	for _, f := range found {
		list = append(list, f.Commands...)
	}
	return slices.Compact(list)
}

func executable(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
