package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/lesson/progress"
)

func newLabReport(set *settings) *cobra.Command {
	var who string
	cmd := &cobra.Command{
		Use:   "report [NAME...]",
		Short: "Print what you have met in the exercises, and when",
		Long: `Print what you have met in the exercises, and when: for each start of an exercise, the expectations with the time when
each was first met, the checks, the hints, the resets and the minutes. The minutes count from the start until all was
met, or else until the last check, hint or reset.

It reads ~/.local/state/groupcast/exercises.jsonl. The exercises write that file, and you can write to it, too: it is
a record to learn from, and no proof.`,
		Example: `  groupcast lab report
  groupcast lab report article
  groupcast lab report --name "Ada Lovelace" >report.txt
  groupcast lab report --json`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: completeExercises,
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := progress.Dir()
			if err != nil {
				return err
			}
			list, skipped, err := progress.Open(dir).Read()
			if err != nil {
				return fmt.Errorf("the record of the exercises: %w", err)
			}
			runs, orphans := progress.Runs(list)
			if len(runs) == 0 && inSeat() {
				return &mcast.Advised{Err: errSeatReport, Advice: "your page shows what you have met, and so does your teacher's board"}
			}
			if len(runs) == 0 {
				return &mcast.Advised{Err: errNoRuns, Advice: "groupcast lab exercise lists the exercises, and groupcast lab exercise NAME starts one"}
			}
			if runs, err = chosenRuns(runs, args); err != nil {
				return err
			}
			if set.json {
				reportJSON(cmd.OutOrStdout(), runs, who, skipped+orphans)
			} else {
				reportText(cmd.OutOrStdout(), runs, who, skipped+orphans)
			}
			return nil
		},
	}
	set.has(cmd, "json")
	cmd.Flags().StringVar(&who, "name", "", "print `TEXT`, such as your name, above the report, to hand it in")
	return cmd
}

var (
	errNoRuns     = errors.New("no exercise was started yet")
	errSeatReport = errors.New("a seat of a class has no report of its own")
)

// chosenRuns are the runs of these exercises; of all without a name.
func chosenRuns(runs []progress.Run, names []string) ([]progress.Run, error) {
	var there []string
	for _, r := range runs {
		if !slices.Contains(there, r.Exercise) {
			there = append(there, r.Exercise)
		}
	}
	for _, name := range names {
		if !slices.Contains(there, name) {
			err := didYouMean(fmt.Errorf("the exercise %q was not started yet", name), lab.Nearest(name, there))
			return nil, &mcast.Advised{Err: err, Advice: startAdvice(name)}
		}
	}
	if len(names) > 0 {
		runs = slices.DeleteFunc(runs, func(r progress.Run) bool { return !slices.Contains(names, r.Exercise) })
	}
	return runs, nil
}

// solvedOf counts the exercises, and those that were solved.
func solvedOf(runs []progress.Run) (solved, all int) {
	seen := map[string]bool{}
	for _, r := range runs {
		seen[r.Exercise] = seen[r.Exercise] || !r.Solved.IsZero()
	}
	for _, s := range seen {
		if s {
			solved++
		}
	}
	return solved, len(seen)
}

func reportText(out io.Writer, runs []progress.Run, who string, skipped int) {
	if who != "" {
		fmt.Fprintf(out, "%s\n\n", chat.CleanRow(who))
	}
	for _, r := range runs {
		state := "not solved"
		if !r.Solved.IsZero() {
			state = "solved"
		}
		fmt.Fprintf(out, "%s: %s, %d of %d met at the last check, %s\n", chat.CleanRow(r.Exercise), state, r.Met, r.Of, minutesText(r.Minutes()))
		text := fmt.Sprintf("started %s; %s, %s, %s", r.Begun.Local().Format("2006-01-02 15:04"), chat.Count(r.Checks, "check"), chat.Count(r.Hints, "hint"), chat.Count(r.Resets, "reset"))
		if r.Cure {
			text += ", the solution was shown"
		}
		fmt.Fprintf(out, "  %s\n", text)
		for _, f := range r.First {
			fmt.Fprintf(out, "  %s  met: %s\n", f.Time.Local().Format("15:04:05"), chat.CleanRow(f.Text))
		}
	}
	solved, all := solvedOf(runs)
	fmt.Fprintf(out, "\n%d of %s solved.\n", solved, chat.Count(all, "exercise"))
	if skipped > 0 {
		fmt.Fprintf(out, "%s of the record could not be read.\n", chat.Count(skipped, "line"))
	}
}

func minutesText(minutes float64) string {
	if minutes < 1 {
		return "less than a minute"
	}
	return chat.Count(int(minutes+0.5), "minute")
}

// The objects of a report as --json prints them. Fields are only added.
type (
	jsonAttempt struct {
		jsonHead             // attempt
		Exercise string      `json:"exercise"` // the name of the lesson
		Lab      string      `json:"lab"`
		Begun    time.Time   `json:"begun"`              // when it was started
		Last     time.Time   `json:"last"`               // the last check, hint, reset or its end
		Ended    bool        `json:"ended"`              // it was ended, and not killed
		Solved   bool        `json:"solved"`             // at some time
		SolvedAt time.Time   `json:"solved_at,omitzero"` // when all was met for the first time
		Minutes  float64     `json:"minutes"`            // until it was solved, or else until the last
		Met      int         `json:"met"`                // at the last check
		Of       int         `json:"of"`                 // how many expectations there are
		Checks   int         `json:"checks"`             // that ended
		Hints    int         `json:"hints"`              // that were shown
		Resets   int         `json:"resets"`             // how often the network was built anew
		Cure     bool        `json:"cure"`               // the solution was shown
		Expected []jsonFirst `json:"first_met"`          // each expectation that was met, with the first time
	}
	jsonFirst struct {
		Line int       `json:"line"` // of the lesson
		Text string    `json:"text"` // what was expected
		At   time.Time `json:"at"`   // when it was met for the first time
	}
	jsonAttempts struct {
		jsonHead         // attempts
		Name      string `json:"name,omitempty"`   // that --name gives
		Exercises int    `json:"exercises"`        // how many were started
		Solved    int    `json:"exercises_solved"` // of them
		Skipped   int    `json:"skipped"`          // lines of the record that could not be read
	}
)

func reportJSON(out io.Writer, runs []progress.Run, who string, skipped int) {
	for _, r := range runs {
		o := jsonAttempt{
			jsonHead: headOf("attempt"), Exercise: chat.Clean(r.Exercise), Lab: chat.Clean(r.Lab), Begun: r.Begun, Last: r.Last, Ended: r.Ended,
			Solved: !r.Solved.IsZero(), SolvedAt: r.Solved, Minutes: r.Minutes(), Met: r.Met, Of: r.Of,
			Checks: r.Checks, Hints: r.Hints, Resets: r.Resets, Cure: r.Cure, Expected: []jsonFirst{},
		}
		for _, f := range r.First {
			o.Expected = append(o.Expected, jsonFirst{f.Line, chat.Clean(f.Text), f.Time})
		}
		writeJSON(out, o)
	}
	solved, all := solvedOf(runs)
	writeJSON(out, jsonAttempts{headOf("attempts"), chat.Clean(who), all, solved, skipped})
}
