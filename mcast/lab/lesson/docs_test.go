package lesson

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

var update = flag.Bool("update", false, "write docs/lessons anew")

const docsDir = "../../../docs/lessons"

// The pages of docs/lessons are made from the lessons. Run with -update to
// write them anew.
func TestDocs(t *testing.T) {
	pages := map[string]string{"README.md": index(All())}
	for _, l := range All() {
		pages[l.Name+".md"] = page(l)
	}
	labtest.Pages(t, docsDir, pages, *update)
}

func index(list []Lesson) string {
	var b strings.Builder
	b.WriteString(`# Lessons

Each of these explains something about multicast, and shows it in a LAN inside one computer: hosts, switches and routers made of
namespaces, without root, from which nothing leaves the computer. It needs Linux. Run one with

` + "```sh\ngroupcast lab run article                       # waits for enter before each step; --step=false does not\n" +
		"groupcast lab run --record wires article        # and writes what goes over each wire to wires/article, for Wireshark\n```" + `

or read it here. Every line that begins with "expected" was checked when the project was tested. They are best taken in this order.

| lesson | what it is about | pitfalls |
|---|---|---|
`)
	for _, l := range list {
		fmt.Fprintf(&b, "| [%s](%s.md) | %s | %s |\n", l.Name, l.Name, l.Title, strings.Join(l.Pitfalls, ", "))
	}
	b.WriteString("\nThe pages are made from the texts in mcast/lab/lesson/lessons by `go test ./mcast/lab/lesson -update`.\n")
	return b.String()
}

func page(l Lesson) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\nRun it: `groupcast lab run %s`", l.Title, l.Name)
	if len(l.Pitfalls) > 0 {
		fmt.Fprintf(&b, ". Pitfalls: %s", strings.Join(l.Pitfalls, ", "))
	}
	fmt.Fprintf(&b, ".\n\n```text\n%s```\n", l.Network())
	if slices.ContainsFunc(l.Parts, usesPeer) {
		b.WriteString("\n`peer` is a program as plain as most are: it sets only what it has to.\n")
	}
	var questions []string
	for i := 0; i < len(l.Parts); i++ {
		switch p := l.Parts[i]; {
		case p.Question != "":
			questions = append(questions, p.Question)
		case p.Prose != "":
			fmt.Fprintf(&b, "\n%s\n", p.Prose)
		default:
			last := i
			for last+1 < len(l.Parts) && l.Parts[last+1].Step != nil {
				last++
			}
			steps(&b, l.Parts[i:last+1])
			i = last
		}
	}
	if len(questions) > 0 {
		b.WriteString("\n## To think about\n\n")
		for _, q := range questions {
			fmt.Fprintf(&b, "* %s\n", q)
		}
	}
	return b.String()
}

func usesPeer(p Part) bool { return p.Step != nil && strings.Contains(p.Step.Text, ": peer ") }

func steps(b *strings.Builder, list []Part) {
	b.WriteString("\n```text\n")
	for _, p := range list {
		if p.Step.Acts() {
			fmt.Fprintf(b, "%s\n", p.Step)
		}
		if e := p.Step.action.expected(); e != "" {
			fmt.Fprintf(b, "    expected: %s\n", e)
		}
	}
	b.WriteString("```\n")
}
