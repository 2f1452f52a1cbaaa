package main

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra/doc"
)

var update = flag.Bool("update", false, "write the man page anew")

// Packages have a man page of the hub, made here: the program has no command for it.
// Run with -update to write it anew.
func TestManPage(t *testing.T) {
	const file = "../../packaging/groupcast-hub.1"
	root := newRoot()
	root.DisableAutoGenTag = true
	root.InitDefaultHelpFlag()
	header := &doc.GenManHeader{Title: "GROUPCAST-HUB", Section: "1", Source: "groupcast", Date: &time.Time{}}
	var b bytes.Buffer
	if err := doc.GenMan(root, header, &b); err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(b.String(), header.Date.Format(`"Jan 2006"`), `""`, 1)
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != want {
		t.Errorf("%s is not what the flags say (%v): go test ./cmd/groupcast-hub -run ManPage -update", file, err)
	}
}
