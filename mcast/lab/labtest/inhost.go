package labtest

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
)

// Patience is how long a test waits for something that must happen. It costs
// nothing where it does happen, and machines that test other things meanwhile
// have taken 20 s to start a program.
const Patience = 40 * time.Second

// InHostEnv is set where a test binary runs in a host of a lab, which another
// run of it has built.
const InHostEnv = "GROUPCAST_TEST_IN_HOST"

// InHost reports whether the test runs in a host. If it does not yet, InHost
// builds the lab and runs the test again there, and the test has only to
// return:
//
//	if !labtest.InHost(t, lab.Article, "A") {
//		return
//	}
func InHost(t *testing.T, topology lab.Topology, name string) bool {
	t.Helper()
	if os.Getenv(InHostEnv) != "" {
		return true
	}
	RunInHost(t, Build(t, topology).Host(name))
	return false
}

// RunInHost runs the test again in a host, where it must pass.
func RunInHost(t *testing.T, node *lab.Node) {
	t.Helper()
	var pattern []string
	for part := range strings.SplitSeq(t.Name(), "/") {
		pattern = append(pattern, "^"+regexp.QuoteMeta(part)+"$")
	}
	cmd := node.Command(t.Context(), os.Args[0], "-test.v", "-test.run="+strings.Join(pattern, "/"))
	if dir := coverDir(); dir != "" {
		cmd.Args = append(cmd.Args, coverFlag+dir)
	}
	cmd.Env = append(os.Environ(), InHostEnv+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("in host %s: %v\n%s", node.Name(), err, out)
	}
}

// coverFlag precedes the folder that go test -cover gives a test binary. What a binary
// reached is read from all files there, so that other processes of it add theirs.
const coverFlag = "-test.gocoverdir="

// coverDir returns that folder, and "" without -cover.
func coverDir() string {
	for _, arg := range os.Args {
		if dir, ok := strings.CutPrefix(arg, coverFlag); ok {
			return dir
		}
	}
	return ""
}
