package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

func plainText(s string) string { return s }

func TestWritePage(t *testing.T) {
	page := doctor.Page{
		Name: "name", Title: "A title of some length, which is wrapped", Lessons: []string{"name", "another"},
		Sources: []string{"RFC 1112, section 6.1, on the delivery of datagrams"},
		Sections: []doctor.Section{
			{Title: "What is seen", Paragraphs: []doctor.Paragraph{
				{Text: "Prose of some length, and then the very command to type:"},
				{Text: "a command that is wider than all of the page\n  and more", Verbatim: true},
			}},
			{Title: "How it happens", Paragraphs: []doctor.Paragraph{{Text: "So."}}},
		},
	}
	var out strings.Builder
	writePage(&out, page, 40, strings.ToUpper)
	const want = `NAME: A TITLE OF SOME LENGTH, WHICH IS
WRAPPED

WHAT IS SEEN
  Prose of some length, and then the
  very command to type:

    a command that is wider than all of the page
      and more

HOW IT HAPPENS
  So.

SEE IT HAPPEN
    groupcast lab run name
    groupcast lab run another

MEND IT YOURSELF
    groupcast lab exercise name

HOW IT WAS PROVED
  The project's tests run its scene and
  its exercise in a LAN of namespaces,
  without root. The pitfall happens,
  groupcast names it and no other, the
  fix mends it, and then groupcast finds
  nothing.

SOURCES
  RFC 1112, section 6.1, on the delivery
  of datagrams
`
	if out.String() != want {
		t.Errorf("printed\n%swant\n%s", out.String(), want)
	}
}

// No page is wider than the terminal, but for what is verbatim.
func TestPagesFit(t *testing.T) {
	for _, p := range allPages() {
		for _, width := range []int{40, 41, 60, 80, 99, 100} {
			var out strings.Builder
			writePage(&out, p, width, plainText)
			for line := range strings.Lines(out.String()) {
				line = strings.TrimSuffix(line, "\n")
				if n := utf8.RuneCountInString(line); n > width && !strings.HasPrefix(line, "    ") && strings.Contains(strings.TrimSpace(line), " ") {
					t.Errorf("%s at %d columns has a line of %d: %q", p.Name, width, n, line)
				}
			}
			for _, s := range p.Sections {
				for _, par := range s.Paragraphs {
					if par.Verbatim && !strings.Contains(out.String(), "\n"+indent(par.Text, "    ")) {
						t.Errorf("%s at %d columns does not have these lines as they are:\n%s", p.Name, width, par.Text)
					}
				}
			}
		}
	}
}

// A page leads to lessons that there are.
func TestPagesHaveLessons(t *testing.T) {
	mentioned := regexp.MustCompile(`groupcast lab (run|exercise) ([a-z0-9-]+)`)
	for _, p := range allPages() {
		var out strings.Builder
		writePage(&out, p, 100, plainText)
		for _, m := range mentioned.FindAllStringSubmatch(out.String(), -1) {
			if m[2] == "NAME" {
				continue
			}
			if l, err := lesson.Find(m[2]); err != nil {
				t.Errorf("the page %s: %v", p.Name, err)
			} else if m[1] == "exercise" && l.Exercise == nil {
				t.Errorf("the page %s: the lesson %s has no exercise", p.Name, l.Name)
			}
		}
	}
}

// On a terminal a page is as wide as that, within reason, and its headings
// stand out unless colours are unwanted.
func TestExplainOnATerminal(t *testing.T) {
	t.Parallel()
	host := labtest.Build(t, lab.Article).Host("A")
	page, err := doctor.FindPage("wrong-egress")
	if err != nil {
		t.Fatal(err)
	}
	page = withLessons(page)
	bold := func(s string) string { return "\x1b[1m" + s + "\x1b[m" }
	for _, tt := range []struct {
		columns int
		env     []string
		width   int
		strong  func(string) string
	}{
		{50, nil, 50, bold},
		{20, nil, 40, bold},
		{200, nil, 100, bold},
		{100, []string{"NO_COLOR=yes"}, 100, plainText},
		{100, []string{"TERM=dumb"}, 100, plainText},
	} {
		var want strings.Builder
		writePage(&want, page, tt.width, tt.strong)
		s := openTerminal(t, host, tt.columns, 10, tt.env, "groupcast", "explain", page.Name)
		written := func() string { return strings.ReplaceAll(s.written(), "\r\n", "\n") }
		s.until(fmt.Sprintf("the page at %d columns, %q", tt.columns, tt.env), func() bool { return written() == want.String() })
		s.quits(exitOK)
	}
}

// On a terminal of 80 columns lists, tables and findings stay whole: no word is cut.
func TestListsOnATerminal(t *testing.T) {
	t.Parallel()
	host := labtest.Build(t, lab.Article).Host("A")
	for command, status := range map[string]int{"explain": exitOK, "lab list": exitOK, "interfaces": exitDoubt, "doctor": exitDoubt} {
		s := openScreen(t, host, 80, 10, strings.Fields(command)...)
		s.quits(status)
		s.cutsNoWords(80)
	}
}

// cutsNoWords fails the test if a line is wider than the terminal, which would break it
// anywhere.
func (s *screen) cutsNoWords(columns int) {
	s.t.Helper()
	for line := range strings.SplitSeq(s.written(), "\r\n") {
		if n := ansi.WcWidth.StringWidth(line); n > columns {
			s.t.Errorf("a line of %d cells on %d columns: %q", n, columns, line)
		}
	}
}

// The list has every page once.
func TestListPages(t *testing.T) {
	var out strings.Builder
	listPages(&out)
	for _, p := range allPages() {
		if n := strings.Count("\n"+out.String(), "\n"+p.Name+" "); n != 1 {
			t.Errorf("%s is listed %d times", p.Name, n)
		}
	}
}
