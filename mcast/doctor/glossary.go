package doctor

import "strings"

const glossary = "glossary" // the topic

// Define returns the paragraph of the glossary about a term of the field, such
// as "querier: the router or switch that ..."; ok is false when it has none. Case
// and a plural's s are ignored.
func Define(term string) (text string, ok bool) {
	singular := func(s string) string { return strings.TrimSuffix(strings.ToLower(strings.TrimSpace(s)), "s") }
	for _, d := range Defined() {
		for _, t := range d.Terms {
			if singular(t) == singular(term) {
				return d.Text, true
			}
		}
	}
	return "", false
}

// Definition is what the glossary says of a term.
type Definition struct {
	Terms []string // the term, and others that mean the same
	Text  string   // the paragraph, which begins with the terms
}

// Defined are all definitions of the glossary.
func Defined() (list []Definition) {
	page, err := FindPage(glossary)
	if err != nil {
		panic(err) // a test reads it
	}
	for _, s := range page.Sections {
		for _, par := range s.Paragraphs {
			terms, _, _ := strings.Cut(par.Text, ": ")
			list = append(list, Definition{Terms: strings.Split(terms, ", "), Text: par.Text})
		}
	}
	return list
}
