package doctor

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

var updateDocs = flag.Bool("update", false, "write docs/pitfalls and docs/topics anew")

// The pages of docs/pitfalls and docs/topics are made from the pages of this
// package. Run with -update to write them anew. docs/pitfalls/README.md, the
// table of all, is made where the pitfalls are reproduced.
func TestDocs(t *testing.T) {
	writesDocs(t, "../../docs/pitfalls", readPages(t, pageDir), "README.md")
	writesDocs(t, "../../docs/topics", readPages(t, topicDir), "")
}

// writesDocs compares the files of a directory with pages, or writes them. It
// may have one more.
func writesDocs(t *testing.T, dir string, list []Page, more string) {
	t.Helper()
	pages := map[string]string{}
	for _, p := range list {
		pages[p.Name+".md"] = markdown(p)
		for _, name := range p.Lessons {
			_, err := os.Stat(filepath.Join(dir, "../lessons", name+".md"))
			if err != nil && name != p.Name { // a pitfall's own may be a scene, which has no page
				t.Errorf("the page %s names the lesson %s: %v", p.Name, name, err)
			}
		}
	}
	labtest.Pages(t, dir, pages, *updateDocs, more)
}

func markdown(p Page) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: %s\n\nIn a terminal: `groupcast explain %s`.", p.Name, prose(p.Title), p.Name)
	for i, name := range p.Lessons {
		if i == 0 {
			fmt.Fprintf(&b, " See it happen: `groupcast lab run %s`. Mend it yourself: `groupcast lab exercise %s`.", name, name)
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
