package doctor

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The text of a page, with something wrong in it.
func TestParsePage(t *testing.T) {
	const page = `title: T
lesson: another
sources: RFC 1112; ip(7)
surprise: It came back.
seen: A$ one
seen: two
why: a
why: b
helps: do it
ends: A, unsent | It stays. | to all

# What is seen
One
paragraph.

    verbatim
      and more
# How it happens
a
# How it is known
b
# What helps
c
`
	p, err := parsePage("name", page)
	if err != nil {
		t.Fatalf("the page is right, but: %v", err)
	}
	if p.Name != "name" || p.Title != "T" || !slices.Equal(p.Lessons, []string{"name", "another"}) || !slices.Equal(p.Sources, []string{"RFC 1112", "ip(7)"}) {
		t.Errorf("the header was read as %+v", p)
	}
	if want := (Card{Surprise: "It came back.", Seen: []string{"A$ one", "two"}, Why: "a b", Helps: []string{"do it"}, Place: "A", Unsent: true, Ends: "It stays.", Label: "to all"}); !reflect.DeepEqual(p.Card, want) {
		t.Errorf("the card was read as %+v, want %+v", p.Card, want)
	}
	want := []Paragraph{{Text: "One paragraph."}, {Text: "verbatim\n  and more", Verbatim: true}}
	if !slices.Equal(p.Sections[0].Paragraphs, want) {
		t.Errorf("%s has the paragraphs %+v, want %+v", p.Sections[0].Title, p.Sections[0].Paragraphs, want)
	}

	for _, more := range []string{"# Windows and macOS\nd\n", "# Often said, and wrong\nd\n", "# Windows and macOS\nd\n# Often said, and wrong\ne\n"} {
		if _, err := parsePage("name", page+more); err != nil {
			t.Errorf("%q may follow the others, but: %v", more, err)
		}
	}

	long := strings.Repeat("x", 101)
	for _, tt := range []struct{ what, old, new, err string }{
		{"no title", "title: T\n", "", "no title"},
		{"two titles", "title: T\n", "title: T\ntitle: U\n", `name.txt:2: header "title: U": want title, lesson and sources, each once`},
		{"no sources", "sources: RFC 1112; ip(7)\n", "", "no sources"},
		{"an empty source", "RFC 1112; ip(7)", "RFC 1112; ; ip(7)", "separate sources"},
		{"a source without a space before it", "ip(7)", "ip(7);", "separate sources"},
		{"two surprises", "seen: A$ one", "surprise: again", `header "surprise: again"`},
		{"an end without a place", "A, unsent | It stays. | to all", "It stays.", `header "ends: It stays."`},
		{"an unknown header", "lesson:", "see:", `header "see: another"`},
		{"an empty header", "lesson: another", "lesson:", "want KEY: VALUE"},
		{"a lesson that is no name", "another", "An other", `lesson "An other"`},
		{"its own lesson", "another", "name", `lesson "name"`},
		{"a heading of another name", "# What helps", "# What to do", `name.txt:22: heading "What to do"`},
		{"a heading of the second level", "# What helps", "## What helps", "there are 3 sections"},
		{"headings out of order", "# How it happens", "# What helps", `name.txt:18: heading "What helps"`},
		{"a missing section", "# What helps\nc\n", "", "there are 3 sections"},
		{"an empty section", "# What helps\nc\n", "# What helps\n", `nothing stands under "What helps"`},
		{"an empty section before another", "# How it happens\na\n", "# How it happens\n", `nothing stands under "How it happens"`},
		{"one section too many", "c\n", "c\n# Often said, and wrong\nd\n# More\ne\n", `heading "More"`},
		{"optional sections out of order", "c\n", "c\n# Often said, and wrong\nd\n# Windows and macOS\ne\n", `heading "Windows and macOS"`},
		{"an optional section twice", "c\n", "c\n# Windows and macOS\nd\n# Windows and macOS\ne\n", `heading "Windows and macOS"`},
		{"text before the first heading", "# What is seen\n", "", "before the first heading"},
		{"a wide verbatim line", "    verbatim", "    " + long, "name.txt:16: a verbatim line has at most 100 columns"},
		{"a wide line", "paragraph.", long + " " + long, "name.txt:14: a line has at most 120 columns"},
		{"a tab", "    verbatim", "\tverbatim", "tab"},
		{"a control character", "paragraph.", "\x1b[1m", "control character"},
		{"bytes that are no text", "paragraph.", "\xff", "UTF-8"},
		{"a space at the end", "paragraph.", "paragraph. ", "ends in a space"},
		{"half an indentation", "    verbatim", "  verbatim", "four columns"},
		{"nothing at all", page, "", "no title"},
	} {
		if _, err := parsePage("name", strings.Replace(page, tt.old, tt.new, 1)); err == nil || !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: the error is %v, want one that has %q", tt.what, err, tt.err)
		}
	}
}

// A topic has headings and lessons of its own.
func TestParseTopic(t *testing.T) {
	const text = "title: T\nlesson: name\nsources: udp(7)\n\n# Anything\na\n# And more\nb\n"
	p, err := parseTopic("name", text)
	if err != nil || len(p.Sections) != 2 || p.Sections[1].Title != "And more" || !slices.Equal(p.Lessons, []string{"name"}) {
		t.Errorf("the topic was read as %+v, %v", p, err)
	}
	for what, tt := range map[string]struct{ old, new, err string }{
		"no section":       {"# Anything\na\n# And more\nb\n", "", "there is no section"},
		"an empty section": {"b\n", "", `nothing stands under "And more"`},
		"no title":         {"title: T\n", "", "no title"},
	} {
		if _, err := parseTopic("name", strings.Replace(text, tt.old, tt.new, 1)); err == nil || !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: the error is %v, want one that has %q", what, err, tt.err)
		}
	}
}

// readPages reads the pages of a directory, and says all that is wrong with
// them.
func readPages(t *testing.T, dir string) (pages []Page) {
	t.Helper()
	files, err := pageFiles.ReadDir(strings.TrimSuffix(dir, "/"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.IsDir() {
			continue
		}
		p, err := readPage(dir, strings.TrimSuffix(f.Name(), ".txt"))
		if err != nil {
			t.Error(err)
		}
		pages = append(pages, p)
	}
	if t.Failed() {
		t.FailNow()
	}
	return pages
}

// Each pitfall has a card, and a topic has none.
func TestPagesHaveCards(t *testing.T) {
	for _, p := range Pages() {
		if c := p.Card; c.Surprise == "" || len(c.Seen) == 0 || len(c.Seen) > 4 || c.Why == "" || len(c.Helps) == 0 || len(c.Helps) > 3 || c.Place == "" || c.Ends == "" {
			t.Errorf("%s.txt has not all of a card: surprise, seen (1 to 4), why, helps (1 to 3), ends: %+v", p.Name, c)
		}
	}
	if _, err := parseTopic("name", "title: T\nsources: udp(7)\nsurprise: S\n\n# A\na\n"); err == nil || !strings.Contains(err.Error(), "surprise: S") {
		t.Errorf("a topic with a surprise: %v", err)
	}
}

// Each name has a page, and pages name only what there is.
func TestPages(t *testing.T) {
	for dir, names := range map[string][]string{pageDir: Names(), topicDir: Topics()} {
		var have []string
		for _, p := range readPages(t, dir) {
			have = append(have, p.Name)
			for _, name := range mentioned(p) {
				if !slices.Contains(Names(), name) && !slices.Contains(Topics(), name) {
					t.Errorf("the page %s names %q, which has no page", p.Name, name)
				}
			}
		}
		if want := slices.Sorted(slices.Values(names)); !slices.Equal(have, want) {
			t.Errorf("mcast/doctor/%s has the pages %q, want %q", dir, have, want)
		}
	}
	for i, p := range append(Pages(), TopicPages()...) {
		if want := slices.Concat(Names(), Topics())[i]; p.Name != want {
			t.Errorf("page %d is %s, want %s", i, p.Name, want)
		}
	}
}

var explained = regexp.MustCompile(`groupcast explain ([a-z-]+)`)

// mentioned are the pages that a page leads to.
func mentioned(p Page) (names []string) {
	for _, s := range p.Sections {
		for _, par := range s.Paragraphs {
			for _, m := range explained.FindAllStringSubmatch(par.Text, -1) {
				names = append(names, m[1])
			}
		}
	}
	return names
}

func TestFindPage(t *testing.T) {
	p, err := FindPage("wrong-egress")
	if err != nil || p.Name != "wrong-egress" || len(p.Sections) == 0 {
		t.Errorf("the page wrong-egress: %+v, %v", p, err)
	}
	if p, err := FindPage("udp-refused"); err != nil || p.Name != "udp-refused" || len(p.Sections) == 0 {
		t.Errorf("the page udp-refused: %+v, %v", p, err)
	}
	for typed, want := range map[string]string{
		"wrong-egres": `no pitfall or topic "wrong-egres"`,
		"../facts":    `no pitfall or topic "../facts"`,
		"":            `no pitfall or topic ""`,
		"\x1b[2J":     `no pitfall or topic "\x1b[2J"`,
	} {
		if _, err := FindPage(typed); err == nil || err.Error() != want {
			t.Errorf("FindPage(%q) says %v, want %s", typed, err, want)
		}
	}
}
