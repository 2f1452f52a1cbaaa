package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// askSuspendEnv makes the test binary say whether it could be continued.
const askSuspendEnv = "GROUPCAST_TEST_CAN_SUSPEND"

// Who started us decides.
func TestCanSuspend(t *testing.T) {
	if os.Getenv(askSuspendEnv) != "" {
		fmt.Printf("can suspend: %t\n", canSuspend())
		return
	}
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	us := os.Args[0] + " -test.run=^TestCanSuspend$"
	for _, c := range []struct {
		name string
		args []string
		want bool
	}{
		{"by nobody of our session", strings.Fields(us), false},
		{"by a script", []string{bash, "-c", us + "; true"}, false},
		{"by a script, in a pipe", []string{bash, "-c", "true | " + us + "; true"}, false},
		{"by a shell with job control", []string{bash, "-c", "set -m; " + us + "; true"}, true},
		{"by a shell with job control, in a pipe", []string{bash, "-c", "set -m; " + "sleep 60 | { " + us + "; kill 0; }; true"}, true},
		{"by a script under a shell with job control", []string{bash, "-c", "set -m; " + bash + " -c '" + us + "; true'; true"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), c.args[0], c.args[1:]...)
			cmd.Env = append(os.Environ(), labtest.InHostEnv+"=1", askSuspendEnv+"=1")
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
			out, err := cmd.CombinedOutput()
			if want := fmt.Sprintf("can suspend: %t\n", c.want); err != nil || !strings.Contains(string(out), want) {
				t.Errorf("%v\n%swant %q", err, out, want)
			}
		})
	}
}

func TestParseParent(t *testing.T) {
	for _, c := range []struct {
		stat string
		want int // -1: an error
	}{
		{"71 (groupcast) S 70 71 50 34816 71 4194304 0", 70},
		{"71 (a b) S 1 71 50", 1},
		{"71 (:-) S 5) (x) R 70 71 50", 70},
		{"71 (groupcast) S 0 71 71", 0},
		{"71 (groupcast) S", -1},
		{"71 (groupcast", -1},
		{"71 (groupcast) S many 71", -1},
		{"", -1},
	} {
		got, err := parseParent(c.stat)
		if err != nil {
			got = -1
		}
		if got != c.want {
			t.Errorf("the parent in %q is %d, want %d", c.stat, got, c.want)
		}
	}
}
