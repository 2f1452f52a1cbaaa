package lab_test

import (
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// A host has its name and, where that can be mounted, its devices below /sys;
// the computer keeps its own.
func TestHostSurroundings(t *testing.T) {
	l := labtest.Build(t, lab.Article)
	look := shell(t.Context(), l.Host("A"), "hostname; cd /sys/class/net && echo *; ls -d /sys/fs/cgroup/*")
	out, err := look.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if len(look.Lacks()) > 0 {
		t.Skipf("this system does not allow it: %q", look.Lacks())
	}
	if !strings.HasPrefix(string(out), "A\neth0 eth1 lo\n/sys/fs/cgroup/") {
		t.Errorf("host A has %s", out)
	}
}
