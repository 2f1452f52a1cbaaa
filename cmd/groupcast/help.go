package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/lab"
)

// newHelp is help for a command, or the page of a pitfall or a topic.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND|PITFALL]",
		Short: "Help about a command, or the page of a pitfall",

		ValidArgsFunction: completeHelp,
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			of, rest, err := root.Find(args)
			if err == nil && len(rest) == 0 {
				of.InitDefaultHelpFlag()
				return of.Help()
			}
			word := args[len(args)-1]
			if p, err := doctor.FindPage(word); err == nil {
				out := cmd.OutOrStdout()
				writePage(out, p, columns(out), emphasis(out))
				return nil
			}
			names := slices.Concat(doctor.Names(), doctor.Topics())
			for _, c := range tree(root)[1:] {
				names = append(names, c.Name())
			}
			return usageError{didYouMean(fmt.Errorf("help %s: neither a command nor a page", word), lab.Nearest(word, names))}
		},
	}
}
