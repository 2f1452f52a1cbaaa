package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/class"
)

// The orders of a teacher's other terminals that ask.
const (
	orderKey     = "key"
	orderResults = "results"
)

// classKey is where the teacher's page is, with its key.
type classKey struct{ URL string }

// ask answers what a teacher asks; ok is false for another order.
func (r *classRun) ask(words []string, tell func(any) error) (ok bool, err error) {
	if len(words) > 1 {
		return false, nil
	}
	switch words[0] {
	case orderKey:
		return true, tell(classKey{r.teacher()})
	case orderResults:
		if r.cfg.Lesson == nil {
			return true, errors.New("it has no exercise, and so no results")
		}
		for _, one := range r.class.Results() {
			if err := tell(one); err != nil {
				return true, err
			}
		}
		return true, nil
	}
	return false, nil
}

func newClassKey() *cobra.Command {
	return &cobra.Command{
		Use:   "key [NAME]",
		Short: "Print the address of the teacher's page of a running class, with its key",
		Long: `Print the address of the teacher's page of a running class, with the key behind #. Whoever has it can make faults, reset
seats, and look on. The class itself prints it on a terminal only, and it is in no file. NAME may be left out if only
one class runs.`,
		Example:           `  xdg-open "$(groupcast class key)"`,
		Args:              atMost(1),
		ValidArgsFunction: completeRunningClasses,
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := dialClass(args)
			if err != nil {
				return err
			}
			list, err := askClass[classKey](cmd.Context(), r, orderKey)
			if err != nil {
				return err
			}
			for _, k := range list {
				fmt.Fprintln(cmd.OutOrStdout(), k.URL)
			}
			return nil
		},
	}
}

func newClassResults(set *settings) *cobra.Command {
	var toCSV string
	cmd := &cobra.Command{
		Use:   "results [NAME]",
		Short: "Show what the students of a running class have met of their exercise",
		Long: `Show what each student has met of the exercise, with how many hints and in how much time; also of students who have
left. With --csv it writes a new file for a spreadsheet, in which a quote stands before names that would be formulas.
NAME may be left out if only one class runs.`,
		Example: `  groupcast class results
  groupcast class results --csv monday.csv
  groupcast class results --csv - | column -t -s,`,
		Args:              atMost(1),
		ValidArgsFunction: completeRunningClasses,
		RunE: func(cmd *cobra.Command, args []string) error {
			if toCSV != "" && set.json {
				return usageError{&mcast.Advised{Err: errors.New("--csv and --json: want one format"), Advice: "leave one of them out"}}
			}
			r, err := dialClass(args)
			if err != nil {
				return err
			}
			list, err := askClass[class.Result](cmd.Context(), r, orderResults)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			switch {
			case toCSV == "-":
				_, err = out.Write(resultsCSV(list))
			case toCSV != "":
				err = writeNew(toCSV, resultsCSV(list))
			case set.json:
				for _, one := range list {
					writeJSON(out, resultOf(one, jsonHead{Type: "result", Time: time.Now()}))
				}
			default:
				printResults(out, list)
			}
			return err
		},
	}
	set.has(cmd, "json")
	cmd.Flags().StringVar(&toCSV, "csv", "", "write rows for a spreadsheet to the new `FILE`; -: to standard output")
	return cmd
}

// writeNew writes a file for the user alone, and none that is there.
func writeNew(name string, text []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return &mcast.Advised{Err: fmt.Errorf("--csv %s: the file exists already", chat.CleanRow(name)), Advice: "name a new file"}
	}
	if err == nil {
		_, err = f.Write(text)
		if err = errors.Join(err, f.Close()); err != nil {
			os.Remove(name) // or it would be in the way of the next try, and a part looks like all
		}
	}
	if err != nil {
		return fmt.Errorf("--csv %s: %w", chat.CleanRow(name), cause(err))
	}
	return nil
}
