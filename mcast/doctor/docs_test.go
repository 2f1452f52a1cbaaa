package doctor

import (
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

var updateDocs = flag.Bool("update", false, "write docs/pitfalls and docs/topics anew")

// The pages of docs/pitfalls and docs/topics are made from the pages of this
// package. Run with -update to write them anew. docs/pitfalls/README.md, the
// table of all, is made where the pitfalls are reproduced.
func TestDocs(t *testing.T) {
	writesDocs(t, "../../docs/pitfalls", readPages(t, pageDir), "README.md", "cards")
	writesDocs(t, "../../docs/topics", readPages(t, topicDir), "symptoms.md") // that one is made where the command is
}

// writesDocs compares the files of a directory with pages, or writes them. It
// may have more.
func writesDocs(t *testing.T, dir string, list []Page, more ...string) {
	t.Helper()
	pages := map[string]string{}
	for _, p := range list {
		pages[p.Name+".md"] = markdown(p)
	}
	labtest.Pages(t, dir, pages, *updateDocs, more...)
}

func markdown(p Page) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: %s\n\nIn a terminal: `groupcast explain %s`.", p.Name, prose(p.Title), p.Name)
	names := lesson.About(p.Name, p.Lessons)
	if len(names) > 0 {
		fmt.Fprintf(&b, " See it happen: `groupcast lab run %s`. Mend it yourself: `groupcast lab exercise %s`.", names[0], names[0])
	}
	var links []string
	for _, l := range lesson.All() { // a scene has no page
		if slices.Contains(names, l.Name) {
			links = append(links, fmt.Sprintf("[%s](../lessons/%s.md)", l.Title, l.Name))
		}
	}
	if len(links) > 0 {
		fmt.Fprintf(&b, "\n\nLessons: %s", strings.Join(links, "; "))
	}
	if p.Card.Surprise != "" {
		fmt.Fprintf(&b, "\n\nOne page, one surprise: [%s](cards/%s.svg)", prose(p.Card.Surprise), p.Name)
	}
	b.WriteByte('\n')
	for _, s := range p.Sections {
		fmt.Fprintf(&b, "\n## %s\n", s.Title)
		for _, par := range s.Paragraphs {
			if par.Verbatim {
				fmt.Fprintf(&b, "\n```text\n%s\n```\n", par.Text)
			} else {
				text := p.linked(prose(par.Text))
				if terms, means, ok := strings.Cut(text, ": "); ok && p.Name == glossary {
					text = "**" + terms + "**: " + means
				}
				fmt.Fprintf(&b, "\n%s\n", text)
			}
		}
	}
	if proof := p.Proof(); proof != "" {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", ProofHeading, proof)
	}
	b.WriteString("\n## Sources\n\n")
	for _, s := range p.Sources {
		fmt.Fprintf(&b, "* %s\n", prose(s))
	}
	return b.String()
}

// named are names of pages as prose has them: with a hyphen, which no other word
// has, or behind a verb.
var named = regexp.MustCompile(`(groupcast explain |[Ss]ee )?\b[a-z0-9]+(-[a-z0-9]+)*\b`)

// linked has links to other pages: each once.
func (p Page) linked(text string) string {
	seen := map[string]bool{p.Name: true}
	return named.ReplaceAllStringFunc(text, func(match string) string {
		name := match[strings.LastIndex(match, " ")+1:]
		dir := ""
		switch {
		case seen[name] || !strings.Contains(name, "-") && name == match:
			return match
		case slices.Contains(Names(), name):
			dir = "../pitfalls/"
		case slices.Contains(Topics(), name):
			dir = "../topics/"
		default:
			return match
		}
		seen[name] = true
		return strings.TrimSuffix(match, name) + "[" + name + "](" + dir + name + ".md)"
	})
}

// Names of pages are links, and other words are not.
func TestLinked(t *testing.T) {
	p := Page{Name: "no-route"}
	for text, want := range map[string]string{
		"see no-zone, no-zone":          "see [no-zone](../pitfalls/no-zone.md), no-zone",
		"groupcast explain igmp":        "groupcast explain [igmp](../topics/igmp.md)",
		"it stopped, as macvlan did":    "it stopped, as macvlan did",
		"See no-route and no-such-page": "See no-route and no-such-page",
	} {
		if got := p.linked(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// prose keeps a text from being taken for Markdown.
func prose(text string) string {
	return strings.NewReplacer("<", "&lt;", "*", `\*`, "[", `\[`).Replace(text)
}
