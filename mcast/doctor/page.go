package doctor

import (
	"embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Page explains a pitfall to people: what is seen, why, how it is known, and
// what helps. Or it explains a topic: something else that a user of UDP has to
// know, which no doctor looks for.
type Page struct {
	Name     string   // of the pitfall, or the topic
	Title    string   // one line
	Lessons  []string // that show it, as in `groupcast lab run NAME`; a pitfall's first has its name, unless no lab can make it
	Sources  []string
	Sections []Section
	Card     Card // of a pitfall; a topic has none
}

// Card has the words of the one-page drawing of a pitfall: docs/pitfalls/cards.
type Card struct {
	Surprise string   // a sentence
	Seen     []string // lines of a terminal, in which ... stands for anything; # begins a remark
	Why      string
	Helps    []string // commands; # begins a remark
	Place    string   // a host or a switch of its network where the datagram's way ends, "wire", or "-" if it is not lost
	Unsent   bool     // it does not even leave
	Ends     string   // what happens there, a sentence
	Label    string   // what is sent; "": as the way of its scene says
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

// headings are those of a pitfall's page, in their order. Those after the first
// four may be left out. A topic has headings of its own.
var headings = []string{"What is seen", "How it happens", "How it is known", "What helps", "Windows and macOS", "Often said, and wrong"}

// mustHeadings is how many of them each page has.
const mustHeadings = 4

// The columns of a line in the file of a page.
const (
	maxProse    = 120
	maxVerbatim = 100 // without the four that indent it
)

//go:embed pages/*.txt pages/topics/*.txt
var pageFiles embed.FS

const (
	pageDir  = "pages/"
	topicDir = "pages/topics/"
)

// Topics are the names of the pages that are about no pitfall, in the order to
// read them in.
func Topics() []string {
	return []string{"igmp", "udp-connect", "udp-refused", "udp-silence", "send-path", "receive-path", "who-is-there", "choosing-a-group", "beyond-one-lan", "joined-already", "answers-stay-behind", "glossary"}
}

// Pages returns the pages of all pitfalls, in the order of Names.
func Pages() []Page { return mustRead(Names()) }

// TopicPages returns the pages of all topics, in the order of Topics.
func TopicPages() []Page { return mustRead(Topics()) }

func mustRead(names []string) []Page {
	list := make([]Page, len(names))
	for i, name := range names {
		p, err := FindPage(name)
		if err != nil {
			panic(err) // a test reads them all
		}
		list[i] = p
	}
	return list
}

// FindPage returns the page of a pitfall or a topic; the error is for a name
// that is neither of Names nor of Topics.
func FindPage(name string) (Page, error) {
	switch {
	case slices.Contains(Names(), name):
		return readPage(pageDir, name)
	case slices.Contains(Topics(), name):
		return readPage(topicDir, name)
	}
	return Page{}, fmt.Errorf("no pitfall or topic %q", name)
}

func readPage(dir, name string) (Page, error) {
	text, err := pageFiles.ReadFile(dir + name + ".txt")
	if err != nil {
		return Page{}, err
	}
	if dir == topicDir {
		return parseTopic(name, string(text))
	}
	return parsePage(name, string(text))
}

// parsePage reads the text of a pitfall's page. The error joins one for each
// line that is wrong, such as "wrong-egress.txt:12: cause".
func parsePage(name, text string) (Page, error) {
	p := &pageParser{page: Page{Name: name, Lessons: []string{name}}, headings: headings}
	err := p.parse(text)
	if want := headings[:mustHeadings]; len(p.page.Sections) < len(want) {
		err = errors.Join(err, fmt.Errorf("%s.txt: there are %d sections: want %s", name, len(p.page.Sections), strings.Join(want, ", ")))
	}
	return p.page, err
}

// parseTopic reads the text of a topic's page, which has headings of its own
// and names all its lessons.
func parseTopic(name, text string) (Page, error) {
	p := &pageParser{page: Page{Name: name}}
	err := p.parse(text)
	if len(p.page.Sections) == 0 {
		err = errors.Join(err, fmt.Errorf("%s.txt: there is no section", name))
	}
	return p.page, err
}

func (p *pageParser) parse(text string) error {
	var errs []error
	n := 0
	failed := func(err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s.txt:%d: %w", p.page.Name, n, err))
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
	return errors.Join(errs...)
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
	headings []string // that it must have, in their order; nil: any
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
var lessonName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`) })

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
	case key == "lesson" && (len(p.page.Lessons) == 1 || p.headings == nil):
		if own := p.headings != nil && value == p.page.Name; own || !lessonName().MatchString(value) { // a topic has none unless it names it
			return fmt.Errorf("lesson %q: want the name of another lesson than the pitfall's own, or none", value)
		}
		p.page.Lessons = append(p.page.Lessons, value)
		if value == "none" {
			p.page.Lessons = []string{}
		}
	case p.headings != nil && p.page.Card.add(key, value):
	default:
		return fmt.Errorf("header %q: want title, lesson and sources, each once", text)
	}
	return nil
}

// add takes a line of the header that is one of the card's.
func (c *Card) add(key, value string) bool {
	switch {
	case key == "surprise" && c.Surprise == "":
		c.Surprise = value
	case key == "seen":
		c.Seen = append(c.Seen, value)
	case key == "why":
		c.Why = strings.TrimSpace(c.Why + " " + value)
	case key == "helps":
		c.Helps = append(c.Helps, value)
	case key == "ends" && c.Ends == "":
		var ok bool
		if c.Place, c.Ends, ok = strings.Cut(value, " | "); !ok {
			return false
		}
		c.Ends, c.Label, _ = strings.Cut(c.Ends, " | ")
		c.Place, c.Unsent = strings.CutSuffix(c.Place, ", unsent")
	default:
		return false
	}
	return true
}

func (p *pageParser) heading(title string) error {
	n := len(p.page.Sections)
	at := slices.Index(p.headings, title)
	misplaced := at != n
	if n >= mustHeadings { // only those that may be left out follow
		misplaced = at < n || at <= slices.Index(p.headings, p.page.Sections[n-1].Title)
	}
	p.page.Sections = append(p.page.Sections, Section{Title: title})
	if p.headings != nil && misplaced {
		return fmt.Errorf("heading %q: want %s, in this order", title, strings.Join(p.headings, "; "))
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
