package main

import (
	_ "embed"
	"fmt"
	"path"
	"strings"

	"github.com/yuin/goldmark/ast"
)

//go:embed symptoms.txt
var symptomText string

// symptom is what somebody sees, in several wordings, and the pages about it.
type symptom struct {
	said  []string
	pages []*page
}

// indexLines reads lines of the form "TERM, TERM = PAGE PAGE / LESSON LESSON".
func (s *site) indexLines(text, comma string, each func(terms []string, pages []*page) error) error {
	for line := range strings.Lines(text) {
		terms, about, ok := strings.Cut(strings.TrimSpace(line), " = ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		var pages []*page
		names, lessons, _ := strings.Cut(about, "/")
		for i, list := range []string{names, lessons} {
			for _, name := range strings.Fields(list) {
				p := s.pages["docs/lessons/"+name+".md"]
				if i == 0 {
					if p = s.pages["docs/pitfalls/"+name+".md"]; p == nil {
						p = s.pages["docs/topics/"+name+".md"]
					}
				}
				if p == nil {
					return fmt.Errorf("the index has %q, and no page has that name: %q", name, line)
				}
				pages = append(pages, p)
			}
		}
		if err := each(strings.Split(terms, comma), pages); err != nil {
			return err
		}
	}
	return nil
}

const symptomsPage = "docs/topics/symptoms.md"

// findSymptoms are those of symptoms.txt, then the answers of the page of symptoms that
// lead to pitfalls.
func (s *site) findSymptoms() error {
	err := s.indexLines(symptomText, "; ", func(terms []string, pages []*page) error {
		s.symptoms = append(s.symptoms, symptom{terms, pages})
		return nil
	})
	if p := s.pages[symptomsPage]; p != nil {
		for _, a := range p.answers {
			y := symptom{said: []string{a.said}}
			for _, to := range a.to {
				if q := s.pages[to]; q != nil {
					y.pages = append(y.pages, q)
				}
			}
			if len(y.pages) > 0 {
				s.symptoms = append(s.symptoms, y)
			}
		}
	}
	return err
}

// answer is a row of the page of symptoms: what is seen, and the pages that it leads to.
type answer struct {
	said string
	to   []string // as the links have them
}

func (p *page) answer(n ast.Node, content []byte) {
	if p.src != symptomsPage {
		return
	}
	a := answer{said: plain(n.FirstChild(), content)}
	for c := n.LastChild().FirstChild(); c != nil; c = c.NextSibling() {
		if l, ok := c.(*ast.Link); ok {
			a.to = append(a.to, path.Join(path.Dir(p.src), string(l.Destination)))
		}
	}
	p.answers = append(p.answers, a)
}
