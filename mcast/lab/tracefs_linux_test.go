package lab_test

import (
	"os"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/kernel"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// A command in a host finds tracefs, whatever environment it was given; but only
// where root has built the lab.
func TestHostHasTracefs(t *testing.T) {
	t.Parallel()
	want := os.Getenv(kernel.TracefsEnv)
	if root := os.Geteuid() == 0; !root && want != "" {
		t.Errorf("tracefs for user %d: %q", os.Geteuid(), want)
	}
	a := labtest.Build(t, lab.Topology{Hosts: []lab.Host{{Name: "A"}}}).Host("A")
	cmd := a.Command(t.Context(), "sh", "-c", "echo $"+kernel.TracefsEnv+"; ls -l /proc/self/fd")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if got, _, _ := strings.Cut(string(out), "\n"); got != want {
		t.Errorf("in a host tracefs is %q, want %q", got, want)
	}
	if strings.Contains(string(out), "-> /\n") { // the root of a mount that is attached nowhere
		t.Errorf("a command has inherited the descriptor:\n%s", out)
	}
}
