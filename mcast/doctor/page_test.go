package doctor

import (
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
	want := []Paragraph{{Text: "One paragraph."}, {Text: "verbatim\n  and more", Verbatim: true}}
	if !slices.Equal(p.Sections[0].Paragraphs, want) {
		t.Errorf("%s has the paragraphs %+v, want %+v", p.Sections[0].Title, p.Sections[0].Paragraphs, want)
	}

	long := strings.Repeat("x", 101)
	for _, tt := range []struct{ what, old, new, err string }{
		{"no title", "title: T\n", "", "no title"},
		{"two titles", "title: T\n", "title: T\ntitle: U\n", `name.txt:2: header "title: U": want title, lesson and sources, each once`},
		{"no sources", "sources: RFC 1112; ip(7)\n", "", "no sources"},
		{"an empty source", "RFC 1112; ip(7)", "RFC 1112; ; ip(7)", "separate sources"},
		{"a source without a space before it", "ip(7)", "ip(7);", "separate sources"},
		{"an unknown header", "lesson:", "see:", `header "see: another"`},
		{"an empty header", "lesson: another", "lesson:", "want KEY: VALUE"},
		{"a lesson that is no name", "another", "An other", `lesson "An other"`},
		{"its own lesson", "another", "name", `lesson "name"`},
		{"a heading of another name", "# What helps", "# What to do", `name.txt:15: heading "What to do"`},
		{"a heading of the second level", "# What helps", "## What helps", "there are 3 sections"},
		{"headings out of order", "# How it happens", "# What helps", `name.txt:11: heading "What helps"`},
		{"a missing section", "# What helps\nc\n", "", "there are 3 sections"},
		{"an empty section", "# What helps\nc\n", "# What helps\n", `nothing stands under "What helps"`},
		{"an empty section before another", "# How it happens\na\n", "# How it happens\n", `nothing stands under "How it happens"`},
		{"one section too many", "c\n", "c\n# Often said, and wrong\nd\n# More\ne\n", `heading "More"`},
		{"text before the first heading", "# What is seen\n", "", "before the first heading"},
		{"a wide verbatim line", "    verbatim", "    " + long, "name.txt:9: a verbatim line has at most 100 columns"},
		{"a wide line", "paragraph.", long + " " + long, "name.txt:7: a line has at most 120 columns"},
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

// readPages reads the pages, and says all that is wrong with them.
func readPages(t *testing.T) []Page {
	t.Helper()
	files, err := pageFiles.ReadDir("pages")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if _, err := readPage(strings.TrimSuffix(f.Name(), ".txt")); err != nil {
			t.Error(err)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	return Pages()
}

// Every pitfall has a page, and pages name only pitfalls that there are.
func TestPages(t *testing.T) {
	var have []string
	mentioned := regexp.MustCompile(`groupcast explain ([a-z-]+)`)
	for _, p := range readPages(t) {
		have = append(have, p.Name)
		for _, s := range p.Sections {
			for _, par := range s.Paragraphs {
				for _, m := range mentioned.FindAllStringSubmatch(par.Text, -1) {
					if !slices.Contains(Names(), m[1]) {
						t.Errorf("the page %s names %q, which is no pitfall", p.Name, m[1])
					}
				}
			}
		}
	}
	for _, name := range Names() {
		if !slices.Contains(have, name) {
			t.Errorf("the pitfall %s has no page: mcast/doctor/pages/%s.txt", name, name)
		}
	}
	for _, name := range have {
		if !slices.Contains(Names(), name) {
			t.Errorf("mcast/doctor/pages/%s.txt belongs to no pitfall", name)
		}
	}
	if !t.Failed() && !slices.Equal(have, Names()) {
		t.Errorf("the pages are in the order %q, want that of Names: %q", have, Names())
	}
}

func TestFindPage(t *testing.T) {
	p, err := FindPage("wrong-egress")
	if err != nil || p.Name != "wrong-egress" || len(p.Sections) == 0 {
		t.Errorf("the page wrong-egress: %+v, %v", p, err)
	}
	for typed, want := range map[string]string{
		"wrong-egres": `no pitfall "wrong-egres"`,
		"../facts":    `no pitfall "../facts"`,
		"":            `no pitfall ""`,
		"\x1b[2J":     `no pitfall "\x1b[2J"`,
	} {
		if _, err := FindPage(typed); err == nil || err.Error() != want {
			t.Errorf("FindPage(%q) says %v, want %s", typed, err, want)
		}
	}
}
