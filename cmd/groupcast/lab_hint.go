package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/lab/lesson/desk"
)

func newLabHint(set *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "hint [NAME]",
		Short: "Print the next hint of a running exercise",
		Long: `Print the next hint of a running exercise. There are three: a vague one, a closer one, and the command. Then it
prints the third one again. NAME may be left out if only one exercise runs, or in a shell of groupcast lab enter.`,
		Example:           "  groupcast lab hint",
		Args:              atMost(1),
		ValidArgsFunction: completeRunningExercises,
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := dialExercise(args)
			if err != nil {
				return err
			}
			var hint *desk.Hint
			s, err := desk.Ask(cmd.Context(), r, desk.HintOrder, func(n desk.News) {
				if n.Hint != nil {
					hint = n.Hint
				}
			})
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			switch {
			case set.json && hint != nil:
				writeJSON(out, jsonHint{headOf("hint"), r.Name(), hint.N, hint.Of, chat.Clean(hint.Text)})
			case set.json:
				writeJSON(out, checkedOf(r.Name(), s))
			case hint == nil:
				fmt.Fprintf(out, "%s is solved: the last check met everything.\n", r.Name())
			default:
				fmt.Fprint(out, wrap(hintText(*hint), lessonWidth))
				switch {
				case hint.N < hint.Of:
				case inSeat():
					fmt.Fprintln(out, "That was the last hint.")
				default:
					fmt.Fprintf(out, "That was the last hint. The solution: %s lab exercise --cure %s\n", programName(cmd), chat.CleanRow(s.Lesson))
				}
			}
			return nil
		},
	}
	set.has(cmd, "json")
	return cmd
}

func hintText(h desk.Hint) string {
	return fmt.Sprintf("Hint %d of %d: %s", h.N, h.Of, chat.CleanRow(h.Text))
}

// jsonHint is a hint as --json prints it. Fields are only added.
type jsonHint struct {
	jsonHead        // hint
	Lab      string `json:"lab"`
	N        int    `json:"n"`    // the number of the hint
	Of       int    `json:"of"`   // how many there are
	Text     string `json:"text"` // the hint
}

func newLabReset(set *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "reset [NAME]",
		Short: "Build the network of a running exercise anew, with the fault",
		Long: `Build the network of a running exercise anew, with the fault, as it was at the beginning. Every program in it ends,
and so do the shells of groupcast lab enter. The name stays taken, and used hints stay counted. NAME may be left out
if only one exercise runs, or in a shell of groupcast lab enter.`,
		Example:           "  groupcast lab reset article",
		Args:              atMost(1),
		ValidArgsFunction: completeRunningExercises,
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := dialExercise(args)
			if err != nil {
				return err
			}
			if _, err := desk.Ask(cmd.Context(), r, desk.ResetOrder, nil); err != nil {
				return err
			}
			if set.json {
				writeJSON(cmd.OutOrStdout(), jsonLabReset{headOf("reset"), r.Name()})
				return nil
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s was built anew, with the fault. Every program in it has ended. Enter a host: %s lab enter %s %s\n",
				r.Name(), programName(cmd), r.Name(), firstHost(r.Topology()))
			return nil
		},
	}
	set.has(cmd, "json")
	return cmd
}
