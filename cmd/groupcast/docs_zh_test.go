package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A translation has what a page in English has, and only what a test has seen.
type translation struct {
	file, of string
	until    string   // where the part that is translated ends; "": with the page
	without  []string // headings of the English page that it has not
}

var translations = []translation{
	{file: "docs/zh/README.md", of: "README.md", until: "\n## Three doors\n"},
	// packets differ from run to run, and programs need no translation: the page leads to both
	{file: "docs/zh/article.md", of: "docs/lessons/article.md", without: []string{"The packets", "The same in four languages"}},
	{file: "docs/zh/wrong-egress.md", of: "docs/pitfalls/wrong-egress.md"},
}

// blocksOf are the blocks of code of a page, without those under some headings.
func blocksOf(page string, without ...string) (list []string) {
	var block []string
	fenced, left := false, false
	end := func() {
		if len(block) > 0 && !left {
			list = append(list, strings.TrimSpace(strings.Join(block, "\n")))
		}
		block = nil
	}
	for line := range strings.Lines(page) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "```"):
			end()
			fenced = !fenced
		case fenced:
			block = append(block, line)
		case strings.HasPrefix(line, "    "):
			block = append(block, strings.TrimPrefix(line, "    "))
		default:
			end()
			if title, ok := strings.CutPrefix(line, "## "); ok {
				left = slices.Contains(without, title)
			}
		}
	}
	end()
	return list
}

// figures are words of a text that have a digit, such as addresses and ports.
var figures = regexp.MustCompile(`[0-9A-Za-z_:./]*[0-9][0-9A-Za-z_:./]*`)

// The pages in Chinese have the commands and outputs of the pages in English, all of
// them and no others, so that the tests of those hold for them, too. They have the same
// names and addresses in their prose.
func TestChinese(t *testing.T) {
	for _, tr := range translations {
		text, of := page(t, tr.file), page(t, tr.of)
		if tr.until != "" {
			var found bool
			if of, _, found = strings.Cut(of, tr.until); !found {
				t.Errorf("%s has no %q", tr.of, tr.until)
			}
		}
		want, got := blocksOf(of, tr.without...), blocksOf(text)
		if len(want) == 0 {
			t.Errorf("%s has no blocks: they are not found", tr.of)
		}
		for _, b := range want {
			if !slices.Contains(got, b) {
				t.Errorf("%s lacks a block of %s:\n%s", tr.file, tr.of, b)
			}
		}
		for i, b := range got {
			if !slices.Contains(want, b) {
				t.Errorf("%s has a block that %s does not have:\n%s", tr.file, tr.of, b)
			} else if len(got) == len(want) && want[i] != b {
				t.Errorf("%s has blocks in another order than %s, at\n%s", tr.file, tr.of, b)
			}
		}
		for _, span := range codeSpan().FindAllString(text, -1) {
			if !strings.Contains(of, strings.Trim(span, "`")) {
				t.Errorf("%s has %s, and %s has not", tr.file, span, tr.of)
			}
		}
		prose := linkInText().ReplaceAllString(withoutCode(text), "$1")
		for _, f := range figures.FindAllString(prose, -1) {
			if f = strings.Trim(f, ":./"); !strings.Contains(of, f) {
				t.Errorf("%s says %s, and %s does not", tr.file, f, tr.of)
			}
		}
	}
	if got := blocksOf("a\n\n    b\n    c\n\n```sh\nd\n```\n## X\n```\ne\n```\n## Y\n    f\n", "X"); !slices.Equal(got, []string{"b\nc", "d", "f"}) {
		t.Errorf("the blocks are %q", got)
	}
	files, err := os.ReadDir("../../docs/zh")
	if err != nil || len(files) != len(translations) {
		t.Errorf("docs/zh has %d pages, %v, and %d are compared", len(files), err, len(translations))
	}
}
