package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// In a seat a screen tells whom it hears and what it has found, and nothing else, on what
// is no terminal.
func TestSeatReports(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	file := filepath.Join(t.TempDir(), "reports")
	s := openTerminal(t, a, 100, 30, nil, "sh", "-c", `exec groupcast chat --seat --heard-json 2>"$0"`, file)
	s.shows("sends leave here")
	do(t, b, "send", "-i", "eth0", "224.0.0.114", "hello").ends(exitOK)
	s.shows("hello")
	var last jsonReport
	labtest.Eventually(t, "A reports that it hears B, and its pitfall", func() bool {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if !strings.HasSuffix(line, "\n") {
				break
			}
			last = jsonReport{}
			if err := json.Unmarshal([]byte(line), &last); err != nil || last.Type != "report" {
				t.Fatalf("it says %q: %v", line, err)
			}
		}
		return len(last.Heard) == 1 && last.Heard[0].From == "192.168.8.226" && last.Heard[0].Datagrams == 1 && len(last.Findings) > 0
	})
	if len(last.Groups) != 1 || last.Groups[0] != "224.0.0.114:1234" {
		t.Errorf("its groups are %q", last.Groups)
	}
	s.keys("\x03")
	s.quits(exitOK)
}
