package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newLab(set *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lab",
		Short: "A LAN in a box: hosts, switches and faults on this computer, without root",
		Long: `A LAN in a box: hosts, switches and faults on this computer, without root. Nothing in it leaves the computer, and all
of it ends with the command that started it. It needs Linux.`,
		Example: `  groupcast lab                                the article's lesson, in a terminal UI
  groupcast lab up article                     build a LAN and keep it running; in other terminals:
  groupcast lab enter article A                a shell in its host A
  groupcast lab enter article B node server.js
  groupcast lab each article ip route          a command in every host
  groupcast lab run                            the lessons
  groupcast lab course                         timetables for a class
  groupcast lab fault article loss B.eth0 30%
  groupcast lab down article`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			err := fmt.Errorf("%q: no such command of the lab", args[0])
			return usageError{didYouMean(err, cmd.SuggestionsFor(args[0]))}
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return runLabDemo(cmd, set) },
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.AddCommand(newLabList(set), newLabUp(set), newLabEnter(set), newLabEach(set), newLabFault(), newLabDown(), newLabRun(set), newLabCourse(set),
		newLabExercise(set), newLabCheck(set), newLabHint(set), newLabReset(set), newLabReport(set), newLabWorksheet())
	return cmd
}
