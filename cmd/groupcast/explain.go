package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

func newExplain(set *settings) *cobra.Command {
	var symptom bool
	cmd := &cobra.Command{
		Use:   "explain [NAME|WORD...]",
		Short: "Explain a pitfall, a word or an error, or list the pages",
		Long: `Explain a pitfall by its name in groupcast doctor: what you see, how it happens, how to recognise it, what helps, and
the lessons that show it in a LAN inside this computer.

It also explains what UDP reports and what its silence means (udp-connect, udp-refused, udp-silence), which host
reports which group (igmp), and what the kernel does with a datagram (send-path, receive-path). With a word of the
field, an error, a socket option or a question, it finds the pages and the lessons about it, the best first. More
words narrow the search. A mistyped word is taken for the nearest one. Without words it lists all pages.

--symptom begins with what you see. Two to six questions lead to the pitfall, each with the commands that decide it.
On a terminal it asks them one by one. With words, or with the name of a question, it prints the questions about them,
and elsewhere all questions.`,
		Example: `  groupcast explain                     list the pages
  groupcast explain wrong-egress        why sends leave via another interface than the LAN's
  groupcast explain ttl                 the pages and lessons about the TTL
  groupcast explain EADDRINUSE          about an error
  groupcast explain multicast on wifi   about several words
  groupcast explain udp-refused         when a program learns that a port is closed
  groupcast explain --symptom           questions that lead from what you see to the pitfall
  groupcast explain --symptom "I hear myself but nobody else"`,
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) (out []string, _ cobra.ShellCompDirective) {
			if len(args) == 0 {
				for _, p := range allPages() {
					out = append(out, p.Name+"\t"+p.Title)
				}
			}
			return out, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			out, typed := cmd.OutOrStdout(), strings.Join(args, " ")
			if symptom {
				return explainSymptom(cmd, typed, set.json)
			}
			var f found
			switch page, err := doctor.FindPage(typed); {
			case len(args) == 0 && !set.json:
				listPages(out)
				return nil
			case len(args) == 0:
				for _, p := range allPages() {
					f.answers = append(f.answers, answer{page: &p})
				}
			case err == nil:
				f = found{words: typed, answers: []answer{{page: &page}}}
			default:
				f = search(typed)
				if page, err := doctor.FindPage(f.words); err == nil {
					f.answers = []answer{{page: &page}}
				}
				if len(f.answers) == 0 {
					return usageError{fmt.Errorf("no page or lesson has %s. Try another word, such as querier, TTL or EADDRINUSE; "+
						"groupcast explain lists the pages, groupcast lab run the lessons", strconv.Quote(typed))}
				}
				if f.words != typed {
					fmt.Fprintf(cmd.ErrOrStderr(), "groupcast: nothing has %s; this is about %s\n", strconv.Quote(typed), strconv.Quote(f.words))
				}
			}
			switch {
			case set.json:
				for _, a := range f.answers {
					writeJSON(out, a.object())
				}
			case len(f.answers) == 1 && f.answers[0].page != nil:
				writePage(out, withLessons(*f.answers[0].page), columns(out), emphasis(out))
			default:
				defines(out, f.words)
				listAnswers(out, f.answers)
			}
			return nil
		},
	}
	set.has(cmd, "json")
	cmd.Flags().BoolVar(&symptom, "symptom", false, "lead from what you see to the pitfall, by questions and the commands that decide them")
	return cmd
}

// object is the answer as --json prints it.
func (a answer) object() object {
	if a.page != nil {
		return pageObject(*a.page)
	}
	return jsonFoundLesson{headOf("lesson"), a.lesson.Name, a.lesson.Title, a.lesson.Pitfalls}
}

// listAnswers prints the command that shows each, and what it is about.
func listAnswers(out io.Writer, answers []answer) {
	column := 0
	for _, a := range answers {
		column = max(column, len(a.command())+2)
	}
	for _, a := range answers {
		titled := indent(wrap(a.title(), max(20, columns(out)-column-1)), strings.Repeat(" ", column))
		fmt.Fprintf(out, "%-*s%s", column, a.command(), titled[column:])
	}
}

// allPages are the pages of the pitfalls, and after them those of the topics, each
// with all lessons about it.
func allPages() []doctor.Page {
	pages := append(doctor.Pages(), doctor.TopicPages()...)
	for i := range pages {
		pages[i] = withLessons(pages[i])
	}
	return pages
}

// withLessons adds the lessons that name the page to those that it names.
func withLessons(p doctor.Page) doctor.Page {
	p.Lessons = lesson.About(p.Name, p.Lessons)
	return p
}

// topicsOf are the names of the topics that name a lesson.
func topicsOf(l lesson.Lesson) (names []string) {
	for _, p := range doctor.TopicPages() {
		if slices.Contains(p.Lessons, l.Name) {
			names = append(names, p.Name)
		}
	}
	return names
}

// readOn prints the commands that explain what a lesson was about.
func readOn(out io.Writer, l lesson.Lesson) {
	names := slices.Concat(l.Pitfalls, topicsOf(l))
	if len(names) == 0 {
		return
	}
	fmt.Fprintln(out, "\n  Read on:")
	for _, name := range names {
		fmt.Fprintf(out, "    groupcast explain %s\n", name)
	}
}

func listPages(out io.Writer) {
	tablePages(out, doctor.Pages())
	topics := doctor.TopicPages()
	for _, part := range []struct {
		title string
		names []string
	}{
		{"Which group to take", []string{"choosing-a-group"}},
		{"Who is a member", []string{"igmp", "who-is-there"}},
		{"Beyond one LAN", []string{"beyond-one-lan", "joined-already", "answers-stay-behind"}},
		{"What UDP answers", []string{"udp-connect", "udp-refused", "udp-silence"}},
		{"What the kernel does", []string{"send-path", "receive-path"}},
		{"What the words mean", []string{"glossary"}},
	} {
		fmt.Fprintf(out, "\n%s:\n", part.title)
		tablePages(out, slices.DeleteFunc(slices.Clone(topics), func(p doctor.Page) bool { return !slices.Contains(part.names, p.Name) }))
	}
	fmt.Fprintln(out, "\nFrom what you see to its page: groupcast explain --symptom")
}

// defines prints what the glossary says of a term, if it has it.
func defines(out io.Writer, term string) {
	if text, ok := doctor.Define(term); ok {
		fmt.Fprintf(out, "%s\n", wrap(text, columns(out)))
	}
}

func tablePages(out io.Writer, pages []doctor.Page) {
	column := 0
	for _, p := range pages {
		column = max(column, len(p.Name)+2)
	}
	for _, p := range pages {
		listRow(out, column, p.Name, p.Title)
	}
}

// writePage writes a page that is wrapped to that many columns; only verbatim
// lines may be wider.
func writePage(out io.Writer, p doctor.Page, columns int, strong func(string) string) {
	const margin, deeper = "  ", "    "
	paragraph := func(text string) { fmt.Fprint(out, indent(wrap(text, columns-len(margin)), margin)) }

	fmt.Fprintln(out, strong(strings.TrimSuffix(wrap(p.Name+": "+p.Title, columns), "\n")))
	if p.Card.Surprise != "" {
		fmt.Fprintln(out)
		paragraph(p.Card.Surprise)
	}
	for _, s := range p.Sections {
		fmt.Fprintf(out, "\n%s\n", strong(s.Title))
		for i, par := range s.Paragraphs {
			if i > 0 {
				fmt.Fprintln(out)
			}
			if par.Verbatim {
				fmt.Fprint(out, indent(par.Text, deeper))
			} else {
				paragraph(par.Text)
			}
		}
	}
	if len(p.Lessons) > 0 {
		fmt.Fprintf(out, "\n%s\n", strong("See it happen"))
		for _, name := range p.Lessons {
			fmt.Fprintf(out, "%sgroupcast lab run %s\n", deeper, name)
		}
		fmt.Fprintf(out, "\n%s\n%sgroupcast lab exercise %s\n", strong("Mend it yourself"), deeper, p.Lessons[0])
	}
	if proof := p.Proof(); proof != "" {
		fmt.Fprintf(out, "\n%s\n", strong(doctor.ProofHeading))
		paragraph(proof)
	}
	fmt.Fprintf(out, "\n%s\n", strong("Sources"))
	for _, s := range p.Sources {
		paragraph(s)
	}
}

// jsonPage is a page as --json prints it. Fields are only added.
type jsonPage struct {
	jsonHead               // page
	Name     string        `json:"name"` // of the pitfall or the topic
	Title    string        `json:"title"`
	Sections []jsonSection `json:"sections"`
	Lessons  []string      `json:"lessons"` // as in groupcast lab run NAME
	Sources  []string      `json:"sources"`
	Surprise string        `json:"surprise,omitempty"` // of a pitfall: the sentence of its card
}

// jsonFoundLesson is a lesson that the words lead to. Fields are only added.
type jsonFoundLesson struct {
	jsonHead          // lesson
	Name     string   `json:"name"`
	Title    string   `json:"title"`
	Pitfalls []string `json:"pitfalls"`
}

type jsonSection struct {
	Title      string          `json:"title"`
	Paragraphs []jsonParagraph `json:"paragraphs"`
}

type jsonParagraph struct {
	Text     string `json:"text"`     // verbatim: lines
	Verbatim bool   `json:"verbatim"` // not to be wrapped
}

func pageObject(p doctor.Page) jsonPage {
	p = withLessons(p)
	o := jsonPage{jsonHead: headOf("page"), Name: p.Name, Title: p.Title, Lessons: p.Lessons, Sources: p.Sources, Surprise: p.Card.Surprise}
	for _, s := range p.Sections {
		section := jsonSection{Title: s.Title}
		for _, par := range s.Paragraphs {
			section.Paragraphs = append(section.Paragraphs, jsonParagraph(par))
		}
		o.Sections = append(o.Sections, section)
	}
	return o
}
