package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// What the README says to install it with makes a groupcast that runs.
func TestInstallAsTheReadmeSays(t *testing.T) {
	const install = "go install ./cmd/groupcast"
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "\n    "+install+"\n") {
		t.Errorf("the README does not say %q", install)
	}
	labtest.Program(t, "go")
	bin := t.TempDir()
	cmd := exec.Command("go", strings.Fields(install)[1:]...)
	cmd.Dir = "../.."
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "XDG_CACHE_HOME=") { // that of the tests: go's own has all that is to be built
			cmd.Env = append(cmd.Env, e)
		}
	}
	cmd.Env = append(cmd.Env, "GOBIN="+bin)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", install, err, out)
	}
	out, err := exec.Command(filepath.Join(bin, "groupcast"), "version").Output()
	if err != nil || !strings.HasPrefix(string(out), "groupcast ") {
		t.Errorf("the installed groupcast version prints %q, %v", out, err)
	}
}
