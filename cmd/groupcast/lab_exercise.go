package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
	"github.com/groupcast/groupcast/mcast/lab/lesson/desk"
	"github.com/groupcast/groupcast/mcast/lab/lesson/progress"
)

func newLabExercise(set *settings) *cobra.Command {
	var name string
	var cure bool
	var rec labRecording
	cmd := &cobra.Command{
		Use:   "exercise [LESSON|PITFALL|FILE]",
		Short: "Start a network with a fault in it, which you find and mend",
		Long: `Start a network with a fault in it, and keep it running until ctrl+c or groupcast lab down. You find the fault and
mend it: groupcast lab enter opens a shell in a host, in as many terminals as you want, and ip, nft, sysctl and
tcpdump work there.

On a terminal this is a screen with the task, what is met so far, and the network. In any other terminal, groupcast
lab check shows what is met, and groupcast lab hint gives a hint. Without a name it lists the exercises, with what you
have met before.

A FILE is the text of a lesson, such as ./mine.txt. Nothing leaves the computer.`,
		Example: `  groupcast lab exercise                 list the exercises
  groupcast lab exercise article         start one; then, in other terminals:
  groupcast lab enter article A          a shell in host A
  groupcast lab check                    is it mended?
  groupcast lab check --watch            check again whenever something changes
  groupcast lab hint                     three hints, from vague to literal
  groupcast lab reset                    the network as it was at the beginning
  groupcast lab exercise --cure article  the documented solution
  groupcast lab report                   what you have met, and when`,
		Args:              atMost(1),
		ValidArgsFunction: completeExercises,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				listExercises(cmd.OutOrStdout(), set.json)
				return nil
			}
			l, err := findExercise(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if name == "" {
				name = labName(l.Name)
			}
			if cure {
				return printCure(cmd, set, l, name)
			}
			if err := lab.Enter(); err != nil {
				return err
			}
			return runExercise(cmd, set, l, name, &rec)
		},
	}
	set.has(cmd, "json", "quiet")
	cmd.Flags().StringVar(&name, "name", "", "call the lab `NAME`, so that several can run at once (default: the lesson's name)")
	cmd.Flags().BoolVar(&cure, "cure", false, "print the documented solution instead of starting; if the exercise runs, its report says so")
	rec.flag(cmd.Flags())
	return cmd
}

// exercises are the lessons and scenes that have one.
func exercises() []lesson.Lesson {
	return slices.DeleteFunc(slices.Concat(lesson.All(), lesson.Scenes()), func(l lesson.Lesson) bool { return l.Exercise == nil })
}

// findExercise finds a lesson that has an exercise.
func findExercise(ctx context.Context, arg string) (lesson.Lesson, error) {
	l, err := findLesson(ctx, arg)
	if err == nil && l.Exercise == nil {
		err = usageError{&mcast.Advised{Err: fmt.Errorf("%s has no exercise", arg), Advice: "groupcast lab exercise lists the exercises"}}
	}
	return l, err
}

// findLesson finds a lesson or a scene by its name, or reads one from a file.
func findLesson(ctx context.Context, arg string) (l lesson.Lesson, err error) {
	if !strings.ContainsRune(arg, filepath.Separator) && !strings.HasSuffix(arg, ".txt") {
		if l, err = lesson.Find(arg); err != nil {
			return l, usageError{err}
		}
		return l, nil
	}
	text, err := readText(ctx, arg)
	if err != nil {
		return l, err
	}
	if l, err = lesson.Parse(arg, bytes.NewReader(text)); err != nil {
		return l, asUsage(err)
	}
	return l, nil
}

// asUsage makes each of several errors one of the command line.
func asUsage(err error) error {
	list, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return usageError{err}
	}
	var all []error
	for _, err := range list.Unwrap() {
		all = append(all, usageError{err})
	}
	return errors.Join(all...)
}

// labName is a name for the lab of a lesson, which may be of a file.
func labName(lesson string) string {
	name := strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, lesson), "-")
	return cmp.Or(name[:min(len(name), 32)], "exercise")
}

func completeExercises(_ *cobra.Command, args []string, _ string) (out []string, _ cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, l := range exercises() {
		out = append(out, l.Name+"\t"+l.Title)
	}
	return out, cobra.ShellCompDirectiveDefault
}

// jsonExercise is an exercise in the list that --json prints. Fields are only added.
type jsonExercise struct {
	jsonHead        // exercise
	Name     string `json:"name"`              // of the lesson
	Title    string `json:"title"`             // of the lesson
	Minutes  int    `json:"minutes,omitempty"` // that a class needs for the lesson
	Solved   bool   `json:"solved"`            // at some time
	Met      int    `json:"met"`               // at the last check of the last start
	Of       int    `json:"of"`                // how many expectations there are
	Running  string `json:"running,omitempty"` // the name that it runs under
}

func listExercises(out io.Writer, json bool) {
	runs := desk.PastRuns(nil)
	running := map[string]string{}
	for _, r := range runningExercises() {
		if s, err := desk.StateOf(context.Background(), r); err == nil {
			running[s.Lesson] = r.Name()
		}
	}
	list := exercises()
	above := func(l lesson.Lesson) string { // the title of its block
		if b, ok := lesson.BlockOf(l.Name); ok {
			return b.Title + ":\n\n"
		}
		return scenesTitle
	}
	for i, l := range list {
		last, _ := progress.LastOf(runs, l.Name)
		solved := slices.ContainsFunc(runs, func(r progress.Run) bool { return r.Exercise == l.Name && !r.Solved.IsZero() })
		if json {
			writeJSON(out, jsonExercise{headOf("exercise"), l.Name, l.Title, l.Minutes, solved, last.Met, last.Of, running[l.Name]})
			continue
		}
		switch title := above(l); {
		case i == 0:
			fmt.Fprint(out, title)
		case title != above(list[i-1]):
			fmt.Fprint(out, "\n"+title)
		}
		note := ""
		switch {
		case running[l.Name] != "":
			note = "  (running)"
		case solved:
			note = "  (solved)"
		case last.ID != "":
			note = fmt.Sprintf("  (%d of %d met)", last.Met, last.Of)
		}
		listRow(out, lessonColumn, l.Name, l.Title+note)
	}
	if !json {
		fmt.Fprint(out, "\nNext: groupcast lab exercise NAME, as in: groupcast lab exercise article\n")
	}
}

// printCure prints the documented solution, and lets a running exercise note it.
func printCure(cmd *cobra.Command, set *settings, l lesson.Lesson, name string) error {
	if r, err := lab.Dial(name); err == nil && r.Kind() == desk.Kind {
		if s, err := desk.StateOf(cmd.Context(), r); err == nil && s.Lesson == l.Name {
			_ = r.Order(cmd.Context(), []string{desk.CureOrder}, nil)
		}
	}
	for _, part := range l.Exercise.Cure {
		text, step := part.Prose, part.Step != nil
		if step {
			text = part.Step.String()
		}
		switch {
		case step && !part.Step.Acts():
			if !set.json {
				fmt.Fprintf(cmd.OutOrStdout(), "    expected: %s\n", chat.Clean(part.Step.Expected()))
			}
		case set.json:
			writeJSON(cmd.OutOrStdout(), jsonCure{headOf("cure"), chat.Clean(text), step})
		case step:
			fmt.Fprintf(cmd.OutOrStdout(), "\n  %s\n", chat.Clean(text))
		default:
			fmt.Fprintf(cmd.OutOrStdout(), "\n%s", wrap(chat.Clean(text), lessonWidth))
		}
	}
	return nil
}

// jsonCure is a part of a solution as --json prints it. Fields are only added.
type jsonCure struct {
	jsonHead        // cure
	Text     string `json:"text"` // a paragraph, or a command
	Step     bool   `json:"step"` // it is typed, and no prose
}

// runExercise is the life of an exercise.
func runExercise(cmd *cobra.Command, set *settings, l lesson.Lesson, name string, rec *labRecording) (err error) {
	console, err := lab.Listen(name)
	if errors.Is(err, lab.ErrRunning) {
		return secondExercise(cmd.Context(), name, err)
	}
	if err != nil {
		return err
	}
	defer console.Close()
	program, err := os.Executable()
	if err != nil {
		return err
	}
	x := &exercise{&desk.Desk{Name: name, Lesson: l, Complain: func(err error) { complain(cmd.ErrOrStderr(), err) }}, programName(cmd)}
	before := x.Remember()
	if err := rec.begin(cmd, set, name, l.Topology); err != nil {
		return err
	}
	begin := time.Now()
	x.Attempt, err = lesson.Begin(cmd.Context(), l, lesson.Options{Program: program, Wait: checkWait, Made: rec.made(), Note: x.Note})
	defer func() { // once the lab has ended
		rec.end(cmd.OutOrStdout(), set.json)
		if err == nil && rec.doubtful() {
			err = status(exitDoubt)
		}
	}()
	if err != nil {
		return err
	}
	defer x.Attempt.Close()
	took := time.Since(begin)

	ctx, ended := context.WithCancel(cmd.Context())
	defer ended()
	serving, stop := context.WithCancel(cmd.Context())
	defer stop()
	served := make(chan error, 1)
	go func() {
		defer ended()
		served <- lab.Serve(serving, console, lab.Service{Kind: desk.Kind, Lab: x.Attempt.Use, Order: x.Order, Down: x.Attempt.Close})
	}()
	out := cmd.OutOrStdout()
	switch {
	case set.json:
		writeJSON(out, jsonReady{jsonHead: headOf("ready"), Lab: name, Hosts: hostNames(l.Topology), Switches: len(l.Topology.Switches), Milliseconds: took.Milliseconds()})
		for _, text := range l.Exercise.Task {
			writeJSON(out, jsonProse{headOf("task"), chat.Clean(text)})
		}
	case onTerminal(cmd.InOrStdin(), out):
		if e := x.show(ctx, before, took); e != nil {
			stop()
			<-served
			return e
		}
	case !set.quiet:
		x.print(out, before)
	}
	if ctx.Err() == nil && onTerminal(cmd.InOrStdin(), out) && !set.json { // a key ended the screen
		stop()
	}
	err = <-served
	x.Attempt.Close()
	if err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	s := x.Attempt.State()
	switch {
	case set.json:
		writeJSON(out, checkedOf(name, s))
	case !set.quiet:
		fmt.Fprintf(out, "%s\n", x.summary())
	}
	if !s.Green() {
		return status(exitDoubt)
	}
	return nil
}

// checkWait is how long a check waits for what it expects, where the exercise does not
// say: a student waits for it, and the network is inside this computer.
const checkWait = 3 * time.Second

// programName is how the program is typed.
func programName(cmd *cobra.Command) string { return cmd.Root().Name() }

// secondExercise says what runs under a name.
func secondExercise(ctx context.Context, name string, err error) error {
	r, e := lab.Dial(name)
	if e != nil {
		return err
	}
	if r.Kind() != desk.Kind {
		return &mcast.Advised{
			Err:    fmt.Errorf("%s runs already, as a lab without an exercise", name),
			Advice: fmt.Sprintf("groupcast lab down %s ends it; or give this one another name: --name NAME", name),
		}
	}
	s, e := desk.StateOf(ctx, r)
	if e != nil {
		return err
	}
	return &mcast.Advised{
		Err:    fmt.Errorf("the exercise %s runs since %s (%d of %d met)", name, clock(s.Begun), s.Met, s.Of),
		Advice: fmt.Sprintf("groupcast lab enter %s %s works in it, groupcast lab check %s checks it, groupcast lab down %s ends it; or give this one another name: --name NAME", name, firstHost(r.Topology()), name, name),
	}
}

func firstHost(t lab.Topology) string {
	if len(t.Hosts) == 0 {
		return "HOST"
	}
	return t.Hosts[0].Name
}

// clock is a time of today, or with its day.
func clock(t time.Time) string {
	t = t.Local()
	if y, m, d := time.Now().Date(); time.Date(y, m, d, 0, 0, 0, 0, t.Location()).After(t) {
		return t.Format("2006-01-02 15:04")
	}
	return t.Format("15:04")
}
