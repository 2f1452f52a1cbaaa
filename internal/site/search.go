package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// What a word counts for a page, by where it stands, as groupcast explain counts it
// (cmd/groupcast/explain_search.go). search.js adds them up.
const (
	nameScore    = 100
	titleScore   = 25
	headingScore = 8
	mostRepeated = 8
)

// text is what the search has of a page.
type text struct {
	name  string // "wrong-egress", or the file's
	score map[string]int
	rest  map[string]int
	heads map[string]int
	words []defined
}

// defined is a word that a page defines.
type defined struct{ terms, meaning, id string }

func (t *text) add(s string) {
	if t.rest == nil {
		t.rest = map[string]int{}
	}
	for _, w := range keys(s) {
		t.rest[w]++
	}
}

func (t *text) heading(s string) {
	if t.heads == nil {
		t.heads = map[string]int{}
	}
	for _, w := range keys(s) {
		t.heads[w]++
	}
}

// titled adds up what each word counts, when all of the page is known.
func (t *text) titled(p *page) {
	t.name = strings.TrimSuffix(path.Base(p.src), path.Ext(p.src))
	t.score = map[string]int{}
	for w, n := range t.rest {
		t.score[w] += min(mostRepeated, n)
	}
	for w, n := range t.heads {
		t.score[w] += headingScore * min(2, n)
	}
	for w, score := range map[string]int{t.name: nameScore, p.title: titleScore} {
		for _, k := range slices.Compact(slices.Sorted(slices.Values(keys(w)))) {
			t.score[k] += score
		}
	}
}

// index is what search.js searches.
type index struct {
	Kinds    []string    `json:"kinds"`
	Pages    []indexed   `json:"pages"`
	Stems    [][2]string `json:"stems"`    // a stem, and the pages that have it with what it counts there
	Terms    []entry     `json:"terms"`    // words of the field
	Symptoms []entry     `json:"symptoms"` // what people see
	Words    []glossed   `json:"words"`
}

type indexed struct {
	URL      string      `json:"u"`
	Name     string      `json:"n"`
	Title    string      `json:"t"`
	Brief    string      `json:"b,omitempty"`
	Kind     int         `json:"k"`
	Words    int         `json:"s"`           // different ones
	Headings [][2]string `json:"h,omitempty"` // anchor and text
}

// entry is one of an index as a book has it: terms that mean the same, and the pages
// about them, the best first.
type entry struct {
	Terms []string `json:"t"`
	Pages []int    `json:"p"`
}

type glossed struct {
	Terms   string `json:"t"`
	Meaning string `json:"m"`
	Page    int    `json:"p"`
	ID      string `json:"i"`
}

// kinds are the kinds of pages, as a result of the search names them.
var kinds = []string{"Pitfall", "Topic", "Lesson", "Page", "Course", "Decision", "API", "中文"}

func kindOf(src string) int {
	switch src {
	case "docs/lessons/answers.md", "docs/lessons/code.md":
		return 3
	}
	for i, dir := range []string{"pitfalls", "topics", "lessons", "", "course", "decisions", "api", "zh"} {
		if dir != "" && path.Dir(src) == "docs/"+dir && path.Base(src) != readme || dir == "zh" && path.Dir(src) == "docs/zh" {
			return i
		}
	}
	return 3
}

// addSearch makes the index, as a program: from the disk a page may not read data.
func (s *site) addSearch() error {
	x := index{Kinds: kinds}
	at := map[*page]int{}
	stems := map[string]*bytes.Buffer{}
	for _, p := range s.sorted() {
		if p.text == nil {
			continue
		}
		n := len(x.Pages)
		at[p] = n
		in := indexed{URL: p.out, Name: p.text.name, Title: p.title, Brief: brief(p.description), Kind: kindOf(p.src), Words: len(p.text.score)}
		for _, h := range p.headings[1:] {
			if h.level <= 3 {
				in.Headings = append(in.Headings, [2]string{h.id, h.text})
			}
		}
		x.Pages = append(x.Pages, in)
		for _, w := range slices.Sorted(maps.Keys(p.text.score)) {
			if stems[w] == nil {
				stems[w] = &bytes.Buffer{}
			}
			fmt.Fprintf(stems[w], "%s.%s ", strconv.FormatInt(int64(n), 36), strconv.FormatInt(int64(p.text.score[w]), 36))
		}
		for _, w := range p.text.words {
			x.Words = append(x.Words, glossed{w.terms, w.meaning, n, w.id})
		}
	}
	for _, w := range slices.Sorted(maps.Keys(stems)) {
		if strings.Contains(w, " ") && !strings.Contains(strings.TrimSpace(stems[w].String()), " ") {
			continue // of one page alone its parts find it
		}
		x.Stems = append(x.Stems, [2]string{w, strings.TrimSpace(stems[w].String())})
	}
	numbers := func(pages []*page) (list []int) {
		for _, p := range pages {
			list = append(list, at[p])
		}
		return list
	}
	terms, err := fs.ReadFile(s.fsys, "cmd/groupcast/explain_words.txt")
	if err != nil {
		return err
	}
	err = s.indexLines(string(terms), ", ", func(terms []string, pages []*page) error {
		x.Terms = append(x.Terms, entry{terms, numbers(pages)})
		return nil
	})
	if err != nil {
		return err
	}
	for _, y := range s.symptoms {
		x.Symptoms = append(x.Symptoms, entry{y.said, numbers(y.pages)})
	}
	for _, p := range s.sorted() {
		if p.surprise != "" { // what its card says
			x.Symptoms = append(x.Symptoms, entry{[]string{p.surprise}, numbers([]*page{p})})
		}
	}
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	_, _ = w.WriteString(searchBegins)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(x); err != nil {
		return err
	}
	_, _ = w.WriteString(")\n")
	if err := w.Flush(); err != nil {
		return err
	}
	s.files[searchFile] = b.Bytes()
	return nil
}
