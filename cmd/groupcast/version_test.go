package main

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func TestVersion(t *testing.T) {
	set := func(pairs ...string) *debug.BuildInfo {
		info := &debug.BuildInfo{}
		info.Main.Version = pairs[0]
		for i := 1; i+1 < len(pairs); i += 2 {
			info.Settings = append(info.Settings, debug.BuildSetting{Key: pairs[i], Value: pairs[i+1]})
		}
		return info
	}
	for _, tt := range []struct {
		name string
		info *debug.BuildInfo
		want string
	}{
		{"no information", nil, "groupcast devel, go"},
		{"a checkout", set("(devel)", "vcs.revision", "0123456789abcdef", "vcs.time", "2026-11-29T10:00:00Z", "vcs.modified", "false"), "groupcast devel (commit 0123456789ab of 2026-11-29), go"},
		{"with changes", set("", "vcs.revision", "0123", "vcs.modified", "true"), "groupcast devel (commit 0123, with changes), go"},
		{"a release", set("v1.2.3"), "groupcast v1.2.3, go"},
	} {
		if got := builtFrom(tt.info).String(); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// Each command has a page with its flags and their variables, and the same
// program writes the same pages.
func TestManPages(t *testing.T) {
	root, dir := newRoot(), t.TempDir()
	n, err := writeManPages(root, dir)
	if err != nil || n != len(tree(root)) {
		t.Fatalf("%d pages, %v, want %d", n, err, len(tree(root)))
	}
	for _, cmd := range tree(root) {
		file := filepath.Join(dir, strings.ReplaceAll(cmd.CommandPath(), " ", "-")+".1")
		page, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(page)
		if !strings.Contains(text, `" "1" "" "groupcast"`) || !strings.Contains(text, "Exit status: 0") {
			t.Errorf("%s is no man page:\n%s", file, text)
		}
		for _, n := range slices.Concat(environment, files) {
			if !strings.Contains(text, roff(n.name)) {
				t.Errorf("%s has nothing of %s", file, n.name)
			}
		}
		visible(cmd, func(f *pflag.Flag) {
			if !strings.Contains(text, `\-\-`+strings.ReplaceAll(f.Name, "-", `\-`)) || !strings.Contains(text, variable(cmd, f.Name)) {
				t.Errorf("%s has nothing of --%s", file, f.Name)
			}
		})
		again, err := manPage(cmd)
		if err != nil || string(again) != text {
			t.Errorf("%s is another page the second time: %v", file, err)
		}
	}
}
