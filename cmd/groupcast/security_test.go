package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// goFiles are the texts of the Go files of the repository, by path.
func goFiles(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	root := filepath.Join("..", "..")
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case filepath.Ext(path) == ".go":
			b, err := os.ReadFile(filepath.Join(root, path))
			all[path] = string(b)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// SECURITY.md names tests that there are.
func TestSecurityNamesItsTests(t *testing.T) {
	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z]+)`").FindAllStringSubmatch(page(t, "SECURITY.md"), -1)
	if len(named) < 30 {
		t.Fatalf("%d tests are named: they are not found", len(named))
	}
	there := map[string]bool{}
	for path, text := range goFiles(t) {
		if strings.HasSuffix(path, "_test.go") {
			for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z]+)\(`).FindAllStringSubmatch(text, -1) {
				there[m[1]] = true
			}
		}
	}
	for _, m := range named {
		if !there[m[1]] {
			t.Errorf("SECURITY.md names %s, and there is no such test", m[1])
		}
	}
}

// These start programs, and none because of something that was heard: the hosts of a lab
// and of seats, what a user types to run in them, the hub, and the child that is traced.
var startsPrograms = []string{
	"cmd/groupcast/hub.go", "cmd/groupcast/hub_unix.go", "cmd/groupcast/lab_view.go", "mcast/internal/confine/confine_linux.go", "mcast/kernel/instance_linux.go",
	"mcast/lab/apart_linux.go", "mcast/lab/confine_linux.go", "mcast/lab/enter_linux.go", "mcast/lab/host_linux.go", "mcast/lab/lab_linux.go",
}

func TestProgramsThatAreStarted(t *testing.T) {
	starts := regexp.MustCompile(`\b(?:exec\.Command(?:Context)?\(|exec\.Cmd\{|os\.StartProcess\(|(?:unix|syscall)\.(?:Exec|ForkExec)\()`)
	var found []string
	for path, text := range goFiles(t) {
		ofProgram := slices.ContainsFunc([]string{"cmd/groupcast/", "cmd/groupcast-hub/", "mcast/", "tui/"}, func(dir string) bool { return strings.HasPrefix(path, dir) })
		if ofProgram && !strings.HasSuffix(path, "_test.go") && !strings.Contains(path, "/labtest/") && starts.MatchString(text) {
			found = append(found, path)
		}
	}
	slices.Sort(found)
	if !slices.Equal(found, startsPrograms) {
		t.Errorf("programs are started in %q, and the list has %q: is one started because of something that was heard?", found, startsPrograms)
	}
}
