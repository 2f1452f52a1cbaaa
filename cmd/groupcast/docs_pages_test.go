package main

import (
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// withoutCode is a page without its code, in which a bracket is no link.
func withoutCode(page string) string {
	var b strings.Builder
	fenced := false
	for line := range strings.Lines(page) {
		if strings.HasPrefix(strings.TrimLeft(line, " >*"), "```") {
			fenced = !fenced
		} else if !fenced && !strings.HasPrefix(line, "    ") {
			b.WriteString(line)
		}
	}
	return codeSpan().ReplaceAllString(b.String(), "")
}

// docAnchors are the names of a page's headings, as GitHub makes them.
func docAnchors(page string) (list []string) {
	seen := map[string]int{}
	fenced := false
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		title, heading := strings.CutPrefix(strings.TrimLeft(strings.TrimSpace(line), "#"), " ")
		if fenced || !heading || !strings.HasPrefix(line, "#") {
			continue
		}
		title = linkInText().ReplaceAllString(title, "$1")
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, title)
		if n := seen[name]; n > 0 {
			list = append(list, fmt.Sprintf("%s-%d", name, n))
		} else {
			list = append(list, name)
		}
		seen[name]++
	}
	return list
}

var docLinkForm = regexp.MustCompile(`\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"`)

// docLinksOf are what a page leads to in this repository.
func docLinksOf(t *testing.T, from string) (list []*url.URL) {
	for _, m := range docLinkForm.FindAllStringSubmatch(withoutCode(page(t, from)), -1) {
		target, err := url.Parse(m[1] + m[2])
		if err != nil {
			t.Errorf("%s: %v", from, err)
		} else if !target.IsAbs() {
			list = append(list, target)
		}
	}
	return list
}

// Each link of each page leads to a file that there is, and to a heading in it.
func TestLinks(t *testing.T) {
	n := 0
	for _, from := range pages(t) {
		for _, target := range docLinksOf(t, from) {
			n++
			to := from
			if target.Path != "" {
				to = path.Join(path.Dir(from), target.Path)
			}
			if _, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(to))); err != nil {
				t.Errorf("a link of %s leads nowhere: %v", from, err)
			} else if target.Fragment != "" && strings.HasSuffix(to, ".md") && !slices.Contains(docAnchors(page(t, to)), target.Fragment) {
				t.Errorf("%s: %s has no heading for the link %s", from, to, target)
			}
		}
	}
	if n < 300 {
		t.Errorf("%d links: they are not found", n)
	}
	if got := docAnchors("# A `b`, c\n## X\n```\n# no\n```\n## X\n"); !slices.Equal(got, []string{"a-b-c", "x", "x-1"}) {
		t.Errorf("the anchors are %q", got)
	}
}

// Pages lead to lessons, and lessons to pages: each lesson is named by one at least,
// each topic names one, and both say so in docs.
func TestPagesAndLessonsLinkEachOther(t *testing.T) {
	linked := map[string]bool{}
	for _, p := range allPages() {
		dir := "pitfalls"
		if slices.Contains(doctor.Topics(), p.Name) {
			dir = "topics"
			if len(p.Lessons) == 0 {
				t.Errorf("the topic %s names no lesson", p.Name)
			}
		}
		file := "docs/" + dir + "/" + p.Name + ".md"
		to := docLinksOf(t, file)
		leads := func(name string) bool {
			return slices.ContainsFunc(to, func(u *url.URL) bool { return u.Path == "../lessons/"+name+".md" })
		}
		for _, l := range lesson.All() {
			if !slices.Contains(p.Lessons, l.Name) {
				continue
			}
			linked[l.Name] = true
			if !leads(l.Name) {
				t.Errorf("%s does not lead to the lesson %s", file, l.Name)
			}
			// a lesson leads back to the pages that it or that name the other
			back := slices.Contains(l.Pitfalls, p.Name) || dir == "topics"
			from := "docs/lessons/" + l.Name + ".md"
			if back && !slices.ContainsFunc(docLinksOf(t, from), func(u *url.URL) bool { return u.Path == "../"+dir+"/"+p.Name+".md" }) {
				t.Errorf("%s does not lead to %s", from, file)
			}
		}
	}
	for _, l := range lesson.All() {
		if !linked[l.Name] {
			t.Errorf("no page names the lesson %s: name it in a topic's header, or a pitfall in its own", l.Name)
		}
	}
}

// docProof is how a page says how it was proved: under such words, or because a test
// makes or compares all of it.
var docProof = pattern(`How it was proved|如何验证|(?i)\btests? (makes?|reads) (this|the) page|makes this page|(made from|is from|come from)[^.]*\btests?\b|\bby .go test\b|a test makes every status happen|tests prove all of it|tests have seen|proved by the steps`)

// Reasons for what was decided, and tables of contents, prove nothing.
var notProved = []string{"docs/decisions/", "docs/README.md", "docs/zh/README.md"}

// Every page says how it was proved.
func TestPagesSayHowTheyWereProved(t *testing.T) {
	for _, path := range pages(t) {
		if !strings.HasPrefix(path, "docs/") || slices.ContainsFunc(notProved, func(p string) bool { return strings.HasPrefix(path, p) }) {
			continue
		}
		if !docProof().MatchString(strings.ReplaceAll(page(t, path), "\n", " ")) {
			t.Errorf("%s does not say how it was proved: end it with a line that begins with **How it was proved.**", path)
		}
	}
	if docProof().MatchString("# A page\n\nIt names a test, and says nothing of itself.\n") {
		t.Error("any page is taken for proved")
	}
}

// An engineer finds a word of the field in docs, too. Run with -update to write the
// page anew.
func TestWordsPage(t *testing.T) {
	checkDoc(t, "../../docs/words.md", wordsPage(), "TestWordsPage")
}

func wordsPage() string {
	var b strings.Builder
	b.WriteString("# An index of words, errors and options\n\n" +
		"`groupcast explain WORD` finds the same in a terminal, and more. The test TestWordsPage makes this page, and another test checks that each page here has the word.\n")
	lib := library()
	for line := range strings.Lines(indexText) {
		if title, ok := strings.CutPrefix(line, "# "); ok {
			fmt.Fprintf(&b, "\n## %s\n\n| word | pages | lessons |\n|---|---|---|\n", strings.TrimSpace(title))
			continue
		}
		at := slices.IndexFunc(fieldIndex(), func(e entry) bool { return strings.HasPrefix(line, strings.Join(e.terms, ", ")+" = ") })
		if at < 0 {
			continue
		}
		e := fieldIndex()[at]
		var to [2][]string
		for _, i := range e.texts {
			switch {
			case lib.find(i) == nil:
			case i.lesson:
				to[1] = append(to[1], fmt.Sprintf("[%s](lessons/%s.md)", i.name, i.name))
			case slices.Contains(doctor.Topics(), i.name):
				to[0] = append(to[0], fmt.Sprintf("[%s](topics/%s.md)", i.name, i.name))
			default:
				to[0] = append(to[0], fmt.Sprintf("[%s](pitfalls/%s.md)", i.name, i.name))
			}
		}
		if len(to[0])+len(to[1]) > 0 {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", strings.Join(e.terms, ", "), strings.Join(to[0], ", "), strings.Join(to[1], ", "))
		}
	}
	return b.String()
}
