package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// A student's walk: start, red, hint, a change that does not help, the cure, green, and
// the report.
func TestExerciseWalk(t *testing.T) {
	t.Parallel()
	on := computer(t)
	state := "XDG_STATE_HOME=" + t.TempDir()
	run := func(args ...string) *program {
		return start(t, on, "env", append([]string{state, "groupcast", "lab"}, args...)...)
	}
	says := func(code int, want string, args ...string) {
		t.Helper()
		p := run(args...)
		p.ends(code)
		if got := p.out.String() + p.err.String(); !strings.Contains(got, want) {
			t.Errorf("lab %s says:\n%s\nwant %q", strings.Join(args, " "), got, want)
		}
	}
	says(exitNot, "no exercise runs\n  hint: groupcast lab exercise NAME starts one", "check")
	says(exitNot, "no exercise was started yet", "report")
	says(exitUsage, `no lesson "artcle": did you mean article?`, "exercise", "artcle")
	bad := filepath.Join(t.TempDir(), "bad.txt")
	if err := os.WriteFile(bad, []byte("title: x\ntopology: lan\n\n== exercise\n\nTask.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	says(exitUsage, bad+":4: the exercise has no fault", "exercise", bad)

	file := filepath.Join(t.TempDir(), "walk.txt")
	if err := os.WriteFile(file, []byte(walkExercise), 0o600); err != nil {
		t.Fatal(err)
	}
	exercise := run("exercise", file)
	exercise.prints("groupcast lab enter walk A")
	says(exitNot, "the exercise walk runs since ", "exercise", file)
	says(exitOK, "running as an exercise: 2 hosts, 2 switches\n", "list")
	says(exitOK, `"name":"walk","content":"2 hosts, 2 switches","exercise":true`, "list", "--json")
	says(exitOK, "\nNext: groupcast lab exercise NAME", "exercise")
	says(exitNot, `the exercise "artcle" was not started yet`+"\n  hint: groupcast lab exercise NAME starts one", "report", "artcle")
	shell := inLabHost(t, on, "walk", "A", "sh")
	shell.say("groupcast lab hint; echo in $GROUPCAST_LAB_NAME")
	shell.prints("Hint 1 of 3: Where does A send it?")
	shell.prints("in walk")

	watch := run("check", "--watch", "walk")
	watch.prints("1 of 2 met. Watching")
	if got := watch.out.String(); !strings.Contains(got, "✗ B prints: \"third\"") && !strings.Contains(got, "NOT B prints: \"third\"") {
		t.Errorf("the watch says:\n%s", got)
	}
	shell.say("ip addr add 10.9.9.9/24 dev eth0")
	watch.prints("A: address 10.9.9.9/24 on eth0: added")
	if p := run("reset", "walk"); true {
		p.ends(exitOK)
		p.prints("walk was built anew, with the fault.")
	}
	shell.ends(128 + int(syscall.SIGKILL))
	watch.prints("The network was built anew")
	inLabHost(t, on, "walk", "A", "ip", "route", "replace", "224.0.0.0/4", "dev", "eth0").ends(exitOK)
	watch.prints("2 of 2 met. Solved.")
	watch.ends(exitOK)
	says(exitOK, "walk is solved", "hint", "walk")
	says(exitOK, "ip route replace", "exercise", "--cure", file)
	says(exitOK, "    expected: to on C prints: joined 239.192.0.200:5000 on eth0\n", "exercise", "--cure", "never-routed")

	start(t, on, "groupcast", "lab", "fault", "walk", "kill", "A").ends(exitOK)
	says(exitNot, "host A was killed\n  hint: groupcast lab reset walk", "check", "walk")
	if err := exercise.cmd.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	exercise.ends(exitOK)
	exercise.prints("walk: solved, 2 of 2 met at the last check")
	says(exitOK, "walk: solved, 2 of 2 met", "report", "--name", "Ada")
	report := run("report", "--json")
	report.ends(exitOK)
	for _, want := range []string{`"solved":true`, `"hints":1`, `"resets":1`, `"cure":true`, `"text":"B prints: \"third\""`, `"ended":true`} {
		report.prints(want)
	}
}

// The screen of an exercise does not show the fault that is to be found.
func TestExerciseScreenKeepsTheFault(t *testing.T) {
	t.Parallel()
	on := computer(t)
	state := "XDG_STATE_HOME=" + t.TempDir()
	s := openTerminal(t, on, 100, 30, nil, withTerminal("env", state, "groupcast", "lab", "exercise", "own-copy-no-proof")...)
	s.shows("A.eth0", "192.168.1.10/24", "0 pkt/s") // and not cut
	s.keys("\x03")
	s.quits(exitDoubt) // it is not solved
}

// walkExercise is a lesson of one's own.
const walkExercise = `title: A walk
topology: article

    A: peer send to=224.0.0.114:1234 x

== exercise

Mend it.

    route A add 224.0.0.0/4 dev eth1

== check
    heard = B: peer listen join=224.0.0.114@eth0
    expect heard: ready
    A: peer send to=224.0.0.114:1234 third
    expect heard: "third"

== hints

Where does A send it?

Two.

Three.

== cure
    A: ip route replace 224.0.0.0/4 dev eth0

== wrong
    A: ip link
`

// An exercise that was killed is left half done, and one whose progress cannot be kept
// goes on.
func TestExerciseLeftHalfDone(t *testing.T) {
	t.Parallel()
	on := computer(t)
	state := "XDG_STATE_HOME=" + t.TempDir()
	first := start(t, on, "env", state, "groupcast", "lab", "exercise", "firewall-in")
	first.prints("lab hint firewall-in")
	start(t, on, "groupcast", "lab", "hint").ends(exitOK)
	start(t, on, "groupcast", "lab", "check").ends(exitDoubt)
	if err := first.cmd.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	first.status()
	labtest.Eventually(t, "the name is free", func() bool {
		p := start(t, on, "groupcast", "lab", "check", "firewall-in")
		p.status()
		return strings.Contains(p.err.String(), "no exercise of the name")
	})
	again := start(t, on, "env", state, "groupcast", "lab", "exercise", "firewall-in")
	again.prints("Last time it was left half done: 1 of 2 met, 1 hint used. It begins anew.")
	start(t, on, "groupcast", "lab", "down", "firewall-in").ends(exitOK)
	again.ends(exitDoubt)
	full := start(t, on, "env", "XDG_STATE_HOME=/dev/null", "groupcast", "lab", "exercise", "firewall-in")
	full.prints("lab hint firewall-in")
	full.remarks("your progress is not kept, and the exercise goes on")
	start(t, on, "groupcast", "lab", "down", "firewall-in").ends(exitOK)
	full.ends(exitDoubt)
	if got := strings.Count(full.err.String(), "not kept"); got != 1 {
		t.Errorf("it is said %d times that the progress is not kept", got)
	}
}
