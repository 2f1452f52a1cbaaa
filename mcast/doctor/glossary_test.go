package doctor

import (
	"strings"
	"testing"
)

// Each paragraph of the glossary defines a term in few words, and no term has two.
func TestGlossary(t *testing.T) {
	page, err := FindPage(glossary)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range page.Sections {
		for _, par := range s.Paragraphs {
			terms, text, ok := strings.Cut(par.Text, ": ")
			if !ok || text == "" || par.Verbatim || len(par.Text) > 400 {
				t.Errorf("%q: want TERM, SYNONYM: a short definition", par.Text)
			}
			for _, term := range strings.Split(terms, ", ") {
				if got, ok := Define(term); !ok || got != par.Text {
					t.Errorf("%q is defined as %q, want %q", term, got, par.Text)
				}
			}
		}
	}
	for _, word := range []string{"Querier", "queriers", " TTL ", "loopback copy", "exercise"} {
		if _, ok := Define(word); !ok {
			t.Errorf("the glossary does not define %q", word)
		}
	}
	for _, word := range []string{"", "s", "quer", "no-such-word"} {
		if text, ok := Define(word); ok {
			t.Errorf("%q is defined: %s", word, text)
		}
	}
}
