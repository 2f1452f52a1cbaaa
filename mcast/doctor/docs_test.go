package doctor

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var updateDocs = flag.Bool("update", false, "write docs/pitfalls anew")

const docsDir = "../../docs/pitfalls"

// The pages of docs/pitfalls are made from the pages of this package. Run with
// -update to write them anew. README.md, the table of all, is made where the
// pitfalls are reproduced.
func TestDocs(t *testing.T) {
	pages := map[string]string{}
	for _, p := range readPages(t) {
		pages[p.Name+".md"] = markdown(p)
		for _, name := range p.Lessons[min(1, len(p.Lessons)):] {
			if _, err := os.Stat(filepath.Join(docsDir, "../lessons", name+".md")); err != nil {
				t.Errorf("the page %s names the lesson %s: %v", p.Name, name, err)
			}
		}
	}
	for name, want := range pages {
		path := filepath.Join(docsDir, name)
		if *updateDocs {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%s is not what the page says (%v): run go test ./mcast/doctor -update", path, err)
		}
	}
	there, err := filepath.Glob(filepath.Join(docsDir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range there {
		if name := filepath.Base(path); pages[name] == "" && name != "README.md" {
			t.Errorf("%s belongs to no page", path)
		}
	}
}

func markdown(p Page) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: %s\n\nIn a terminal: `groupcast explain %s`.", p.Name, prose(p.Title), p.Name)
	for i, name := range p.Lessons {
		if i == 0 {
			fmt.Fprintf(&b, " See it happen: `groupcast lab run %s`.", name)
		} else {
			fmt.Fprintf(&b, " More is in the lesson [%s](../lessons/%s.md).", name, name)
		}
	}
	b.WriteByte('\n')
	for _, s := range p.Sections {
		fmt.Fprintf(&b, "\n## %s\n", s.Title)
		for _, par := range s.Paragraphs {
			if par.Verbatim {
				fmt.Fprintf(&b, "\n```text\n%s\n```\n", par.Text)
			} else {
				fmt.Fprintf(&b, "\n%s\n", prose(par.Text))
			}
		}
	}
	b.WriteString("\n## Sources\n\n")
	for _, s := range p.Sources {
		fmt.Fprintf(&b, "* %s\n", prose(s))
	}
	return b.String()
}

// prose keeps a text from being taken for Markdown.
func prose(text string) string {
	return strings.NewReplacer("<", "&lt;", "*", `\*`, "[", `\[`).Replace(text)
}
