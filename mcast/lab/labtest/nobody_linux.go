package labtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// againEnv is set where a test runs again as somebody else.
const againEnv = "GROUPCAST_TEST_AGAIN"

// AgainAsNobody runs the test of root again as nobody, in the computer's view and not in
// the namespace of the tests, where it must pass, and then lets it go on. A test of
// another user, who is as good as nobody, only goes on.
func AgainAsNobody(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 || os.Getenv(againEnv) != "" {
		return
	}
	const nobody = 65534
	place, err := os.MkdirTemp("", "nobody") // not t.TempDir, which is for this user alone
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(place) })
	program, own := filepath.Join(place, "test"), filepath.Join(place, "own")
	// Not by this process: what a program starts at that moment keeps a file open for
	// writing until it executes another, and meanwhile nobody can execute that file.
	if out, err := exec.CommandContext(t.Context(), "cp", fmt.Sprintf("/proc/%d/exe", os.Getpid()), program).CombinedOutput(); err != nil {
		t.Fatalf("copy the test: %v\n%s", err, out)
	}
	for _, err := range []error{os.Chmod(place, 0o755), os.Chmod(program, 0o755), os.Mkdir(own, 0o700), os.Chown(own, nobody, nobody)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	again(t, "nobody", program, own, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}})
}

// AgainAsRootAlone runs the test of root again as a root who can be nobody else, as in
// some containers, and then lets it go on.
func AgainAsRootAlone(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 || os.Getenv(againEnv) != "" {
		return
	}
	zero := []syscall.SysProcIDMap{{Size: 1}}
	again(t, "root alone", "/proc/self/exe", t.TempDir(), &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER, UidMappings: zero, GidMappings: zero})
}

func again(t *testing.T, who, program, own string, as *syscall.SysProcAttr) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, "-test.v", "-test.run=^"+regexp.QuoteMeta(t.Name())+"$")
	cmd.Env = append(os.Environ(), againEnv+"=1", InHostEnv+"=1", "HOME="+own, "TMPDIR="+own, "XDG_RUNTIME_DIR="+own)
	if dir := coverDir(); dir != "" && as.Credential == nil { // nobody cannot write there
		cmd.Args = append(cmd.Args, coverFlag+dir)
	}
	cmd.Dir, cmd.SysProcAttr = "/", as
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("as %s: %v\n%s", who, err, out)
	}
}
