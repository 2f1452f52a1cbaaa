package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	tableLink   = regexp.MustCompile(`\]\(([^)#]+)`)
	tablePhrase = regexp.MustCompile(`^"(.+)"$`)
)

// missingPlaces are the rows of a table that have no place, or whose first place has
// not the phrase of the row. read returns a page by its path from docs.
func missingPlaces(table string, read func(file string) (string, bool)) (rows int, bad []string) {
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if !strings.HasPrefix(line, "| ") || len(cells) < 3 || strings.HasPrefix(line, "| in the article |") {
			continue
		}
		rows++
		what := strings.TrimSpace(cells[0])
		links := tableLink.FindAllStringSubmatch(cells[1], -1)
		phrase := tablePhrase.FindStringSubmatch(strings.TrimSpace(cells[2]))
		if len(links) == 0 || phrase == nil {
			bad = append(bad, what+": no link, or no phrase in quotation marks")
			continue
		}
		for i, l := range links {
			text, ok := read(l[1])
			switch {
			case !ok:
				bad = append(bad, what+": there is no "+l[1])
			case i == 0 && !strings.Contains(strings.ToLower(strings.Join(strings.Fields(text), " ")), strings.ToLower(phrase[1])):
				bad = append(bad, what+": "+l[1]+" does not say "+phrase[0])
			}
		}
	}
	return rows, bad
}

// Each concept, drawing, command and program of the articles has a place, and that
// place is about it.
func TestArticlesTable(t *testing.T) {
	rows, bad := missingPlaces(page(t, "docs/articles.md"), func(file string) (string, bool) {
		text, err := os.ReadFile(filepath.Join("..", "..", "docs", filepath.FromSlash(file)))
		return string(text), err == nil
	})
	for _, b := range bad {
		t.Error(b)
	}
	if rows < 60 {
		t.Errorf("%d rows: they are not found", rows)
	}

	const wrong = "| a | [x](x.md) | \"says so\" | |\n| b | [y](y.md) | \"y\" | |\n| c | [x](x.md) | \"nothing\" | |\n| d | none | \"x\" | |\n"
	if rows, bad := missingPlaces(wrong, func(file string) (string, bool) { return "it Says\nso", file == "x.md" }); rows != 4 || len(bad) != 3 {
		t.Errorf("%d rows, %q", rows, bad)
	}
}
