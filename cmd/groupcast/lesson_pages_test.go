package main

import (
	"fmt"
	"html"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/headers"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
	"github.com/groupcast/groupcast/mcast/lab/lesson/listings"
	"github.com/groupcast/groupcast/tui/picture"
)

const lessonsDir = "../../docs/lessons"

// The pages of docs/lessons are made of the lessons. Run with -update to write them
// anew.
func TestLessonPages(t *testing.T) {
	pages := map[string]string{"README.md": lessonIndex(lesson.All()), "answers.md": answersPage(lesson.All())}
	others := []string{"code.md"} // which package listings makes
	for _, l := range lesson.All() {
		pages[l.Name+".md"] = lessonPage(t, l)
		if showsPackets(l) {
			others = append(others, l.Name+".pcapng")
		}
	}
	labtest.Pages(t, lessonsDir, pages, updating(), append(others, "drawings")...)
	labtest.Pages(t, lessonsDir+"/drawings", lessonDrawings(), updating())
}

// lessonDrawings are the pictures of all lessons' networks, and of the datagrams' ways.
func lessonDrawings() map[string]string {
	all := map[string]string{}
	for _, l := range lesson.All() {
		draw := func(n int, way *picture.Way) {
			all[drawingName(l, n)] = picture.NewDiagram(networkOf(l.Topology), way, picture.DiagramOptions{Columns: lessonWidth}).SVG(picture.Light)
		}
		draw(0, nil)
		for i, w := range l.Ways() {
			draw(i+1, wayOf(*w))
		}
	}
	return all
}

// drawingName is the file of a lesson's network, or of its way of that number.
func drawingName(l lesson.Lesson, n int) string {
	if n == 0 {
		return l.Name + ".svg"
	}
	return fmt.Sprintf("%s-%d.svg", l.Name, n)
}

// drawingLink shows a drawing on a page.
func drawingLink(l lesson.Lesson, n int, alt string) string {
	return fmt.Sprintf("\n![%s](drawings/%s)\n", alt, drawingName(l, n))
}

// wayWords are a way in words, for those who do not see the drawing.
func wayWords(w *lesson.Way) string {
	var hops []string
	for _, h := range w.Hops {
		text := h.From + " to " + h.To
		if h.Lost {
			text = h.From + ", lost before " + h.To
		}
		hops = append(hops, text)
	}
	return fmt.Sprintf("The way of %s: %s", w.Label, strings.Join(hops, "; "))
}

// showsPackets reports whether a recording is shipped.
func showsPackets(l lesson.Lesson) bool {
	return len(shownSteps(l)) > 0
}

func lessonIndex(list []lesson.Lesson) string {
	var b strings.Builder
	minutes := 0
	for _, l := range list {
		minutes += l.Minutes
	}
	fmt.Fprintf(&b, `# Lessons

Each lesson explains one thing about UDP or multicast, and shows it in a network inside one computer: hosts, switches and routers made
of namespaces. It needs Linux, and no root where users may make namespaces ([Ubuntu 24.04](../lab.md#where-namespaces-are-refused) needs a
setting for that). No datagram leaves the computer. A lesson takes %d to 20 minutes; all of them take about %d hours.

`, 10, (minutes+59)/60)
	b.WriteString("```sh\n" +
		"groupcast lab run article                       # waits for enter before each step\n" +
		"groupcast lab run --quiz article                # asks you to predict, and counts\n" +
		"groupcast lab run --answers article             # goes on with work by hand, and with the answers\n" +
		"groupcast lab run --stay article                # keeps the network for other terminals\n" +
		"groupcast lab run --record wires article        # writes what goes over each wire, for Wireshark\n" +
		"groupcast lab exercise article                  # breaks the network; you mend it\n" +
		"groupcast lab check article                     # is it mended?\n" +
		"groupcast lab worksheet article                 # a page to print, in HTML: predict, observe, explain\n" +
		"groupcast lab course 90-minutes                 # a timetable for a class\n```\n")
	b.WriteString(`
The project's tests check each line that begins with "expected". The lessons stand in blocks. Take them in this order, or in the order of a
[path for a class](../course/README.md), which takes 90 minutes or a day. Read the first one first: it says what a datagram, a port and a
socket are. The [glossary](../topics/glossary.md) explains the words.
`)
	for _, block := range lesson.Course() {
		fmt.Fprintf(&b, "\n## %s\n\n%s [%s, %s](../course/%s.md).\n\n| lesson | after it you can | minutes | needs | pitfalls |\n|---|---|---|---|---|\n",
			block.Title, block.About, chat.Count(len(block.Lessons), "lesson"), chat.Count(block.Minutes(), "minute"), block.Name)
		for _, l := range block.All() {
			fmt.Fprintf(&b, "| [%s](%s.md) | %s | %s | %s | %s |\n", l.Title, l.Name, strings.Join(l.Goals, "; "), number(l.Minutes), lessonLinks(l.Needs), pitfallLinks(l.Pitfalls))
		}
	}
	b.WriteString(`
The [answers](answers.md) to the questions stand on a page of their own, with the steps that prove them. The recordings (NAME.pcapng) come
from the tests: open them in Wireshark, or with ` + "`groupcast open FILE`" + `. [Small programs](code.md) do the same in C, Python, node and Go.

## For teachers

* The [course](../course/README.md) has a page for each block and for two paths: what to project, what goes wrong, and the expected answers.
* A lesson is a text. Students read it, run it, or do its exercise; the same checks tell them whether they are right.
* To begin anew is always safe: ` + "`groupcast lab reset`" + ` builds the network of an exercise again, and the end of a lab ends every process in it.
* ` + "`groupcast lab report`" + ` says which exercises were solved, when, and with how many hints. ` + "`--json`" + ` is for collecting.
* Each [pitfall](../pitfalls/README.md) that a lab can make is an exercise, too: ` + "`groupcast lab exercise`" + ` lists them all.
* Ubuntu 24.04 forbids users to make namespaces. An administrator can permit it, once: see [where namespaces are refused](../lab.md#where-namespaces-are-refused).
* Students with Windows or macOS use a Linux machine, a virtual machine or WSL 2.
* ` + "`groupcast lab worksheet --all DIRECTORY`" + ` writes the worksheets of all lessons, each on one page.
* A lesson of your own is a text file, too: ` + "`groupcast lab run ./mine.txt`" + `. ` + "`go doc github.com/groupcast/groupcast/mcast/lab/lesson`" + ` has the form. It runs commands as you: run only texts that you trust.

The pages are made from the texts in mcast/lab/lesson/lessons by ` + "`go test ./cmd/groupcast -run LessonPages -update`" + `.
`)
	return b.String()
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func lessonLinks(names []string) string {
	links := make([]string, len(names))
	for i, name := range names {
		links[i] = fmt.Sprintf("[%s](%s.md)", name, name)
	}
	return strings.Join(links, ", ")
}

func pitfallLinks(names []string) string {
	links := make([]string, len(names))
	for i, name := range names {
		links[i] = fmt.Sprintf("[%s](../pitfalls/%s.md)", name, name)
	}
	return strings.Join(links, ", ")
}

func lessonPage(t *testing.T, l lesson.Lesson) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", l.Title)
	if len(l.Goals) > 0 {
		fmt.Fprintf(&b, "\nAfter this you can\n\n")
		for _, g := range l.Goals {
			fmt.Fprintf(&b, "* %s\n", g)
		}
	}
	b.WriteString("\n")
	if l.Minutes > 0 {
		fmt.Fprintf(&b, "%d minutes. ", l.Minutes)
	}
	if len(l.Needs) > 0 {
		fmt.Fprintf(&b, "Before it: %s. ", lessonLinks(l.Needs))
	}
	if len(l.Pitfalls) > 0 {
		fmt.Fprintf(&b, "Pitfalls: %s. ", pitfallLinks(l.Pitfalls))
	}
	if topics := topicsOf(l); len(topics) > 0 {
		fmt.Fprintf(&b, "Topics: %s. ", topicLinks(topics))
	}
	fmt.Fprintf(&b, "Run it: `groupcast lab run %s`\n\n## The network\n%s\n```text\n%s```\n", l.Name, drawingLink(l, 0, "The hosts and switches of the table below"), l.Network())
	b.WriteString("\n## What happens\n")
	lessonParts(&b, l, l.Parts)
	lessonPackets(t, &b, l)
	lessonCode(t, &b, l)
	if len(l.ByHand) > 0 {
		fmt.Fprintf(&b, "\n## By hand\n\n`groupcast lab run --stay %s` keeps the network when the lesson is over. In other terminals, `groupcast lab enter %s %s` is a shell in a host.\n",
			l.Name, l.Name, l.Topology.Hosts[0].Name)
		lessonParts(&b, l, l.ByHand)
	}
	if e := l.Exercise; e != nil {
		b.WriteString("\n## Exercise\n")
		for _, text := range e.Task {
			fmt.Fprintf(&b, "\n%s\n", text)
		}
		fmt.Fprintf(&b, "\n```sh\ngroupcast lab exercise %s   # the network, with the fault in it\ngroupcast lab check %s      # in another terminal: is it mended?\ngroupcast lab hint %s       # the next of three hints\n```\n", l.Name, l.Name, l.Name)
	}
	if len(l.Questions) > 0 {
		b.WriteString("\n## Questions\n\n")
		for _, q := range l.Questions {
			fmt.Fprintf(&b, "* %s\n", q.Text)
		}
		fmt.Fprintf(&b, "\nThe page of [answers](answers.md#%s) also has the cure of the exercise.\n", l.Name)
	}
	if len(l.Reading) > 0 {
		b.WriteString("\n## Further reading\n\n")
		for _, r := range l.Reading {
			fmt.Fprintf(&b, "* %s\n", r)
		}
	}
	fmt.Fprintf(&b, "\n## How it was proved\n\n%s\n", lessonProof(l))
	return b.String()
}

func topicLinks(names []string) string {
	links := make([]string, len(names))
	for i, name := range names {
		links[i] = fmt.Sprintf("[%s](../topics/%s.md)", name, name)
	}
	return strings.Join(links, ", ")
}

// lessonProof says what the tests run of a lesson.
func lessonProof(l lesson.Lesson) string {
	steps := []string{"every step"}
	if len(l.ByHand) > 0 {
		steps = append(steps, "the commands to type by hand")
	}
	if slices.ContainsFunc(l.Questions, func(q lesson.Question) bool { return len(q.Proof) > 0 }) {
		steps = append(steps, "the steps that prove the answers")
	}
	all := strings.Join(steps, ", ")
	if i := strings.LastIndex(all, ", "); i > 0 {
		all = all[:i] + " and" + all[i+1:]
	}
	proof := fmt.Sprintf("The project's tests run this lesson on Linux, in a network of namespaces, without root: %s. Each line with \"expected\" was met.", all)
	if l.Exercise != nil {
		proof += " The exercise is not solved at its start, nor by its wrong cure, and it is by its cure."
	}
	return proof
}

// lessonPackets are the packets that the lesson waits for, as its recording has them.
func lessonPackets(t *testing.T, b *strings.Builder, l lesson.Lesson) {
	if !showsPackets(l) {
		return
	}
	fmt.Fprintf(b, "\n## The packets\n\nThey are from a run of this lesson: [%s.pcapng](%s.pcapng). `groupcast open %s.pcapng` and Wireshark read it.\n", l.Name, l.Name, l.Name)
	for _, p := range shippedPackets(t, l) {
		fmt.Fprintf(b, "\n<details><summary>Packet %d: %s</summary>\n\n```text\n%s```\n\n</details>\n", p.number, html.EscapeString(headers.Line(p.headers)),
			packetTable(&lesson.Packet{Frame: p.frame, Headers: p.headers}, 100))
	}
}

// lessonCode are the decisive lines of the programs that do the same.
func lessonCode(t *testing.T, b *strings.Builder, l lesson.Lesson) {
	if l.Code == "" {
		return
	}
	subject, err := listings.Find(l.Code)
	if err != nil {
		t.Errorf("lesson %s: %v", l.Name, err)
		return
	}
	fmt.Fprintf(b, "\n## The same in four languages\n\n%s. These are the decisive lines. The files are whole programs for both sides.\n", subject.Title)
	for _, c := range subject.Languages {
		if c.Missing != "" {
			fmt.Fprintf(b, "\n**%s**: %s\n", c.Language, c.Missing)
			continue
		}
		fmt.Fprintf(b, "\n**%s** ([%s](../../mcast/lab/lesson/listings/%s))\n\n```%s\n%s\n```\n", c.Language, path.Base(c.File), c.File, fences[c.Language], strings.Join(c.Lines, "\n"))
	}
}

// fences are the languages as Markdown names them.
var fences = map[string]string{"C": "c", "Python": "python", "node": "js", "Go": "go"}

// lessonParts are paragraphs, predictions, drawings and steps.
func lessonParts(b *strings.Builder, l lesson.Lesson, parts []lesson.Part) {
	peer, ways := false, l.Ways()
	for i := 0; i < len(parts); i++ {
		switch p := parts[i]; {
		case p.Predict != nil:
			fmt.Fprintf(b, "\n> **Predict.** %s\n>\n", p.Predict.Text)
			for j, c := range p.Predict.Choices {
				fmt.Fprintf(b, "> * %s: %s\n", letter(j), c)
			}
		case p.Way != nil:
			b.WriteString(drawingLink(l, 1+slices.Index(ways, p.Way), wayWords(p.Way)))
		case p.Prose != "":
			fmt.Fprintf(b, "\n%s\n", p.Prose)
		default:
			last := i
			for last+1 < len(parts) && parts[last+1].Step != nil {
				last++
			}
			peer = lessonSteps(b, parts[i:last+1]) || peer
			i = last
		}
	}
	if peer {
		b.WriteString("\n`peer` is a small program of the lab. It sets only what it has to, as most programs do.\n")
	}
}

// lessonSteps reports whether peer was among the commands.
func lessonSteps(b *strings.Builder, list []lesson.Part) (peer bool) {
	b.WriteString("\n```text\n")
	for _, p := range list {
		peer = peer || strings.Contains(p.Step.Text, ": peer ")
		if p.Step.Acts() {
			fmt.Fprintf(b, "%s\n", p.Step)
		}
		if e := p.Step.Expected(); e != "" {
			fmt.Fprintf(b, "    expected: %s\n", e)
		}
	}
	b.WriteString("```\n")
	return peer
}

// answersPage has the answers to all lessons' questions, and the cures of their
// exercises.
func answersPage(list []lesson.Lesson) string {
	var b strings.Builder
	b.WriteString("# Answers\n\nEach answer was proved by the steps below it, which the project's tests run after the lesson. `groupcast lab run --answers LESSON` shows it.\n")
	for _, l := range list {
		if len(l.Questions) == 0 && l.Exercise == nil {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n[%s](%s.md)\n", l.Name, l.Title, l.Name)
		for _, p := range l.Parts {
			if p.Predict != nil {
				fmt.Fprintf(&b, "\n**%s** %s\n", p.Predict.Text, p.Predict.Choices[p.Predict.Right])
			}
		}
		for _, q := range l.Questions {
			fmt.Fprintf(&b, "\n**%s** %s\n", q.Text, q.Answer)
			parts := make([]lesson.Part, len(q.Proof))
			for i, s := range q.Proof {
				parts[i].Step = s
			}
			if len(parts) > 0 {
				lessonSteps(&b, parts)
			}
		}
		if e := l.Exercise; e != nil {
			b.WriteString("\n**The exercise.**")
			solution(&b, l, e.Cure)
			b.WriteString("\nThis does not mend it:\n")
			solution(&b, l, e.Wrong)
		}
	}
	return b.String()
}

func solution(b *strings.Builder, l lesson.Lesson, parts []lesson.Part) {
	var text strings.Builder
	lessonParts(&text, l, parts)
	b.WriteString(text.String())
}
