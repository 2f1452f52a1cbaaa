package main

import (
	"cmp"
	_ "embed"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
	"github.com/groupcast/groupcast/mcast/lab/lesson/listings"
)

// answer is a page or a lesson that explain finds: one of them is set.
type answer struct {
	page   *doctor.Page
	lesson *lesson.Lesson
}

func (a answer) name() string {
	if a.page != nil {
		return a.page.Name
	}
	return a.lesson.Name
}

func (a answer) title() string {
	if a.page != nil {
		return a.page.Title
	}
	return a.lesson.Title
}

// command shows it.
func (a answer) command() string {
	if a.page != nil {
		return "groupcast explain " + a.page.Name
	}
	return "groupcast lab run " + a.lesson.Name
}

// found is what explain finds for some words.
type found struct {
	words   string   // as they were typed, or the nearest
	answers []answer // the best first
}

const (
	mostAnswers = 8
	mostNarrow  = 3 // words that an answer has all of, if one has; of more, it may lack some
)

// What a word counts, by where it stands.
const (
	nameScore    = 100
	indexScore   = 300 // of the first page of its entry
	indexStep    = 20  // less for each one after that
	titleScore   = 25
	headingScore = 8
	mostRepeated = 8 // times that it is counted in the rest
)

// search finds the pages and lessons about words of the field, such as ttl, an
// error's name, or a question. Of mistyped words it takes the nearest.
func search(typed string) found {
	lib := library()
	f := found{words: lib.corrected(typed)}
	whole := stems(f.words)
	if len(whole) == 0 {
		return f
	}
	terms, errors := termsOf(f.words), errorNames(typed)
	type hit struct {
		*text
		score float64
		has   int // of the terms
	}
	var hits []hit
	best := 0
	for _, t := range lib.texts {
		h := hit{text: t}
		for _, term := range terms {
			n := t.about(term)
			if n == 0 {
				continue
			}
			h.has++
			if len(terms) == 1 {
				h.score += n
			} else {
				h.score += lib.rarity(term) * math.Log2(1+n)
			}
		}
		if len(terms) > 1 || len(whole) > len(terms[0]) {
			if n := t.about(whole); n > 0 { // as they stand
				h.has = len(terms)
				h.score += 2*lib.rarity(whole)*math.Log2(1+n) + t.index[strings.Join(whole, " ")]
			}
			for key, n := range t.index { // an error within a line that a program printed
				if words := strings.Fields(key); (len(words) > 1 || slices.Contains(errors, key)) && count(whole, words) > 0 {
					h.has = len(terms)
					h.score += n * float64(len(words)) / 8
				}
			}
		}
		if h.score > 0 {
			hits = append(hits, h)
			best = max(best, h.has)
		}
	}
	if len(terms) <= mostNarrow {
		hits = slices.DeleteFunc(hits, func(h hit) bool { return h.has < best })
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(b.score, a.score) })
	for _, h := range hits {
		alone := len(f.answers) == 0
		// the page leads to the lesson of its name
		again := h.lesson != nil && slices.ContainsFunc(hits, func(p hit) bool { return p.page != nil && p.name() == h.name() })
		if !again && len(f.answers) < mostAnswers && (alone || h.score >= min(2, hits[0].score) && h.score > hits[0].score/50) {
			f.answers = append(f.answers, h.answer)
		}
	}
	return f
}

// text is a page or a lesson as search reads it: stems of words.
type text struct {
	answer
	named, titled, headed, rest []string
	index                       map[string]float64 // what a term of the index counts for it
}

// about is how much a text is about a term, which is one word or several beside
// each other.
func (t *text) about(term []string) float64 {
	n := t.index[strings.Join(term, " ")]
	if slices.Equal(t.named, term) {
		n += 10 * nameScore
	} else if count(t.named, term) > 0 {
		n += nameScore
	}
	if count(t.titled, term) > 0 {
		n += titleScore
	}
	n += float64(headingScore * min(2, count(t.headed, term)))
	return n + float64(min(mostRepeated, count(t.rest, term)))
}

// count is how often the words of a term stand beside each other.
func count(words, term []string) (n int) {
	for i := 0; i+len(term) <= len(words); i++ {
		if words[i] == term[0] && slices.Equal(words[i:i+len(term)], term) {
			n++
		}
	}
	return n
}

// book is all that search finds, read once.
type book struct {
	texts  []*text
	in     map[string]int // how many texts have a stem
	spoken []string       // words as they are written, that a mistyped one may be meant to be
}

var library = sync.OnceValue(func() *book {
	lib := &book{in: map[string]int{}}
	words := map[string]bool{}
	say := func(s string) {
		for _, w := range searchWords(s) {
			words[w] = true
		}
	}
	for _, p := range allPages() {
		t := &text{answer: answer{page: &p}}
		t.add(p.Sources...)
		for _, s := range p.Sections {
			t.headed = append(t.headed, stems(s.Title)...)
			for _, par := range s.Paragraphs {
				t.add(par.Text)
			}
		}
		lib.texts = append(lib.texts, t)
	}
	for _, l := range lesson.All() {
		t := &text{answer: answer{lesson: &l}}
		for _, goal := range l.Goals {
			t.headed = append(t.headed, stems(goal)...)
		}
		for _, part := range slices.Concat(l.Parts, l.ByHand) {
			t.part(part)
		}
		for _, q := range l.Questions {
			t.add(q.Text, q.Answer)
		}
		if l.Exercise != nil {
			t.add(l.Exercise.Task...)
		}
		if subject, err := listings.Find(l.Code); err == nil {
			for _, program := range subject.Languages {
				t.add(program.Lines...)
			}
		}
		lib.texts = append(lib.texts, t)
	}
	for _, t := range lib.texts {
		t.named, t.titled, t.index = stems(t.name()), stems(t.title()), map[string]float64{}
		say(t.name())
		say(t.title())
	}
	for _, e := range fieldIndex() {
		for _, term := range e.terms {
			say(term)
			for i, find := range e.texts {
				if t := lib.find(find); t != nil { // a lesson may not be written yet
					key := strings.Join(stems(term), " ")
					t.index[key] = max(t.index[key], float64(indexScore-i*indexStep))
				}
			}
		}
	}
	for _, d := range doctor.Defined() {
		for _, term := range d.Terms {
			say(term)
		}
	}
	for w := range words {
		lib.spoken = append(lib.spoken, w)
	}
	slices.Sort(lib.spoken)
	for _, t := range lib.texts {
		all := slices.Concat(t.named, t.titled, t.headed, t.rest)
		for key := range t.index {
			all = append(all, strings.Fields(key)...)
		}
		slices.Sort(all)
		for _, w := range slices.Compact(all) {
			lib.in[w]++
		}
	}
	return lib
})

func (t *text) add(all ...string) {
	for _, s := range all {
		t.rest = append(t.rest, stems(s)...)
	}
}

func (t *text) part(p lesson.Part) {
	switch {
	case p.Step != nil:
		t.add(p.Step.Text)
	case p.Predict != nil:
		t.add(p.Predict.Text)
		t.add(p.Predict.Choices...)
	case p.Prose != "":
		t.add(p.Prose)
	}
}

// find is the text of an entry of the index; nil: there is none.
func (lib *book) find(e indexed) *text {
	i := slices.IndexFunc(lib.texts, func(t *text) bool { return t.name() == e.name && (t.lesson != nil) == e.lesson })
	if i < 0 {
		return nil
	}
	return lib.texts[i]
}

// rarity is large for what few texts have.
func (lib *book) rarity(term []string) float64 {
	n := 0
	for _, w := range term {
		if in := lib.in[w]; n == 0 || in < n {
			n = in
		}
	}
	return math.Log2(1 + float64(len(lib.texts))/float64(1+n))
}

// corrected has the nearest known word for each that no text has.
func (lib *book) corrected(typed string) string {
	words := strings.Fields(typed)
	for i, word := range words {
		for _, w := range searchWords(word) {
			if lib.in[stem(w)] > 0 {
				continue
			}
			near := slices.DeleteFunc(lab.Nearest(w, lib.spoken), func(n string) bool { return !isNear(w, n) })
			if len(near) > 0 {
				often := func(a, b string) int { return cmp.Compare(lib.in[stem(a)], lib.in[stem(b)]) }
				words[i] = strings.Replace(strings.ToLower(words[i]), w, slices.MaxFunc(near, often), 1)
			}
		}
	}
	return strings.Join(words, " ")
}

// isNear reports whether a word is near enough to be meant: of a short one the
// letters are right, and their order is not, or one is missing.
func isNear(typed, word string) bool {
	a, b := []rune(typed), []rune(word)
	switch {
	case len(a) < 4 || strings.ContainsFunc(typed, unicode.IsDigit):
		return false
	case len(a) > 5:
		return true
	case len(a) != len(b):
		return len(a)-len(b) == 1 || len(b)-len(a) == 1
	}
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// errorNames are the names of errors, as in errno(3), the way search has them.
func errorNames(typed string) (list []string) {
	for _, word := range strings.FieldsFunc(typed, func(r rune) bool { return !unicode.IsUpper(r) }) {
		if len(word) > 3 && word[0] == 'E' {
			list = append(list, stem(strings.ToLower(word)))
		}
	}
	return list
}

// passing are the words of a question that say nothing of what it is about.
var passing = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields("a an and any are as at be but by can cannot did do does for from get gets got has have how i if in is it its me my of on or so than that the their them then there they this to use using was we what when where which who whom why will with you your t s don doesn isn won") {
		m[w] = true
	}
	return m
}()

// termsOf are the words of a query, each of which may be several for the search:
// IP_MULTICAST_LOOP, 169.254.
func termsOf(query string) (terms [][]string) {
	fields := strings.Fields(query)
	for _, f := range fields {
		if s := stems(f); len(s) > 0 && !(len(s) == 1 && passing[strings.ToLower(strings.Trim(f, "?!.,"))]) {
			terms = append(terms, s)
		}
	}
	if len(terms) == 0 {
		terms = [][]string{stems(query)}
	}
	return terms
}

// searchWords are the runs of letters and digits, in lower case.
func searchWords(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func stems(s string) []string {
	words := searchWords(s)
	for i, w := range words {
		words[i] = stem(w)
	}
	return words
}

// stem cuts the endings that a word has in a sentence.
func stem(w string) string {
	const shortest = 4
	for _, end := range []string{"ations", "ation", "ated", "ating", "ates", "ate", "ings", "ing", "ied", "ies", "ed", "es", "s", "y", "e"} {
		if cut, ok := strings.CutSuffix(w, end); ok && (len(cut) >= shortest || end == "s" && len(cut) >= 2 && !strings.HasSuffix(cut, "s")) {
			return strings.TrimSuffix(cut, "e")
		}
	}
	return w
}

// entry is one of the index: terms that mean the same, and what is about them.
type entry struct {
	terms []string
	texts []indexed
}

type indexed struct {
	name   string
	lesson bool
}

//go:embed explain_words.txt
var indexText string

// fieldIndex is the index of the pages and lessons by the words of the field, as a
// book has one. Each line is
//
//	TERM, TERM = PAGE PAGE / LESSON LESSON
//
// with the best first. The terms mean nearly the same.
var fieldIndex = sync.OnceValue(func() (list []entry) {
	for line := range strings.Lines(indexText) {
		terms, about, ok := strings.Cut(strings.TrimSpace(line), " = ")
		if !ok {
			continue // a heading
		}
		e := entry{terms: strings.Split(terms, ", ")}
		pages, lessons, _ := strings.Cut(about, "/")
		for _, name := range strings.Fields(pages) {
			e.texts = append(e.texts, indexed{name, false})
		}
		for _, name := range strings.Fields(lessons) {
			e.texts = append(e.texts, indexed{name, true})
		}
		list = append(list, e)
	}
	return list
})
