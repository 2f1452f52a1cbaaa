package main

import (
	"bufio"
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
)

func newLabRun(set *settings) *cobra.Command {
	var step bool
	var rec labRecording
	cmd := &cobra.Command{
		Use:   "run [LESSON|PITFALL]",
		Short: "Run a lesson about multicast in a lab, or list the lessons",
		Long: `Build a LAN inside this computer, without root, and run a lesson in it: what is done in which host, what is expected
to be seen, and what was seen. Nothing leaves the computer. With the name of a pitfall it runs a short scene: the
pitfall happens, groupcast doctor names it, and it is mended. Without a name it lists the lessons and the scenes. On a
terminal it waits for enter before each step.

--record writes every frame of each wire to a pcapng file of its own, such as DIRECTORY/article/A.eth0.pcapng, which
tcpdump and Wireshark read: what the host sent by that interface, and what reached it. The first packet after the
beginning of a step has the step as its comment. It overwrites nothing: the next run is in DIRECTORY/article-2.`,
		Example: `  groupcast lab run                  list the lessons
  groupcast lab run article          why B hears nothing
  groupcast lab run macvlan          the scene of a pitfall
  groupcast lab run --step=false article   all steps at once
  groupcast lab run --record /tmp/wires article`,
		Args: atMost(1),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) (out []string, _ cobra.ShellCompDirective) {
			if len(args) == 0 {
				for _, l := range slices.Concat(lesson.All(), lesson.Scenes()) {
					out = append(out, l.Name+"\t"+l.Title)
				}
			}
			return out, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				listLessons(cmd.OutOrStdout(), set.json)
				return nil
			}
			l, err := lesson.Find(args[0])
			if err != nil {
				return usageError{err}
			}
			if !cmd.Flags().Changed("step") {
				step = isTerminal(cmd.InOrStdin()) && isTerminal(cmd.OutOrStdout()) && !set.json
			}
			return runLesson(cmd, set, l, step, &rec)
		},
	}
	set.has(cmd, "json")
	cmd.Flags().BoolVar(&step, "step", false, "wait for enter before each step that does something; on a terminal it does unless --step=false")
	rec.flag(cmd.Flags())
	return cmd
}

// jsonLesson is a lesson in the list that --json prints. Fields are only added.
type jsonLesson struct {
	jsonHead          // lesson, scene
	Name     string   `json:"name"`
	Title    string   `json:"title"`
	Pitfalls []string `json:"pitfalls"`
}

func listLessons(out io.Writer, json bool) {
	if json {
		for _, l := range lesson.All() {
			writeJSON(out, jsonLesson{headOf("lesson"), l.Name, l.Title, l.Pitfalls})
		}
		for _, l := range lesson.Scenes() {
			writeJSON(out, jsonLesson{headOf("scene"), l.Name, l.Title, l.Pitfalls})
		}
		return
	}
	list := func(lessons []lesson.Lesson) {
		for _, l := range lessons {
			fmt.Fprintf(out, "%-24s %s\n", l.Name, l.Title)
		}
	}
	list(lesson.All())
	fmt.Fprint(out, "\nScenes of pitfalls:\n\n")
	list(lesson.Scenes())
}

func runLesson(cmd *cobra.Command, set *settings, l lesson.Lesson, step bool, rec *labRecording) error {
	if err := lab.Enter(); err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	p := &lessonPrinter{out: cmd.OutOrStdout(), ok: "ok  ", failed: "FAIL"}
	if speaksUTF8() {
		p.ok, p.failed = "✓", "✗"
	}
	o := lesson.Options{Program: program, Report: p.event}
	if set.json {
		o.Report = func(e lesson.Event) { lessonJSON(cmd.OutOrStdout(), e) }
	} else {
		p.begin(l)
	}
	if step {
		keys := bufio.NewReader(cmd.InOrStdin())
		prompt := "    (enter: the next step; ctrl+c: end)"
		o.Step = func() error {
			err := waitForEnter(cmd, keys, prompt)
			prompt = "    (enter)"
			return err
		}
	}
	if err := rec.begin(cmd, set, l.Name, l.Topology); err != nil {
		return err
	}
	o.Made, o.Begins = rec.made(), rec.steps()
	result, err := lesson.Run(cmd.Context(), l, o)
	if err != nil {
		rec.end(cmd.OutOrStdout(), set.json)
		return err
	}
	if !set.json {
		p.end(result)
	}
	rec.end(cmd.OutOrStdout(), set.json)
	if set.json {
		writeJSON(cmd.OutOrStdout(), jsonResult{headOf("result"), l.Name, result.Passed, result.Failed})
	}
	if result.Failed > 0 || rec.doubtful() {
		return status(exitDoubt)
	}
	return nil
}

// waitForEnter waits for a line, and no longer when the input has ended.
func waitForEnter(cmd *cobra.Command, keys *bufio.Reader, prompt string) error {
	fmt.Fprint(cmd.ErrOrStderr(), prompt)
	read := make(chan error, 1)
	go func() {
		_, err := keys.ReadString('\n')
		read <- err
	}()
	select {
	case <-cmd.Context().Done():
		return cmd.Context().Err()
	case err := <-read:
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
}

// lessonPrinter writes a lesson for people to read.
type lessonPrinter struct {
	out        io.Writer
	ok, failed string
	printed    []string // by the last command
}

// lessonWidth is the columns of prose, which a projector shows in large type.
const lessonWidth = 80

func (p *lessonPrinter) begin(l lesson.Lesson) {
	fmt.Fprintf(p.out, "%s\n%s\n\n%s", l.Title, strings.Repeat("=", len([]rune(l.Title))), indent(l.Network(), "  "))
}

func (p *lessonPrinter) event(e lesson.Event) {
	switch {
	case e.Outcome != nil:
		p.outcome(*e.Outcome)
	case e.Part.Step != nil && e.Part.Step.Acts():
		fmt.Fprintf(p.out, "\n  %s\n", chat.Clean(e.Part.Step.String()))
	case e.Part.Step != nil:
	case e.Part.Question != "":
		fmt.Fprintf(p.out, "\n%s", indent(wrap("Think: "+e.Part.Question, lessonWidth-4), "  "))
	default:
		fmt.Fprintf(p.out, "\n%s", wrap(e.Part.Prose, lessonWidth))
	}
}

func (p *lessonPrinter) outcome(o lesson.Outcome) {
	switch {
	case o.Expected == "": // an action: what it printed
		for _, line := range o.Seen {
			fmt.Fprintf(p.out, "    | %s\n", chat.Clean(line))
		}
		p.printed = o.Seen
		return
	case o.Passed:
		fmt.Fprintf(p.out, "  %s expected: %s\n", p.ok, chat.Clean(o.Expected))
	default:
		fmt.Fprintf(p.out, "  %s EXPECTED: %s\n", p.failed, chat.Clean(o.Expected))
	}
	if o.Passed && len(o.Seen) == 1 && slices.Contains(p.printed, o.Seen[0]) {
		return // it was shown
	}
	blank := strings.Repeat(" ", len([]rune(p.ok)))
	if len(o.Seen) == 0 {
		fmt.Fprintf(p.out, "  %s     seen: nothing%s\n", blank, map[bool]string{true: ", as expected"}[o.Passed])
	}
	for i, line := range o.Seen {
		fmt.Fprintf(p.out, "  %s %9s %s\n", blank, map[bool]string{true: "seen:"}[i == 0], chat.Clean(line))
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
		jsonHead        // prose, question
		Text     string `json:"text"`
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
	case e.Part.Step != nil:
		writeJSON(out, jsonStep{headOf("step"), e.Part.Step.Line, e.Part.Step.Text})
	case e.Part.Question != "":
		writeJSON(out, jsonProse{headOf("question"), e.Part.Question})
	default:
		writeJSON(out, jsonProse{headOf("prose"), e.Part.Prose})
	}
}
