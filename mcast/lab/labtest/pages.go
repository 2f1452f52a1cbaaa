package labtest

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Pages checks that a directory holds these files, by name, and nothing but
// these and the others. With update it writes them.
func Pages(t *testing.T, dir string, pages map[string]string, update bool, others ...string) {
	t.Helper()
	for name, want := range pages {
		path := filepath.Join(dir, name)
		if update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%s is not what the test makes of it (%v): run the test with -update", path, err)
		}
	}
	found, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range found {
		if _, ok := pages[file.Name()]; !ok && !slices.Contains(others, file.Name()) {
			t.Errorf("%s is no page of %s", file.Name(), dir)
		}
	}
}
