package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
	"github.com/groupcast/groupcast/tui/picture"
)

func newLabRun(set *settings) *cobra.Command {
	var run lessonRun
	cmd := &cobra.Command{
		Use:   "run [LESSON|PITFALL|FILE]",
		Short: "Run a lesson about multicast in a lab, or list the lessons",
		Long: `Build a LAN inside this computer, without root, and run a lesson in it. For each step it prints the command and its
host, what is expected, and what was seen. Nothing leaves the computer. With the name of a pitfall it runs a short
scene: the pitfall happens, groupcast doctor names it, and it is mended. Without a name it lists the lessons and the
scenes. On a terminal it waits for enter before each step.

--quiz asks you to predict before you see. --stay keeps the network when the lesson is over: look at it from other
terminals with groupcast lab enter. --answers goes on with the commands to type by hand, and with the answers.

--record writes the frames of each wire to a pcapng file of its own, such as DIRECTORY/article/A.eth0.pcapng, which
tcpdump and Wireshark read: what the host sent out of that interface, and what it received there. The first packet of
a step has the step as its comment. It overwrites nothing: the next run is in DIRECTORY/article-2.`,
		Example: `  groupcast lab run                  list the lessons
  groupcast lab run article          why B hears nothing
  groupcast lab run macvlan          the scene of a pitfall
  groupcast lab run --quiz article   predict what happens, and count the right answers
  groupcast lab run --stay article   keep its network for other terminals
  groupcast lab run --step=false article   all steps at once
  groupcast lab run --record /tmp/wires article`,
		Args:              atMost(1),
		ValidArgsFunction: completeLessons,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				listLessons(cmd.OutOrStdout(), set.json)
				return nil
			}
			l, err := findLesson(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if !cmd.Flags().Changed("step") {
				run.step = isTerminal(cmd.InOrStdin()) && isTerminal(cmd.OutOrStdout()) && !set.json
			}
			if run.quiz && set.json {
				return usageError{errors.New("--quiz asks a person; --json prints the predictions and their answers")}
			}
			return runLesson(cmd, set, l, &run)
		},
	}
	set.has(cmd, "json")
	cmd.Flags().BoolVar(&run.step, "step", false, "wait for enter before each step that does something (the default on a terminal)")
	cmd.Flags().BoolVar(&run.quiz, "quiz", false, "ask for each prediction, compare it with what is seen, and count the right ones")
	cmd.Flags().BoolVar(&run.stay, "stay", false, "keep the network when the lesson is over, for other terminals, until ctrl+c or groupcast lab down LESSON")
	cmd.Flags().BoolVar(&run.answers, "answers", false, "afterwards run the commands of \"by hand\", and answer the questions, each with the steps that prove the answer")
	run.rec.flag(cmd.Flags())
	return cmd
}

// completeLessons offers lessons and scenes, and files.
func completeLessons(_ *cobra.Command, args []string, _ string) (out []string, _ cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, l := range slices.Concat(lesson.All(), lesson.Scenes()) {
		out = append(out, l.Name+"\t"+l.Title)
	}
	return out, cobra.ShellCompDirectiveDefault
}

// jsonLesson is a lesson in the list that --json prints. Fields are only added.
type jsonLesson struct {
	jsonHead          // lesson, scene
	Name     string   `json:"name"`
	Title    string   `json:"title"`
	Pitfalls []string `json:"pitfalls"`
	Block    string   `json:"block,omitempty"`   // its part of the course
	Minutes  int      `json:"minutes,omitempty"` // that a class needs for it
}

func listLessons(out io.Writer, json bool) {
	if json {
		for _, b := range lesson.Course() {
			for _, l := range b.All() {
				writeJSON(out, jsonLesson{headOf("lesson"), l.Name, l.Title, l.Pitfalls, b.Name, l.Minutes})
			}
		}
		for _, l := range lesson.Scenes() {
			writeJSON(out, jsonLesson{headOf("scene"), l.Name, l.Title, l.Pitfalls, "", l.Minutes})
		}
		return
	}
	for _, b := range lesson.Course() {
		fmt.Fprintf(out, "%s:\n\n", blockTitle(b))
		for _, l := range b.All() {
			listRow(out, lessonColumn, l.Name, l.Title+minutesNote(l))
		}
		fmt.Fprintln(out)
	}
	fmt.Fprint(out, scenesTitle)
	for _, l := range lesson.Scenes() {
		listRow(out, lessonColumn, l.Name, l.Title)
	}
	fmt.Fprint(out, "\nNext: groupcast lab run NAME, as in: groupcast lab run article\n")
}

// scenesTitle stands above the scenes, in lists of lessons.
const scenesTitle = "Scenes of pitfalls:\n\n"

// blockTitle stands above a block's lessons, in lists.
func blockTitle(b lesson.Block) string {
	return fmt.Sprintf("%s (%s, %s)", b.Title, chat.Count(len(b.Lessons), "lesson"), chat.Count(b.Minutes(), "minute"))
}

// minutesNote stands behind a lesson's title, in lists.
func minutesNote(l lesson.Lesson) string {
	if l.Minutes == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d min)", l.Minutes)
}

// lessonColumn is where the titles of lessons begin, in lists.
const lessonColumn = 25

// listRow prints a name and what it is. On a terminal the text stays in its column.
func listRow(out io.Writer, column int, name, text string) {
	name = fmt.Sprintf("%-*s", column, name)
	if !isTerminal(out) {
		fmt.Fprintf(out, "%s%s\n", name, text)
		return
	}
	rows := indent(wrap(text, max(20, rowColumns(out)-column-1)), strings.Repeat(" ", column))
	fmt.Fprint(out, name+rows[column:])
}

// lessonRun is how a lesson is run.
type lessonRun struct {
	step, quiz, stay, answers bool
	rec                       labRecording
}

func runLesson(cmd *cobra.Command, set *settings, l lesson.Lesson, run *lessonRun) error {
	if err := lab.Enter(); err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	p := newLessonPrinter(out, l)
	o := lesson.Options{Program: program, Report: p.event, Whole: run.answers}
	keys := bufio.NewReader(cmd.InOrStdin())
	quiz := &lessonQuiz{ctx: cmd.Context(), keys: keys, out: out}
	switch {
	case set.json:
		o.Report = func(e lesson.Event) { lessonJSON(out, e) }
	case run.quiz:
		o.Report = func(e lesson.Event) {
			if quiz.failed != nil {
				return // ctrl+c at a question: the run ends before the next step
			}
			p.event(e)
			quiz.event(e)
		}
	}
	prompt := "    (enter: the next step; ctrl+c: end)"
	o.Step = func() error {
		if quiz.failed != nil || !run.step || quiz.answered {
			quiz.answered = false
			return quiz.failed
		}
		err := waitForEnter(cmd, keys, prompt)
		prompt = "    (enter)"
		return err
	}
	over := func(result lesson.Result) error {
		if set.json {
			for _, q := range l.Questions {
				if !run.answers {
					lessonJSON(out, lesson.Event{Question: &q})
				}
			}
			return nil
		}
		if !run.answers {
			p.questions(l)
		}
		readOn(out, l)
		if run.quiz {
			quiz.end()
		}
		p.end(result)
		return nil
	}
	if o.Stay = over; run.stay {
		stay, err := beginLabStay(cmd, set, l)
		if err != nil {
			return err
		}
		defer stay.end()
		o.Built = stay.built
		o.Stay = func(result lesson.Result) error {
			_ = over(result)
			return stay.wait(l)
		}
	}
	if err := run.rec.begin(cmd, set, l.Name, l.Topology); err != nil {
		return err
	}
	if !set.json {
		p.begin(l)
	}
	o.Made, o.Begins = run.rec.made(), run.rec.steps()
	result, err := lesson.Run(cmd.Context(), l, o)
	run.rec.end(out, set.json)
	if err != nil && (!run.stay || !errors.Is(err, context.Canceled)) {
		return err
	}
	if set.json {
		writeJSON(out, jsonResult{headOf("result"), l.Name, result.Passed, result.Failed})
	}
	if err != nil {
		return err
	}
	if result.Failed > 0 || run.rec.doubtful() {
		return status(exitDoubt)
	}
	return nil
}

// waitForEnter waits for a line, and no longer when the input has ended.
func waitForEnter(cmd *cobra.Command, keys *bufio.Reader, prompt string) error {
	fmt.Fprint(cmd.ErrOrStderr(), prompt)
	if _, err := readLine(cmd.Context(), keys); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// lessonPrinter writes a lesson for people to read.
type lessonPrinter struct {
	out        io.Writer
	ok, failed string
	network    picture.Network
	drawn      picture.DiagramOptions
	printed    []string // by the last command
}

// lessonWidth is the columns of prose, which a projector shows in large type.
const lessonWidth = 80

func newLessonPrinter(out io.Writer, l lesson.Lesson) *lessonPrinter {
	p := &lessonPrinter{out: out, ok: "ok  ", failed: "FAIL", network: networkOf(l.Topology), drawn: diagramOptions(out)}
	if speaksUTF8() {
		p.ok, p.failed = "✓", "✗"
	}
	return p
}

func (p *lessonPrinter) begin(l lesson.Lesson) {
	fmt.Fprintf(p.out, "%s\n%s\n\n", l.Title, strings.Repeat("=", len([]rune(l.Title))))
	if len(l.Goals) > 0 {
		fmt.Fprintln(p.out, "After this you can")
		for _, goal := range l.Goals {
			p.item("* ", goal, "  ")
		}
		fmt.Fprintln(p.out)
	}
	if about := lessonAbout(l); about != "" {
		fmt.Fprintf(p.out, "%s\n", wrap(about, lessonWidth))
	}
	n := p.network
	n.Notes = l.Notes()
	drawDiagram(p.out, n, nil, p.drawn)
}

func (p *lessonPrinter) event(e lesson.Event) {
	switch {
	case e.Outcome != nil:
		p.outcome(*e.Outcome)
	case e.Question != nil:
		fmt.Fprintf(p.out, "\n%s%s", indent(wrap("Think: "+e.Question.Text, lessonWidth-4), "  "), indent(wrap("Answer: "+e.Question.Answer, lessonWidth-4), "  "))
	case e.Part.Step != nil && e.Part.Step.Acts():
		fmt.Fprintf(p.out, "\n  %s\n", chat.Clean(e.Part.Step.String()))
	case e.Part.Step != nil:
	case e.Part.Predict != nil:
		p.predict(*e.Part.Predict)
	case e.Part.Way != nil:
		fmt.Fprintln(p.out)
		n := p.network
		n.Notes = nil
		drawDiagram(p.out, n, wayOf(*e.Part.Way), p.drawn)
	default:
		fmt.Fprintf(p.out, "\n%s", wrap(e.Part.Prose, lessonWidth))
	}
}

// lessonAbout is how long a lesson takes, and which come before it; "": neither is said.
func lessonAbout(l lesson.Lesson) string {
	var parts []string
	if l.Minutes > 0 {
		parts = append(parts, chat.Count(l.Minutes, "minute")+".")
	}
	if len(l.Needs) > 0 {
		parts = append(parts, "Before it: "+strings.Join(l.Needs, ", ")+".")
	}
	return chat.CleanRow(strings.Join(parts, " "))
}

// predict prints a question and its choices, each with the letter that answers it.
func (p *lessonPrinter) predict(q lesson.Prediction) {
	fmt.Fprintf(p.out, "\n%s", indent(wrap("Predict: "+q.Text, lessonWidth-4), "  "))
	for i, c := range q.Choices {
		p.item(letter(i)+": ", c, "    ")
	}
}

// item prints a text with a mark before it, and its further lines below its first word.
func (p *lessonPrinter) item(mark, text, margin string) {
	rows := indent(wrap(chat.Clean(text), lessonWidth-len(margin)-len(mark)), margin+strings.Repeat(" ", len(mark)))
	fmt.Fprint(p.out, margin+mark+rows[len(margin)+len(mark):])
}

func (p *lessonPrinter) outcome(o lesson.Outcome) {
	switch {
	case o.Expected == "": // an action: what it printed
		for _, line := range o.Seen {
			writeRow(p.out, "    | ", "    |   ", chat.Clean(line))
		}
		p.printed = o.Seen
		return
	case o.Passed:
		writeRow(p.out, "  "+p.ok+" expected: ", "      ", chat.Clean(o.Expected))
	default:
		writeRow(p.out, "  "+p.failed+" EXPECTED: ", "      ", chat.Clean(o.Expected))
	}
	if o.Packet != nil {
		p.packet(o.Packet)
		return
	}
	if o.Passed && len(o.Seen) == 1 && slices.Contains(p.printed, o.Seen[0]) {
		return // it was shown
	}
	blank := strings.Repeat(" ", len([]rune(p.ok)))
	if len(o.Seen) == 0 {
		fmt.Fprintf(p.out, "  %s     seen: nothing%s\n", blank, map[bool]string{true: ", as expected"}[o.Passed])
	}
	for i, line := range o.Seen {
		writeRow(p.out, fmt.Sprintf("  %s %9s ", blank, map[bool]string{true: "seen:"}[i == 0]), "  "+blank+strings.Repeat(" ", 13), chat.Clean(line))
	}
}

// questions are those of a lesson whose answers are not asked for.
func (p *lessonPrinter) questions(l lesson.Lesson) {
	for _, q := range l.Questions {
		fmt.Fprintf(p.out, "\n%s", indent(wrap("Think: "+q.Text, lessonWidth-4), "  "))
	}
	if len(l.Questions) > 0 {
		fmt.Fprintf(p.out, "\n  The answers, and how to see them: groupcast lab run --answers %s\n", l.Name)
	}
	if l.Exercise != nil {
		fmt.Fprintf(p.out, "  Now you: groupcast lab exercise %s\n", l.Name)
	}
}

func (p *lessonPrinter) end(r lesson.Result) {
	if r.Failed > 0 {
		fmt.Fprintf(p.out, "\n%s %d of %d expectations failed\n", p.failed, r.Failed, r.Passed+r.Failed)
		return
	}
	fmt.Fprintf(p.out, "\n%s all %d expectations were met\n", p.ok, r.Passed)
}

// The objects of a lesson as --json prints them. Fields are only added.
type (
	jsonProse struct {
		jsonHead        // prose, task
		Text     string `json:"text"`
	}
	jsonQuestion struct {
		jsonHead        // question
		Text     string `json:"text"`
		Answer   string `json:"answer,omitempty"` // the right one; with --answers the steps that prove it follow
	}
	jsonStep struct {
		jsonHead        // step
		Line     int    `json:"line"`
		Text     string `json:"text"`
	}
	jsonOutcome struct {
		jsonHead          // outcome
		Line     int      `json:"line"`
		Expected string   `json:"expected,omitempty"`
		Seen     []string `json:"seen,omitempty"`
		Passed   bool     `json:"passed"`
		TookMs   float64  `json:"took_ms"`
	}
	jsonResult struct {
		jsonHead        // result
		Lesson   string `json:"lesson"`
		Passed   int    `json:"passed"`
		Failed   int    `json:"failed"`
	}
)

func lessonJSON(out io.Writer, e lesson.Event) {
	switch {
	case e.Outcome != nil:
		o := e.Outcome
		seen := make([]string, len(o.Seen))
		for i, s := range o.Seen {
			seen[i] = chat.Clean(s)
		}
		writeJSON(out, jsonOutcome{headOf("outcome"), o.Step.Line, o.Expected, seen, o.Passed, float64(o.Took.Microseconds()) / 1000})
		if o.Packet != nil {
			packetJSON(out, o)
		}
	case e.Question != nil:
		writeJSON(out, jsonQuestion{headOf("question"), e.Question.Text, e.Question.Answer})
	case e.Part.Step != nil:
		writeJSON(out, jsonStep{headOf("step"), e.Part.Step.Line, e.Part.Step.Text})
	case e.Part.Predict != nil:
		writeJSON(out, predictionJSON(*e.Part.Predict))
	case e.Part.Way != nil:
		writeJSON(out, wayJSON(*e.Part.Way))
	default:
		writeJSON(out, jsonProse{headOf("prose"), e.Part.Prose})
	}
}
