package doctor

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// SearchPages finds the pages that are about a word of the field, such as ttl,
// igmp or docker: those that have it in their name, in their title or several
// times in their text, the best first, or else those that have it at all. Case is
// ignored.
func SearchPages(word string) []Page {
	word = strings.TrimSpace(word)
	if !strings.ContainsFunc(word, unicode.IsLetter) {
		return nil
	}
	plural := "s?"
	if strings.Contains(word, "-") {
		plural = "" // of names there is none
	}
	whole := regexp.MustCompile(`(?i)(^|[^\pL\pN])` + regexp.QuoteMeta(word) + plural + `($|[^\pL\pN])`)
	type hit struct {
		Page
		score int
	}
	var hits []hit
	for _, p := range slices.Concat(Pages(), TopicPages()) {
		score := p.about(whole)
		if _, defined := Define(word); defined && p.Name == glossary {
			score += definedScore
		}
		if score > 0 {
			hits = append(hits, hit{p, score})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(b.score, a.score) })
	var found []Page
	for _, h := range hits {
		if h.score >= min(severalTimes, hits[0].score) && len(found) < mostFound {
			found = append(found, h.Page)
		}
	}
	return found
}

const (
	severalTimes = 2
	mostFound    = 12
	definedScore = 50 // less than that of a page with the word as its name
)

const glossary = "glossary" // the topic

// Define returns the paragraph of the glossary about a term of the field, such
// as "querier: the router or switch that ..."; ok is false when it has none. Case
// and a plural's s are ignored.
func Define(term string) (text string, ok bool) {
	page, err := FindPage(glossary)
	if err != nil {
		panic(err) // a test reads it
	}
	singular := func(s string) string { return strings.TrimSuffix(strings.ToLower(strings.TrimSpace(s)), "s") }
	for _, s := range page.Sections {
		for _, par := range s.Paragraphs {
			terms, _, _ := strings.Cut(par.Text, ": ")
			for t := range strings.SplitSeq(terms, ", ") {
				if singular(t) == singular(term) {
					return par.Text, true
				}
			}
		}
	}
	return "", false
}

// about scores how much a page is about what the expression finds.
func (p Page) about(word *regexp.Regexp) int {
	score := 0
	if word.MatchString(p.Name) {
		score += 100
	}
	if word.MatchString(p.Title) {
		score += 20
	}
	for _, s := range p.Sections {
		for _, par := range s.Paragraphs {
			score += len(word.FindAllStringIndex(par.Text, -1))
		}
	}
	return score
}
