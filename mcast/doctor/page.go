package doctor

import (
	"embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Page explains a pitfall to people: what is seen, why, how it is known, and
// what helps.
type Page struct {
	Name     string   // of the pitfall
	Title    string   // one line
	Lessons  []string // that show it, as in `groupcast lab run NAME`; the first has its name, unless no lab can make it
	Sources  []string
	Sections []Section
}

// Section is a part of a page under a heading.
type Section struct {
	Title      string
	Paragraphs []Paragraph
}

// Paragraph is prose on one line, to be wrapped; or verbatim lines, such as
// commands and tables, which are not.
type Paragraph struct {
	Text     string // verbatim lines have "\n" between them
	Verbatim bool
}

// headings are those of a page, in their order. The last may be left out.
var headings = []string{"What is seen", "How it happens", "How it is known", "What helps", "Often said, and wrong"}

// The columns of a line in the file of a page.
const (
	maxProse    = 120
	maxVerbatim = 100 // without the four that indent it
)

//go:embed pages/*.txt
var pageFiles embed.FS

// Pages returns the pages of all pitfalls, in the order of Names.
func Pages() []Page {
	files, err := pageFiles.ReadDir("pages")
	if err != nil {
		panic(err)
	}
	list := make([]Page, len(files))
	for i, f := range files {
		if list[i], err = readPage(strings.TrimSuffix(f.Name(), ".txt")); err != nil {
			panic(err) // a test reads them all
		}
	}
	names := Names()
	slices.SortFunc(list, func(a, b Page) int { return slices.Index(names, a.Name) - slices.Index(names, b.Name) })
	return list
}

// FindPage returns the page of a pitfall; the error is for a name that is not
// of Names.
func FindPage(name string) (Page, error) {
	if !slices.Contains(Names(), name) {
		return Page{}, fmt.Errorf("no pitfall %q", name)
	}
	return readPage(name)
}

func readPage(name string) (Page, error) {
	text, err := pageFiles.ReadFile("pages/" + name + ".txt")
	if err != nil {
		return Page{}, err
	}
	return parsePage(name, string(text))
}

// parsePage reads the text of a page. The error joins one for each line that
// is wrong, such as "wrong-egress.txt:12: cause".
func parsePage(name, text string) (Page, error) {
	p := &pageParser{page: Page{Name: name, Lessons: []string{name}}}
	var errs []error
	n := 0
	failed := func(err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s.txt:%d: %w", name, n, err))
		}
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		n++
		if err := checkLine(line); err != nil {
			failed(err)
			continue
		}
		failed(p.line(line))
	}
	failed(p.sectionEnds())
	if p.page.Title == "" || p.page.Sources == nil {
		failed(errors.New("the header has no title or no sources"))
	}
	if missing := len(headings) - 1; len(p.page.Sections) < missing {
		failed(fmt.Errorf("there are %d sections: want %s", len(p.page.Sections), strings.Join(headings[:missing], ", ")))
	}
	return p.page, errors.Join(errs...)
}

// checkLine looks at what a terminal would make of a line.
func checkLine(line string) error {
	verbatim, indented := strings.CutPrefix(line, "    ")
	switch {
	case !utf8.ValidString(line):
		return errors.New("it is not UTF-8")
	case strings.ContainsFunc(line, unicode.IsControl):
		return errors.New("there is a tab, or another control character")
	case strings.TrimRight(line, " ") != line:
		return errors.New("it ends in a space")
	case indented && utf8.RuneCountInString(verbatim) > maxVerbatim:
		return fmt.Errorf("a verbatim line has at most %d columns, which are not wrapped", maxVerbatim)
	case utf8.RuneCountInString(line) > maxProse:
		return fmt.Errorf("a line has at most %d columns", maxProse)
	case !indented && strings.HasPrefix(line, " "):
		return errors.New("indent by four columns, or not at all")
	}
	return nil
}

type pageParser struct {
	page     Page
	body     bool     // the header has ended
	lines    []string // of the paragraph
	verbatim bool     // it is
}

func (p *pageParser) line(text string) error {
	title, heading := strings.CutPrefix(text, "# ")
	verbatim, indented := strings.CutPrefix(text, "    ")
	switch {
	case text == "":
		p.body = true
		p.paragraphEnds()
	case !p.body:
		return p.header(text)
	case heading:
		err := p.sectionEnds()
		return errors.Join(err, p.heading(title))
	case len(p.page.Sections) == 0:
		return errors.New("there is text before the first heading")
	default:
		if indented != p.verbatim {
			p.paragraphEnds()
		}
		p.verbatim = indented
		p.lines = append(p.lines, verbatim)
	}
	return nil
}

// lessonName is the form of a name of a lesson.
var lessonName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func (p *pageParser) header(text string) error {
	key, value, _ := strings.Cut(text, ": ")
	if strings.TrimSpace(value) != value || value == "" {
		return fmt.Errorf("header %q: want KEY: VALUE", text)
	}
	switch {
	case key == "title" && p.page.Title == "":
		p.page.Title = value
	case key == "sources" && p.page.Sources == nil:
		p.page.Sources = strings.Split(value, "; ")
		if slices.ContainsFunc(p.page.Sources, func(s string) bool { return strings.Trim(s, "; ") != s || s == "" }) {
			return fmt.Errorf("header %q: separate sources by %q", text, "; ")
		}
	case key == "lesson" && len(p.page.Lessons) == 1:
		if !lessonName.MatchString(value) || value == p.page.Name {
			return fmt.Errorf("lesson %q: want the name of another lesson than the pitfall's own, or none", value)
		}
		p.page.Lessons = append(p.page.Lessons, value)
		if value == "none" {
			p.page.Lessons = []string{}
		}
	default:
		return fmt.Errorf("header %q: want title, lesson and sources, each once", text)
	}
	return nil
}

func (p *pageParser) heading(title string) error {
	n := len(p.page.Sections)
	p.page.Sections = append(p.page.Sections, Section{Title: title})
	if n >= len(headings) || headings[n] != title {
		return fmt.Errorf("heading %q: want %s, in this order", title, strings.Join(headings, "; "))
	}
	return nil
}

func (p *pageParser) sectionEnds() error {
	p.paragraphEnds()
	if n := len(p.page.Sections); n > 0 && p.page.Sections[n-1].Paragraphs == nil {
		return fmt.Errorf("nothing stands under %q", p.page.Sections[n-1].Title)
	}
	return nil
}

func (p *pageParser) paragraphEnds() {
	if len(p.lines) == 0 {
		return
	}
	between := " "
	if p.verbatim {
		between = "\n"
	}
	s := &p.page.Sections[len(p.page.Sections)-1]
	s.Paragraphs = append(s.Paragraphs, Paragraph{Text: strings.Join(p.lines, between), Verbatim: p.verbatim})
	p.lines = nil
}
