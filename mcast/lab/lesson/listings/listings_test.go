package listings

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

var update = flag.Bool("update", false, "write docs/lessons/code.md anew")

const docsPage = "../../../../docs/lessons/code.md"

// Every directory is a subject, every subject has four languages with decisive lines,
// and two programs are missing: what node has no call for.
func TestAll(t *testing.T) {
	there, err := fs.Glob(files, "*/run.txt")
	if err != nil || len(there) != len(order) {
		t.Errorf("%d directories have a run.txt, and the order has %d names (%v)", len(there), len(order), err)
	}
	var missing []string
	for _, s := range All() {
		if s.Title == "" || len(s.Languages) != len(languages) {
			t.Errorf("%s: title %q, %d languages", s.Name, s.Title, len(s.Languages))
		}
		for _, l := range s.Languages {
			if l.Missing != "" {
				missing = append(missing, s.Name+" in "+l.Language)
				continue
			}
			if n := len(l.Lines); n > mostLines {
				t.Errorf("%s: %d decisive lines, want %d at most", l.File, n, mostLines)
			}
		}
	}
	if want := []string{"truncation in node", "icmp-errors in node"}; !slices.Equal(missing, want) {
		t.Errorf("missing: %q, want %q", missing, want)
	}
}

// mostLines is what can still be read at one look.
const mostLines = 30

func TestFind(t *testing.T) {
	if s, err := Find("ttl"); err != nil || s.Name != "ttl" {
		t.Errorf("ttl: %+v, %v", s, err)
	}
	for typed, want := range map[string]string{
		"refuse": `no listing "refuse": did you mean refused?`,
		"tcp/ip": `no listing "tcp/ip": there are outgoing-interface,`,
		"":       `no listing "": there are`,
	} {
		if _, err := Find(typed); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("Find(%q): %v, want %s", typed, err, want)
		}
	}
}

func TestDecisive(t *testing.T) {
	for _, tt := range []struct{ text, want, err string }{
		{"a\n\t// [\n\tb\n\t\tc\n\n\t// ]\nd\n// [\ne\n// ]\n", "b|\tc|||e", ""},
		{"a\n", "", ""},
		{"// [\na\n", "", "line 2: the last [ has no ]"},
		{"// [\n// [\n", "", "line 2: a second [ before a ]"},
		{"a\n// ]\n", "", "line 2: a ] without a ["},
	} {
		lines, err := decisive(tt.text, "//")
		if got := strings.Join(lines, "|"); got != tt.want || err == nil != (tt.err == "") || err != nil && err.Error() != tt.err {
			t.Errorf("%q: %q, %v; want %q, %s", tt.text, got, err, tt.want, tt.err)
		}
	}
}

// Each lesson has a header "code:" that names a subject, a scene may have one, and each
// subject is one of a lesson.
func TestLessonsHaveCode(t *testing.T) {
	used := map[string]bool{}
	for _, l := range slices.Concat(lesson.All(), lesson.Scenes()) {
		used[l.Code] = true
		if l.Code == "" {
			continue
		}
		if _, err := Find(l.Code); err != nil {
			t.Errorf("lesson %s: code: %v", l.Name, err)
		}
	}
	for _, l := range lesson.All() {
		if l.Code == "" {
			t.Errorf("lesson %s has no header code", l.Name)
		}
	}
	for _, s := range All() {
		if !used[s.Name] {
			t.Errorf("no lesson has the header code: %s", s.Name)
		}
	}
}

// The page is made of the listings. Run with -update to write it anew.
func TestPage(t *testing.T) {
	want := page(All())
	if *update {
		if err := os.WriteFile(docsPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(docsPage); err != nil || string(got) != want {
		t.Errorf("%s is not what the test makes of it (%v): run the test with -update", docsPage, err)
	}
}

func page(subjects []Subject) string {
	var b strings.Builder
	b.WriteString(`# The same in C, Python, node and Go

Each program here is complete: both sides of a conversation, in one file for a language. This page shows the lines that
decide. The files have the rest, and you can copy them. A test runs each program on Linux, with senders in one language and
receivers in another, and checks what the program claims.

` + "```sh\ngcc -o ttl c/ttl.c && ./ttl receive 239.1.2.3 eth0\npython3 ttl.py receive 239.1.2.3 eth0\nnode ttl.js receive 239.1.2.3 eth0\n" +
		"go run ttl.go receive 239.1.2.3 eth0        # in a module that requires golang.org/x/net\n```" + `

The programs are as plain as those in textbooks. They print the text of a datagram as it arrives. A program for
daily use removes control characters first.

| subject | what it shows |
|---|---|
`)
	for _, s := range subjects {
		fmt.Fprintf(&b, "| [%s](#%s) | %s |\n", s.Name, s.Name, s.Title)
	}
	for _, s := range subjects {
		fmt.Fprintf(&b, "\n## %s\n\n%s. What the test does with it: [run.txt](%s).\n", s.Name, s.Title, source(path.Join(s.Name, "run.txt")))
		for _, l := range s.Languages {
			fmt.Fprintf(&b, "\n### %s: %s\n\n", s.Name, l.Language)
			if l.Missing != "" {
				fmt.Fprintf(&b, "%s\n", l.Missing)
				continue
			}
			fmt.Fprintf(&b, "[%s](%s)\n\n```%s\n%s\n```\n", path.Base(l.File), source(l.File), strings.TrimPrefix(path.Ext(l.File), "."), strings.Join(l.Lines, "\n"))
		}
	}
	b.WriteString("\nThe page is made from mcast/lab/lesson/listings by `go test ./mcast/lab/lesson/listings -update`.\n")
	return b.String()
}

func source(file string) string { return "../../mcast/lab/lesson/listings/" + file }
