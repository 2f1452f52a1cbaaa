package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/lab"
)

func newExplain(set *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain [NAME|WORD]",
		Short: "Explain a pitfall or what UDP reports, or list the pages",
		Long: `Explain a pitfall by its name in groupcast doctor: what you see, how it happens, how to recognise it, what helps, and
the lesson that shows it in a LAN inside this computer.

It also explains what UDP reports and what its silence means (udp-connect, udp-refused, udp-silence), which host
reports which group (igmp), and what the kernel does with a datagram (send-path, receive-path). With a word of the
field, such as ttl, vlan or docker, it finds the pages about it. Without NAME it lists all pages.`,
		Example: `  groupcast explain                list the pages
  groupcast explain wrong-egress   why sends leave via another interface than the LAN's
  groupcast explain ttl            the pages about the TTL
  groupcast explain udp-refused    when a program learns that a port is closed`,
		Args: atMost(1),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) (out []string, _ cobra.ShellCompDirective) {
			if len(args) == 0 {
				for _, p := range allPages() {
					out = append(out, p.Name+"\t"+p.Title)
				}
			}
			return out, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			pages := allPages()
			if len(args) > 0 {
				var err error
				if pages, err = findPages(args[0]); err != nil {
					return usageError{err}
				}
			}
			out := cmd.OutOrStdout()
			switch {
			case set.json:
				for _, p := range pages {
					writeJSON(out, pageObject(p))
				}
			case len(args) == 0:
				listPages(out)
			case pages[0].Name != args[0] && defines(out, args[0]):
				tablePages(out, pages)
			case len(pages) > 1:
				tablePages(out, pages)
			default:
				writePage(out, pages[0], columns(out), emphasis(out))
			}
			return nil
		},
	}
	set.has(cmd, "json")
	return cmd
}

// findPages finds the page of that name, or those about that word.
func findPages(word string) ([]doctor.Page, error) {
	p, err := doctor.FindPage(word)
	if err == nil {
		return []doctor.Page{p}, nil
	}
	if found := doctor.SearchPages(word); len(found) > 0 {
		return found, nil
	}
	err = didYouMean(err, lab.Nearest(word, slices.Concat(doctor.Names(), doctor.Topics())))
	return nil, fmt.Errorf("%w (groupcast explain lists them)", err)
}

// allPages are the pages of the pitfalls, and after them those of the topics.
func allPages() []doctor.Page { return append(doctor.Pages(), doctor.TopicPages()...) }

func listPages(out io.Writer) {
	tablePages(out, doctor.Pages())
	topics := doctor.TopicPages()
	for _, part := range []struct {
		title string
		names []string
	}{
		{"Which group to take", []string{"choosing-a-group"}},
		{"Who is a member", []string{"igmp", "who-is-there"}},
		{"What UDP answers", []string{"udp-connect", "udp-refused", "udp-silence"}},
		{"What the kernel does", []string{"send-path", "receive-path"}},
		{"What the words mean", []string{"glossary"}},
	} {
		fmt.Fprintf(out, "\n%s:\n", part.title)
		tablePages(out, slices.DeleteFunc(slices.Clone(topics), func(p doctor.Page) bool { return !slices.Contains(part.names, p.Name) }))
	}
}

// defines prints what the glossary says of a term, if it has it.
func defines(out io.Writer, term string) bool {
	text, ok := doctor.Define(term)
	if ok {
		fmt.Fprintf(out, "%s\n", wrap(text, columns(out)))
	}
	return ok
}

func tablePages(out io.Writer, pages []doctor.Page) {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, p := range pages {
		fmt.Fprintf(t, "%s\t%s\n", p.Name, p.Title)
	}
	t.Flush()
}

// writePage writes a page that is wrapped to that many columns; only verbatim
// lines may be wider.
func writePage(out io.Writer, p doctor.Page, columns int, strong func(string) string) {
	const margin, deeper = "  ", "    "
	paragraph := func(text string) { fmt.Fprint(out, indent(wrap(text, columns-len(margin)), margin)) }

	fmt.Fprintln(out, strong(strings.TrimSuffix(wrap(p.Name+": "+p.Title, columns), "\n")))
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
	}
	for _, name := range p.Lessons {
		fmt.Fprintf(out, "%sgroupcast lab run %s\n", deeper, name)
	}
	if len(p.Lessons) > 0 {
		fmt.Fprintf(out, "\n%s\n%sgroupcast lab exercise %s\n", strong("Mend it yourself"), deeper, p.Lessons[0])
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
	o := jsonPage{jsonHead: headOf("page"), Name: p.Name, Title: p.Title, Lessons: p.Lessons, Sources: p.Sources}
	for _, s := range p.Sections {
		section := jsonSection{Title: s.Title}
		for _, par := range s.Paragraphs {
			section.Paragraphs = append(section.Paragraphs, jsonParagraph(par))
		}
		o.Sections = append(o.Sections, section)
	}
	return o
}
