package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
	"github.com/groupcast/groupcast/mcast/lab/lesson/desk"
)

func newLabCheck(set *settings) *cobra.Command {
	var watch bool
	cmd := &cobra.Command{
		Use:   "check [NAME]",
		Short: "See whether a running exercise is solved",
		Long: `Run the check of a running exercise in its network: it prints what was expected, what was seen, and how many
expectations are met. The check sends and receives, and changes nothing. NAME may be left out if only one exercise
runs, or in a shell of groupcast lab enter.

With --watch it goes on: it prints what changes in the hosts (links, addresses, routes, rules, memberships, sockets,
firewall, sysctls), checks again, and says which expectations are now met or no longer met. It ends when all are met.`,
		Example: `  groupcast lab check
  groupcast lab check --watch article`,
		Args:              atMost(1),
		ValidArgsFunction: completeRunningExercises,
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := dialExercise(args)
			if err != nil {
				return err
			}
			p := &checkPrinter{out: cmd.OutOrStdout(), lab: r.Name(), json: set.json, watch: watch, program: programName(cmd), seat: inSeat()}
			order := desk.CheckOrder
			if watch {
				order = desk.WatchOrder
			}
			s, err := desk.Ask(cmd.Context(), r, order, p.news)
			if watch && cmd.Context().Err() != nil {
				if p.state == nil {
					return err
				}
				s, err = *p.state, nil
			}
			if err != nil {
				return resetAdvice(r.Name(), err)
			}
			p.end(s)
			if !s.Green() {
				return status(exitDoubt)
			}
			return nil
		},
	}
	set.has(cmd, "json")
	cmd.Flags().BoolVar(&watch, "watch", false, "check again whenever something changes in the hosts, until all is met")
	return cmd
}

// resetAdvice is what to do when a check cannot be run.
func resetAdvice(name string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, lab.ErrNotRunning) {
		return err
	}
	advice := fmt.Sprintf("groupcast lab reset %s builds the network anew, as it was at the beginning", name)
	switch text := err.Error(); { // of another process
	case strings.Contains(text, lesson.ErrReset.Error()):
		advice = fmt.Sprintf("groupcast lab check %s checks the new one", name)
	case strings.Contains(text, lesson.ErrBusy.Error()), strings.Contains(text, "watches are at work"):
		advice = "wait until they have ended, and check again"
	case strings.Contains(text, "not installed"):
		advice = "install it: the check needs it"
	}
	return &mcast.Advised{Err: err, Advice: advice}
}

// runningExercises are the exercises of the user that run.
func runningExercises() (list []*lab.Remote) {
	names, _ := runningLabs()
	for _, name := range names {
		if r, err := lab.Dial(name); err == nil && r.Kind() == desk.Kind {
			list = append(list, r)
		}
	}
	return list
}

func completeRunningExercises(_ *cobra.Command, args []string, _ string) (out []string, _ cobra.ShellCompDirective) {
	if len(args) == 0 {
		for _, r := range runningExercises() {
			out = append(out, r.Name())
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// labNameEnv is the lab of a command in a host, for a command of that lab.
const labNameEnv = "GROUPCAST_LAB_NAME"

// inSeat reports whether this process is in a seat of a class.
func inSeat() bool {
	_, in := lab.InHost()
	path, err := os.Executable()
	return in && err == nil && path == lab.SeatProgram
}

// dialExercise finds the exercise that is meant: by its name, as the lab of this shell,
// or as the only one that runs.
func dialExercise(args []string) (*lab.Remote, error) {
	if len(args) == 0 {
		if _, in := lab.InHost(); in {
			if r, err := lab.Dial(os.Getenv(labNameEnv)); err == nil && r.Kind() == desk.Kind {
				return r, nil
			}
		}
		list := runningExercises()
		switch len(list) {
		case 1:
			return list[0], nil
		case 0:
			return nil, &mcast.Advised{Err: errNoExerciseRuns, Advice: "groupcast lab exercise NAME starts one, in another terminal; groupcast lab exercise lists them"}
		}
		var names []string
		for _, r := range list {
			names = append(names, r.Name())
		}
		return nil, usageError{fmt.Errorf("%d exercises run: name one of %s", len(names), strings.Join(names, ", "))}
	}
	r, err := lab.Dial(args[0])
	switch {
	case err == nil && r.Kind() != desk.Kind:
		return nil, &mcast.Advised{Err: fmt.Errorf("%s runs as a lab without an exercise", args[0]), Advice: afterLabAdvice(args[0])}
	case err == nil:
		return r, nil
	case !errors.Is(err, lab.ErrNotRunning):
		return nil, err
	}
	var names []string
	for _, r := range runningExercises() {
		names = append(names, r.Name())
	}
	err = didYouMean(fmt.Errorf("no exercise of the name %q runs", args[0]), lab.Nearest(args[0], names))
	if len(names) > 0 {
		err = fmt.Errorf("%w (%s)", err, there("running", names))
	}
	return nil, &mcast.Advised{Err: err, Advice: startAdvice(args[0])}
}

var errNoExerciseRuns = errors.New("no exercise runs")

func startAdvice(name string) string {
	if slices.ContainsFunc(exercises(), func(l lesson.Lesson) bool { return l.Name == name }) {
		return fmt.Sprintf("groupcast lab exercise %s starts it, in another terminal", name)
	}
	return "groupcast lab exercise NAME starts one, in another terminal; groupcast lab exercise lists them"
}

// afterLabAdvice is how an exercise is started whose name a lab has.
func afterLabAdvice(name string) string {
	if slices.ContainsFunc(exercises(), func(l lesson.Lesson) bool { return l.Name == name }) {
		return fmt.Sprintf("groupcast lab down %s ends that lab; then, in another terminal: groupcast lab exercise %s", name, name)
	}
	return startAdvice(name)
}

// checkPrinter writes what a check finds.
type checkPrinter struct {
	out         io.Writer
	lab         string
	program     string
	json, watch bool
	seat        bool          // it is printed in a seat of a class
	state       *lesson.State // the last
}

// The objects of a check as --json prints them. Fields are only added.
type (
	jsonExpectation struct {
		jsonHead          // expectation
		Line     int      `json:"line"`
		Expected string   `json:"expected"`
		After    string   `json:"after,omitempty"` // the command that was run for it
		Seen     []string `json:"seen,omitempty"`
		Met      bool     `json:"met"` // whether, or how many
	}
	jsonChecked struct {
		jsonHead        // checked
		Lab      string `json:"lab"`
		Lesson   string `json:"lesson"`
		Met      int    `json:"met"`      // whether, or how many
		Of       int    `json:"of"`       // how many expectations there are
		Solved   bool   `json:"solved"`   // all were met at the last check
		Checks   int    `json:"checks"`   // that ended
		Hints    int    `json:"hints"`    // that were shown
		HintsOf  int    `json:"hints_of"` // how many there are
		Resets   int    `json:"resets"`   // how often the network was built anew
	}
	jsonChange struct {
		jsonHead        // change
		Host     string `json:"host"`          // of the lab
		Kind     string `json:"kind"`          // link, address, route, rule, membership, socket, firewall or sysctl
		Name     string `json:"name"`          // what changed
		Way      string `json:"way"`           // added, removed or changed
		Was      string `json:"was,omitempty"` // the value before
		Is       string `json:"is,omitempty"`  // the value after
	}
	jsonLabReset struct {
		jsonHead        // reset
		Lab      string `json:"lab"`
	}
)

func checkedOf(name string, s lesson.State) jsonChecked {
	return jsonChecked{headOf("checked"), name, chat.Clean(s.Lesson), s.Met, s.Of, s.Green(), s.Checks, s.Hints, s.HintsOf, s.Resets}
}

func (p *checkPrinter) news(n desk.News) {
	switch {
	case n.State != nil:
		p.state = n.State
		if p.watch && n.Same && !p.json {
			fmt.Fprintf(p.out, "Checked again: still %d of %d met.\n", n.State.Met, n.State.Of)
			return
		}
		if p.watch && !p.json && !n.State.Green() {
			fmt.Fprintf(p.out, "%d of %d met. Watching; ctrl+c ends it.\n", n.State.Met, n.State.Of)
		}
	case n.Expectation != nil && p.json:
		e := n.Expectation
		writeJSON(p.out, jsonExpectation{headOf("expectation"), e.Line, chat.Clean(e.Text), chat.Clean(e.After), cleanAll(e.Seen), e.Met})
	case n.Expectation != nil:
		for _, line := range expectationLines(*n.Expectation) {
			fmt.Fprintln(p.out, line)
		}
	case n.Change != nil && p.json:
		c := n.Change
		writeJSON(p.out, jsonChange{headOf("change"), c.Host, string(c.Kind), chat.Clean(c.Name), c.Way, chat.Clean(c.Was), chat.Clean(c.Is)})
	case n.Change != nil:
		fmt.Fprintf(p.out, "%s: %s\n", n.Change.Host, chat.Clean(n.Change.String()))
	case n.Reset && p.json:
		writeJSON(p.out, jsonLabReset{headOf("reset"), p.lab})
	case n.Reset:
		fmt.Fprintln(p.out, "The network was built anew, with the fault.")
	case n.Failed != "" && p.json:
		writeJSON(p.out, jsonProblem{headOf("problem"), chat.Clean(n.Failed)})
	case n.Failed != "":
		fmt.Fprintf(p.out, "The check could not be run: %s\n", chat.Clean(n.Failed))
	}
}

// jsonProblem is why a check of a watch could not be run.
type jsonProblem struct {
	jsonHead        // problem
	Text     string `json:"text"`
}

// expectationLines are an expectation for people to read.
func expectationLines(e lesson.Expectation) []string {
	mark, blank := "ok  ", "    "
	if !e.Met {
		mark = "NOT "
	}
	if speaksUTF8() {
		mark, blank = map[bool]string{true: "✓ ", false: "✗ "}[e.Met], "  "
	}
	rows := []string{mark + chat.CleanRow(e.Text)}
	if e.Met {
		return rows
	}
	if e.After != "" {
		rows = append(rows, blank+"after: "+chat.CleanRow(e.After))
	}
	if len(e.Seen) == 0 {
		return append(rows, blank+"seen:  nothing")
	}
	for i, line := range e.Seen {
		rows = append(rows, blank+map[bool]string{true: "seen:  ", false: "       "}[i == 0]+chat.CleanRow(line))
	}
	return rows
}

func (p *checkPrinter) end(s lesson.State) {
	if p.json {
		writeJSON(p.out, checkedOf(p.lab, s))
		return
	}
	fmt.Fprintln(p.out, nextLine(p.program, s, p.seat))
}

// nextLine is how far an exercise is, and what to type next: a row or two. In a seat of a
// class that is less: there is no report, and no other exercise.
func nextLine(program string, s lesson.State, seat bool) string {
	text := fmt.Sprintf("%d of %d met.", s.Met, s.Of)
	switch {
	case s.Green() && seat:
		return text + " Solved. Your teacher's board says so, too."
	case s.Green():
		return text + fmt.Sprintf(" Solved.\nNext: %s lab report, or %s lab exercise for another one", program, program)
	case s.Hints < s.HintsOf:
		return text + fmt.Sprintf(" Next: %s lab hint (%d of %d used)", program, s.Hints, s.HintsOf)
	}
	if seat {
		return text + fmt.Sprintf(" All %d hints are used: they stay on your page.", s.HintsOf)
	}
	return text + fmt.Sprintf(" All %d hints are used.\nThe solution: %s lab exercise --cure %s", s.HintsOf, program, chat.CleanRow(s.Lesson))
}
